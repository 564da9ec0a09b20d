/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What one struct page says. The order of tests is makedumpfile's, but for pages that no level may read (poisoned or
 * offline): these come first, so that the class of a page is the same for all levels.
 *
 * The pages behind the first of a compound page say nothing of themselves; each has a link to the first, and goes with
 * it. So no size is needed, which kernels keep in ever different places; a size that is wrong, as one is while the page
 * is made or taken apart, cannot take neighbours along.
 */
#include "kdump/kernel/page_map_classify.h"

#include <stdio.h>
#include <string.h>

/* Of four chunks, only one is in two windows, and has to be put together. */
#define CHUNK_WINDOW (4 * PAGE_CHUNK_BYTES)

/*
 * A terabyte has 16 GiB of struct pages. What looks at them is compiled twice: FORM_LITTLE64 needs no questions about
 * the order and size of words, which is half of the time.
 */
enum form {
	FORM_LITTLE64,
	FORM_ANY,
};

#define EACH_FORM static inline __attribute__((always_inline))

EACH_FORM uint32_t get32(const struct page_layout *layout, enum form form, const uint8_t *at)
{
	const struct raw32 *raw = (const void *)at;

	return raw32_get(*raw, form == FORM_LITTLE64 ? ORDER_LITTLE : layout->order);
}

EACH_FORM uint64_t get_long(const struct page_layout *layout, enum form form, const uint8_t *at)
{
	if (form != FORM_LITTLE64 && !layout->is64)
		return get32(layout, form, at);

	const struct raw64 *raw = (const void *)at;

	return raw64_get(*raw, form == FORM_LITTLE64 ? ORDER_LITTLE : layout->order);
}

static inline bool is_type(struct page_type type, uint32_t mapcount)
{
	return type.mask != 0 && (mapcount & type.mask) == type.value;
}

static bool is_hugetlb(const struct page_layout *layout, enum form form, const uint8_t *second, uint32_t mapcount)
{
	switch (layout->hugetlb) {
	case PAGE_HUGETLB_TYPE: return is_type(layout->hugetlb_type, mapcount);
	case PAGE_HUGETLB_FLAG: return second && (get_long(layout, form, second + layout->flags) & layout->hugetlb_second);
	case PAGE_HUGETLB_DTOR: {
		if (!second)
			return false;

		const uint8_t *dtor = second + layout->dtor;

		if (layout->dtor_size == 1)
			return dtor[0] == layout->dtor_hugetlb;
		if (layout->dtor_size == 4)
			return get32(layout, form, dtor) == layout->dtor_hugetlb;
		return raw16_get(*(const struct raw16 *)(const void *)dtor, layout->order) == layout->dtor_hugetlb;
	}
	case PAGE_HUGETLB_UNKNOWN: break;
	}
	return false;
}

/* Struct pages that were never initialised are full of ones in some kernels. */
static inline bool is_blank(const struct page_layout *layout, uint64_t word)
{
	return word == (layout->is64 ? UINT64_MAX : UINT32_MAX);
}

/* second: the struct page behind it, or NULL; looked at for the first page of a compound page only. */
EACH_FORM enum page_class judge(const struct page_layout *layout, enum form form, const uint8_t *page,
				const uint8_t *second)
{
	uint64_t flags = get_long(layout, form, page + layout->flags);
	uint32_t mapcount = layout->has_mapcount ? get32(layout, form, page + layout->mapcount) : 0;

	if (is_blank(layout, flags))
		return PAGE_KERNEL;
	if (flags & layout->hwpoison)
		return PAGE_NEVER;

	bool slab = (flags & layout->slab) || is_type(layout->slab_type, mapcount);

	if (!slab && is_type(layout->offline, mapcount))
		return PAGE_NEVER;

	bool anonymous = false;

	if (layout->cache || layout->user)
		anonymous = (get_long(layout, form, page + layout->mapping) & 1) && !slab;
	if (layout->cache && !anonymous &&
	    ((flags & layout->lru) || ((flags & layout->swapcache) && (flags & layout->swapbacked))))
		return layout->has_private && !(flags & layout->has_private) ? PAGE_CACHE : PAGE_CACHE_PRIVATE;

	/*
	 * Where nothing tells the pages behind the first of a compound page, one of them may have an odd number in this
	 * field. None of them is on an LRU list, as nearly all anonymous pages are.
	 */
	if (layout->user && anonymous && (layout->has_link || (flags & layout->lru)))
		return PAGE_USER;
	if (layout->user && (flags & layout->head) && is_hugetlb(layout, form, second, mapcount))
		return PAGE_USER;
	return PAGE_KERNEL;
}

