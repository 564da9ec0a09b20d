/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "kdump/dump/kdump_reader.h"
#include "kdump/dump/kdump_state.h"
#include "kdump/dump/unpack.h"

/* Far above any real one: registers of 16,384 CPUs on s390 make 64 MiB; VMCOREINFO is a page. */
#define MAX_NOTES (UINT64_C(256) << 20)
#define MAX_VMCOREINFO (UINT64_C(16) << 20)

/* How many descriptors at either end are looked at, to find out whether the file was cut. */
#define PEEK_DESCS 512

const char *kdump_desc_problem(const struct kdump *kdump, const struct kdump_desc *desc)
{
	uint32_t packing = desc->flags & KDUMP_PAGE_PACKED;

	if (desc->offset == 0 || desc->size == 0)
		return NULL;
	if (packing != desc->flags || (packing & (packing - 1)))
		return "its flags are unknown";
	if (desc->size > kdump->layout.block_size)
		return "its data is larger than a page";
	if (!packing && desc->size != kdump->layout.block_size)
		return "its data is not packed and smaller than a page";
	if (desc->offset < kdump->data_start)
		return "its data lies inside the headers";
	if (desc->offset > (uint64_t)INT64_MAX - desc->size)
		return "its data lies beyond what a file can have";
	return NULL;
}

bool kdump_descs_read(const struct kdump *kdump, uint64_t rank, size_t count, struct kdump_desc *out, size_t *got,
		      struct err *err)
{
	struct kdump_page_desc raw[128];
	enum order order = kdump->layout.order;

	*got = 0;
	if (rank >= kdump->desc_count)
		return true;
	if (count > kdump->desc_count - rank)
		count = (size_t)(kdump->desc_count - rank);
	while (*got < count) {
		size_t wanted = count - *got < 128 ? count - *got : 128, bytes;

		if (!dump_file_read(kdump->file, kdump->layout.descs + (rank + *got) * sizeof(*raw), raw,
				    wanted * sizeof(*raw), &bytes, err))
			return false;

		size_t whole = bytes / sizeof(*raw);

		for (size_t i = 0; i < whole; i++)
			out[*got + i] = (struct kdump_desc){ raw64_get(raw[i].offset, order),
							     raw32_get(raw[i].size, order),
							     raw32_get(raw[i].flags, order) };
		*got += whole;
		if (whole < wanted)
			break;
	}
	return true;
}

static enum dump_page_state page_state(const struct dump *dump, uint64_t pfn)
{
	const struct kdump *kdump = dump->state;
	enum dump_page_state state = kdump_presence(kdump, pfn);
	struct err err;

	if (state != DUMP_PAGE_HERE)
		return state;

	struct kdump_desc desc;
	size_t got;

	if (!kdump_descs_read(kdump, kdump_rank(kdump, pfn), 1, &desc, &got, &err))
		return DUMP_PAGE_HERE; /* whether it can be read is not known yet */
	if (!got || !desc.offset || !desc.size)
		return DUMP_PAGE_LOST;
	if (kdump->file->size && desc.offset < kdump->file->size && desc.size <= kdump->file->size - desc.offset)
		return DUMP_PAGE_HERE;
	return kdump->file->size && !kdump_desc_problem(kdump, &desc) ? DUMP_PAGE_LOST : DUMP_PAGE_HERE;
}

static bool is_excluded(const struct dump *dump, uint64_t pfn)
{
	return kdump_presence(dump->state, pfn) == DUMP_PAGE_EXCLUDED;
}

static void *reader_state(const struct dump *dump, struct arena *arena, uint64_t window)
{
	return kdump_reader_new(dump->state, arena, window);
}

static enum dump_page_state page(const struct dump *dump, void *reader, uint64_t pfn, const uint8_t **out,
				 struct err *err)
{
	(void)dump;
	return kdump_reader_page(reader, pfn, out, err);
}

static const struct dump_ops kdump_ops = {
	.page_state = page_state,
	.is_excluded = is_excluded,
	.reader_state = reader_state,
	.page = page,
};

const struct kdump *kdump_of(const struct dump *dump)
{
	return dump->ops == &kdump_ops ? dump->state : NULL;
}

