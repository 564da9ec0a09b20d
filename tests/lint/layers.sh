#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Who may include whom: base < machine, image < plan < arch < main > exec (doc/architecture). Looks at the #include
# lines with a path; the contracts in include/ are open to all but purgatory/.
set -u
cd "$SRCDIR" || exit 1
bad=0

# check ROOM FOLDERS-IT-MAY-INCLUDE...
check() {
	local room=$1 file line target ok allowed
	shift
	while IFS=: read -r file line; do
		target=$(sed 's/.*"\(.*\)".*/\1/' <<<"$line")
		ok=no
		for allowed in "$@"; do
			case "$target" in "$allowed"/*) ok=yes ;; esac
		done
		if [ $ok = no ]; then
			echo "$file includes $target; $room may include only: $*"
			bad=1
		fi
	done < <(grep -rHE '^#include "(kexec|kdump|purgatory)/' "$room" --include='*.[chS]')
}

check kexec/base kexec/base purgatory
check kexec/machine kexec/machine kexec/base
check kexec/image kexec/image kexec/base
check kexec/plan kexec/plan kexec/base
check kexec/arch kexec/arch kexec/base kexec/image kexec/machine kexec/plan
check kexec/exec kexec/exec kexec/base purgatory
check kdump kdump kexec/base kexec/image

# The library knows nothing of the programs around it, and its rooms are dump < kernel < write.
if grep -nE '^#include "kdump/(capture|vmcore-dmesg|vmcore-save|kdump-service)/' kdump/*.[ch] kdump/dump/*.[ch] \
	kdump/kernel/*.[ch] kdump/write/*.[ch] kdump/service/*.[ch]; then
	echo "kdump/ is a library of its programs, not the other way round"
	bad=1
fi
if grep -nE '^#include "kdump/(kernel|write)/' kdump/dump/*.[ch] ||
	grep -nE '^#include "kdump/write/' kdump/kernel/*.[ch]; then
	echo "in kdump/, dump/ is below kernel/, and kernel/ below write/"
	bad=1
fi

# plan/ and arch/ are pure: they open nothing and print nothing.
if grep -rnE '\b(open|fopen|openat|popen|system|getenv|printf|puts|perror|exit|abort|getopt_long)\(' \
	kexec/plan kexec/arch kexec/image/elf.c kexec/image/s390.c kexec/image/bzimage.c kexec/image/multiboot.c \
	kexec/image/multiboot2.c kexec/image/pe.c kexec/image/uki.c kexec/image/zboot.c kexec/image/linux_efi.c \
	--include='*.c' | grep -v 'fprintf(out'; then
	echo "plan/ and arch/ and the parsers must be pure functions"
	bad=1
fi

# Only exec/ and main call the kernel's load and reboot, and fadump-capture and kdump-service their reboot, in one file.
if grep -rnE '\b(syscall|reboot)\(' kexec/base kexec/machine kexec/image kexec/plan kexec/arch kdump --include='*.c' |
	grep -vE '^kdump/(capture|kdump-service)/restart\.c:.*reboot\(RB_[A-Z_]+\)'; then
	echo "only kexec/exec may call the kernel"
	bad=1
fi

# Purgatories see the ABI, their own folder and the compiler's headers.
while IFS=: read -r file line; do
	target=$(sed 's/.*[<"]\(.*\)[>"].*/\1/' <<<"$line")
	case "$target" in
	purgatory_abi.h | sha256.h | meminfo.h | bytes.h | env.h | purgatory/* | stddef.h | stdint.h | stdbool.h) ;;
	immintrin.h | x86intrin.h | arm_neon.h | altivec.h | cpuid.h) ;;
	*)
		[ -e "$(dirname "$file")/$target" ] && continue
		echo "$file includes $target: not for purgatories"
		bad=1
		;;
	esac
done < <(grep -rHE '^#include' purgatory --include='*.[chS]')
exit $bad
