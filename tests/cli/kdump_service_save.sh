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

# What stands still is ended, whatever it is, and OnFailure= comes: a vmcore-save that stops itself after a while, that
# says forever that nothing is new, a target that never answers. Programs are looked for beside kdump-service.
mkdir "$work/sbin"
cp "$KDUMP_SERVICE" "$work/sbin/kdump-service"
cp "$VMCORE_DMESG" "$work/sbin/vmcore-dmesg"
own=$KDUMP_SERVICE
KDUMP_SERVICE=$work/sbin/kdump-service
cat >"$work/sbin/vmcore-save" <<'SCRIPT'
#!/bin/bash
for word; do
	case $word in --status-fd=*) status=${word#*=} ;; esac
done
echo $$ >"$SAVE_PID"
line() {
	echo "event=progress percent=1 pages_done=$1 pages_total=9 bytes_in=1 bytes_out=1" >&"$status"
}
case $SAVE_MODE in
stop) kill -STOP $$ ;;
deaf) trap '' TERM; while :; do sleep 60; done ;;
same) while :; do line 5; sleep 0.2; done ;;
slow) for i in {1..12}; do sleep 0.5; line "$i"; done ;;
esac
[ "$SAVE_MODE" != slow ] || : >"${@: -1}"
SCRIPT
chmod 755 "$work/sbin/vmcore-save"
export SAVE_PID=$work/save.pid SAVE_MODE
for SAVE_MODE in stop deaf same; do
	rm -rf "$work/w"
	root "$work/w" StallTimeout=2 Dmesg=no OnFailure=poweroff
	begun=$SECONDS
	save 1 "OnFailure= says: poweroff" "$work/w"
	says_too "saving the dump: nothing got on for 2 s (StallTimeout=)"
	[ $((SECONDS - begun)) -lt 20 ] || fail "$SAVE_MODE: given up after $((SECONDS - begun)) s only"
	# It ends at its own pace, and whoever inherits it may not have waited for it yet.
	for _ in {1..50}; do
		grep -q '^State:[[:space:]]*[^ZX]' "/proc/$(cat "$SAVE_PID")/status" 2>/dev/null || break
		sleep 0.1
	done
	! grep '^State:[[:space:]]*[^ZX]' "/proc/$(cat "$SAVE_PID")/status" 2>/dev/null ||
		fail "$SAVE_MODE: vmcore-save is left behind"
done
# Slower than the limit in all, but never still for so long.
SAVE_MODE=slow
rm -rf "$work/w"
root "$work/w" StallTimeout=5s Dmesg=no
save 0 "would do what OnSuccess= says: reboot" "$work/w"
says_not "nothing got on"
# A place that never answers: a pipe that nobody writes to, in the service's own open(2). Without a limit it waits.
root "$work/w2" Target=raw:/dev/dump StallTimeout=1 OnFailure=halt
mkdir "$work/w2/dev"
mkfifo "$work/w2/dev/dump"
save 1 "OnFailure= says: halt" "$work/w2"
says_too "looking at the target: nothing got on for 1 s"
root "$work/w3" Target=raw:/dev/dump StallTimeout=infinity
mkdir "$work/w3/dev"
mkfifo "$work/w3/dev/dump"
timeout -k 5 4 "$work/nokexec" 38 "$KDUMP_SERVICE" save --root="$work/w3" --vmcore="$dump" >"$work/out" 2>&1
[ $? -eq 124 ] || fail "StallTimeout=infinity: $(tail -n 2 "$work/out")"
! grep -q "OnFailure" "$work/out" || fail "StallTimeout=infinity: $(cat "$work/out")"
# Who ends the service ends the saving, and nothing else comes.
SAVE_MODE=stop
root "$work/w4" Dmesg=no
"$work/nokexec" 38 "$KDUMP_SERVICE" save --root="$work/w4" --vmcore="$dump" >"$work/out" 2>&1 &
rm -f "$SAVE_PID"
for _ in {1..100}; do
	[ -s "$SAVE_PID" ] && break
	sleep 0.1
done
kill -KILL "$(cat "$SAVE_PID")"
wait $!
[ $? -eq 1 ] || fail "a vmcore-save that was killed: $(tail -n 2 "$work/out")"
grep -q "was ended by signal 9" "$work/out" || fail "a vmcore-save that was killed: $(cat "$work/out")"
rm -rf "$work/w4/var" "$SAVE_PID"
(
	trap - INT TERM
	exec "$work/nokexec" 38 "$KDUMP_SERVICE" save --root="$work/w4" --vmcore="$dump" >"$work/out" 2>&1
) &
service=$!
SAVE_MODE=deaf
for _ in {1..100}; do
	[ -s "$SAVE_PID" ] && break
	sleep 0.1
done
# The one that stopped itself gets the signal when it goes on.
kill -TERM $service
kill -CONT "$(cat "$SAVE_PID")"
wait $service
[ $? -eq 143 ] || fail "ended by SIGTERM: exit code $?"
! grep -q "OnFailure" "$work/out" || fail "SIGTERM is no failure of the saving: $(cat "$work/out")"
KDUMP_SERVICE=$own

