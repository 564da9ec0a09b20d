/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which pages a request keeps (its level, its range of page numbers), and their ranks: how many kept pages come before
 * one. Const after kept_open(), shared by threads. Anonymous memory: 4 bytes for each PAGE_BLOCK pages.
 */
#ifndef KDUMP_WRITE_KEPT_H
#define KDUMP_WRITE_KEPT_H

#include <stdint.h>

#include "arena.h"
#include "kdump/kernel/page_map.h"

struct kept {
	const struct page_map *pages;
	uint64_t start_pfn, end_pfn; /* inside the dump's memory; end exclusive; equal where nothing is kept */
	uint64_t first_block, end_block; /* blocks that hold these */
	bool keeps[PAGE_CLASSES];
	uint64_t totals[PAGE_CLASSES]; /* kept pages of each class */
	uint64_t total;
	uint64_t (*groups)[PAGE_CLASSES]; /* kept.c's own */
	struct page_block_counts first, last; /* of the blocks at the edges, clipped */
};

/* end_pfn: UINT64_MAX for all. The pages are scanned. */
void kept_open(struct kept *kept, struct arena *arena, const struct page_map *pages, unsigned int level,
	       uint64_t start_pfn, uint64_t end_pfn);

/* Kept pages of a block, first_block <= block < end_block. */
struct page_block_counts kept_counts(const struct kept *kept, uint64_t block);

/* Kept pages of each class in the blocks before this one (first_block <= block <= end_block). */
void kept_before(const struct kept *kept, uint64_t block, uint64_t before[PAGE_CLASSES]);

/* As page_map_classes(), PAGE_ABSENT for pages that are not kept. */
void kept_classes(const struct kept *kept, struct page_map_view *view, uint64_t block, uint8_t *classes);

/* The same without regard to start_pfn and end_pfn: any block of the map. */
void kept_level_classes(const struct kept *kept, struct page_map_view *view, uint64_t block, uint8_t *classes);

#endif
