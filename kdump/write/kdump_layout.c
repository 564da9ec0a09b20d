/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kdump-compressed, header version 6 (kdump_wire.h). Descriptors have their place from the beginning, by the rank of
 * their page; page data lies anywhere behind them. The first page of data is one of zeros that all zero pages share.
 *
 * A descriptor may lie across the end of a disk sector. Should the machine die while it is written, its offset could be
 * on disk without its size, which readers take for a page: the sizes of those come to disk before, with the data.
 */
#include <string.h>

#include "kdump/dump/kdump_wire.h"
#include "kdump/write/kdump_header.h"
#include "kdump/write/layout.h"
#include "kdump/zeros.h"

/* Written at once: of a bitmap, of descriptors. */
#define PIECE ((size_t)64 << 10)
#define BLOCK_BITMAP (PAGE_BLOCK / 8)

/* The smallest that a disk writes wholly or not at all. */
#define SECTOR 512u
#define OFFSET_SIZE sizeof(struct raw64)

#define DESCRIPTORS (PIECE / sizeof(struct kdump_page_desc))

struct kdump_state {
	struct kdump_header header;
	uint64_t descriptors; /* offset of the first */
	enum order order;
	struct kdump_page_desc *piece; /* DESCRIPTORS of them; not on streams */
};

/* The room of a file is reserved, and reads as zeros. */
static bool write_bitmap_piece(const struct layout *layout, uint64_t offset, const uint8_t *bytes, size_t size,
			       struct err *err)
{
	if (!layout->stream && zeros_only(bytes, size))
		return true;
	return sink_write(layout->sink, offset, bytes, size, err);
}

/* Sets the bits [start, end). */
static void set_bits(uint8_t *bytes, size_t start, size_t end)
{
	for (; start < end && start % 8; start++)
		bytes[start / 8] |= (uint8_t)(1u << start % 8);
	if (start < end) {
		memset(bytes + start / 8, 0xff, (end - start) / 8);
		start += (end - start) / 8 * 8;
	}
	for (; start < end; start++)
		bytes[start / 8] |= (uint8_t)(1u << start % 8);
}

/* The machine's whole pages. */
static bool write_first_bitmap(const struct layout *layout, uint64_t offset, uint8_t *piece, struct err *err)
{
	const struct kdump_state *state = layout->state;
	const struct ranges *memory = &layout->request->dump->memory;
	size_t next = 0;

	for (uint64_t at = 0; at < state->header.bitmap_size; at += PIECE) {
		size_t size = state->header.bitmap_size - at < PIECE ? (size_t)(state->header.bitmap_size - at) : PIECE;
		uint64_t first = at * 8, last = first + size * 8;

		memset(piece, 0, size);
		for (size_t i = next; i < memory->count; i++) {
			uint64_t start = align_up(memory->v[i].start, layout->page_size) >> layout->page_shift;
			uint64_t end = memory->v[i].end >> layout->page_shift;

			if (start >= last)
				break;
			if (end <= last)
				next = i + 1;
			if (end > first && end > start)
				set_bits(piece, start > first ? (size_t)(start - first) : 0,
					 (size_t)((end < last ? end : last) - first));
		}
		if (!write_bitmap_piece(layout, offset + at, piece, size, err))
			return false;
	}
	return true;
}

static void block_bits(uint8_t *bits, const uint8_t *classes)
{
	for (size_t i = 0; i < BLOCK_BITMAP; i++, classes += 8) {
		unsigned int byte = 0;

		for (unsigned int bit = 0; bit < 8; bit++)
			byte |= (unsigned int)(classes[bit] != PAGE_ABSENT) << bit;
		bits[i] = (uint8_t)byte;
	}
}

static bool block_is_empty(const struct layout *layout, uint64_t block)
{
	const struct page_block_counts *counts = &layout->kept.pages->blocks[block];

	for (unsigned int class = PAGE_KERNEL; class < PAGE_CLASSES; class++) {
		if (layout->kept.keeps[class] && counts->pages[class])
			return false;
	}
	return true;
}

/* Pages with a descriptor; those of all parts of a split dump. */
static bool write_second_bitmap(const struct layout *layout, uint64_t offset, uint8_t *piece, struct arena *arena,
				struct err *err)
{
	const struct kdump_state *state = layout->state;
	const struct page_map *pages = layout->kept.pages;
	struct page_map_view *view = page_map_view_new(pages, arena);
	uint8_t *classes = arena_alloc(arena, PAGE_BLOCK);

	for (uint64_t at = 0; at < state->header.bitmap_size; at += PIECE) {
		size_t size = state->header.bitmap_size - at < PIECE ? (size_t)(state->header.bitmap_size - at) : PIECE;
		uint64_t block = at / BLOCK_BITMAP;

		memset(piece, 0, size);
		for (size_t i = 0; i < size && block < pages->block_count; i += BLOCK_BITMAP, block++) {
			if (block_is_empty(layout, block))
				continue;
			kept_level_classes(&layout->kept, view, block, classes);
			block_bits(piece + i, classes);
		}
		if (!write_bitmap_piece(layout, offset + at, piece, size, err))
			return false;
	}
	return true;
}

/* On a stream the status is left out: it is written once, at the end. */
static bool write_header(const struct layout *layout, struct err *err)
{
	const struct kdump_state *state = layout->state;
	const struct kdump_header *header = &state->header;
	size_t behind = header->status_offset + sizeof(struct raw32);

	if (!layout->stream)
		return sink_write(layout->sink, 0, header->bytes, (size_t)header->size, err);
	return sink_write(layout->sink, 0, header->bytes, header->status_offset, err) &&
	       sink_write(layout->sink, behind, header->bytes + behind, (size_t)header->size - behind, err);
}

