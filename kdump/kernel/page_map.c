/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/kernel/page_map.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

#include "kdump/kernel/page_map_classify.h"
#include "kdump/kernel/page_map_pack.h"
#include "range.h"

/* The most that page tables of any architecture can address (x86-64, arm64). */
#define PHYSICAL_BITS 52

struct page_map_state {
	struct page_layout layout;
	struct page_memmap memmap;
	struct page_map_notes notes;
	struct page_pack pack;
	bool filter; /* there are struct pages, and VMCOREINFO says enough of them */
};

struct page_map_view {
	const struct page_map *map;
	struct page_classifier *classifier; /* NULL where nothing is told apart */
};

bool page_level_keeps(unsigned int level, enum page_class class)
{
	switch (class) {
	case PAGE_KERNEL: return true;
	case PAGE_CACHE_PRIVATE: return !(level & 4);
	case PAGE_CACHE: return !(level & (2 | 4));
	case PAGE_USER: return !(level & 8);
	case PAGE_FREE: return !(level & 16);
	case PAGE_NEVER: return level < 2;
	case PAGE_ABSENT:
	case PAGE_CLASSES: break;
	}
	return false;
}

const char *page_class_name(enum page_class class)
{
	switch (class) {
	case PAGE_ABSENT: return "absent";
	case PAGE_KERNEL: return "kernel";
	case PAGE_CACHE_PRIVATE: return "private cache";
	case PAGE_CACHE: return "cache";
	case PAGE_USER: return "user";
	case PAGE_FREE: return "free";
	case PAGE_NEVER: return "unusable";
	case PAGE_CLASSES: break;
	}
	return "unknown";
}

static struct range whole_pages(const struct page_map *map, size_t index)
{
	struct range pages = range_shrink(map->dump->memory.v[index], map->dump->page_size);

	return (struct range){ pages.start / map->dump->page_size, pages.end / map->dump->page_size };
}

static bool measure(struct page_map *map, struct err *err)
{
	const struct ranges *memory = &map->dump->memory;

	for (size_t i = 0; i < memory->count; i++) {
		struct range pages = whole_pages(map, i);

		if (memory->v[i].end > UINT64_C(1) << PHYSICAL_BITS)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: memory from physical %#" PRIx64 " to %#" PRIx64 ", expected no more than %d "
				       "bits of address", map->dump->path, memory->v[i].start, memory->v[i].end,
				       PHYSICAL_BITS);
		if (range_is_empty(pages))
			continue;
		map->page_count += range_size(pages);
		map->end_pfn = pages.end;
	}
	map->block_count = (map->end_pfn + PAGE_BLOCK - 1) / PAGE_BLOCK;
	return true;
}

bool page_map_open(struct page_map *map, struct arena *arena, const struct dump *dump, const struct kernel *kernel,
		   uint64_t keep, struct err *err)
{
	*map = (struct page_map){ .kernel = kernel, .dump = dump };
	if (!measure(map, err))
		return false;

	struct page_map_state *state = arena_alloc(arena, sizeof(*state));

	map->state = state;
	map->blocks = arena_array(arena, (size_t)map->block_count, sizeof(*map->blocks));
	state->notes = (struct page_map_notes){ arena, &map->problems };
	page_pack_init(&state->pack, arena, map->block_count, keep);
	if (!kernel)
		return true;
	if (kernel->page_size != dump->page_size) {
		page_map_note(&state->notes, "all pages are kept: the dump's pages have %" PRIu64 " bytes, and VMCOREINFO's "
			      "PAGESIZE is %" PRIu64, dump->page_size, kernel->page_size);
		return true;
	}
	if (!page_layout_read(&state->layout, kernel, &state->notes))
		return true;

	struct arena scratch;

	arena_init(&scratch);
	page_memmap_find_model(&state->memmap, arena, kernel, kernel_view_new(kernel, &scratch), state->layout.size,
			       &state->notes);
	arena_release(&scratch);
	state->filter = state->memmap.model != PAGE_MEMMAP_NONE;
	return true;
}

