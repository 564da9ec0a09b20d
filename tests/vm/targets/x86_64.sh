# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The x86-64 machine: q35 with one of Debian's own kernels. What a target defines is described in tests/vm/vm.sh.
#
# VM_RELEASE, one of X86_64_RELEASES, says whose kernel use_kernel took; VM_FIRMWARE is bios or uefi.

VM_FIRMWARE=bios

TARGET_QEMU=$QEMU_X86_64
TARGET_CONSOLE=ttyS0
TARGET_BUSYBOX=$X86_64_BUSYBOX
TARGET_ROOT=$REF_KEXEC_AMD64_ROOT
TARGET_TRIPLET=x86_64-linux-gnu
TARGET_BUS=pci
TARGET_ELF_NAME='X86-64'
# Of bookworm's kernel.
TARGET_CRASH=$CRASH
TARGET_DEBUG_VMLINUX=$X86_64_DEBUG_VMLINUX

LOAD_CRASH='kexec -p /boot/image --initrd /boot/initrd --append "console=ttyS0 rdinit=/init nr_cpus=1"'

# use_kernel RELEASE: the kernel that is booted, and the one that usual_initramfs puts into /boot/image.
use_kernel() {
	VM_RELEASE=$1
	VM_KERNEL=$X86_64_KERNELS/$1/vmlinuz
}

use_kernel trixie

# A reset ends in QEMU's state "shutdown", where the tests can look at the machine.
target_machine() {
	TARGET_MACHINE=(-cpu max -M "q35,memory-backend=ram" -action "panic=pause,reboot=shutdown,shutdown=pause"
		-serial chardev:serial)
	case $VM_FIRMWARE in
	bios) ;;
	uefi)
		cp "$X86_64_OVMF/OVMF_VARS_4M.fd" "$VM_DIR/firmware-variables.img"
		TARGET_MACHINE+=(
			-drive "if=pflash,format=raw,unit=0,readonly=on,file=$X86_64_OVMF/OVMF_CODE_4M.fd"
			-drive "if=pflash,format=raw,unit=1,file=$VM_DIR/firmware-variables.img"
		)
		;;
	*) fail "VM_FIRMWARE is $VM_FIRMWARE, expected bios or uefi" ;;
	esac
}

# Those of every kernel, so that an initramfs serves whichever is started with it.
target_modules() {
	local release to
	for release in $X86_64_RELEASES; do
		to=$1/lib/modules/$(cat "$X86_64_KERNELS/$release/release")
		mkdir -p "$to"
		cp "$X86_64_KERNELS/$release/modules"/* "$to/"
	done
}

# The hole below 4 GiB is not in the file. QEMU's q35 gives the part below it 2 GiB, or all up to 0xb0000000 of a machine
# that has no more.
ram_offset() {
	local address=$(($1)) low=$((0xb0000000))
	[ $((VM_MEMORY_MB << 20)) -lt "$low" ] || low=$((0x80000000))
	[ "$address" -lt $((1 << 32)) ] || address=$((address - (1 << 32) + low))
	printf '%d\n' "$address"
}

# Injected by the machine, an NMI has no reason that the kernel knows of.
crash_by_nmi() {
	guest 'echo 1 >/proc/sys/kernel/unknown_nmi_panic'
	qmp inject-nmi
	say "crashed by NMI"
}

# Purgatory says what is damaged and stops all it runs on; the other CPUs were stopped by the kernel that panicked.
await_refusal() {
	local halted
	await 'purgatory: next kernel not started'
	say "the console says: $vm_line"
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		halted=$(hmp 'info registers -a' | grep -c ' HLT=1' || :)
		[ "$halted" -ne "$VM_CPUS" ] || break
		sleep 1
	done
	expect_equal "CPUs that have stopped" "$halted" "$VM_CPUS"
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

# The bookworm kernel is the one whose debug information is at hand.
drgn_vmcore() {
	/usr/bin/python3 "$VM_LIB/vmcore.py" drgn "$VM_DIR/vmcore" "$(cat "$X86_64_KERNELS/bookworm/release")"
}

# crash_vmcore FILE CPUS: crash finds every CPU, the task that panicked, and the function that made it.
crash_vmcore() {
	local said
	said=$(printf 'sys\nbt\nquit\n' | TERM=dumb timeout -k 5 120 "$CRASH" -s "$X86_64_DEBUG_VMLINUX" "$1" 2>&1) || {
		printf '%s\n' "$said"
		return 1
	}
	printf '%s\n' "$said" >"$VM_DIR/crash.txt"
	grep -Eq "^ +CPUS: $2( |\$)" <<<"$said" && grep -q 'PANIC: .*sysrq' <<<"$said" && grep -q sysrq_handle_crash <<<"$said"
}
