/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/kernel/page_map_layout.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void page_map_note(struct page_map_notes *notes, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);

	struct page_map_problem *problem = arena_alloc(notes->arena, sizeof(*problem));

	problem->text = arena_strdup(notes->arena, text);

	const struct page_map_problem **at = notes->tail;

	*at = problem;
	notes->tail = &problem->next;
}

struct reading {
	struct page_layout *layout;
	const struct kernel_info *info;
	struct page_map_notes *notes;
	unsigned int word; /* bytes */
};

static void lacks(const struct reading *r, const char *what, const char *key)
{
	page_map_note(r->notes, "%s are kept: VMCOREINFO lacks %s", what, key);
}

/* what: the pages that are kept for want of it; NULL where that is no loss. */
static bool offset(const struct reading *r, const char *name, unsigned int width, uint32_t *out, const char *what)
{
	uint64_t at;
	char key[64];

	snprintf(key, sizeof(key), "OFFSET(%s)", name);
	if (!kernel_info_offset(r->info, name, &at)) {
		if (what)
			lacks(r, what, key);
		return false;
	}
	if (at > r->layout->size || width > r->layout->size - at) {
		if (what)
			page_map_note(r->notes, "%s are kept: %s is %" PRIu64 " in a struct page of %u bytes", what, key,
				      at, r->layout->size);
		return false;
	}
	*out = (uint32_t)at;
	return true;
}

/* The mask of a bit of page->flags. */
static bool flag(const struct reading *r, const char *name, uint64_t *mask, const char *what)
{
	int64_t bit;

	if (!kernel_info_number(r->info, name, &bit)) {
		char key[64];

		snprintf(key, sizeof(key), "NUMBER(%s)", name);
		if (what)
			lacks(r, what, key);
		return false;
	}
	if (bit < 0 || bit >= (int64_t)r->word * 8) {
		if (what)
			page_map_note(r->notes, "%s are kept: NUMBER(%s) is %" PRId64 ", which is no bit of page flags",
				      what, name, bit);
		return false;
	}
	*mask = UINT64_C(1) << bit;
	return true;
}

/*
 * Types are exported as the whole _mapcount. Since Linux 6.12 (include/linux/page-flags.h, enum pagetype) the type is
 * its top byte alone, the exported value has zeros below, and some types use the rest for themselves.
 */
static bool type(const struct reading *r, const char *name, struct page_type *out, const char *what)
{
	int64_t value;

	if (!r->layout->has_mapcount)
		return false;
	if (!kernel_info_number(r->info, name, &value)) {
		char key[64];

		snprintf(key, sizeof(key), "NUMBER(%s)", name);
		if (what)
			lacks(r, what, key);
		return false;
	}
	if (value < INT32_MIN || value > (int64_t)UINT32_MAX) {
		if (what)
			page_map_note(r->notes, "%s are kept: NUMBER(%s) is %" PRId64 ", expected 32 bits", what, name,
				      value);
		return false;
	}
	out->value = (uint32_t)value;
	out->mask = (out->value & 0xffffff) == 0 && out->value ? UINT32_C(0xff000000) : UINT32_MAX;
	return true;
}

/* Slab pages use fields that tell other pages apart for themselves: nothing is sure without knowing them. */
static bool slab(const struct reading *r)
{
	struct page_layout *layout = r->layout;
	bool by_flag = flag(r, "PG_slab", &layout->slab, NULL);
	bool by_type = type(r, "PAGE_SLAB_MAPCOUNT_VALUE", &layout->slab_type, NULL);

	if (!by_flag && !by_type && !kernel_info_text(r->info, "NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)"))
		page_map_note(r->notes, "free, user and offline pages are kept: VMCOREINFO lacks NUMBER(PG_slab) and "
					"NUMBER(PAGE_SLAB_MAPCOUNT_VALUE)");
	return by_flag || by_type;
}

static bool dtor_offsets(const struct reading *r, uint32_t *dtor, uint32_t *order)
{
	if (offset(r, "page.compound_dtor", 1, dtor, NULL))
		return offset(r, "page.compound_order", 1, order, NULL);
	return offset(r, "folio._folio_dtor", 1, dtor, NULL) && offset(r, "folio._folio_order", 1, order, NULL);
}

static void hugetlb(const struct reading *r)
{
	struct page_layout *layout = r->layout;
	int64_t number;

	if (type(r, "PAGE_HUGETLB_MAPCOUNT_VALUE", &layout->hugetlb_type, NULL)) {
		layout->hugetlb = PAGE_HUGETLB_TYPE;
		return;
	}
	if (kernel_info_text(r->info, "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE)"))
		return; /* _mapcount is missing, and that was said */
	if (flag(r, "PG_hugetlb", &layout->hugetlb_second, NULL)) {
		layout->hugetlb = PAGE_HUGETLB_FLAG;
		return;
	}
	if (!kernel_info_number(r->info, "HUGETLB_PAGE_DTOR", &number) || number < 0 || number > 255) {
		lacks(r, "huge pages (hugetlb)", "NUMBER(PAGE_HUGETLB_MAPCOUNT_VALUE), NUMBER(PG_hugetlb) and "
						 "NUMBER(HUGETLB_PAGE_DTOR)");
		return;
	}

	/* A number of 1, 2 or 4 bytes in different kernels; the order comes right behind it in all of them. */
	uint32_t dtor, order;

	if (!dtor_offsets(r, &dtor, &order)) {
		lacks(r, "huge pages (hugetlb)", "OFFSET(page.compound_dtor) and OFFSET(page.compound_order), or "
						 "OFFSET(folio._folio_dtor) and OFFSET(folio._folio_order)");
		return;
	}
	if (order <= dtor || (order - dtor != 1 && order - dtor != 2 && order - dtor != 4)) {
		page_map_note(r->notes, "huge pages (hugetlb) are kept: OFFSET(page.compound_dtor) is %u and "
			      "OFFSET(page.compound_order) %u, expected neighbours", dtor, order);
		return;
	}
	layout->hugetlb = PAGE_HUGETLB_DTOR;
	layout->dtor = dtor;
	layout->dtor_size = order - dtor;
	layout->dtor_hugetlb = (uint32_t)number;
}

