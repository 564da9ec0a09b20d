/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/reassemble.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "kdump/dump/kdump_state.h"
#include "kdump/dump/parts.h"
#include "kdump/zeros.h"

#define PIECE ((size_t)1 << 20)

/* Descriptors that wait for the data of their pages, and how much data they wait for at most. */
#define PENDING 32768u
#define CHECKPOINT (UINT64_C(64) << 20)

#define BATCH 4096u

/* Of one part: text that makedumpfile keeps of what it erased. */
#define MAX_ERASEINFO (UINT64_C(16) << 20)

struct work {
	struct reassemble_result *result;
	struct arena *arena;
	const struct dump *dump;
	struct sink *sink;
	const struct kdump *first; /* whose header it is */
	uint64_t desc_count;
	uint64_t at;	    /* where the next data goes */
	uint64_t synced_at; /* before here all is on disk */
	uint64_t zero_page; /* offset of a page of zeros in the new file, or 0 */
	uint8_t *buffer;    /* PIECE bytes, and at least two blocks */

	struct kdump_page_desc *pending;
	size_t pending_count, pending_pages; /* pages: those with data */
	bool sync_failed; /* a later sync would succeed without the data: nothing more is described */
	uint64_t pending_rank; /* of the first */
};

/* Of the part that is being copied. */
struct source {
	const struct kdump *kdump;
	uint64_t shared; /* where the page went that stands first in its data; writers let zero pages share it; or 0 */
};

static const struct kdump *part_of(const struct dump *dump, size_t index)
{
	return kdump_of(dump_part(dump, index));
}

static uint64_t data_start(const struct work *work)
{
	return work->first->layout.descs + work->desc_count * sizeof(struct kdump_page_desc);
}

static bool check_layout(const struct work *work, const struct kdump *kdump, struct err *err)
{
	const struct kdump_layout *first = &work->first->layout, *layout = &kdump->layout;

	if (!layout->facts.split)
		return err_set(err, ERR_BAD_IMAGE, "%s is a whole dump, and no part made by --split",
			       kdump->file->path);
	if (layout->descs != first->descs || layout->dumped.offset != first->dumped.offset ||
	    layout->max_mapnr != first->max_mapnr)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s and %s are not parts of one dump: their descriptors begin at %" PRIu64 " and %" PRIu64,
			       work->first->file->path, kdump->file->path, first->descs, layout->descs);
	return true;
}

/* Each part has the bitmap of all of them: only with the same one do the descriptors make one table. */
static bool check_bitmap(const struct work *work, const struct kdump *kdump, struct err *err)
{
	const struct kdump_part *bitmap = &work->first->layout.dumped;
	uint64_t pages = work->first->layout.max_mapnr, size = pages / 8 + (pages % 8 != 0);
	size_t half = PIECE / 2;

	for (uint64_t at = 0; at < size; at += half) {
		size_t piece = size - at < half ? (size_t)(size - at) : half;

		if (!dump_file_exact(work->first->file, bitmap->offset + at, work->buffer, piece, "second bitmap", err) ||
		    !dump_file_exact(kdump->file, bitmap->offset + at, work->buffer + half, piece, "second bitmap", err))
			return false;
		if (memcmp(work->buffer, work->buffer + half, piece) != 0)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s and %s are not parts of one dump: they differ in which pages it has",
				       work->first->file->path, kdump->file->path);
	}
	return true;
}

static bool is_in_header(const struct kdump_layout *layout, const struct kdump_part *part)
{
	uint64_t end = layout->memory.offset;

	return !part->size || (part->offset <= end && part->size <= end - part->offset);
}

static bool check_parts(struct work *work, struct err *err)
{
	for (size_t i = 0; i < dump_part_count(work->dump); i++) {
		const struct kdump *kdump = part_of(work->dump, i);

		if (!kdump)
			return err_set(err, ERR_BAD_IMAGE, "%s is not kdump-compressed: parts made by --split are",
				       work->dump->path);
		if (!check_layout(work, kdump, err) || (i && !check_bitmap(work, kdump, err)))
			return false;
	}

	/* What is copied with the header has to be in it. */
	const struct kdump_layout *layout = &work->first->layout;

	if (!is_in_header(layout, &layout->notes) || !is_in_header(layout, &layout->vmcoreinfo))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: its notes or its VMCOREINFO are not in its header blocks: such parts are not put together; "
			       "makedumpfile --reassemble may do it",
			       work->first->file->path);
	return true;
}

