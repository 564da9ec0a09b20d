#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# The two calls by which Linux on s390 uses a purgatory: verify and return, verify and start.
# shellcheck source-path=SCRIPTDIR source=common
. "$(dirname "$0")/common"
find_tool S390X_CC s390x-linux-gnu-gcc
find_tool QEMU_S390X qemu-system-s390x
find_purgatory

build_bare verify verify.c
run_bare verify --expect 0x600d
build_bare swap swap.c
run_bare swap --expect 0x600d
# A reservation where control blocks of 31 bits do not reach.
build_bare swap-high swap.c -DBASE='UINT64_C(0xa0000000)'
run_bare swap-high --expect 0x600d --memory 3072
finish
