#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kdump-service save over the made dump of tests/mk/vmcore_save.py, below roots of our own: nothing is mounted, waited for
# or started again. ssh is a program of ours that runs the command here.
set -u
. "$SRCDIR/tests/cli/own_mounts"
# What is synced here, hundreds of times, is worth no disk's time.
if [ -n "$DISK_NAMESPACE" ]; then
	TMPDIR=$(mktemp -d) || exit 1
	export TMPDIR
	memory=$TMPDIR
	mount -t tmpfs none "$memory" || exit 1
fi
. "$SRCDIR/tests/cli/helper"
trap 'umount "$work/full/var/crash" 2>/dev/null; rm -rf "$work"; [ -z "${memory-}" ] || { umount "$memory"; rmdir "$memory"; }' EXIT

dump=$FIXTURES/vmcore_save-x86.vmcore
crashed=$("$VMCORE_SAVE" --info "$dump" | sed -n 's/^crash-time: //p')
name=${crashed//:/}
[[ $name == 20??-??-??T??????Z ]] || fail "the fixture's crash time is $crashed"

# root DIR CONFIGURATION-LINE...
root() {
	mkdir -p "$1/etc"
	printf '[Save]\n' >"$1/etc/kdump.conf"
	printf '%s\n' "${@:2}" >>"$1/etc/kdump.conf"
}

# save CODE WORDS ROOT [ARGUMENT...]: exit code, and words that it says.
save() {
	local wanted=$1 words=$2 in=$3 code
	shift 3
	timeout -k 5 120 "$work/nokexec" 38 "$KDUMP_SERVICE" save --root="$in" --vmcore="$dump" "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] || fail "save in $in $*: exit code $code, expected $wanted: $(tail -n 4 "$work/err")"
	cat "$work/out" "$work/err" >"$work/all"
	grep -qF -- "$words" "$work/all" || fail "save in $in $*: does not say \"$words\": $(head -n 6 "$work/err")"
	if grep -qE 'ERROR: (Address|Leak|Undefined|Thread)Sanitizer|runtime error' "$work/err"; then
		fail "save in $in $*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}

says_too() {
	grep -qF -- "$1" "$work/all" || fail "does not say \"$1\": $(head -n 8 "$work/all")"
}

says_not() {
	! grep -qF -- "$1" "$work/all" || fail "says \"$1\""
}

# What is in a folder, on one line.
# shellcheck disable=SC2012
holds() {
	[ "$(ls -A "$1" 2>&1 | tr '\n' ' ')" = "$2" ] || fail "$1 holds $(ls -A "$1" 2>&1 | tr '\n' ' '), expected $2"
}

sound() {
	"$VMCORE_SAVE" --verify "$1" >"$work/verify" 2>&1 || fail "$1: $(tail -n 1 "$work/verify")"
}

# A folder, by default and by name.
root "$work/a"
save 0 "would do what OnSuccess= says: reboot" "$work/a"
says_too "crashed at $name on crashed"
holds "$work/a/var/crash" "$name "
holds "$work/a/var/crash/$name" "vmcore vmcore-dmesg.txt "
sound "$work/a/var/crash/$name/vmcore"
[ "$("$VMCORE_SAVE" --info "$work/a/var/crash/$name/vmcore" | sed -n 's/^level: //p')" = 31 ] || fail "not level 31"
cmp <("$VMCORE_DMESG" "$dump") "$work/a/var/crash/$name/vmcore-dmesg.txt" || fail "the log differs"
for file in "$work/a/var/crash/$name"/*; do
	[ "$(stat -c %a "$file")" = 600 ] || fail "others may read $file"
done
[ "$(stat -c %a "$work/a/var/crash/$name")" = 700 ] || fail "others may look into the folder"

# Not twice, but what was left incomplete is begun again.
before=$(stat -c %i "$work/a/var/crash/$name/vmcore")
save 0 "saved already" "$work/a"
says_too "OnSuccess="
[ "$(stat -c %i "$work/a/var/crash/$name/vmcore")" = "$before" ] || fail "saved again"
mv "$work/a/var/crash/$name/vmcore" "$work/a/var/crash/$name/vmcore.incomplete"
save 0 "saved $work/a/var/crash/$name/vmcore" "$work/a"
holds "$work/a/var/crash/$name" "vmcore vmcore-dmesg.txt "

# What the configuration says goes to vmcore-save.
root "$work/b" Target=/srv/d Level=1,23 Compress=zlib:6 Dmesg=no OnSuccess=poweroff Threads=1
save 0 "OnSuccess= says: poweroff" "$work/b"
holds "$work/b/srv/d/$name" "vmcore "
"$VMCORE_SAVE" --info "$work/b/srv/d/$name/vmcore" >"$work/info"
grep -qx "level: 1" "$work/info" || fail "not level 1: $(grep level "$work/info")"
grep -q "zlib" "$work/info" || fail "not zlib: $(cat "$work/info")"
root "$work/c" Target=/srv/d Format=elf Dmesg=no
save 0 "saved" "$work/c"
"$VMCORE_SAVE" --info "$work/c/srv/d/$name/vmcore" | grep -qi "format: .*elf" || fail "not ELF"

# --no-action leaves the end to the caller.
root "$work/n"
save 0 "saved" "$work/n" --no-action
says_not "OnSuccess="

# Partial: MaxSize= is a full disk.
root "$work/d" Level=0 MaxSize=1M OnFailure=halt
save 5 "OnFailure= says: halt" "$work/d"
says_too "vmcore.incomplete, and can be opened as far as it goes"
holds "$work/d/var/crash/$name" "vmcore-dmesg.txt vmcore.incomplete "

# A real full disk, and one that does not even take a folder.
if [ -n "$DISK_NAMESPACE" ]; then
	root "$work/full" Level=0 OnFailure=shell Keep=1
	mkdir -p "$work/full/var/crash"
	mount -t tmpfs -o size=1m none "$work/full/var/crash" || fail "no tmpfs"
	mkdir "$work/full/var/crash/2001-01-01T000000Z"
	echo old >"$work/full/var/crash/2001-01-01T000000Z/vmcore"
	save 5 "OnFailure= says: shell" "$work/full"
	[ -e "$work/full/var/crash/2001-01-01T000000Z/vmcore" ] || fail "an old dump was removed for a new one that is not whole"
	[ ! -e "$work/full/var/crash/$name/vmcore" ] || fail "a dump that is not whole has the name of one that is"
	umount "$work/full/var/crash"
	mount -t tmpfs -o size=64k,nr_inodes=1 none "$work/full/var/crash" || fail "no tmpfs"
	save 1 "cannot make the folder" "$work/full"
	umount "$work/full/var/crash"
else
	root "$work/full" Level=0
	(ulimit -f 1000 && save 5 "OnFailure=" "$work/full" && exit $bad) || fail "a limit on file sizes"
	[ ! -e "$work/full/var/crash/$name/vmcore" ] || fail "a dump that is not whole has the name of one that is"
fi
root "$work/e" Target=/file/below OnFailure=poweroff
touch "$work/e/file"
save 1 "cannot make the folder" "$work/e"
says_too "OnFailure= says: poweroff"

# Keep=: the oldest of ours that are complete go, and nothing else.
root "$work/k" Keep=2
for old in 2001-01-01T000000Z 2002-01-01T000000Z 2003-01-01T000000Z 2004-01-01T000000Z 2005-01-01T000000Z-db1 notes; do
	mkdir -p "$work/k/var/crash/$old"
	echo old >"$work/k/var/crash/$old/vmcore"
done
mv "$work/k/var/crash/2002-01-01T000000Z/vmcore" "$work/k/var/crash/2002-01-01T000000Z/vmcore.incomplete"
echo mine >"$work/k/var/crash/2003-01-01T000000Z/analysis"
ln -s /etc "$work/k/var/crash/2003-01-01T000000Z/vmcore-link"
save 0 "removed the old dump" "$work/k"
holds "$work/k/var/crash" \
	"2002-01-01T000000Z 2003-01-01T000000Z 2004-01-01T000000Z 2005-01-01T000000Z-db1 $name notes "
holds "$work/k/var/crash/2003-01-01T000000Z" "analysis vmcore-link "
[ -e /etc/passwd ] || fail "a link was followed"

# A link to a folder that looks like an old dump: neither it nor what it leads to goes. Nor do notes of any name.
root "$work/k2" Keep=1
mkdir -p "$work/k2/var/crash/2001-01-01T000000Z" "$work/k2/kept"
echo old >"$work/k2/var/crash/2001-01-01T000000Z/vmcore"
echo mine >"$work/k2/var/crash/2001-01-01T000000Z/README.txt"
echo old >"$work/k2/kept/vmcore"
ln -s ../../kept "$work/k2/var/crash/2000-01-01T000000Z"
save 0 "removed the old dump" "$work/k2"
holds "$work/k2/var/crash" "2000-01-01T000000Z 2001-01-01T000000Z $name "
holds "$work/k2/var/crash/2001-01-01T000000Z" "README.txt "
holds "$work/k2/kept" "vmcore "

# A clock that went wrong: what was saved just now is not the one that goes.
root "$work/l" Keep=1
mkdir -p "$work/l/var/crash/2999-01-01T000000Z"
echo new >"$work/l/var/crash/2999-01-01T000000Z/vmcore"
save 0 "removed the old dump" "$work/l"
holds "$work/l/var/crash" "$name "

# Mistakes in the configuration are said, and defaults hold.
root "$work/m" "Target=ftp://x" "Level=99" "Compress=lzo" "Dmesg=no" "Nonsense"
save 0 "kdump.conf:2:" "$work/m"
says_too "kdump.conf:6:"
holds "$work/m/var/crash/$name" "vmcore "
root "$work/m2"
head -c 3000 /dev/urandom >"$work/m2/etc/kdump.conf"
save 0 "saved" "$work/m2"
sound "$work/m2/var/crash/$name/vmcore"

# No dump: nothing is done. A dump that is none, and one without a time.
root "$work/o"
dump=$work/none save 7 "there is no dump" "$work/o"
says_not "would do"
dump=$SRCDIR/COPYING save 1 "OnFailure= says: reboot" "$work/o"
says_too "says nothing of itself"
rm -rf "$work/o/var"
dump=$FIXTURES/vmcore_save-no-info.vmcore save 0 "named by the time that it is now" "$work/o"
compgen -G "$work/o/var/crash/$(date -u +%Y)*/vmcore" >/dev/null || fail "not named for now"
root "$work/n2"
dump=$FIXTURES/vmcore_save-cut.vmcore save 5 "the dump is not whole" "$work/n2"
mkdir -p "$work/p/proc"
cp "$dump" "$work/p/proc/vmcore"
timeout -k 5 120 "$work/nokexec" 38 "$KDUMP_SERVICE" save --root="$work/p" >"$work/out" 2>&1 || fail "--root alone: $(tail -n 3 "$work/out")"
holds "$work/p/var/crash" "$name "

# NFS: names have the host.
root "$work/nfs" Target=nfs://server/export Keep=1
mkdir -p "$work/nfs/run/kdump/target/2001-01-01T000000Z-other"
touch "$work/nfs/run/kdump/target/2001-01-01T000000Z-other/vmcore"
save 0 "would mount nfs://server/export" "$work/nfs"
holds "$work/nfs/run/kdump/target" "2001-01-01T000000Z-other $name-crashed "

# A capture initrd: what build has left.
root "$work/i" Target=/var/crash
printf 'host db1\nuuid 4a87d388-282f-4b4d-af05-6a99e1530416\ntype ext4\npath /crash\n' >"$work/i/etc/kdump.place"
save 0 "would mount 4a87d388" "$work/i"
echo nonsense >"$work/i/etc/kdump.place"
save 0 "found \"nonsense\"" "$work/i"

# Raw: an empty device, or an earlier dump; never a file system.
root "$work/r" Target=raw:/dev/dump
mkdir "$work/r/dev"
truncate -s 2M "$work/r/dev/dump"
save 0 "vmcore-save --unflatten FILE" "$work/r"
"$VMCORE_SAVE" --unflatten "$work/r/vmcore" <"$work/r/dev/dump" 2>"$work/err" || fail "$(cat "$work/err")"
sound "$work/r/vmcore"
save 0 "has an earlier dump, which is written over" "$work/r"
for magic in '0:XFSB:xfs' '1080:S\xef:ext4' '512:EFI PART:partition table' '65600:_BHRfS_M:btrfs' '0:LUKS\xba\xbe:LUKS'; do
	IFS=: read -r offset bytes what <<<"$magic"
	rm "$work/r/dev/dump"
	truncate -s 2M "$work/r/dev/dump"
	printf '%b' "$bytes" | dd of="$work/r/dev/dump" bs=1 seek="$offset" conv=notrunc status=none
	cp "$work/r/dev/dump" "$work/r/before"
	save 1 "carries: $what" "$work/r"
	says_too "OnFailure="
	cmp "$work/r/before" "$work/r/dev/dump" || fail "something was written over $what"
done
rm "$work/r/dev/dump"
save 1 "dev/dump" "$work/r"

# ssh: a program of ours. It looks at its arguments, and runs what it is given.
mkdir "$work/bin" "$work/tools"
cat >"$work/bin/ssh" <<'SCRIPT'
#!/bin/bash
printf '%s\n' "$*" >>"$SSH_LOG"
while [ "$1" != -- ]; do shift; done
[ "$2" = backup.example ] || exit 255
case $SSH_MODE in
refuse) echo "ssh: connect to host: Connection refused" >&2; exit 255 ;;
cut) case $3 in *"cat >"*flat*) head -c 30000 >"$SSH_PART"; exit 255 ;; esac ;;
no-end) case $3 in *"mv vmcore.flat"*) exit 255 ;; esac ;;
esac
# The other side has no vmcore-save, unless one is put into its only folder of programs.
PATH=$SSH_PATH exec sh -c "${3//:\/usr\/sbin:\/sbin/}"
SCRIPT
chmod 755 "$work/bin/ssh"
for tool in sh cat mkdir rm rmdir mv; do
	ln -s "$(command -v $tool)" "$work/tools/$tool"
