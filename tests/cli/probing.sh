#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# For kexec_file_load(2) a kernel is looked at, not read: one of 80 MiB costs no more page faults than one of 1 MiB, and
# hardly any of it comes into the page cache.
set -u
. "$SRCDIR/tests/cli/helper"

machine=$machines/x86_64-small.txt
bzimage "$work/small" 1048576
bzimage "$work/large" 83886080
for kernel in small large; do
	gives 0 "" -s -l --dry-run --machine "$machine" "$work/$kernel"
	says "kernel as-is $work/$kernel"
	"$PYTHON" -B "$SRCDIR/tests/cli/probing.py" "$work/$kernel" "$work/nokexec" 38 "$KEXEC" -s -l --dry-run \
		--machine "$machine" "$work/$kernel" >"$work/$kernel.faults" || fail "$kernel: cannot be measured"
done
read -r small _ <"$work/small.faults"
read -r large cached <"$work/large.faults"
echo "page faults: $small for 1 MiB, $large for 80 MiB; of the latter $cached bytes are in the page cache"

# With a fault for each 64 KiB, as Linux maps around a fault, reading it would make 1280.
[ "$large" -lt $((small + 100)) ] || fail "80 MiB make $large page faults, 1 MiB $small"
if [ "$cached" -lt 0 ]; then
	echo "the page cache cannot be emptied here: only faults were counted"
elif [ "$cached" -gt 8388608 ]; then
	fail "$cached bytes of 80 MiB were read"
fi
exit $bad