#define PUT_SUB(type, word)                                                                                            \
	do {                                                                                                           \
		struct type sub;                                                                                       \
                                                                                                                       \
		memcpy(&sub, at, sizeof(sub));                                                                         \
		sub.split = raw32_make(0, order);                                                                      \
		sub.start_pfn = word##_make(0, order);                                                                 \
		sub.end_pfn = word##_make(narrow, order);                                                              \
		if (layout->version >= KDUMP_VERSION_ERASEINFO) {                                                      \
			sub.eraseinfo_offset = raw64_make(eraseinfo.offset, order);                                    \
			sub.eraseinfo_size = word##_make((uint32_t)eraseinfo.size, order);                             \
		}                                                                                                      \
		if (layout->version >= KDUMP_VERSION_WIDE) {                                                           \
			sub.start_pfn_wide = raw64_make(0, order);                                                     \
			sub.end_pfn_wide = raw64_make(layout->max_mapnr, order);                                       \
		}                                                                                                      \
		memcpy(at, &sub, sizeof(sub));                                                                         \
	} while (0)

static void patch_sub(const struct kdump_layout *layout, uint8_t *at, struct kdump_part eraseinfo)
{
	enum order order = layout->order;
	uint32_t narrow = layout->max_mapnr > UINT32_MAX ? UINT32_MAX : (uint32_t)layout->max_mapnr;

	if (layout->is64)
		PUT_SUB(kdump_sub_header64, raw64);
	else if (layout->elf_machine == EM_386)
		PUT_SUB(kdump_sub_header32_packed, raw32);
	else
		PUT_SUB(kdump_sub_header32_aligned, raw32);
}

static size_t status_offset(const struct kdump_layout *layout)
{
	return layout->is64 ? offsetof(struct kdump_header64, rest) : offsetof(struct kdump_header32, rest);
}

static bool put_status(const struct work *work, uint32_t more, struct err *err)
{
	const struct kdump_layout *layout = &work->first->layout;
	uint32_t status = work->dump->kdump.status & ~DUMP_STATUS_INCOMPLETE;
	struct raw32 word = raw32_make(status | more, layout->order);

	return sink_write(work->sink, status_offset(layout), &word, sizeof(word), err);
}

/* The header blocks and the bitmaps of the first part, as those of a whole dump that is not complete yet. */
static bool put_header(struct work *work, struct err *err)
{
	const struct kdump_layout *layout = &work->first->layout;
	size_t blocks = 2 * (size_t)layout->block_size;
	struct raw32 status = raw32_make(work->dump->kdump.status | DUMP_STATUS_INCOMPLETE, layout->order);

	if (!dump_file_exact(work->first->file, 0, work->buffer, blocks, "header", err))
		return false;
	memcpy(work->buffer + status_offset(layout), &status, sizeof(status));
	patch_sub(layout, work->buffer + layout->block_size, (struct kdump_part){ 0, 0 });
	if (!sink_write(work->sink, 0, work->buffer, blocks, err) || !sink_reserve(work->sink, data_start(work), err))
		return false;
	for (uint64_t at = blocks; at < layout->descs; at += PIECE) {
		size_t piece = layout->descs - at < PIECE ? (size_t)(layout->descs - at) : PIECE;

		if (!dump_file_exact(work->first->file, at, work->buffer, piece, "header", err) ||
		    !sink_write(work->sink, at, work->buffer, piece, err))
			return false;
	}
	return true;
}

static bool flush(struct work *work, struct err *err)
{
	uint64_t offset = work->first->layout.descs + work->pending_rank * sizeof(*work->pending);

	if (!work->pending_count)
		return true;
	if (work->at != work->synced_at && !sink_sync(work->sink, err)) {
		work->sync_failed = true;
		return false;
	}
	work->synced_at = work->at;
	if (!sink_write(work->sink, offset, work->pending, work->pending_count * sizeof(*work->pending), err))
		return false;
	work->pending_rank += work->pending_count;
	work->pending_count = 0;
	work->pending_pages = 0;
	return true;
}

