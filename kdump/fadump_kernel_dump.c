/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_kernel_dump.h"

#include <inttypes.h>

#include "bytes.h"

#define VERSION 1
#define REQUESTED 1
#define HEX64 "0x%" PRIx64

struct wire_header {
	struct be32 version;
	struct be16 count;
	struct be16 status;
	struct be32 first;
	struct be32 disk_block_size;
	struct be64 disk_offset;
	struct be64 disk_blocks;
	struct be32 disk_path;
	struct be32 max_time;
};

struct wire_section {
	struct be32 request;
	struct be16 type;
	struct be16 errors;
	struct be64 source;
	struct be64 length;
	struct be64 dumped;
	struct be64 destination;
};

_Static_assert(sizeof(struct wire_header) == 40, "header of ibm,kernel-dump");
_Static_assert(sizeof(struct wire_section) == 40, "section of ibm,kernel-dump");

static const struct {
	uint16_t flag;
	const char *text;
} section_errors[] = {
	{ 0x8000, "the type of data is not known to firmware" },
	{ 0x4000, "the source address is invalid" },
	{ 0x2000, "the length exceeds the source" },
	{ 0x1000, "the destination address is invalid" },
	{ 0x0800, "the destination is too small" },
};

bool fadump_kernel_dump_read(struct fadump_kernel_dump *dump, struct blob property, struct err *err)
{
	const struct wire_header *wire = blob_at(property, 0, sizeof(*wire));

	if (!wire)
		return err_set(err, ERR_BAD_MACHINE, "ibm,kernel-dump: %zu bytes found, its header takes %zu",
			       property.size, sizeof(*wire));

	uint32_t version = be32_get(wire->version), first = be32_get(wire->first);
	unsigned int count = be16_get(wire->count);

	if (version != VERSION)
		return err_set(err, ERR_BAD_MACHINE,
			       "ibm,kernel-dump: version %" PRIu32 " found, expected %d: firmware is newer than this "
			       "program, or the property is damaged",
			       version, VERSION);
	if (count > FADUMP_MAX_SECTIONS)
		return err_set(err, ERR_BAD_MACHINE, "ibm,kernel-dump: %u sections found, at most %d expected", count,
			       FADUMP_MAX_SECTIONS);
	if (first < sizeof(*wire))
		return err_set(err, ERR_BAD_MACHINE,
			       "ibm,kernel-dump: the first section is said to begin at byte %" PRIu32
			       ", inside the header of %zu bytes",
			       first, sizeof(*wire));

	struct blob sections = blob_part(property, first, (uint64_t)count * sizeof(struct wire_section));

	if (count && !sections.size)
		return err_set(err, ERR_BAD_MACHINE,
			       "ibm,kernel-dump: %zu bytes found, but %u sections of %zu bytes from byte %" PRIu32
			       " on do not fit into that",
			       property.size, count, sizeof(struct wire_section), first);

	*dump = (struct fadump_kernel_dump){ .version = version, .status = be16_get(wire->status), .count = count };
	for (unsigned int i = 0; i < count; i++) {
		const struct wire_section *raw =
			(const void *)(sections.data + (size_t)i * sizeof(struct wire_section));
		struct fadump_section s = {
			.request = be32_get(raw->request),
			.type = be16_get(raw->type),
			.errors = be16_get(raw->errors),
			.source = be64_get(raw->source),
			.length = be64_get(raw->length),
			.dumped = be64_get(raw->dumped),
			.destination = be64_get(raw->destination),
		};

		if (s.length > UINT64_MAX - s.source || s.length > UINT64_MAX - s.destination)
			return err_set(err, ERR_BAD_MACHINE,
				       "ibm,kernel-dump: section %u has source " HEX64 ", destination " HEX64
				       " and length " HEX64 ", which reach beyond 64 bits",
				       i, s.source, s.destination, s.length);
		dump->sections[i] = s;
	}
	return true;
}

const char *fadump_section_name(uint16_t type)
{
	switch (type) {
	case FADUMP_CPU_STATE:
		return "CPU state";
	case FADUMP_HPTE:
		return "hashed page table";
	case FADUMP_BOOT_MEMORY:
		return "boot memory";
	case FADUMP_PARAMETERS:
		return "parameter area";
	}
	return "section of unknown type";
}

const struct fadump_section *fadump_kernel_dump_find(const struct fadump_kernel_dump *dump, uint16_t type)
{
	for (unsigned int i = 0; i < dump->count; i++)
		if (dump->sections[i].type == type)
			return &dump->sections[i];
	return NULL;
}

