#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which system call an x86-64 machine is asked for what, what it says of that, and what the kernel gets. nokexec answers
# every call.
set -u
. "$SRCDIR/tests/cli/helper"

EPERM=1 ENOEXEC=8 EINVAL=22 ENOSYS=38 EKEYREJECTED=129
machine=$machines/x86_64-small.txt
wrap=$FIXTURES/wrap
bzimage "$work/kernel" 100000
head -c 5000 /dev/zero | tr '\0' a >"$work/a"
long=$(printf '%02016d' 0)

# gives, with errno for this call: gives_for ERRNO CODE WORDS ARGUMENT...
gives_for() {
	errno=$1
	shift
	gives "$@"
	errno=38
}
silent_of() {
	! grep -qF -- "$1" "$work/err" || fail "stderr says \"$1\": $(head -3 "$work/err")"
}

# What no kernel takes as a file is an error with -s, on any machine that plans for this one.
refused() {
	gives 253 "-s was given: $1" -s -l --dry-run --machine "$machine" "${@:2}"
}
refused "on x86 it takes only a bzImage, and this is an ELF file" "$wrap/uki-elf"
refused "on x86 it takes only a bzImage, and this is a multiboot kernel" "$FIXTURES/multiboot_kernels/one.flat"
refused "the command line has 2017 characters, and it passes at most 2016" --append "${long}x" "$work/kernel"
refused "on x86 it takes only a bzImage with a 64-bit entry, and this one has none" "$FIXTURES/bzimage/v20b"
gives 0 "" -s -l --dry-run --machine "$machine" --append "$long" "$work/kernel"
for option in --real-mode --entry-32bit "--module=$work/a" "--dtb=$work/a" --reuseinitrd --on-corruption=reboot; do
	gives 1 "needs kexec_load(2), and only kexec_file_load(2) can be used: -s was given" -s -l --dry-run \
		--machine "$machine" "$option" "$work/kernel"
done
gives 0 "warning: --reset-vga is ignored" -s -l --dry-run --machine "$machine" --reset-vga --noefi "$work/kernel"
grep -qF "warning: --noefi is ignored" "$work/err" || fail "-s --noefi does not warn"
gives 0 "warning: --module is ignored" -c -l --dry-run --machine "$machine" "--module=$work/a text" "$work/kernel"
gives 255 "serial port base" -l --dry-run --machine "$machine" --serial=0x10000 "$work/kernel"
gives 255 "baud rate" -l --dry-run --machine "$machine" --serial-baud=0 "$work/kernel"

