/* SPDX-License-Identifier: GPL-2.0-only */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "kdump/dump/kdump_state.h"
#include "kdump/dump/parts.h"
#include "kdump/kernel/info.h"
#include "kdump/vmcore-save/verify_state.h"
#include "kdump/zeros.h"

#define STATUS_KNOWN                                                                                    \
	(DUMP_STATUS_ZLIB | DUMP_STATUS_LZO | DUMP_STATUS_SNAPPY | DUMP_STATUS_INCOMPLETE |             \
	 DUMP_STATUS_EXCLUDED_VMEMMAP | DUMP_STATUS_ZSTD)

/* makedumpfile's levels. */
#define LEVEL_MAX 31

static void check_sizes(struct verify *verify, struct finding *f, const struct kdump *kdump)
{
	struct findings *all = &verify->findings;
	const struct kdump_layout *layout = &kdump->layout;
	uint64_t narrow = layout->max_mapnr < UINT32_MAX ? layout->max_mapnr : UINT32_MAX;
	uint64_t bytes = layout->max_mapnr / 8 + (layout->max_mapnr % 8 != 0);
	uint64_t blocks = align_up(bytes, layout->block_size) / layout->block_size;

	if (layout->max_mapnr_narrow != narrow)
		finding_bad(all, f, "pages of the machine: the header has %" PRIu32 ", the sub header %" PRIu64,
			    layout->max_mapnr_narrow, layout->max_mapnr);
	if (layout->bitmap_blocks != 2 * blocks && layout->bitmap_blocks != blocks)
		finding_bad(all, f, "bitmaps: %" PRIu32 " blocks found, %" PRIu64 " expected for %" PRIu64 " pages",
			    layout->bitmap_blocks, 2 * blocks, layout->max_mapnr);
	else
		finding_good(all, f, "%" PRIu64 " pages of %" PRIu32 " bytes", layout->max_mapnr, layout->block_size);
	if (kdump->file->size && kdump->data_start > kdump->file->size)
		finding_good(all, f, "the file ends inside its descriptors");
}

static void check_piece(struct verify *verify, struct finding *f, const struct kdump *kdump,
			const struct kdump_part *part, const char *what)
{
	const struct kdump_layout *layout = &kdump->layout;
	uint64_t end = (1 + (uint64_t)layout->sub_blocks) * layout->block_size;

	if (!part->size)
		return;
	if (part->offset < layout->block_size || part->offset > end || part->size > end - part->offset)
		finding_bad(&verify->findings, f,
			    "%s: %" PRIu64 " bytes at 0x%" PRIx64 ", expected between 0x%" PRIx32 " and 0x%" PRIx64, what,
			    part->size, part->offset, layout->block_size, end);
}

static void check_facts(struct verify *verify, struct finding *f, const struct kdump *kdump, const struct dump *dump)
{
	struct findings *all = &verify->findings;
	const struct dump_kdump_facts *facts = &kdump->layout.facts;
	enum order order = dump->order;
	bool is64 = dump->is64;

	if (facts->status & ~STATUS_KNOWN)
		finding_bad(all, f, "status 0x%" PRIx32 " has unknown bits", facts->status);
	if (facts->dump_level < 0 || facts->dump_level > LEVEL_MAX)
		finding_bad(all, f, "level %" PRId32 " found, expected 0 to %d", facts->dump_level, LEVEL_MAX);
	else
		finding_good(all, f, "level %" PRId32, facts->dump_level);
	if (facts->microseconds < 0 || facts->microseconds >= 1000000)
		finding_bad(all, f, "time: %" PRId64 " microseconds", facts->microseconds);
	if (facts->cpu_count <= 0)
		finding_bad(all, f, "%" PRId32 " CPUs found, expected at least 1 (crash refuses the dump)",
			    facts->cpu_count);
	else if (dump->prstatus_count && (size_t)facts->cpu_count != dump->prstatus_count)
		finding_bad(all, f, "%" PRId32 " CPUs found, and notes of %zu", facts->cpu_count, dump->prstatus_count);
	else
		finding_good(all, f, "%" PRId32 " CPUs", facts->cpu_count);
	if (dump_machine_of_uts(facts->uts[KDUMP_UTS_MACHINE], &order, &is64) != EM_NONE &&
	    (order != dump->order || is64 != dump->is64))
		finding_bad(all, f, "machine %s, in a file of %s byte order and %d bits", facts->uts[KDUMP_UTS_MACHINE],
			    dump->order == ORDER_BIG ? "big" : "little", dump->is64 ? 64 : 32);
}

