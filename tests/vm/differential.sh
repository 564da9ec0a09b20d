# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# For scenarios as-the-reference: gives every argument list of $VM_DIR/table to two programs in one guest, and compares.

# differential_run REFERENCE CC-COMMAND... -- [SOURCE=DESTINATION...]: what the guest left is then in $VM_DIR/out, and
# its crash reservation in differential_crash. The compiler makes static programs for the guest. differential_first: a
# command that the guest runs before.
differential_first=:
differential_run() {
	local reference=$1 compiler=()
	shift
	while [ "$1" != -- ]; do
		compiler+=("$1")
		shift
	done
	shift
	printf '#!/bin/sh\necho "$*" >/tmp/shutdown\n' >"$VM_DIR/shutdown"
	chmod +x "$VM_DIR/shutdown"
	"${compiler[@]}" -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -static -I"$VM_LIB/../../include" -I"$VM_LIB/../.." \
		-o "$VM_DIR/spy" "$VM_LIB/guest/spy.c" "$VM_LIB/../../purgatory/sha256.c"
	initramfs "$VM_DIR/production.cpio" production-side \
		"$GUEST_KEXEC=our/kexec" "$reference=ref/kexec" "$VM_DIR/spy=sbin/spy" "$VM_LIB/guest/both=sbin/both" \
		"$VM_DIR/shutdown=sbin/shutdown" "$VM_DIR/table=etc/table" "$@"

	truncate -s 512M "$VM_DIR/out.img"
	# Each stop of a traced program wakes its tracer: many times slower where that is on another emulated CPU.
	VM_CPUS=1
	VM_LIFETIME=500
	boot -drive "if=none,id=out,format=raw,cache=unsafe,file=$VM_DIR/out.img" \
		-device "virtio-blk-$TARGET_BUS,drive=out,serial=out"
	VM_TIMEOUT=400 expect "each argument list was given to both" guest \
		"$differential_first; : >/boot/empty; truncate -s 60M /tmp/large; exec both /etc/table /tmp/out"
	guest 'tar -C /tmp -cf /dev/disk-out out && sync'
	differential_crash=$(crash_reservation)
	shut_down
	tar -C "$VM_DIR" -xf "$VM_DIR/out.img"
}

differential_compare() {
	/usr/bin/python3 -B "$VM_LIB/compare_loads.py" "$VM_TARGET" "$VM_DIR/table" "$VM_DIR/out" "$VM_KERNEL" \
		"$differential_crash" >"$VM_DIR/$1"
}

# differential_judge DIGEST: every difference must be listed, and each that is listed must be there. Then the comparison
# itself: one byte that only the program under test loaded, in a copy of the dump named DIGEST, must not go unnoticed.
differential_judge() {
	differential_compare compared.txt || {
		grep -E "^(DIFFERS|NOT SEEN)|^    (NOT LISTED|reference said|ours said)" "$VM_DIR/compared.txt" || :
		fail "a difference is not listed, or one that is listed is gone; $VM_DIR/compared.txt has all"
	}
	say "what differs from the reference, how often, and why:"
	sed -n 's/^      because //p' "$VM_DIR/compared.txt" | sort | uniq -c
	say "$(tail -n 1 "$VM_DIR/compared.txt")"

	cp "$VM_DIR/out/data/$1" "$VM_DIR/out/data/changed"
	printf '!' | dd of="$VM_DIR/out/data/changed" bs=1 seek=777 conv=notrunc status=none
	sed -i "s/ $1\$/ changed/" "$VM_DIR"/out/*.our.calls
	differential_compare changed.txt && fail "a changed byte of a loaded kernel was not noticed"
	expect "a changed byte is noticed" grep -q 'NOT LISTED kernel' "$VM_DIR/changed.txt"
	rm -r "${VM_DIR:?}/out" "$VM_DIR/shutdown" "$VM_DIR/spy"
}
