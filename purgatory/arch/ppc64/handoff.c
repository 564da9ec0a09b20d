/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What entry.S calls, on purgatory's own stack. Linux 7.2: arch/powerpc/kernel/misc_64.S, kexec_sequence (who comes
 * here, and in which state); arch/powerpc/kernel/head_64.S (what the next kernel expects).
 */
#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "purgatory/arch/ppc64/machine.h"
#include "purgatory/arch/ppc64/refuse.h"
#include "purgatory/arch/ppc64/sense.h"
#include "purgatory/env.h"
#include "purgatory/mem.h"
#include "purgatory_abi.h"

/* Flattened device tree, header: v17 of the Devicetree Specification, 5.2. */
#define BOOT_CPUID_PHYS 28

/* __run_at_load of Linux: "run0" in the order of that kernel where nobody has set it, 1 for "run where you are". */
#define RUN_AT_LOAD 0x5c
#define RUN_AT_LOAD_UNSET UINT32_C(0x72756e30)

/* purgatory.lds */
extern uint8_t purgatory_image[];
extern uint8_t purgatory_memory_end[];
extern struct purgatory_params purgatory_params;

__attribute__((noreturn)) void ppc64_start(uint64_t cpu);

static uint64_t handoff(unsigned int number)
{
	return raw64_get(purgatory_params.handoff[number], ppc64_order());
}

static const uint8_t *map(const void *cookie, uint64_t address, uint64_t *length)
{
	(void)cookie;
	(void)length;
	return ppc64_at(address);
}

static uint64_t own_limit(void)
{
	uint64_t least = (uint64_t)(purgatory_memory_end - purgatory_image) +
			 PURGATORY_PPC64_REGIONS_MOST * sizeof(struct purgatory_region);

	return (least + PPC64_PAGE_SIZE - 1) & ~(PPC64_PAGE_SIZE - 1);
}

static const struct purgatory_region *proved_regions(void)
{
	return (const struct purgatory_region *)(purgatory_image +
						 raw64_get(purgatory_params.regions_offset, ppc64_order()));
}

static struct purgatory_verdict verify(void)
{
	purgatory_map_fn *here = map;
	struct purgatory_verdict verdict;

	/*
	 * Else a compiler may keep the whole struct as initialised data, in which a pointer needs relocation.
	 */
	__asm__("" : "+r"(here));

	const struct purgatory_memory memory = { .order = ppc64_order(), .map = here };

	verdict = purgatory_verify(purgatory_image, own_limit(), (uintptr_t)purgatory_image, &memory, sha256_best());
	if (purgatory_may_start(verdict) && !ppc64_makes_sense(&purgatory_params, proved_regions(), ppc64_order())) {
		verdict.result = PURGATORY_RESULT_MALFORMED;
		purgatory_params.result = raw32_make(verdict.result, ppc64_order());
	}
	return verdict;
}

static void back_up(void)
{
	memcpy(ppc64_at(handoff(PURGATORY_PPC64_BACKUP_TARGET)), ppc64_at(handoff(PURGATORY_PPC64_BACKUP_SOURCE)),
	       (size_t)handoff(PURGATORY_PPC64_BACKUP_SIZE));
}

/* A device tree is big endian everywhere, and Linux looks for the node of this CPU first. */
static void tell_cpu(uint64_t tree, uint64_t cpu)
{
	struct be32 *boot_cpuid = ppc64_at(tree + BOOT_CPUID_PHYS);

	*boot_cpuid = be32_make((uint32_t)cpu);
}

/* A word that is neither "run0" in one of the orders belongs to a kernel that cannot be told. */
static void tell_where_to_run(uint64_t kernel)
{
	struct raw32 *word = ppc64_at(kernel + RUN_AT_LOAD);

	if (raw32_get(*word, ORDER_BIG) == RUN_AT_LOAD_UNSET)
		*word = raw32_make(1, ORDER_BIG);
	else if (raw32_get(*word, ORDER_LITTLE) == RUN_AT_LOAD_UNSET)
		*word = raw32_make(1, ORDER_LITTLE);
}

/* The region that the kernel is in. Linux' own flush, before, knows nothing of what purgatory has changed. */
static void make_kernel_executable(uint64_t kernel)
{
	const struct purgatory_region *regions = proved_regions();
	uint32_t count = raw32_get(purgatory_params.region_count, ppc64_order());

	for (uint32_t i = 0; i < count; i++) {
		uint64_t start = raw64_get(regions[i].start, ppc64_order());
		uint64_t length = raw64_get(regions[i].length, ppc64_order());

		if (kernel >= start && kernel - start < length)
			ppc64_make_executable(start, length);
	}
}

void ppc64_start(uint64_t cpu)
{
	struct purgatory_verdict verdict = verify();

	if (!purgatory_may_start(verdict))
		ppc64_refuse(verdict);

	const struct ppc64_leave leave = {
		.kernel = handoff(PURGATORY_PPC64_KERNEL),
		.device_tree = handoff(PURGATORY_PPC64_DEVICE_TREE),
		.opal_base = handoff(PURGATORY_PPC64_OPAL_BASE),
		.opal_entry = handoff(PURGATORY_PPC64_OPAL_ENTRY),
	};

	back_up();
	tell_cpu(leave.device_tree, cpu);
	if (handoff(PURGATORY_PPC64_RUN_AT_LOAD))
		tell_where_to_run(leave.kernel);
	make_kernel_executable(leave.kernel);
	ppc64_leave(&leave);
}
