#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Power purgatories start nothing that was damaged or cannot be: they say what and where, and stay or reset.
# shellcheck source-path=SCRIPTDIR source=common_ppc64
. "$(dirname "$0")/common_ppc64"
prepare_ppc64
run_ppc64 --group refusals
finish
