/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dump without a file: memory whose pages follow from their numbers, and in place of kdump/kernel/page_map.c classes
 * that do as well. Included by programs that test what is written of it; one file each.
 */
#ifndef MADE_DUMP_H
#define MADE_DUMP_H

#include <elf.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "kdump/dump/dump.h"
#include "kdump/dump/format.h"
#include "kdump/kernel/page_map.h"

struct made {
	struct dump dump;
	struct page_map map;
	uint64_t unreadable_every, lost_every; /* 0: none */
	unsigned int classes;		       /* of PAGE_KERNEL to PAGE_NEVER, so many are there */
};

/* Every kind of page: zeros, one byte at its end, text, noise, and what lies between. */
static inline void made_page(uint64_t pfn, uint8_t *page, size_t size)
{
	uint32_t state = (uint32_t)pfn * 2654435761u + 1;
	size_t noise = size;

	memset(page, 0, size);
	switch (pfn % 7) {
	case 0:
	case 3:
		return;
	case 1:
		page[size - 1] = 1;
		return;
	case 2:
		for (size_t i = 0; i < size; i++)
			page[i] = (uint8_t)("the quick brown fox "[(i + pfn) % 20]);
		return;
	case 4:
		page[pfn % size] = (uint8_t)(pfn | 1);
		return;
	case 5:
		noise = size / 2;
		break;
	default:
		break;
	}
	for (size_t i = 0; i < noise; i++) {
		state = state * 1103515245u + 12345;
		page[i] = (uint8_t)(state >> 16);
	}
}

static inline bool made_is_zero(uint64_t pfn)
{
	return pfn % 7 == 0 || pfn % 7 == 3;
}

/* Runs of several lengths, with pages by themselves among them. */
static inline enum page_class made_class(const struct made *made, uint64_t pfn)
{
	uint64_t run = pfn % 91 == 17 ? pfn : pfn / 5 * 3 + pfn / 64;

	return (enum page_class)(PAGE_KERNEL + run % made->classes);
}

static inline enum dump_page_state made_state(const struct dump *dump, uint64_t pfn)
{
	const struct made *made = dump->state;
	struct range page = { pfn * dump->page_size, (pfn + 1) * dump->page_size };

	if (!ranges_contain(&dump->memory, page))
		return DUMP_PAGE_ABSENT;
	return made->lost_every && pfn % made->lost_every == 1 ? DUMP_PAGE_LOST : DUMP_PAGE_HERE;
}

static inline void *made_reader(const struct dump *dump, struct arena *arena, uint64_t window)
{
	(void)window;
	return arena_alloc(arena, (size_t)dump->page_size);
}

static inline enum dump_page_state made_read(const struct dump *dump, void *buffer, uint64_t pfn, const uint8_t **page,
					     struct err *err)
{
	const struct made *made = dump->state;
	enum dump_page_state state = made_state(dump, pfn);

	if (state != DUMP_PAGE_HERE)
		return state;
	if (made->unreadable_every && pfn % made->unreadable_every == 2) {
		err_set_text(err, ERR_SYSTEM, "made to be unreadable");
		return DUMP_PAGE_UNREADABLE;
	}
	made_page(pfn, buffer, (size_t)dump->page_size);
	*page = buffer;
	return DUMP_PAGE_HERE;
}

static const struct dump_ops made_ops = { .page_state = made_state, .reader_state = made_reader, .page = made_read };

struct page_map_view {
	const struct made *made;
};

bool page_level_keeps(unsigned int level, enum page_class class)
{
	static const unsigned int left_out[PAGE_CLASSES] = {
		[PAGE_CACHE_PRIVATE] = 4, [PAGE_CACHE] = 2 | 4, [PAGE_USER] = 8, [PAGE_FREE] = 16, [PAGE_NEVER] = 30,
	};

	return class != PAGE_ABSENT && (level & left_out[class]) == 0;
}

struct page_map_view *page_map_view_new(const struct page_map *map, struct arena *arena)
{
	struct page_map_view *view = arena_alloc(arena, sizeof(*view));

	view->made = map->dump->state;
	return view;
}

void page_map_classes(struct page_map_view *view, uint64_t block, uint8_t *classes)
{
	for (uint64_t i = 0; i < PAGE_BLOCK; i++) {
		uint64_t pfn = block * PAGE_BLOCK + i;
		bool here = made_state(&view->made->dump, pfn) != DUMP_PAGE_ABSENT;

		classes[i] = (uint8_t)(here ? made_class(view->made, pfn) : PAGE_ABSENT);
	}
}

/* The dump has these ranges of page numbers as memory, in ascending order. */
static inline void made_open(struct made *made, struct arena *arena, uint64_t page_size, const struct range *pages,
			     size_t count)
{
	uint8_t *classes = arena_alloc(arena, PAGE_BLOCK);
	struct dump *dump = &made->dump;
	struct page_map *map = &made->map;

	*made = (struct made){ .classes = PAGE_NEVER - PAGE_KERNEL + 1 };
	dump->path = "made dump";
	dump->fd = -1;
	dump->format = DUMP_ELF;
	dump->order = ORDER_LITTLE;
	dump->is64 = true;
	dump->elf_machine = EM_X86_64;
	dump->page_size = page_size;
	dump->page_size_known = true;
	dump->ops = &made_ops;
	dump->state = made;
	dump->prstatus_count = 3;
	ranges_init(&dump->memory, arena);
	for (size_t i = 0; i < count; i++)
		ranges_append(&dump->memory, (struct range){ pages[i].start * page_size, pages[i].end * page_size });
	ranges_normalize(&dump->memory);

	map->dump = dump;
	map->end_pfn = pages[count - 1].end;
	map->page_count = ranges_total(&dump->memory) / page_size;
	map->block_count = (map->end_pfn + PAGE_BLOCK - 1) / PAGE_BLOCK;
	map->blocks = arena_array(arena, (size_t)map->block_count, sizeof(*map->blocks));

	struct page_map_view view = { made };

	for (uint64_t block = 0; block < map->block_count; block++) {
		page_map_classes(&view, block, classes);
		for (size_t i = 0; i < PAGE_BLOCK; i++) {
			map->blocks[block].pages[classes[i]]++;
			map->totals[classes[i]]++;
		}
	}
}

#endif