static bool orders(const struct reading *r)
{
	uint64_t length;

	if (!kernel_info_length(r->info, "zone.free_area", &length)) {
		lacks(r, "free pages", "LENGTH(zone.free_area)");
		return false;
	}
	if (length == 0 || length > 63) {
		page_map_note(r->notes, "free pages are kept: LENGTH(zone.free_area) is %" PRIu64 ", expected 1 to 63",
			      length);
		return false;
	}
	r->layout->orders = (unsigned int)length;
	return true;
}

static void links(const struct reading *r)
{
	struct page_layout *layout = r->layout;

	/*
	 * Linux 7.1 renamed the field; there it may hold a mask that makes the head's address of the tail's (page-flags.h,
	 * compound_info_has_mask()).
	 */
	if (offset(r, "page.compound_info", r->word, &layout->link, NULL)) {
		layout->has_link = true;
		layout->link_masks = true;
	} else {
		layout->has_link = offset(r, "page.compound_head", r->word, &layout->link, NULL);
	}
	if (!layout->has_link)
		lacks(r, "huge pages but for their first page", "OFFSET(page.compound_head) or OFFSET(page.compound_info)");
}

static void flags_of_cache(const struct reading *r, bool mapping)
{
	struct page_layout *layout = r->layout;

	layout->cache = flag(r, "PG_lru", &layout->lru, "cache pages") && mapping;
	flag(r, "PG_private", &layout->has_private,
	     "cache pages (at levels with 2 and without 4, for none is known to be without private data)");

	/*
	 * Since Linux 4.10 PG_swapcache shares its bit with another flag, and counts only beside PG_swapbacked. Older
	 * kernels do not export that one; a few of their pages are kept.
	 */
	bool swap = flag(r, "PG_swapcache", &layout->swapcache, "swap cache pages that are on no LRU list");

	if (swap && !flag(r, "PG_swapbacked", &layout->swapbacked, "swap cache pages that are on no LRU list"))
		layout->swapcache = 0;
}

bool page_layout_read(struct page_layout *layout, const struct kernel *kernel, struct page_map_notes *notes)
{
	struct reading r = { layout, &kernel->info, notes, kernel->is64 ? 8 : 4 };
	uint64_t size;

	*layout = (struct page_layout){ .order = kernel->order, .is64 = kernel->is64 };
	if (!kernel_info_size(&kernel->info, "page", &size)) {
		lacks(&r, "all pages", "SIZE(page)");
		return false;
	}
	if (size < 8 || size > PAGE_STRUCT_MAX) {
		page_map_note(notes, "all pages are kept: SIZE(page) is %" PRIu64 ", expected 8 to %d", size,
			      PAGE_STRUCT_MAX);
		return false;
	}
	layout->size = (uint32_t)size;
	if (!offset(&r, "page.flags", r.word, &layout->flags, "all pages"))
		return false;

	bool mapping = offset(&r, "page.mapping", r.word, &layout->mapping, "cache and user pages");

	layout->has_mapcount = offset(&r, "page._mapcount", 4, &layout->mapcount,
				      "free and offline pages, and in recent kernels user pages,");

	bool slab_known = slab(&r);

	flags_of_cache(&r, mapping);
	layout->user = mapping && slab_known;
	links(&r);

	int64_t head;

	if (kernel_info_number(&kernel->info, "PG_head_mask", &head) && head > 0 && is_power_of_two((uint64_t)head))
		layout->head = (uint64_t)head;
	else
		lacks(&r, "huge pages (hugetlb)", "NUMBER(PG_head_mask)");
	hugetlb(&r);

	/* Not exported where the kernel was built without memory failure handling: it has no such pages then. */
	flag(&r, "PG_hwpoison", &layout->hwpoison, NULL);

	bool private = offset(&r, "page.private", r.word, &layout->private, "free pages");
	bool buddy = type(&r, "PAGE_BUDDY_MAPCOUNT_VALUE", &layout->buddy, "free pages");
	bool lengths = orders(&r);

	layout->free = private && buddy && lengths && slab_known;

	/* As with PG_hwpoison: only kernels that can be guests with such memory export it. */
	if (lengths)
		type(&r, "PAGE_UNACCEPTED_MAPCOUNT_VALUE", &layout->unaccepted, NULL);
	type(&r, "PAGE_OFFLINE_MAPCOUNT_VALUE", &layout->offline, "offline pages");
	if (!slab_known) {
		layout->offline.mask = 0;
		layout->unaccepted.mask = 0;
	}
	return true;
}