/* offset 0: a page that is missing. */
static bool add_desc(struct work *work, uint64_t offset, const struct kdump_desc *desc, struct err *err)
{
	enum order order = work->first->layout.order;
	struct kdump_page_desc *out;

	if ((work->pending_count == PENDING || work->at - work->synced_at >= CHECKPOINT) && !flush(work, err))
		return false;
	out = &work->pending[work->pending_count++];
	*out = (struct kdump_page_desc){
		.offset = raw64_make(offset, order),
		.size = raw32_make(offset ? desc->size : 0, order),
		.flags = raw32_make(offset ? desc->flags : 0, order),
		.page_flags = raw64_make(0, order),
	};
	if (offset) {
		work->pending_pages++;
		work->result->pages++;
	} else {
		work->result->missing++;
	}
	return true;
}

static bool has_data(const struct source *source, const struct kdump_desc *desc)
{
	return desc->offset && desc->size && !kdump_desc_problem(source->kdump, desc);
}

static bool is_shared(const struct source *source, const struct kdump_desc *desc)
{
	return desc->offset == source->kdump->data_start && !desc->flags;
}

/* How many of them, from the first on, lie in the file one after the other, up to a piece. */
static size_t find_group(const struct source *source, const struct kdump_desc *descs, size_t count, size_t *size)
{
	size_t n = 1;

	*size = descs[0].size;
	while (n < count && has_data(source, &descs[n]) && descs[n].offset == descs[0].offset + *size &&
	       !is_shared(source, &descs[0]) && *size + descs[n].size <= PIECE) {
		*size += descs[n].size;
		n++;
	}
	return n;
}

/* Copies the first of these pages, and those behind it that can be copied with it. */
static bool copy_group(struct work *work, struct source *source, const struct kdump_desc *descs, size_t count,
		       size_t *done, struct err *err)
{
	size_t size, got, whole = 0, used = 0, n = find_group(source, descs, count, &size);
	struct err late;

	/* A source that cannot be read here lacks this page, as one that ends does. */
	if (!dump_file_read(source->kdump->file, descs[0].offset, work->buffer, size, &got, &late))
		got = 0;
	while (whole < n && used + descs[whole].size <= got)
		used += descs[whole++].size;
	if (whole == 0) {
		*done = 1;
		/* The rest of the group may be there nevertheless. */
		if (n > 1 && dump_file_read(source->kdump->file, descs[0].offset, work->buffer, descs[0].size, &got, &late) &&
		    got == descs[0].size) {
			whole = 1;
			used = got;
		} else {
			return add_desc(work, 0, &descs[0], err);
		}
	}
	*done = whole;

	uint64_t offset = work->at;

	if (is_shared(source, &descs[0])) {
		bool zero = zeros_only(work->buffer, used);

		if (zero && work->zero_page) {
			source->shared = work->zero_page;
			return add_desc(work, work->zero_page, &descs[0], err);
		}
		source->shared = offset;
		if (zero)
			work->zero_page = offset;
	}
	if (!sink_write(work->sink, offset, work->buffer, used, err))
		return false;
	work->at += used;
	for (size_t i = 0; i < whole; i++) {
		if (!add_desc(work, offset, &descs[i], err))
			return false;
		offset += descs[i].size;
	}
	return true;
}

static bool copy_batch(struct work *work, struct source *source, const struct kdump_desc *descs, size_t count,
		       struct err *err)
{
	for (size_t i = 0; i < count;) {
		size_t done = 1;
		bool ok;

		if (!has_data(source, &descs[i]))
			ok = add_desc(work, 0, &descs[i], err);
		else if (source->shared && is_shared(source, &descs[i]))
			ok = add_desc(work, source->shared, &descs[i], err);
		else
			ok = copy_group(work, source, descs + i, count - i, &done, err);
		if (!ok)
			return false;
		i += done;
	}
	return true;
}

static bool copy_part(struct work *work, const struct kdump *kdump, struct kdump_desc *descs, struct err *err)
{
	struct source source = { .kdump = kdump };

	if (!flush(work, err))
		return false;
	work->pending_rank = kdump->first_rank;
	for (uint64_t rank = 0; rank < kdump->desc_count;) {
		size_t want = kdump->desc_count - rank < BATCH ? (size_t)(kdump->desc_count - rank) : BATCH, got;

		if (!kdump_descs_read(kdump, rank, want, descs, &got, err))
			return false;
		/* Where the file ends inside its descriptors, the rest of its pages is missing. */
		if (got == 0) {
			work->result->missing += kdump->desc_count - rank;
			break;
		}
		if (!copy_batch(work, &source, descs, got, err))
			return false;
		rank += got;
	}
	return true;
}

