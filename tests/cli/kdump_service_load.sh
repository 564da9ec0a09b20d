#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kdump-service load and unload, on a machine that is a tree of files, with a kexec that writes down what it is asked for.
set -u
. "$SRCDIR/tests/cli/helper"

root=$work/root
release=6.1.0-53-amd64

# What it does is in the environment: FAILS gives its exit code, SAYS its words for --debug, VERIFY what --verify gives.
mkdir -p "$work/bin"
cat >"$work/bin/kexec" <<'SCRIPT'
#!/bin/bash
printf '%s\n' "$@" >"$CALLS.$(find "$(dirname "$CALLS")" -maxdepth 1 -name "$(basename "$CALLS").*" | wc -l)"
for word in "$@"; do
	case "$word" in
	--root=*) root=${word#--root=} ;;
	--verify) verify=yes ;;
	-u) unload=yes ;;
	esac
done
loaded=$root/sys/kernel/kexec_crash_loaded
if [ -e "$root/sys/kernel/fadump/enabled" ]; then loaded=$root/sys/kernel/fadump/registered; fi
[ -z "${verify-}" ] || exit "${VERIFY-2}"
[ -z "${SAYS_FILE-}" ] || cat "$SAYS_FILE" >&2
[ -z "${SAYS-}" ] || printf '%b' "$SAYS" >&2
[ -z "${FAILS-}" ] || exit "$FAILS"
[ -z "${KILLED-}" ] || kill -9 $$
[ -z "${MEANWHILE-}" ] || echo "$MEANWHILE" >"$root/sys/devices/system/cpu/present"
[ -z "${FOLLOWS-}" ] || echo 1 >"$root/sys/devices/system/cpu/crash_hotplug"
if [ -n "${unload-}" ]; then echo 0 >"$loaded"; else echo "${LOADS-1}" >"$loaded"; fi
SCRIPT
chmod +x "$work/bin/kexec"

machine() {
	rm -rf "$root"
	make_root "$root" "00100000-3fffffff : System RAM"
	mkdir -p "$root/boot" "$root/etc/kdump.conf.d" "$root/proc/sys/kernel/random" "$root/var/lib/kdump"
	echo $release >"$root/proc/sys/kernel/osrelease"
	echo "${1-x86_64}" >"$root/proc/sys/kernel/arch"
	echo 5-6-7 >"$root/proc/sys/kernel/random/boot_id"
	echo "BOOT_IMAGE=/x root=/dev/sda1 quiet crashkernel=256M" >"$root/proc/cmdline"
	echo 268435456 >"$root/sys/kernel/kexec_crash_size"
	echo 0 >"$root/sys/kernel/kexec_crash_loaded"
	echo 0-3 >"$root/sys/devices/system/cpu/present"
	echo kernel >"$root/boot/vmlinuz-$release"
	echo initrd >"$root/boot/initrd.img-$release"
	echo capture >"$root/var/lib/kdump/initrd-$release.img"
}

# service CODE WORDS ARGUMENT...: as gives of the helper. The calls of kexec are then in $work/call.0, $work/call.1 ...
service() {
	local wanted=$1 words=$2 code
	shift 2
	rm -f "$work"/call.*
	CALLS=$work/call PATH=$work/bin:$PATH "$work/nokexec" 38 "$KDUMP_SERVICE" "$@" --root="$root" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] || fail "$*: exit code $code, expected $wanted: $(head -3 "$work/err")"
	[ -z "$words" ] || grep -qF -- "$words" "$work/err" || fail "$*: stderr does not say \"$words\": $(head -3 "$work/err")"
	if grep -qE 'ERROR: (Address|Leak|Undefined)Sanitizer|runtime error' "$work/err"; then
		fail "$*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}
