#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What kexec_file_load(2) is called with, seen by strace; nokexec answers it.
set -u
. "$SRCDIR/tests/cli/helper"

if ! command -v strace >/dev/null || ! strace -o /dev/null /bin/true 2>/dev/null; then
	echo "SKIP: strace is not installed or may not trace here"
	exit 77
fi
here=$(uname -m)

kernel_for_here "$work/kernel"
gzip -c "$work/kernel" >"$work/kernel.gz"
head -c 5000 /dev/zero | tr '\0' a >"$work/a"
head -c 7000 /dev/zero | tr '\0' b >"$work/b"

# called PATTERN ARGUMENT...: exactly one call, which matches.
called() {
	local pattern=$1 calls
	shift
	strace -f -y -s 32 -o "$work/trace" -e trace=kexec_file_load,kexec_load,write,fcntl,sync,reboot \
		"$work/nokexec" 38 "$KEXEC" "$@" >"$work/out" 2>"$work/err"
	# nokexec itself asks with nonsense whether its filter holds.
	calls=$(grep -E '^[0-9]+ +kexec_file_load\(' "$work/trace" |
		grep -v 'kexec_file_load(-1[^,]*, -1[^,]*, 0, NULL, .*0xf')
	[ "$(wc -l <<<"$calls")" -eq 1 ] && grep -qE -- "$pattern" <<<"$calls" ||
		fail "kexec $*: expected one call like $pattern, found: $calls $(head -2 "$work/err")"
	! grep -q 'sync()' "$work/trace" || fail "kexec $*: sync(2) on a load"
}

empty='1, "(\\0)?"'
case "$here" in s390x | aarch64 | riscv64 | loongarch64) empty='0, NULL' ;; esac

called "\([0-9]+<$work/kernel>, -1, $empty, KEXEC_FILE_NO_INITRAMFS\)" -s -l "$work/kernel"
called "\([0-9]+<$work/kernel>, -1, 6, \"a b=c(\\\\0)?\", KEXEC_FILE_NO_INITRAMFS\)" -s -l "$work/kernel" \
	--append "a b=c"
called "\([0-9]+<$work/kernel>, [0-9]+<$work/a>, $empty, 0\)" -s -l "$work/kernel" --initrd "$work/a"
called "\([0-9]+<$work/kernel>, [0-9]+<$work/a>, 2, \"x(\\\\0)?\", 0x10.*\)" -s -l --no-cma \
	"$work/kernel" --initrd "$work/a" --append x
called "\([0-9]+<$work/kernel>, -1, $empty, KEXEC_FILE_NO_INITRAMFS\)" -d -i -s -l "$work/kernel"

# Unpacked into memory, and sealed.
if grep -q '^#define HAVE_ZLIB 1' "$BUILDDIR/config.h"; then
	called '\([0-9]+</?memfd:kernel.*, -1, ' -s -l "$work/kernel.gz"
	grep -qE 'F_ADD_SEALS.*F_SEAL_WRITE' "$work/trace" || fail "the unpacked kernel is not sealed"
else
	gives 255 "is packed with gzip, and this kexec was built without zlib" -s -l "$work/kernel.gz"
fi

# Several initrds are one: each further one begins at a page.
called "\([0-9]+<$work/kernel>, [0-9]+</?memfd:initrd.*, $empty, 0\)" -s -l "$work/kernel" \
	--initrd "$work/a" --initrd "$work/b"
page=$(getconf PAGESIZE)
pad=$(((page - 5000 % page) % page))
total=0
for size in $(grep 'write(.*memfd:initrd' "$work/trace" | sed 's/.*= //'); do
	total=$((total + size))
done
[ $total -eq $((5000 + pad + 7000)) ] || fail "initrds of 5000 and 7000 bytes were written as $total"
grep -qE 'F_ADD_SEALS.*F_SEAL_WRITE' "$work/trace" || fail "the initrds are not sealed"

# What comes through a pipe: the kernel reads regular files only.
mkfifo "$work/pipe"
cat "$work/kernel" >"$work/pipe" &
called "\([0-9]+</?memfd:kernel.*, [0-9]+<$work/a>, $empty, 0\)" -s -l "$work/pipe" --initrd "$work/a"
wait
cat "$work/a" >"$work/pipe" &
called "\([0-9]+<$work/kernel>, [0-9]+</?memfd:initrd.*, $empty, 0\)" -s -l "$work/kernel" --initrd "$work/pipe"
wait

exit $bad
