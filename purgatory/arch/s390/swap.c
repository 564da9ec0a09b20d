/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/arch/s390/swap.h"

#include "bytes.h"
#include "purgatory/arch/s390/machine.h"

/* As much as one MVC moves: an assignment becomes just that. */
struct chunk {
	uint8_t bytes[256];
};

static void copy(uintptr_t to, uintptr_t from, uint64_t length)
{
	for (; length >= sizeof(struct chunk); length -= sizeof(struct chunk)) {
		*(struct chunk *)to = *(const struct chunk *)from;
		to += sizeof(struct chunk);
		from += sizeof(struct chunk);
	}
	for (; length; length--)
		*(uint8_t *)to++ = *(const uint8_t *)from++;
}

static void exchange(uintptr_t a, uintptr_t b, uint64_t length)
{
	for (; length >= sizeof(struct chunk); length -= sizeof(struct chunk)) {
		struct chunk kept = *(const struct chunk *)a;

		*(struct chunk *)a = *(const struct chunk *)b;
		*(struct chunk *)b = kept;
		a += sizeof(struct chunk);
		b += sizeof(struct chunk);
	}
	for (; length; length--, a++, b++) {
		uint8_t kept = *(const uint8_t *)a;

		*(uint8_t *)a = *(const uint8_t *)b;
		*(uint8_t *)b = kept;
	}
}

void s390_swap(uintptr_t zero, const struct purgatory_params *params, const struct purgatory_region *regions)
{
	uint64_t base = raw64_get(params->crash_start, ORDER_BIG);
	uint64_t end = raw64_get(params->crash_end, ORDER_BIG);
	uint32_t count = raw32_get(params->region_count, ORDER_BIG);
	uint64_t done = base + S390_SWAP_FROM;

	for (uint32_t i = 0; i < count; i++) {
		uint64_t from = raw64_get(regions[i].start, ORDER_BIG);
		uint64_t to = from + raw64_get(regions[i].length, ORDER_BIG);

		if (to <= done)
			continue;
		if (from < done)
			from = done;
		copy(zero + done, zero + (done - base), from - done);
		exchange(zero + (from - base), zero + from, to - from);
		done = to;
	}
	copy(zero + done, zero + (done - base), end - done);
}

void s390_save_lowcore(uintptr_t zero, const struct purgatory_params *params)
{
	copy(zero + raw64_get(params->crash_start, ORDER_BIG), zero, S390_LOWCORE_SIZE);
}
