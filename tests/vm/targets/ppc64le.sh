# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The ppc64le machine: a POWER9 partition (pseries) with one of Debian's own kernels. What a target defines is described
# in tests/vm/vm.sh.
#
# VM_RELEASE, one of PPC64LE_RELEASES or ours, says whose kernel use_kernel took. VM_FIRMWARE is vof, which starts the kernel
# at once, or slof, which takes 15 s longer. VM_ON_RESET is what a reset of the machine does: shutdown (it stops, and
# await_reset sees it) or reset.

VM_FIRMWARE=vof
VM_ON_RESET=shutdown
# Our kernel, which has no hash tables, finds no place by itself. Firmware's run-time services end at 768 MiB.
VM_CRASHKERNEL=192M@512M

TARGET_QEMU=$QEMU_PPC64
TARGET_CONSOLE=hvc0
TARGET_BUSYBOX=$PPC64LE_BUSYBOX
TARGET_ROOT=$PPC64LE_TOOLS
TARGET_TRIPLET=powerpc64le-linux-gnu
TARGET_BUS=pci
TARGET_ELF_NAME='PowerPC64'
MAKEDUMPFILE=$PPC64LE_MAKEDUMPFILE

LOAD_CRASH='kexec -p /boot/image --initrd /boot/initrd --append "console=hvc0 rdinit=/init nr_cpus=1"'

# use_kernel RELEASE: the kernel that is booted, and the one that usual_initramfs puts into /boot/image. Ours is a quarter
# of the size of Debian's, and has kexec_file_load(2), which Debian's lacks here.
use_kernel() {
	VM_RELEASE=$1
	case $1 in
	ours) VM_KERNEL=$PPC64LE_FADUMP_DIR/vmlinux ;;
	*) VM_KERNEL=$PPC64LE_KERNELS/$1/vmlinux ;;
	esac
}

use_kernel ours

# The mitigations that a real machine would have would only be noise here: the emulator has none of them.
target_machine() {
	local machine=pseries,memory-backend=ram,cap-cfpc=broken,cap-sbbc=broken,cap-ibs=broken
	case $VM_FIRMWARE in
	vof) machine+=,x-vof=on ;;
	slof) ;;
	*) fail "VM_FIRMWARE is $VM_FIRMWARE, expected vof or slof" ;;
	esac
	TARGET_MACHINE=(-cpu power9 -M "$machine" -action "panic=pause,reboot=$VM_ON_RESET,shutdown=pause"
		-device "spapr-vty,chardev=serial")
}

# Those of every kernel, so that an initramfs serves whichever is started with it.
target_modules() {
	local release to
	for release in $PPC64LE_RELEASES; do
		to=$1/lib/modules/$(cat "$PPC64LE_KERNELS/$release/release")
		mkdir -p "$to"
		cp "$PPC64LE_KERNELS/$release/modules"/* "$to/"
	done
}

ram_offset() {
	printf '%d\n' "$(($1))"
}

# The hypervisor's way to stop a partition that hangs: a system reset interrupt, which the kernel takes for a crash.
crash_by_nmi() {
	qmp inject-nmi
	say "crashed by NMI (system reset)"
}

# Purgatory says what is damaged and keeps the CPU that it runs on; r3 says why. The others were stopped by the kernel
# that panicked.
await_refusal() {
	await 'purgatory: next kernel not started'
	say "the console says: $vm_line"
	expect_match "a CPU stays there" "$(hmp 'info registers -a')" '^GPR00( [0-9a-f]{16}){3} 00000000004b58[0-9a-f]{2}$'
	none_captured
}

# await_reset: the machine was reset, which pauses QEMU here.
await_reset() {
	ctl state "$VM_DIR/qmp.sock" "$VM_TIMEOUT" shutdown || {
		vm_show
		fail "the machine was not reset"
	}
	none_captured
	say "the machine was reset ($(hmp 'info status'))"
}
