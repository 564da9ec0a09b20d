/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The bitmaps of a kdump-compressed file. The first is turned into ranges of memory and not kept. The second is kept
 * where it is neither all zeros nor all ones, in groups of 4096 pages; so memory grows with what the file really holds,
 * whatever its header claims, and a dump without a filter costs next to nothing.
 */
#include <inttypes.h>
#include <string.h>

#include "kdump/dump/kdump_state.h"

/* Real memory maps have some hundred. */
#define MAX_MEMORY_RANGES (UINT64_C(1) << 22)

#define READ_SIZE (UINT64_C(1) << 20)
#define SLAB_GROUPS 128

static unsigned int count_bits(const uint8_t *bytes, size_t size)
{
	unsigned int count = 0;
	size_t i = 0;

	for (; i + 8 <= size; i += 8) {
		uint64_t word;

		memcpy(&word, bytes + i, 8);
		count += (unsigned int)__builtin_popcountll(word);
	}
	for (; i < size; i++)
		count += (unsigned int)__builtin_popcount(bytes[i]);
	return count;
}

static bool has_bit(const uint8_t *bits, uint64_t number)
{
	return bits[number >> 3] >> (number & 7) & 1;
}

/* Bits of a bitmap beyond the last page count as 0. */
static void clear_beyond(uint8_t *bytes, uint64_t size, uint64_t bits)
{
	if (bits >= size * 8)
		return;
	if (bits % 8)
		bytes[bits / 8] = (uint8_t)(bytes[bits / 8] & ((1u << bits % 8) - 1));
	memset(bytes + (bits + 7) / 8, 0, (size_t)(size - (bits + 7) / 8));
}

struct memory_walk {
	struct ranges *memory;
	uint64_t block_size;
	uint64_t start; /* of the run of pages that is open, or UINT64_MAX */
	const char *path;
};

static bool close_run(struct memory_walk *walk, uint64_t pfn, struct err *err)
{
	if (walk->start == UINT64_MAX)
		return true;
	if (walk->memory->count >= MAX_MEMORY_RANGES)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: the first bitmap has more than %" PRIu64
			       " separate pieces of memory: it is damaged",
			       walk->path, MAX_MEMORY_RANGES);
	ranges_append(walk->memory, (struct range){ walk->start * walk->block_size, pfn * walk->block_size });
	walk->start = UINT64_MAX;
	return true;
}

static bool walk_memory(struct memory_walk *walk, const uint8_t *bytes, uint64_t size, uint64_t first_pfn,
			struct err *err)
{
	for (uint64_t i = 0; i < size; i++) {
		uint8_t byte = bytes[i];

		if (byte == 0xff && walk->start != UINT64_MAX)
			continue;
		if (byte == 0 && walk->start == UINT64_MAX)
			continue;
		for (unsigned int bit = 0; bit < 8; bit++) {
			uint64_t pfn = first_pfn + i * 8 + bit;

			if (byte >> bit & 1) {
				if (walk->start == UINT64_MAX)
					walk->start = pfn;
			} else if (!close_run(walk, pfn, err)) {
				return false;
			}
		}
	}
	return true;
}

/* Calls `each` for pieces of a bitmap, all but the last of READ_SIZE bytes. */
static bool for_pieces(const struct kdump *kdump, const struct kdump_part *bitmap, const char *what, uint8_t *buffer,
		       bool (*each)(void *data, uint8_t *bytes, uint64_t size, uint64_t first_pfn, struct err *err),
		       void *data, struct err *err)
{
	uint64_t pages = kdump->layout.max_mapnr, total = pages / 8 + (pages % 8 != 0);

	for (uint64_t at = 0; at < total; at += READ_SIZE) {
		uint64_t size = total - at < READ_SIZE ? total - at : READ_SIZE;

		if (!dump_file_exact(kdump->file, bitmap->offset + at, buffer, (size_t)size, what, err))
			return false;
		clear_beyond(buffer, size, pages - at * 8);
		if (!each(data, buffer, size, at * 8, err))
			return false;
	}
	return true;
}

static bool memory_piece(void *data, uint8_t *bytes, uint64_t size, uint64_t first_pfn, struct err *err)
{
	return walk_memory(data, bytes, size, first_pfn, err);
}

struct rank_walk {
	struct kdump_rank *ranks;
	struct arena *arena;
	uint64_t total;
	uint8_t *slab;
	size_t slab_left;
};

