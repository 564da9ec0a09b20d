#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Damaged x86 kernels, and what wraps them, given to the program itself: exit code 255, one line that names the file and
# what is wrong with it, no plan, and what was loaded before stays as it was.
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
machine=$SRCDIR/tests/machines/x86_64-small.txt
tried=0

kexec -l --dry-run --machine "$machine" "$FIXTURES/bzimage/v20f"
if grep -q "built without the purgatory" "$work/err"; then
	echo "SKIP: this build has no x86_64 purgatory, so nothing can be planned"
	exit 77
fi
[ -s "$work/out" ] || fail "a good kernel gave no plan: $(cat "$work/err")"

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
	grep -qF -- "$words" "$work/err" || grep -qF "built without" "$work/err" ||
		fail "$file: not \"$words\": $(cat "$work/err")"
}

for folder in bzimage wrap; do
	while read -r name expected words; do
		[ "$expected" = good ] || refused "$FIXTURES/$folder/$name" "$words"
	done <"$FIXTURES/$folder/list"
done
while read -r name _ expected words; do
	[ "$expected" = good ] || refused "$FIXTURES/multiboot/$name" "$words"
done <"$FIXTURES/multiboot/list"

# Kernels that are well formed and for other machines.
for name in image-arm64 image-riscv image-loongarch zboot-gzip uki-arm64; do
	refused "$FIXTURES/wrap/$name"
done

# Cuts of whole files at lengths from one byte to a paragraph less than all. Protocols before 2.04 do not say how long
# the kernel is.
for name in bzimage/v204 bzimage/v20f wrap/uki-all wrap/uki-inside-gzip wrap/uki-both wrap/uki-whole-zstd; do
	size=$(wc -c <"$FIXTURES/$name")
	for part in 1 9 40 100 250 500 750 999; do
		head -c $((1 + (size - 17) * part / 1000)) "$FIXTURES/$name" >"$work/cut"
		refused "$work/cut"
	done
done

# A failed load leaves what is loaded in place, to the byte.
truncate -s 1G "$work/ram"
if kexec -p --realmem "$work/ram" --machine "$machine" "$FIXTURES/bzimage/v20f"; then
	cp --sparse=always "$work/ram" "$work/before"
	for name in bzimage/syssize-plus wrap/uki-cmdline-nul-inside wrap/zboot-lzo multiboot/elf2-demands-15; do
		kexec -p --realmem "$work/ram" --machine "$machine" "$FIXTURES/$name" && fail "$name was loaded"
		cmp -s "$work/ram" "$work/before" || fail "$name: memory has changed, though it was refused"
	done
else
	fail "a good kernel was not loaded for a crash: $(cat "$work/err")"
fi

echo "$tried damaged files"
[ $tried -gt 150 ] || fail "only $tried damaged files were tried"
exit $bad
