# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the x86-64 guest needs beside its emulator: Debian's own kernels, and the programs of others that judge or feed
# what kexec does.

source "$SETUP_DIR/debian-root.sh"

# The port to the host, disks, the bus below both, and a file system to save dumps to.
X86_64_MODULES=(virtio_pci virtio_console virtio_blk ext4)

# The lists of trixie with its backports are here already, for the emulators; without -t nothing of backports is chosen.
x86_64_suites() {
	case $1 in
	trixie) echo trixie backports ;;
	*) echo "$1" ;;
	esac
}

# x86_64_kernel RELEASE: the cloud kernel of a Debian release; fetched once, newer ones are not looked for.
x86_64_kernel() {
	local release=$1 suites dir=$X86_64_KERNELS/$1 root=$KEXEC_TEST_CACHE/roots/x86_64-kernel-$1 image packages found
	local modules module key
	key=$( (echo "${X86_64_MODULES[@]}" && declare -f x86_64_kernel guests_module) | setup_hash)
	if [ -e "$dir/key" ] && [ "$(cat "$dir/key")" = "$key" ]; then
		return
	fi
	suites=$(x86_64_suites "$release")
	image=$(private_apt_dependency amd64 "$suites" linux-image-cloud-amd64 'linux-image-[^ ]*-cloud-amd64')
	# From 7.0 on the image and its modules are packages that this one depends on.
	mapfile -t packages < <(private_apt amd64 "$suites" apt-cache depends "$image" |
		sed -n 's/^ *Depends: *\(linux-\(binary\|modules\)-[^ ]*\)$/\1/p')
	private_apt_unpack "x86_64-kernel-$release" amd64 "$suites" only "$image" "${packages[@]}"
	rm -rf "$dir.new"
	mkdir -p "$dir.new/modules"
	modules=$(echo "$root"/usr/lib/modules/*)
	found=$(find "$root" -type f -name 'vmlinuz*')
	[ -n "$found" ] || setup_die "$image and what it depends on contain no vmlinuz"
	cp "$found" "$dir.new/vmlinuz"
	for module in "${X86_64_MODULES[@]}"; do
		guests_module "$modules" "$dir.new/modules" "$module"
	done
	basename "$modules" >"$dir.new/release"
	printf '%s\n' "$key" >"$dir.new/key"
	rm -rf "$dir" "$root"
	mv "$dir.new" "$dir"
}

# 280 MB to fetch, 600 MB to keep.
x86_64_debug_kernel() {
	local package root=$KEXEC_TEST_CACHE/roots/x86_64-kernel-debug
	[ -e "$X86_64_DEBUG_VMLINUX" ] && return
	# Beside its kernel: whatever replaces that removes this.
	package=linux-image-$(cat "$X86_64_KERNELS/bookworm/release")-dbg
	private_apt_unpack x86_64-kernel-debug amd64 bookworm only "$package"
	mv "$root"/usr/lib/debug/boot/vmlinux-* "$X86_64_DEBUG_VMLINUX"
	rm -rf "$root"
}

x86_64_dump_readers() {
	local root=$KEXEC_TEST_CACHE/roots/dump-readers
	private_apt_unpack dump-readers amd64 'trixie backports' deps crash makedumpfile libgcc-s1
	# Its threads end by pthread_exit(3), which loads libgcc_s at that moment, and was seen to fail in that.
	setup_script "$MAKEDUMPFILE" <<-SCRIPT
		#!/bin/sh
		exec "$root/lib64/ld-linux-x86-64.so.2" --preload "$root/usr/lib/x86_64-linux-gnu/libgcc_s.so.1" --library-path \\
			"$root/usr/lib/x86_64-linux-gnu" "$root/usr/bin/makedumpfile" "\$@"
	SCRIPT
	runs_with_own_libraries "$CRASH" "$root" usr/bin/crash
}

# Its script is Python; this machine's interpreter runs it.
x86_64_ukify() {
	local root=$KEXEC_TEST_CACHE/roots/ukify
	private_apt_unpack ukify amd64 'trixie backports' only systemd-ukify systemd-boot-efi python3-pefile
	setup_script "$UKIFY" <<-SCRIPT
		#!/bin/sh
		PYTHONPATH="$root/usr/lib/python3/dist-packages" exec /usr/bin/python3 -B "$root/usr/bin/ukify" "\$@"
	SCRIPT
}

x86_64_xen() {
	private_apt_unpack x86_64-xen amd64 bookworm only xen-hypervisor-4.17-amd64
	[ -e "$X86_64_XEN" ] || cp "$KEXEC_TEST_CACHE"/roots/x86_64-xen/boot/xen-4.17*.gz "$X86_64_XEN"
}

guest_x86_64() {
	local release
	private_apt_unpack x86_64-busybox amd64 bookworm only busybox-static
	# For volumes, in a guest and in capture initrds.
	private_apt_unpack x86_64-lvm2 amd64 bookworm deps lvm2
	for release in $X86_64_RELEASES; do
		x86_64_kernel "$release"
	done
	x86_64_debug_kernel
	x86_64_dump_readers
	x86_64_ukify
	x86_64_xen
	debian_root_x86_64
}
