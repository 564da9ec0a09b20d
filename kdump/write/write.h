/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Writes a dump: kdump-compressed version 6, or ELF. doc/vmcore-save.8 has what users can rely on.
 *
 * Order. Pages go out class by class, most valuable first (enum page_class): a dump that is cut anywhere behind its
 * PAGE_KERNEL pages is a usable dump. Inside a class, chunks of WRITE_CHUNK bytes of memory are dealt to threads; each
 * reads, tests for zeros, packs, and writes to an extent of its own that it took from one counter. No thread waits for
 * another.
 *
 * Safety. The header is written first and says INCOMPLETE. Room for bitmaps and descriptors (ELF: program headers) is
 * reserved before any data. A descriptor is written only after its page's data was synced (a checkpoint every
 * `checkpoint` bytes, by a thread of its own): whatever moment the machine dies at, each descriptor on disk is zero,
 * points to data that is there, or is one that readers refuse. At the end the flag is cleared with the last write,
 * which sink_close() syncs.
 */
#ifndef KDUMP_WRITE_WRITE_H
#define KDUMP_WRITE_WRITE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/dump/dump.h"
#include "kdump/kernel/kernel.h"
#include "kdump/kernel/page_map.h"
#include "kdump/write/sink.h"

enum write_format {
	WRITE_KDUMP,
	WRITE_ELF,
};

enum write_packing {
	WRITE_PLAIN,
	WRITE_ZLIB,
	WRITE_ZSTD,
};

#define WRITE_CHUNK (UINT64_C(1) << 20)

struct write_progress {
	uint64_t pages_done, pages_total; /* of all classes that the level keeps */
	uint64_t bytes_in;		  /* memory read */
	uint64_t bytes_out;		  /* data written */
	enum page_class class;		  /* the one that is being written */
};

struct write_request {
	const struct dump *dump;
	const struct kernel *kernel; /* NULL where there is no VMCOREINFO */
	const struct page_map *pages; /* scanned */
	unsigned int level;	     /* 0 to 31 */
	enum write_format format;
	enum write_packing packing;
	int packing_level; /* zlib 1 to 9, zstd -7 to 19 */
	unsigned int threads; /* at least 1 */
	uint64_t checkpoint;  /* bytes of data between checkpoints; 0 = none but the last */
	uint64_t start_pfn, end_pfn; /* of a split part; end UINT64_MAX: all of it */
	bool split;		     /* says so in the header */

	/* Called by one thread at a time, at least once a second; may be NULL. */
	void (*progress)(void *data, const struct write_progress *progress);
	void *progress_data;

	/*
	 * May be NULL. Once it is true no thread begins a further chunk, and the dump ends as one that is cut: what was
	 * read is written and synced, `stop` of the result is ERR_SYSTEM with EINTR.
	 */
	const atomic_bool *stop;
};

enum write_outcome {
	WRITE_COMPLETE,
	WRITE_PARTIAL, /* readable, marked incomplete (cut), or with pages that could not be read */
	WRITE_NOTHING, /* no page was written */
};

struct write_result {
	enum write_outcome outcome;
	bool cut;		       /* no room, or an error of writing: stop says which */
	struct err stop;	       /* where cut */
	uint64_t written[PAGE_CLASSES];  /* pages with data or a descriptor of the zero page */
	uint64_t zero_pages;	       /* among them, or left out by level 1 in ELF */
	uint64_t unreadable_pages;     /* could not be read from the source: left without data */
	uint64_t first_unreadable;     /* physical address, where there are any */
	uint64_t lost_pages;	       /* the source is incomplete itself */
	uint64_t bytes_in, bytes_out;  /* memory read, file size */
	uint64_t thread_memory;	       /* anonymous bytes for each thread */
};

/*
 * Writes to the sink, and leaves it open: whether it is closed as whole is for the caller to say by the outcome.
 * False with ERR_* only where nothing could be begun; whatever ends it later is in the result.
 */
bool write_dump(struct write_result *result, struct arena *arena, const struct write_request *request,
		struct sink *sink, struct err *err) ERR_CHECKED;

/* Whether this build has the packing (zlib, zstd are optional libraries). */
bool write_packing_is_built(enum write_packing packing);

#endif
