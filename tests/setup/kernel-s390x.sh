# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The s390x kernel that can both load and be a crash kernel. How kernels are built is in kernel.sh.

kernel_s390x_configure() {
	"${make[@]}" KCONFIG_ALLCONFIG="$fragment" allnoconfig
}

kernel_s390x_make() {
	"${make[@]}" -j"$(nproc)" bzImage
	cp "$tree/arch/s390/boot/bzImage" "$out/"
	# The ELF that a boot loader may be given; the vmlinux at the top of the tree lacks the decompressor.
	s390x-linux-gnu-strip -g -o "$out/vmlinux" "$tree/arch/s390/boot/vmlinux"
	cp "$tree/vmlinux" "$out/vmlinux-debug"
}

kernel_s390x() {
	kernel_from_source s390x s390 s390x-linux-gnu- bookworm linux-source-6.12 "$S390X_KDUMP_DIR" 6
}
