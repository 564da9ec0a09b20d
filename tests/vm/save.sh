# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the scenarios of vmcore-save and vmcore-dmesg have in common; they source it.

GUEST_VMCORE_SAVE=$(dirname "$GUEST_KEXEC")/vmcore-save.guest
GUEST_VMCORE_DMESG=$(dirname "$GUEST_KEXEC")/vmcore-dmesg.guest
HOST_VMCORE_SAVE=$(dirname "$HOST_KEXEC")/vmcore-save
HOST_VMCORE_DMESG=$(dirname "$HOST_KEXEC")/vmcore-dmesg

# save_initramfs: as usual_initramfs, and the capture side can save dumps.
save_initramfs() {
	initramfs "$VM_DIR/capture.cpio" capture-side "$GUEST_VMCORE_SAVE=sbin/vmcore-save" \
		"$GUEST_VMCORE_DMESG=sbin/vmcore-dmesg"
	initramfs "$VM_DIR/production.cpio" production-side "$GUEST_KEXEC=sbin/kexec" \
		"$VM_KERNEL=boot/image" "$VM_DIR/capture.cpio=boot/initrd" "$@"
}

# save_boot [QEMU-ARGUMENT...]: with a disk for dumps, /dev/disk-dumps, and one for /proc/vmcore as it is.
save_boot() {
	prepare_vmcore_disk
	truncate -s "${1}M" "$VM_DIR/dumps.img"
	shift
	mke2fs -t ext4 -F -q "$VM_DIR/dumps.img"
	boot "${VMCORE_DISK[@]}" -drive "if=none,id=dumps,format=raw,cache=unsafe,file=$VM_DIR/dumps.img" \
		-device "virtio-blk-$TARGET_BUS,drive=dumps,serial=dumps" "$@"
}

# Pages of each class: tmpfs data (cache), a block device's cache, a process with memory of its own, huge pages.
save_fill() {
	guest 'echo marker-line >/dev/kmsg; printf "first\nsecond\n" >/dev/kmsg
		dd if=/dev/urandom of=/tmp/random bs=1M count=16 && dd if=/dev/zero of=/tmp/zero bs=1M count=8
		dd if=/dev/disk-vmcore of=/dev/null bs=1M count=16
		[ ! -e /proc/sys/vm/nr_hugepages ] || echo 8 >/proc/sys/vm/nr_hugepages
		(text=$(dd if=/dev/urandom bs=1M count=6 | base64); sleep 100000) &
		until grep -q "^RssAnon:.* [0-9]\{4,\} kB" /proc/[0-9]*/status; do sleep 0.2; done' >"$VM_DIR/fill.log" 2>&1
}

save_mount() {
	guest 'mkdir -p /dumps && mount -t ext4 /dev/disk-dumps /dumps'
}

# logged NAME COMMAND...: what it says goes to $VM_DIR/NAME, and is shown if it fails.
logged() {
	local log=$VM_DIR/$1
	shift
	"$@" >"$log" 2>&1 || {
		cat "$log" >&2
		return 1
	}
}

# knows_every_class LOG: what vmcore-save says at level 31: pages of each class that save_fill makes were found, and none
# was kept for want of knowledge, whose reasons all say "kept" or "not known".
knows_every_class() {
	local class
	for class in kernel cache user free; do
		grep -Eq "^vmcore-save: $class +[1-9][0-9]* " "$1" || {
			echo "no pages of class $class:"
			cat "$1"
			return 1
		}
	done
	if grep -E 'kept|not known|lacks' "$1"; then
		return 1
	fi
}

# save_fetch NAME...: after the guest's end, files of its disk, to $VM_DIR.
save_fetch() {
	local name
	for name in "$@"; do
		debugfs -R "dump /$name $VM_DIR/$name" "$VM_DIR/dumps.img" >"$VM_DIR/debugfs.log" 2>&1
		[ -s "$VM_DIR/$name" ] || {
			cat "$VM_DIR/debugfs.log"
			return 1
		}
	done
}

# crash_opens FILE FUNCTION: crash reads the log, the tasks, and a backtrace with FUNCTION in it.
crash_opens() {
	local said
	said=$(printf 'sys\nbt\nps\nlog\nquit\n' | TERM=dumb timeout -k 5 300 "$TARGET_CRASH" -s "$TARGET_DEBUG_VMLINUX" "$1" 2>&1) || {
		printf '%s\n' "$said"
		return 1
	}
	printf '%s\n' "$said" >"$VM_DIR/crash-$(basename "$1").txt"
	grep -q 'PANIC: .*sysrq' <<<"$said" && grep -q "$2" <<<"$said" && grep -q 'COMM$' <<<"$said" &&
		grep -q 'Kernel panic - not syncing' <<<"$said"
}

# kill_when_larger BYTES FILE COMMAND...: SIGKILL as soon as FILE has more data than that.
kill_when_larger() {
	local bytes=$1 file=$2 pid
	shift 2
	"$@" >"$VM_DIR/killed.log" 2>&1 &
	pid=$!
	while kill -0 "$pid" 2>/dev/null; do
		[ "$(($(stat -c '%b * %B' "$file" 2>/dev/null || echo 0)))" -le "$bytes" ] || break
		sleep 0.01
	done
	kill -KILL "$pid" || fail "it ended before it had written $bytes bytes"
	wait "$pid" 2>/dev/null || :
}

# same_log FILE OTHER: the same texts. The lines of a record have one time here, and one each there.
same_log() {
	sed 's/^\[ *[0-9]*\.[0-9]*\] //' "$1" >"$1.texts"
	sed 's/^\[ *[0-9]*\.[0-9]*\] //' "$2" >"$2.texts"
	cmp "$1.texts" "$2.texts" && [ "$(wc -l <"$1.texts")" -gt 50 ]
}