calls() {
	local found
	found=$(find "$work" -maxdepth 1 -name 'call.*' | wc -l)
	[ "$found" -eq "$1" ] || fail "line ${BASH_LINENO[0]}: kexec was called $found times, expected $1"
}
called_with() {
	grep -qxF -- "$2" "$work/call.$1" || fail "line ${BASH_LINENO[0]}: kexec was not called with $2: $(tr '\n' ' ' <"$work/call.$1")"
}
not_called_with() {
	! grep -qF -- "$2" "$work/call.$1" || fail "line ${BASH_LINENO[0]}: kexec was called with $2: $(tr '\n' ' ' <"$work/call.$1")"
}
recorded() {
	grep -qxF -- "$1" "$root/run/kdump/loaded" || fail "line ${BASH_LINENO[0]}: the record lacks \"$1\": $(cat "$root/run/kdump/loaded")"
}
nothing_to_do() {
	service 0 "nothing to do: the same is loaded already" load
	calls 0
}
loads_again() {
	service 0 "loaded $root/boot/vmlinuz-$release" load
	[ -e "$work/call.0" ] || fail "line ${BASH_LINENO[0]}: nothing was loaded again"
	nothing_to_do
}

usual="root=/dev/sda1 reset_devices nr_cpus=1 irqpoll usbcore.nousb acpi_no_memhotplug panic=10"
usual="$usual cgroup_disable=memory transparent_hugepage=never boot=kdump"

# The first load, in full.
machine
service 0 "loaded $root/boot/vmlinuz-$release with $root/var/lib/kdump/initrd-$release.img" load
calls 2
printf '%s\n' -d -p "--root=$root" -a "--command-line=$usual" "--initrd=$root/var/lib/kdump/initrd-$release.img" \
	"$root/boot/vmlinuz-$release" >"$work/expected"
diff "$work/expected" "$work/call.0" >"$work/diff" || fail "arguments of kexec: $(cat "$work/diff")"
called_with 1 --verify
called_with 1 "--root=$root"
recorded "kernel $root/boot/vmlinuz-$release"
recorded "initrd $root/var/lib/kdump/initrd-$release.img"
recorded "command-line $usual"
recorded "verified no"
! grep -q '^syscall' "$root/run/kdump/loaded" || fail "a system call is recorded that nobody told of"
nothing_to_do
service 0 "" load --quiet
[ ! -s "$work/err" ] || fail "load --quiet says: $(cat "$work/err")"
service 0 "loaded" load --force
calls 2
nothing_to_do

# Each ingredient that changes has it loaded again, once.
echo "another kernel" >"$root/boot/vmlinuz-$release"
loads_again
cp "$root/var/lib/kdump/initrd-$release.img" "$work/initrd"
mv "$work/initrd" "$root/var/lib/kdump/initrd-$release.img"
loads_again
rm "$root/var/lib/kdump/initrd-$release.img"
loads_again
grep -qF "kdump-service build makes one" "$work/err" && fail "nothing was loaded, and yet it is told how"
echo "root=/dev/sda2" >"$root/proc/cmdline"
loads_again
printf '[Load]\nCommandLineAppend=console=ttyS0\n' >"$root/etc/kdump.conf"
loads_again
printf '[Load]\nSyscall=kexec_file_load\nKexecArguments=--type=bzImage\n' >"$root/etc/kdump.conf.d/50.conf"
loads_again
service 0 "" load --force
called_with 0 -s
called_with 0 --type=bzImage
[ "$(tail -1 "$work/call.0")" = "$root/boot/vmlinuz-$release" ] || fail "the kernel is not the last word: $(cat "$work/call.0")"
cp -a "$work/bin/kexec" "$work/bin/kexec.new"
mv "$work/bin/kexec.new" "$work/bin/kexec"
loads_again
echo 0-4 >"$root/sys/devices/system/cpu/present"
loads_again
echo "00100000-4fffffff : System RAM" >"$root/proc/iomem"
loads_again
echo 5-6-8 >"$root/proc/sys/kernel/random/boot_id"
loads_again
echo 0 >"$root/sys/kernel/kexec_crash_loaded"
loads_again
rm "$root/run/kdump/loaded"
loads_again
printf 'fingerprint \0\n' >"$root/run/kdump/loaded"
service 0 "warning: what was loaded is not known" load
nothing_to_do
printf '[Save]\nLevel=1\n' >"$root/etc/kdump.conf.d/60.conf"
nothing_to_do

