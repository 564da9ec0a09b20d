/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/dump/kdump_reader.h"

#include <inttypes.h>

#include "kdump/dump/unpack.h"

#define DESCS_STRAIGHT 512
#define DESCS_JUMPING 32

/* Pages further apart in the file than this are not worth one read. */
#define GAP_MOST (UINT64_C(64) << 10)

struct piece {
	uint8_t *bytes;
	uint64_t start;
	size_t size; /* 0: nothing is there */
};

struct kdump_reader {
	const struct kdump *kdump;
	struct arena *arena;
	struct kdump_desc *descs;
	size_t desc_room, desc_count;
	uint64_t first_desc;
	uint64_t last_pfn, last_rank; /* of the call before */
	bool has_last;
	size_t window;
	struct piece ahead;  /* of the window's size; made when it is first needed */
	struct piece single; /* a page */
	uint8_t *page;
	struct unpacker *unpacker;
};

struct kdump_reader *kdump_reader_new(const struct kdump *kdump, struct arena *arena, uint64_t window)
{
	struct kdump_reader *reader = arena_alloc(arena, sizeof(*reader));
	size_t page_size = kdump->layout.block_size;

	reader->kdump = kdump;
	reader->arena = arena;
	reader->window = window > page_size ? (size_t)window : 0;
	reader->desc_room = reader->window ? DESCS_STRAIGHT : DESCS_JUMPING;
	reader->descs = arena_array(arena, reader->desc_room, sizeof(*reader->descs));
	reader->single.bytes = arena_alloc(arena, page_size);
	reader->page = arena_alloc(arena, page_size);
	reader->unpacker = unpacker_new(arena);
	return reader;
}

static uint64_t rank_of(struct kdump_reader *reader, uint64_t pfn)
{
	uint64_t rank;

	if (reader->has_last && pfn == reader->last_pfn + 1)
		rank = reader->last_rank + 1;
	else
		rank = kdump_rank(reader->kdump, pfn);
	reader->has_last = true;
	reader->last_pfn = pfn;
	reader->last_rank = rank;
	return rank;
}

/* *out is NULL where the file ends before it. */
static bool find_desc(struct kdump_reader *reader, uint64_t rank, const struct kdump_desc **out, struct err *err)
{
	if (rank < reader->first_desc || rank - reader->first_desc >= reader->desc_count) {
		reader->first_desc = rank;
		reader->desc_count = 0;

		size_t got;

		if (!kdump_descs_read(reader->kdump, rank, reader->desc_room, reader->descs, &got, err))
			return false;
		reader->desc_count = got;
	}
	*out = rank - reader->first_desc < reader->desc_count ? &reader->descs[rank - reader->first_desc] : NULL;
	return true;
}

static const uint8_t *in_piece(const struct piece *piece, const struct kdump_desc *desc)
{
	if (desc->offset < piece->start || desc->offset - piece->start > piece->size ||
	    piece->size - (desc->offset - piece->start) < desc->size)
		return NULL;
	return piece->bytes + (desc->offset - piece->start);
}

/* How many bytes from this one's data on hold data of pages that come next. */
static size_t worth_reading(const struct kdump_reader *reader, const struct kdump_desc *desc)
{
	const struct kdump_desc *end = reader->descs + reader->desc_count;
	uint64_t reach = desc->offset + desc->size;

	for (const struct kdump_desc *next = desc + 1; next < end; next++) {
		if (next->offset < reach || kdump_desc_problem(reader->kdump, next))
			continue;
		if (next->offset - reach > GAP_MOST || next->offset + next->size - desc->offset > reader->window)
			break;
		reach = next->offset + next->size;
	}
	return (size_t)(reach - desc->offset);
}

static bool read_piece(const struct kdump_reader *reader, struct piece *piece, uint64_t offset, size_t size,
		       struct err *err)
{
	piece->start = offset;
	piece->size = 0;
	return dump_file_read(reader->kdump->file, offset, piece->bytes, size, &piece->size, err);
}

/* *data is NULL where the file ends before it. */
static bool find_data(struct kdump_reader *reader, const struct kdump_desc *desc, const uint8_t **data, struct err *err)
{
	*data = in_piece(&reader->ahead, desc);
	if (!*data)
		*data = in_piece(&reader->single, desc);
	if (*data)
		return true;

	size_t size = reader->window ? worth_reading(reader, desc) : desc->size;

	if (size > desc->size) {
		if (!reader->ahead.bytes)
			reader->ahead.bytes = arena_alloc(reader->arena, reader->window);
		/* Where some of it cannot be read, the page asked for may. */
		if (read_piece(reader, &reader->ahead, desc->offset, size, err)) {
			*data = in_piece(&reader->ahead, desc);
			return true;
		}
	}
	if (!read_piece(reader, &reader->single, desc->offset, desc->size, err))
		return false;
	*data = in_piece(&reader->single, desc);
	return true;
}

static enum dump_page_state unreadable(const struct kdump_reader *reader, uint64_t pfn, struct err *err)
{
	(void)err_prefix(err, "%s: page 0x%" PRIx64 " (physical 0x%" PRIx64 ")", reader->kdump->file->path, pfn,
			 pfn * reader->kdump->layout.block_size);
	return DUMP_PAGE_UNREADABLE;
}

enum dump_page_state kdump_reader_page(struct kdump_reader *reader, uint64_t pfn, const uint8_t **page,
				       struct err *err)
{
	const struct kdump *kdump = reader->kdump;
	enum dump_page_state state = kdump_presence(kdump, pfn);
	const struct kdump_desc *desc;
	const uint8_t *data;

	if (state != DUMP_PAGE_HERE)
		return state;
	if (!find_desc(reader, rank_of(reader, pfn), &desc, err))
		return unreadable(reader, pfn, err);
	if (!desc || !desc->offset || !desc->size)
		return DUMP_PAGE_LOST;

	const char *problem = kdump_desc_problem(kdump, desc);

	if (problem) {
		(void)err_set(err, ERR_BAD_IMAGE,
			      "its descriptor is damaged: %s (offset 0x%" PRIx64 ", size %" PRIu32 ", flags 0x%" PRIx32
			      ")",
			      problem, desc->offset, desc->size, desc->flags);
		return unreadable(reader, pfn, err);
	}
	if (!find_data(reader, desc, &data, err))
		return unreadable(reader, pfn, err);
	if (!data)
		return DUMP_PAGE_LOST;
	if (!desc->flags) {
		*page = data;
		return DUMP_PAGE_HERE;
	}
	if (!unpack_page(reader->unpacker, desc->flags, (struct blob){ data, desc->size }, reader->page,
			 kdump->layout.block_size, err))
		return unreadable(reader, pfn, err);
	*page = reader->page;
	return DUMP_PAGE_HERE;
}
