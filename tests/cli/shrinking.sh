#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A kernel file that is cut after kexec has mapped it: an error, not a signal. The initrd is a pipe, so that kexec has the
# kernel open and waits when the file is cut.
set -u
. "$SRCDIR/tests/cli/helper"
needs_s390x_purgatory

machine=$machines/s390x-qemu.txt
cp "$images/plain" "$work/kernel"
mkfifo "$work/initrd"
"$work/nokexec" 38 "$KEXEC" -p --dry-run --machine "$machine" --initrd "$work/initrd" "$work/kernel" \
	>"$work/out" 2>"$work/err" &
pid=$!
# Opening the pipe succeeds when kexec has opened it too, which is behind the kernel.
exec 3>"$work/initrd"
truncate -s 0 "$work/kernel"
echo initrd >&3
exec 3>&-
wait $pid
code=$?
[ $code -eq 255 ] || fail "exit code $code, expected 255: $(head -5 "$work/err")"
grep -q "shortened" "$work/err" || fail "stderr does not say what happened: $(head -5 "$work/err")"
[ ! -s "$work/out" ] || fail "a plan was printed: $(cat "$work/out")"
exit $bad
