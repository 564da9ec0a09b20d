#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The Power purgatories let pass what is intact, in both byte orders and by each SHA-256 that a CPU has.
# shellcheck source-path=SCRIPTDIR source=common_ppc64
. "$(dirname "$0")/common_ppc64"
prepare_ppc64
run_ppc64 --group starts
finish