static bool write_start(const struct layout *layout, struct arena *arena, struct err *err)
{
	const struct kdump_state *state = layout->state;
	uint64_t bitmap = state->header.size;
	uint8_t *piece = arena_alloc(arena, PIECE);

	return write_header(layout, err) && sink_reserve(layout->sink, layout->data_start, err) &&
	       write_first_bitmap(layout, bitmap, piece, err) &&
	       write_second_bitmap(layout, bitmap + state->header.bitmap_size, piece, arena, err) &&
	       sink_write(layout->sink, layout->zero_page, arena_alloc(arena, (size_t)layout->page_size),
			  (size_t)layout->page_size, err);
}

static bool begin(struct layout *layout, struct err *err)
{
	struct kdump_state *state = arena_alloc(layout->arena, sizeof(*state));
	struct arena arena;

	layout->state = state;
	state->order = layout->request->dump->order;
	if (!kdump_header_make(&state->header, layout->arena, layout, err))
		return false;
	state->descriptors = state->header.size + 2 * state->header.bitmap_size;
	layout->zero_page = state->descriptors + layout->kept.total * sizeof(struct kdump_page_desc);
	layout->data_start = layout->zero_page + layout->page_size;
	if (!layout->stream)
		state->piece = arena_array(layout->arena, DESCRIPTORS, sizeof(*state->piece));
	arena_init(&arena);

	bool ok = write_start(layout, &arena, err);

	arena_release(&arena);
	return ok;
}

static uint64_t descriptor_at(const struct kdump_state *state, uint64_t rank)
{
	return state->descriptors + rank * sizeof(struct kdump_page_desc);
}

static bool is_cut(const struct kdump_state *state, uint64_t rank)
{
	return descriptor_at(state, rank) % SECTOR + OFFSET_SIZE == SECTOR;
}

static struct kdump_page_desc make_descriptor(const struct layout *layout, uint64_t size, uint64_t offset)
{
	const struct kdump_state *state = layout->state;
	enum order order = state->order;
	struct kdump_page_desc zero = { .page_flags = raw64_make(0, order) };

	if (size == LAYOUT_SIZE_MISSING)
		return zero;
	if (size == LAYOUT_SIZE_ZERO) {
		offset = layout->zero_page;
		size = layout->page_size;
	}
	return (struct kdump_page_desc){
		.offset = raw64_make(offset, order),
		.size = raw32_make((uint32_t)size, order),
		.flags = raw32_make(size < layout->page_size ? layout->packed_flag : 0, order),
	};
}

/*
 * crash takes a size without an offset for no page; libkdumpfile would take one of a plain page for a page at offset 0.
 * Until it has its offset it is said to be packed by zlib, which the first bytes of the file never are.
 */
static bool prepare(struct layout *layout, const struct layout_batch *batch, struct err *err)
{
	const struct kdump_state *state = layout->state;

	for (size_t i = 0; i < batch->count; i++) {
		uint64_t rank = layout_entry_rank(batch->entries[i]);

		if (!is_cut(state, rank))
			continue;

		struct kdump_page_desc descriptor = make_descriptor(layout, layout_entry_size(batch->entries[i]), 0);

		if (raw32_get(descriptor.flags, state->order) == 0)
			descriptor.flags = raw32_make(DUMP_STATUS_ZLIB, state->order);
		if (!sink_write(layout->sink, descriptor_at(state, rank) + OFFSET_SIZE,
				(const uint8_t *)&descriptor + OFFSET_SIZE, sizeof(descriptor) - OFFSET_SIZE, err))
			return false;
	}
	return true;
}

/* Descriptors of pages whose ranks follow each other go out at once. On a stream, many threads come here. */
static bool describe(struct layout *layout, const struct layout_batch *batch, struct err *err)
{
	struct kdump_state *state = layout->state;
	struct kdump_page_desc small[64], *piece = layout->stream ? small : state->piece;
	size_t most = layout->stream ? sizeof(small) / sizeof(small[0]) : DESCRIPTORS;
	uint64_t offset = batch->offset;

	for (size_t i = 0; i < batch->count;) {
		uint64_t first = layout_entry_rank(batch->entries[i]);
		size_t count = 0;

		for (; i < batch->count && count < most; i++, count++) {
			uint64_t rank = layout_entry_rank(batch->entries[i]);
			uint64_t size = layout_entry_size(batch->entries[i]);

			if (rank != first + count)
				break;
			piece[count] = make_descriptor(layout, size, offset);
			if (size != LAYOUT_SIZE_MISSING)
				offset += size;
		}
		if (!sink_write(layout->sink, descriptor_at(state, first), piece, count * sizeof(*piece), err))
			return false;
	}
	return true;
}

static bool end(struct layout *layout, bool whole, struct err *err)
{
	const struct kdump_state *state = layout->state;
	uint32_t status = state->header.status | (whole ? 0 : DUMP_STATUS_INCOMPLETE);
	struct raw32 bytes = raw32_make(status, state->order);

	if (!whole && !layout->stream)
		return true;
	return sink_sync(layout->sink, err) &&
	       sink_write(layout->sink, state->header.status_offset, &bytes, sizeof(bytes), err);
}

const struct layout_ops kdump_layout_ops = {
	.packs = true,
	.begin = begin,
	.prepare = prepare,
	.describe = describe,
	.end = end,
};