/* The first range of memory that ends behind pfn. */
static size_t first_range(const struct page_map *map, uint64_t pfn)
{
	size_t low = 0, high = map->dump->memory.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (map->dump->memory.v[middle].end / map->dump->page_size > pfn)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

static bool has_memory(const struct page_map *map, uint64_t block)
{
	size_t range = first_range(map, block * PAGE_BLOCK);

	return range < map->dump->memory.count &&
	       map->dump->memory.v[range].start / map->dump->page_size < (block + 1) * PAGE_BLOCK;
}

/* PAGE_KERNEL where there is a page, else PAGE_ABSENT. False where there is none at all. */
static bool mark_memory(const struct page_map *map, uint64_t block, uint8_t *classes)
{
	uint64_t start = block * PAGE_BLOCK;
	size_t first = first_range(map, start);
	bool any = false;

	memset(classes, PAGE_ABSENT, PAGE_BLOCK);
	for (size_t i = first; i < map->dump->memory.count; i++) {
		struct range pages = range_intersect(whole_pages(map, i), (struct range){ start, start + PAGE_BLOCK });

		if (map->dump->memory.v[i].start / map->dump->page_size >= start + PAGE_BLOCK)
			break;
		if (map->dump->nothing_excluded && pages.end > pages.start) {
			memset(classes + (pages.start - start), PAGE_KERNEL, (size_t)(pages.end - pages.start));
			any = true;
			continue;
		}
		for (uint64_t pfn = pages.start; pfn < pages.end; pfn++) {
			if (dump_page_is_excluded(map->dump, pfn))
				continue;
			classes[pfn - start] = PAGE_KERNEL;
			any = true;
		}
	}
	return any;
}

/* False where the block has no page. */
static bool find_classes(struct page_map_view *view, uint64_t block, uint8_t *classes)
{
	if (!mark_memory(view->map, block, classes))
		return false;
	if (view->classifier)
		page_classify_block(view->classifier, block * PAGE_BLOCK, classes);
	return true;
}

struct page_map_view *page_map_view_new(const struct page_map *map, struct arena *arena)
{
	struct page_map_view *view = arena_alloc(arena, sizeof(*view));

	view->map = map;
	if (map->state->filter) {
		view->classifier = arena_alloc(arena, sizeof(*view->classifier));
		page_classifier_init(view->classifier, &map->state->layout, &map->state->memmap, map->kernel, arena);
	}
	return view;
}

void page_map_classes(struct page_map_view *view, uint64_t block, uint8_t *classes)
{
	if (block >= view->map->block_count)
		memset(classes, PAGE_ABSENT, PAGE_BLOCK);
	else if (!page_pack_get(&view->map->state->pack, block, classes, PAGE_BLOCK))
		find_classes(view, block, classes);
}

struct scan {
	struct page_map *map;
	_Atomic uint64_t next; /* block */
	pthread_mutex_t lock;  /* for what is below */
	uint64_t done;
	void (*progress)(void *data, uint64_t done);
	void *progress_data;
	uint64_t unreadable, unreadable_blocks, first_unreadable;
	char why[256];
};

static void finish_block(struct scan *scan, const struct page_classifier *classifier, uint64_t pages)
{
	pthread_mutex_lock(&scan->lock);
	scan->done += pages;
	if (classifier && classifier->unreadable) {
		if (!scan->unreadable || classifier->first_unreadable < scan->first_unreadable) {
			scan->first_unreadable = classifier->first_unreadable;
			memcpy(scan->why, classifier->why, sizeof(scan->why));
		}
		scan->unreadable += classifier->unreadable;
		scan->unreadable_blocks++;
	}
	if (scan->progress)
		scan->progress(scan->progress_data, scan->done);
	pthread_mutex_unlock(&scan->lock);
}

static void *scan_thread(void *data)
{
	struct scan *scan = data;
	struct page_map *map = scan->map;
	struct arena arena;
	uint64_t block;

	arena_init(&arena);

	struct page_map_view *view = page_map_view_new(map, &arena);
	uint8_t *classes = arena_alloc(&arena, PAGE_BLOCK);

	while ((block = atomic_fetch_add(&scan->next, 1)) < map->block_count) {
		uint32_t *counts = map->blocks[block].pages;

		/* There may be very many of these, where a dump speaks of few pages far up. */
		if (!has_memory(map, block) || !find_classes(view, block, classes))
			continue;
		memset(counts, 0, sizeof(map->blocks[block].pages));
		for (uint32_t at = 0, end; at < PAGE_BLOCK; at = end) {
			end = page_pack_run(classes, at, PAGE_BLOCK);
			counts[classes[at]] += end - at;
		}
		page_pack_put(&map->state->pack, block, classes, PAGE_BLOCK);
		finish_block(scan, view->classifier, PAGE_BLOCK - counts[PAGE_ABSENT]);
	}
	arena_release(&arena);
	return NULL;
}

static void note_unreadable(struct page_map *map, const struct scan *scan)
{
	struct page_map_notes *notes = &map->state->notes;

	if (!map->problems)
		notes->tail = &map->problems;
	if (scan->unreadable)
		page_map_note(notes,
			      "%" PRIu64 " pages are kept, in %" PRIu64 " blocks of %u pages, the first one at physical %#"
			      PRIx64 ": their struct pages cannot be read: %s", scan->unreadable,
			      scan->unreadable_blocks, PAGE_BLOCK, scan->first_unreadable * map->dump->page_size,
			      scan->why);
}

#define THREADS_MAX 1024u

bool page_map_scan(struct page_map *map, unsigned int threads, void (*progress)(void *data, uint64_t done),
		   void *progress_data, struct err *err)
{
	struct scan scan = {
		.map = map,
		.lock = PTHREAD_MUTEX_INITIALIZER,
		.progress = progress,
		.progress_data = progress_data,
	};
	struct arena arena;
	unsigned int started = 0;

	(void)err;
	if (threads > THREADS_MAX)
		threads = THREADS_MAX;
	if (threads > map->block_count)
		threads = (unsigned int)map->block_count;
	arena_init(&arena);

	/* This thread is one of them; where the system gives no others, it does all. */
	pthread_t *others = arena_array(&arena, threads, sizeof(*others));

	while (started + 1 < threads && pthread_create(&others[started], NULL, scan_thread, &scan) == 0)
		started++;
	scan_thread(&scan);
	for (unsigned int i = 0; i < started; i++)
		pthread_join(others[i], NULL);
	arena_release(&arena);
	pthread_mutex_destroy(&scan.lock);

	memset(map->totals, 0, sizeof(map->totals));
	for (uint64_t block = 0; block < map->block_count; block++)
		for (int class = 0; class < PAGE_CLASSES; class++)
			map->totals[class] += map->blocks[block].pages[class];
	note_unreadable(map, &scan);
	return true;
}