/* Whether it begins a free block, and of how many pages; 0 where that cannot be. */
EACH_FORM bool is_free(const struct page_layout *layout, enum form form, const uint8_t *page, uint64_t pfn,
		       uint64_t *pages)
{
	if (!layout->has_mapcount)
		return false;

	uint32_t mapcount = get32(layout, form, page + layout->mapcount);
	uint64_t order;

	if (layout->free && is_type(layout->buddy, mapcount))
		order = get_long(layout, form, page + layout->private);
	else if (is_type(layout->unaccepted, mapcount))
		order = layout->orders - 1;
	else
		return false;
	if (get_long(layout, form, page + layout->flags) & layout->slab)
		return false;

	/* Blocks of the buddy allocator are aligned to their size: another number is a damaged one. */
	*pages = order < layout->orders && (pfn & ((UINT64_C(1) << order) - 1)) == 0 ? UINT64_C(1) << order : 0;
	return true;
}

/*
 * Where a link leads. A mask has only ones above its zeros; of pointers, only some to the last 4 GiB of the address
 * space look like that, where no struct page is.
 */
static uint64_t head_address(const struct page_layout *layout, uint64_t link, uint64_t vaddr)
{
	uint64_t to = link & ~UINT64_C(1), low = ~to + 1;

	if (layout->link_masks && layout->is64 && low != 0 && low <= UINT32_MAX && (low & (low - 1)) == 0)
		return vaddr & to;
	return to;
}

/* The class of a head page that is not in the chunk at hand. What cannot be verified is the kernel's. */
static enum page_class look_up(struct page_classifier *c, uint64_t vaddr)
{
	const struct page_layout *layout = c->layout;
	uint8_t pages[2 * PAGE_STRUCT_MAX];
	struct err err = { 0 };

	if (!kernel_read(c->view, vaddr, pages, (size_t)layout->size * 2, &err))
		return PAGE_KERNEL;
	if (get_long(layout, FORM_ANY, pages + layout->link) & 1)
		return PAGE_KERNEL;
	if (layout->head && !(get_long(layout, FORM_ANY, pages + layout->flags) & layout->head))
		return PAGE_KERNEL;
	return judge(layout, FORM_ANY, pages, pages + layout->size);
}

EACH_FORM enum page_class tail(struct page_classifier *c, enum form form, const uint8_t *page, uint64_t link,
			       uint64_t vaddr)
{
	uint64_t flags = get_long(c->layout, form, page + c->layout->flags);

	if (is_blank(c->layout, flags) || is_blank(c->layout, link))
		return PAGE_KERNEL;
	if (flags & c->layout->hwpoison)
		return PAGE_NEVER;

	uint64_t head = head_address(c->layout, link, vaddr);

	if (c->own.valid && c->own.vaddr == head)
		return c->own.class;
	if (!c->other.valid || c->other.vaddr != head)
		c->other = (struct page_head){ true, head, look_up(c, head) };
	return c->other.class;
}

static bool is_bad(const struct page_classifier *c, size_t i)
{
	return c->any_bad && c->bad[i];
}

/* The pages of a free block from i on, as far as they are in the chunk; gives the first one behind. */
EACH_FORM size_t pass_free(const struct page_classifier *c, enum form form, uint64_t pfn, size_t i, size_t count,
			   uint8_t *classes)
{
	const struct page_layout *layout = c->layout;
	const uint8_t *flags = c->structs + layout->flags;

	if (c->free_end - pfn < count)
		count = (size_t)(c->free_end - pfn);
	for (; i < count; i++) {
		if (classes[i] == PAGE_ABSENT)
			continue;
		classes[i] = PAGE_FREE;
		if (!is_bad(c, i) && (get_long(layout, form, flags + i * layout->size) & layout->hwpoison))
			classes[i] = PAGE_NEVER;
	}
	return i;
}

