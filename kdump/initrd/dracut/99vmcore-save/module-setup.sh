#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What a capture initrd of dracut has beside the usual. kdump-service build starts dracut with --add vmcore-save and all
# that is to be known in variables KDUMP_*.
# shellcheck disable=SC2154 # initdir, moddir, hostonly ...: of dracut

# Only where it is asked for: the initrd that the machine boots with has no need of it.
check() {
	return 255
}

depends() {
	local modules="base kernel-modules rootfs-block fs-lib"
	case ${KDUMP_TARGET-} in
	nfs | ssh) modules+=" network" ;;
	esac
	case ${KDUMP_STACKED-} in
	/dev/mapper/*)
		modules+=" dm"
		# What volumes are, and what they may lie on. A module whose program is not installed would be an error.
		[[ -z $(type -P lvm) ]] || modules+=" lvm"
		[[ -z $(compgen -G '/sys/block/md*') || -z $(type -P mdadm) ]] || modules+=" mdraid"
		! grep -qs '^mpath-' /sys/block/dm-*/dm/uuid || [[ -z $(type -P multipath) ]] || modules+=" multipath"
		;;
	/dev/md*) modules+=" mdraid" ;;
	esac
	echo "$modules"
}

installkernel() {
	case ${KDUMP_TARGET-} in
	path)
		hostonly='' instmods "$KDUMP_TYPE" crc32c crc32c_generic crc32c-intel libcrc32c
		;;
	nfs)
		hostonly='' instmods nfs nfsv4 nfsv3
		;;
	esac
	# Disks that are drivers' only by way of these.
	hostonly='' instmods sd_mod virtio_pci virtio_mmio virtio_ccw virtio_blk virtio_scsi
}

vmcore_save_stop() {
	dfatal "vmcore-save: $*"
	exit 1
}

# A file at the same place, and not for others to read.
vmcore_save_secret() {
	[[ -r $1 ]] || vmcore_save_stop "cannot read $1"
	inst_simple "$1" || vmcore_save_stop "cannot copy $1"
	chmod 600 "$initdir$1"
}

vmcore_save_ssh() {
	local file found=
	inst_multiple ssh || vmcore_save_stop "ssh is not installed"
	inst_libdir_file 'libnss_dns.so.2' 'libnss_files.so.2'
	grep -qs '^root:' "$initdir/etc/passwd" || echo 'root:x:0:0:root:/root:/bin/sh' >>"$initdir/etc/passwd"
	mkdir -p "$initdir/root/.ssh"
	chmod 700 "$initdir/root/.ssh"
	if [[ -n $KDUMP_SSH_KEY ]]; then
		vmcore_save_secret "$KDUMP_SSH_KEY"
	else
		for file in /root/.ssh/id_*; do
			[[ -f $file && $file != *.pub ]] || continue
			vmcore_save_secret "$file"
			found=yes
		done
		[[ $found ]] || vmcore_save_stop "no key for ssh: none in /root/.ssh, and SshKey= does not name one"
	fi
	found=
	if [[ -n $KDUMP_SSH_KNOWN_HOSTS ]]; then
		vmcore_save_secret "$KDUMP_SSH_KNOWN_HOSTS"
		found=yes
	fi
	for file in /root/.ssh/known_hosts /etc/ssh/ssh_known_hosts; do
		[[ -r $file ]] || continue
		vmcore_save_secret "$file"
		found=yes
	done
	[[ $found ]] ||
		vmcore_save_stop "the key of $KDUMP_HOST is not known: log in to it once, or name a file with SshKnownHosts="
}

vmcore_save_network() {
	# Name servers first; the address that was found today is for when they do not answer.
	echo 'hosts: dns files' >"$initdir/etc/nsswitch.conf"
	echo '127.0.0.1 localhost' >"$initdir/etc/hosts"
	[[ -z $KDUMP_ADDRESS ]] || echo "$KDUMP_ADDRESS $KDUMP_HOST" >>"$initdir/etc/hosts"
	mkdir -p "$initdir/etc/cmdline.d"
	echo "rd.neednet=1 ${KDUMP_NETWORK:-ip=dhcp}" >"$initdir/etc/cmdline.d/40-vmcore-save.conf"
	: >"$initdir/etc/kdump.network"
}

install() {
	[[ -n ${KDUMP_CONF-} && -n ${KDUMP_SBIN-} ]] || vmcore_save_stop "this module is for kdump-service build"

	local name
	for name in kdump-service vmcore-save vmcore-dmesg; do
		inst "$KDUMP_SBIN/$name" "/usr/sbin/$name" || vmcore_save_stop "cannot copy $KDUMP_SBIN/$name"
	done
	inst_multiple mkdir sync sleep
	inst_simple "$KDUMP_CONF" /etc/kdump.conf || vmcore_save_stop "cannot copy the configuration"
	inst_simple "$KDUMP_PLACE" /etc/kdump.place || vmcore_save_stop "cannot copy what is known of the target"
	case $KDUMP_TARGET in
	nfs) vmcore_save_network ;;
	ssh)
		vmcore_save_network
		vmcore_save_ssh
		;;
	esac

	# Settled: disks are there. Online: an interface is. Timeout and pre-mount: whatever came, now or never.
	inst_hook initqueue/settled 90 "$moddir/save-hook.sh"
	inst_hook initqueue/online 90 "$moddir/save-hook.sh"
	inst_hook initqueue/timeout 10 "$moddir/save-hook.sh"
	inst_hook pre-mount 10 "$moddir/save-hook.sh"
	inst_hook initqueue/finished 90 "$moddir/saved.sh"
	dracut_need_initqueue

	# While a dump is saved systemd may give up a root device that nobody waits for; that must not end the saving.
	if dracut_module_included "systemd"; then
		mkdir -p "$initdir/etc/systemd/system/dracut-initqueue.service.d"
		inst_simple "$moddir/initqueue.conf" /etc/systemd/system/dracut-initqueue.service.d/vmcore-save.conf
	fi
}