# A unified kernel image is given as its parts.
gives 0 "" -s -l --dry-run --machine "$machine" "$wrap/uki-all" --initrd "$work/a"
says "kernel unpacked $wrap/uki-all"
[ "$(grep '^initrd' "$work/out")" = "initrd .ucode of $wrap/uki-all
initrd .initrd of $wrap/uki-all
initrd $work/a" ] || fail "the initrds of a UKI: $(cat "$work/out")"
says "cmdline root=/dev/sda quiet"
gives 0 "" -s -l --dry-run --machine "$machine" "$wrap/uki-all" --append mine
says "cmdline mine"
gives 0 "" -s -l --dry-run --machine "$machine" "$wrap/uki-all" --append ""
says "cmdline "

# Helpers that load no file.
gives 0 "" --load-jump-back-helper --entry=0x1000 --dry-run --arch x86_64
says "jump-back-helper entry 0x1000"
gives 1 "needs kexec_load(2)" -s --load-jump-back-helper --entry=0x1000 --dry-run --arch x86_64

# No loading below a hypervisor that would have to be asked.
sed 's/^end$/xen-dom0\nend/' "$machine" >"$work/dom0"
if kexec --print-machine --machine "$work/dom0"; then
	gives 1 "control domain of a Xen hypervisor" -l --dry-run --machine "$work/dom0" "$work/kernel"
else
	fail "the machine text of a dom0 is not taken: $(head -2 "$work/err")"
fi

[ "$(uname -m)" = x86_64 ] || exit $bad

# The seed of random numbers is for loads alone.
if kexec -l --dry-run --machine "$machine" "$work/kernel"; then
	cp "$work/out" "$work/first"
	kexec -l --dry-run --machine "$machine" "$work/kernel"
	cmp -s "$work/first" "$work/out" || fail "two dry runs differ: $(diff "$work/first" "$work/out" | head -3)"
fi

# Here the calls themselves. Straight to kexec_load(2), and no word of the other.
straight() {
	gives_for $EPERM:$EKEYREJECTED 255 "kexec_load failed: Operation not permitted" -l "$@"
	silent_of "kexec_file_load failed"
}
if kexec -l --dry-run "$work/kernel"; then
	straight "$work/kernel" --append "${long}x"
	straight "$work/kernel" --mem-max=0xffffffff
	straight "$work/kernel" --entry-32bit
	straight "$FIXTURES/bzimage/v20b"
	gives_for $EINVAL:$EKEYREJECTED 255 "needs a kernel built with CONFIG_KEXEC_JUMP" "$work/kernel" \
		--load-preserve-context --mem-min=0x1000000 --mem-max=0x7ffffff

	# A comfort that only kexec_load(2) has is tried there first, and given up where the kernel forbids it.
	gives_for $EPERM:$EKEYREJECTED 255 "did not help: $work/kernel: kexec_file_load failed" -l "$work/kernel" \
		--console-serial
	gives_for $EINVAL:$EKEYREJECTED 255 "kexec_load failed: Invalid argument" -l "$work/kernel" --console-serial
	silent_of "kexec_file_load failed"

	# The file goes first; then what the errno leaves.
	for e in $ENOSYS $EINVAL $ENOEXEC; do
		gives_for $EPERM:$e 255 "and kexec_load(2) did not help: kexec_load failed: Operation not permitted" \
			-l "$work/kernel"
		grep -qF "kexec_file_load failed" "$work/err" || fail "errno $e: the first refusal is not told"
	done
	gives_for $EINVAL:$EPERM 255 "kexec_file_load failed: Operation not permitted" -l "$work/kernel"
	silent_of "kexec_load failed"
	gives_for $EINVAL:$EKEYREJECTED 255 "-c loads by kexec_load(2)" -l "$work/kernel"
	silent_of "did not help"

	# What was done, where it was not what goes first: one line. Where it was, none.
	gives_for 0:$EINVAL 0 "kexec: kexec_load(2) was used: $work/kernel: kexec_file_load failed: Invalid" -l "$work/kernel"
	[ "$(wc -l <"$work/err")" -eq 1 ] || fail "more than one line: $(cat "$work/err")"
	gives_for $EINVAL:0 0 "" -l "$work/kernel"
	gives_for $EINVAL:0 0 "kexec_file_load(2): the kernel's own loader goes first" -d -l "$work/kernel"
	gives_for 0:$EINVAL 0 "" -c -l "$work/kernel"
	gives_for 0:$EINVAL 0 "kexec: kexec_load(2) was used: kexec_file_load(2) cannot follow --mem-max" -l \
		"$work/kernel" --mem-max=0xffffffff
	gives_for 0:$EINVAL 0 "kexec: kexec_load(2) was used: kexec_file_load(2) cannot load $FIXTURES/bzimage/v20b" -l \
		"$FIXTURES/bzimage/v20b"
	gives_for $EPERM:0 0 "warning: --console-serial is ignored" -l "$work/kernel" --console-serial
	grep -qF "kexec: kexec_file_load(2) was used: kexec_load failed: Operation not permitted" "$work/err" ||
		fail "the way that was taken is not told: $(cat "$work/err")"
	gives_for $EPERM:0 0 "warning: --type is ignored" -l "$work/kernel" --type bzImage64
	gives_for $EPERM:0 255 "Unsupported kernel type nonsense" -l "$work/kernel" --type nonsense
	gives_for $EINVAL:0 0 "warning: --no-checks had no effect" -i -l "$work/kernel"
elif grep -q "built without the purgatory" "$work/err"; then
	echo "this build has no x86_64 purgatory: only loads by file were looked at"
else
	fail "kexec -l --dry-run: $(head -3 "$work/err")"
fi
gives_for $EPERM:$EKEYREJECTED 255 "signature of the kernel inside of $wrap/uki-all" -s -l "$wrap/uki-all"
gives_for $EPERM:$EPERM 255 "kexec_load failed: Operation not permitted" --load-jump-back-helper --entry=0x1000

# The bytes that the kernel gets: sealed memory for what is inside, all initrds in one.
if command -v strace >/dev/null && strace -o /dev/null /bin/true 2>/dev/null; then
	strace -f -y -s 32 -o "$work/trace" -e trace=kexec_file_load,kexec_load,write,fcntl "$work/nokexec" 38 "$KEXEC" -s -l \
		"$wrap/uki-all" --initrd "$work/a" >"$work/out" 2>"$work/err"
	grep -qE 'kexec_file_load\([0-9]+</?memfd:kernel.*, [0-9]+</?memfd:initrd.*, 20, "root=/dev/sda quiet' \
		"$work/trace" || fail "UKI by kexec_file_load: $(grep kexec_file_load "$work/trace")"
	[ "$(grep -c 'F_ADD_SEALS.*F_SEAL_WRITE' "$work/trace")" -eq 2 ] || fail "kernel and initrd are not both sealed"
	size=$(stat -c %s "$wrap/part-bzimage")
	grep -qE "write\([0-9]+</?memfd:kernel.*= $size\$" "$work/trace" || fail "the kernel inside has $size bytes"

	strace -f -y -o "$work/trace" -e trace=kexec_load "$work/nokexec" 38 "$KEXEC" --load-jump-back-helper \
		--entry=0x1000 >"$work/out" 2>"$work/err"
	grep -qE 'kexec_load\(0x1000, 1, .*KEXEC_PRESERVE_CONTEXT' "$work/trace" ||
		fail "the way back: $(grep kexec_load "$work/trace")"
else
	echo "strace is not installed or may not trace here: the calls were not looked at"
fi
exit $bad
