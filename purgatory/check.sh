#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Whether a linked purgatory stands alone: check.sh FILE.elf FILE.bin. READELF and NM name the target's tools.
# What remains for a dynamic linker would silently be wrong wherever purgatory is placed.
set -u
elf=$1
bin=$2
readelf=${READELF:-readelf}
nm=${NM:-nm}
bad=0

complain() {
	printf 'purgatory/check.sh: %s: %s\n' "$elf" "$*" >&2
	bad=1
}

relocations=$("$readelf" -W -r "$elf") || exit 1
case $relocations in
*"no relocations"*) ;;
*)
	complain "relocations remain: $relocations"
	complain "take the address of nothing in initialised data, and declare externs hidden"
	;;
esac

sections=$("$readelf" -W -S "$elf") || exit 1
if printf '%s\n' "$sections" | grep -Eq '[[:space:]]\.(dynamic|interp)[[:space:]]'; then
	complain "it has sections for a dynamic linker"
fi
# Linkers reserve three entries of the table for themselves even where no code uses it.
got=$(printf '%s\n' "$sections" |
	sed -n 's/.* \.got  *PROGBITS  *[0-9a-f]* [0-9a-f]* \([0-9a-f]*\).*/\1/p')
if [ -n "$got" ] && [ "$((0x$got))" -gt 24 ]; then
	complain "its global offset table has entries (0x$got bytes), which nobody relocates"
fi

undefined=$("$nm" -u "$elf") || exit 1
[ -z "$undefined" ] || complain "undefined symbols remain: $undefined"

symbol() {
	value=$("$nm" "$elf" | sed -n "s/^\([0-9a-f]*\) [a-zA-Z] $1\$/\1/p")
	[ -n "$value" ] || { complain "symbol $1 is missing"; value=0; }
	printf '%d\n' "0x$value"
}

[ "$(symbol purgatory_image)" -eq 0 ] || complain "it is not linked at 0"
size=$(wc -c < "$bin")
file_end=$(symbol purgatory_file_end)
memory_end=$(symbol purgatory_memory_end)
[ "$size" -eq "$file_end" ] || complain "$bin has $size bytes, its header says $file_end"
[ "$memory_end" -ge "$file_end" ] || complain "memory ends at $memory_end, before the file at $file_end"
[ "$(head -c 8 "$bin")" = PURGATRY ] || complain "$bin does not begin with its header"

# 16 regions of 56 bytes behind it must fit, on s390, between 0x2000 and 0xf000.
[ "$((memory_end + 16 * 56))" -le "${PURGATORY_ROOM:-53248}" ] ||
	complain "it takes $memory_end bytes; ${PURGATORY_ROOM:-53248} are free for it and its region table"
exit $bad
