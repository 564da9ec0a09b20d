#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Damaged kernels and initrds, given to the program itself: exit code 255, one line that names the file, no plan, and
# what was loaded before stays as it was. The parsers alone are tested at every length by tests/unit.
set -u
if [ -n "${CHECK_RUNNER:-}" ]; then
	# Emulators of user programs have no kexec_load(2), so no filter against it is needed, and none would run.
	work=$(mktemp -d) || exit 1
	trap 'rm -rf "$work"' EXIT
	bad=0
	fail() {
		echo "FAIL: $*"
		bad=1
	}
	kexec() {
		$CHECK_RUNNER "$KEXEC" "$@" >"$work/out" 2>"$work/err"
	}
else
	. "$SRCDIR/tests/cli/helper"
fi
machine=$SRCDIR/tests/machines/s390x-small.txt
tried=0

kexec -l --dry-run --machine "$machine" "$FIXTURES/s390_image/plain"
if grep -q "built without the purgatory" "$work/err"; then
	echo "SKIP: this build has no s390x purgatory, so nothing can be planned"
	exit 77
fi

# refused FILE [WORDS]: as kernel
refused() {
	local file=$1 words=${2:-} code
	kexec -l --dry-run --machine "$machine" "$file"
	code=$?
	tried=$((tried + 1))
	[ $code -eq 255 ] || fail "$file: exit code $code, expected 255: $(head -2 "$work/err")"
	[ ! -s "$work/out" ] || fail "$file: a plan was printed"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "$file: not one line: $(head -3 "$work/err")"
	grep -qF -- "$file" "$work/err" || fail "$file is not named: $(cat "$work/err")"
	grep -qF -- "$words" "$work/err" || fail "$file: not \"$words\": $(cat "$work/err")"
}

while read -r name expected words; do
	[ "$expected" = good ] || refused "$FIXTURES/s390_image/$name" "$words"
done <"$FIXTURES/s390_image/list"

# What a build without a library says of its codec is not what the list says.
while read -r name codec sum expected words; do
	[ "$expected" = bad ] || continue
	if kexec -l --dry-run --machine "$machine" "$FIXTURES/packed/$codec-s390"; then
		# LZMA with a damaged header has nothing to be recognised by.
		[ "$codec" = lzma ] && words=
		refused "$FIXTURES/packed/$name" "$words"
	else
		refused "$FIXTURES/packed/$name"
	fi
done <"$FIXTURES/packed/list"

# Cuts of whole kernels, packed and not, at lengths from one byte to one less than all.
for name in packed/gzip-s390 packed/xz-s390 packed/lzma-s390 packed/zstd-s390 packed/bzip2-s390 packed/lz4-s390 elf/s390x; do
	size=$(wc -c <"$FIXTURES/$name")
	for part in 1 9 100 500 999; do
		head -c $((1 + (size - 2) * part / 1000)) "$FIXTURES/$name" >"$work/cut"
		refused "$work/cut"
	done
done
for size in 0 1 65536 65543 65544 66607 66688 70783; do
	head -c $size "$FIXTURES/s390_image/plain" >"$work/cut"
	refused "$work/cut"
done

# Initrds that are no bytes at all.
: >"$work/empty"
kexec -l --dry-run --machine "$machine" --initrd "$work/empty" "$FIXTURES/s390_image/plain"
[ $? -eq 255 ] || fail "an empty initrd: exit code not 255"
grep -qF "initrd $work/empty: is empty" "$work/err" || fail "an empty initrd: $(cat "$work/err")"

# A failed load leaves what is loaded in place, to the byte.
truncate -s 128M "$work/ram"
kexec -p --realmem "$work/ram" --machine "$machine" "$FIXTURES/s390_image/plain" ||
	fail "a good kernel was not loaded: $(cat "$work/err")"
before=$(sha256sum <"$work/ram")
[ "$before" != "$(head -c 128M /dev/zero | sha256sum)" ] || fail "nothing was loaded"
for name in packed/gzip-crc packed/xz-body s390_image/line-outside elf/s390x packed/twice; do
	kexec -p --realmem "$work/ram" --machine "$machine" "$FIXTURES/$name" && fail "$name was loaded"
	[ "$(sha256sum <"$work/ram")" = "$before" ] || fail "$name: memory has changed, though it was refused"
done
kexec -p --realmem "$work/ram" --machine "$machine" --initrd "$work/empty" "$FIXTURES/s390_image/plain" &&
	fail "an empty initrd was loaded"
[ "$(sha256sum <"$work/ram")" = "$before" ] || fail "an empty initrd: memory has changed, though it was refused"

echo "$tried damaged files"
[ $tried -gt 80 ] || fail "only $tried damaged files were tried"
exit $bad
