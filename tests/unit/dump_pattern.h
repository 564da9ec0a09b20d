/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/mk/dump_elf.py and dump_s390.py put into the memory of their machines, and what they expect of it. */
#ifndef DUMP_PATTERN_H
#define DUMP_PATTERN_H

#include <inttypes.h>

#include "tests/unit/check.h"

#include "kdump/dump/dump.h"

static inline uint8_t pattern_byte(uint64_t physical)
{
	uint64_t word = (physical & ~UINT64_C(7)) * UINT64_C(0x9E3779B97F4A7C15);

	return (uint8_t)(word >> (56 - 8 * (physical & 7)));
}

/* Whether [start, end) of the page is the pattern. */
static inline bool pattern_holds(const uint8_t *page, uint64_t physical, uint64_t start, uint64_t end)
{
	for (uint64_t i = start; i < end; i++)
		if (page[i] != pattern_byte(physical + i))
			return false;
	return true;
}

static inline bool pattern_is_zero(const uint8_t *page, uint64_t start, uint64_t end)
{
	for (uint64_t i = start; i < end; i++)
		if (page[i])
			return false;
	return true;
}

static inline const char *pattern_state(enum dump_page_state state)
{
	static const char *const names[] = { "here", "absent", "excluded", "lost", "unreadable" };

	return names[state];
}

#endif
