# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The vocabulary of the scenarios: make an initramfs, boot, run something in the guest, stop it, look, expect.
#
# A scenario is sourced by tests/vm/run-scenario after this file, with errexit on: the first command that fails ends it.
# VM_DIR is its own directory; GUEST_KEXEC and HOST_KEXEC are the binaries under test.
#
# What differs between machines is in tests/vm/targets/VM_TARGET.sh, which defines
#   VM_KERNEL         the kernel to boot, and to capture with
#   LOAD_CRASH        how a scenario loads the capture side of usual_initramfs if it has no reason to do otherwise
#   TARGET_QEMU, TARGET_CONSOLE, TARGET_BUSYBOX, TARGET_BUS (of virtio devices), TARGET_ELF_NAME (readelf's)
#   TARGET_ROOT, TARGET_TRIPLET       where a dynamic program for the guest has its loader and libraries
#   target_machine    sets the array TARGET_MACHINE, arguments of QEMU; the console is character device "serial"
#   target_modules    adds drivers to an initramfs: lib/modules/RELEASE with a file "order"
#   ram_offset        where in $VM_DIR/ram an address of the guest lies
#   crash_by_nmi, await_refusal

VM_MEMORY_MB=1024
VM_CPUS=2
# QEMU's -smp, where it is more than that number.
VM_SMP=
VM_CRASHKERNEL=256M
VM_CMDLINE=
# A file, or none; production.cpio if it is empty.
VM_INITRD=${VM_INITRD-}
# Generous: under emulation on a busy machine everything may take ten times what it takes alone.
VM_TIMEOUT=${VM_TIMEOUT:-120}
VM_LIFETIME=${VM_LIFETIME:-300}

vm_pid=
vm_seen=0

source "$VM_LIB/targets/$VM_TARGET.sh"

fail() {
	printf 'FAILED: %s\n' "$*" >&2
	exit 1
}

say() {
	printf -- '- %s\n' "$*"
}

ctl() {
	/usr/bin/python3 "$VM_LIB/vmctl.py" "$@"
}

# expect WHAT COMMAND...: the command must succeed.
expect() {
	local what=$1
	shift
	"$@" || fail "$what (exit code $?: $*)"
	say "$what"
}

# expect_equal WHAT GOT WANTED
expect_equal() {
	[ "$2" = "$3" ] || fail "$1: got '$2', expected '$3'"
	say "$1: $3"
}

# expect_match WHAT TEXT REGEX
expect_match() {
	# Not through a pipe: grep -q may leave before its writer has finished, which pipefail takes for an error.
	grep -Eq -- "$3" <<<"$2" || fail "$1: nothing matches /$3/ in: $2"
	say "$1"
}

