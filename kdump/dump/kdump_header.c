/* SPDX-License-Identifier: GPL-2.0-only */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "kdump/dump/kdump_state.h"

/* The header with its numbers, whatever its byte order and word size. */
struct candidate {
	enum order order;
	bool is64;
	const struct kdump_header_rest *rest;
	uint32_t version, block_size, sub_blocks, bitmap_blocks, max_mapnr;
	int64_t seconds, microseconds;
};

static bool is_plausible(const struct candidate *c)
{
	if (c->version < KDUMP_VERSION_MIN || c->version > KDUMP_VERSION_MAX)
		return false;
	if (c->block_size < KDUMP_BLOCK_MIN || c->block_size > KDUMP_BLOCK_MAX || !is_power_of_two(c->block_size))
		return false;
	return c->bitmap_blocks > 0;
}

static uint64_t bitmap_need(uint64_t pages, uint64_t block_size)
{
	return align_up(pages / 8 + (pages % 8 != 0), block_size) / block_size;
}

/* Whether the other fields agree as well: what tells apart headers that are plausible both ways. */
static bool is_coherent(const struct candidate *c)
{
	return c->sub_blocks > 0 && c->sub_blocks < 0x10000 &&
	       c->bitmap_blocks >= bitmap_need(c->max_mapnr, c->block_size) && c->microseconds >= 0 &&
	       c->microseconds < 1000000 && raw32_get(c->rest->cpu_count, c->order) < 0x100000;
}

static struct candidate candidate_of(const void *bytes, enum order order, bool is64)
{
	const struct kdump_header64 *wide = bytes;
	const struct kdump_header32 *narrow = bytes;
	const struct kdump_header_rest *rest = is64 ? &wide->rest : &narrow->rest;
	struct candidate c = {
		.order = order,
		.is64 = is64,
		.rest = rest,
		.version = raw32_get(wide->start.version, order),
		.block_size = raw32_get(rest->block_size, order),
		.sub_blocks = raw32_get(rest->sub_blocks, order),
		.bitmap_blocks = raw32_get(rest->bitmap_blocks, order),
		.max_mapnr = raw32_get(rest->max_mapnr, order),
	};

	if (is64) {
		c.seconds = (int64_t)raw64_get(wide->seconds, order);
		c.microseconds = (int64_t)raw64_get(wide->microseconds, order);
	} else {
		c.seconds = (int32_t)raw32_get(narrow->seconds, order);
		c.microseconds = (int32_t)raw32_get(narrow->microseconds, order);
	}
	return c;
}

/*
 * Of the four ways to read a header the plausible one; of several the one that the machine's name asks for, else a
 * coherent one. A 32-bit header's max_mapnr stands where a 64-bit one has its block size, and a 64-bit one's
 * microseconds where a 32-bit one does, so that both may look right.
 */
static bool choose(const void *bytes, uint16_t elf_machine, bool machine_is64, struct candidate *out)
{
	int best = -1;

	for (int way = 0; way < 4; way++) {
		struct candidate c = candidate_of(bytes, way & 1 ? ORDER_BIG : ORDER_LITTLE, way < 2);

		if (!is_plausible(&c))
			continue;

		int score = (elf_machine != EM_NONE && machine_is64 == c.is64 ? 2 : 0) + is_coherent(&c);

		if (score > best) {
			best = score;
			*out = c;
		}
	}
	return best >= 0;
}

static void copy_uts(struct dump_kdump_facts *facts, const struct kdump_header_start *start)
{
	for (size_t i = 0; i < KDUMP_UTS_FIELDS; i++) {
		memcpy(facts->uts[i], start->uts[i], KDUMP_UTS_LENGTH);
		facts->uts[i][KDUMP_UTS_LENGTH] = '\0';
	}
}

_Static_assert(DUMP_UTS_FIELDS == KDUMP_UTS_FIELDS && DUMP_UTS_LENGTH == KDUMP_UTS_LENGTH, "utsname of the header");

/* A sub header with fields as wide as they come. */
struct sub_header {
	uint64_t phys_base;
	uint32_t dump_level, split;
	uint64_t start_pfn, end_pfn;
	struct kdump_part vmcoreinfo, notes, eraseinfo;
	uint64_t start_pfn_wide, end_pfn_wide, max_mapnr_wide;
};

