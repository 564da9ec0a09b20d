/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What entry.S calls, on purgatory's own stack. Linux 6.12: arch/s390/kernel/machine_kexec.c (who calls, and
 * in which state), arch/s390/boot/head.S (what the next kernel expects).
 */
#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "purgatory/arch/s390/machine.h"
#include "purgatory/arch/s390/refuse.h"
#include "purgatory/arch/s390/swap.h"
#include "purgatory/env.h"
#include "purgatory_abi.h"

/* purgatory.lds */
extern uint8_t purgatory_image[];
extern struct purgatory_params purgatory_params;

/*
 * Between the lowcore (or its copy) and the first address of a kernel: so large may purgatory be, wherever it
 * lies.
 */
#define OWN_LOWEST S390_LOWCORE_SIZE
#define OWN_LIMIT (S390_SWAP_FROM - OWN_LOWEST)

int s390_verify(void);
__attribute__((noreturn)) void s390_start_crash(void);
__attribute__((noreturn)) void s390_start_normal(void);

static uint64_t params64(struct raw64 field)
{
	return raw64_get(field, ORDER_BIG);
}

/*
 * Real addresses; with prefixing on, none of the loaded regions is below the lowcore's size or in the prefix
 * area.
 */
static const uint8_t *map(const void *cookie, uint64_t address, uint64_t *length)
{
	(void)cookie;
	(void)length;
	return s390_at(address);
}

/* What the swap relies on. */
static bool crash_makes_sense(void)
{
	uint64_t own = (uint64_t)(uintptr_t)purgatory_image;
	uint64_t start = params64(purgatory_params.crash_start);
	uint64_t end = params64(purgatory_params.crash_end);
	uint64_t entry = params64(purgatory_params.handoff[PURGATORY_S390_ENTRY]);

	if (end < start || end - start < S390_SWAP_FROM || start < end - start)
		return false;
	if (own < start + OWN_LOWEST ||
	    own + params64(purgatory_params.segment_size) > start + S390_SWAP_FROM)
		return false;
	return entry >= S390_SWAP_FROM && entry < end - start;
}

/* The entry goes into a PSW of 31 bits. */
static bool normal_makes_sense(void)
{
	uint64_t entry = params64(purgatory_params.handoff[PURGATORY_S390_ENTRY]);

	return entry >= OWN_LOWEST && entry < UINT64_C(0x80000000) && entry % 2 == 0;
}

static struct purgatory_verdict verify(bool crash)
{
	purgatory_map_fn *here = map;
	struct purgatory_verdict verdict;
	bool made_for_crash = raw32_get(purgatory_params.flags, ORDER_BIG) & PURGATORY_FLAG_CRASH;

	/*
	 * Else a compiler may keep the whole struct as initialised data, in which a pointer needs relocation.
	 */
	__asm__("" : "+r"(here));

	const struct purgatory_memory memory = { .order = ORDER_BIG, .map = here };

	verdict = purgatory_verify(purgatory_image, OWN_LIMIT, (uint64_t)(uintptr_t)purgatory_image, &memory,
				   sha256_best());
	if (!purgatory_may_start(verdict))
		return verdict;
	if (crash != made_for_crash || !(crash ? crash_makes_sense() : normal_makes_sense())) {
		verdict.result = PURGATORY_RESULT_MALFORMED;
		purgatory_params.result = raw32_make(verdict.result, ORDER_BIG);
	}
	return verdict;
}

/* Prefixing is on: absolute 0 and the lowcore are the panicking kernel's. */
int s390_verify(void)
{
	return purgatory_may_start(verify(true)) ? 0 : 1;
}

/* Prefix is 0, the channel subsystem is reset, the save area is at absolute 0x1200. */
void s390_start_crash(void)
{
	uint64_t table = params64(purgatory_params.regions_offset);
	struct purgatory_verdict verdict;

	s390_take_lowcore();
	verdict = verify(true);
	if (!purgatory_may_start(verdict))
		s390_refuse(&purgatory_params, verdict);
	s390_swap(0, &purgatory_params, (const struct purgatory_region *)(purgatory_image + table));
	s390_give_lowcore_back();
	s390_save_lowcore(0, &purgatory_params);
	s390_load_psw((struct s390_psw){
		S390_PSW_64BIT,
		params64(purgatory_params.handoff[PURGATORY_S390_ENTRY]),
	});
}

/*
 * After diagnose 308 subcode 0, entered by the short PSW at absolute 0: the next kernel is entered by one as
 * well.
 */
void s390_start_normal(void)
{
	struct purgatory_verdict verdict;
	struct be32 *restart = s390_at(0);

	s390_take_lowcore();
	verdict = verify(false);
	if (!purgatory_may_start(verdict))
		s390_refuse(&purgatory_params, verdict);
	s390_give_lowcore_back();

	uint64_t entry = params64(purgatory_params.handoff[PURGATORY_S390_ENTRY]);

	restart[0] = be32_make(S390_SHORT_PSW_MASK);
	restart[1] = be32_make(S390_SHORT_PSW_31BIT | (uint32_t)entry);
	s390_leave_by_restart_psw();
}
