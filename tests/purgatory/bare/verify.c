/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The call with r2 = 0, as the kernel makes it while it panics: prefixing on, r15 no stack, r7 holds what the
 * kernel comes back by.
 */
#include "bare.h"

#define CR0_AFP_REGISTERS UINT64_C(0x40000)

static struct placed placed;

/* All that is not purgatory's: absolute 0, the prefix area, low memory, the reservation around purgatory. */
static uint64_t sum_of_the_rest(void)
{
	uint64_t own = (uint64_t)(uintptr_t)placed.purgatory;
	uint64_t behind = own + placed.segment_size;

	return sum_of(0, SIZE) ^ 3 * sum_of(PREFIX, 0x2000) ^ 5 * sum_of(BASE, own - BASE) ^
	       7 * sum_of(behind, BASE + SIZE - behind);
}

static uint64_t verify(void)
{
	uint64_t floats[16], floats_after[16];
	uint64_t cr0 = get_cr0() | CR0_AFP_REGISTERS;
	uint64_t before, result;
	uint32_t fpc = 0x00080000, fpc_after;

	set_cr0(cr0);
	for (unsigned int i = 0; i < 16; i++) {
		call_purgatory_in[i] = UINT64_C(0xdeadbeef00000001) * (i + 3);
		floats[i] = UINT64_C(0x0123456789abcdef) * (i + 1);
	}
	load_floats(floats);
	__asm__ volatile("lfpc %0" : : "Q"(fpc));
	before = sum_of_the_rest();

	/* The int has an arbitrary upper half: only its low one counts. */
	result = call_purgatory(placed.entry, UINT64_C(0xffffffff00000000));

	check(sum_of_the_rest() == before);
	store_floats(floats_after);
	__asm__ volatile("stfpc %0" : "=Q"(fpc_after));
	check(memcmp(floats, floats_after, sizeof(floats)) == 0);
	check(fpc == fpc_after);
	for (unsigned int i = 6; i < 16; i++)
		check(call_purgatory_out[i] == call_purgatory_in[i]);
	check(get_prefix() == PREFIX);
	check(get_cr0() == cr0);
	return result;
}

static void check_outcome(uint64_t result, uint32_t written, uint32_t region)
{
	check(verify() == result);
	check(raw32_get(placed.params->result, ORDER_BIG) == written);
	check(raw32_get(placed.params->result_region, ORDER_BIG) == region);
}

static void check_flips(void)
{
	for (uint32_t i = 0; i < placed.count; i++) {
		uint64_t start = raw64_get(placed.regions[i].start, ORDER_BIG);
		uint64_t length = raw64_get(placed.regions[i].length, ORDER_BIG);
		uint64_t where[] = { start, start + length / 2, start + length - 1 };

		for (unsigned int j = 0; j < 3; j++) {
			*at(where[j]) ^= 0x40;
			if (crash_regions[i].flags & PURGATORY_REGION_HASHED)
				check_outcome(1, PURGATORY_RESULT_REGION_DAMAGED, i);
			else
				check_outcome(0, PURGATORY_RESULT_INTACT, 0);
			*at(where[j]) ^= 0x40;
		}
	}
	placed.regions[1].sha256[31] ^= 1;
	check_outcome(1, PURGATORY_RESULT_TABLE_DAMAGED, 0);
	placed.regions[1].sha256[31] ^= 1;
	placed.params->digest[0] ^= 1;
	check_outcome(1, PURGATORY_RESULT_TABLE_DAMAGED, 0);
	placed.params->digest[0] ^= 1;
	placed.params->crash_end.b[4] ^= 1;
	check_outcome(1, PURGATORY_RESULT_TABLE_DAMAGED, 0);
	placed.params->crash_end.b[4] ^= 1;
	/* Far beyond the memory of this machine, if it were followed. */
	placed.params->region_count.b[0] ^= 0x80;
	check_outcome(1, PURGATORY_RESULT_TABLE_DAMAGED, 0);
	placed.params->segment_size.b[2] ^= 0x80;
	check_outcome(1, PURGATORY_RESULT_TABLE_DAMAGED, 0);
	placed.params->segment_size.b[2] ^= 0x80;
	placed.params->region_count.b[0] ^= 0x80;
	check_outcome(0, PURGATORY_RESULT_INTACT, 0);
}

/* Signed, and nothing that the swap could be done with. */
static void check_nonsense(void)
{
	struct purgatory_params params = *placed.params;

	placed.params->flags = raw32_make(0, ORDER_BIG);
	sign(&placed);
	check_outcome(1, PURGATORY_RESULT_MALFORMED, 0);
	*placed.params = params;

	placed.params->handoff[0] = raw64_make(SIZE, ORDER_BIG);
	sign(&placed);
	check_outcome(1, PURGATORY_RESULT_MALFORMED, 0);
	*placed.params = params;

	/* The reservation below its own size: low and high memory would overlap. */
	placed.params->crash_end = raw64_make(2 * BASE + 0x1000, ORDER_BIG);
	sign(&placed);
	check_outcome(1, PURGATORY_RESULT_MALFORMED, 0);
	*placed.params = params;

	/* Purgatory outside of its place: it would exchange itself. */
	placed.params->crash_start = raw64_make(BASE - 0x8000, ORDER_BIG);
	sign(&placed);
	check_outcome(1, PURGATORY_RESULT_MALFORMED, 0);
	*placed.params = params;

	placed.params->flags = raw32_make(PURGATORY_FLAG_CRASH | PURGATORY_FLAG_SKIP_CHECKS, ORDER_BIG);
	sign(&placed);
	*at(BASE + 0x12000) ^= 1;
	check_outcome(0, PURGATORY_RESULT_SKIPPED, 0);
	*at(BASE + 0x12000) ^= 1;
	*placed.params = params;
	check_outcome(0, PURGATORY_RESULT_INTACT, 0);
}

void test(void)
{
	place(&placed, 1);
	fill(PREFIX, 0x2000, SEED_LOWCORE);
	set_prefix(PREFIX);
	/* From here on, real [0, 0x2000) is absolute PREFIX, and real PREFIX is absolute 0. */
	catch_program_checks(0);
	check_outcome(0, PURGATORY_RESULT_INTACT, 0);
	check_flips();
	check_nonsense();
	set_prefix(0);
}

void arrived(void)
{
	check(!"purgatory started the next kernel when asked to verify");
}
