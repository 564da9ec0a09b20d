#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Power purgatories on a machine with OPAL and no hypervisor: hand-off, messages, reset, in both byte orders.
# shellcheck source-path=SCRIPTDIR source=common_ppc64
. "$(dirname "$0")/common_ppc64"
prepare_ppc64
if [ -z "${SKIBOOT:-}" ] && [ -e "$SRCDIR/tests/setup/env" ]; then
	SKIBOOT=$(. "$SRCDIR/tests/setup/env" >/dev/null && printf '%s' "$KEXEC_TEST_CACHE/roots/qemu-ppc64/usr/share/qemu/skiboot.lid")
fi
[ -e "${SKIBOOT:-}" ] || skip "skiboot.lid, OPAL for QEMU, not found (tests/setup/all fetches it, or set SKIBOOT)"
run_ppc64 --skiboot "$SKIBOOT" --group powernv
finish
