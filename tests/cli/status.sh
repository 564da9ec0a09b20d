#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# --status: 1 loaded, 0 not, 255 unknown, for the crash kernel unless -l is given; -d changes nothing.
set -u
. "$SRCDIR/tests/cli/helper"

# state NORMAL CRASH
state() {
	rm -rf "$work/root"
	mkdir -p "$work/root/sys/kernel"
	[ -z "$1" ] || echo "$1" >"$work/root/sys/kernel/kexec_loaded"
	[ -z "$2" ] || echo "$2" >"$work/root/sys/kernel/kexec_crash_loaded"
}

for normal in 0 1; do
	for crash in 0 1; do
		state $normal $crash
		gives $crash "" -S --root "$work/root"
		gives $crash "" -p -S --root "$work/root"
		gives $crash "" -S -p --root "$work/root"
		gives $crash "is " -d -S --root "$work/root"
		gives $crash "--unload is ignored" -S -u --root "$work/root"
		gives $normal "" -l -S --root "$work/root"
		gives $normal "" -S -l --root "$work/root"
		gives $normal "is " -S -d -l --root "$work/root"
	done
done
state 1 ""
gives 255 "kexec_crash_loaded cannot be read" -S --root "$work/root"
gives 1 "" -l -S --root "$work/root"
state "" 1
gives 255 "kexec_loaded cannot be read" -l -S --root "$work/root"
state 2 yes
gives 255 "cannot be read" -S --root "$work/root"
gives 255 "cannot be read" -l -S --root "$work/root"
gives 255 "cannot be read" -S --root "$work/nowhere"

# In words, with the same code.
state 0 1
echo 268435456 >"$work/root/sys/kernel/kexec_crash_size"
gives 1 "" --arch s390x --status=verbose --root "$work/root"
says "crash: prepared for, by kdump"
says "kdump: a crash kernel is loaded"
says "kdump reserve: 268435456 bytes (256 MiB)"
says "kdump hotplug: load again when CPUs or memory were added or removed"
says "capture: no dump waits to be saved"
! grep -q fadump "$work/out" || fail "fadump is spoken of on s390x"
mkdir -p "$work/root/sys/devices/system/"{cpu,memory} "$work/root/proc"
echo 1 >"$work/root/sys/devices/system/cpu/crash_hotplug"
gives 1 "" --arch s390x --status=verbose --root "$work/root"
says "kdump hotplug: the kernel follows CPUs only: load again when memory was added or removed"
echo 1 >"$work/root/sys/devices/system/memory/crash_hotplug"
gives 1 "" --arch s390x --status=verbose --root "$work/root"
says "kdump hotplug: the kernel keeps the loaded crash kernel up to date"
echo core >"$work/root/proc/vmcore"
gives 1 "" --arch s390x --status=verbose --root "$work/root"
says "capture: this is a capture kernel: a dump waits in /proc/vmcore"
state 1 0
gives 0 "" --arch s390x --status=verbose --root "$work/root"
says "crash: not prepared for"
gives 1 "" -l --status=verbose --root "$work/root"
says "normal kernel: loaded"
gives 1 "" --status=verbose -S -l --root "$work/root"
[ ! -s "$work/out" ] || fail "-S behind --status=verbose speaks"
state 1 ""
gives 255 "kexec_crash_loaded cannot be read" --arch s390x --status=verbose --root "$work/root"
[ ! -s "$work/out" ] || fail "what is unknown is told of"

exit $bad
