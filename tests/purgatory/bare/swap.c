/* SPDX-License-Identifier: GPL-2.0-only */
/* The calls with r2 = 0 and r2 = 1: memory before the next kernel's first instruction, byte by byte. */
#include "bare.h"

static struct placed placed;

void test(void)
{
	place(&placed, 1);
	fill(PREFIX, 0x2000, SEED_LOWCORE);
	set_prefix(PREFIX);
	catch_program_checks(0);
	check(call_purgatory(placed.entry, 0) == 0);
	set_prefix(0);
	catch_program_checks(0);
	keep_low();
	call_purgatory(placed.entry, 1);
	check(!"purgatory came back");
}

/* Whether a byte at this distance from BASE was loaded, and so exchanged. */
static int loaded(uint64_t offset)
{
	for (const struct made_region *m = crash_regions; m->length; m++)
		if (offset >= m->start && offset - m->start < m->length)
			return 1;
	return 0;
}

void arrived(void)
{
	uint64_t own = (uint64_t)(uintptr_t)placed.purgatory - BASE;
	uint64_t code = (uint64_t)(next_kernel_end - next_kernel);

	/* 64-bit addresses, no DAT, nothing enabled, key 0, not waiting, supervisor. */
	check(read64(0xd80) == UINT64_C(0x0000000180000000));
	check(get_prefix() == 0);

	/* The lowcore was copied before this program wrote its registers into it. */
	check(memcmp(at(BASE), at(KEPT), 0x2000) == 0);
	check(memcmp(at(0x10010), next_kernel, (size_t)(next_kernel_arrival - next_kernel)) == 0);

	for (uint64_t offset = 0x2000; offset < SIZE; offset++) {
		uint8_t low = *at(offset), high = *at(BASE + offset);
		uint8_t old_low = pattern(offset, SEED_LOW), old_high = pattern(BASE + offset, SEED_HIGH);

		if (offset < 0x10000) {
			check(low == old_low);
			if (offset < own || offset >= own + placed.segment_size)
				check(high == old_high);
			continue;
		}
		check(high == old_low);
		if (offset >= 0x10010 && offset < 0x10010 + code)
			continue;
		check(low == (loaded(offset) ? old_high : old_low));
	}
}
