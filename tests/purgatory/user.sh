#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Parts of the s390x purgatory as programs under user emulation: swap, SHA-256 as it is compiled for purgatory
# and by KIMD, and the checksum against the machine's own instruction.
# shellcheck source-path=SCRIPTDIR source=common
. "$(dirname "$0")/common"
find_tool S390X_CC s390x-linux-gnu-gcc
find_tool QEMU_USER_S390X qemu-s390x

hosted=(-std=gnu17 -O2 -march=z10 -fno-strict-aliasing -Wall -Wextra -Werror -static
	-I"$SRCDIR/include" -I"$SRCDIR")
here=$SRCDIR/tests/purgatory
s390=$SRCDIR/purgatory/arch/s390

# shellcheck disable=SC2086
$S390X_CC "${hosted[@]}" -o "$work/swap" "$here/user_swap.c" "$s390/swap.c"
"$QEMU_USER_S390X" "$work/swap"
echo "ok swap"

# shellcheck disable=SC2086
for source in "$SRCDIR/purgatory/sha256.c" "$SRCDIR/purgatory/mem.c" \
	"$s390/sha256_cpacf.c" "$s390/sha256_select.c"; do
	$S390X_CC "${flags[@]}" -c -o "$work/$(basename "$source").o" "$source"
done
# shellcheck disable=SC2086
$S390X_CC "${hosted[@]}" -o "$work/sha256" "$here/user_sha256.c" "$work"/*.c.o
for size in 0 1 55 56 64 1013 1014 300000; do
	"$PYTHON" -c "open('$work/data', 'wb').write(bytes(i * i % 251 for i in range($size)))"
	expected=$("$PYTHON" -c "import hashlib; print(hashlib.sha256(open('$work/data', 'rb').read()).hexdigest())")
	found=$("$QEMU_USER_S390X" "$work/sha256" <"$work/data")
	if [ "$found" != "$expected
$expected" ]; then
		echo "SHA-256 of $size bytes: $found, expected twice $expected"
		exit 1
	fi
done
echo "ok sha256"

# shellcheck disable=SC2086
$S390X_CC "${hosted[@]}" -o "$work/cksm" "$here/user_cksm.c" "$SRCDIR/kexec/base/cksm.c"
"$QEMU_USER_S390X" "$work/cksm"
echo "ok cksm"

# shellcheck disable=SC2086
$S390X_CC "${hosted[@]}" -o "$work/cpacf" "$here/user_cpacf.c" "$s390/sha256_cpacf.c" "$SRCDIR/purgatory/sha256.c"
"$QEMU_USER_S390X" "$work/cpacf"
echo "ok cpacf"
