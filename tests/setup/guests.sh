# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What boots and runs programs of other architectures: emulators, guest programs, libraries, stock kernels.

# Debian 12's QEMU 7.2 crashes some guests at boot, so the emulators come from the backports of the next release. They
# bring their own C library; nothing of them is installed, and no binfmt handler is registered.
guests_emulators() {
	local root=$KEXEC_TEST_CACHE/roots/qemu packages=(qemu-user) target name
	for target in $KEXEC_TEST_TARGETS; do
		case $target in
		s390x) packages+=(qemu-system-s390x) ;;
		*) setup_die "KEXEC_TEST_TARGETS names $target, for which guests.sh has no emulator" ;;
		esac
	done
	private_apt_unpack qemu amd64 'trixie backports' deps "${packages[@]}"
	mkdir -p "$KEXEC_TEST_CACHE/bin"
	for target in $KEXEC_TEST_TARGETS; do
		name=qemu-system-$target
		cat >"$KEXEC_TEST_CACHE/bin/$name" <<-SCRIPT
			#!/bin/sh
			exec "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" \\
				"$root/usr/bin/$name" -L "$root/usr/share/qemu" -L "$root/usr/share/seabios" "\$@"
		SCRIPT
		chmod +x "$KEXEC_TEST_CACHE/bin/$name"
	done
}

guests_s390x_user() {
	local root=$KEXEC_TEST_CACHE/roots/qemu
	# A dynamic emulator needs its own loader; a static one is run as it is.
	if [ -n "$(readelf -lW "$root/usr/bin/qemu-s390x" | grep INTERP)" ]; then
		cat >"$QEMU_USER_S390X" <<-SCRIPT
			#!/bin/sh
			exec "$root/lib64/ld-linux-x86-64.so.2" --library-path "$root/usr/lib/x86_64-linux-gnu" \\
				"$root/usr/bin/qemu-s390x" -L "$S390X_SYSROOT" "\$@"
		SCRIPT
	else
		cat >"$QEMU_USER_S390X" <<-SCRIPT
			#!/bin/sh
			exec "$root/usr/bin/qemu-s390x" -L "$S390X_SYSROOT" "\$@"
		SCRIPT
	fi
	chmod +x "$QEMU_USER_S390X"
}

guests_s390x_sysroot() {
	private_apt_unpack s390x-sysroot s390x bookworm deps libc6-dev zlib1g-dev liblzma-dev libzstd-dev libbz2-dev \
		liblz4-dev libfdt-dev libcmocka-dev
	cat >"$S390X_CC" <<-SCRIPT
		#!/bin/sh
		exec s390x-linux-gnu-gcc --sysroot="$S390X_SYSROOT" "\$@"
	SCRIPT
	chmod +x "$S390X_CC"
}

# The kernel of Debian 12: it can load and start another one, but not capture a crash.
guests_s390x_stock_kernel() {
	local image root=$KEXEC_TEST_CACHE/roots/s390x-stock-kernel
	[ -e "$S390X_STOCK_KERNEL" ] && return
	private_apt_prepare s390x bookworm
	image=$(private_apt s390x bookworm apt-cache depends linux-image-s390x |
		sed -n 's/^ *Depends: *\(linux-image-[^ ]*-s390x\)$/\1/p' | head -n 1)
	[ -n "$image" ] || setup_die "Debian's linux-image-s390x depends on no linux-image-*-s390x"
	private_apt_unpack s390x-stock-kernel s390x bookworm only "$image"
	mkdir -p "$KEXEC_TEST_CACHE/kernels/s390x-stock"
	cp "$root"/boot/vmlinuz-* "$S390X_STOCK_KERNEL.new"
	mv "$S390X_STOCK_KERNEL.new" "$S390X_STOCK_KERNEL"
	# Its modules are not wanted: the scenarios run from an initramfs in memory. They are most of the package.
	rm -rf "$root/lib/modules" "$root/usr/lib/modules"
}

guests_s390x() {
	guests_s390x_sysroot
	guests_s390x_user
	private_apt_unpack s390x-busybox s390x bookworm only busybox-static
	private_apt_unpack s390x-kexec-tools s390x bookworm only kexec-tools
	guests_s390x_stock_kernel
}

# It links Xen's libraries, which nothing else here needs, so it runs with its own ones too.
guests_amd64_reference() {
	local root=$KEXEC_TEST_CACHE/roots/amd64-kexec-tools-run
	private_apt_unpack amd64-kexec-tools-run amd64 bookworm deps kexec-tools
	mkdir -p "$KEXEC_TEST_CACHE/bin"
	cat >"$REF_KEXEC_AMD64" <<-SCRIPT
		#!/bin/sh
		exec "$root/lib64/ld-linux-x86-64.so.2" --library-path \
			"$root/usr/lib/x86_64-linux-gnu:$root/lib/x86_64-linux-gnu" "$root/sbin/kexec" "\$@"
	SCRIPT
	chmod +x "$REF_KEXEC_AMD64"
}

guests_all() {
	local target
	guests_emulators
	guests_amd64_reference
	for target in $KEXEC_TEST_TARGETS; do
		"guests_$target"
	done
}
