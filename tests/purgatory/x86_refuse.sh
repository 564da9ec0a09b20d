#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The x86-64 purgatory starts nothing that was damaged or cannot be: it says what and where, and halts or resets.
# shellcheck source-path=SCRIPTDIR source=common_x86
. "$(dirname "$0")/common_x86"
prepare_x86
run_x86 --group refusals
finish