# initramfs OUT [TAG [SOURCE=DESTINATION...]]: busybox, the guest's init, drivers and the given files. TAG is shown at
# boot. A dynamic program gets its loader and libraries.
initramfs() {
	local out=$1 tag=${2-} tree pair source dest
	shift $(($# < 2 ? $# : 2))
	tree=$(mktemp -d "$VM_DIR/initramfs.XXXXXX")
	mkdir -p "$tree"/{bin,sbin,etc,boot,dev,proc,sys,tmp,run,usr/bin,usr/sbin}
	cp "$TARGET_BUSYBOX" "$tree/bin/busybox"
	cp "$VM_LIB/guest/init" "$tree/init"
	target_modules "$tree"
	[ -z "$tag" ] || printf '%s\n' "$tag" >"$tree/etc/tag"
	for pair in "$@"; do
		source=${pair%%=*} dest=$tree/${pair#*=}
		mkdir -p "$(dirname "$dest")"
		cp "$source" "$dest"
		if grep -q 'INTERP' <<<"$(readelf -lW "$source" 2>/dev/null)"; then
			initramfs_libraries "$tree" "$source"
		fi
	done
	(cd "$tree" && find . -print0 | cpio -0 -o -H newc -R 0:0 --quiet) >"$out"
	rm -rf "$tree"
}

initramfs_libraries() {
	local tree=$1 program=$2 name loader to
	to=lib/$TARGET_TRIPLET
	loader=$(readelf -lW "$program" | sed -n 's/.*program interpreter: \/\(.*\)\]/\1/p')
	mkdir -p "$tree/$to" "$tree/$(dirname "${loader:-$to/x}")"
	[ -z "$loader" ] || cp -L "$TARGET_ROOT/$loader" "$tree/$loader"
	for name in $(readelf -dW "$program" | sed -n 's/.*(NEEDED).*\[\(.*\)\]/\1/p'); do
		[ -e "$tree/$to/$name" ] && continue
		cp -L "$TARGET_ROOT/usr/$to/$name" "$tree/$to/" 2>/dev/null || cp -L "$TARGET_ROOT/$to/$name" "$tree/$to/"
		initramfs_libraries "$tree" "$tree/$to/$name"
	done
}

# The usual pair: capture.cpio, and production.cpio which carries kexec, the capture kernel and capture.cpio in /boot.
# Arguments: more SOURCE=DESTINATION for the production side.
usual_initramfs() {
	initramfs "$VM_DIR/capture.cpio" capture-side
	initramfs "$VM_DIR/production.cpio" production-side "$GUEST_KEXEC=sbin/kexec" \
		"$VM_KERNEL=boot/image" "$VM_DIR/capture.cpio=boot/initrd" "$@"
}

# boot [QEMU-ARGUMENT...]: starts the guest with RAM in $VM_DIR/ram.
boot() {
	local append="console=$TARGET_CONSOLE rdinit=/init" initrd=(-initrd "${VM_INITRD:-$VM_DIR/production.cpio}")
	[ "$VM_INITRD" != none ] || initrd=()
	[ -z "$vm_pid" ] || fail "boot: the previous guest still runs"
	[ -z "$VM_CRASHKERNEL" ] || append+=" crashkernel=$VM_CRASHKERNEL"
	append+=" $VM_CMDLINE"
	rm -f "$VM_DIR"/ram "$VM_DIR"/*.sock
	truncate -s "${VM_MEMORY_MB}M" "$VM_DIR/ram"
	: >"$VM_DIR/serial.log"
	vm_seen=0
	target_machine
	timeout -k 10 "$VM_LIFETIME" "$TARGET_QEMU" -accel tcg -smp "${VM_SMP:-$VM_CPUS}" -m "${VM_MEMORY_MB}M" \
		-object "memory-backend-file,id=ram,size=${VM_MEMORY_MB}M,mem-path=$VM_DIR/ram,share=on" \
		-nodefaults -display none -chardev "file,id=serial,path=$VM_DIR/serial.log" "${TARGET_MACHINE[@]}" \
		-chardev "socket,id=guest,path=$VM_DIR/guest.sock,server=on,wait=off" \
		-device "virtio-serial-$TARGET_BUS" -device virtserialport,chardev=guest,name=guest \
		-qmp "unix:$VM_DIR/qmp.sock,server=on,wait=off" \
		-kernel "$VM_KERNEL" "${initrd[@]}" -append "$append" "$@" \
		>"$VM_DIR/qemu.log" 2>&1 </dev/null &
	vm_pid=$!
	await 'guest: production kernel .* is up'
	say "booted: $vm_line"
}

# await REGEX [SECONDS]: waits for a line on the console after what was waited for before; it is then in vm_line.
await() {
	local answer
	answer=$(ctl wait "$VM_DIR/serial.log" "$vm_seen" "${2:-$VM_TIMEOUT}" "$vm_pid" "$1") || {
		vm_show
		fail "waiting for a console line that matches /$1/"
	}
	vm_seen=${answer%% *}
	vm_line=${answer#* }
}

vm_show() {
	echo "--- the end of the console:"
	tail -n 40 "$VM_DIR/serial.log" | tr -d '\r'
	echo "--- QEMU said:"
	tail -n 10 "$VM_DIR/qemu.log"
} >&2

# guest COMMAND: runs a line of shell in the guest; its output and its exit code are the guest's.
guest() {
	ctl guest "$VM_DIR/guest.sock" "$VM_TIMEOUT" "$1"
}

# post COMMAND: the same for what ends the kernel that would answer.
post() {
	ctl post "$VM_DIR/guest.sock" "$VM_TIMEOUT" "$1"
}

# guest_fails WHAT REGEX COMMAND: the command must end with exit code other than 0 and say what matches.
guest_fails() {
	local text status=0
	text=$(guest "$3") || status=$?
	[ "$status" -ne 0 ] || fail "$1: '$3' succeeded and said: $text"
	# 124 and 125 are vmctl's own, 126 and 127 the shell's; from 128 a signal ended it; 255 is an error of kexec.
	[ "$status" -lt 124 ] || [ "$status" -eq 255 ] || fail "$1: '$3' ended with $status and said: $text"
	expect_match "$1: refused" "$text" "$2"
}

qmp() {
	ctl qmp "$VM_DIR/qmp.sock" "$@"
}

hmp() {
	qmp human-monitor-command "{\"command-line\": \"$1\"}"
}

crash_by_sysrq() {
	post 'echo 1 >/proc/sys/kernel/sysrq; echo c >/proc/sysrq-trigger'
	say "crashed by sysrq-c"
}

await_capture() {
	await 'guest: capture kernel .* is up'
	say "captured: $vm_line"
}

none_captured() {
	if grep -q 'guest: capture' "$VM_DIR/serial.log"; then
		vm_show
		fail "the damaged crash kernel was started"
	fi
}

# save_vmcore: the capture kernel writes /proc/vmcore to a disk of the host; it is then in $VM_DIR/vmcore. The guest
# must have been booted with "${VMCORE_DISK[@]}". An argument limits what is saved to so many MiB.
# shellcheck disable=SC2054
VMCORE_DISK=(-drive "if=none,id=vmcore,format=raw,cache=unsafe,file=$VM_DIR/vmcore"
	-device "virtio-blk-$TARGET_BUS,drive=vmcore,serial=vmcore")

prepare_vmcore_disk() {
	truncate -s "$((VM_MEMORY_MB + 64))M" "$VM_DIR/vmcore"
}

save_vmcore() {
	local size
	size=$(guest 'stat -c %s /proc/vmcore')
	guest "dd if=/proc/vmcore of=/dev/disk-vmcore bs=1M conv=fsync ${1:+count=$1} 2>&1" >"$VM_DIR/save.log" || {
		cat "$VM_DIR/save.log" >&2
		fail "the capture kernel could not write /proc/vmcore to its disk"
	}
	truncate -s "$size" "$VM_DIR/vmcore"
	say "saved: /proc/vmcore has $size bytes"
}

# Ends the guest; nothing of it stays behind but its logs.
shut_down() {
	[ -n "$vm_pid" ] || return 0
	if kill -0 "$vm_pid" 2>/dev/null; then
		qmp quit >/dev/null 2>&1 || kill "$vm_pid" 2>/dev/null || :
		# timeout -k ends a QEMU that ignores the signal
	fi
	wait "$vm_pid" 2>/dev/null || :
	vm_pid=
	rm -f "$VM_DIR/ram" "$VM_DIR"/*.sock
}

# Ends further machines, where a scenario has some (tests/vm/debian.sh).
shut_down_others() {
	:
}

# The guest's crash reservation as /proc/iomem shows it: start-end, hex, end inclusive. On Power it is in the device tree
# alone.
crash_reservation() {
	guest 'cd /proc/device-tree/chosen 2>/dev/null && [ -e linux,crashkernel-base ] || {
		sed -n "s/^ *\([0-9a-f]*-[0-9a-f]*\) : Crash kernel$/\1/p" /proc/iomem
		exit
	}
	base=0x$(hexdump -v -e "1/1 \"%02x\"" linux,crashkernel-base)
	size=0x$(hexdump -v -e "1/1 \"%02x\"" linux,crashkernel-size)
	printf "%x-%x\n" $((base)) $((base + size - 1))'
}

# check_vmcore CPUS RELEASE CRASH [FIRMWARE]: by our own reader and by binutils.
check_vmcore() {
	/usr/bin/python3 "$VM_LIB/vmcore.py" check "$VM_DIR/vmcore" "$VM_TARGET" "$@" || return 1
	readelf -hlnW "$VM_DIR/vmcore" >"$VM_DIR/readelf.txt" || return 1
	grep -q "$TARGET_ELF_NAME" "$VM_DIR/readelf.txt" && grep -q 'NT_PRSTATUS' "$VM_DIR/readelf.txt"
}

# filter_vmcore: makedumpfile leaves out zero, cache, user and free pages; the result is $VM_DIR/vmcore.filtered. It is
# much smaller, and not empty.
filter_vmcore() {
	local before after
	"$MAKEDUMPFILE" -c -d 31 "$VM_DIR/vmcore" "$VM_DIR/vmcore.filtered" >"$VM_DIR/makedumpfile.txt" 2>&1 || {
		tail -n 20 "$VM_DIR/makedumpfile.txt"
		return 1
	}
	before=$(stat -c %s "$VM_DIR/vmcore") after=$(stat -c %s "$VM_DIR/vmcore.filtered")
	say "makedumpfile: $before bytes became $after"
	[ "$after" -gt 1000000 ] && [ "$after" -lt $((before / 4)) ]
}

# plan_start PLAN ROLE, plan_end PLAN ROLE: the address range of the first segment of that role in a plan text.
plan_start() {
	plan_field "$1" "$2" 3
}

plan_end() {
	plan_field "$1" "$2" 4
}

plan_field() {
	local value
	value=$(awk -v role="$2" -v n="$3" '$1 == "segment" && $2 == role { print $n; exit }' <<<"$1")
	[ -n "$value" ] || fail "the plan has no segment $2: $1"
	printf '%s\n' "$value"
}

# flip_byte ADDRESS: changes every bit of one byte of the guest's memory; done twice, all is as before.
flip_byte() {
	/usr/bin/python3 - "$VM_DIR/ram" "$(ram_offset "$1")" <<-'PYTHON'
		import sys
		with open(sys.argv[1], "r+b", buffering=0) as ram:
		    ram.seek(int(sys.argv[2]))
		    old = ram.read(1)[0]
		    ram.seek(int(sys.argv[2]))
		    ram.write(bytes([old ^ 0xff]))
	PYTHON
}

# flip_everywhere TEXT: changes the first byte of every occurrence in the guest's memory; prints how many there were.
flip_everywhere() {
	/usr/bin/python3 - "$VM_DIR/ram" "$1" <<-'PYTHON'
		import mmap, sys
		with open(sys.argv[1], "r+b") as file, mmap.mmap(file.fileno(), 0) as ram:
		    text, count = sys.argv[2].encode(), 0
		    at = ram.find(text)
		    while at >= 0:
		        ram[at] ^= 0xff
		        count += 1
		        at = ram.find(text, at + 1)
		    print(count)
	PYTHON
}

# read_be64 ADDRESS: a number from the guest's memory.
read_be64() {
	printf '%d\n' "0x$(od -A n -t x1 -j "$(ram_offset "$1")" -N 8 "$VM_DIR/ram" | tr -d ' ')"
}

# verify_outside [ARGUMENT...]: checks what is loaded in the guest, from outside.
verify_outside() {
	"$HOST_KEXEC" --arch "$VM_TARGET" --verify --memory "$VM_DIR/ram" "$@"
}