/* vaddr: of the chunk's first struct page. */
EACH_FORM void classify_as(struct page_classifier *c, enum form form, uint64_t pfn, uint64_t vaddr, size_t count,
			   uint8_t *classes)
{
	const struct page_layout *layout = c->layout;

	for (size_t i = 0; i < count; i++) {
		const uint8_t *page = c->structs + i * layout->size;

		if (pfn + i < c->free_end) {
			i = pass_free(c, form, pfn, i, count, classes) - 1;
			continue;
		}
		if (classes[i] == PAGE_ABSENT || is_bad(c, i))
			continue;

		uint64_t here = vaddr + i * layout->size;
		uint64_t link = layout->has_link ? get_long(layout, form, page + layout->link) : 0;
		uint64_t pages;

		if (link & 1) {
			classes[i] = (uint8_t)tail(c, form, page, link, here);
		} else if (is_free(layout, form, page, pfn + i, &pages)) {
			if (pages)
				classes[i] = PAGE_FREE;
			c->free_end = pfn + i + pages;
		} else {
			enum page_class class = judge(layout, form, page,
						      i + 1 < count && !is_bad(c, i + 1) ? page + layout->size : NULL);

			if (!layout->head || get_long(layout, form, page + layout->flags) & layout->head)
				c->own = (struct page_head){ true, here, class };
			classes[i] = (uint8_t)class;
		}
	}
}

static void classify_chunk(struct page_classifier *c, uint64_t pfn, uint64_t vaddr, size_t count, uint8_t *classes)
{
	if (c->layout->is64 && c->layout->order == ORDER_LITTLE)
		classify_as(c, FORM_LITTLE64, pfn, vaddr, count, classes);
	else
		classify_as(c, FORM_ANY, pfn, vaddr, count, classes);
}

static void mark_bad(struct page_classifier *c, uint64_t offset, uint64_t length)
{
	uint64_t size = c->layout->size;

	if (!c->any_bad)
		memset(c->bad, 0, sizeof(c->bad));
	c->any_bad = true;
	for (uint64_t i = offset / size; i * size < offset + length; i++)
		c->bad[i] = true;
}

/* Struct pages from `done` bytes on, up to most; copied to their place where they are not all of the chunk. */
static uint64_t read_piece(struct page_classifier *c, uint64_t physical, uint64_t done, uint64_t most, uint64_t total,
			   struct err *err)
{
	uint64_t page_size = UINT64_C(1) << c->page_shift, within = physical % page_size;
	uint64_t count = (within + most + page_size - 1) / page_size;
	const uint8_t *page;

	if (dump_reader_pages(c->reader, physical >> c->page_shift, &count, &page, err) != DUMP_PAGE_HERE) {
		uint64_t step = page_size - within < most ? page_size - within : most;

		mark_bad(c, done, step);
		return step;
	}

	uint64_t step = count * page_size - within < most ? count * page_size - within : most;

	if (step == total)
		c->structs = page + within;
	else
		memcpy(c->bytes + done, page + within, (size_t)step);
	return step;
}

/* Sets structs and bad; translated as far as that goes at once. */
static void read_chunk(struct page_classifier *c, uint64_t vaddr, size_t count, struct err *err)
{
	uint64_t total = (uint64_t)count * c->layout->size, page_size = UINT64_C(1) << c->page_shift, step;

	c->structs = c->bytes;
	c->any_bad = false;
	for (uint64_t done = 0; done < total; done += step) {
		uint64_t physical, translated;

		if (kernel_translate(c->view, vaddr + done, &physical, &translated, err)) {
			translated = translated ? translated : 1;
			step = read_piece(c, physical, done, translated < total - done ? translated : total - done, total, err);
			continue;
		}
		step = page_size - (vaddr + done) % page_size;
		step = step < total - done ? step : total - done;
		mark_bad(c, done, step);
	}
}

