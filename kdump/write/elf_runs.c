/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/elf_runs.h"

/* One way through the pages from first to end, in ascending order. */
struct way {
	const struct elf_walk *walk;
	const struct dump_mapping *maps; /* sorted */
	size_t map_count;
	bool mapped_only; /* pages outside of the maps do not count */
	uint64_t first_pfn, end_pfn;

	/* What holds for all pages below `change`. */
	size_t at;
	bool mapped;
	uint64_t delta; /* vaddr - physical */
	uint64_t change;

	uint64_t rank;			 /* of the next kept page */
	uint64_t class_rank[PAGE_CLASSES];

	/* The run that is still growing. */
	bool open, run_mapped;
	uint8_t class;
	uint64_t run_delta;
	uint64_t start, file_end, memory_end; /* page numbers */
	uint64_t place;			      /* of its data, in pages */
};

static void find_map(struct way *way, uint64_t pfn)
{
	unsigned int shift = way->walk->page_shift;
	uint64_t physical = pfn << shift;

	while (way->at < way->map_count && way->maps[way->at].physical + way->maps[way->at].size <= physical)
		way->at++;

	const struct dump_mapping *map = way->at < way->map_count ? &way->maps[way->at] : NULL;

	way->mapped = map && map->physical <= physical;
	way->delta = way->mapped ? map->vaddr - map->physical : 0;
	if (!map)
		way->change = UINT64_MAX;
	else if (way->mapped)
		way->change = ((map->physical + map->size - 1) >> shift) + 1;
	else
		way->change = ((map->physical - 1) >> shift) + 1;
}

static bool close_run(struct way *way, struct err *err)
{
	unsigned int shift = way->walk->page_shift;
	struct elf_run run = {
		.physical = way->start << shift,
		.offset = way->place << shift,
		.file_size = (way->file_end - way->start) << shift,
		.memory_size = (way->memory_end - way->start) << shift,
	};

	if (!way->open)
		return true;
	way->open = false;
	if (way->run_mapped)
		run.vaddr = run.physical + way->run_delta;
	return way->walk->run(way->walk->data, &run, err);
}

static bool goes_on(const struct way *way, uint64_t pfn)
{
	return way->open && way->memory_end == pfn && way->mapped == way->run_mapped && way->delta == way->run_delta;
}

static void open_run(struct way *way, uint64_t pfn, bool kept, uint64_t place)
{
	way->open = true;
	way->run_mapped = way->mapped;
	way->run_delta = way->delta;
	way->start = pfn;
	way->file_end = kept ? pfn + 1 : pfn;
	way->memory_end = pfn + 1;
	way->place = place;
}

static bool kept_page(struct way *way, uint64_t pfn, uint8_t class, struct err *err)
{
	const struct elf_order *order = way->walk->order;
	uint64_t place = order->by_class ? order->class_start[class] + way->class_rank[class] : way->rank;

	way->rank++;
	way->class_rank[class]++;
	if (way->mapped_only && !way->mapped)
		return close_run(way, err);
	if (goes_on(way, pfn) && way->file_end == pfn && (!order->by_class || way->class == class)) {
		way->file_end = way->memory_end = pfn + 1;
		return true;
	}
	if (!close_run(way, err))
		return false;
	way->class = class;
	open_run(way, pfn, true, place);
	return true;
}

/* A page that is left out belongs to the run before it; where there is none, to one without data. */
static bool left_out_page(struct way *way, uint64_t pfn, struct err *err)
{
	if (goes_on(way, pfn)) {
		way->memory_end = pfn + 1;
		return true;
	}
	if (way->mapped_only)
		return true;
	if (!close_run(way, err))
		return false;
	open_run(way, pfn, false, way->rank);
	return true;
}

static bool walk_block(struct way *way, uint64_t block, const uint8_t *classes, struct err *err)
{
	const struct kept *kept = way->walk->kept;
	uint64_t base = block * PAGE_BLOCK;
	size_t from = base < kept->start_pfn ? (size_t)(kept->start_pfn - base) : 0;
	size_t to = kept->end_pfn - base < PAGE_BLOCK ? (size_t)(kept->end_pfn - base) : PAGE_BLOCK;

	for (size_t i = from; i < to; i++) {
		uint64_t pfn = base + i;
		uint8_t class = classes[i];

		if (pfn >= way->end_pfn)
			return true;
		if (pfn < way->first_pfn) {
			if (kept->keeps[class]) {
				way->rank++;
				way->class_rank[class]++;
			}
			continue;
		}
		if (pfn >= way->change)
			find_map(way, pfn);
		if (kept->keeps[class]) {
			if (!kept_page(way, pfn, class, err))
				return false;
		} else if (class != PAGE_ABSENT && !left_out_page(way, pfn, err)) {
			return false;
		}
	}
	return true;
}

static bool walk_way(struct way *way, struct page_map_view *view, uint8_t *classes, struct err *err)
{
	const struct kept *kept = way->walk->kept;
	uint64_t block = way->first_pfn / PAGE_BLOCK;

	if (block < kept->first_block)
		block = kept->first_block;
	if (block >= kept->end_block)
		return true;
	kept_before(kept, block, way->class_rank);
	for (unsigned int class = 0; class < PAGE_CLASSES; class++)
		way->rank += way->class_rank[class];
	for (; block < kept->end_block && block * PAGE_BLOCK < way->end_pfn; block++) {
		page_map_classes(view, block, classes);
		if (!walk_block(way, block, classes, err))
			return false;
	}
	return close_run(way, err);
}

bool elf_runs_walk(const struct elf_walk *walk, struct err *err)
{
	struct arena arena;
	bool ok = true;

	arena_init(&arena);

	struct page_map_view *view = page_map_view_new(walk->kept->pages, &arena);
	uint8_t *classes = arena_alloc(&arena, PAGE_BLOCK);

	for (size_t i = 0; ok && i < walk->maps->alias_count; i++) {
		const struct dump_mapping *alias = &walk->maps->aliases[i];
		uint64_t page = UINT64_C(1) << walk->page_shift;
		struct way way = {
			.walk = walk,
			.maps = alias,
			.map_count = 1,
			.mapped_only = true,
			.first_pfn = alias->physical / page + (alias->physical % page != 0),
			.end_pfn = (alias->physical + alias->size) / page,
		};

		ok = way.first_pfn >= way.end_pfn || walk_way(&way, view, classes, err);
	}
	if (ok) {
		struct way way = {
			.walk = walk,
			.maps = walk->maps->direct,
			.map_count = walk->maps->direct_count,
			.end_pfn = UINT64_MAX,
		};

		ok = walk_way(&way, view, classes, err);
	}
	arena_release(&arena);
	return ok;
}
