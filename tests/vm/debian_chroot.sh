# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What takes minutes in an emulated machine and seconds on this one: packages are installed into the image that the
# scenario then boots, and capture initrds are made there. Sourced after tests/vm/debian.sh, for x86_64.
#
# What runs there is in a chroot in the image, with its fstab mounted, in namespaces of its own (tests/vm/in_image). It
# sees mounts, names and devices as the guest has them later; /sys is empty, as where an image is made for another machine.

# debian_own_root: a copy of the image that all boot, for this scenario.
debian_own_root() {
	cp --sparse=always "$debian_root" "$VM_DIR/root.img"
	debian_root=$VM_DIR/root.img
}

# debian_chroot COMMAND [FOLDER]: a line of shell; its output and exit code are the command's. FOLDER is /mnt there.
debian_chroot() {
	[ "$debian_root" = "$VM_DIR/root.img" ] || fail "debian_chroot: the image is not this scenario's own"
	[ -z "$vm_pid" ] || fail "debian_chroot: the guest runs"
	timeout -s KILL "$VM_TIMEOUT" unshare --mount --pid --uts --ipc --net --fork --kill-child \
		"$VM_LIB/in_image" "$debian_root" "$VM_DIR" "$@" </dev/null
}

# debian_fstab NAME FOLDER: a disk made by debian_disk, mounted at each boot, and in the chroot.
debian_fstab() {
	debian_chroot "mkdir -p $2 && echo 'LABEL=$1 $2 auto defaults 0 2' >>/etc/fstab"
}

# debian_install: our packages in the place of Debian's, in an image of this scenario's own. GUEST_PACKAGES is the folder
# where they were built; installed.img there, if it is newer, is what this made before (tests/vm/packages).
debian_install() {
	: "${GUEST_PACKAGES:?the folder of the packages kexec and kdump-service}"
	if [ "$GUEST_PACKAGES/installed.img" -nt "$(echo "$GUEST_PACKAGES"/kdump-service_[0-9]*.deb)" ]; then
		debian_root=$GUEST_PACKAGES/installed.img
		debian_own_root
		return
	fi
	debian_own_root
	logged install.log debian_chroot \
		'dpkg --purge kdump-tools && dpkg --install /mnt/kexec_[0-9]*.deb /mnt/kdump-service_[0-9]*.deb' "$GUEST_PACKAGES"
}
