#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kdump-service build, with tools of ours in the place of mkinitramfs and dracut: what they are given, and what becomes of
# images. Then what our hooks ask these tools for, with functions of ours in the place of theirs. Real images are made and
# booted by the scenarios in tests/vm.
set -u
. "$SRCDIR/tests/cli/helper"

hooks=$SRCDIR/kdump/initrd
mkdir "$work/bin" "$work/etc"
export TMPDIR=$work/tmp
mkdir "$TMPDIR"

configuration() {
	printf '[Save]\n' >"$work/etc/kdump.conf"
	printf '%s\n' "$@" >>"$work/etc/kdump.conf"
}

# build CODE WORDS [ARGUMENT...]
build() {
	local wanted=$1 words=$2 code
	shift 2
	timeout -k 5 60 env PATH="$work/bin:$PATH" "$work/nokexec" 38 "$KDUMP_SERVICE" build --config="$work/etc/kdump.conf" "$@" \
		>"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] || fail "build $*: exit code $code, expected $wanted: $(tail -n 4 "$work/err")"
	grep -qF -- "$words" "$work/out" "$work/err" || fail "build $*: does not say \"$words\": $(head -n 5 "$work/err")"
	if grep -qE 'ERROR: (Address|Leak|Undefined|Thread)Sanitizer|runtime error' "$work/err"; then
		fail "build $*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}

# The tool writes down what it gets; the last argument but one is the image.
cat >"$work/bin/tool" <<'SCRIPT'
#!/bin/bash
printf '%s\n' "${0##*/}" "$@" >"$TOOL_LOG"
env | grep ^KDUMP_ | sort >"$TOOL_LOG.variables"
cp "$KDUMP_CONF" "$TOOL_LOG.conf"
cp "$KDUMP_PLACE" "$TOOL_LOG.place"
image=${*: -2:1}
case $TOOL_MODE in
fail) echo half >"$image"; exit 1 ;;
kill) kill -9 $$ ;;
nothing) exit 0 ;;
esac
echo "an image of $TOOL_MODE" >"$image"
SCRIPT
chmod 755 "$work/bin/tool"
ln -s tool "$work/bin/mkinitramfs"
export TOOL_LOG=$work/tool.log TOOL_MODE=one

given() {
	grep -qxF -- "$1" "$TOOL_LOG" || fail "the tool is not given $1: $(tr '\n' ' ' <"$TOOL_LOG")"
}

variable() {
	grep -qxF -- "$1" "$TOOL_LOG.variables" || fail "the tool has not $1: $(tr '\n' ' ' <"$TOOL_LOG.variables")"
}

image=$work/initrd.img
configuration "Target=nfs://192.0.2.1/export" "Network=ip=dhcp" "Level=1,31" "OnFailure=shell"
build 0 "$image:" --output="$image" --tool=initramfs-tools 1.2.3-none
given mkinitramfs
given -d
given 1.2.3-none
given "$image.incomplete"
variable KDUMP_TARGET=nfs
variable KDUMP_HOST=192.0.2.1
variable KDUMP_NETWORK=ip=dhcp
variable KDUMP_SHELL=yes
variable KDUMP_CONTINUE=
variable KDUMP_ADDRESS=
variable KDUMP_SBIN="$(dirname "$KDUMP_SERVICE")"
[ "$(cat "$image")" = "an image of one" ] || fail "the image is not what the tool made"
[ "$(stat -c %a "$image")" = 600 ] || fail "others may read the image"
grep -q "^fingerprint [0-9a-f]\{64\}$" "$image.made" || fail "no fingerprint: $(cat "$image.made")"
grep -qx "release 1.2.3-none" "$image.made" || fail "no release"
grep -qx "tool initramfs-tools" "$image.made" || fail "no tool"
first=$(grep fingerprint "$image.made")

# The configuration in the image is read as the one here, also in the capture kernel.
"$KDUMP_SERVICE" print --config="$work/etc/kdump.conf" >"$work/here" 2>"$work/err" || fail "print: $(cat "$work/err")"
"$KDUMP_SERVICE" print --config="$TOOL_LOG.conf" >"$work/there" 2>"$work/err" || fail "print: $(cat "$work/err")"
cmp "$work/here" "$work/there" || fail "the configuration in the image is another"

# The earlier image stays where something fails, and nothing else is left.
for mode in fail kill nothing; do
	TOOL_MODE=$mode build 1 "stays as it was" --output="$image" 1.2.3-none
	[ "$(cat "$image")" = "an image of one" ] || fail "$mode: the image is gone"
	[ ! -e "$image.incomplete" ] || fail "$mode: half an image is left"
