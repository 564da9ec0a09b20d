#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which hand-offs the x86-64 purgatory takes for impossible.
# shellcheck source-path=SCRIPTDIR source=common
. "$(dirname "$0")/common"
# shellcheck disable=SC2086
${CC:-cc} -std=c17 -O1 -Wall -Wextra -Werror -I"$SRCDIR/include" -I"$SRCDIR" -o "$work/x86_sense" \
	"$SRCDIR/tests/purgatory/x86_sense.c" "$SRCDIR/purgatory/arch/x86/sense.c"
"$work/x86_sense"
