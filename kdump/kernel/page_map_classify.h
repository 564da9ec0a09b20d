/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the page map: the classes of one block, from its struct pages. */
#ifndef KDUMP_KERNEL_PAGE_MAP_CLASSIFY_H
#define KDUMP_KERNEL_PAGE_MAP_CLASSIFY_H

#include "kdump/kernel/page_map_layout.h"
#include "kdump/kernel/page_map_memmap.h"

#define PAGE_CHUNK_BYTES 65536u
#define PAGE_CHUNK_PAGES 1024u

/* A page at the head of others, found before. */
struct page_head {
	bool valid;
	uint64_t vaddr; /* of its struct page */
	enum page_class class;
};

struct page_classifier {
	const struct page_layout *layout;
	const struct page_memmap *memmap;
	struct kernel_view *view;
	struct dump_reader *reader; /* for struct pages, which come in ascending order */
	unsigned int page_shift;

	struct page_head own, other; /* the last one passed, the last one looked up */
	uint64_t free_end;	     /* pages below are in a free block that began earlier */

	/* Pages of this block whose struct page could not be read, the lowest, and why. */
	uint64_t unreadable, first_unreadable;
	char why[256];

	/* The struct pages of the chunk at hand: in the reader's memory, or in bytes where they are of several pieces. */
	const uint8_t *structs;
	bool any_bad; /* bad is set only then */
	uint8_t bytes[PAGE_CHUNK_BYTES];
	bool bad[PAGE_CHUNK_PAGES];
};

void page_classifier_init(struct page_classifier *c, const struct page_layout *layout,
			  const struct page_memmap *memmap, const struct kernel *kernel, struct arena *arena);

/*
 * classes: of the PAGE_BLOCK pages from first_pfn on, PAGE_ABSENT or PAGE_KERNEL for what is there. The others are set.
 */
void page_classify_block(struct page_classifier *c, uint64_t first_pfn, uint8_t *classes);

#endif
