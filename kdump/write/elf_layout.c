/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * An ELF core:
 *
 *   ELF header        e_flags says INCOMPLETE until all is on disk
 *   program headers   the notes, then a PT_LOAD for each run of pages that the level keeps
 *   section header    where there are more program headers than e_phnum holds
 *   notes             those of the source as they are
 *   pages             each at a place that its rank says: in the order of memory
 *
 * Pages of zeros are holes of the file. The order of memory lets runs be long, and on a full disk costs nothing: what
 * is written last is missing, wherever it lies. Where the file may not be so large at all (a limit, or no holes), data
 * lies class by class, so that what does not fit is at its end; each change of class then ends a run.
 */
#include <elf.h>
#include <string.h>

#include "kdump/write/elf_header.h"
#include "kdump/write/elf_runs.h"
#include "kdump/write/layout.h"
#include "kdump/write/vmcoreinfo_note.h"

#define BUFFER_SIZE ((size_t)64 << 10)

struct elf_layout {
	struct elf_form form;
	struct elf_maps maps;
	struct elf_order order;
	struct blob notes;
	uint64_t count; /* of program headers */
	uint64_t section_offset, notes_offset, file_size;
};

struct count {
	uint64_t runs, highest;
};

static bool count_run(void *data, const struct elf_run *run, struct err *err)
{
	struct count *count = data;

	(void)err;
	count->runs++;
	if (run->physical + run->memory_size > count->highest)
		count->highest = run->physical + run->memory_size;
	return true;
}

static bool walk(const struct layout *layout, bool (*run)(void *data, const struct elf_run *run, struct err *err),
		 void *data, struct err *err)
{
	const struct elf_layout *elf = layout->state;
	struct elf_walk walk = {
		.kept = &layout->kept,
		.maps = &elf->maps,
		.order = &elf->order,
		.page_shift = layout->page_shift,
		.run = run,
		.data = data,
	};

	return elf_runs_walk(&walk, err);
}

/* Where everything lies, for the order that was chosen. */
static bool place_parts(struct layout *layout, struct err *err)
{
	struct elf_layout *elf = layout->state;
	struct count count = { 0 };

	if (!walk(layout, count_run, &count, err))
		return false;
	elf->count = count.runs + (elf->notes.size != 0);
	if (elf->count > UINT32_MAX)
		return err_set(err, ERR_UNSUPPORTED,
			       "an ELF core cannot hold this dump: %llu program headers are needed, and it has room for the number %u; "
			       "write the kdump-compressed format",
			       (unsigned long long)elf->count, UINT32_MAX);

	/* A 32-bit machine with memory above 4 GiB has 64-bit headers, as its kernel would choose too. */
	elf->form.is64 = layout->request->dump->is64;
	for (;;) {
		elf->section_offset =
			elf_header_file_size(&elf->form) + elf->count * elf_header_segment_size(&elf->form);
		elf->notes_offset = elf->section_offset +
				    (elf_header_needs_section(elf->count) ? elf_header_section_size(&elf->form) : 0);
		layout->data_start = align_up(elf->notes_offset + elf->notes.size, layout->page_size);
		if (layout->kept.total > (INT64_MAX - layout->data_start) >> layout->page_shift)
			return err_set(err, ERR_NO_ROOM, "an ELF core of %llu pages is larger than a file can be",
				       (unsigned long long)layout->kept.total);
		elf->file_size = layout->data_start + (layout->kept.total << layout->page_shift);
		if (elf->form.is64 || (elf->file_size <= UINT32_MAX && count.highest <= UINT32_MAX))
			return true;
		elf->form.is64 = true;
	}
}

struct writer {
	struct layout *layout;
	uint8_t *buffer;
	size_t used;
	uint64_t offset; /* of the buffer in the file */
};

static bool flush(struct writer *writer, struct err *err)
{
	if (!sink_write(writer->layout->sink, writer->offset, writer->buffer, writer->used, err))
		return false;
	writer->offset += writer->used;
	writer->used = 0;
	return true;
}

static bool put_segment(struct writer *writer, const struct elf_segment *segment, struct err *err)
{
	const struct elf_layout *elf = writer->layout->state;

	if (BUFFER_SIZE - writer->used < ELF_HEADER_MAX && !flush(writer, err))
		return false;
	writer->used += elf_header_segment(writer->buffer + writer->used, &elf->form, segment);
	return true;
}

/* p_align is 0, as the kernel has it: crash takes anything else for a dump of netdump, and looks for no KASLR then. */
static bool put_run(void *data, const struct elf_run *run, struct err *err)
{
	struct writer *writer = data;
	struct elf_segment segment = {
		.type = PT_LOAD,
		.flags = PF_R | PF_W | PF_X,
		.offset = writer->layout->data_start + run->offset,
		.vaddr = run->vaddr,
		.physical = run->physical,
		.file_size = run->file_size,
		.memory_size = run->memory_size,
	};

	return put_segment(writer, &segment, err);
}

