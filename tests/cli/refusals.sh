#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What the kernel's refusals become: the exit code, the words, and whether the other system call is tried.
set -u
. "$SRCDIR/tests/cli/helper"

EPERM=1 ENOEXEC=8 ENOMEM=12 EBUSY=16 EINVAL=22 ENOSYS=38 ENOTSUP=95
EADDRNOTAVAIL=99 ENOKEY=126 EKEYREJECTED=129
kernel_for_here "$work/kernel"

gives_for() {
	errno=$1
	shift
	gives "$@"
}

# -s: 253 where kexec_load(2) might have done it, else 255.
for e in $ENOSYS $EINVAL $ENOEXEC $ENOTSUP; do
	gives_for "$e" 253 "kexec_file_load failed: " -s -l "$work/kernel"
done
gives_for $ENOSYS 253 "syscall kexec_file_load not available" -s -l "$work/kernel"
for e in $EPERM $ENOMEM $EBUSY $EADDRNOTAVAIL $EKEYREJECTED $ENOKEY; do
	gives_for "$e" 255 "kexec_file_load failed: " -s -l "$work/kernel"
	gives_for "$e" 255 "kexec_file_load failed: " -l "$work/kernel"
	gives_for "$e" 255 "kexec_file_load failed: " -a "$work/kernel"
done
gives_for $EKEYREJECTED 255 "signature is not accepted" -s -l "$work/kernel"
gives_for $EPERM 255 "Operation not permitted" -s -l "$work/kernel"
grep -qE 'CAP_SYS_BOOT|kexec_load_disabled|kexec_load_limit|locked down|security module' "$work/err" ||
	fail "EPERM is not explained: $(cat "$work/err")"

# Unloading tries kexec_load(2) only where the other is not there.
gives_for $EPERM:$ENOSYS 255 "kexec_load(unload) failed: Operation not permitted" -u
gives_for $ENOSYS:$EPERM 255 "kexec_file_load(unload) failed: Operation not permitted" -u
gives_for $EPERM:$ENOSYS 253 "kexec_file_load(unload) failed: $(errno_text 38) (the running kernel has no such call" -s -u
gives_for $EPERM:$ENOSYS 255 "kexec_load(unload) failed: Operation not permitted" -c -u
gives_for $EPERM:$ENOSYS 255 "trying kexec_load(2)" -d -p -u

# Starting.
gives_for $EPERM 255 "kexec failed: Operation not permitted (it takes the capability CAP_SYS_BOOT)" -e -x -y
gives_for $EINVAL 255 "kexec failed: Invalid argument" -e -x -y

# A load that failed starts nothing and shuts nothing down.
gives_for $ENOMEM 255 "kexec_file_load failed: " -f "$work/kernel"
! grep -q "kexec failed" "$work/err" || fail "-f goes on to start what was not loaded"
gives_for $ENOMEM 255 "kexec_file_load failed: " "$work/kernel"
! grep -q "shutdown" "$work/err" || fail "a load that failed goes on to shut down"

exit $bad