done
ln -s "$(type -P true)" "$work/tools/sync"
export SSH_LOG=$work/ssh.log SSH_MODE="" SSH_PATH=$work/tools SSH_PART=$work/part
path=$PATH
PATH=$work/bin:$PATH
there="$work/there/it's a \$(folder)"
root "$work/s" "Target=ssh://me@backup.example:2222$there" SshKey=/etc/keys/k SshKnownHosts=/etc/keys/h Keep=1 Level=1,31
mkdir -p "$there/2001-01-01T000000Z-crashed" "$there/2001-01-01T000000Z-other"
touch "$there"/2001-01-01T000000Z-{crashed,other}/vmcore.flat "$there/2001-01-01T000000Z-crashed/README.txt"
mkdir "$work/kept"
touch "$work/kept/vmcore"
ln -s "$work/kept" "$there/2000-01-01T000000Z-crashed"
save 0 "README.txt beside it says" "$work/s"
says_too "OnSuccess="
for words in "-p2222" "-l me" "-i /etc/keys/k" '-oUserKnownHostsFile="/etc/keys/h"' "-oBatchMode=yes" "-oServerAliveInterval" \
	"-oStrictHostKeyChecking=yes" "-oConnectTimeout"; do
	grep -qF -- "$words" "$SSH_LOG" || fail "ssh does not get $words: $(head -1 "$SSH_LOG")"