/*
 * The ELF header. On a stream the word of e_flags is left for the end: no byte can be written twice there, and a stream
 * that is cut before lacks its end record.
 */
static bool put_header(struct layout *layout, struct err *err)
{
	const struct elf_layout *elf = layout->state;
	uint8_t bytes[ELF_HEADER_MAX];
	size_t size = elf_header_file(bytes, &elf->form, elf->count, elf->section_offset, ELF_FLAG_INCOMPLETE);
	size_t flags = elf_header_flags_offset(&elf->form);
	size_t behind = flags + sizeof(struct raw32);

	if (!layout->stream)
		return sink_write(layout->sink, 0, bytes, size, err);
	return sink_write(layout->sink, 0, bytes, flags, err) &&
	       sink_write(layout->sink, behind, bytes + behind, size - behind, err);
}

static bool put_segments(struct layout *layout, struct err *err)
{
	const struct elf_layout *elf = layout->state;
	struct elf_segment notes = {
		.type = PT_NOTE,
		.offset = elf->notes_offset,
		.file_size = elf->notes.size,
		.memory_size = elf->notes.size,
	};
	struct writer writer = {
		.layout = layout,
		.buffer = arena_alloc(layout->arena, BUFFER_SIZE),
		.offset = elf_header_file_size(&elf->form),
	};

	if ((elf->notes.size && !put_segment(&writer, &notes, err)) || !walk(layout, put_run, &writer, err))
		return false;
	if (writer.offset + writer.used != elf->section_offset)
		return err_set(err, ERR_INTERNAL, "program headers end at %llu, and not at %llu: pages changed classes",
			       (unsigned long long)(writer.offset + writer.used), (unsigned long long)elf->section_offset);
	if (elf_header_needs_section(elf->count)) {
		if (!flush(&writer, err))
			return false;
		writer.used = elf_header_section(writer.buffer, &elf->form, elf->count);
	}
	return flush(&writer, err) &&
	       sink_write(layout->sink, elf->notes_offset, elf->notes.data, elf->notes.size, err);
}

/* The order of memory needs a file of its whole size, which may be mostly holes. */
static bool choose_order(struct layout *layout, struct err *err)
{
	struct elf_layout *elf = layout->state;
	uint64_t pages = 0;

	if (!place_parts(layout, err))
		return false;
	if (layout->stream || sink_set_size(layout->sink, elf->file_size, err))
		return true;
	if (err->code != ERR_NO_ROOM)
		return false;
	elf->order.by_class = true;
	for (unsigned int class = 0; class < PAGE_CLASSES; class++) {
		elf->order.class_start[class] = pages;
		pages += layout->kept.totals[class];
	}
	return place_parts(layout, err);
}

static bool begin(struct layout *layout, struct err *err)
{
	struct elf_layout *elf = arena_alloc(layout->arena, sizeof(*elf));
	const struct dump *dump = layout->request->dump;

	layout->state = elf;
	layout->zero_page = 0;
	*elf = (struct elf_layout){ .form = { .is64 = dump->is64, .order = dump->order, .machine = dump->elf_machine } };
	elf->notes = vmcoreinfo_note_make(layout->arena, dump).notes;
	elf_maps_make(&elf->maps, layout->arena, dump);
	/* The ELF header comes when all is there that it counts: a file that has one can be opened. */
	return choose_order(layout, err) && sink_reserve(layout->sink, layout->data_start, err) &&
	       put_segments(layout, err) && put_header(layout, err) && sink_sync(layout->sink, err);
}

static uint64_t place(const struct layout *layout, uint64_t pfn, enum page_class class, uint64_t rank,
		      uint64_t class_rank)
{
	const struct elf_layout *elf = layout->state;
	uint64_t page = elf->order.by_class ? elf->order.class_start[class] + class_rank : rank;

	(void)pfn;
	return layout->data_start + (page << layout->page_shift);
}

static bool put_flags(struct layout *layout, uint32_t flags, struct err *err)
{
	const struct elf_layout *elf = layout->state;
	struct raw32 word = raw32_make(flags, elf->form.order);

	return sink_write(layout->sink, elf_header_flags_offset(&elf->form), &word, sizeof(word), err);
}

static bool end(struct layout *layout, bool whole, struct err *err)
{
	const struct elf_layout *elf = layout->state;

	if (!whole)
		return layout->stream ? put_flags(layout, ELF_FLAG_INCOMPLETE, err) : sink_sync(layout->sink, err);
	return sink_set_size(layout->sink, elf->file_size, err) && sink_sync(layout->sink, err) &&
	       put_flags(layout, 0, err) && sink_sync(layout->sink, err);
}

const struct layout_ops elf_layout_ops = {
	.packs = false,
	.begin = begin,
	.place = place,
	.end = end,
};
