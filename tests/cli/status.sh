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

exit $bad
