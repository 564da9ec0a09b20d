# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the ppc64le guest needs: its emulator, Debian's own kernels, and the programs that run in it.

source "$SETUP_DIR/kernel-ppc64le.sh"

# As in guest-x86_64.sh.
PPC64LE_MODULES=(virtio_pci virtio_console virtio_blk)

ppc64le_emulator() {
	local root=$KEXEC_TEST_CACHE/roots/qemu-ppc64
	private_apt_unpack qemu-ppc64 amd64 'trixie backports' deps qemu-system-ppc
	guests_emulator "$root" qemu-system-ppc64
}

# ppc64le_kernel RELEASE: as x86_64_kernel, of the flavour with pages of 4 KiB, or of 64 KiB for RELEASE-64k.
ppc64le_kernel() {
	local suite=${1%-64k} flavour=powerpc64le dir=$PPC64LE_KERNELS/$1 root=$KEXEC_TEST_CACHE/roots/ppc64le-kernel-$1
	local image packages found modules module key
	[ "$suite" = "$1" ] || flavour+=-64k
	key=$( (echo "${PPC64LE_MODULES[@]}" && declare -f ppc64le_kernel guests_module) | setup_hash)
	if [ -e "$dir/key" ] && [ "$(cat "$dir/key")" = "$key" ]; then
		return
	fi
	image=$(private_apt_dependency ppc64el "$suite" "linux-image-$flavour" "linux-image-[^ ]*-$flavour")
	mapfile -t packages < <(private_apt ppc64el "$suite" apt-cache depends "$image" |
		sed -n 's/^ *Depends: *\(linux-\(binary\|modules\)-[^ ]*\)$/\1/p')
	private_apt_unpack "ppc64le-kernel-$1" ppc64el "$suite" only "$image" "${packages[@]}"
	rm -rf "$dir.new"
	mkdir -p "$dir.new/modules"
	modules=$(echo "$root"/usr/lib/modules/*)
	# An ELF file either way; its name differs.
	found=$(find "$root" -type f -name 'vmlinu[xz]*')
	[ -n "$found" ] || setup_die "$image and what it depends on contain no kernel"
	cp "$found" "$dir.new/vmlinux"
	for module in "${PPC64LE_MODULES[@]}"; do
		guests_module "$modules" "$dir.new/modules" "$module"
	done
	basename "$modules" >"$dir.new/release"
	printf '%s\n' "$key" >"$dir.new/key"
	rm -rf "$dir" "$root"
	mv "$dir.new" "$dir"
}

ppc64le_sysroot() {
	private_apt_unpack ppc64le-sysroot ppc64el bookworm deps libc6-dev zlib1g-dev liblzma-dev libzstd-dev libbz2-dev \
		liblz4-dev libfdt-dev libcmocka-dev
	setup_script "$PPC64LE_CC" <<-SCRIPT
		#!/bin/sh
		exec powerpc64le-linux-gnu-gcc --sysroot="$PPC64LE_SYSROOT" "\$@"
	SCRIPT
}

# Debian's makedumpfile reads dumps of its own architecture only, so this is a ppc64le program run by the user emulator.
ppc64le_makedumpfile() {
	setup_script "$PPC64LE_MAKEDUMPFILE" <<-SCRIPT
		#!/bin/sh
		exec "$QEMU_USER_PPC64LE" -L "$PPC64LE_TOOLS" "$PPC64LE_TOOLS/usr/bin/makedumpfile" "\$@"
	SCRIPT
}

guest_ppc64le() {
	local release
	kernel_fadump_ppc64le
	ppc64le_emulator
	ppc64le_sysroot
	guests_user_emulator qemu-ppc64le "$PPC64LE_SYSROOT"
	private_apt_unpack ppc64le-busybox ppc64el trixie only busybox-static
	private_apt_unpack ppc64le-tools ppc64el trixie deps kexec-tools makedumpfile
	ppc64le_makedumpfile
	for release in $PPC64LE_RELEASES; do
		ppc64le_kernel "$release"
	done
}