# Last words go to the kernel's log where the journal reads what is said, for that is cut off by what comes next.
root "$work/j" Dmesg=no
mkdir "$work/j/dev"
: >"$work/j/dev/kmsg"
: >"$work/said"
stream=$(stat -c %d:%i "$work/said")
JOURNAL_STREAM=$stream timeout -k 5 120 "$work/nokexec" 38 "$KDUMP_SERVICE" save --root="$work/j" \
	--vmcore="$dump" 2>"$work/said" || fail "saving with a journal: $(cat "$work/said")"
grep -qx '<3>kdump-service: would do what OnSuccess= says: reboot' "$work/j/dev/kmsg" || fail "kmsg: $(cat "$work/j/dev/kmsg")"
! grep -q OnSuccess= "$work/said" || fail "last words come twice"
grep -q '^<6>kdump-service: saved ' "$work/said" || fail "the journal gets $(cat "$work/said")"

# In the machine's own root: what fstab or a unit of the administrator mounts, and is not. The dump goes beside it.
mounts() {
	mkdir -p "$1/proc/self"
	printf '21 1 8:1 / / rw - ext4 /dev/sda1 rw\n' >"$1/proc/self/mountinfo"
	printf '%b' "${2-}" >>"$1/proc/self/mountinfo"
}
root "$work/f" Dmesg=no
printf '# UUID=1 /var/crash ext4\nUUID=1 / ext4 defaults 0 1\nLABEL=d\t/var/crash/ ext4 nofail 0 2\nUUID=2 none swap sw\n' >"$work/f/etc/fstab"
mounts "$work/f"
mkdir -p "$work/f/var/crash"
save 0 "would mount /var/crash" "$work/f"
says_too "/var/crash is not mounted, so that the dump would be hidden"
says_too "saved $work/f/var/crash.not-mounted/$name/vmcore"
holds "$work/f/var/crash" ""
holds "$work/f/var/crash.not-mounted/$name" "vmcore "
save 0 "saved already" "$work/f"
# It is found from the next boot on, when what was missing hides the folder below it.
"$KDUMP_SERVICE" status --root="$work/f" >"$work/all" 2>&1
says_too "the target was not mounted, and the dump is in $work/f/var/crash.not-mounted/$name"
# Mounted, or not by each boot: as always.
mounts "$work/f" '22 21 8:2 / /var/crash rw - ext4 /dev/sda2 rw\n'
save 0 "saved $work/f/var/crash/$name/vmcore" "$work/f"
says_not "would mount"
root "$work/f2" Dmesg=no
mounts "$work/f2" '22 21 0:30 / /var/crash rw - autofs systemd-1 rw\n'
printf 'LABEL=d /var/crash ext4 defaults,noauto 0 2\n' >"$work/f2/etc/fstab"
save 0 "saved $work/f2/var/crash/$name/vmcore" "$work/f2"
rm -r "$work/f2/var"
printf 'LABEL=d /var/crash ext4 noauto,x-systemd.automount 0 2\n' >"$work/f2/etc/fstab"
save 0 "saved $work/f2/var/crash.not-mounted/$name/vmcore" "$work/f2"
# A mount above it; and a unit, whose name is that of the point.
root "$work/f3" Dmesg=no Target=/srv/my-dumps/here
mounts "$work/f3"
mkdir -p "$work/f3/etc/systemd/system"
printf '[Mount]\n' >"$work/f3/etc/systemd/system/srv-my\\x2ddumps.mount"
save 0 "saved $work/f3/srv/my-dumps.not-mounted/here/$name/vmcore" "$work/f3"
rm -r "$work/f3/srv"
ln -sf /dev/null "$work/f3/etc/systemd/system/srv-my\\x2ddumps.mount"
save 0 "saved $work/f3/srv/my-dumps/here/$name/vmcore" "$work/f3"
# A capture initrd has an fstab of its own, which says nothing of the target.
root "$work/f4" Dmesg=no
mounts "$work/f4"
printf 'LABEL=d /var/crash ext4 defaults 0 2\n' >"$work/f4/etc/fstab"
printf 'host db1\nuuid 4a87d388-282f-4b4d-af05-6a99e1530416\ntype ext4\npath /crash\n' >"$work/f4/etc/kdump.place"
save 0 "saved $work/f4/var/crash/$name/vmcore" "$work/f4"

# A file system that hangs, as a server that is gone.
${CC:-cc} -std=c17 -D_GNU_SOURCE -Wall -Wextra -o "$work/hang" "$SRCDIR/tests/cli/hang.c" || fail "hang cannot be compiled"
root "$work/h" StallTimeout=2 OnFailure=poweroff
mkdir -p "$work/h/var/crash"
if unshare -m "$work/hang" "$work/h/var/crash" true >"$work/out" 2>&1; then
	begun=$SECONDS
	unshare -m timeout -k 5 100 "$work/hang" "$work/h/var/crash" "$work/nokexec" 38 "$KDUMP_SERVICE" save --root="$work/h" \
		--vmcore="$dump" >"$work/all" 2>&1
	[ $? -eq 1 ] || fail "a target that hangs: $(cat "$work/all")"
	says_too "nothing got on for 2 s (StallTimeout=)"
	says_too "OnFailure= says: poweroff"
	[ $((SECONDS - begun)) -lt 30 ] || fail "a target that hangs holds the machine up for $((SECONDS - begun)) s"
elif [ $bad -eq 0 ]; then
	cat "$work/out"
	exit 77
fi
exit $bad
