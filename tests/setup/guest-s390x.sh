# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the s390x guest needs beside its emulator.

source "$SETUP_DIR/kernel-s390x.sh"
source "$SETUP_DIR/debian-root.sh"

s390x_sysroot() {
	private_apt_unpack s390x-sysroot s390x bookworm deps libc6-dev zlib1g-dev liblzma-dev libzstd-dev libbz2-dev \
		liblz4-dev libfdt-dev libcmocka-dev
	setup_script "$S390X_CC" <<-SCRIPT
		#!/bin/sh
		exec s390x-linux-gnu-gcc --sysroot="$S390X_SYSROOT" "\$@"
	SCRIPT
}

# The kernel of Debian 12: it can load and start another one, but not capture a crash.
s390x_stock_kernel() {
	local image root=$KEXEC_TEST_CACHE/roots/s390x-stock-kernel
	[ -e "$S390X_STOCK_KERNEL" ] && return
	image=$(private_apt_dependency s390x bookworm linux-image-s390x 'linux-image-[^ ]*-s390x')
	private_apt_unpack s390x-stock-kernel s390x bookworm only "$image"
	mkdir -p "$KEXEC_TEST_CACHE/kernels/s390x-stock"
	cp "$root"/boot/vmlinuz-* "$S390X_STOCK_KERNEL.new"
	mv "$S390X_STOCK_KERNEL.new" "$S390X_STOCK_KERNEL"
	# Its modules are not wanted: the scenarios run from an initramfs in memory. They are most of the package.
	rm -rf "$root/lib/modules" "$root/usr/lib/modules"
}

# A crash reads dumps of the architecture that it was built for; this one runs emulated.
s390x_crash() {
	local root=$KEXEC_TEST_CACHE/roots/s390x-crash
	private_apt_unpack s390x-crash s390x trixie deps crash
	setup_script "$S390X_CRASH" <<-SCRIPT
		#!/bin/sh
		exec "$QEMU_USER_S390X" -L "$root" "$root/usr/bin/crash" "\$@"
	SCRIPT
}

guest_s390x() {
	kernel_s390x
	s390x_sysroot
	guests_user_emulator qemu-s390x "$S390X_SYSROOT"
	private_apt_unpack s390x-busybox s390x bookworm only busybox-static
	private_apt_unpack s390x-kexec-tools s390x bookworm only kexec-tools
	s390x_crash
	s390x_stock_kernel
	debian_root_s390x
}
