/* SPDX-License-Identifier: GPL-2.0-only */
/* Of entries in ascending order of a number that each has, the one that an address belongs to. */
#ifndef KDUMP_FIND_H
#define KDUMP_FIND_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * The first of count entries whose number, a uint64_t at such an offset in each entry, is above the address; count
 * where none is. By ends, the first range that ends behind it; by starts, the one behind the last that begins at or
 * below it.
 */
static inline size_t find_above(const void *entries, size_t entry_size, size_t offset, size_t count, uint64_t address)
{
	const uint8_t *numbers = entries;
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		uint64_t number;

		memcpy(&number, numbers + middle * entry_size + offset, sizeof(number));
		if (number > address)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

#endif
