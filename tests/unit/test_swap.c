/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exchange of memory as the s390x purgatory does it, compiled for this host and run over an array, against what the
 * paper machine says that memory is afterwards. Neither knows of the other.
 */
#include "kexec/exec/paper.h"
#include "made_plan.h"

/* Of machine.h, which is made of instructions of the target, the exchange needs this alone. */
#define PURGATORY_S390_MACHINE_H
#define S390_LOWCORE_SIZE UINT64_C(0x2000)
#include "purgatory/arch/s390/swap.c"

#define STEP ((size_t)0x1000)

/* The crashed kernel's memory: every page differs from every other, and from what was loaded. */
static void fill_crashed(uint8_t *memory)
{
	for (uint64_t at = 0; at < MADE_RAM; at += STEP) {
		memset(memory + at, (int)(at >> 12 & 0xff) ^ 0x5a, STEP);
		made_be64(memory + at, at | 1);
		made_be64(memory + at + STEP - 8, ~at);
	}
}

/* Where both rules say nothing: low memory that purgatory and meminfo have no copy of, and stays as it was. */
static void check_all(const struct paper *paper, const uint8_t *memory)
{
	uint8_t expected[STEP];

	for (uint64_t at = 0; at < MADE_RAM; at += STEP) {
		paper_read_after_swap(paper, at, expected, STEP);
		if (memcmp(memory + at, expected, STEP) != 0)
			fail_msg("page 0x%llx is not what the paper machine has", (unsigned long long)at);
	}
}

static void swap_and_compare(size_t initrd_size, enum elf_headers headers)
{
	struct scene m;
	struct paper paper;
	struct purgatory_verdict verdict;
	uint8_t *memory = calloc(1, MADE_RAM);

	assert_non_null(memory);
	made_plan_begin(&m, TARGET_CRASH);
	m.request.elf_headers = headers;
	if (initrd_size)
		made_plan_initrd(&m, initrd_size, 3);
	made_plan_seal(&m);
	check_ok(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err);
	fill_crashed(memory);
	for (uint64_t at = 0; at < MADE_RAM; at += STEP)
		if (!range_contains(MADE_CRASH, (struct range){ at, at + STEP }))
			paper_write(&paper, at, memory + at, STEP);

	/* After the check, as it happens: it writes its result into purgatory. */
	check_ok(paper_verify(&paper, &verdict, &m.err), &m.err);
	assert_int_equal(verdict.result, PURGATORY_RESULT_INTACT);
	for (uint64_t at = 0; at < MADE_RAM; at += STEP)
		paper_read(&paper, at, memory + at, STEP);

	const uint8_t *purgatory = memory + plan_segment(&m.plan, SEGMENT_PURGATORY)->range.start;
	struct purgatory_params params;

	memcpy(&params, purgatory + m.plan.purgatory.params_offset, sizeof(params));

	struct purgatory_region regions[PAPER_SEGMENT_MAX];
	uint32_t count = raw32_get(params.region_count, ORDER_BIG);

	assert_int_equal(count, m.plan.segment_count - 1);
	memcpy(regions, purgatory + raw64_get(params.regions_offset, ORDER_BIG), count * sizeof(regions[0]));
	s390_swap((uintptr_t)memory, &params, regions);
	s390_save_lowcore((uintptr_t)memory, &params);
	check_all(&paper, memory);

	/* That the comparison sees anything at all. */
	assert_memory_equal(memory + S390_ENTRY_TABLE, S390_ENTRY_MAGIC, sizeof(S390_ENTRY_MAGIC));
	assert_int_equal(memory[MADE_CRASH.start + 0x20000 + 8], 0x20 ^ 0x5a);

	paper_release(&paper);
	made_plan_end(&m);
	free(memory);
}

TEST(kernel_alone)
{
	BEGIN_TEST();
	swap_and_compare(0, ELF_HEADERS_AUTO);
}

TEST(kernel_and_initrd)
{
	BEGIN_TEST();
	swap_and_compare(1, ELF_HEADERS_AUTO);
	swap_and_compare(54321, ELF_HEADERS_AUTO);
}

/* To the last page of the reservation. */
TEST(a_full_reservation)
{
	BEGIN_TEST();
	swap_and_compare((size_t)(8 * MIB), ELF_HEADERS_AUTO);
	swap_and_compare((size_t)(8 * MIB) - STEP, ELF_HEADERS_ALWAYS);
}

CHECK_MAIN(cmocka_unit_test(kernel_alone), cmocka_unit_test(kernel_and_initrd), cmocka_unit_test(a_full_reservation))
