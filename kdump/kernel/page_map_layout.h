/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between the files of the page map: where a kernel keeps what in its struct page, and which pages can be told apart
 * with what its VMCOREINFO has. Decided by which keys are there, never by a version.
 */
#ifndef KDUMP_KERNEL_PAGE_MAP_LAYOUT_H
#define KDUMP_KERNEL_PAGE_MAP_LAYOUT_H

#include "kdump/kernel/page_map.h"

/* What is said to the user, in the order found. */
struct page_map_notes {
	struct arena *arena;
	const struct page_map_problem **tail;
};

void page_map_note(struct page_map_notes *notes, const char *format, ...) ERR_PRINTF(2, 3);

/* A page type in _mapcount. Mask 0: not known, and no page has it. */
struct page_type {
	uint32_t value, mask;
};

enum page_hugetlb {
	PAGE_HUGETLB_UNKNOWN,
	PAGE_HUGETLB_TYPE, /* type of the head page: Linux 6.9 and up */
	PAGE_HUGETLB_FLAG, /* flag of the second page: 6.6 to 6.8 */
	PAGE_HUGETLB_DTOR, /* number of a destructor in the second page: 4.4 to 6.5 */
};

#define PAGE_STRUCT_MAX 1024

struct page_layout {
	enum order order;
	bool is64;
	uint32_t size; /* of struct page */
	uint32_t flags, mapping, private, mapcount, link, dtor; /* offsets */

	/* Bits of flags; 0 where not known. */
	uint64_t lru, has_private, swapcache, swapbacked, slab, hwpoison, head, hugetlb_second;
	struct page_type slab_type, buddy, unaccepted, offline, hugetlb_type;
	enum page_hugetlb hugetlb;
	unsigned int dtor_size; /* bytes */
	uint32_t dtor_hugetlb;
	unsigned int orders; /* of the buddy allocator: below 64 */
	bool has_mapcount, has_link, link_masks;

	/* Classes that can be told apart. */
	bool free, cache, user;
};

/* False where no page can be told apart; the note says why. */
bool page_layout_read(struct page_layout *layout, const struct kernel *kernel, struct page_map_notes *notes);

#endif