/* A piece that the sub header points to. What is not there makes the dump incomplete; nothing else needs it. */
static struct blob read_piece(struct kdump *kdump, struct arena *arena, const struct kdump_part *part, uint64_t most,
			      const char *what)
{
	const struct dump_file *file = kdump->file;

	if (!part->size)
		return (struct blob){ NULL, 0 };
	if (part->size > most || part->offset > INT64_MAX || (file->size && part->size > file->size)) {
		kdump->incomplete = arena_printf(arena, "the header says that its %s is %" PRIu64 " bytes at offset 0x%"
						 PRIx64 ", which cannot be", what, part->size, part->offset);
		return (struct blob){ NULL, 0 };
	}

	uint8_t *bytes = arena_alloc(arena, (size_t)part->size);
	struct err err;
	size_t got;

	if (!dump_file_read(file, part->offset, bytes, (size_t)part->size, &got, &err)) {
		kdump->incomplete = arena_printf(arena, "its %s cannot be read: %s", what, err.text);
		return (struct blob){ NULL, 0 };
	}
	if (got < part->size)
		kdump->incomplete = arena_printf(arena, "the file ends inside its %s: it was cut", what);
	return (struct blob){ bytes, got };
}

static void peek_at(struct kdump *kdump, struct arena *arena, uint64_t first, size_t count)
{
	struct kdump_desc *descs = arena_array(arena, count, sizeof(*descs));
	struct err err;
	size_t got;

	if (!kdump_descs_read(kdump, first, count, descs, &got, &err))
		return;
	if (got < count) {
		kdump->incomplete = "the file ends inside its page descriptors: it was cut";
		return;
	}
	for (size_t i = 0; i < got && !kdump->incomplete; i++) {
		const struct kdump_desc *d = &descs[i];

		if (!d->offset || !d->size)
			kdump->incomplete = "pages that are to be in it have no data: writing it was interrupted";
		else if (kdump->file->size && !kdump_desc_problem(kdump, d) &&
			 (d->offset > kdump->file->size || d->size > kdump->file->size - d->offset))
			kdump->incomplete = "data of pages lies behind the end of the file: it was cut";
	}
}

/* A writer that was killed left no mark in the header; its last descriptors, or the first, tell. */
static void peek(struct kdump *kdump)
{
	struct arena scratch;
	uint64_t count = kdump->desc_count < PEEK_DESCS ? kdump->desc_count : PEEK_DESCS;

	if (!count || kdump->incomplete)
		return;
	arena_init(&scratch);
	peek_at(kdump, &scratch, kdump->desc_count - count, (size_t)count);
	if (!kdump->incomplete)
		peek_at(kdump, &scratch, 0, (size_t)count);
	arena_release(&scratch);
}

bool dump_kdump_open(struct dump *dump, struct arena *arena, const struct dump_file *file, struct blob head,
		     struct err *err)
{
	struct kdump_layout layout;

	if (!kdump_header_read(&layout, file, head, err))
		return false;

	struct kdump *kdump = arena_alloc(arena, sizeof(*kdump));

	*kdump = (struct kdump){ .file = file, .layout = layout };
	dump->format = DUMP_KDUMP;
	dump->order = layout.order;
	dump->is64 = layout.is64;
	dump->elf_machine = layout.elf_machine;
	dump->page_size = layout.block_size;
	dump->page_size_known = true;
	dump->kdump = layout.facts;
	dump->ops = &kdump_ops;
	dump->state = kdump;
	ranges_init(&dump->memory, arena);

	/* dump itself may be copied by its owner: the set's own copy is what the state points to. */
	struct ranges *memory = arena_alloc(arena, sizeof(*memory));

	ranges_init(memory, arena);
	if (!kdump_bitmaps_read(kdump, arena, memory, err))
		return false;
	dump->memory = *memory;
	dump->notes = read_piece(kdump, arena, &layout.notes, MAX_NOTES, "notes");

	struct blob vmcoreinfo = read_piece(kdump, arena, &layout.vmcoreinfo, MAX_VMCOREINFO, "VMCOREINFO");

	dump_notes_walk(dump);
	if (vmcoreinfo.size) {
		const uint8_t *end = memchr(vmcoreinfo.data, 0, vmcoreinfo.size);

		dump->vmcoreinfo = (struct blob){ vmcoreinfo.data,
						  end ? (size_t)(end - vmcoreinfo.data) : vmcoreinfo.size };
	}
	if (layout.facts.status & DUMP_STATUS_INCOMPLETE)
		kdump->incomplete = "its header says so: writing it was interrupted";
	peek(kdump);
	if (layout.facts.split)
		kdump->part = arena_printf(arena, "it is one part of several: it has pages %" PRIu64 " to %" PRIu64
					   " of %" PRIu64, kdump->start_pfn, kdump->end_pfn, layout.max_mapnr);
	dump->incomplete = kdump->incomplete ? kdump->incomplete : kdump->part;
	return true;
}
