# SPDX-License-Identifier: GPL-2.0-only
# shellcheck shell=bash
# What the scenarios of services have in common; they source it. Their guest is a Debian 12 with systemd, for x86_64 or
# s390x (tests/setup/debian-root.sh). It always boots from the same image, and what it writes there ends with QEMU; what
# the host is to see goes to disks of its own. It reboots as a machine does, back into the kernel that QEMU was given.

case $VM_TARGET in
x86_64)
	debian_root=$X86_64_DEBIAN/root.img
	VM_KERNEL=$X86_64_DEBIAN/vmlinuz
	VM_INITRD=$X86_64_DEBIAN/initrd
	VM_RELEASE=bookworm
	VM_CMDLINE='root=LABEL=root ro'
	;;
s390x)
	debian_root=$S390X_DEBIAN/root.img
	VM_INITRD=none
	# The first disk.
	VM_CMDLINE='root=/dev/vda ro'
	;;
*) fail "no Debian with systemd is made for $VM_TARGET" ;;
esac
# What goes wrong is shown; each character on the console is emulated.
VM_CMDLINE+=' loglevel=5 systemd.show_status=error'
# More of them wait for each other where machines run side by side.
VM_CPUS=1
# systemd, a crash and another systemd, emulated beside other tests.
VM_TIMEOUT=600
VM_LIFETIME=3600
HOST_BUILD=$(dirname "$(dirname "$HOST_KEXEC")")

debian_devices=()
debian_server_pid=

# debian_disk NAME MIB [FOLDER]: a disk, $VM_DIR/NAME.img: ext4 with that label and what is in the folder.
debian_disk() {
	local name=$1
	truncate -s "$2M" "$VM_DIR/$name.img"
	mke2fs -q -F -t ext4 -L "$name" ${3:+-d "$3"} "$VM_DIR/$name.img"
	debian_devices+=(-drive "if=none,id=$name,format=raw,cache=unsafe,file=$VM_DIR/$name.img"
		-device "virtio-blk-$TARGET_BUS,drive=$name,serial=$name")
}

# debian_boot [QEMU-ARGUMENT...]: with the disks made before.
debian_boot() {
	TMPDIR=$VM_DIR boot \
		-drive "if=none,id=root,format=raw,snapshot=on,cache=unsafe,file=$debian_root" \
		-device "virtio-blk-$TARGET_BUS,drive=root,serial=root" "${debian_devices[@]}" \
		-action reboot=reset,shutdown=pause "$@"
}

# debian_server_boot: a second machine, with the disks made before, which the first one then has not. Both have a
# network of their own with each other, and nothing else.
debian_server_boot() {
	local own=$VM_DIR
	mkdir -p "$own/server"
	VM_DIR=$own/server
	VM_MEMORY_MB=512 VM_CRASHKERNEL='' debian_boot \
		-netdev "stream,id=wire,server=on,addr.type=unix,addr.path=$VM_DIR/wire.sock" \
		-device "virtio-net-$TARGET_BUS,netdev=wire,mac=52:54:00:09:00:01"
	VM_DIR=$own
	debian_devices=(-netdev "stream,id=wire,server=off,addr.type=unix,addr.path=$VM_DIR/server/wire.sock"
		-device "virtio-net-$TARGET_BUS,netdev=wire,mac=52:54:00:09:00:02")
	debian_server_pid=$vm_pid
	vm_pid=
}

# debian_at_server COMMAND: as guest, at the second machine.
debian_at_server() {
	ctl guest "$VM_DIR/server/guest.sock" "$VM_TIMEOUT" "$1"
}

