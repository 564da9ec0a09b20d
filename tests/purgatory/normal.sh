#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# kexec -e: entered by a reset in 31-bit mode, leaves in the state of a reset.
# shellcheck source-path=SCRIPTDIR source=common
. "$(dirname "$0")/common"
find_tool S390X_CC s390x-linux-gnu-gcc
find_tool QEMU_S390X qemu-system-s390x
find_purgatory

build_bare normal normal.c
run_bare normal --expect 0x600d
build_bare normal-damaged normal.c -DDAMAGE='*at(0x12345) ^= 1'
run_bare normal-damaged --expect 0x4b5841 --kept \
	--says 'not started: kernel (0x12000-0x43000) was changed after it was loaded'
build_bare normal-for-crash normal.c \
	-DDAMAGE='placed.params->flags = raw32_make(PURGATORY_FLAG_CRASH, ORDER_BIG); sign(&placed)'
run_bare normal-for-crash --expect 0x4b5802 --kept
finish