done
holds "$there" "2000-01-01T000000Z-crashed 2001-01-01T000000Z-other $name-crashed "
holds "$work/kept" "vmcore "
holds "$there/$name-crashed" "README.txt vmcore-dmesg.txt vmcore.flat "
"$VMCORE_SAVE" --unflatten "$work/from-ssh" <"$there/$name-crashed/vmcore.flat" 2>"$work/err" || fail "$(cat "$work/err")"
sound "$work/from-ssh"
[ "$("$VMCORE_SAVE" --info "$work/from-ssh" | sed -n 's/^level: //p')" = 31 ] || fail "a stream has not the last level"
save 0 "saved already" "$work/s"

# vmcore-save over there makes a file of it.
rm -rf "$there/$name-crashed"
ln -s "$VMCORE_SAVE" "$work/tools/vmcore-save"
save 0 "saved $there/$name-crashed/vmcore" "$work/s"
holds "$there/$name-crashed" "vmcore vmcore-dmesg.txt "
sound "$there/$name-crashed/vmcore"
rm "$work/tools/vmcore-save"

# It does not get through; it is cut; the name cannot be given. None of these leaves a name that says whole.
rm -rf "$there/$name-crashed"
SSH_MODE=refuse save 1 "ssh did not get through" "$work/s"
says_too "OnFailure="
SSH_MODE="cut" save 1 "OnFailure=" "$work/s"
[ -s "$work/part" ] || fail "ssh was not given anything to cut"
[ ! -e "$there/$name-crashed/vmcore.flat" ] || fail "a stream that was cut has its final name"
SSH_MODE=no-end save 5 "a name that ends in .incomplete" "$work/s"
holds "$there/$name-crashed" "vmcore-dmesg.txt vmcore.flat.incomplete "
root "$work/s2" "Target=ssh://nowhere.example/x"
save 1 "ssh did not get through" "$work/s2"
root "$work/s3" "Target=ssh://backup.example$work/there" Level=0 MaxSize=1M
rm -rf "$work/there/$name-crashed"
save 5 "not whole" "$work/s3"
[ ! -e "$work/there/$name-crashed/vmcore.flat" ] || fail "a dump that is not whole has its final name"
PATH=$path
exit $bad
