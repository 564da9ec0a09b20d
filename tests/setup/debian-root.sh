# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# Root file systems of Debian 12 with systemd, for the scenarios of what starts at boot: ext4 images with label root.
# Nothing of them is mounted or started here. They are made once; scenarios write to copies that end with them.
#
# That of x86-64, in $X86_64_DEBIAN, is made by mmdebstrap, packages configured and all, with the kernel and initrd that
# boot it. That of s390x, in $S390X_DEBIAN, is packages unpacked and what it takes to start systemd: their scripts are
# programs of another architecture. It has no initrd; our own s390x kernel boots it.

DEBIAN_ROOT_PACKAGES=(
	systemd systemd-sysv udev kmod procps iproute2 zstd xz-utils
	# what capture initrds are made with, and the file systems that they know
	initramfs-tools dracut-core binutils busybox linux-base e2fsprogs xfsprogs
	# saving over the network, and a server for that
	isc-dhcp-client openssh-client openssh-server nfs-kernel-server
	# libraries of our programs
	libfdt1 liblzo2-2
	# what we replace and what has to run on it: Debian's own
	kexec-tools kdump-tools makedumpfile
)

# Started at boot by default, of no use to a machine that lives for a minute.
DEBIAN_ROOT_MASKED=(
	apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer
	getty.target getty-static.service systemd-logind.service
	systemd-pstore.service systemd-random-seed.service systemd-journal-flush.service
	systemd-update-utmp.service systemd-update-utmp-runlevel.service dracut-shutdown.service
	systemd-binfmt.service proc-sys-fs-binfmt_misc.automount sys-fs-fuse-connections.mount
	sys-kernel-debug.mount sys-kernel-tracing.mount dev-hugepages.mount dev-mqueue.mount modprobe@.service
)

# Drivers that the emulated CPU's features ask for.
DEBIAN_ROOT_NOT_LOADED=(kvm_amd kvm_intel aesni_intel ghash_clmulni_intel sha512_ssse3 sha512_generic crct10dif_pclmul crc32_pclmul)

# Services that a scenario enables when it wants them.
DEBIAN_ROOT_DISABLED=(
	multi-user.target.wants/{nfs-client.target,nfs-server.service,rpcbind.service,ssh.service}
	remote-fs.target.wants/nfs-client.target sockets.target.wants/rpcbind.socket
)

# debian_root_x86_64: about a minute and a half, 100 MB to fetch, 500 MB to keep.
debian_root_x86_64() {
	local release work=$X86_64_DEBIAN.new
	if [ -e "$X86_64_DEBIAN/key" ] && [ "$(cat "$X86_64_DEBIAN/key")" = "$(debian_root_key)" ]; then
		return
	fi
	debian_root_kernel
	release=$(cat "$X86_64_KERNELS/bookworm/release")
	[ "$(id -u)" -eq 0 ] || setup_die "making $X86_64_DEBIAN needs root: packages are configured inside a chroot"
	setup_say "making a Debian 12 with systemd in $X86_64_DEBIAN"
	rm -rf "$work"
	mkdir -p "$work"
	setup_quiet debian-root debian_root_unpack "$release" "$work/tree"
	debian_root_settle "$work/tree"
	# As after a first boot, which makes this initrd once more to see that sysctl.conf is the one in it.
	cp "$work/tree/etc/kdump/sysctl.conf" "$work/tree/var/lib/kdump/latest_sysctls-$release"
	cp "$work/tree/boot/vmlinuz-$release" "$work/vmlinuz"
	cp "$work/tree/boot/initrd.img-$release" "$work/initrd"
	debian_root_image "$work/tree" "$work/root.img"
	rm -rf "$work/tree"
	debian_root_key >"$work/key"
	rm -rf "$X86_64_DEBIAN"
	mv "$work" "$X86_64_DEBIAN"
}

# All that decides what is in it.
debian_root_key() {
	(echo "$(cat "$X86_64_KERNELS/bookworm/release")" "${DEBIAN_ROOT_PACKAGES[@]}" "${DEBIAN_ROOT_MASKED[@]}" \
		"${DEBIAN_ROOT_DISABLED[@]}" "${DEBIAN_ROOT_NOT_LOADED[@]}" &&
		declare -f debian_root_unpack debian_root_settle debian_root_image &&
		cat "$SETUP_DIR/../vm/guest/agent" "$SETUP_DIR/../vm/guest/agent.service") | setup_hash
}

# The kernel must be the one whose debug information is here. Where the archive has replaced it, all three are fetched
# anew.
debian_root_kernel() {
	local package
	package=linux-image-$(cat "$X86_64_KERNELS/bookworm/release")
	private_apt_prepare amd64 bookworm
	if [ -z "$(private_apt amd64 bookworm apt-cache -q show "$package" 2>/dev/null)" ]; then
		setup_say "$package is no longer in the archive"
		rm -rf "$X86_64_KERNELS/bookworm"
		x86_64_kernel bookworm
		x86_64_debug_kernel
	fi
}