#define READ_SUB(sub, from, order, get_word)                                                                     \
	do {                                                                                                     \
		(sub)->phys_base = get_word((from)->phys_base, order);                                           \
		(sub)->dump_level = raw32_get((from)->dump_level, order);                                        \
		(sub)->split = raw32_get((from)->split, order);                                                  \
		(sub)->start_pfn = get_word((from)->start_pfn, order);                                           \
		(sub)->end_pfn = get_word((from)->end_pfn, order);                                               \
		(sub)->vmcoreinfo.offset = raw64_get((from)->vmcoreinfo_offset, order);                          \
		(sub)->vmcoreinfo.size = get_word((from)->vmcoreinfo_size, order);                               \
		(sub)->notes.offset = raw64_get((from)->note_offset, order);                                     \
		(sub)->notes.size = get_word((from)->note_size, order);                                          \
		(sub)->eraseinfo.offset = raw64_get((from)->eraseinfo_offset, order);                            \
		(sub)->eraseinfo.size = get_word((from)->eraseinfo_size, order);                                 \
		(sub)->start_pfn_wide = raw64_get((from)->start_pfn_wide, order);                                \
		(sub)->end_pfn_wide = raw64_get((from)->end_pfn_wide, order);                                    \
		(sub)->max_mapnr_wide = raw64_get((from)->max_mapnr_wide, order);                                \
	} while (0)

static bool read_sub(struct sub_header *sub, const struct candidate *c, uint16_t elf_machine,
		     const struct dump_file *file, struct err *err)
{
	union {
		struct kdump_sub_header64 wide;
		struct kdump_sub_header32_packed packed;
		struct kdump_sub_header32_aligned aligned;
	} raw;
	size_t got;

	memset(&raw, 0, sizeof(raw));
	*sub = (struct sub_header){ 0 };
	if (!c->sub_blocks)
		return true;
	/* One of an earlier version is shorter, and of a cut flattened stream nothing need follow it: zeros are right. */
	if (!dump_file_read(file, c->block_size, &raw, sizeof(raw), &got, err))
		return err_prefix(err, "sub header of the kdump-compressed dump");
	if (c->is64)
		READ_SUB(sub, &raw.wide, c->order, raw64_get);
	else if (elf_machine == EM_386)
		READ_SUB(sub, &raw.packed, c->order, raw32_get);
	else
		READ_SUB(sub, &raw.aligned, c->order, raw32_get);

	/* A header of an earlier version ends before these fields; what follows it are notes or nothing. */
	if (c->version < KDUMP_VERSION_SPLIT)
		sub->split = 0, sub->start_pfn = 0, sub->end_pfn = 0;
	if (c->version < KDUMP_VERSION_VMCOREINFO)
		sub->vmcoreinfo = (struct kdump_part){ 0, 0 };
	if (c->version < KDUMP_VERSION_NOTE)
		sub->notes = (struct kdump_part){ 0, 0 };
	if (c->version < KDUMP_VERSION_ERASEINFO)
		sub->eraseinfo = (struct kdump_part){ 0, 0 };
	if (c->version < KDUMP_VERSION_WIDE)
		sub->start_pfn_wide = 0, sub->end_pfn_wide = 0, sub->max_mapnr_wide = 0;
	return true;
}

static bool fill_facts(struct kdump_layout *layout, const struct candidate *c, const struct sub_header *sub,
		       const struct dump_file *file, struct err *err)
{
	struct dump_kdump_facts *facts = &layout->facts;
	bool wide = c->version >= KDUMP_VERSION_WIDE;

	facts->header_version = (int32_t)c->version;
	facts->status = raw32_get(c->rest->status, c->order);
	facts->cpu_count = (int32_t)raw32_get(c->rest->cpu_count, c->order);
	facts->seconds = c->seconds;
	facts->microseconds = c->microseconds;
	facts->phys_base = sub->phys_base;
	facts->dump_level = (int32_t)sub->dump_level;
	facts->split = sub->split != 0;
	facts->start_pfn = wide ? sub->start_pfn_wide : sub->start_pfn;
	facts->end_pfn = wide ? sub->end_pfn_wide : sub->end_pfn;
	layout->max_mapnr_narrow = c->max_mapnr;
	layout->max_mapnr = wide && sub->max_mapnr_wide ? sub->max_mapnr_wide : c->max_mapnr;
	layout->vmcoreinfo = sub->vmcoreinfo;
	layout->notes = sub->notes;
	layout->eraseinfo = sub->eraseinfo;
	if (layout->max_mapnr > KDUMP_MAX_PAGES)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: the header says that the machine has pages up to number %" PRIu64
			       ", at most %" PRIu64 " expected: it is damaged",
			       file->path, layout->max_mapnr, KDUMP_MAX_PAGES);
	if (facts->split && (facts->start_pfn > facts->end_pfn || facts->start_pfn > layout->max_mapnr))
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: the header says that this part has pages %" PRIu64 " to %" PRIu64 " of %" PRIu64
			       ": it is damaged",
			       file->path, facts->start_pfn, facts->end_pfn, layout->max_mapnr);
	return true;
}

