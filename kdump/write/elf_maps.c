/* SPDX-License-Identifier: GPL-2.0-only */
/* Which virtual addresses the headers of the source give to memory. */
#include <stdlib.h>

#include "kdump/write/elf_runs.h"

/*
 * Linux has one, its text (x86, arm64). A file that has crowds of them is made to take time: the data is found by
 * physical addresses as well.
 */
#define MAX_ALIASES 64

struct place {
	struct dump_mapping mapping;
	size_t index; /* in the source */
};

/* Larger ones first, for what lies inside another is the alias; of equal ones the later, for text comes first. */
static int compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->mapping.physical != y->mapping.physical)
		return x->mapping.physical < y->mapping.physical ? -1 : 1;
	if (x->mapping.size != y->mapping.size)
		return x->mapping.size > y->mapping.size ? -1 : 1;
	return x->index > y->index ? -1 : 1;
}

static void add_alias(struct elf_maps *maps, struct dump_mapping mapping)
{
	if (maps->alias_count < MAX_ALIASES)
		maps->aliases[maps->alias_count++] = mapping;
}

static void add_direct(struct elf_maps *maps, struct dump_mapping mapping)
{
	struct dump_mapping *last = maps->direct_count ? &maps->direct[maps->direct_count - 1] : NULL;

	if (last && last->physical + last->size == mapping.physical && last->vaddr + last->size == mapping.vaddr)
		last->size += mapping.size;
	else
		maps->direct[maps->direct_count++] = mapping;
}

void elf_maps_make(struct elf_maps *maps, struct arena *arena, const struct dump *dump)
{
	struct place *places = arena_array(arena, dump->mapping_count, sizeof(*places));
	uint64_t covered = 0;
	size_t count = 0;

	*maps = (struct elf_maps){
		.direct = arena_array(arena, dump->mapping_count, sizeof(*maps->direct)),
		.aliases = arena_array(arena, MAX_ALIASES, sizeof(*maps->aliases)),
	};
	for (size_t i = 0; i < dump->mapping_count; i++) {
		struct dump_mapping mapping = dump->mappings[i];

		if (mapping.size && mapping.size <= UINT64_MAX - mapping.physical)
			places[count++] = (struct place){ mapping, i };
	}
	qsort(places, count, sizeof(*places), compare);
	for (size_t i = 0; i < count; i++) {
		struct dump_mapping mapping = places[i].mapping;
		uint64_t end = mapping.physical + mapping.size;
		uint64_t common = mapping.physical >= covered ? 0 : (end < covered ? end : covered) - mapping.physical;

		if (common)
			add_alias(maps, (struct dump_mapping){ mapping.vaddr, mapping.physical, common });
		if (common == mapping.size)
			continue;
		add_direct(maps, (struct dump_mapping){ mapping.vaddr + common, mapping.physical + common,
							mapping.size - common });
		covered = end;
	}
}
