/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What each page of a dumped machine was used for, found from VMCOREINFO and the kernel's struct pages alone: no
 * vmlinux, no version number. What cannot be found out is kept: a key that is missing makes one class unknown, a
 * mem_map that cannot be read makes its pages PAGE_KERNEL; both are said in a problem, neither is an error.
 *
 * Memory is looked at in blocks of PAGE_BLOCK pages (aligned). A free block or huge page that begins in an earlier one
 * is resolved through its head, so each block is classified by itself, on any thread, as often as wanted. Classes found
 * once are kept packed as far as `keep` bytes of memory go; the rest is found again.
 */
#ifndef KDUMP_KERNEL_PAGE_MAP_H
#define KDUMP_KERNEL_PAGE_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/kernel/kernel.h"

/* In the order in which they are worth saving, but the first and the last. */
enum page_class {
	PAGE_ABSENT,	    /* no RAM, or not in this dump */
	PAGE_KERNEL,	    /* the kernel's, or not known: the set that level 31 keeps (zero pages too) */
	PAGE_CACHE_PRIVATE, /* page cache with private data: left out by levels with 4 */
	PAGE_CACHE,	    /* other page cache: left out by levels with 2 or 4 */
	PAGE_USER,	    /* anonymous and hugetlb memory of processes: 8 */
	PAGE_FREE,	    /* free pages, and memory not yet accepted from a hypervisor: 16 */
	PAGE_NEVER,	    /* hardware-poisoned or logically offline: never read where a filter runs (level 2 and up) */
	PAGE_CLASSES,
};

/* makedumpfile's dump levels: zero pages 1, cache 2, private cache 4, user 8, free 16. */
#define PAGE_LEVEL_MAX 31

/* Whether a level keeps pages of this class. Level 1 is about contents, not classes. */
bool page_level_keeps(unsigned int level, enum page_class class);

const char *page_class_name(enum page_class class); /* "kernel", "private cache", "cache", "user", "free", "unusable" */

#define PAGE_BLOCK 32768u

struct page_block_counts {
	uint32_t pages[PAGE_CLASSES];
};

struct page_map_problem {
	const struct page_map_problem *next;
	const char *text; /* "pages of class user are not told apart: VMCOREINFO lacks OFFSET(page.mapping)" */
};

struct page_map {
	const struct kernel *kernel; /* NULL: no filter, all memory is PAGE_KERNEL */
	const struct dump *dump;
	uint64_t end_pfn;    /* one past the highest page of dump->memory */
	uint64_t page_count; /* whole pages of dump->memory */
	uint64_t block_count;
	struct page_block_counts *blocks;     /* set by page_map_scan(); all 0 for a block without any page */
	uint64_t totals[PAGE_CLASSES];	      /* as well */
	const struct page_map_problem *problems; /* each once, in the order found */
	struct page_map_state *state;
};

/*
 * kernel NULL: classes are not asked for (levels 0 and 1). Only whole pages of dump->memory count; those that the dump
 * itself has as excluded are PAGE_ABSENT. keep: bytes for packed classes.
 * Errors: ERR_BAD_IMAGE where the dump's memory is larger than can be (52 bits of address).
 */
bool page_map_open(struct page_map *map, struct arena *arena, const struct dump *dump, const struct kernel *kernel,
		   uint64_t keep, struct err *err) ERR_CHECKED;

/*
 * Classifies all blocks with this many threads and fills blocks, totals, problems; once for each map. progress may be
 * NULL; it is called by one thread at a time. done: pages, of page_count.
 */
bool page_map_scan(struct page_map *map, unsigned int threads, void (*progress)(void *data, uint64_t done),
		   void *progress_data, struct err *err) ERR_CHECKED;

/* For one thread. The arena is that thread's. */
struct page_map_view;

struct page_map_view *page_map_view_new(const struct page_map *map, struct arena *arena);

/* Fills classes[PAGE_BLOCK] (enum page_class) of a block; after the scan, and equal to what it counted. */
void page_map_classes(struct page_map_view *view, uint64_t block, uint8_t *classes);

#endif
