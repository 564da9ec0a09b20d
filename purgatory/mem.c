/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For freestanding builds only. Built with -fno-tree-loop-distribute-patterns (GCC) or -fno-builtin (clang), without
 * which a compiler may turn each of these loops into a call of the function it is in.
 */
#include "purgatory/mem.h"

#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	uint8_t *restrict d = to;
	const uint8_t *restrict s = from;

	while (size--)
		*d++ = *s++;
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	uint8_t *d = to;

	while (size--)
		*d++ = (uint8_t)byte;
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const uint8_t *x = a, *y = b;

	for (; size; size--, x++, y++) {
		if (*x != *y)
			return *x < *y ? -1 : 1;
	}
	return 0;
}
