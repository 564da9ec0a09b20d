# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# The s390x kernel that can both load and be a crash kernel, from Debian's linux-source package.

KERNEL_SOURCE_PACKAGE=linux-source-6.12
KERNEL_SOURCE_SUITES=bookworm

# The build proper: everything that decides what comes out is in this function and in the fragment, and both are part of
# the key. $1: where the unpacked package is, $2: the fragment, $3: an empty directory to build in, $4: where to install.
kernel_build_s390x() {
	local package=$1 fragment=$2 work=$3 out=$4 tree make missing
	tar -C "$work" -xf "$package"/usr/src/linux-source-*.tar.xz
	tree=$(echo "$work"/linux-source-*)
	make=(make -C "$tree" -s ARCH=s390 CROSS_COMPILE=s390x-linux-gnu- KBUILD_BUILD_USER=test KBUILD_BUILD_HOST=test)
	"${make[@]}" zfcpdump_defconfig
	(cd "$tree" && ./scripts/kconfig/merge_config.sh -m -O . .config "$fragment")
	"${make[@]}" olddefconfig
	# merge_config only warns; an option that Kconfig dropped would show as a puzzling failure in a scenario.
	missing=$(grep -E '^CONFIG_[A-Z0-9_]+=[^n]' "$fragment" | grep -vxFf "$tree/.config" || :)
	if [ -n "$missing" ]; then
		echo "the kernel's configuration did not take: $missing"
		return 1
	fi
	"${make[@]}" -j"$(nproc)" bzImage
	cp "$tree/arch/s390/boot/bzImage" "$tree/System.map" "$out/"
	cp "$tree/.config" "$out/config"
	# The ELF that a boot loader may be given; the vmlinux at the top of the tree lacks the decompressor.
	s390x-linux-gnu-strip -g -o "$out/vmlinux" "$tree/arch/s390/boot/vmlinux"
	"${make[@]}" kernelrelease | tail -n 1 >"$out/release"
}

kernel_s390x() {
	local fragment=$SETUP_DIR/kernels/s390x.config package key work start=$SECONDS
	package=$KEXEC_TEST_CACHE/roots/$KERNEL_SOURCE_PACKAGE
	private_apt_unpack "$KERNEL_SOURCE_PACKAGE" amd64 "$KERNEL_SOURCE_SUITES" only "$KERNEL_SOURCE_PACKAGE"
	key=$( (cat "$fragment" "$package/.versions" && declare -f kernel_build_s390x) | setup_hash)
	if [ -e "$S390X_KDUMP_DIR/key" ] && [ "$(cat "$S390X_KDUMP_DIR/key")" = "$key" ]; then
		return
	fi
	setup_say "building the s390x kernel ($(cat "$package/.versions")) into $S390X_KDUMP_DIR: about 8 minutes on 2 CPUs"
	work=$KEXEC_TEST_CACHE/kernels/.s390x.new
	rm -rf "$work"
	mkdir -p "$work/build" "$work/out"
	setup_quiet kernel-s390x kernel_build_s390x "$package" "$fragment" "$work/build" "$work/out"
	printf '%s\n' "$key" >"$work/out/key"
	rm -rf "$S390X_KDUMP_DIR"
	mv "$work/out" "$S390X_KDUMP_DIR"
	rm -rf "$work"
	setup_say "the s390x kernel is built after $((SECONDS - start)) s: $S390X_KDUMP_KERNEL"
}