uint64_t fadump_kernel_dump_top(const struct fadump_kernel_dump *dump)
{
	uint64_t top = 0;

	for (unsigned int i = 0; i < dump->count; i++) {
		const struct fadump_section *s = &dump->sections[i];

		if (s->type == FADUMP_BOOT_MEMORY && s->source + s->length > top)
			top = s->source + s->length;
	}
	return top;
}

uint64_t fadump_kernel_dump_boot_size(const struct fadump_kernel_dump *dump)
{
	uint64_t size = 0;

	for (unsigned int i = 0; i < dump->count; i++) {
		uint64_t length = dump->sections[i].type == FADUMP_BOOT_MEMORY ? dump->sections[i].length : 0;

		size = length > UINT64_MAX - size ? UINT64_MAX : size + length;
	}
	return size;
}

static void check_header(const struct fadump_kernel_dump *dump, struct findings *findings)
{
	struct finding *line = finding_begin(findings, "ibm,kernel-dump");

	finding_good(findings, line, "version %" PRIu32 ", %u sections, status 0x%04x", dump->version, dump->count,
		     dump->status);
	if ((dump->status & FADUMP_STATUS_DONE) != FADUMP_STATUS_DONE)
		finding_bad(findings, line, "status: found 0x%04x, expected 0x%04x (dump triggered and performed)",
			    dump->status, FADUMP_STATUS_DONE);
	if (dump->status & FADUMP_STATUS_ERROR)
		finding_bad(findings, line, "status: found 0x%04x, whose bit 0x%04x says that there were errors",
			    dump->status, FADUMP_STATUS_ERROR);
	if (!fadump_kernel_dump_find(dump, FADUMP_CPU_STATE))
		finding_bad(findings, line, "no section with the CPU state found, expected one");
	if (!fadump_kernel_dump_find(dump, FADUMP_BOOT_MEMORY))
		finding_bad(findings, line, "no section with boot memory found, expected at least one");
}

static void check_errors(const struct fadump_section *s, struct findings *findings, struct finding *line)
{
	unsigned int left = s->errors;

	for (size_t i = 0; i < sizeof(section_errors) / sizeof(section_errors[0]); i++) {
		if (!(left & section_errors[i].flag))
			continue;
		finding_bad(findings, line, "error 0x%04x: %s", section_errors[i].flag, section_errors[i].text);
		left &= ~(unsigned int)section_errors[i].flag;
	}
	if (left)
		finding_bad(findings, line, "errors 0x%04x, of unknown meaning", left);
}

/* An empty one, as the hashed page table of a radix kernel, is nowhere. */
static bool overlap(uint64_t a, uint64_t a_length, uint64_t b, uint64_t b_length)
{
	return a_length && b_length && a < b + b_length && b < a + a_length;
}

static void check_places(const struct fadump_kernel_dump *dump, unsigned int number, struct findings *findings,
			 struct finding *line)
{
	const struct fadump_section *s = &dump->sections[number];

	for (unsigned int i = 0; i < number; i++) {
		const struct fadump_section *other = &dump->sections[i];

		if (overlap(s->destination, s->length, other->destination, other->length))
			finding_bad(findings, line, "it was saved to where section %u is", i);
		if (s->type == FADUMP_BOOT_MEMORY && other->type == s->type &&
		    overlap(s->source, s->length, other->source, other->length))
			finding_bad(findings, line, "it has memory that section %u has too", i);
	}
	if (s->type == FADUMP_BOOT_MEMORY && overlap(s->source, s->length, s->destination, s->length))
		finding_bad(findings, line, "its copy lies in the memory that was copied");
}

void fadump_kernel_dump_check(const struct fadump_kernel_dump *dump, struct findings *findings)
{
	check_header(dump, findings);
	for (unsigned int i = 0; i < dump->count; i++) {
		const struct fadump_section *s = &dump->sections[i];
		struct finding *line = finding_begin(findings, "section %u, %s", i, fadump_section_name(s->type));

		if (s->type == FADUMP_BOOT_MEMORY)
			finding_good(findings, line, "source " HEX64, s->source);
		finding_good(findings, line, "saved at " HEX64, s->destination);
		finding_good(findings, line, HEX64 " bytes", s->dumped);
		if (!(s->request & REQUESTED))
			finding_good(findings, line, "not asked for");
		if (s->dumped != s->length)
			finding_bad(findings, line, "bytes dumped: found " HEX64 ", expected " HEX64, s->dumped,
				    s->length);
		check_errors(s, findings, line);
		check_places(dump, i, findings, line);
	}
}
