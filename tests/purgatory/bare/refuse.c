/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where purgatory cannot return: DAMAGE (a statement) is done between the first call, which finds all intact,
 * and the second. The script knows which wait must follow, and compares absolute [0, KEPT_SIZE) with what was
 * there.
 */
#include "bare.h"

#ifndef POLICY
#define POLICY PURGATORY_ON_CORRUPTION_HALT
#endif

/* A program must not see these in memory by chance. */
#define BEFORE_RESET UINT64_C(0x6265666f72650a01)

static struct placed placed;

void test(void)
{
	/* The second time: the machine was loaded anew, as it was to be. */
	if (POLICY == PURGATORY_ON_CORRUPTION_REBOOT && read64(MARK) == BEFORE_RESET) {
		write64(MARK, 0);
		bare_end(BARE_PASSED);
	}
	place(&placed, 1);
	placed.params->on_corruption = raw32_make(POLICY, ORDER_BIG);
	sign(&placed);
	catch_program_checks(0);
	check(call_purgatory(placed.entry, 0) == 0);
	DAMAGE;
	write64(MARK, BEFORE_RESET);
	/* Low-address protection on, to see that it is minded. */
	set_cr0(get_cr0() | UINT64_C(0x10000000));
	keep_low();
	call_purgatory(placed.entry, 1);
	check(!"purgatory came back");
}

void arrived(void)
{
	check(!"purgatory started a damaged kernel");
}
