/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KDUMP_ZEROS_H
#define KDUMP_ZEROS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Whether all bytes are 0. memcmp(3) with the bytes' own neighbours: as fast as the C library is. */
static inline bool zeros_only(const void *bytes, size_t size)
{
	const uint8_t *at = bytes;

	return size == 0 || (at[0] == 0 && memcmp(at, at + 1, size - 1) == 0);
}

#endif
