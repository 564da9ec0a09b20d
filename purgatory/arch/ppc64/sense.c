/* SPDX-License-Identifier: GPL-2.0-only */
/* What a sound loader never writes. Runs on a host too, where a test tries each bound. */
#include "purgatory/arch/ppc64/sense.h"

#define END_32 (UINT64_C(1) << 32)

/* A kernel's first bytes, with the entry of the other CPUs and the word at 0x5c; the header of a device tree. */
#define KERNEL_LEAST 0x100
#define DEVICE_TREE_LEAST 40

/* Neither firmware has more code: skiboot's is less than 2 MiB, RTAS tells of some hundred KiB. */
#define FIRMWARE_MOST (UINT64_C(32) << 20)

static uint64_t value(const struct purgatory_params *params, unsigned int number, enum order order)
{
	return raw64_get(params->handoff[number], order);
}

/* Whether [start, start + size) lies in one region. */
static bool was_loaded(const struct purgatory_params *params, const struct purgatory_region *regions, uint64_t start,
		       uint64_t size, enum order order)
{
	uint32_t count = raw32_get(params->region_count, order);

	for (uint32_t i = 0; i < count; i++) {
		uint64_t from = raw64_get(regions[i].start, order);
		uint64_t length = raw64_get(regions[i].length, order);

		if (start >= from && start - from < length && size <= length - (start - from))
			return true;
	}
	return false;
}

bool ppc64_opal_is_plausible(uint64_t base, uint64_t entry)
{
	return base != 0 && entry % 4 == 0 && entry >= base && entry - base < FIRMWARE_MOST;
}

bool ppc64_rtas_is_plausible(uint64_t base, uint64_t entry, uint64_t token)
{
	return ppc64_opal_is_plausible(base, entry) && entry < END_32 && token < END_32;
}

static bool start_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions,
			      enum order order)
{
	uint64_t kernel = value(params, PURGATORY_PPC64_KERNEL, order);
	uint64_t tree = value(params, PURGATORY_PPC64_DEVICE_TREE, order);

	return kernel % 4 == 0 && was_loaded(params, regions, kernel, KERNEL_LEAST, order) && tree % 8 == 0 &&
	       was_loaded(params, regions, tree, DEVICE_TREE_LEAST, order) &&
	       value(params, PURGATORY_PPC64_RUN_AT_LOAD, order) <= 1;
}

static bool backup_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions,
			       enum order order)
{
	uint64_t source = value(params, PURGATORY_PPC64_BACKUP_SOURCE, order);
	uint64_t target = value(params, PURGATORY_PPC64_BACKUP_TARGET, order);
	uint64_t size = value(params, PURGATORY_PPC64_BACKUP_SIZE, order);
	uint64_t crash_start = raw64_get(params->crash_start, order);

	if (size == 0)
		return true;
	if (!(raw32_get(params->flags, order) & PURGATORY_FLAG_CRASH))
		return false;
	/* Regions of a crash load lie in the reservation: verify.c. So they cannot overlap what is in front of it. */
	return source <= crash_start && size <= crash_start - source && was_loaded(params, regions, target, size, order);
}

bool ppc64_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions, enum order order)
{
	return start_makes_sense(params, regions, order) && backup_makes_sense(params, regions, order) &&
	       value(params, PURGATORY_PPC64_CONSOLE, order) <= PURGATORY_PPC64_CONSOLE_OPAL;
}
