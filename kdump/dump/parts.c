/* SPDX-License-Identifier: GPL-2.0-only */
/* A dump in several kdump-compressed files (makedumpfile --split): each has all bitmaps, and some of the pages. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/dump/kdump_reader.h"
#include "kdump/dump/kdump_state.h"
#include "kdump/dump/parts.h"

struct part {
	struct dump dump;
	const struct kdump *kdump;
};

struct parts {
	struct part *v; /* sorted by first page, disjoint */
	size_t count;
};

struct parts_reader {
	const struct parts *parts;
	struct arena *arena;
	uint64_t window;
	struct kdump_reader **v; /* made when a part is first read */
};

/* The part that has the page's descriptor, if any has; else one whose bitmaps say what the page was. */
static const struct part *part_of(const struct parts *parts, uint64_t pfn)
{
	size_t low = 0, high = parts->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (parts->v[middle].kdump->end_pfn <= pfn)
			low = middle + 1;
		else
			high = middle;
	}
	return &parts->v[low < parts->count ? low : parts->count - 1];
}

static enum dump_page_state page_state(const struct dump *dump, uint64_t pfn)
{
	const struct part *part = part_of(dump->state, pfn);

	return part->dump.ops->page_state(&part->dump, pfn);
}

static bool is_excluded(const struct dump *dump, uint64_t pfn)
{
	return dump_page_is_excluded(&part_of(dump->state, pfn)->dump, pfn);
}

static void *reader_state(const struct dump *dump, struct arena *arena, uint64_t window)
{
	const struct parts *parts = dump->state;
	struct parts_reader *reader = arena_alloc(arena, sizeof(*reader));

	*reader = (struct parts_reader){ parts, arena, window, arena_array(arena, parts->count, sizeof(*reader->v)) };
	return reader;
}

static enum dump_page_state page(const struct dump *dump, void *state, uint64_t pfn, const uint8_t **out,
				 struct err *err)
{
	struct parts_reader *reader = state;
	const struct part *part = part_of(reader->parts, pfn);
	size_t index = (size_t)(part - reader->parts->v);

	(void)dump;
	if (!reader->v[index])
		reader->v[index] = kdump_reader_new(part->kdump, reader->arena, reader->window);
	return kdump_reader_page(reader->v[index], pfn, out, err);
}

static const struct dump_ops parts_ops = {
	.page_state = page_state,
	.is_excluded = is_excluded,
	.reader_state = reader_state,
	.page = page,
};

size_t dump_part_count(const struct dump *dump)
{
	return dump->ops == &parts_ops ? ((const struct parts *)dump->state)->count : 1;
}

const struct dump *dump_part(const struct dump *dump, size_t index)
{
	return dump->ops == &parts_ops ? &((const struct parts *)dump->state)->v[index].dump : dump;
}

static int by_start(const void *a, const void *b)
{
	const struct kdump *first = ((const struct part *)a)->kdump, *second = ((const struct part *)b)->kdump;

	if (first->start_pfn != second->start_pfn)
		return first->start_pfn < second->start_pfn ? -1 : 1;
	return first->end_pfn < second->end_pfn ? -1 : first->end_pfn > second->end_pfn;
}

static bool check_split(const struct part *part, struct err *err)
{
	if (!part->kdump)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s is not kdump-compressed: of several files, each must be a part made by --split",
			       part->dump.path);
	if (!part->kdump->layout.facts.split)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s is a whole dump: of several files, each must be a part made by --split",
			       part->dump.path);
	return true;
}

static bool check_same(const struct part *first, const struct part *other, struct err *err)
{
	const struct dump *a = &first->dump, *b = &other->dump;
	const char *differs = NULL;

	if (a->order != b->order || a->is64 != b->is64)
		differs = "byte order or word size";
	else if (a->page_size != b->page_size)
		differs = "page size";
	else if (memcmp(a->kdump.uts, b->kdump.uts, sizeof(a->kdump.uts)) != 0)
		differs = "system name, host name or kernel release";
	else if (a->kdump.seconds != b->kdump.seconds || a->kdump.microseconds != b->kdump.microseconds)
		differs = "time";
	else if (first->kdump->layout.max_mapnr != other->kdump->layout.max_mapnr)
		differs = "number of pages";
	if (differs)
		return err_set(err, ERR_BAD_IMAGE, "%s and %s are not parts of one dump: they differ in their %s",
			       a->path, b->path, differs);
	return true;
}

