#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Which hand-offs the Power purgatories take for impossible.
# shellcheck source-path=SCRIPTDIR source=common
. "$(dirname "$0")/common"
# shellcheck disable=SC2086
${CC:-cc} -std=c17 -O1 -Wall -Wextra -Werror -I"$SRCDIR/include" -I"$SRCDIR" -o "$work/ppc64_sense" \
	"$SRCDIR/tests/purgatory/ppc64_sense.c" "$SRCDIR/purgatory/arch/ppc64/sense.c"
"$work/ppc64_sense"
