/* SPDX-License-Identifier: GPL-2.0-only */
/* Source: Microsoft PE Format, "MS-DOS Stub", "COFF File Header", "Section Table". */
#include "kexec/image/pe.h"

#include <inttypes.h>
#include <string.h>

#include "bytes.h"

#define OFFSET_AT 0x3c
#define SIGNATURE_SIZE 4
#define NAME_SIZE 8

struct coff_header {
	struct le16 machine, section_count;
	struct le32 time, symbols, symbol_count;
	struct le16 optional_size, characteristics;
};

struct section_header {
	char name[NAME_SIZE]; /* padded with NULs, without one where all are used */
	struct le32 virtual_size, virtual_address;
	struct le32 raw_size, raw_offset; /* raw: padded to the file's alignment */
	struct le32 relocations, line_numbers;
	struct le16 relocation_count, line_number_count;
	struct le32 characteristics;
};

_Static_assert(sizeof(struct coff_header) == 20, "COFF header layout");
_Static_assert(sizeof(struct section_header) == 40, "section header layout");

#define UNINITIALIZED UINT32_C(0x80) /* such a section has no bytes in the file, whatever it says */

static const struct section_header *header_at(const struct pe *pe, size_t index)
{
	return blob_at(pe->file, pe->table + index * sizeof(struct section_header), sizeof(struct section_header));
}

static enum probe check_sections(const struct pe *pe, struct err *err)
{
	for (size_t i = 0; i < pe->count; i++) {
		const struct section_header *h = header_at(pe, i);
		uint32_t offset = le32_get(h->raw_offset), size = le32_get(h->raw_size);

		if (size == 0 || le32_get(h->characteristics) & UNINITIALIZED || blob_has(pe->file, offset, size))
			continue;
		err_set(err, ERR_BAD_IMAGE,
			"damaged PE (EFI) program: section %zu (%s), %" PRIu32 " bytes at offset %" PRIu32
			", does not lie inside the file of %zu bytes: it is cut short",
			i, pe_section(pe, i).name, size, offset, pe->file.size);
		return PROBE_BAD;
	}
	return PROBE_MINE;
}

enum probe pe_probe(struct pe *pe, struct blob file, struct err *err)
{
	const struct le32 *offset = blob_at(file, OFFSET_AT, sizeof(*offset));

	if (!blob_begins(file, "MZ", 2) || !offset || !blob_matches(file, le32_get(*offset), "PE\0\0", SIGNATURE_SIZE))
		return PROBE_NOT_MINE;

	uint64_t at = (uint64_t)le32_get(*offset) + SIGNATURE_SIZE;
	const struct coff_header *coff = blob_at(file, at, sizeof(*coff));

	if (!coff) {
		err_set(err, ERR_BAD_IMAGE, "PE (EFI) program of %zu bytes, cut short in its header at %" PRIu64,
			file.size, at);
		return PROBE_BAD;
	}
	at += sizeof(*coff) + le16_get(coff->optional_size);

	size_t count = le16_get(coff->section_count);

	if (!blob_has(file, at, count * sizeof(struct section_header))) {
		err_set(err, ERR_BAD_IMAGE,
			"PE (EFI) program of %zu bytes, cut short in its table of %zu sections at %" PRIu64,
			file.size, count, at);
		return PROBE_BAD;
	}
	*pe = (struct pe){
		.file = file,
		.machine = le16_get(coff->machine),
		.table = (size_t)at,
		.count = count,
	};
	return check_sections(pe, err);
}

struct pe_section pe_section(const struct pe *pe, size_t index)
{
	const struct section_header *h = header_at(pe, index);
	struct pe_section section = { .name = "" };
	uint32_t raw = le32_get(h->raw_size), virtual = le32_get(h->virtual_size);

	for (size_t i = 0; i < NAME_SIZE && h->name[i]; i++)
		section.name[i] = h->name[i] > ' ' && h->name[i] < 0x7f ? h->name[i] : '?';

	/* Old tools leave the virtual size 0. What is larger in memory than in the file ends in zeros there. */
	if (!(le32_get(h->characteristics) & UNINITIALIZED))
		section.data = blob_part(pe->file, le32_get(h->raw_offset), virtual && virtual < raw ? virtual : raw);
	return section;
}