static bool check_disjoint(const struct parts *parts, struct err *err)
{
	for (size_t i = 1; i < parts->count; i++) {
		const struct kdump *before = parts->v[i - 1].kdump, *here = parts->v[i].kdump;

		if (here->start_pfn < before->end_pfn)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s and %s both have page %" PRIu64 ": they are not parts of one dump, or one was "
				       "given twice",
				       parts->v[i - 1].dump.path, parts->v[i].dump.path, here->start_pfn);
	}
	return true;
}

static const char *find_gap(const struct parts *parts, struct arena *arena)
{
	uint64_t at = 0, end = parts->v[0].kdump->layout.max_mapnr;

	for (size_t i = 0; i < parts->count && at >= parts->v[i].kdump->start_pfn; i++)
		at = parts->v[i].kdump->end_pfn;
	if (at >= end)
		return NULL;

	uint64_t next = end;

	for (size_t i = parts->count; i-- && parts->v[i].kdump->start_pfn > at;)
		next = parts->v[i].kdump->start_pfn;
	return arena_printf(arena, "the part with pages %" PRIu64 " to %" PRIu64 " of %" PRIu64 " is not there", at, next,
			    end);
}

static void merge(struct dump *dump, struct arena *arena, struct parts *parts)
{
	const char *incomplete = find_gap(parts, arena);

	*dump = parts->v[0].dump;
	ranges_init(&dump->memory, arena);
	dump->file_size = 0;
	for (size_t i = 0; i < parts->count; i++) {
		const struct part *part = &parts->v[i];

		for (size_t k = 0; k < part->dump.memory.count; k++)
			ranges_append(&dump->memory, part->dump.memory.v[k]);
		/* A part is incomplete by its headers, or because its flattened stream was cut. */
		if (!incomplete && part->dump.incomplete && part->dump.incomplete != part->kdump->part)
			incomplete = arena_printf(arena, "%s: %s", part->dump.path, part->dump.incomplete);
		if (!dump->vmcoreinfo.size && part->dump.vmcoreinfo.size) {
			dump->vmcoreinfo = part->dump.vmcoreinfo;
			dump->notes = part->dump.notes;
			dump->prstatus_count = part->dump.prstatus_count;
		}
		dump->kdump.status |= part->dump.kdump.status;
		dump->damaged = dump->damaged || part->dump.damaged;
		dump->file_size += part->dump.file_size;
	}
	ranges_normalize(&dump->memory);
	dump->incomplete = incomplete;
	dump->kdump.split = false;
	dump->kdump.start_pfn = 0;
	dump->kdump.end_pfn = parts->v[0].kdump->layout.max_mapnr;
	dump->ops = &parts_ops;
	dump->state = parts;
}

bool dump_open_parts(struct dump *dump, struct arena *arena, const char *const *paths, size_t count, struct err *err)
{
	if (count == 0)
		return err_set(err, ERR_USAGE, "no dump was given");
	if (count == 1)
		return dump_open(dump, arena, paths[0], err);

	struct parts *parts = arena_alloc(arena, sizeof(*parts));

	*parts = (struct parts){ arena_array(arena, count, sizeof(*parts->v)), count };
	for (size_t i = 0; i < count; i++) {
		struct part *part = &parts->v[i];

		if (!dump_open(&part->dump, arena, paths[i], err))
			return false;
		part->kdump = part->dump.format == DUMP_KDUMP ? kdump_of(&part->dump) : NULL;
		if (!check_split(part, err) || (i && !check_same(&parts->v[0], part, err)))
			return false;
	}
	qsort(parts->v, count, sizeof(*parts->v), by_start);
	if (!check_disjoint(parts, err))
		return false;
	merge(dump, arena, parts);
	return true;
}
