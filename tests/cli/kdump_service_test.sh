#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kdump-service test: what it finds in made roots; and, for targets on other machines, what it does with ssh and names,
# which programs of our own play. Nothing is loaded: kexec is one that only says what it was given.
set -u
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"; [ -z "${server-}" ] || kill "$server"' EXIT
bad=0

fail() {
	echo "FAIL: $*"
	bad=1
}

root=$work/root

# archive NAME...: one of files with these names, one line each; /etc/kdump.conf has what `build` puts there.
archive() {
	"$KDUMP_SERVICE" print --root="$root" >"$work/printed" 2>/dev/null
	"$PYTHON" - "$work/printed" "$@" <<'SCRIPT'
import sys

with open(sys.argv[1], "rb") as file:
    printed = file.read()

def entry(name, data):
    head = b"070701" + b"".join(b"%08X" % n for n in (1, 0o100755, 0, 0, 1, 0, len(data), 0, 0, 0, 0, len(name) + 1, 0))
    both = head + name + b"\0"
    both += b"\0" * (-len(both) % 4)
    return both + data + b"\0" * (-len(data) % 4)

out = b"".join(entry(name.encode(), printed if name == "etc/kdump.conf" else b"#!\n") for name in sys.argv[2:])
out += entry(b"TRAILER!!!", b"")
sys.stdout.buffer.write(out)
SCRIPT
}