debian_server_end() {
	[ -n "$debian_server_pid" ] || return 0
	ctl qmp "$VM_DIR/server/qmp.sock" quit >/dev/null 2>&1 || kill "$debian_server_pid" 2>/dev/null || :
	wait "$debian_server_pid" 2>/dev/null || :
	debian_server_pid=
	rm -f "$VM_DIR/server/ram" "$VM_DIR/server"/*.sock
}

shut_down_others() {
	debian_server_end
}

# debian_await_boot: the production system is up again.
debian_await_boot() {
	await 'guest: production kernel .* is up'
	say "rebooted: $vm_line"
}

# debian_await_poweroff: the machine switched itself off, which pauses QEMU here.
debian_await_poweroff() {
	ctl state "$VM_DIR/qmp.sock" "$VM_TIMEOUT" shutdown || {
		vm_show
		fail "the machine was not switched off"
	}
	say "the machine is off"
}

# debian_mount NAME FOLDER: now and at each boot.
debian_mount() {
	guest "mkdir -p $2 && echo 'LABEL=$1 $2 auto defaults 0 2' >>/etc/fstab && systemctl daemon-reload && mount $2"
}

# debian_installed [SOURCE=DESTINATION...]: a disk with what `make install` installs, of the build for the guest, and
# files.
debian_installed() {
	local pair
	mkdir -p "$VM_DIR/ours"
	make -C "$(dirname "$GUEST_KEXEC")" --no-print-directory install DESTDIR="$VM_DIR/ours" >"$VM_DIR/make-install.log" 2>&1 ||
		fail "make install: $(tail -n 5 "$VM_DIR/make-install.log")"
	"$VM_TARGET-linux-gnu-strip" "$VM_DIR"/ours/usr/sbin/*
	for pair in "$@"; do
		mkdir -p "$(dirname "$VM_DIR/ours/${pair#*=}")"
		cp "${pair%%=*}" "$VM_DIR/ours/${pair#*=}"
	done
	debian_disk ours 64 "$VM_DIR/ours"
	rm -rf "$VM_DIR/ours"
}

# debian_copy_installed: it becomes part of the guest. Folders in / may be links there.
debian_copy_installed() {
	guest 'mount LABEL=ours /mnt && tar -C /mnt --exclude=./lost+found -cf - . | tar -C / --keep-directory-symlink -xf - &&
		umount /mnt && systemctl daemon-reload'
}

# debian_start_time UNIT: how long its program runs when it is started, in microseconds; the shortest of three, because
# other tests run beside.
debian_start_time() {
	guest "for i in 1 2 3; do
			systemctl stop $1 && systemctl start $1 || exit 1
			echo \$((\$(systemctl show -P ExecMainExitTimestampMonotonic $1) -
				\$(systemctl show -P ExecMainStartTimestampMonotonic $1)))
		done" | sort -n | head -n 1
}

# debian_json KEY...: an item of what kdump-service status --json says, as Python prints it.
debian_json() {
	guest 'kdump-service status --json' >"$VM_DIR/status.json" || :
	/usr/bin/python3 -c 'import json, sys
value = json.load(open(sys.argv[1], encoding="utf-8"))
for key in sys.argv[2:]:
    value = value[key]
print(value)' "$VM_DIR/status.json" "$@"
}

# debian_closed NAME: a disk of ours whose machine crashed or was ended: its journal is replayed, so that the host can
# read it.
debian_closed() {
	local status=0
	e2fsck -f -p "$VM_DIR/$1.img" >"$VM_DIR/e2fsck.log" 2>&1 || status=$?
	# 1: there was something to do, and it is done.
	[ "$status" -le 1 ] || {
		cat "$VM_DIR/e2fsck.log"
		return 1
	}
}

# debian_files NAME: the files of a disk of ours, one path a line. The guest must have unmounted it or be off.
debian_files() {
	debian_files_below "$VM_DIR/$1.img" ''
}

debian_files_below() {
	local inode mode name
	debugfs -R "ls -p /$2" "$1" 2>/dev/null | while IFS=/ read -r _ inode mode _ _ name _; do
		case $name in '' | . | .. | lost+found) continue ;; esac
		case $mode in
		04*) debian_files_below "$1" "$2${2:+/}$name" ;;
		*) printf '%s\n' "$2${2:+/}$name" ;;
		esac
	done
}

# debian_fetch NAME PATH FILE: a file of a disk of ours, to $VM_DIR/FILE.
debian_fetch() {
	debugfs -R "dump \"/$2\" $VM_DIR/$3" "$VM_DIR/$1.img" >"$VM_DIR/debugfs.log" 2>&1
	[ -s "$VM_DIR/$3" ] || {
		cat "$VM_DIR/debugfs.log"
		return 1
	}
}
