# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the scenarios of firmware-assisted dump have in common; they source it.
#
# After a crash firmware copies what the kernel registered and resets the machine, with the rest of memory as it was. What
# comes up then is what came up at first: the same kernel, command line and initramfs, which has fadump-capture in it.

use_kernel ours
VM_ON_RESET=reset
VM_MEMORY_MB=2048
VM_CPUS=1
VM_CRASHKERNEL=512M
VM_CMDLINE=fadump=on

GUEST_FADUMP_CAPTURE=$(dirname "$GUEST_KEXEC")/fadump-capture.guest

# fadump_boot [QEMU-ARGUMENT...]: with a disk for what is saved. FADUMP_FILES: more SOURCE=DESTINATION for the initramfs.
FADUMP_FILES=()
fadump_boot() {
	initramfs "$VM_DIR/production.cpio" "" "$GUEST_KEXEC=sbin/kexec" "$GUEST_FADUMP_CAPTURE=sbin/fadump-capture" \
		"${FADUMP_FILES[@]}"
	truncate -s 8G "$VM_DIR/dumps.img"
	# Blocks as large as the guest's pages; mke2fs warns that other machines cannot mount them.
	mke2fs -t ext2 -b 65536 -F -q "$VM_DIR/dumps.img" 2>"$VM_DIR/mke2fs.log"
	boot -drive "if=none,id=dumps,format=raw,cache=unsafe,file=$VM_DIR/dumps.img" \
		-device virtio-blk-pci,drive=dumps,serial=dumps "$@"
	fadump_mounts
}

fadump_mounts() {
	guest 'mkdir -p /dumps && mount -t ext2 /dev/disk-dumps /dumps && mount -t debugfs debugfs /sys/kernel/debug'
}

# fadump_await ROLE: the machine comes up once more, as a production or a capture kernel.
fadump_await() {
	await "guest: $1 kernel .* is up"
	say "up again: $vm_line"
	fadump_mounts
}

# fadump_files: what the kernel shows, as "ENABLED REGISTERED" and, where they are there, "release_mem" and "vmcore".
fadump_files() {
	guest 'cd /sys/kernel/fadump && echo $(cat enabled registered) \
		$(ls -d release_mem 2>/dev/null) $(ls /proc/vmcore 2>/dev/null | sed s,/proc/,,)'
}

# fadump_status: kexec -p --status=verbose, whose exit code says whether a crash is prepared for.
fadump_status() {
	guest 'kexec -p --status=verbose 2>&1' || :
}

fadump_armed() {
	expect_equal "fadump is enabled and registered" "$(fadump_files)" '1 1'
	expect_equal "kexec -p -S" "$(guest 'kexec -p -S >/dev/null; echo $?')" 1
}

# fadump_reserve: the memory that the kernel keeps free for the dump: start-end, hex, end inclusive.
fadump_reserve() {
	local start size
	start=$(guest 'sed -n "s/^CPU *:\[\(0x[0-9a-f]*\)-.*/\1/p" /sys/kernel/debug/powerpc/fadump_region')
	size=$(guest 'cat /sys/kernel/fadump/mem_reserved')
	printf '%x-%x\n' $((start)) $((start + size - 1))
}

# fadump_fetch NAME: ends the guest and takes a file of its disk to $VM_DIR/vmcore.
fadump_fetch() {
	shut_down
	debugfs -R "dump /$1 $VM_DIR/vmcore" "$VM_DIR/dumps.img" >"$VM_DIR/debugfs.log" 2>&1
	[ -s "$VM_DIR/vmcore" ] || {
		cat "$VM_DIR/debugfs.log"
		return 1
	}
}
