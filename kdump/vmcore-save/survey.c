/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/vmcore-save/survey.h"

#include "kdump/dump/elf_pages.h"
#include "kdump/dump/kdump_state.h"
#include "kdump/dump/parts.h"
#include "kdump/dump/s390_pages.h"

#define BATCH 4096

const char *survey_packing_name(enum survey_packing packing)
{
	static const char *const names[SURVEY_PACKINGS] = { "none", "zlib", "lzo", "snappy", "zstd", "unknown" };

	return names[packing];
}

enum survey_packing survey_packing_of(uint32_t desc_flags)
{
	switch (desc_flags) {
	case 0:
		return SURVEY_NONE;
	case KDUMP_PAGE_ZLIB:
		return SURVEY_ZLIB;
	case KDUMP_PAGE_LZO:
		return SURVEY_LZO;
	case KDUMP_PAGE_SNAPPY:
		return SURVEY_SNAPPY;
	case KDUMP_PAGE_ZSTD:
		return SURVEY_ZSTD;
	default:
		return SURVEY_UNKNOWN;
	}
}

uint64_t survey_pages(const struct ranges *set, uint64_t page_size)
{
	uint64_t pages = 0, done = 0; /* done: pages below this were counted */

	for (size_t i = 0; i < set->count; i++) {
		uint64_t start = set->v[i].start / page_size, end = (set->v[i].end - 1) / page_size + 1;

		if (start < done)
			start = done;
		if (end > start)
			pages += end - start;
		done = end > done ? end : done;
	}
	return pages;
}

/* Memory [start, end) with its bytes at offset: as much as lies in the file. */
static void add(struct survey *survey, const struct dump_file *file, uint64_t start, uint64_t end, uint64_t offset)
{
	uint64_t size = end - start;

	ranges_append(&survey->claimed, (struct range){ start, end });
	if (file->size) {
		uint64_t left = offset < file->size ? file->size - offset : 0;

		if (size > left)
			size = left;
	}
	ranges_append(&survey->there, (struct range){ start, start + size });
}

static void add_elf(struct survey *survey, const struct elf_pages *elf)
{
	for (size_t i = 0; i < elf->count; i++)
		add(survey, elf->file, elf->parts[i].start, elf->parts[i].end, elf->parts[i].offset);
}

static void add_s390(struct survey *survey, const struct s390_pages *s390)
{
	for (size_t i = 0; i < s390->count; i++) {
		const struct s390_segment *segment = &s390->segments[i];

		if (!segment->entries) {
			add(survey, s390->file, segment->start, segment->end, segment->offset);
			continue;
		}
		for (uint64_t at = segment->start, k = 0; at < segment->end; at += s390->entry_size, k++) {
			uint64_t end = segment->end - at > s390->entry_size ? at + s390->entry_size : segment->end;
			const struct s390_entry *entry = &segment->entries[k];

			if (entry->is_plain) {
				add(survey, s390->file, at, end, entry->offset);
				continue;
			}
			ranges_append(&survey->claimed, (struct range){ at, end });
			/* Packed: only that its beginning is there is known. */
			if (!s390->file->size || entry->offset < s390->file->size)
				ranges_append(&survey->there, (struct range){ at, end });
		}
	}
}

void survey_ranges(struct survey *survey, struct arena *arena, const struct dump *dump)
{
	*survey = (struct survey){ .memory_pages = survey_pages(&dump->memory, dump->page_size) };
	ranges_init(&survey->claimed, arena);
	ranges_init(&survey->there, arena);
	if (dump->format == DUMP_ELF)
		add_elf(survey, dump->state);
	else if (dump->format == DUMP_S390)
		add_s390(survey, dump->state);
	ranges_normalize(&survey->claimed);
	ranges_normalize(&survey->there);
	survey->claimed_pages = survey_pages(&survey->claimed, dump->page_size);
	survey->lost_pages = survey->claimed_pages - survey_pages(&survey->there, dump->page_size);
	survey->data_bytes = ranges_total(&survey->there);
}

static bool count_descs(struct survey *survey, struct arena *scratch, const struct kdump *kdump, struct err *err)
{
	struct kdump_desc *descs = arena_array(scratch, BATCH, sizeof(*descs));
	uint64_t size = kdump->file->size;

	for (uint64_t at = 0; at < kdump->desc_count;) {
		size_t got;

		if (!kdump_descs_read(kdump, at, BATCH, descs, &got, err))
			return false;
		if (!got) {
			survey->lost_pages += kdump->desc_count - at;
			break;
		}
		for (size_t i = 0; i < got; i++) {
			const struct kdump_desc *d = &descs[i];

			if (!d->offset || !d->size || (size && (d->offset > size || d->size > size - d->offset))) {
				survey->lost_pages++;
				continue;
			}
			survey->packed[survey_packing_of(d->flags)]++;
			survey->data_bytes += d->size;
		}
		at += got;
	}
	return true;
}

bool survey_dump(struct survey *survey, struct arena *arena, const struct dump *dump, struct err *err)
{
	struct arena scratch;
	uint64_t in_parts = 0;
	bool fine = true;

	survey_ranges(survey, arena, dump);
	if (dump->format != DUMP_KDUMP)
		return true;
	arena_init(&scratch);
	for (size_t i = 0; fine && i < dump_part_count(dump); i++) {
		const struct kdump *kdump = kdump_of(dump_part(dump, i));

		in_parts += kdump->desc_count;
		/* Every part has the whole bitmap; the pages of a part that is missing are lost. */
		survey->claimed_pages = kdump->ranks[kdump->layout.max_mapnr / KDUMP_RANK_PAGES +
						    (kdump->layout.max_mapnr % KDUMP_RANK_PAGES != 0)].before;
		fine = count_descs(survey, &scratch, kdump, err);
	}
	arena_release(&scratch);
	/* Only of a damaged part does the bitmap speak of less. */
	if (in_parts > survey->claimed_pages)
		survey->claimed_pages = in_parts;
	survey->lost_pages += survey->claimed_pages - in_parts;
	return fine;
}
