#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# A crash kernel written into a memory image and looked at from outside: intact, then one byte flipped in each
# segment.
set -u
. "$SRCDIR/tests/cli/helper"

machine=$machines/s390x-qemu.txt
ram=$work/ram
needs_s390x_purgatory

# The memory of a Linux on s390 as far as its anchor goes: the pointer to os_info, which names the reservation.
# Offsets from Linux 6.12 arch/s390/include/asm/os_info.h; the checksum is that of the CKSM instruction.
cat >"$work/anchor.py" <<'PYTHON'
import struct
import sys

ram, start, end = sys.argv[1], int(sys.argv[2], 0), int(sys.argv[3], 0)
info = bytearray(4096)
struct.pack_into(">QIHHQQ", info, 0, 0x4F53494E464F535A, 0, 1, 1, start, end - start)
total = 0
for at in range(12, 4096, 4):
    total += struct.unpack_from(">I", info, at)[0]
    total = (total & 0xFFFFFFFF) + (total >> 32)
struct.pack_into(">I", info, 8, total)
with open(ram, "r+b") as file:
    file.seek(0xE18)
    file.write(struct.pack(">Q", 0x40000))
    file.seek(0x40000)
    file.write(info)
PYTHON

truncate -s 1G "$ram"
gives 0 "" -p --dry-run --machine "$machine" "$images/plain" --append "a=1"
cp "$work/out" "$work/plan"
read -r _ start end < <(grep '^crash ' "$work/plan")
"$PYTHON" "$work/anchor.py" "$ram" "$start" "$end" || fail "the memory image cannot be made"

gives 2 "" --verify --arch s390x --memory "$ram"
gives 0 "" -p --machine "$machine" "$images/plain" --append "a=1" --realmem "$ram"
gives 0 "" --verify --arch s390x --memory "$ram"

# flip ADDRESS
flip() {
	"$PYTHON" -c '
import sys
with open(sys.argv[1], "r+b") as file:
    file.seek(int(sys.argv[2], 0))
    byte = file.read(1)[0]
    file.seek(int(sys.argv[2], 0))
    file.write(bytes([byte ^ 1]))' "$ram" "$1"
}

segments=0
while read -r _ role from to _; do
	[ "$role" != purgatory ] || continue
	segments=$((segments + 1))
	for at in "$from" "$(printf '0x%x' $((to - 1)))"; do
		flip "$at"
		kexec --verify --arch s390x --memory "$ram"
		code=$?
		[ $code -eq 1 ] || fail "one byte flipped in $role at $at: exit code $code: $(cat "$work/out")"
		# The one line that tells of damage is that of this segment.
		[ "$(grep -c '^BAD ' "$work/out")" -eq 1 ] && grep -q "^BAD  segment $role $from-$to" "$work/out" ||
			fail "one byte flipped in $role at $at: $(grep '^BAD ' "$work/out")"
		flip "$at"
	done
done < <(grep '^segment ' "$work/plan")
[ $segments -ge 3 ] || fail "only $segments segments were tried"
gives 0 "" --verify --arch s390x --memory "$ram"

# A memory that ends before the reservation takes nothing.
truncate -s 512M "$work/small"
"$PYTHON" "$work/anchor.py" "$work/small" "$start" "$end"
sum=$(sha256sum <"$work/small")
gives 255 - -p --machine "$machine" "$images/plain" --realmem "$work/small"
[ -s "$work/err" ] || fail "a memory that is too small is refused without a word"
[ "$(sha256sum <"$work/small")" = "$sum" ] || fail "a memory that is too small was changed"

exit $bad
