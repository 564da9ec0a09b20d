#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Each header compiles alone and twice, under the strictest warnings.
set -u
cd "$SRCDIR" || exit 1
bad=0
for header in include/*.h kexec/*.h kexec/*/*.h kexec/*/*/*.h kdump/*.h kdump/*/*.h; do
	[ -e "$header" ] || continue
	if ! printf '#include "%s"\n#include "%s"\n' "${header#include/}" "${header#include/}" |
		${CC:-cc} -std=c17 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Wconversion -Werror -fsyntax-only -Iinclude -I. -I"$BUILDDIR" -x c -; then
		echo "$header does not stand alone"
		bad=1
	fi
done
exit $bad
