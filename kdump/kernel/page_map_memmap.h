/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the page map: where the struct page of a page number is. Memory models of Linux
 * (include/asm-generic/memory_model.h, mm/sparse.c): sections, with or without a virtual memmap, their table as one
 * array or in two steps; or one array for each node (FLATMEM, and DISCONTIGMEM up to 5.13).
 */
#ifndef KDUMP_KERNEL_PAGE_MAP_MEMMAP_H
#define KDUMP_KERNEL_PAGE_MAP_MEMMAP_H

#include "kdump/kernel/page_map_layout.h"

enum page_memmap_model {
	PAGE_MEMMAP_NONE,
	PAGE_MEMMAP_NODES,
	PAGE_MEMMAP_SECTIONS,
};

struct page_memmap_node {
	uint64_t start_pfn, end_pfn;
	uint64_t first; /* address of start_pfn's struct page */
};

struct page_memmap {
	enum page_memmap_model model;
	uint64_t page_struct; /* bytes */
	uint64_t page_size;
	unsigned int word; /* bytes */

	struct page_memmap_node *nodes;
	size_t node_count;

	uint64_t table;	  /* address of the table of sections, or of the pointers to its parts */
	bool two_steps;
	uint64_t per_root; /* sections in a part */
	uint64_t length;   /* of the table: sections, or parts */
	uint64_t section_struct, section_map; /* size, offset */
	unsigned int section_shift; /* of page numbers */

	/*
	 * The section size is the architecture's usual one, for VMCOREINFO lacks it: then each section must point into one
	 * virtual memmap, whose base this is. There a wrong size does no harm.
	 */
	bool guessed;
	uint64_t guessed_base;
};

/* dump->memory is used to find out by trying. A note says why where no model fits. */
void page_memmap_find_model(struct page_memmap *memmap, struct arena *arena, const struct kernel *kernel,
			    struct kernel_view *view, uint64_t page_struct, struct page_map_notes *notes);

/*
 * The address of pfn's struct page. *count: how many page numbers from pfn on have theirs behind it, one after the
 * other, or, where false, do not have one; at least 1.
 */
bool page_memmap_at(const struct page_memmap *memmap, struct kernel_view *view, uint64_t pfn, uint64_t *vaddr,
		    uint64_t *count);

#endif
