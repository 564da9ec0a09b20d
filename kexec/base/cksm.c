/* SPDX-License-Identifier: GPL-2.0-only */
#include "cksm.h"

#include <string.h>

#include "bytes.h"

static uint32_t fold(uint64_t sum)
{
	while (sum >> 32)
		sum = (sum & UINT32_MAX) + (sum >> 32);
	return (uint32_t)sum;
}

static uint32_t load32(const uint8_t *p)
{
	return be32_get((struct be32){ { p[0], p[1], p[2], p[3] } });
}

static uint64_t load64(const uint8_t *p)
{
	return be64_get((struct be64){ { p[0], p[1], p[2], p[3], p[4], p[5], p[6], p[7] } });
}

uint32_t cksm(const void *data, size_t size, uint32_t seed)
{
	const uint8_t *p = data;
	uint64_t high = 0, low = seed;

	/* Words are summed in pairs; 2^32 pairs could carry out of a sum, so it is folded every 2^20. */
	while (size >= 8) {
		size_t pairs = size / 8;

		if (pairs > (size_t)1 << 20)
			pairs = (size_t)1 << 20;
		size -= pairs * 8;
		for (; pairs; pairs--, p += 8) {
			uint64_t pair = load64(p);

			high += pair >> 32;
			low += pair & UINT32_MAX;
		}
		high = fold(high);
		low = fold(low);
	}
	if (size >= 4) {
		low += load32(p);
		p += 4;
		size -= 4;
	}
	if (size) {
		uint8_t tail[4] = { 0 };

		memcpy(tail, p, size);
		low += load32(tail);
	}
	return fold(high + low);
}