# What kexec says: its notes and warnings are handed on, what is for debugging is not, but for the system call.
machine
SAYS='kexec: debug: kexec_load(2): it carries meminfo\nplan 1\nsegment 0x1000\nkexec: warning: something odd\nkexec: a note\n' \
	service 0 "warning: kexec: warning: something odd" load
grep -q "kdump-service: kexec: a note" "$work/err" || fail "a note of kexec's is lost: $(cat "$work/err")"
! grep -qE "debug|segment" "$work/err" || fail "what is for debugging is shown: $(cat "$work/err")"
recorded "syscall kexec_load"
calls 2
VERIFY=0 SAYS='kexec: debug: kexec_load(2): why\n' service 0 ", by kexec_load, and verified it" load --force
recorded "verified yes"
SAYS='kexec: debug: kexec_file_load(2): why\n' service 0 ", by kexec_file_load" load --force
recorded "syscall kexec_file_load"
calls 1
SAYS='kexec: debug: kexec_file_load(2): why\nkexec: debug: not so; trying kexec_load(2)\nkexec: kexec_load(2) was used: not so\n' \
	VERIFY=2 service 0 "kexec: kexec_load(2) was used: not so" load --force
recorded "syscall kexec_load"
recorded "verified no"
calls 2
SAYS='another kexec has other words\n' service 0 "kdump-service: another kexec has other words" load --force

# And what our own kexec says for debugging is understood: -s needs no purgatory, which a build may lack.
bzimage "$work/kernel" 100000
gives 0 - -d -p -s --dry-run --machine "$machines/x86_64-qemu-bios.txt" "$work/kernel"
cp "$work/err" "$work/said"
SAYS_FILE=$work/said service 0 "" load --force
recorded "syscall kexec_file_load"
if kexec -d -p -c --dry-run --machine "$machines/x86_64-qemu-bios.txt" "$work/kernel"; then
	cp "$work/err" "$work/said"
	SAYS_FILE=$work/said service 0 "" load --force
	recorded "syscall kexec_load"
	[ "$(wc -l <"$work/err")" -le 2 ] || fail "what is for debugging is shown: $(head -5 "$work/err")"
else
	grep -q "built without the purgatory" "$work/err" || fail "kexec -c --dry-run fails: $(head -2 "$work/err")"
fi

# A load that fails leaves all as it was, the record of what is still loaded, too.
cp "$root/run/kdump/loaded" "$work/record"
echo "a new kernel" >"$root/boot/vmlinuz-$release"
FAILS=255 SAYS='kexec: debug: kexec_load(2): why\nkexec: no room\n' service 1 "kdump-service: kexec: no room" load
grep -qF "kexec ended with exit code 255; what was loaded before is still loaded" "$work/err" ||
	fail "a failure is not explained: $(cat "$work/err")"
cmp -s "$work/record" "$root/run/kdump/loaded" || fail "a load that failed changed the record"
calls 1
KILLED=1 service 1 "kexec was ended by signal 9; what was loaded before is still loaded" load
cmp -s "$work/record" "$root/run/kdump/loaded" || fail "a load that was killed changed the record"
echo 0 >"$root/sys/kernel/kexec_crash_loaded"
FAILS=1 service 1 "nothing is loaded: a crash will not be saved" load
echo 1 >"$root/sys/kernel/kexec_crash_loaded"
loads_again

# What is damaged in memory has no record, so that the next load tries again; nor has what the kernel knows nothing of.
VERIFY=1 service 1 "what was loaded is not what lies in memory now" load --force
[ ! -e "$root/run/kdump/loaded" ] || fail "there is a record of what is damaged"
loads_again
LOADS=0 service 1 "loaded nothing: the kernel says that nothing is" load --force
[ ! -e "$root/run/kdump/loaded" ] || fail "there is a record of what is not loaded"
loads_again

# No kexec at all.
(
	rm "$root/run/kdump/loaded"
	cd / || exit
	mv "$work/bin/kexec" "$work/kexec.away"
	PATH=$work/bin "$work/nokexec" 38 "$KDUMP_SERVICE" load --root="$root" >"$work/out" 2>"$work/err"
	code=$?
	mv "$work/kexec.away" "$work/bin/kexec"
	[ -n "$(PATH=/usr/sbin:/usr/bin:/sbin:/bin command -v kexec)" ] || [ $code -eq 1 ]
) || fail "without a kexec: $(cat "$work/err")"

