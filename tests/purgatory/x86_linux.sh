#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# Debian's Linux, entered by the x86-64 purgatory in 64-bit, 32-bit and real mode, prints its command line.
# shellcheck source-path=SCRIPTDIR source=common_x86
. "$(dirname "$0")/common_x86"
prepare_x86
linux=$(. "$SRCDIR/tests/setup/env" >/dev/null && printf '%s' "$X86_64_KERNELS/bookworm/vmlinuz")
[ -e "$linux" ] || skip "$linux not found (tests/setup/all fetches it)"
run_x86 --linux "$linux" --group linux
finish
