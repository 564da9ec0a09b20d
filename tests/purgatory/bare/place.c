/* SPDX-License-Identifier: GPL-2.0-only */
#include "bare.h"

#define ALL PURGATORY_REGION_HASHED

/* meminfo, parmarea, kernel, an initrd at an odd address with an odd length, and one that is not hashed. */
const struct made_region crash_regions[] = {
	{ 0xf000, 0x1000, 5, ALL },	  { 0x10000, 0x2000, 6, ALL }, { 0x12000, 0x31000, 1, ALL },
	{ 0x100123, 0x2345f, 2, ALL },	  { SIZE - 0x9000, 0x1000, 4, 0 },
	{ 0, 0, 0, 0 },
};

const struct made_region normal_regions[] = {
	{ 0x10000, 0x2000, 6, ALL },
	{ 0x12000, 0x31000, 1, ALL },
	{ 0x100123, 0x2345f, 2, ALL },
	{ 0, 0, 0, 0 },
};

uint8_t pattern(uint64_t address, unsigned int seed)
{
	uint64_t mixed = (address / 8 + 1) * UINT64_C(0x9e3779b97f4a7c15) * (2 * seed + 1);

	return (uint8_t)(mixed >> (8 * (address % 8)));
}

void fill(uint64_t start, uint64_t length, unsigned int seed)
{
	for (uint64_t i = 0; i < length; i++)
		*at(start + i) = pattern(start + i, seed);
}

int filled(uint64_t start, uint64_t length, unsigned int seed)
{
	for (uint64_t i = 0; i < length; i++)
		if (*at(start + i) != pattern(start + i, seed))
			return 0;
	return 1;
}

uint64_t sum_of(uint64_t start, uint64_t length)
{
	uint64_t sum = length;

	for (uint64_t i = 0; i < length; i += 8)
		sum = (sum << 13 | sum >> 51) + read64(start + i) * UINT64_C(0x9e3779b97f4a7c15);
	return sum;
}

void sign(struct placed *placed)
{
	struct sha256 sha;

	sha256_start(&sha, sha256_blocks_portable);
	sha256_add(&sha, placed->params, offsetof(struct purgatory_params, result));
	sha256_add(&sha, placed->regions, placed->count * sizeof(struct purgatory_region));
	sha256_finish(&sha, placed->params->digest);
}

static void place_next_kernel(uint64_t address)
{
	memcpy(at(address), next_kernel, (size_t)(next_kernel_end - next_kernel));
	write64(address + (uint64_t)(next_kernel_arrival - next_kernel), (uint64_t)(uintptr_t)arrive);
}

static void place_purgatory(struct placed *placed, int crash)
{
	size_t file_size = (size_t)(purgatory_end - purgatory_start);
	const struct purgatory_header *header = (const struct purgatory_header *)purgatory_start;
	uint64_t memory_size = raw64_get(header->memory_size, ORDER_BIG);
	uint64_t address = placed->base + (crash ? 0xf000 : 0x10000);

	check(memcmp(header->magic, PURGATORY_MAGIC, sizeof(header->magic)) == 0);
	check(raw64_get(header->file_size, ORDER_BIG) == file_size);
	check(raw64_get(header->params_size, ORDER_BIG) == sizeof(struct purgatory_params));
	placed->segment_size = (memory_size + 16 * sizeof(struct purgatory_region) + 0xfff) & ~UINT64_C(0xfff);
	check(placed->segment_size <= address - placed->base - 0x2000);
	address -= placed->segment_size;
	placed->purgatory = at(address);
	memset(placed->purgatory, 0, (size_t)placed->segment_size);
	memcpy(placed->purgatory, purgatory_start, file_size);
	placed->entry = address + raw64_get(crash ? header->entry_crash : header->entry_normal, ORDER_BIG);
	placed->params = (struct purgatory_params *)at(address + raw64_get(header->params_offset, ORDER_BIG));
	placed->regions = (struct purgatory_region *)at(address + memory_size);
	*placed->params = (struct purgatory_params){
		.flags = raw32_make(crash ? PURGATORY_FLAG_CRASH : 0, ORDER_BIG),
		.regions_offset = raw64_make(memory_size, ORDER_BIG),
		.region_size = raw32_make(sizeof(struct purgatory_region), ORDER_BIG),
		.segment_size = raw64_make(placed->segment_size, ORDER_BIG),
		.crash_start = raw64_make(crash ? BASE : 0, ORDER_BIG),
		.crash_end = raw64_make(crash ? BASE + SIZE : 0, ORDER_BIG),
		.handoff = { raw64_make(crash ? 0x10010 : 0x10000, ORDER_BIG) },
	};
}

void place(struct placed *placed, int crash)
{
	const struct made_region *made = crash ? crash_regions : normal_regions;

	memset(placed, 0, sizeof(*placed));
	placed->base = crash ? BASE : 0;
	fill(0, 0x2000, SEED_LOWCORE);
	fill(0x2000, SIZE - 0x2000, SEED_LOW);
	if (crash)
		fill(BASE, SIZE, SEED_HIGH);
	place_purgatory(placed, crash);
	for (; made[placed->count].length; placed->count++) {
		const struct made_region *m = &made[placed->count];
		struct purgatory_region *region = &placed->regions[placed->count];
		struct sha256 sha;

		fill(placed->base + m->start, m->length, SEED_HIGH);
		if (m->start == 0x10000)
			place_next_kernel(placed->base + (crash ? 0x10010 : 0x10000));
		*region = (struct purgatory_region){
			.start = raw64_make(placed->base + m->start, ORDER_BIG),
			.length = raw64_make(m->length, ORDER_BIG),
			.role = raw32_make(m->role, ORDER_BIG),
			.flags = raw32_make(m->flags, ORDER_BIG),
		};
		if (!(m->flags & PURGATORY_REGION_HASHED))
			continue;
		sha256_start(&sha, sha256_blocks_portable);
		sha256_add(&sha, at(placed->base + m->start), (size_t)m->length);
		sha256_finish(&sha, region->sha256);
	}
	placed->params->region_count = raw32_make(placed->count, ORDER_BIG);
	sign(placed);
}

void catch_program_checks(uint64_t lowcore)
{
	write64(lowcore + 0x1d0, UINT64_C(0x0002000180000000));
	write64(lowcore + 0x1d8, BARE_PROGRAM_CHECK);
}

void keep_low(void)
{
	memcpy(at(KEPT), at(0), (size_t)KEPT_SIZE);
}

void bare_main(void)
{
	set_prefix(0);
	test();
	bare_end(BARE_PASSED);
}

void bare_arrived(void)
{
	arrived();
	bare_end(BARE_PASSED);
}
