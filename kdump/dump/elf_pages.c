/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/dump/elf_pages.h"

#include <string.h>

#include "kdump/dump/window.h"
#include "kdump/find.h"

struct reader_state {
	struct window window;
	struct arena *arena;
	const struct elf_part *last; /* where the page before was found */
	uint8_t *scratch;	     /* for a page that is not one piece of the file */
};

/* The first part that ends behind the address, or count. */
static size_t part_behind(const struct elf_pages *elf, uint64_t address)
{
	return find_above(elf->parts, sizeof(*elf->parts), offsetof(struct elf_part, end), elf->count, address);
}

static bool page_range(const struct elf_pages *elf, uint64_t pfn, struct range *page)
{
	if (pfn > (UINT64_MAX >> elf->page_shift) - 1)
		return false;
	page->start = pfn << elf->page_shift;
	page->end = (pfn + 1) << elf->page_shift;
	return true;
}

/* Whether the file, where its size is known, holds these bytes of the part. */
static bool is_in_file(const struct elf_pages *elf, const struct elf_part *part, struct range r)
{
	return elf->file->size == 0 || part->offset + (r.end - part->start) <= elf->file->size;
}

static enum dump_page_state page_state(const struct dump *dump, uint64_t pfn)
{
	const struct elf_pages *elf = dump->state;
	struct range page;

	if (!page_range(elf, pfn, &page))
		return DUMP_PAGE_ABSENT;

	size_t i = part_behind(elf, page.start);

	if (i == elf->count || elf->parts[i].start >= page.end)
		return ranges_touch(&dump->memory, page) ? DUMP_PAGE_EXCLUDED : DUMP_PAGE_ABSENT;
	for (; i < elf->count && elf->parts[i].start < page.end; i++) {
		const struct elf_part *part = &elf->parts[i];

		if (!is_in_file(elf, part, range_intersect(page, (struct range){ part->start, part->end })))
			return DUMP_PAGE_LOST;
	}
	return DUMP_PAGE_HERE;
}

static void *reader_state(const struct dump *dump, struct arena *arena, uint64_t window)
{
	const struct elf_pages *elf = dump->state;
	struct reader_state *reader = arena_alloc(arena, sizeof(*reader));
	uint64_t page_size = UINT64_C(1) << elf->page_shift;

	reader->arena = arena;
	window_init(&reader->window, elf->file, arena, window > page_size ? window : page_size, window > page_size);
	return reader;
}

/* Segments that begin or end inside a page: what there is of it, between zeros. */
static enum dump_page_state assemble(const struct elf_pages *elf, struct reader_state *reader, struct range page,
				     size_t first, const uint8_t **out, struct err *err)
{
	size_t size = (size_t)range_size(page);

	if (!reader->scratch)
		reader->scratch = arena_alloc(reader->arena, size);
	memset(reader->scratch, 0, size);
	for (size_t i = first; i < elf->count && elf->parts[i].start < page.end; i++) {
		const struct elf_part *part = &elf->parts[i];
		struct range r = range_intersect(page, (struct range){ part->start, part->end });
		const uint8_t *bytes;

		if (!is_in_file(elf, part, r))
			return DUMP_PAGE_LOST;

		enum window_result result = window_get(&reader->window, part->offset + (r.start - part->start),
						       (size_t)range_size(r), &bytes, err);

		if (result != WINDOW_OK)
			return window_page_state(result);
		memcpy(reader->scratch + (r.start - page.start), bytes, (size_t)range_size(r));
	}
	*out = reader->scratch;
	return DUMP_PAGE_HERE;
}

static enum dump_page_state page(const struct dump *dump, void *state, uint64_t pfn, const uint8_t **out,
				 struct err *err)
{
	const struct elf_pages *elf = dump->state;
	struct reader_state *reader = state;
	const struct elf_part *part = reader->last;
	struct range r;

	if (!page_range(elf, pfn, &r))
		return DUMP_PAGE_ABSENT;
	if (!part || r.start < part->start || r.end > part->end) {
		size_t i = part_behind(elf, r.start);

		if (i == elf->count || elf->parts[i].start >= r.end)
			return ranges_touch(&dump->memory, r) ? DUMP_PAGE_EXCLUDED : DUMP_PAGE_ABSENT;
		part = &elf->parts[i];
		if (part->start > r.start || part->end < r.end)
			return assemble(elf, reader, r, i, out, err);
		reader->last = part;
	}
	if (!is_in_file(elf, part, r))
		return DUMP_PAGE_LOST;
	return window_page_state(window_get(&reader->window, part->offset + (r.start - part->start),
					    (size_t)(r.end - r.start), out, err));
}

/* Of what is in the window. A page that was put together is no part of it. */
static uint64_t run(const struct dump *dump, const void *state, uint64_t pfn)
{
	const struct elf_pages *elf = dump->state;
	const struct reader_state *reader = state;
	const struct elf_part *part = reader->last;
	uint64_t start = pfn << elf->page_shift, offset, count;

	if (!part || start < part->start || start >= part->end)
		return 1;
	offset = part->offset + (start - part->start);
	if (offset < reader->window.start || offset >= reader->window.end)
		return 1;
	count = reader->window.end - offset < part->end - start ? reader->window.end - offset : part->end - start;
	return count >> elf->page_shift ? count >> elf->page_shift : 1;
}

const struct dump_ops elf_pages_ops = {
	.page_state = page_state,
	.reader_state = reader_state,
	.page = page,
	.run = run,
};
