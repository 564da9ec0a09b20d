/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kexec/arch/x86/x86.h"
#include "kexec/base/cmdline.h"

/* Ascending by usability: where two overlap, the later one wins. */
static const enum x86_memory_type by_rank[] = {
	X86_RAM, X86_SOFT_RESERVED, X86_PRAM, X86_PMEM, X86_ACPI, X86_NVS, X86_RESERVED, X86_UNUSABLE,
};

#define RANKS (sizeof(by_rank) / sizeof(by_rank[0]))

/* What has no type of ours may be anything but RAM. */
static size_t rank_of(enum x86_memory_type type)
{
	for (size_t i = 0; i < RANKS; i++)
		if (by_rank[i] == type)
			return i;
	return rank_of(X86_RESERVED);
}

struct edge {
	uint64_t at;
	size_t rank;
	bool begins;
};

static int compare_edge(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->at < y->at ? -1 : x->at > y->at;
}

static void append(struct x86_map *map, struct range range, enum x86_memory_type type)
{
	struct x86_memory *last = map->count ? &map->v[map->count - 1] : NULL;

	if (range_is_empty(range))
		return;
	if (last && last->type == type && last->range.end == range.start)
		last->range.end = range.end;
	else
		map->v[map->count++] = (struct x86_memory){ range, type };
}

void x86_map_normalize(struct x86_map *map, struct arena *arena)
{
	struct edge *edges = arena_array(arena, map->count * 2, sizeof(*edges));
	struct x86_map out = { .v = arena_array(arena, map->count * 2, sizeof(*out.v)) };
	size_t open[RANKS] = { 0 }, count = 0;
	uint64_t from = 0;

	for (size_t i = 0; i < map->count; i++) {
		const struct x86_memory *m = &map->v[i];

		if (range_is_empty(m->range))
			continue;
		edges[count++] = (struct edge){ m->range.start, rank_of(m->type), true };
		edges[count++] = (struct edge){ m->range.end, rank_of(m->type), false };
	}
	if (count)
		qsort(edges, count, sizeof(*edges), compare_edge);
	for (size_t i = 0; i < count; i++) {
		for (size_t rank = RANKS; rank-- > 0;) {
			if (!open[rank])
				continue;
			append(&out, (struct range){ from, edges[i].at }, by_rank[rank]);
			break;
		}
		from = edges[i].at;
		if (edges[i].begins)
			open[edges[i].rank]++;
		else
			open[edges[i].rank]--;
	}
	*map = out;
}

/* Names: Linux arch/x86/kernel/e820.c, e820_type_to_string() (6.12); older kernels write "reserved". */
bool x86_memory_type_by_name(const char *name, enum x86_memory_type *type)
{
	static const struct {
		const char *name;
		enum x86_memory_type type;
	} names[] = {
		{ "System RAM", X86_RAM },
		{ "Reserved", X86_RESERVED },
		{ "ACPI Tables", X86_ACPI },
		{ "ACPI Non-volatile Storage", X86_NVS },
		{ "Unusable memory", X86_UNUSABLE },
		{ "Persistent Memory", X86_PMEM },
		{ "Persistent Memory (legacy)", X86_PRAM },
		{ "Soft Reserved", X86_SOFT_RESERVED },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcasecmp(name, names[i].name) == 0) {
			*type = names[i].type;
			return true;
		}
	}
	return false;
}

/* The firmware's own map (E820 on EFI) leaves out what EFI alone knows: the running kernel was told to add that. */
static bool firmware_is_not_all(const struct machine *machine)
{
	const char *cursor = machine->cmdline ? machine->cmdline : "";
	struct cmdline_word word;

	while (cmdline_next(&cursor, &word))
		if (cmdline_word_is(word, "add_efi_memmap"))
			return true;
	return false;
}

static void take_firmware(struct x86_map *map, const struct machine *machine)
{
	for (size_t i = 0; i < machine->firmware_count; i++) {
		const struct machine_firmware_range *f = &machine->firmware[i];
		enum x86_memory_type type = X86_RESERVED;

		/* All of this list is memory of some kind, so a name not known here is no hole for devices. */
		if (!x86_memory_type_by_name(f->type, &type))
			type = X86_RESERVED;
		map->v[map->count++] = (struct x86_memory){ f->range, type };
	}
}

static void take_resources(struct x86_map *map, const struct machine *machine)
{
	for (size_t i = 0; i < machine->resource_count; i++) {
		const struct machine_resource *r = &machine->resources[i];
		enum x86_memory_type type;

		if (x86_memory_type_by_name(r->name, &type))
			map->v[map->count++] = (struct x86_memory){ r->range, type };
	}
}

bool x86_map_normal(struct x86_map *map, struct arena *arena, const struct machine *machine, struct err *err)
{
	bool firmware = machine->firmware_count && !firmware_is_not_all(machine);
	size_t most = firmware ? machine->firmware_count : machine->resource_count;

	*map = (struct x86_map){ .v = arena_array(arena, most, sizeof(*map->v)) };
	if (firmware)
		take_firmware(map, machine);
	else
		take_resources(map, machine);
	x86_map_normalize(map, arena);
	for (size_t i = 0; i < map->count; i++)
		if (map->v[i].type == X86_RAM)
			return true;
	return err_set(err, ERR_BAD_MACHINE,
		       "%s has no \"System RAM\" in %s, so the new kernel would be told that there is no memory",
		       machine->origin, firmware ? "/sys/firmware/memmap" : "/proc/iomem");
}

void x86_map_use_ram_only(struct plan *plan, const struct x86_map *map)
{
	struct ranges ram, both, pages;

	ranges_init(&ram, &plan->arena);
	for (size_t i = 0; i < map->count; i++)
		if (map->v[i].type == X86_RAM)
			ranges_append(&ram, map->v[i].range);
	ranges_normalize(&ram);
	ranges_intersect(&both, &plan->arena, &plan->usable, &ram);
	ranges_init(&pages, &plan->arena);
	for (size_t i = 0; i < both.count; i++)
		ranges_append(&pages, range_shrink(both.v[i], plan->page_size));
	ranges_normalize(&pages);
	plan->usable = pages;
}
