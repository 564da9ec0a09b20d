#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Crash loads without a reservation, and with one that cannot be seen; the size that --print-ckr-size prints.
set -u
. "$SRCDIR/tests/cli/helper"

ram="00000000-3fffffff : System RAM"
make_root "$work/none" "$ram"
make_root "$work/unseen" "$ram"
echo 268435456 >"$work/unseen/sys/kernel/kexec_crash_size"
make_root "$work/zero" "$ram"
echo 0 >"$work/zero/sys/kernel/kexec_crash_size"
make_root "$work/two" "$ram" "  10000000-10ffffff : Crash kernel" "  2f600000-3f5fffff : Crash kernel"

for way in "" -s; do
	for root in none zero; do
		gives 1 "Memory for crashkernel is not reserved" -p $way --dry-run --arch s390x \
			--root "$work/$root" "$images/plain"
		gives 1 "Memory for crashkernel is not reserved" $way --dry-run "$images/plain" --arch s390x \
			--root "$work/$root" -p
	done
done
gives 1 "Memory for crashkernel is not reserved" -p --dry-run "$images/plain" \
	--machine "$machines/s390x-no-crash.txt"
gives 254 "No crash kernel segment found in /proc/iomem" -p --dry-run "$images/plain" \
	--arch s390x --root "$work/unseen"
gives 0 "" -p -s --dry-run --arch s390x --root "$work/unseen" "$images/plain"
says "file-plan 1"
says "target crash"

gives 0 "" --print-ckr-size --arch s390x --root "$work/two"
says 268435456
gives 0 "" --print-ckr-size --arch s390x --root "$work/none"
says 0
gives 0 "" --print-ckr-size --machine "$machines/s390x-qemu.txt"
says 268435456

gives 1 "crash_elfcorehdr_size" -p -s --dry-run --hotplug --arch s390x --root "$work/two" "$images/plain"

exit $bad
