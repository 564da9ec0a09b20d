/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking for the parts of a fadump area in a memory image that nothing else describes. */
#ifndef KDUMP_FADUMP_SEARCH_H
#define KDUMP_FADUMP_SEARCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "kdump/memory.h"

/* Up to `most` bytes from address on, as far as the image has them without a gap; size 0 where it has none. */
bool fadump_search_bytes(struct blob *bytes, struct arena *arena, const struct memory *memory, uint64_t address,
			 uint64_t most, struct err *err) ERR_CHECKED;

/* The first page at or after `from` that begins with CPU state. *found is false where there is none. */
bool fadump_search_cpu_state(uint64_t *address, bool *found, const struct memory *memory, uint64_t from,
			     struct err *err) ERR_CHECKED;

/* The first multiple of 8 at or after `from` where a crash info header with possible sizes begins. */
bool fadump_search_crash_info(uint64_t *address, bool *found, struct arena *arena, const struct memory *memory,
			      uint64_t from, struct err *err) ERR_CHECKED;

#endif