# Mistakes: nothing is started, nothing changes, and each is told with its place.
machine
service 0 "" load
cp "$root/run/kdump/loaded" "$work/record"
echo "a new kernel" >"$root/boot/vmlinuz-$release"
printf '[Load]\nKernal=auto\n\n[Save]\nLevel=77\n' >"$root/etc/kdump.conf"
printf 'Keep=3\n' >"$root/etc/kdump.conf.d/x.conf"
service 6 "$root/etc/kdump.conf:2: Kernal= is not known in [Load]: did you mean Kernel=?" load
grep -qF "$root/etc/kdump.conf:5: Level=77: expected" "$work/err" || fail "the second mistake is not told: $(cat "$work/err")"
grep -qF "$root/etc/kdump.conf.d/x.conf:1: " "$work/err" || fail "the third mistake is not told: $(cat "$work/err")"
grep -qF "has 3 mistakes: nothing was done, and what was loaded before is still loaded" "$work/err" ||
	fail "what a mistake means is not told: $(cat "$work/err")"
calls 0
cmp -s "$work/record" "$root/run/kdump/loaded" || fail "a mistake changed the record"
rm "$root/etc/kdump.conf.d/x.conf" "$root/etc/kdump.conf"
mkdir "$root/etc/kdump.conf"
service 6 "$root/etc/kdump.conf" load
calls 0
rmdir "$root/etc/kdump.conf"

# What is missing is told, with the places.
rm "$root/boot/vmlinuz-$release"
service 1 "looked for /boot/vmlinuz-$release" load
calls 0
machine
rm "$root/boot/initrd.img-$release" "$root/var/lib/kdump/initrd-$release.img"
service 1 "kdump-service build $release" load
machine
echo 0 >"$root/sys/kernel/kexec_crash_size"
service 1 "no memory is reserved for a crash kernel" load
calls 0

# The normal initrd, and how to do better.
machine
rm "$root/var/lib/kdump/initrd-$release.img"
service 0 "kdump-service build makes one" load
grep -q -- "--command-line=.* systemd.unit=kdump-capture.target$" "$work/call.0" || fail "$(cat "$work/call.0")"
called_with 0 "--initrd=$root/boot/initrd.img-$release"

# Never in the kernel that saves, whatever the configuration is.
machine
echo core >"$root/proc/vmcore"
echo nonsense >"$root/etc/kdump.conf"
service 0 "nothing to load: this is the kernel that saves a crash" load
calls 0
echo 1 >"$root/sys/kernel/kexec_crash_loaded"
service 0 "nothing to unload: this is the kernel that saves a crash" unload
calls 0

# CPUs and memory come and go: only what is loaded is loaded again, and only where nobody else follows.
machine
service 0 "nothing is loaded, so there is nothing to load again" load --hotplug
calls 0
service 0 "" load
service 0 "nothing to do: the same is loaded already" load --hotplug
echo 0-7 >"$root/sys/devices/system/cpu/present"
service 0 "loaded " load --hotplug
calls 2
MEANWHILE=0-8 service 0 "" load --force
service 0 "loaded " load --hotplug
# A try that failed when the kernel had freed the old one already: the next event tries again. After an unload none does.
echo 0 >"$root/sys/kernel/kexec_crash_loaded"
service 0 "loaded " load --hotplug
service 0 "" unload
service 0 "nothing is loaded, so there is nothing to load again" load --hotplug
service 0 "loaded " load
nothing_to_do
machine s390x
service 0 "" load
echo 0-7 >"$root/sys/devices/system/cpu/present"
service 0 "on s390 the capture kernel itself asks the machine" load --hotplug
calls 0
nothing_to_do

# A kernel that follows says so only while it has one loaded.
machine
echo 0 >"$root/sys/devices/system/cpu/crash_hotplug"
echo 24576 >"$root/sys/kernel/crash_elfcorehdr_size"
FOLLOWS=1 service 0 "" load
called_with 0 --hotplug
nothing_to_do
echo 0-7 >"$root/sys/devices/system/cpu/present"
nothing_to_do
service 0 "the kernel itself follows CPUs and memory" load --hotplug
calls 0
machine
service 0 "" load
not_called_with 0 --hotplug

