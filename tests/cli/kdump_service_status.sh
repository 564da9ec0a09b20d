#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kdump-service status in made roots: each state with its exit code, in words and as JSON that another program reads.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
bad=0

fail() {
	echo "FAIL: $*"
	bad=1
}

root=$work/root

# A machine with 256 MiB reserved, a kernel, an initrd and one made by `kdump-service build`; nothing is loaded.
make_machine() {
	rm -rf "$root"
	mkdir -p "$root/proc/sys/kernel" "$root/proc/self" "$root/sys/kernel" "$root/sys/devices/system/cpu/cpu0" \
		"$root/boot" "$root/etc" "$root/var/lib/kdump" "$root/var/crash" "$root/run/kdump"
	echo "6.12.0-test" >"$root/proc/sys/kernel/osrelease"
	echo "${1-x86_64}" >"$root/proc/sys/kernel/arch"
	echo "root=/dev/vda1 ro crashkernel=256M" >"$root/proc/cmdline"
	echo "00001000-7fffffff : System RAM" >"$root/proc/iomem"
	echo 268435456 >"$root/sys/kernel/kexec_crash_size"
	echo 0 >"$root/sys/kernel/kexec_crash_loaded"
	echo kernel >"$root/boot/vmlinuz-6.12.0-test"
	echo initrd >"$root/boot/initrd.img-6.12.0-test"
	echo initrd >"$root/var/lib/kdump/initrd-6.12.0-test.img"
	touch -d '2 days ago' "$root/boot"/*
	touch -d '1 day ago' "$root/var/lib/kdump"/*
}

# status CODE OPTION...: the exit code; $work/out and $work/err.
status() {
	local wanted=$1 code
	shift
	"$KDUMP_SERVICE" status --root="$root" "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] || fail "status $*: exit code $code, expected $wanted: $(cat "$work/out" "$work/err")"
	if grep -qE 'Sanitizer|runtime error' "$work/err"; then
		fail "status $*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
}

says() {
	grep -qE -- "$1" "$work/out" || fail "${FUNCNAME[1]}, line ${BASH_LINENO[0]}: nothing says \"$1\": $(cat "$work/out")"
}

# json EXPRESSION: a Python expression over the object, s, which must be true.
json() {
	"$PYTHON" - "$1" "$work/out" <<'SCRIPT' || fail "line ${BASH_LINENO[0]}: not so: $1: $(cat "$work/out")"
import json
import sys

def once(pairs):
    keys = [key for key, value in pairs]
    if len(set(keys)) != len(keys):
        raise ValueError("a key is there twice: %s" % keys)
    return dict(pairs)

with open(sys.argv[2], "rb") as file:
    text = file.read().decode("utf-8")
s = json.loads(text, object_pairs_hook=once)
sys.exit(0 if eval(sys.argv[1]) is True else 1)
SCRIPT
}

# record KEY VALUE...: what `load` leaves.
record() {
	: >"$root/run/kdump/loaded"
	while [ $# -gt 0 ]; do
		printf '%s %s\n' "$1" "$2" >>"$root/run/kdump/loaded"
		shift 2
	done
}

next_fingerprint() {
	"$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)["next"]["fingerprint"])' <"$work/out"
}

make_machine
status 3 --json
json 's["state"] == "not-loaded" and s["loaded"] is False and s["load"] is None and s["reserved"] == 1 << 28'
json 's["next"]["way"] == "initrd" and s["next"]["initrd"].endswith("/var/lib/kdump/initrd-6.12.0-test.img")'
json 's["next"]["kernel"].endswith("/boot/vmlinuz-6.12.0-test") and s["next_error"] is None and s["hotplug"] is None'
json 's["initrd"]["capture"] is True and 86000 < s["initrd"]["age"] < 87000'
json 's["fadump"] is None and s["last_dump"] is None and s["mistakes"] == [] and s["warnings"] == []'
json 's["target"]["text"] == "/var/crash" and s["target"]["kind"] == "path" and 0 <= s["target"]["free"] <= s["target"]["size"]'
json 's["target"]["estimate"] is None and "--root" in s["target"]["estimate_error"]'
json 's["machine"] == "x86_64" and s["release"] == "6.12.0-test" and s["capture_kernel"] is False'
fingerprint=$(next_fingerprint)
status 3
says '^loaded +no; `kdump-service load` loads it$'
says '^reserved +256 MiB$'
says '^initrd +.*, made 1 day ago, saves by itself$'
says '^last dump +none$'

# Loaded by kdump-service, and the same as would be loaded now.
echo 1 >"$root/sys/kernel/kexec_crash_loaded"
record fingerprint "$fingerprint" syscall kexec_file_load time 1790000000 verified yes \
	kernel "$root/boot/vmlinuz-6.12.0-test" initrd "$root/var/lib/kdump/initrd-6.12.0-test.img" command-line "a \"b\" c"
status 0 --json
json 's["state"] == "loaded" and s["loaded"] is True and s["hotplug"] == "udev"'
json 's["load"]["syscall"] == "kexec_file_load" and s["load"]["time"] == 1790000000 and s["load"]["verified"] is True'
json 's["load"]["command_line"] == "a \"b\" c"'
json 's["load"]["current"] is True and s["load"]["stale"] is None and s["warnings"] == []'
status 0
says '^loaded +yes, by kexec_file_load, 2026-09-21 14:13:20 UTC, verified, up to date$'
says '^command +a "b" c$'
says '^hotplug +loaded again by udev'

# The initrd was made again since: stale, and still loaded.
echo "another initrd" >"$root/var/lib/kdump/initrd-6.12.0-test.img"
touch -d '2026-09-22' "$root/var/lib/kdump/initrd-6.12.0-test.img"
record fingerprint "$fingerprint" syscall kexec_load time 1790000000 verified no kernel "$root/boot/vmlinuz-6.12.0-test" \
	initrd "$root/var/lib/kdump/initrd-6.12.0-test.img" command-line \
	"$(sed -n 's/^    "command_line": "\(.*\)",$/\1/p' "$work/out" | tail -1)"
status 0 --json
json 's["load"]["current"] is False and s["load"]["verified"] is False and len(s["warnings"]) >= 1'
"$PYTHON" - "$work/out" "$root/run/kdump/loaded" <<'SCRIPT'
import json
import sys

line = json.load(open(sys.argv[1]))["next"]["command_line"]
text = open(sys.argv[2]).read().splitlines()
open(sys.argv[2], "w").write("\n".join(t for t in text if not t.startswith("command-line")) + "\ncommand-line " + line + "\n")
SCRIPT
status 0 --json
json 's["load"]["stale"] == "the initrd changed since"'
json 'any("stale: the initrd changed since" in w for w in s["warnings"])'
status 0
says ', stale$'
says '^warning: what is loaded is stale: the initrd changed since; `kdump-service load` loads it again$'
record fingerprint 0 syscall kexec_load time 0 verified no kernel /boot/old initrd "" command-line ""
status 0 --json
json 's["load"]["stale"].startswith("the kernel would now be /") and s["load"]["time"] is None and s["load"]["initrd"] is None'

# Not by kdump-service; unloaded behind its back.
rm "$root/run/kdump/loaded"
status 0 --json
json 's["loaded"] is True and s["load"] is None and any("not by kdump-service" in w for w in s["warnings"])'
status 0
says '^loaded +yes, not by kdump-service$'
echo 0 >"$root/sys/kernel/kexec_crash_loaded"
record fingerprint "$fingerprint" syscall kexec_load time 1790000000
status 3 --json
json 's["load"] is None and any("somebody unloaded it" in w for w in s["warnings"])'

# The capture initrd is older than the configuration, or than the kernel.
make_machine
printf '[Save]\nTarget=/var/crash\n' >"$root/etc/kdump.conf"
status 3 --json
json 'len(s["warnings"]) == 1 and s["warnings"][0].count("kdump.conf is newer than ") == 1'
touch -d '3 days ago' "$root/etc/kdump.conf"
status 3 --json
json 's["warnings"] == []'
mkdir "$root/etc/kdump.conf.d"
echo >"$root/etc/kdump.conf.d/other"
status 3 --json
json 's["warnings"] == []'
echo >"$root/etc/kdump.conf.d/one.conf"
status 3 --json
json 'len(s["warnings"]) == 1 and "/kdump.conf.d/one.conf is newer than " in s["warnings"][0]'
rm "$root/etc/kdump.conf.d/one.conf"
touch "$root/boot/vmlinuz-6.12.0-test"
status 3 --json
json 'len(s["warnings"]) == 1 and "/boot/vmlinuz-6.12.0-test is newer than " in s["warnings"][0]'

# Mistakes: with their lines, on stderr and in the object; what is loaded stays loaded.
printf '[Save]\nTarget=/var/crash\nNonsense=\t"1\\2"\377\303\251\nLevel=99\n' >"$root/etc/kdump.conf"
touch -d '3 days ago' "$root/boot/vmlinuz-6.12.0-test"
echo 1 >"$root/sys/kernel/kexec_crash_loaded"
status 0 --json
json '[m["line"] for m in s["mistakes"]] == [3, 4] and all(m["file"].endswith("/etc/kdump.conf") for m in s["mistakes"])'
json 'any("the configuration has 2 mistakes" in w for w in s["warnings"])'
grep -q 'kdump\.conf:3: ' "$work/err" && grep -q 'kdump\.conf:4: ' "$work/err" || fail "stderr has no lines: $(cat "$work/err")"

# Bytes that are no UTF-8 and characters that JSON escapes.
make_machine
printf 'a="\\\001\t\377\303\251" crashkernel=256M\n' >"$root/proc/cmdline"
status 3 --json
json '"a=\"\\\x01\t\ufffd\u00e9\"" in s["next"]["command_line"]'

# Not possible: no memory; no kexec; refused until the next boot; this is the capture kernel; nothing to read.
make_machine
echo 0 >"$root/sys/kernel/kexec_crash_size"
status 4 --json
json 's["state"] == "not-possible" and s["reserved"] == 0 and s["next"] is None and "crashkernel" in s["next_error"]'
status 4
says '^loaded +no: no memory is reserved; crashkernel='
make_machine
rm "$root/sys/kernel"/kexec_*
status 4
says '^loaded +no: this kernel has no kexec for crashes'
make_machine
echo 1 >"$root/proc/sys/kernel/kexec_load_disabled"
status 4 --json
json 's["load_disabled"] is True'
says 'until the next boot nothing can be loaded'
make_machine
echo 0 >"$root/sys/kernel/kexec_crash_size"
: >"$root/proc/vmcore"
status 4 --json
json 's["capture_kernel"] is True'
status 4
says 'this is the kernel that saves'
rm -r "$root/proc"
status 4 --json
json 's["state"] == "not-possible" and s["release"] is None and s["reserved"] is None and len(s["warnings"]) >= 1'

# Memory is there, the initrd is not.
make_machine
rm "$root/boot/initrd.img-6.12.0-test" "$root/var/lib/kdump"/*
status 3 --json
json 's["next"] is None and "initrd" in s["next_error"] and s["initrd"] is None'
json 'any("would fail now" in w for w in s["warnings"])'

# Who follows CPUs and memory.
make_machine
echo 1 >"$root/sys/kernel/kexec_crash_loaded"
mkdir -p "$root/sys/devices/system/memory"
echo 1 | tee "$root/sys/devices/system/cpu/crash_hotplug" >"$root/sys/devices/system/memory/crash_hotplug"
status 0 --json
json 's["hotplug"] == "kernel"'
echo 0 >"$root/sys/devices/system/memory/crash_hotplug"
status 0 --json
json 's["hotplug"] == "udev"'
make_machine s390x
echo 1 >"$root/sys/kernel/kexec_crash_loaded"
status 0 --json
json 's["hotplug"] == "none-needed"'

# fadump
make_machine ppc64le
mkdir "$root/sys/kernel/fadump"
echo 1 >"$root/sys/kernel/fadump/enabled"
echo 0 >"$root/sys/kernel/fadump/registered"
echo 536870912 >"$root/sys/kernel/fadump/mem_reserved"
status 3 --json
json 's["fadump"] == {"enabled": True, "registered": False, "hotplug_ready": False} and s["next"]["way"] == "fadump"'
json 's["reserved"] == 1 << 29 and s["next"]["kernel"] is None'
status 3
says '^fadump +enabled, not registered$'
echo 1 >"$root/sys/kernel/fadump/registered"
status 0 --json
json 's["fadump"]["registered"] is True and s["hotplug"] == "udev"'
echo 1 >"$root/sys/kernel/fadump/hotplug_ready"
status 0 --json
json 's["fadump"]["hotplug_ready"] is True and s["hotplug"] == "none-needed"'
echo 0 >"$root/sys/kernel/fadump/enabled"
status 3
says '^fadump +not enabled$'

# The last dump: the newest by name, whole or not, empty; other names count for nothing.
make_machine
mkdir "$root/var/crash/2026-01-02T030405Z" "$root/var/crash/2026-11-21T184000Z" "$root/var/crash/zzz" \
	"$root/var/crash/2027-01-01T000000Z-otherhost"
head -c 3000 /dev/zero >"$root/var/crash/2026-01-02T030405Z/vmcore"
status 3 --json
json 's["last_dump"]["path"].endswith("/2026-11-21T184000Z") and s["last_dump"]["file"] is None'
json 's["last_dump"]["complete"] is False and s["last_dump"]["size"] is None'
head -c 2000 /dev/zero >"$root/var/crash/2026-11-21T184000Z/vmcore.incomplete"
touch -d @1790000000 "$root/var/crash/2026-11-21T184000Z/vmcore.incomplete"
status 3 --json
json 's["last_dump"]["complete"] is False and s["last_dump"]["size"] == 2000 and s["last_dump"]["saved"] == 1790000000'
json 'any("the last dump is not complete" in w for w in s["warnings"])'
mv "$root/var/crash/2026-11-21T184000Z/vmcore.incomplete" "$root/var/crash/2026-11-21T184000Z/vmcore"
status 3 --json
json 's["last_dump"]["complete"] is True and s["last_dump"]["file"] == "vmcore" and s["warnings"] == []'
status 3
says '^last dump +.*/2026-11-21T184000Z, complete, 2\.0 KiB, '

# A dump that found the target not mounted lies beside the point that was empty, at any depth.
for aside in var.not-mounted/crash var/crash.not-mounted; do
	make_machine
	mkdir -p "$root/$aside/2026-11-21T184000Z"
	: >"$root/$aside/2026-11-21T184000Z/vmcore"
	status 3 --json
	json "len(s['warnings']) == 1 and 'the dump is in $root/$aside/2026-11-21T184000Z' in s['warnings'][0]"
	json 's["last_dump"] is None'
done

# A target that does not answer: the rest is said all the same, and in time.
make_machine
${CC:-cc} -std=c17 -D_GNU_SOURCE -Wall -Wextra -o "$work/hang" "$SRCDIR/tests/cli/hang.c" || fail "hang cannot be compiled"
hangs=yes
unshare -rm "$work/hang" "$root/var/crash" true >"$work/out" 2>&1 || hangs=
if [ -n "$hangs" ]; then
	begun=$SECONDS
	unshare -rm timeout -k 5 100 "$work/hang" "$root/var/crash" "$KDUMP_SERVICE" status --root="$root" --json >"$work/out" 2>"$work/err"
	[ $? -eq 3 ] || fail "a target that hangs: $(cat "$work/err")"
	[ $((SECONDS - begun)) -lt 40 ] || fail "a target that hangs is waited for $((SECONDS - begun)) s"
	json 'len(s["warnings"]) == 1 and "/var/crash does not answer within 10 s" in s["warnings"][0]'
	json 's["target"]["free"] is None and s["last_dump"] is None'
	unshare -rm timeout -k 5 100 "$work/hang" "$root/var/crash" "$KDUMP_SERVICE" test --root="$root" >"$work/out" 2>"$work/err"
	says '^FAIL target: .*/var/crash does not answer within 10 s'
	! grep -q '^[A-Z]* *room:' "$work/out" || fail "there is room on what does not answer: $(cat "$work/out")"
fi

# Targets that are elsewhere.
printf '[Save]\nTarget=ssh://dumps@[2001:db8::1]:2222/srv\n' >"$root/etc/kdump.conf"
touch -d '3 days ago' "$root/etc/kdump.conf"
status 3 --json
json 's["target"]["kind"] == "ssh" and s["target"]["free"] is None and s["last_dump"] is None and s["warnings"] == []'
status 3
says '^target +ssh://.*, free space not known \(it is on another machine\)$'

# Another configuration file, and one that cannot be read as one.
printf '[Save]\nTarget=raw:/dev/vdz\n' >"$root/etc/other.conf"
status 3 --json --config=/etc/other.conf
json 's["target"]["kind"] == "raw" and s["target"]["text"] == "raw:/dev/vdz"'
mkdir "$root/etc/folder"
status 3 --json --config=/etc/folder
json 'len(s["mistakes"]) == 1 and s["mistakes"][0]["line"] == 0'

# A reader that went away is no success.
if [ -c /dev/full ]; then
	"$KDUMP_SERVICE" print --root="$root" >/dev/full 2>"$work/err" && fail "print to a full device gives 0"
	grep -q 'cannot write' "$work/err" || fail "print to a full device: $(cat "$work/err")"
fi
if [ -z "$hangs" ] && [ $bad -eq 0 ]; then
	echo "SKIP: no file system that hangs can be made here (FUSE, in a user namespace); all else is as it should be"
	exit 77
fi
exit $bad