static bool copy_parts(struct work *work, struct err *err)
{
	struct kdump_desc *descs = arena_array(work->arena, BATCH, sizeof(*descs));
	uint64_t known = 0;

	for (size_t i = 0; i < dump_part_count(work->dump); i++) {
		const struct kdump *kdump = part_of(work->dump, i);

		known += kdump->desc_count;
		if (!copy_part(work, kdump, descs, err))
			return false;
	}
	if (known < work->desc_count)
		work->result->missing += work->desc_count - known;
	return flush(work, err);
}

/* Of all parts, one text after the other. What one does not have, or has elsewhere, is not there. */
static bool put_eraseinfo(struct work *work, struct err *err)
{
	const struct kdump_layout *layout = &work->first->layout;
	struct kdump_part eraseinfo = { work->at, 0 };
	uint8_t *sub = work->buffer;

	for (size_t i = 0; i < dump_part_count(work->dump); i++) {
		const struct kdump *kdump = part_of(work->dump, i);
		struct kdump_part part = kdump->layout.eraseinfo;

		if (!part.size || part.size > MAX_ERASEINFO)
			continue;

		uint8_t *text = arena_alloc(work->arena, (size_t)part.size);

		if (!dump_file_exact(kdump->file, part.offset, text, (size_t)part.size, "text of what was erased", err) ||
		    !sink_write(work->sink, work->at, text, (size_t)part.size, err))
			return false;
		eraseinfo.size += part.size;
		work->at += part.size;
	}
	if (!eraseinfo.size)
		return true;
	if (!dump_file_exact(work->first->file, layout->block_size, sub, layout->block_size, "sub header", err))
		return false;
	patch_sub(layout, sub, eraseinfo);
	return sink_write(work->sink, layout->block_size, sub, layout->block_size, err);
}

static bool finish(struct work *work, struct err *err)
{
	return put_eraseinfo(work, err) && sink_sync(work->sink, err) &&
	       (work->result->missing || work->dump->incomplete || put_status(work, 0, err)) && sink_sync(work->sink, err);
}

static bool begin(struct work *work, struct err *err)
{
	size_t blocks;

	if (sink_is_stream(work->sink))
		return err_set(err, ERR_UNSUPPORTED, "%s: parts can be put together in a plain file only", sink_name(work->sink));
	work->first = part_of(work->dump, 0);
	if (!work->first)
		return err_set(err, ERR_BAD_IMAGE, "%s is not kdump-compressed: parts made by --split are", work->dump->path);
	blocks = 2 * (size_t)work->first->layout.block_size;
	work->buffer = arena_alloc(work->arena, blocks > PIECE ? blocks : PIECE);
	work->pending = arena_array(work->arena, PENDING, sizeof(*work->pending));
	if (!check_parts(work, err))
		return false;

	uint64_t groups = work->first->layout.max_mapnr / KDUMP_RANK_PAGES +
			  (work->first->layout.max_mapnr % KDUMP_RANK_PAGES != 0);

	work->desc_count = work->first->ranks[groups].before;
	work->at = work->synced_at = data_start(work);
	return put_header(work, err);
}

bool reassemble(struct reassemble_result *result, struct arena *arena, const struct dump *dump, struct sink *sink,
		struct err *err)
{
	struct work work = { .result = result, .arena = arena, .dump = dump, .sink = sink };

	*result = (struct reassemble_result){ .outcome = WRITE_NOTHING };
	if (!begin(&work, err))
		return false;

	bool ok = copy_parts(&work, &result->stop);

	struct err late;

	/* What was copied before the end gets its descriptors, which have their room. */
	if (!ok && (work.sync_failed || !flush(&work, &late)))
		result->pages -= work.pending_pages;
	ok = ok && finish(&work, &result->stop);
	if (!ok)
		result->why = result->stop.text;
	else if (dump->incomplete)
		result->why = dump->incomplete;
	else if (result->missing)
		result->why = arena_printf(arena, "%" PRIu64 " pages are in none of the parts, or damaged", result->missing);
	if (result->pages)
		result->outcome = result->why ? WRITE_PARTIAL : WRITE_COMPLETE;
	return true;
}