# Firmware-assisted dump: registered, not loaded.
machine ppc64le
mkdir -p "$root/sys/kernel/fadump"
echo 1 >"$root/sys/kernel/fadump/enabled"
echo 0 >"$root/sys/kernel/fadump/registered"
echo 1073741824 >"$root/sys/kernel/fadump/mem_reserved"
rm "$root"/boot/*
FAILS=1 service 1 "firmware is not registered with: a crash will not be saved" load
service 0 "registered with firmware" load
calls 1
printf '%s\n' -d -p "--root=$root" | diff - "$work/call.0" >"$work/diff" || fail "arguments for fadump: $(cat "$work/diff")"
recorded "syscall fadump"
! grep -qE '^(kernel|initrd) ' "$root/run/kdump/loaded" || fail "a kernel is recorded for fadump"
nothing_to_do
echo 0-7 >"$root/sys/devices/system/cpu/present"
service 0 "registered with firmware" load --hotplug
echo 1 >"$root/sys/kernel/fadump/hotplug_ready"
service 0 "the kernel itself follows" load --hotplug
calls 0
service 0 "unloaded" unload
calls 1
[ "$(cat "$root/sys/kernel/fadump/registered")" = 0 ] || fail "firmware is still registered with"

# Unloading: as often as one likes, and with any configuration.
machine
service 0 "nothing was loaded" unload
calls 0
service 0 "" load
echo nonsense >"$root/etc/kdump.conf"
FAILS=1 SAYS='kexec: busy\n' service 1 "what was loaded is still loaded" unload
[ -e "$root/run/kdump/loaded" ] || fail "an unload that failed took the record away"
service 0 "unloaded: a crash will not be saved" unload
calls 1
printf '%s\n' -p -u "--root=$root" | diff - "$work/call.0" >"$work/diff" || fail "arguments for unloading: $(cat "$work/diff")"
[ ! -e "$root/run/kdump/loaded" ] || fail "an unload left the record"
service 0 "nothing was loaded" unload
calls 0
echo 0 >"$root/run/kdump/loaded"
service 0 "" unload
[ ! -e "$root/run/kdump/loaded" ] || fail "an unload left an old record"

# Our own kexec does nothing by what another tree says of a machine.
rm "$root/etc/kdump.conf"
PATH=$(dirname "$KEXEC"):$PATH "$work/nokexec" 38 "$KDUMP_SERVICE" load --root="$root" >"$work/out" 2>"$work/err"
[ $? -eq 1 ] || fail "kexec --root loads: $(cat "$work/err")"
grep -q "kexec: " "$work/err" || fail "kexec was not started: $(cat "$work/err")"

# An initrd that saves by itself has [Save] as it was when it was made.
machine
echo "[Save]" >"$root/etc/kdump.conf"
touch -d '1 hour ago' "$root/etc/kdump.conf" "$root/etc/kdump.conf.d"
service 0 "loaded " load
! grep -q "is newer than" "$work/err" || fail "warns of an initrd that is newer: $(cat "$work/err")"
touch -d '1 hour' "$root/etc/kdump.conf"
service 0 "/etc/kdump.conf is newer than $root/var/lib/kdump/initrd-$release.img" load
touch -d '1 hour ago' "$root/etc/kdump.conf"
touch -d '1 hour' "$root/etc/kdump.conf.d"
service 0 "/etc/kdump.conf.d is newer than" load

# Two at once: one loads, the other one finds it done.
machine
for i in 1 2 3 4; do
	CALLS=$work/call PATH=$work/bin:$PATH "$work/nokexec" 38 "$KDUMP_SERVICE" load --root="$root" >"$work/out.$i" 2>"$work/err.$i" &
done
wait
[ "$(grep -l "nothing to do" "$work"/err.[1-4] | wc -l)" -eq 3 ] || fail "several loads at once: $(cat "$work"/err.[1-4])"
exit $bad
