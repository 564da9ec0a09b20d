/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * For freestanding builds only. Compilers turn such loops into calls of the very function that they are in;
 * an empty statement that they cannot look into keeps them from it.
 */
#include "purgatory/mem.h"

#include <stdint.h>

#define OPAQUE() __asm__ volatile("")

void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	uint8_t *restrict d = to;
	const uint8_t *restrict s = from;

	while (size--) {
		*d++ = *s++;
		OPAQUE();
	}
	return to;
}

void *memset(void *to, int byte, size_t size)
{
	uint8_t *d = to;

	while (size--) {
		*d++ = (uint8_t)byte;
		OPAQUE();
	}
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
