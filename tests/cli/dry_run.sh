#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# --dry-run: the same plan for every order of the same options, on stdout and nowhere else, whatever -d adds
# to stderr.
set -u
. "$SRCDIR/tests/cli/helper"

gives 0 "" -u --dry-run
says "unload normal"
gives 0 "" --dry-run -p -u
says "unload crash"
gives 0 "" -e --dry-run
says "execute"

machine=$machines/s390x-qemu.txt
image=$images/plain
head -c 5000 /dev/zero | tr '\0' a >"$work/a"
head -c 7000 /dev/zero | tr '\0' b >"$work/b"

gives 0 "" -s -l --dry-run --machine "$machine" --initrd "$work/a" --ramdisk "$work/b" \
	--append one --append two "$image"
says "target normal"
says "kernel as-is $image"
says "initrd $work/a"
says "initrd $work/b"
says "cmdline one two"

needs_s390x_purgatory

gives 0 "" -p --dry-run --machine "$machine" --initrd "$work/a" --append "x=1 y" "$image"
cp "$work/out" "$work/first"
grep -q "^target crash$" "$work/first" || fail "a crash plan is expected"
grep -q "^segment meminfo " "$work/first" || fail "a crash plan on s390 has a meminfo segment by default"
grep -qF 'cmdline "x=1 y"' "$work/first" || fail "the command line is not in the plan"

same() {
	kexec "$@" || fail "kexec $*: $(head -2 "$work/err")"
	cmp -s "$work/first" "$work/out" ||
		fail "kexec $*: another plan: $(diff "$work/first" "$work/out" | head -5)"
}
same "$image" --append "x=1 y" --initrd="$work/a" --machine="$machine" --dry-run -p
same --load-panic "$image" --dry-run --machine "$machine" --command-line "x=1 y" --ramdisk "$work/a" -a
same -p -c "$image" --append x=1 --command-line y --machine "$machine" --initrd "$work/a" --dry-run
same -lp --dry "$image" --app "x=1 y" --machine "$machine" --init "$work/a" --args-linux --arch s390x
same -d -p --dry-run --machine "$machine" --initrd "$work/a" --append "x=1 y" "$image"
grep -q "debug:" "$work/err" || fail "-d says nothing"
[ -z "$(sed '/^kexec: debug:/d' "$work/err" | grep '^kexec:')" ] || fail "-d warns"
same -p --dry-run --machine "$machine" --initrd "$work/a" --append "x=1 y" "$image" --reset-vga
grep -q "warning: --reset-vga is for x86" "$work/err" || fail "--reset-vga does not warn: $(cat "$work/err")"

differs() {
	kexec "$@" || fail "kexec $*: $(head -2 "$work/err")"
	! cmp -s "$work/first" "$work/out" || fail "kexec $*: the same plan, though it must differ"
}
differs -l --dry-run --machine "$machine" --initrd "$work/a" --append "x=1 y" "$image"
differs -p --dry-run --machine "$machine" --initrd "$work/a" --initrd "$work/b" --append "x=1 y" "$image"
differs -p --dry-run --machine "$machine" --initrd "$work/a" --append "x=1 y" "$image" --meminfo=never
! grep -q "^segment meminfo " "$work/out" || fail "--meminfo=never: there is one"
differs -p --dry-run --machine "$machine" --initrd "$work/a" --append "x=1 y" "$image" --elf-headers=always
grep -q "^segment elfcorehdr " "$work/out" || fail "--elf-headers=always: there is none"
differs -p --dry-run --machine "$machine" --initrd "$work/a" --append "x=1 y" "$image" --reuse-cmdline
grep -E '^cmdline ' "$work/out" | grep -vq crashkernel || fail "--reuse-cmdline keeps crashkernel= with -p"

gives 255 "Unsupported kernel type" -l --dry-run --machine "$machine" -t nonsense "$image"
gives 255 "of type" -l --dry-run --machine "$machine" -t elf-s390x "$image"
gives 255 "no kernel of a known format" -l --dry-run --machine "$machine" "$work/a"
gives 255 "is empty" -l --dry-run --machine "$machine" /dev/null
gives 1 "cannot open $work/missing" -c -l --dry-run --machine "$machine" "$work/missing"
gives 255 "No such file or directory" -l --dry-run --machine "$machine" "$image" --initrd "$work/missing"
gives 255 "command line has" -l --dry-run --machine "$machine" "$image" --append "$(printf '%05000d' 0)"
gives 1 "no usable memory" -l --dry-run --machine "$machine" "$image" --mem-min=0xf000000000000000

exit $bad
