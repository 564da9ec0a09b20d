# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The ppc64le kernel with firmware-assisted dump, which no kernel of Debian's has. How kernels are built is in kernel.sh.

kernel_fadump_ppc64le_configure() {
	"${make[@]}" KCONFIG_ALLCONFIG="$fragment" allnoconfig
}

kernel_fadump_ppc64le_make() {
	"${make[@]}" -j"$(nproc)" vmlinux
	powerpc64le-linux-gnu-strip -o "$out/vmlinux" "$tree/vmlinux"
}

kernel_fadump_ppc64le() {
	kernel_from_source fadump-ppc64le powerpc powerpc64le-linux-gnu- sid linux-source-7.2 "$PPC64LE_FADUMP_DIR" 5
}