static void check_kdump(struct verify *verify, size_t index)
{
	const struct dump *dump = dump_part(verify->dump, index);
	const struct kdump *kdump = kdump_of(dump);
	const struct kdump_layout *layout = &kdump->layout;
	struct finding *f = finding_begin(&verify->findings, "headers of %s", dump->path);

	finding_good(&verify->findings, f, "%s version %" PRId32, dump_format_name(dump), layout->version);
	check_sizes(verify, f, kdump);
	check_facts(verify, f, kdump, dump);
	check_piece(verify, f, kdump, &layout->notes, "notes");
	check_piece(verify, f, kdump, &layout->vmcoreinfo, "VMCOREINFO");
	if (layout->one_bitmap)
		finding_note(&verify->findings, "%s has one bitmap: no page was left out", dump->path);
}

static void check_plain(struct verify *verify)
{
	const struct dump *dump = verify->dump;
	struct finding *f = finding_begin(&verify->findings, "headers of %s", dump->path);

	finding_good(&verify->findings, f, "%s", dump_format_name(dump));
	finding_good(&verify->findings, f, "%zu pieces of memory", dump->memory.count);
	finding_good(&verify->findings, f, "0x%" PRIx64 " bytes of it in the file",
		     ranges_total(&verify->survey.claimed));
	if (dump->format == DUMP_ELF)
		verify_elf(verify, f);
	if (dump->format == DUMP_S390 && dump->s390.cpu_count)
		finding_good(&verify->findings, f, "%u CPUs", dump->s390.cpu_count);
}

static void check_notes(struct verify *verify)
{
	const struct dump *dump = verify->dump;
	size_t whole = dump_notes_length(dump->notes, dump->order);

	if (!dump->notes.size) {
		finding_note(&verify->findings, "there are no notes: the registers of the CPUs are not known");
		return;
	}

	struct finding *f = finding_begin(&verify->findings, "notes");

	if (!zeros_only(dump->notes.data + whole, dump->notes.size - whole))
		finding_bad(&verify->findings, f, "byte %zu of %zu begins no note that ends", whole, dump->notes.size);
	else
		finding_good(&verify->findings, f, "%zu bytes, registers of %zu CPUs", dump->notes.size,
			     dump->prstatus_count);
}

static void check_vmcoreinfo(struct verify *verify)
{
	const struct dump *dump = verify->dump;
	struct findings *all = &verify->findings;
	struct kernel_info info;
	uint64_t page_size;

	if (!dump->vmcoreinfo.size) {
		finding_note(all, "there is no VMCOREINFO");
		return;
	}
	kernel_info_read(&info, verify->arena, dump->vmcoreinfo);

	struct finding *f = finding_begin(all, "VMCOREINFO");
	const char *release = kernel_info_text(&info, "OSRELEASE");

	if (!release)
		finding_bad(all, f, "no OSRELEASE= in its %zu bytes", dump->vmcoreinfo.size);
	else if (dump->format == DUMP_KDUMP && strncmp(release, dump->kdump.uts[2], DUMP_UTS_LENGTH - 1) != 0)
		finding_bad(all, f, "OSRELEASE is %s, and the header's release %s", release, dump->kdump.uts[2]);
	else
		finding_good(all, f, "%s", release);
	if (!kernel_info_decimal(&info, "PAGESIZE", &page_size))
		finding_bad(all, f, "no PAGESIZE=");
	else if (page_size != dump->page_size)
		finding_bad(all, f, "PAGESIZE is %" PRIu64 ", and the dump's page size %" PRIu64, page_size,
			    dump->page_size);
	else
		finding_good(all, f, "%zu keys", info.count);
}

void verify_headers(struct verify *verify)
{
	if (verify->dump->format == DUMP_KDUMP) {
		for (size_t i = 0; i < dump_part_count(verify->dump); i++)
			check_kdump(verify, i);
	} else {
		check_plain(verify);
	}
	check_notes(verify);
	check_vmcoreinfo(verify);
}
