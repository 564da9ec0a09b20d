#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmcore-save --estimate: classes and levels of a made machine, how near its sizes are to those of real dumps, and that it
# never looks at /dev/mem. On this machine's own /proc/kcore where that may be read.
set -u
. "$SRCDIR/tests/cli/helper"

source=$FIXTURES/vmcore_save-x86.vmcore

estimate() {
	timeout -k 5 120 "$VMCORE_SAVE" --estimate "$@" >"$work/out" 2>"$work/err"
}

estimate "$source" || fail "--estimate: $(cat "$work/err")"
while IFS='=' read -r class pages; do
	[ "$class" != crc ] || continue
	grep -qE "^${class/_/ } +$pages " "$work/out" || fail "class $class: expected $pages pages: $(grep "^${class/_/ }" "$work/out")"
done <"$FIXTURES/vmcore_save.txt"
for level in 1 3 7 9 11 15 17 19 23 25 27 31; do
	grep -qE "^$level +[0-9]" "$work/out" || fail "level $level is not listed: $(cat "$work/out")"
done

# near LEVEL OPTION: the file that is then written is as large as was estimated, give or take a quarter and 32 KiB.
near() {
	local said size
	estimate -d "$1" "$2" "$source" || fail "--estimate -d $1 $2: $(cat "$work/err")"
	said=$(sed -nE "s/^$1 +[0-9]+ +[0-9.]+ +([0-9.]+) MiB .*/\1/p" "$work/out")
	rm -f "$work/dump"
	"$VMCORE_SAVE" -d "$1" "$2" --quiet "$source" "$work/dump" 2>"$work/err" || fail "saving: $(cat "$work/err")"
	size=$(stat -c %s "$work/dump")
	awk -v said="$said" -v size="$size" 'BEGIN { d = said * 1048576 - size; if (d < 0) d = -d; exit !(said != "" && d < size / 4 + 32768) }' ||
		fail "level $1 $2: estimated \"$said\" MiB, written $size bytes"
}

near 31 --compress=zstd
near 23 --compress=zlib
near 1 --compress=none
near 0 --compress=zstd:3
near 31 --format=elf

estimate "$FIXTURES/vmcore_save-no-info.vmcore" || fail "--estimate without VMCOREINFO: $(cat "$work/err")"
grep -qE '^kernel +4096 ' "$work/out" || fail "without VMCOREINFO: $(cat "$work/out")"
estimate "$work/none" && fail "--estimate of nothing gives 0"
[ $? -eq 1 ] || fail "--estimate of nothing: exit code is not 1"

if command -v strace >/dev/null; then
	strace -f -e trace=open,openat -o "$work/trace" "$VMCORE_SAVE" --estimate "$source" >"$work/out" 2>&1
	! grep -q '/dev/mem\|/dev/kmem' "$work/trace" || fail "--estimate opens $(grep -m1 /dev/ "$work/trace")"
fi
! strings -a "$VMCORE_SAVE" 2>/dev/null | grep -qx '/dev/mem' || fail "the program knows /dev/mem by name"

# The kernel that runs here: only root may read it, and it may be of a kind that the program does not know.
if [ -r /proc/kcore ] && head -c 64 /proc/kcore >"$work/head" 2>/dev/null && [ -s "$work/head" ]; then
	if estimate; then
		grep -qE '^kernel +[1-9]' "$work/out" || fail "/proc/kcore: $(cat "$work/out")"
		grep -qE '^31 +[1-9]' "$work/out" || fail "/proc/kcore: $(cat "$work/out")"
	else
		[ -s "$work/err" ] || fail "/proc/kcore: no word of why not"
	fi
fi
exit $bad