static void count_unreadable(struct page_classifier *c, uint64_t pfn, size_t count, const uint8_t *classes,
			     const char *why)
{
	for (size_t i = 0; i < count && c->any_bad; i++) {
		if (!c->bad[i] || classes[i] != PAGE_KERNEL)
			continue;
		if (c->unreadable++ == 0) {
			c->first_unreadable = pfn + i;
			snprintf(c->why, sizeof(c->why), "%.200s", why);
		}
	}
}

/*
 * A free block that is larger than PAGE_BLOCK may begin in an earlier one. Only kernels with unusually many orders have
 * such.
 */
static void look_back(struct page_classifier *c, uint64_t first_pfn)
{
	const struct page_layout *layout = c->layout;

	for (unsigned int order = 0; order < layout->orders; order++) {
		uint64_t size = UINT64_C(1) << order, pfn = first_pfn & ~(size - 1), vaddr, count;
		uint8_t page[PAGE_STRUCT_MAX];
		struct err err = { 0 };

		if (size <= PAGE_BLOCK || pfn == first_pfn ||
		    !page_memmap_at(c->memmap, c->view, pfn, &vaddr, &count) ||
		    !kernel_read(c->view, vaddr, page, layout->size, &err))
			continue;

		uint64_t pages;

		if ((!layout->has_link || !(get_long(layout, FORM_ANY, page + layout->link) & 1)) &&
		    is_free(layout, FORM_ANY, page, pfn, &pages) && pages > first_pfn - pfn)
			c->free_end = pfn + pages;
	}
}

static void absent(struct page_classifier *c, uint64_t pfn, uint64_t count, uint8_t *classes)
{
	c->any_bad = true;
	memset(c->bad, 1, (size_t)count * sizeof(c->bad[0]));
	count_unreadable(c, pfn, (size_t)count, classes, "they have none");
}

void page_classify_block(struct page_classifier *c, uint64_t first_pfn, uint8_t *classes)
{
	uint64_t chunk = PAGE_CHUNK_BYTES / c->layout->size;

	if (chunk > PAGE_CHUNK_PAGES)
		chunk = PAGE_CHUNK_PAGES;
	chunk &= ~UINT64_C(1); /* the first two pages of a compound page come together */
	c->own.valid = c->other.valid = false;
	c->free_end = 0;
	c->unreadable = 0;
	look_back(c, first_pfn);

	for (uint64_t at = 0; at < PAGE_BLOCK;) {
		uint64_t next = at;

		while (next < PAGE_BLOCK && classes[next] == PAGE_ABSENT)
			next++;
		if (next == PAGE_BLOCK)
			break;
		if (next > at)
			at = next & ~UINT64_C(1);

		uint64_t pfn = first_pfn + at, vaddr, there;
		bool found = page_memmap_at(c->memmap, c->view, pfn, &vaddr, &there);
		uint64_t count = PAGE_BLOCK - at;

		if (count > there)
			count = there;
		if (count > chunk)
			count = chunk;

		uint64_t end = count;

		while (end > 1 && classes[at + end - 1] == PAGE_ABSENT)
			end--;
		if (found) {
			struct err err = { .text = "" };

			read_chunk(c, vaddr, (size_t)end, &err);
			classify_chunk(c, pfn, vaddr, (size_t)end, classes + at);
			count_unreadable(c, pfn, (size_t)end, classes + at, err.text);
		} else {
			absent(c, pfn, end, classes + at);
		}
		at += count;
	}
}

void page_classifier_init(struct page_classifier *c, const struct page_layout *layout,
			  const struct page_memmap *memmap, const struct kernel *kernel, struct arena *arena)
{
	memset(c, 0, sizeof(*c));
	c->layout = layout;
	c->memmap = memmap;
	c->view = kernel_view_new(kernel, arena);
	c->reader = dump_reader_new(kernel->dump, arena, CHUNK_WINDOW);
	c->page_shift = kernel->page_shift;
}