# The initrd gets the drivers of the one machine that it boots on: it is unpacked under emulation.
debian_root_unpack() {
	local release=$1 tree=$2 packages
	private_apt_prepare amd64 bookworm
	packages=$(IFS=,; echo "${DEBIAN_ROOT_PACKAGES[*]}")
	# shellcheck disable=SC2016
	mmdebstrap --mode=root --variant=minbase --architectures=amd64 --format=directory \
		--aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
		--dpkgopt=force-unsafe-io --dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
		--essential-hook='mkdir -p "$1/etc/initramfs-tools/conf.d" "$1/usr/share/initramfs-tools/modules.d"' \
		--essential-hook='echo MODULES=list >"$1/etc/initramfs-tools/conf.d/vm"' \
		--essential-hook='printf "%s\n" virtio_pci virtio_blk ext4 >"$1/usr/share/initramfs-tools/modules.d/vm"' \
		--include="linux-image-$release,$packages" bookworm "$tree" \
		"$(private_apt_root amd64 bookworm)/sources/private.sources"
}

# What systemd starts there, and what a scenario calls.
DEBIAN_ROOT_S390X_PACKAGES=(
	systemd systemd-sysv udev kmod mount util-linux coreutils dash bash base-files base-passwd procps grep sed gawk
	e2fsprogs findutils libfdt1 liblzo2-2
)

# debian_root_s390x: half a minute, 40 MB to fetch, 200 MB to keep.
debian_root_s390x() {
	local key unpacked=$KEXEC_TEST_CACHE/roots/s390x-debian work=$S390X_DEBIAN.new tree=$S390X_DEBIAN.new/tree
	key=$( (echo "${DEBIAN_ROOT_S390X_PACKAGES[@]}" "${DEBIAN_ROOT_MASKED[@]}" &&
		declare -f debian_root_s390x debian_root_settle debian_root_image &&
		cat "$SETUP_DIR/../vm/guest/agent" "$SETUP_DIR/../vm/guest/agent.service") | setup_hash)
	if [ -e "$S390X_DEBIAN/key" ] && [ "$(cat "$S390X_DEBIAN/key")" = "$key" ]; then
		return
	fi
	private_apt_unpack s390x-debian s390x bookworm deps "${DEBIAN_ROOT_S390X_PACKAGES[@]}"
	setup_say "making a Debian 12 with systemd in $S390X_DEBIAN"
	rm -rf "$work"
	mkdir -p "$work"
	cp -a "$unpacked" "$tree"
	rm -rf "$tree"/.versions "$tree"/.key "$tree"/usr/share/{doc,man,locale,zoneinfo}
	mkdir -p "$tree"/{dev,proc,sys,run,tmp,root,mnt} "$tree/etc/modprobe.d"
	# What the packages' scripts would have done.
	ln -sf dash "$tree/usr/bin/sh"
	ln -sf gawk "$tree/usr/bin/awk"
	cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd"
	cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group"
	debian_root_settle "$tree"
	debian_root_image "$tree" "$work/root.img"
	rm -rf "$tree"
	printf '%s\n' "$key" >"$work/key"
	rm -rf "$S390X_DEBIAN"
	mkdir -p "$(dirname "$S390X_DEBIAN")"
	mv "$work" "$S390X_DEBIAN"
}

# debian_root_settle TREE: what an administrator sets, and the program that runs what a scenario sends.
debian_root_settle() {
	local tree=$1 units=$1/etc/systemd/system name
	install -D -m 755 "$SETUP_DIR/../vm/guest/agent" "$tree/usr/local/sbin/guest-agent"
	install -D -m 644 "$SETUP_DIR/../vm/guest/agent.service" "$units/guest-agent.service"
	mkdir -p "$units/multi-user.target.wants" "$tree/etc/systemd/journald.conf.d"
	ln -sf ../guest-agent.service "$units/multi-user.target.wants/guest-agent.service"
	for name in "${DEBIAN_ROOT_MASKED[@]}"; do
		ln -sf /dev/null "$units/$name"
	done
	for name in "${DEBIAN_ROOT_DISABLED[@]}"; do
		rm -f "$units/$name"
	done
	printf 'blacklist %s\n' "${DEBIAN_ROOT_NOT_LOADED[@]}" >"$tree/etc/modprobe.d/guest.conf"
	ln -sf /lib/systemd/system/multi-user.target "$units/default.target"
	printf '[Journal]\nStorage=volatile\n' >"$tree/etc/systemd/journald.conf.d/guest.conf"
	# With one already, it is no first boot, in which systemd enables all it has.
	echo 5ca1ab1e0ddba115ca1ab1e0ddba1100 >"$tree/etc/machine-id"
	echo guest >"$tree/etc/hostname"
	echo 'LABEL=root / ext4 errors=remount-ro 0 1' >"$tree/etc/fstab"
}

debian_root_image() {
	truncate -s 3G "$2"
	mke2fs -q -F -t ext4 -L root -d "$1" "$2"
}
