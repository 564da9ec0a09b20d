#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A large initrd costs no memory of ours: it is mapped, hashed once, and given to the kernel as it is. The limit counts
# all private writable memory of the process (setrlimit(2), RLIMIT_DATA).
set -u
. "$SRCDIR/tests/cli/helper"
needs_s390x_purgatory

machine=$machines/s390x-lpar.txt
image=$images/plain
truncate -s 300M "$work/large"
truncate -s 1M "$work/small"

# Sanitizers reserve terabytes; under them only the plan is looked at.
limit=16384
grep -q __asan_init "$KEXEC" && limit=unlimited
ulimit -d "$limit" || fail "the limit on memory cannot be set"

gives 0 "" -p --dry-run --machine "$machine" --initrd "$work/large" "$image"
grep -q "^segment initrd .* data 314572800 " "$work/out" || fail "the plan lacks the initrd"
gives 0 "" -p --dry-run --machine "$machine" --initrd "$work/large" --initrd "$work/small" "$image"
grep -q "^segment initrd .* data 315621376 " "$work/out" || fail "the plan lacks the two initrds"
exit $bad
