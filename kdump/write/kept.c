/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/kept.h"

#include <string.h>

/* Sums are kept for every so many blocks, and added up in between. */
#define GROUP 16u

static void clip(const struct kept *kept, uint64_t block, uint8_t *classes)
{
	uint64_t base = block * PAGE_BLOCK;

	if (base < kept->start_pfn)
		memset(classes, PAGE_ABSENT, kept->start_pfn - base);
	if (base + PAGE_BLOCK > kept->end_pfn)
		memset(classes + (kept->end_pfn - base), PAGE_ABSENT, base + PAGE_BLOCK - kept->end_pfn);
}

void kept_level_classes(const struct kept *kept, struct page_map_view *view, uint64_t block, uint8_t *classes)
{
	uint8_t map[PAGE_CLASSES];

	page_map_classes(view, block, classes);
	for (unsigned int class = 0; class < PAGE_CLASSES; class++)
		map[class] = (uint8_t)(kept->keeps[class] ? class : PAGE_ABSENT);
	for (size_t i = 0; i < PAGE_BLOCK; i++)
		classes[i] = map[classes[i]];
}

void kept_classes(const struct kept *kept, struct page_map_view *view, uint64_t block, uint8_t *classes)
{
	kept_level_classes(kept, view, block, classes);
	clip(kept, block, classes);
}

struct page_block_counts kept_counts(const struct kept *kept, uint64_t block)
{
	if (block == kept->first_block)
		return kept->first;
	if (block + 1 == kept->end_block)
		return kept->last;

	struct page_block_counts counts = kept->pages->blocks[block];

	for (unsigned int class = 0; class < PAGE_CLASSES; class++) {
		if (!kept->keeps[class])
			counts.pages[class] = 0;
	}
	return counts;
}

static void add(const struct kept *kept, uint64_t block, uint64_t sums[PAGE_CLASSES])
{
	struct page_block_counts counts = kept_counts(kept, block);

	for (unsigned int class = 0; class < PAGE_CLASSES; class++)
		sums[class] += counts.pages[class];
}

void kept_before(const struct kept *kept, uint64_t block, uint64_t before[PAGE_CLASSES])
{
	uint64_t group = (block - kept->first_block) / GROUP;

	memcpy(before, kept->groups[group], sizeof(kept->groups[group]));
	for (uint64_t at = kept->first_block + group * GROUP; at < block; at++)
		add(kept, at, before);
}

/* The blocks that start_pfn and end_pfn lie in are counted, where they are not in it wholly. */
static struct page_block_counts edge(const struct kept *kept, struct page_map_view *view, uint64_t block,
				     uint8_t *classes)
{
	struct page_block_counts counts = { { 0 } };

	kept_classes(kept, view, block, classes);
	for (size_t i = 0; i < PAGE_BLOCK; i++)
		counts.pages[classes[i]]++;
	counts.pages[PAGE_ABSENT] = 0;
	return counts;
}

static void count_edges(struct kept *kept)
{
	struct arena arena;

	arena_init(&arena);

	struct page_map_view *view = page_map_view_new(kept->pages, &arena);
	uint8_t *classes = arena_alloc(&arena, PAGE_BLOCK);

	kept->first = edge(kept, view, kept->first_block, classes);
	kept->last = edge(kept, view, kept->end_block - 1, classes);
	arena_release(&arena);
}

void kept_open(struct kept *kept, struct arena *arena, const struct page_map *pages, unsigned int level,
	       uint64_t start_pfn, uint64_t end_pfn)
{
	*kept = (struct kept){ .pages = pages };
	kept->end_pfn = end_pfn < pages->end_pfn ? end_pfn : pages->end_pfn;
	kept->start_pfn = start_pfn < kept->end_pfn ? start_pfn : kept->end_pfn;
	for (unsigned int class = PAGE_ABSENT + 1; class < PAGE_CLASSES; class++)
		kept->keeps[class] = page_level_keeps(level, (enum page_class)class);
	if (kept->start_pfn < kept->end_pfn) {
		kept->first_block = kept->start_pfn / PAGE_BLOCK;
		kept->end_block = (kept->end_pfn + PAGE_BLOCK - 1) / PAGE_BLOCK;
		count_edges(kept);
	}

	uint64_t blocks = kept->end_block - kept->first_block;

	kept->groups = arena_array(arena, (size_t)(blocks / GROUP + 1), sizeof(*kept->groups));
	for (uint64_t i = 0; i < blocks; i++) {
		if (i % GROUP == 0)
			memcpy(kept->groups[i / GROUP], kept->totals, sizeof(kept->totals));
		add(kept, kept->first_block + i, kept->totals);
	}
	if (blocks % GROUP == 0)
		memcpy(kept->groups[blocks / GROUP], kept->totals, sizeof(kept->totals));
	kept->totals[PAGE_ABSENT] = 0;
	for (unsigned int class = 0; class < PAGE_CLASSES; class++)
		kept->total += kept->totals[class];
}
