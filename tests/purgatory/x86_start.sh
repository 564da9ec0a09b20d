#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The x86-64 purgatory lets pass what is intact: into 64-bit, 32-bit and real mode, by each SHA-256 that a CPU has.
# shellcheck source-path=SCRIPTDIR source=common_x86
. "$(dirname "$0")/common_x86"
prepare_x86
run_x86 --group starts
finish