# All is well here.
make_machine() {
	rm -rf "$root"
	mkdir -p "$root/proc/sys/kernel" "$root/proc/self" "$root/sys/kernel" "$root/sys/devices/system/cpu/cpu0" \
		"$root/boot" "$root/etc" "$root/var/lib/kdump" "$root/var/crash" "$root/run/kdump" "$root/dev"
	echo "6.12.0-test" >"$root/proc/sys/kernel/osrelease"
	echo x86_64 >"$root/proc/sys/kernel/arch"
	echo "root=/dev/vda1 ro crashkernel=256M" >"$root/proc/cmdline"
	echo "00001000-7fffffff : System RAM" >"$root/proc/iomem"
	echo "22 1 254:1 / / rw,relatime - ext4 /dev/vda1 rw" >"$root/proc/self/mountinfo"
	echo 268435456 >"$root/sys/kernel/kexec_crash_size"
	echo 1 >"$root/sys/kernel/kexec_crash_loaded"
	echo kernel >"$root/boot/vmlinuz-6.12.0-test"
	archive ./bin/sh ./usr/sbin/kdump-service ./usr/sbin/vmcore-save etc/kdump.conf >"$root/var/lib/kdump/initrd-6.12.0-test.img"
	touch -d '2 days ago' "$root/boot"/*
	load_it
}

# The record of a load of what is there now.
load_it() {
	local said
	said=$("$KDUMP_SERVICE" status --json --root="$root" 2>/dev/null)
	printf 'fingerprint %s\nsyscall kexec_load\nverified yes\nkernel %s\ninitrd %s\n' \
		"$("$PYTHON" -c 'import json, sys; print((json.load(sys.stdin)["next"] or {}).get("fingerprint"))' <<<"$said")" \
		"$root/boot/vmlinuz-6.12.0-test" "$root/var/lib/kdump/initrd-6.12.0-test.img" >"$root/run/kdump/loaded"
}

# checks CODE OPTION...
checks() {
	local wanted=$1 code
	shift
	timeout -k 5 120 "$KDUMP_SERVICE" test "$@" >"$work/out" 2>"$work/err"
	code=$?
	[ $code -eq "$wanted" ] ||
		fail "line ${BASH_LINENO[0]}: test $*: exit code $code, expected $wanted: $(cat "$work/out" "$work/err")"
	if grep -qE 'Sanitizer|runtime error' "$work/err"; then
		fail "test $*: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
	if grep -vqE '^(OK|WARN|FAIL|SKIP) +[a-z]+: ' <(sed '/^$/,$d' "$work/out"); then
		fail "test $*: lines that are no findings: $(cat "$work/out")"
	fi
}

says() {
	grep -qE -- "$1" "$work/out" || fail "line ${BASH_LINENO[0]}: nothing says \"$1\": $(cat "$work/out")"
}

says_not() {
	! grep -qE -- "$1" "$work/out" || fail "line ${BASH_LINENO[0]}: says \"$1\": $(cat "$work/out")"
}

make_machine
checks 0 --root="$root"
says '^OK +configuration: there is no /etc/kdump.conf'
says '^OK +memory: 256 MiB reserved$'
says '^OK +initrd: has kdump-service and vmcore-save$'
says '^OK +initrd: has the configuration as it is now$'
says '^OK +loaded: by kexec_load, and verified$'
says '^OK +target: /var/crash is on /dev/vda1, ext4, mounted on /$'
says '^OK +target: /var/crash can be written to$'
says '^SKIP room: .* are free; how large a dump would be is not known'
says '^If this machine crashed now, .*/boot/vmlinuz-6.12.0-test would start in 256 MiB, with .*/initrd-6.12.0-test.img'
says '^It would save the memory as /var/crash/TIME-OF-THE-CRASH/vmcore,$'
says '^at level 31, and the kernel.s log beside it\. Then the machine starts again\.$'

# Nothing that was looked at has changed.
make_machine
find "$root" -printf '%p %s %T@ %C@ %m\n' | sort >"$work/before"
checks 0 --root="$root"
find "$root" -printf '%p %s %T@ %C@ %m\n' | sort >"$work/after"
cmp -s "$work/before" "$work/after" || fail "test changed something: $(diff "$work/before" "$work/after")"

# The configuration.
printf '[Save]\nLevel=31\nLevel=100\nOnSuccess=poweroff\nOnFailure=shell\n' >"$root/etc/kdump.conf"
touch -d '2 days ago' "$root/etc/kdump.conf"
checks 6 --root="$root"
says '^FAIL +configuration: .*/etc/kdump\.conf:3: '
says 'Then the machine is switched off'
says '^If saving fails, there is a shell on the console'

# Memory, and what is loaded.
make_machine
echo 0 >"$root/sys/kernel/kexec_crash_size"
echo 0 >"$root/sys/kernel/kexec_crash_loaded"
checks 1 --root="$root"
says '^FAIL memory: nothing is reserved; crashkernel='
says '^FAIL loaded: nothing'
says '^If this machine crashed now, nothing would be saved'
make_machine
echo "00001000-8fffffff : System RAM" >"$root/proc/iomem"
checks 1 --root="$root"
says '^WARN loaded: what is loaded is stale: '
make_machine
rm "$root/run/kdump/loaded"
checks 1 --root="$root"
says '^WARN loaded: something, and not by kdump-service'

# Initrds: without the programs; damaged; too large; an ordinary one with and without the unit.
make_machine
archive ./bin/sh ./usr/sbin/kdump-service >"$root/var/lib/kdump/initrd-6.12.0-test.img"
load_it
checks 1 --root="$root"
says '^FAIL initrd: .* lacks vmcore-save: `kdump-service build`'
make_machine
head -c 150 "$root/var/lib/kdump/initrd-6.12.0-test.img" >"$work/cut"
cp "$work/cut" "$root/var/lib/kdump/initrd-6.12.0-test.img"
load_it
checks 1 --root="$root"
says '^FAIL initrd: .*: the archive ends in the header of a file'
make_machine
echo 4096 >"$root/sys/kernel/kexec_crash_size"
archive usr/sbin/kdump-service usr/sbin/vmcore-save "$(printf '%04000d' 1)" >"$root/var/lib/kdump/initrd-6.12.0-test.img"
load_it
checks 1 --root="$root"
says '^WARN initrd: .* while it is unpacked, of 4\.0 KiB reserved: a larger crashkernel='
make_machine
mv "$root/var/lib/kdump/initrd-6.12.0-test.img" "$root/boot/initrd.img-6.12.0-test"
load_it
checks 1 --root="$root"
says '^FAIL units: .*kdump-capture.target, which is not installed'
says '^FAIL units: vmcore-save is in none'
mkdir -p "$root/usr/lib/systemd/system" "$root/usr/sbin"
: >"$root/usr/lib/systemd/system/kdump-capture.target"
cp /bin/true "$root/usr/sbin/vmcore-save"
checks 0 --root="$root"
says '^OK +units: kdump-capture.target is installed$'
make_machine
echo "another kernel" >"$root/boot/vmlinuz-6.12.0-test"
touch "$root/boot/vmlinuz-6.12.0-test"
touch -d '1 day ago' "$root/var/lib/kdump/initrd-6.12.0-test.img"
load_it
checks 1 --root="$root"
says '^WARN initrd: .*/vmlinuz-6.12.0-test is newer than '

# The configuration in the initrd is an older one, or not there.
make_machine
printf '[Save]\nKeep=3\n' >"$root/etc/kdump.conf"
touch -d '2 days ago' "$root/etc/kdump.conf"
checks 1 --root="$root"
says '^WARN initrd: .*/initrd-6.12.0-test.img has another configuration than /etc/kdump.conf'
archive ./usr/sbin/kdump-service ./usr/sbin/vmcore-save etc/kdump.conf >"$root/var/lib/kdump/initrd-6.12.0-test.img"
load_it
checks 0 --root="$root"
archive ./usr/sbin/kdump-service ./usr/sbin/vmcore-save >"$root/var/lib/kdump/initrd-6.12.0-test.img"
load_it
checks 1 --root="$root"
says '^WARN initrd: .* has no /etc/kdump.conf'

# Folders: on what file system; not there yet; not a folder.
make_machine
echo "30 22 0:20 / /var rw - tmpfs tmpfs rw" >>"$root/proc/self/mountinfo"
checks 1 --root="$root"
says '^FAIL target: /var/crash is on tmpfs \(/var\): a dump would be gone'
make_machine
echo "30 22 0:20 / /var/crash rw - nfs4 server:/dumps rw" >>"$root/proc/self/mountinfo"
checks 1 --root="$root"
says '^WARN target: /var/crash is on nfs4 \(server:/dumps\): a capture kernel may not get there'
make_machine
rmdir "$root/var/crash"
checks 0 --root="$root"
says '^OK +target: /var/crash is not there yet'
if [ "$(id -u)" -ne 0 ]; then
	make_machine
	chmod 555 "$root/var/crash"
	checks 0 --root="$root"
	says '^SKIP target: whether /var/crash can be written to'
fi

# Devices. A file in the place of one is a failure by itself, and what is on it another.
make_machine
printf '[Save]\nTarget=raw:/dev/vdz\n' >"$root/etc/kdump.conf"
touch -d '2 days ago' "$root/etc/kdump.conf"
checks 1 --root="$root"
says '^FAIL target: /dev/vdz: No such file'
truncate -s 1M "$root/dev/vdz"
checks 1 --root="$root"
says '^FAIL target: /dev/vdz is no block device$'
says '^OK +target: /dev/vdz has nothing on it that is known$'
printf 'XFSB' | dd of="$root/dev/vdz" conv=notrunc status=none
checks 1 --root="$root"
says '^FAIL target: /dev/vdz carries: .*xfs.* nothing would be saved'
head -c 4096 /dev/zero | dd of="$root/dev/vdz" conv=notrunc status=none
printf '\123\357' | dd of="$root/dev/vdz" bs=1 seek=1080 conv=notrunc status=none
checks 1 --root="$root"
says '^FAIL target: /dev/vdz carries: .*ext'

# Keys, as far as they can be looked at with --root.
make_machine
printf '[Save]\nTarget=ssh://dumps@localhost/srv\nSshKey=/etc/key\nSshKnownHosts=/etc/known\n' >"$root/etc/kdump.conf"
touch -d '2 days ago' "$root/etc/kdump.conf"
archive ./usr/sbin/kdump-service ./usr/sbin/vmcore-save etc/kdump.conf >"$root/var/lib/kdump/initrd-6.12.0-test.img"
load_it
checks 1 --root="$root"
says '^FAIL target: SshKey= /etc/key: No such file'
says '^FAIL target: SshKnownHosts= /etc/known: No such file'
says '^SKIP target: with --root localhost is not asked$'
echo key >"$root/etc/key"
echo known >"$root/etc/known"
chmod 644 "$root/etc/key"
checks 1 --root="$root"
says '^FAIL target: SshKey= /etc/key may be read by others \(mode 0644\)'
chmod 600 "$root/etc/key"
checks 0 --root="$root"
says '^OK +target: SshKey= /etc/key$'
says '^at level 31.*Then the machine starts again'

# This machine: what is loaded here is not the matter, but what is done with the target. Programs of the PATH are ours.
mkdir "$work/bin"
for name in kexec vmcore-save; do
	printf '#!/bin/sh\necho "$0 $*" >>"%s/calls"\nexit 1\n' "$work" >"$work/bin/$name"
done
cat >"$work/bin/getent" <<SCRIPT
#!/bin/sh
echo "getent \$*" >>"$work/calls"
[ "\$4" = there ] || [ "\$3" = there ] || exit 2
printf '127.0.0.1       STREAM there\n127.0.0.1       DGRAM\n127.0.0.1       RAW\n'
SCRIPT
cat >"$work/bin/ssh" <<SCRIPT
#!/bin/sh
for word; do echo "ssh <\$word>" >>"$work/calls"; done
read -r line && echo "there is input" >>"$work/calls"
[ -e "$work/lets-in" ] && exit 0
echo "Permission denied (publickey)." >&2
exit 255
SCRIPT
chmod 755 "$work/bin"/*
"$PYTHON" - "$work/port" <<'SCRIPT' &
import os
import socket
import sys

s = socket.socket()
s.bind(("127.0.0.1", 0))
s.listen(16)
with open(sys.argv[1] + ".new", "w") as out:
    out.write(str(s.getsockname()[1]))
os.rename(sys.argv[1] + ".new", sys.argv[1])
while True:
    s.accept()[0].close()
SCRIPT
server=$!
for _ in $(seq 100); do
	[ -e "$work/port" ] && break
	sleep 0.1
done
port=$(cat "$work/port") || fail "no server"
echo key >"$work/key"
chmod 600 "$work/key"

# elsewhere TARGET: checks it on this machine. The exit code is that of this machine, too, so it is not looked at.
elsewhere() {
	: >"$work/calls"
	printf '[Save]\nTarget=%s\nSshKey=%s\n' "$1" "$work/key" >"$work/conf"
	PATH="$work/bin:$PATH" timeout -k 5 120 "$KDUMP_SERVICE" test --config="$work/conf" >"$work/out" 2>"$work/err" </dev/null
	[ $? -le 1 ] || fail "test of $1: $(cat "$work/out" "$work/err")"
}

elsewhere "ssh://dumps@there:$port/srv/dumps"
says "^OK +target: there \(127\.0\.0\.1\) answers on port $port$"
says '^FAIL target: there does not let dumps in: Permission denied \(publickey\)\.$'
for word in -oBatchMode=yes -oStrictHostKeyChecking=yes -oIdentitiesOnly=yes "$work/key" "-p$port" dumps there true; do
	grep -qxF "ssh <$word>" "$work/calls" || fail "ssh was not given $word: $(cat "$work/calls")"
done
! grep -q input "$work/calls" || fail "ssh has our input"
: >"$work/lets-in"
elsewhere "ssh://dumps@there:$port/srv/dumps"
says '^OK +target: there lets dumps in$'
says_not '^FAIL target'

elsewhere "ssh://nowhere/srv"
says '^FAIL target: the name nowhere has no address here \(getent ahosts\)$'
! grep -q '^ssh' "$work/calls" || fail "ssh is tried where there is no address: $(cat "$work/calls")"

kill "$server"
wait "$server" 2>/dev/null
server=
elsewhere "nfs://there:$port/export"
says "^FAIL target: there \(127\.0\.0\.1\) does not answer on port $port: "
exit $bad