static bool rank_piece(void *data, uint8_t *bytes, uint64_t size, uint64_t first_pfn, struct err *err)
{
	struct rank_walk *walk = data;

	(void)err;
	for (uint64_t at = 0; at < size; at += KDUMP_RANK_BYTES) {
		size_t part = size - at < KDUMP_RANK_BYTES ? (size_t)(size - at) : KDUMP_RANK_BYTES;
		unsigned int count = count_bits(bytes + at, part);
		struct kdump_rank *rank = &walk->ranks[first_pfn / KDUMP_RANK_PAGES + at / KDUMP_RANK_BYTES];

		rank->before = walk->total;
		walk->total += count;
		if (count == 0 || count == KDUMP_RANK_PAGES)
			continue;
		if (!walk->slab_left) {
			walk->slab = arena_array(walk->arena, SLAB_GROUPS, KDUMP_RANK_BYTES);
			walk->slab_left = SLAB_GROUPS;
		}
		memcpy(walk->slab, bytes + at, part); /* the rest is zeros */
		rank->bits = walk->slab;
		walk->slab += KDUMP_RANK_BYTES;
		walk->slab_left--;
	}
	return true;
}

static uint64_t rank_of(const struct kdump *kdump, uint64_t pfn)
{
	const struct kdump_rank *rank = &kdump->ranks[pfn / KDUMP_RANK_PAGES];
	unsigned int within = (unsigned int)(pfn % KDUMP_RANK_PAGES);

	if (!rank->bits)
		return rank->before + (rank[1].before != rank->before ? within : 0);

	unsigned int count = count_bits(rank->bits, within / 8);

	if (within % 8)
		count += (unsigned int)__builtin_popcount(rank->bits[within / 8] & ((1u << within % 8) - 1));
	return rank->before + count;
}

bool kdump_bitmaps_read(struct kdump *kdump, struct arena *arena, struct ranges *memory, struct err *err)
{
	const struct kdump_layout *layout = &kdump->layout;
	uint64_t pages = layout->max_mapnr;
	uint64_t groups = pages / KDUMP_RANK_PAGES + (pages % KDUMP_RANK_PAGES != 0);
	struct memory_walk memory_walk = { memory, layout->block_size, UINT64_MAX, kdump->file->path };
	struct arena scratch;

	arena_init(&scratch);

	uint8_t *buffer = arena_alloc(&scratch, READ_SIZE);
	bool fine = for_pieces(kdump, &layout->memory, "first bitmap", buffer, memory_piece, &memory_walk, err) &&
		    close_run(&memory_walk, pages, err);

	if (fine) {
		ranges_normalize(memory);

		/* Before the index of a bitmap that is not there is made: its last byte. */
		uint64_t last = pages ? (pages - 1) / 8 : 0;

		fine = !pages || dump_file_exact(kdump->file, layout->dumped.offset + last, buffer, 1, "second bitmap",
						 err);
	}
	if (fine) {
		kdump->memory = memory;
		kdump->ranks = arena_array(arena, groups + 2, sizeof(*kdump->ranks));

		struct rank_walk rank_walk = { .ranks = kdump->ranks, .arena = arena };

		fine = for_pieces(kdump, &layout->dumped, "second bitmap", buffer, rank_piece, &rank_walk, err);
		kdump->ranks[groups].before = rank_walk.total;
		kdump->ranks[groups + 1].before = rank_walk.total;
	}
	arena_release(&scratch);
	if (!fine)
		return false;

	bool split = layout->facts.split;

	kdump->start_pfn = split ? layout->facts.start_pfn : 0;
	kdump->end_pfn = split && layout->facts.end_pfn < pages ? layout->facts.end_pfn : pages;
	if (kdump->start_pfn > kdump->end_pfn)
		kdump->start_pfn = kdump->end_pfn;
	kdump->first_rank = rank_of(kdump, kdump->start_pfn);
	kdump->desc_count = rank_of(kdump, kdump->end_pfn) - kdump->first_rank;
	kdump->data_start = layout->descs + kdump->desc_count * sizeof(struct kdump_page_desc);
	return true;
}

bool kdump_is_dumped(const struct kdump *kdump, uint64_t pfn)
{
	if (pfn >= kdump->layout.max_mapnr)
		return false;

	const struct kdump_rank *rank = &kdump->ranks[pfn / KDUMP_RANK_PAGES];

	if (rank->bits)
		return has_bit(rank->bits, pfn % KDUMP_RANK_PAGES);
	return rank[1].before != rank->before;
}

uint64_t kdump_rank(const struct kdump *kdump, uint64_t pfn)
{
	return rank_of(kdump, pfn) - kdump->first_rank;
}

enum dump_page_state kdump_presence(const struct kdump *kdump, uint64_t pfn)
{
	if (pfn >= kdump->layout.max_mapnr ||
	    ranges_index(kdump->memory, pfn * kdump->layout.block_size) == kdump->memory->count)
		return DUMP_PAGE_ABSENT;
	if (!kdump_is_dumped(kdump, pfn))
		return DUMP_PAGE_EXCLUDED;
	return pfn >= kdump->start_pfn && pfn < kdump->end_pfn ? DUMP_PAGE_HERE : DUMP_PAGE_LOST;
}
