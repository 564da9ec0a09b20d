# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The s390x machine. What a target defines is described in tests/vm/vm.sh.

VM_KERNEL=$S390X_KDUMP_KERNEL

TARGET_QEMU=$QEMU_S390X
TARGET_CONSOLE=ttysclp0
TARGET_BUSYBOX=$S390X_BUSYBOX
TARGET_ROOT=$S390X_SYSROOT
TARGET_TRIPLET=s390x-linux-gnu
TARGET_BUS=ccw
TARGET_ELF_NAME='IBM S/390'
TARGET_CRASH=$S390X_CRASH
TARGET_DEBUG_VMLINUX=$S390X_DEBUG_VMLINUX

LOAD_CRASH='kexec -p /boot/image --initrd /boot/initrd --append "console=ttysclp0 rdinit=/init"'

# A disabled wait would end QEMU by default; the tests want to look at the machine then.
target_machine() {
	TARGET_MACHINE=(-cpu max -M "s390-ccw-virtio,memory-backend=ram" -action panic=pause
		-device "sclpconsole,chardev=serial")
}

# Everything is built in.
target_modules() {
	:
}

ram_offset() {
	printf '%d\n' "$(($1))"
}

# An injected NMI is a PSW restart on s390, the operator's way to start a dump of a machine that hangs.
crash_by_nmi() {
	qmp inject-nmi
	say "crashed by NMI (PSW restart)"
}

# The kernel that panics finds its crash kernel damaged and takes its panic action: a disabled wait.
await_refusal() {
	ctl state "$VM_DIR/qmp.sock" "$VM_TIMEOUT" guest-panicked || {
		vm_show
		fail "the guest did not end in its panic action"
	}
	none_captured
	say "refused: the guest is in its panic action ($(hmp 'info status'))"
}
