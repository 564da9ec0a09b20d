/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The threads that read, pack and write. Work is dealt in chunks of WRITE_CHUNK bytes of memory, class by class, from
 * one counter; the place in the file from another. A thread that finds no chunk of a class left goes on with the next
 * class, so that what is written out of order is no more than the chunks at hand.
 */
#ifndef KDUMP_WRITE_POOL_H
#define KDUMP_WRITE_POOL_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/write/layout.h"
#include "kdump/write/stop.h"
#include "kdump/write/write.h"

struct pool_result {
	uint64_t written[PAGE_CLASSES];
	uint64_t zero_pages;
	uint64_t unreadable_pages, first_unreadable;
	uint64_t lost_pages;
	uint64_t bytes_in;
	uint64_t data_end;	/* one past the last byte that was written */
	uint64_t thread_memory;
};

/*
 * Writes all kept pages, and describes those that were written. Ends early where stop is set; false where the threads
 * could not be given what they need, before anything was written.
 */
bool pool_run(struct pool_result *result, struct arena *arena, struct layout *layout, struct stop *stop,
	      struct err *err) ERR_CHECKED;

#endif
