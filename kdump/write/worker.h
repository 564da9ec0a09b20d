/* SPDX-License-Identifier: GPL-2.0-only */
/* One thread of the pool. */
#ifndef KDUMP_WRITE_WORKER_H
#define KDUMP_WRITE_WORKER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kdump/dump/dump.h"
#include "kdump/write/checkpoint.h"
#include "kdump/write/layout.h"
#include "kdump/write/pack.h"
#include "kdump/write/pool.h"
#include "kdump/write/stop.h"

/* What threads share. */
struct worker_deal {
	struct layout *layout;
	struct stop *stop;
	struct checkpoint *checkpoint;
	unsigned int chunk_pages;     /* a power of two, PAGE_BLOCK at most */
	uint64_t first_chunk, chunks; /* of memory */
	atomic_uint_fast64_t next;    /* chunk of the next class and chunk to be taken */
	atomic_uint_fast64_t extent;  /* free places: the next byte of the file */
};

struct worker {
	struct worker_deal *deal;
	struct arena arena;
	pthread_t thread;
	struct packer *packer;
	struct dump_reader *reader;
	struct page_map_view *view;

	/* The block at hand, and how many kept pages come before `at` in it (all, and of the class). */
	uint64_t block;
	bool has_block;
	enum page_class block_class;
	uint8_t *classes;
	size_t at;
	uint64_t rank, class_rank;

	/* What is packed and not written yet: pages of one class. */
	uint8_t *buffer;
	size_t capacity, room; /* room: what one page may take */
	size_t used;
	uint64_t place;	       /* fixed places: of the buffer's first byte */
	uint64_t *entries;
	size_t entry_count;
	uint64_t batch_pages, batch_zeros;
	enum page_class class;

	struct pool_result sums;

	/* For others to read. */
	atomic_uint reached; /* enum page_class: what comes before it is written */
	atomic_uint_fast64_t pages_done, bytes_in, bytes_out;
};

bool worker_open(struct worker *worker, struct worker_deal *deal, struct err *err) ERR_CHECKED;
void worker_run(struct worker *worker);
void worker_close(struct worker *worker);

#endif