done
[ -z "$(ls -A "$TMPDIR")" ] || fail "left over: $(ls -A "$TMPDIR")"
TOOL_MODE=two build 0 "$image:" --output="$image" 1.2.3-none
[ "$(cat "$image")" = "an image of two" ] || fail "the image is the old one"
[ "$(grep fingerprint "$image.made")" = "$first" ] || fail "the same configuration has another fingerprint"
configuration "Target=nfs://192.0.2.2/export" "OnSuccess=continue"
build 0 "$image:" --output="$image" 1.2.3-none
[ "$(grep fingerprint "$image.made")" != "$first" ] || fail "another configuration has the same fingerprint"
variable KDUMP_CONTINUE=yes

# ssh, raw, and folders of file systems that a capture initrd could not mount.
configuration "Target=ssh://me@192.0.2.3/x" "SshKey=/etc/keys/k" "SshKnownHosts=/etc/keys/h"
build 0 "$image:" --output="$image" 1.2.3-none
variable KDUMP_TARGET=ssh
variable KDUMP_SSH_KEY=/etc/keys/k
variable KDUMP_SSH_KNOWN_HOSTS=/etc/keys/h
configuration "Target=raw:/dev/dump"
build 0 "$image:" --output="$image" 1.2.3-none
variable KDUMP_TARGET=raw
variable KDUMP_DEVICE=/dev/dump
configuration "Target=/proc/crash"
build 1 "which a capture initrd cannot mount" --output="$image" 1.2.3-none
if [ "$(stat -f -c %T /dev/shm 2>/dev/null)" = tmpfs ]; then
	configuration "Target=/dev/shm/crash"
	build 1 "lies in memory" --output="$image" 1.2.3-none
fi

# This machine's own disk, if it is one that a capture initrd could mount.
configuration "Target=$SRCDIR"
if build 0 "$image:" --output="$image" 1.2.3-none >/dev/null && [ "$bad" = 0 ]; then
	grep -q "^type " "$TOOL_LOG.place" || fail "no type: $(cat "$TOOL_LOG.place")"
	grep -qE "^(uuid|device) " "$TOOL_LOG.place" || fail "no device: $(cat "$TOOL_LOG.place")"
	grep -q "^path /" "$TOOL_LOG.place" || fail "no path: $(cat "$TOOL_LOG.place")"
	grep -qE "^KDUMP_DEVICE=/dev/." "$TOOL_LOG.variables" || fail "no device"
elif grep -qE "cannot mount|lies in memory|is on NFS|encrypted" "$work/err"; then
	echo "this machine's disk is none that a capture initrd mounts: $(tail -n 1 "$work/err")"
	bad=0
fi

# Mistakes are refused here, where somebody can mend them.
configuration "Target=nfs://192.0.2.1/export" "Level=77"
build 6 "kdump.conf:3:" --output="$image" 1.2.3-none
configuration "Target=nfs://192.0.2.1/export"
build 2 "expected initramfs-tools or dracut" --output="$image" --tool=mkinitrd 1.2.3-none
build 2 "release" --output="$image" ../x
build 1 "cannot" --output="$work/none/x" 1.2.3-none
build 2 "" --root="$work"

# dracut
ln -s tool "$work/bin/dracut"
if [ -e /usr/lib/dracut/modules.d/99vmcore-save/module-setup.sh ]; then
	build 0 "$image:" --tool=dracut --output="$image" 1.2.3-none
	given --add=vmcore-save
else
	build 1 "cannot find our module for dracut" --tool=dracut --output="$image" 1.2.3-none
fi

# Scripts are POSIX, or bash where dracut's are.
for script in "$hooks/initramfs-tools/hooks/kdump" "$hooks/initramfs-tools/scripts/kdump" \
	"$hooks/initramfs-tools/scripts/init-top/kdump" "$hooks/dracut/99vmcore-save/save-hook.sh" \
	"$hooks/dracut/99vmcore-save/saved.sh"; do
	sh -n "$script" || fail "$script"
done
bash -n "$hooks/dracut/99vmcore-save/module-setup.sh" || fail "module-setup.sh"
for script in "$hooks/initramfs-tools/hooks/kdump" "$hooks/initramfs-tools/scripts/init-top/kdump"; do
	[ -x "$script" ] || fail "$script cannot be executed: mkinitramfs passes it over"
	[ -z "$("$script" prereqs)" ] || fail "$script wants others before it"