/* Where the tables are, by the blocks that the header counts. */
static bool place_tables(struct kdump_layout *layout, const struct dump_file *file, struct err *err)
{
	uint64_t block = layout->block_size, need = bitmap_need(layout->max_mapnr, block);
	uint64_t bitmaps = (1 + (uint64_t)layout->sub_blocks) * block, size = layout->bitmap_blocks * block;

	if (layout->bitmap_blocks < need)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: bitmaps of %" PRIu32 " blocks found, at least %" PRIu64 " expected for %" PRIu64
			       " pages: the header is damaged",
			       file->path, layout->bitmap_blocks, need, layout->max_mapnr);
	layout->one_bitmap = layout->bitmap_blocks < 2 * need;
	layout->memory = (struct kdump_part){ bitmaps, layout->one_bitmap ? size : size / 2 };
	layout->dumped = layout->memory;
	if (!layout->one_bitmap)
		layout->dumped.offset += size / 2;
	layout->descs = bitmaps + size;
	return true;
}

bool kdump_header_read(struct kdump_layout *layout, const struct dump_file *file, struct blob head,
		       struct err *err)
{
	struct kdump_header64 bytes = { 0 };
	struct candidate c = { 0 };
	struct sub_header sub;
	enum order machine_order = ORDER_LITTLE;
	bool machine_is64 = false;

	err->code = ERR_NONE;
	if (blob_begins(head, KDUMP_SIGNATURE_DISKDUMP, KDUMP_SIGNATURE_SIZE))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: a dump of diskdump or netdump (Linux 2.6, signature DISKDUMP) is not read; crash "
			       "reads it",
			       file->path);
	if (!blob_begins(head, KDUMP_SIGNATURE, KDUMP_SIGNATURE_SIZE))
		return false;
	/* A 32-bit header is shorter, and of a cut flattened stream nothing need follow it. */
	if (!dump_file_exact(file, 0, &bytes, sizeof(struct kdump_header32), "header of the kdump-compressed dump",
			     err))
		return false;
	if (blob_has(head, 0, sizeof(bytes)))
		memcpy(&bytes, head.data, sizeof(bytes));
	*layout = (struct kdump_layout){ .is64 = true };
	copy_uts(&layout->facts, &bytes.start);
	layout->elf_machine = dump_machine_of_uts(layout->facts.uts[KDUMP_UTS_MACHINE], &machine_order, &machine_is64);
	if (!choose(&bytes, layout->elf_machine, machine_is64, &c))
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: the header of the kdump-compressed dump is damaged, or of a newer format: version "
			       "0x%08" PRIx32 " and block size 0x%08" PRIx32 " found, expected versions %d to %d and a "
			       "power of two from %d to %u",
			       file->path, raw32_get(bytes.start.version, ORDER_LITTLE),
			       raw32_get(bytes.rest.block_size, ORDER_LITTLE), KDUMP_VERSION_MIN, KDUMP_VERSION_MAX,
			       KDUMP_BLOCK_MIN, KDUMP_BLOCK_MAX);
	if (!read_sub(&sub, &c, layout->elf_machine, file, err))
		return false;
	layout->order = c.order;
	layout->is64 = c.is64;
	layout->version = (int32_t)c.version;
	layout->block_size = c.block_size;
	layout->sub_blocks = c.sub_blocks;
	layout->bitmap_blocks = c.bitmap_blocks;
	return fill_facts(layout, &c, &sub, file, err) && place_tables(layout, file, err);
}
