#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What makes no sense in /proc/kcore, /proc/kallsyms, /sys/firmware or the boot parameters ends no load: it is as if it
# were not there, loads that would have used it warn, and the machine text says why.
set -u
. "$SRCDIR/tests/cli/helper"

tree=$work/tree
kcore=$tree/proc/kcore
kallsyms=$tree/proc/kallsyms
systab=$tree/sys/firmware/efi/systab
end=$tree/sys/firmware/memmap/0/end
params=$tree/sys/kernel/boot_params/data
kernel_words="the core header has no virtual addresses"
firmware_words="what the machine tells of its firmware is not used where it makes no sense"

bzimage "$work/kernel" 100000
make_root "$tree" "00001000-0009fbff : System RAM" "00100000-3fffffff : System RAM" "  01000000-019fffff : Kernel code" \
	"  2f000000-3effffff : Crash kernel"
mkdir -p "$tree/sys/devices/system/cpu/cpu0" "${systab%/*}" "${end%/*}" "${params%/*}"
echo 0x100000 >"$tree/sys/devices/system/cpu/cpu0/crash_notes"
echo "0x200000 1024" >"$tree/sys/kernel/vmcoreinfo"
echo 0x0 >"${end%/*}/start"
echo "System RAM" >"${end%/*}/type"

make_sound() {
	cp "$FIXTURES/kcore/plain.kcore" "$kcore"
	rm -f "$kallsyms"
	echo "ACPI20=0x3f7fe014" >"$systab"
	echo 0x3fffffff >"$end"
	head -c 4096 /dev/zero >"$params"
}

# load WORDS OPTION...: succeeds; words as with gives
load() {
	gives 0 "$1" -l --dry-run --root "$tree" --arch x86_64 "${@:2}" "$work/kernel"
}
silent_of() {
	! grep -qF -- "$1" "$work/err" || fail "stderr says \"$1\": $(grep -F -m1 -- "$1" "$work/err")"
}

# told FILE FINDING: in a comment of the machine text, which is the text of a machine where all else is as it was
told() {
	gives 0 "" --print-machine --root "$tree" --arch x86_64
	grep '^# .* not used: "' "$work/out" | grep -F -- "$1" | grep -qF -- "$2" ||
		fail "the machine text has no comment \"$2\" on $1: $(grep '^#' "$work/out")"
	cp "$work/out" "$work/text"
	gives 0 "" --print-machine --machine "$work/text"
	grep -v '^# .* not used: "' "$work/text" | cmp -s - "$work/out" || fail "$1: the machine text is read as another machine"
	grep -q '^resource 0 0x100000 0x40000000 "System RAM"$' "$work/out" || fail "$1: memory is lost from the text"
}

make_sound
load "" -s
has_plans=1
if ! kexec -c -l --dry-run --root "$tree" --arch x86_64 "$work/kernel"; then
	grep -q "built without the purgatory" "$work/err" || fail "kexec -c -l: $(head -3 "$work/err")"
	echo "this build has no x86_64 purgatory: only loads by file and machine texts were looked at"
	has_plans=0
fi
if [ $has_plans -eq 1 ]; then
	silent_of "makes no sense"
	load - -c -p
	silent_of "makes no sense"
	silent_of "$kernel_words"
fi

# odd_kernel FILE FINDING: of no concern but for dumps
odd_kernel() {
	load "" -s
	told "$@"
	! grep -qE '^(direct-map|kernel-text)' "$work/out" || fail "half a kernel map is left: $(grep -m1 -E '^(d|k)' "$work/out")"
	[ $has_plans -eq 1 ] || return
	load - -c
	silent_of "makes no sense"
	load "$kernel_words" -c -p
	grep -F "$kernel_words" "$work/err" | grep -F -- "$1" | grep -qF -- "$2" ||
		fail "the warning does not say \"$2\" of $1: $(head -3 "$work/err")"
	[ "$(grep -c "virtual addresses" "$work/err")" -eq 1 ] || fail "told twice: $(cat "$work/err")"
	silent_of "$firmware_words"
}
: >"$kcore"
odd_kernel "$kcore" "the file is cut off"
echo "no kernel, and longer than the header of an ELF file, which has 64 bytes" >"$kcore"
odd_kernel "$kcore" "ELF"
cp "$FIXTURES/kcore/kaslr.kcore" "$kcore"
odd_kernel "$kcore" "these do not describe one running kernel"
cp "$FIXTURES/kcore/old.kcore" "$kcore"
echo "nonsense" >"$kallsyms"
odd_kernel "$kallsyms" "nonsense"
make_sound

# odd_firmware FILE FINDING
odd_firmware() {
	local target

	load "" -s
	told "$@"
	[ $has_plans -eq 1 ] || return
	for target in "" -p; do
		load "$firmware_words" -c $target
		grep -F "$firmware_words" "$work/err" | grep -F -- "$1" | grep -qF -- "$2" ||
			fail "the warning does not say \"$2\" of $1: $(head -3 "$work/err")"
		silent_of "$kernel_words"
	done
}
echo "ACPI20=odd" >"$systab"
odd_firmware "$systab" "ACPI20=odd"
make_sound
echo "none" >"$end"
odd_firmware "$end" "none"
make_sound
echo "short" >"$params"
odd_firmware "$params" "has 6 bytes"
make_sound

# Both, and in a tree whose name has a line end: the comment is still one.
tree=$work/'tree
end
xen-dom0 '
mv "$work/tree" "$tree"
: >"$tree/proc/kcore"
echo "ACPI20=odd" >"$tree/sys/firmware/efi/systab"
load "" -s
told "proc/kcore" "cut off"
told "efi/systab" "ACPI20=odd"
if [ $has_plans -eq 1 ]; then
	load "$firmware_words" -c -p
	grep -qF "$kernel_words" "$work/err" || fail "of two problems one is told: $(head -3 "$work/err")"
fi
exit $bad
