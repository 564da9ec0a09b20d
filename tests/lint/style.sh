#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# What doc/style forbids and a grep can see.
set -u
cd "$SRCDIR" || exit 1
bad=0

forbid() {
	local why=$1 pattern=$2
	shift 2
	if grep -rnE "$pattern" "$@"; then
		echo "^ $why"
		bad=1
	fi
}

c=(--include='*.c' --include='*.h' --include='*.S')
forbid "byte order belongs to include/bytes.h" '\b(htobe|htole|be[136][624]toh|le[136][624]toh|htonl|ntohl|htons|ntohs)|__BYTE_ORDER__|bswap' \
	include kexec kdump purgatory tests/unit "${c[@]}"
forbid "bytes are not wider integers: no such casts" '\((const )?(uint|u?int)(16|32|64)_t \*\)' include kexec kdump "${c[@]}"
forbid "a page size is a fact of the target" 'getpagesize\(' kexec kdump include "${c[@]}"
forbid "an address is a uint64_t" '\bunsigned long\b( long)? *(addr|address|start|end|base|mem)' kexec kdump include "${c[@]}"
forbid "no architecture conditionals outside exec/ and the hosts' hash selection" '#\s*(if|elif|ifdef).*__(s390x?|x86_64|i386|aarch64|powerpc64)__' \
	kexec/machine kexec/image kexec/plan kexec/arch kdump include "${c[@]}"
forbid "unfinished" '\b(TODO|FIXME|XXX|HACK)\b' include kexec kdump purgatory "${c[@]}"
forbid "no unbounded text functions" '\b(strcpy|strcat|sprintf|vsprintf|gets)\(' include kexec kdump purgatory "${c[@]}"

while read -r file; do
	head -2 "$file" | grep -q 'SPDX-License-Identifier: GPL-2.0-only' || {
		echo "$file has no SPDX line"
		bad=1
	}
	if [ "$(wc -l <"$file")" -gt 900 ]; then
		echo "$file is too long: more than one job?"
		bad=1
	fi
done < <(find include kexec kdump purgatory tests configure.ac Makefile.in autogen.sh -type f \
	\( -name '*.[chS]' -o -name '*.sh' -o -name '*.py' -o -name '*.lds' -o -name configure.ac -o -name Makefile.in \))
if awk 'length($0) > 120 { print FILENAME ":" FNR ": " length($0) " columns"; n++ } END { exit n > 0 }' \
	$(find include kexec kdump purgatory tests/unit -name '*.[chS]'); then :; else
	echo "^ longer than 120 columns"
	bad=1
fi
exit $bad