done
if command -v shellcheck >/dev/null; then
	(cd "$hooks" && shellcheck initramfs-tools/hooks/kdump initramfs-tools/scripts/kdump \
		initramfs-tools/scripts/init-top/kdump dracut/99vmcore-save/*.sh) || fail "shellcheck"
fi

# The hook of initramfs-tools: its functions are ours, and say what they are asked for.
cat >"$work/hook-functions" <<'SCRIPT'
copy_exec() { echo "program $1" >>"$ASKED"; [ -e "$1" ]; }
manual_add_modules() { echo "modules $*" >>"$ASKED"; }
block_dev_mod_add() { echo "disk $1" >>"$ASKED"; }
auto_add_modules() { echo "all of $*" >>"$ASKED"; }
sys_walk_mod_add() { echo "walk $1" >>"$ASKED"; }
dep_add_modules_mount() { echo "root $1" >>"$ASKED"; }
SCRIPT
sed "s|^\. /usr/share/initramfs-tools/hook-functions|. $work/hook-functions|; s|/root/.ssh|$work/home/.ssh|g; \
	s|/etc/ssh/ssh_known_hosts|$work/none|" "$hooks/initramfs-tools/hooks/kdump" >"$work/hook"
grep -q "$work/hook-functions" "$work/hook" || fail "the hook does not source hook-functions"
export ASKED=$work/asked

# hook CODE NAME=VALUE...: what the hook asks for is in $ASKED, what it writes below $work/image.
hook() {
	local wanted=$1 code
	shift
	rm -rf "$work/image" "$ASKED"
	mkdir -p "$work/image/etc"
	: >"$ASKED"
	env DESTDIR="$work/image" KDUMP_CONF="$work/etc/kdump.conf" KDUMP_PLACE="$work/place" \
		KDUMP_SBIN="$(dirname "$KDUMP_SERVICE")" KDUMP_DEVICE= "$@" sh "$work/hook" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] || fail "hook $*: exit code $code, expected $wanted: $(cat "$work/err")"
}

asks() {
	grep -qE -- "$1" "$ASKED" || fail "the hook does not ask for $1: $(tr '\n' ';' <"$ASKED")"
}

echo "type xfs" >"$work/place"
hook 0 KDUMP_TARGET=path KDUMP_TYPE=xfs KDUMP_STACKED=/dev/mapper/a-b
asks "^program .*/kdump-service$"
asks "^program .*/vmcore-save$"
asks "^program .*/vmcore-dmesg$"
asks "^modules xfs crc32c"
asks "^all of block scsi"
cmp "$work/image/etc/kdump.place" "$work/place" || fail "the image has no place"
cmp "$work/image/etc/kdump.conf" "$work/etc/kdump.conf" || fail "the image has no configuration"
[ "$(cat "$work/image/etc/kdump.stacked")" = /dev/mapper/a-b ] || fail "no volume to put together"
[ ! -e "$work/image/etc/kdump.network" ] || fail "a network for a local target"
hook 0 KDUMP_TARGET=raw KDUMP_CONTINUE=yes KDUMP_SHELL=yes
asks "^root /$"
asks "^modules i8042 "
hook 0 KDUMP_TARGET=nfs KDUMP_HOST=server KDUMP_ADDRESS=192.0.2.9
asks "^modules nfs nfsv4 nfsv3$"
asks "^modules af_packet"
asks "^(walk /sys|all of net)"
grep -qx "192.0.2.9 server" "$work/image/etc/hosts" || fail "the server's address is not kept"
[ -e "$work/image/etc/kdump.network" ] || fail "no network for NFS"
hook 1 KDUMP_TARGET=gopher
hook 1 KDUMP_TARGET=path KDUMP_CONF=
grep -q "this folder is for kdump-service build" "$work/err" || fail "$(cat "$work/err")"
hook 1 KDUMP_TARGET=path KDUMP_SBIN="$work/none"

mkdir -p "$work/home/.ssh"
printf '#!/bin/sh\n' >"$work/bin/ssh"
chmod 755 "$work/bin/ssh"
path=$PATH
PATH=$work/bin:$PATH
hook 1 KDUMP_TARGET=ssh KDUMP_HOST=server
grep -q "no key for ssh" "$work/err" || fail "$(cat "$work/err")"
echo secret >"$work/home/.ssh/id_test"
echo public >"$work/home/.ssh/id_test.pub"
hook 1 KDUMP_TARGET=ssh KDUMP_HOST=server
grep -q "the key of server is not known" "$work/err" || fail "$(cat "$work/err")"
echo "server key" >"$work/home/.ssh/known_hosts"
hook 0 KDUMP_TARGET=ssh KDUMP_HOST=server
asks "^program $work/bin/ssh$"
[ "$(cat "$work/image$work/home/.ssh/id_test")" = secret ] || fail "the key is not in the image"
[ "$(stat -c %a "$work/image$work/home/.ssh/id_test")" = 600 ] || fail "others may read the key"
[ ! -e "$work/image$work/home/.ssh/id_test.pub" ] || fail "more than is needed is in the image"
hook 0 KDUMP_TARGET=ssh KDUMP_HOST=server KDUMP_SSH_KEY="$work/home/.ssh/id_test" \
	KDUMP_SSH_KNOWN_HOSTS="$work/home/.ssh/known_hosts"
hook 1 KDUMP_TARGET=ssh KDUMP_HOST=server KDUMP_SSH_KEY="$work/none"
PATH=$path

# What dracut's module wants of others: what puts a volume together, also where it lies on an array, if that is installed.
sed "s|/sys/block|$work/block|g" "$hooks/dracut/99vmcore-save/module-setup.sh" >"$work/module-setup"
mkdir -p "$work/block/md0" "$work/block/dm-3/dm" "$work/volumes"
for name in lvm mdadm multipath; do
	ln -s /bin/true "$work/volumes/$name"
done
for name in ls grep; do
	ln -s "$(type -P $name)" "$work/volumes/$name"
done
# wants TARGET STACKED MODULES: in this order, behind those that are always wanted.
wants() {
	local all
	# shellcheck source=/dev/null disable=SC2123
	all=$(PATH=$work/volumes KDUMP_TARGET=$1 KDUMP_STACKED=$2 && . "$work/module-setup" && depends)
	[ "${all#base kernel-modules rootfs-block fs-lib}" = "$3" ] || fail "dracut's module for $1 on '$2' wants: $all"
}
wants path "" ""
wants nfs "" " network"
wants path /dev/md0 " mdraid"
wants raw /dev/mapper/a-b " dm lvm mdraid"
echo mpath-3600 >"$work/block/dm-3/dm/uuid"
wants path /dev/mapper/a-b " dm lvm mdraid multipath"
rm -r "$work/block/md0" "$work/volumes/multipath"
wants path /dev/mapper/a-b " dm lvm"
rm "$work/volumes/lvm"
wants path /dev/mapper/a-b " dm"

# In the capture kernel dracut's hook saves once, a network target not before there is one.
mkdir "$work/capture"
: >"$work/capture/log"
printf '#!/bin/sh\necho saved >>%s\n' "$work/capture/log" >"$work/bin/kdump-service"
chmod 755 "$work/bin/kdump-service"
sed "s|/proc/vmcore|$work/capture/vmcore|; s|/run/kdump|$work/capture/run|; s|/etc/kdump|$work/capture/kdump|; \
	s|/dev/console|$work/capture/console|; s|/proc/net|$work/capture/net|" "$hooks/dracut/99vmcore-save/save-hook.sh" >"$work/save-hook"
dracut_hook() {
	(
		PATH=$work/bin:$PATH
		# shellcheck disable=SC2034
		job=$1
		# shellcheck source=/dev/null
		. "$work/save-hook"
	)
}
saved() {
	local times
	times=$(grep -c saved "$work/capture/log")
	[ "$times" = "$1" ] || fail "dracut's hook has saved $times times, expected $1: $2"
}
dracut_hook /hooks/initqueue/settled/90-save-hook.sh
saved 0 "no dump"
mkdir "$work/capture/net"
touch "$work/capture/vmcore" "$work/capture/kdump.network"
none=00000000000000000000000000000000
printf 'Iface\tDestination\tGateway\n' >"$work/capture/net/route"
printf '%s\n' "fe80$none 40 $none 00 $none 00000100 1 0 00000001 eth0" "$none 00 $none 00 $none ffffffff 1 0 00200200 lo" \
	>"$work/capture/net/ipv6_route"
dracut_hook /hooks/initqueue/settled/90-save-hook.sh
saved 0 "no network yet"
for route in route ipv6_route; do
	cp "$work/capture/net/$route" "$work/capture/before"
	case $route in
	route) printf 'eth0\t00000000\t0202000A\n' ;;
	*) echo "$none 00 $none 00 fe8000000000000050540000fe123456 00000400 1 0 00000003 eth0" ;;
	esac >>"$work/capture/net/$route"
	dracut_hook /hooks/initqueue/settled/90-save-hook.sh
	saved 1 "a route in $route"
	mv "$work/capture/before" "$work/capture/net/$route"
	rm -r "$work/capture/run"
	: >"$work/capture/log"
done
dracut_hook /hooks/initqueue/dhcp.sh
saved 1 "the network is there"
dracut_hook /hooks/initqueue/timeout/10-save-hook.sh
saved 1 "saved already"
rm -r "$work/capture/run" "$work/capture/kdump.network"
dracut_hook /hooks/initqueue/settled/90-save-hook.sh
saved 2 "a disk"
exit $bad
