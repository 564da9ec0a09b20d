# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Debian packages that building and testing on this machine need. They are installed; nothing of them starts a service.

MACHINE_PACKAGES=(
	# the build: compilers, configure, and the libraries it finds
	build-essential clang libclang-rt-dev autoconf libc6-dev
	zlib1g-dev liblzma-dev libzstd-dev libbz2-dev liblz4-dev liblzo2-dev libfdt-dev libcmocka-dev
	gcc-s390x-linux-gnu binutils-s390x-linux-gnu libc6-dev-s390x-cross
	gcc-powerpc64le-linux-gnu binutils-powerpc64le-linux-gnu libc6-dev-ppc64el-cross
	gcc-powerpc64-linux-gnu binutils-powerpc64-linux-gnu libc6-dev-ppc64-cross
	# the guest's kernel
	bc bison flex libelf-dev libssl-dev
	# the tests themselves
	python3 cpio xz-utils zstd lz4 bzip2 lzma device-tree-compiler shellcheck strace iproute2 util-linux git
	# independent readers of a dump
	python3-drgn
	# disks with a file system, made and read without mounting them
	e2fsprogs
	# packages of this, and completions
	debhelper lintian zsh
	# a guest with systemd
	mmdebstrap
)

machine_packages() {
	local package missing=()
	for package in "${MACHINE_PACKAGES[@]}"; do
		[[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) == *'ok installed' ]] || missing+=("$package")
	done
	[ "${#missing[@]}" -eq 0 ] && return
	[ "$(id -u)" -eq 0 ] || setup_die "these Debian packages are missing; install them as root: ${missing[*]}"
	setup_say "installing ${missing[*]}"
	setup_quiet apt-update apt-get -q -o DPkg::Lock::Timeout=600 update
	setup_quiet apt-install env DEBIAN_FRONTEND=noninteractive apt-get -q -y -o DPkg::Lock::Timeout=600 --no-install-recommends install \
		"${missing[@]}"
}
