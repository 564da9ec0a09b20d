#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vmcore-save on disks of 20 sizes, from nothing to more than enough: exit code 0, 3 or 1 as there is all, some or nothing
# of the dump, and files that are what the code says. The disks are of tmpfs, in a mount namespace of our own; where the
# machine allows none, limits take their place, as they do beside them in any case: --max-size, and that of ulimit -f.
set -u
. "$SRCDIR/tests/cli/own_mounts"
. "$SRCDIR/tests/cli/helper"
trap 'umount "$work/disk" 2>/dev/null; rm -rf "$work"' EXIT

source=$FIXTURES/vmcore_save-x86.vmcore
kernel=$(sed -n 's/^kernel=//p' "$FIXTURES/vmcore_save.txt")
mkdir "$work/disk"
declare -A codes=() runs=()

# measure NAME ARGUMENT...: the size of the whole file, and how many pages are in it
measure() {
	local name=$1
	shift
	"$VMCORE_SAVE" -q "$@" "$source" "$work/$name" 2>"$work/err" || fail "$*: $(tail -n 3 "$work/err")"
	stat -c %s "$work/$name"
}

# Pages that --verify finds: "N of M pages are there and sound".
pages_there() {
	sed -n 's/.*: \([0-9]*\) of [0-9]* pages are there and sound.*/\1/p' "$work/verify"
}

verify() {
	"$VMCORE_SAVE" --verify "$1" >"$work/verify" 2>&1
}

# What a run left: check WAY SIZE CODE PATH ENOUGH. ENOUGH: the size from which all pages of the kernel must be there.
check() {
	local way=$1 size=$2 code=$3 path=$4 enough=$5 verified
	codes[$code]=$((${codes[$code]-0} + 1))
	runs[$way]=$((${runs[$way]-0} + 1))
	if grep -qE 'ERROR: (Address|Leak|Undefined|Thread)Sanitizer|runtime error' "$work/err"; then
		fail "$way, $size bytes: $(grep -E -m1 'Sanitizer|runtime error' "$work/err")"
	fi
	case $code in
	0)
		if [ ! -f "$path" ] || [ -e "$path.incomplete" ]; then
			fail "$way, $size bytes: exit code 0 without a file of that name: $(ls -l "$path"* 2>&1)"
		elif ! verify "$path"; then
			fail "$way, $size bytes: exit code 0, and --verify says $(tail -n 1 "$work/verify")"
		fi
		;;
	3)
		[ ! -e "$path" ] || fail "$way, $size bytes: exit code 3, and the file has the name of a whole one"
		verify "$path.incomplete"
		verified=$?
		[ $verified -eq 3 ] || fail "$way, $size bytes: exit code 3, --verify says $verified: $(grep BAD "$work/verify")"
		[ "$(pages_there)" -gt 0 ] || fail "$way, $size bytes: exit code 3, and no page is there"
		if [ "$size" -ge "$enough" ] && [ "$(pages_there)" -lt "$kernel" ]; then
			fail "$way, $size bytes: $(pages_there) pages are there, fewer than the $kernel of the kernel"
		fi
		grep -qi "room\|space\|large\|fit\|full" "$work/err" ||
			fail "$way, $size bytes: nothing says that room was missing: $(tail -n 3 "$work/err")"
		;;
	1)
		[ ! -e "$path" ] || fail "$way, $size bytes: exit code 1, and a file has the name"
		[ -s "$work/err" ] || fail "$way, $size bytes: exit code 1 without a reason"
		;;
	*) fail "$way, $size bytes: exit code $code: $(tail -n 3 "$work/err")" ;;
	esac
}

on_disk() { # SIZE ENOUGH ARGUMENT...
	local size=$1 enough=$2
	shift 2
	mount -t tmpfs -o size="$size" none "$work/disk" || {
		fail "a disk of $size bytes cannot be made"
		return
	}
	"$VMCORE_SAVE" -q "$@" "$source" "$work/disk/vmcore" 2>"$work/err"
	check "disk" "$size" $? "$work/disk/vmcore" "$enough"
	umount "$work/disk"
}

with_limit() { # SIZE ENOUGH ARGUMENT...
	local size=$1 enough=$2
	shift 2
	(ulimit -f $((size / 1024)) && exec "$VMCORE_SAVE" -q "$@" "$source" "$work/disk/vmcore") 2>"$work/err"
	check "ulimit" "$size" $? "$work/disk/vmcore" "$enough"
	rm -f "$work/disk/"*
}

with_option() { # SIZE ENOUGH ARGUMENT...
	local size=$1 enough=$2
	shift 2
	"$VMCORE_SAVE" -q "$@" --max-size "$size" "$source" "$work/disk/vmcore" 2>"$work/err"
	check "--max-size" "$size" $? "$work/disk/vmcore" "$enough"
	rm -f "$work/disk/"*
}

# Everything, and the set that level 31 keeps: a file as large as that, and what 2 threads may leave unused, has it.
level0=(-d 0 --compress none --threads 2 --checkpoint 1M)
whole=$(measure whole "${level0[@]}")
small=$(measure small -d 31 --compress none --threads 2)
enough=$((small + 4096 * 24 + (2 << 20)))
elf=$(measure elf --format elf -d 0)
elf_small=$(measure elf-small --format elf -d 31)
echo "whole $whole, kernel $small; ELF $elf, kernel $elf_small; namespace: ${DISK_NAMESPACE:-no}"
[ "$enough" -lt "$whole" ] || fail "the fixture is too small for this test"

for i in $(seq 1 20); do
	# From less than the header to a tenth more than all, in whole pages.
	size=$(((whole * i * 11 / 200 - whole * 11 / 200 + 4096) / 4096 * 4096))
	if [ -n "$DISK_NAMESPACE" ]; then
		on_disk $size $enough "${level0[@]}"
	else
		with_limit $size $enough "${level0[@]}"
	fi
done
for i in 1 3 5 7 9 11; do
	size=$((whole * i / 10 / 4096 * 4096))
	with_limit $size $enough "${level0[@]}"
	with_option $size $enough "${level0[@]}"
	size=$((elf * i / 10 / 4096 * 4096))
	with_option $size $((elf_small + (2 << 20))) --format elf -d 0
	[ -z "$DISK_NAMESPACE" ] || on_disk $size $((elf_small + (2 << 20))) --format elf -d 0
done

# A level that leaves out more is tried where the first does not fit.
size=$((small + (2 << 20)))
"$VMCORE_SAVE" -q -d 0,31 --compress none --threads 2 --max-size $size "$source" "$work/disk/vmcore" 2>"$work/err"
check "fallback" $size $? "$work/disk/vmcore" 0
[ -f "$work/disk/vmcore" ] || fail "-d 0,31: level 31 fits into $size bytes and was not saved: $(tail -n 3 "$work/err")"

for code in 0 1 3; do
	echo "exit code $code: ${codes[$code]-0} times"
	[ "${codes[$code]-0}" -gt 0 ] || fail "no size gave exit code $code"
done
for way in "${!runs[@]}"; do
	echo "$way: ${runs[$way]} runs"
done
exit $bad
