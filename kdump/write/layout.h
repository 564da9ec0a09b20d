/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the engine (write.c, pool.c, checkpoint.c) and the two output formats (kdump_layout.c, elf_layout.c).
 *
 * The engine asks for pages class by class, reads, tests for zeros, packs, writes and syncs. A layout says where things
 * lie and what describes them. Its order of calls:
 *
 *   begin          headers that say INCOMPLETE, room reserved; sets data_start, and state
 *   place          (fixed places only) the file offset of a page, by many threads
 *   prepare        (may be NULL) for pages whose data was written: what may be on disk before it
 *   describe       (may be NULL) pages whose data is on disk, by one thread at a time
 *   synced         (may be NULL) after each sync, by the thread that describes
 *   end            once, after all threads ended and all that is to be described is: the last sync is done
 *
 * On a stream no byte may be written twice, and describe is called by any thread, for many at once, as soon as the data
 * was written; each page once, those without data too.
 */
#ifndef KDUMP_WRITE_LAYOUT_H
#define KDUMP_WRITE_LAYOUT_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/write/kept.h"
#include "kdump/write/sink.h"
#include "kdump/write/write.h"

/* One page of a batch: its rank among all kept pages, and how long its data is. Pages are smaller than 1 MiB. */
#define LAYOUT_SIZE_BITS 20
#define LAYOUT_SIZE_MASK ((UINT64_C(1) << LAYOUT_SIZE_BITS) - 1)
#define LAYOUT_SIZE_ZERO 0			/* a page of zeros: no data of its own */
#define LAYOUT_SIZE_MISSING LAYOUT_SIZE_MASK	/* could not be read: no data (on streams only) */

static inline uint64_t layout_entry(uint64_t rank, uint64_t size)
{
	return rank << LAYOUT_SIZE_BITS | size;
}

static inline uint64_t layout_entry_rank(uint64_t entry)
{
	return entry >> LAYOUT_SIZE_BITS;
}

static inline uint64_t layout_entry_size(uint64_t entry)
{
	return entry & LAYOUT_SIZE_MASK;
}

/* Pages of one class in ascending order, whose data lies gapless from offset on, in this order. */
struct layout_batch {
	uint64_t offset;
	const uint64_t *entries;
	size_t count;
};

struct layout_ops;

struct layout {
	const struct layout_ops *ops;
	const struct write_request *request;
	struct sink *sink;
	bool stream;
	struct arena *arena; /* of the thread that calls begin and end */
	struct kept kept;
	uint64_t page_size;
	unsigned int page_shift;
	uint32_t packed_flag; /* DUMP_STATUS_ZLIB, DUMP_STATUS_ZSTD, 0 */

	/* Written by begin. */
	void *state;
	uint64_t data_start; /* first byte that the engine may use */
	uint64_t zero_page;  /* offset of a page of zeros, or 0 */
};

struct layout_ops {
	bool packs; /* pages may be packed; else request->packing is not asked for */

	/*
	 * Errors: ERR_UNSUPPORTED where the format cannot hold this dump; ERR_NO_ROOM and others of the sink. Nothing is
	 * dumped then.
	 */
	bool (*begin)(struct layout *layout, struct err *err);

	/*
	 * The file offset of a kept page: pfn, its class, its rank among all kept pages and among those of its class.
	 * NULL: places are free, and the engine fills the file from data_start on. Pages whose places follow each other
	 * are written at once. Zero pages are not written: a hole.
	 */
	uint64_t (*place)(const struct layout *layout, uint64_t pfn, enum page_class class, uint64_t rank,
			  uint64_t class_rank);

	/* Before the sync that describe waits for, by the thread that wrote the data. Not on streams. */
	bool (*prepare)(struct layout *layout, const struct layout_batch *batch, struct err *err);

	/* A page's size of data equal to page_size is plain, less is packed. */
	bool (*describe)(struct layout *layout, const struct layout_batch *batch, struct err *err);

	/*
	 * All data and descriptions written so far are on disk, and all pages of the classes before `class` are among
	 * them (PAGE_CLASSES at the end of a dump that was not cut). Unreadable pages count as done.
	 */
	bool (*synced)(struct layout *layout, enum page_class class, struct err *err);

	/*
	 * whole: every page that the request keeps is in the file. Syncs, then writes what says so, last of all, and gives
	 * the file its size; sink_close() syncs that. Else what says INCOMPLETE stays (on a stream: is written now).
	 */
	bool (*end)(struct layout *layout, bool whole, struct err *err);
};

extern const struct layout_ops kdump_layout_ops;
extern const struct layout_ops elf_layout_ops;

#endif
