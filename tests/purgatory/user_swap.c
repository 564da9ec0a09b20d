/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * purgatory's swap over an array that stands for memory, with made tables, against the rule written once
 * more, byte by byte. A program for s390x Linux.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "purgatory/arch/s390/swap.h"

#define BASE 0x40000u
#define SIZE 0x20000u
#define MEMORY (BASE + SIZE + 0x1000u)

static uint8_t memory[MEMORY], before[MEMORY], expected[MEMORY];

static uint32_t state = 1;

static uint32_t random_below(uint32_t limit)
{
	state = state * 1664525u + 1013904223u;
	return (uint32_t)((uint64_t)state * limit >> 32);
}

static uint32_t make_regions(struct purgatory_region *regions, uint32_t most)
{
	uint64_t at = BASE + 0x2000 + random_below(0x10000);
	uint32_t count = 0;

	while (count < most) {
		uint64_t length = random_below(5) ? random_below(3000) : random_below(0x8000);

		if (at > BASE + SIZE || length > BASE + SIZE - at)
			break;
		regions[count++] = (struct purgatory_region){
			.start = raw64_make(at, ORDER_BIG),
			.length = raw64_make(length, ORDER_BIG),
		};
		at += length + (random_below(3) ? random_below(0x1800) : 0);
	}
	return count;
}

static void expect(const struct purgatory_region *regions, uint32_t count)
{
	memcpy(expected, before, MEMORY);
	for (uint32_t offset = 0; offset < SIZE; offset++) {
		int loaded = 0;

		for (uint32_t i = 0; i < count; i++) {
			uint64_t start = raw64_get(regions[i].start, ORDER_BIG) - BASE;

			loaded |= offset >= start && offset - start < raw64_get(regions[i].length, ORDER_BIG);
		}
		if (offset < 0x2000 || offset >= 0x10000)
			expected[BASE + offset] = before[offset];
		if (offset >= 0x10000 && loaded)
			expected[offset] = before[BASE + offset];
	}
}

int main(void)
{
	for (int round = 0; round < 200; round++) {
		struct purgatory_region regions[16];
		struct purgatory_params params = {
			.crash_start = raw64_make(BASE, ORDER_BIG),
			.crash_end = raw64_make(BASE + SIZE, ORDER_BIG),
		};
		uint32_t count = make_regions(regions, random_below(17));

		params.region_count = raw32_make(count, ORDER_BIG);
		for (size_t i = 0; i < MEMORY; i++)
			memory[i] = (uint8_t)random_below(256);
		memcpy(before, memory, MEMORY);
		expect(regions, count);
		s390_swap((uintptr_t)memory, &params, regions);
		s390_save_lowcore((uintptr_t)memory, &params);
		for (size_t i = 0; i < MEMORY; i++) {
			if (memory[i] != expected[i]) {
				printf("round %d: byte 0x%zx is %02x, expected %02x\n", round, i, memory[i], expected[i]);
				return 1;
			}
		}
	}
	return 0;
}
