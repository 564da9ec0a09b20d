/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_elfcore.h"

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "elf_wire.h"
#include "kdump/fadump_notes.h"

/* One for each piece of memory, and memory of a large machine comes in some thousand pieces. */
#define MAX_HEADERS (UINT32_C(1) << 20)

#define HEX64 "0x%" PRIx64

static bool check_ident(const struct elf64_header *ehdr, const struct fadump_source *source, uint64_t offset,
			enum order *order, struct err *err)
{
	if (memcmp(ehdr->ident.magic, ELFMAG, SELFMAG) != 0)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: %02x %02x %02x %02x found at " HEX64 ", where an ELF header (7f 45 4c 46) is expected",
			       source->name, ehdr->ident.magic[0], ehdr->ident.magic[1], ehdr->ident.magic[2],
			       ehdr->ident.magic[3], offset);
	if (ehdr->ident.class != ELFCLASS64 ||
	    (ehdr->ident.data != ELFDATA2LSB && ehdr->ident.data != ELFDATA2MSB))
		return err_set(err, ERR_BAD_IMAGE, "%s: ELF class %u and byte order %u found, expected %u and 1 or 2",
			       source->name, ehdr->ident.class, ehdr->ident.data, ELFCLASS64);
	*order = ehdr->ident.data == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE;
	if (raw16_get(ehdr->type, *order) != ET_CORE)
		return err_set(err, ERR_BAD_IMAGE, "%s: ELF type %u found, expected %u (core)", source->name,
			       raw16_get(ehdr->type, *order), ET_CORE);
	if (raw16_get(ehdr->phentsize, *order) != sizeof(struct elf64_program))
		return err_set(err, ERR_BAD_IMAGE, "%s: ELF program headers of %u bytes found, expected %zu", source->name,
			       raw16_get(ehdr->phentsize, *order), sizeof(struct elf64_program));
	return true;
}

static bool header_count(const struct elf64_header *ehdr, const struct fadump_source *source, uint64_t offset,
			 enum order order, uint32_t *count, struct err *err)
{
	*count = raw16_get(ehdr->phnum, order);
	if (*count == PN_XNUM) {
		struct elf64_section first;
		uint64_t at = raw64_get(ehdr->shoff, order);

		if (at > UINT64_MAX - offset)
			return err_set(err, ERR_BAD_IMAGE, "%s: section headers at " HEX64 ", beyond 64 bits", source->name, at);
		if (!fadump_source_read(source, offset + at, &first, sizeof(first), err))
			return err_prefix(err, "the first section header, which has the number of program headers");
		*count = raw32_get(first.info, order);
	}
	if (*count > MAX_HEADERS)
		return err_set(err, ERR_BAD_IMAGE, "%s: %" PRIu32 " ELF program headers found, at most %" PRIu32 " expected",
			       source->name, *count, MAX_HEADERS);
	return true;
}

struct walk {
	struct fadump_elfcore *core;
	struct arena *arena;
	const struct fadump_source *source;
	size_t capacity;
	struct sha256 notes;
};

static void add_load(struct walk *walk, struct fadump_load load)
{
	struct fadump_elfcore *core = walk->core;

	if (core->load_count == walk->capacity) {
		walk->capacity = walk->capacity ? walk->capacity * 2 : 64;

		struct fadump_load *grown = arena_array(walk->arena, walk->capacity, sizeof(*grown));

		for (size_t i = 0; i < core->load_count; i++)
			grown[i] = core->loads[i];
		core->loads = grown;
	}
	core->loads[core->load_count++] = load;
}

static bool take_header(struct walk *walk, const struct elf64_program *phdr, uint32_t number, struct err *err)
{
	struct fadump_elfcore *core = walk->core;
	uint32_t type = raw32_get(phdr->type, core->order);
	struct fadump_load load = {
		.address = raw64_get(phdr->paddr, core->order),
		.memory_size = raw64_get(phdr->memsz, core->order),
		.offset = raw64_get(phdr->offset, core->order),
		.file_size = raw64_get(phdr->filesz, core->order),
	};

	if (type != PT_LOAD && type != PT_NOTE)
		return true;
	if (load.file_size > UINT64_MAX - load.offset ||
	    (type == PT_LOAD && load.memory_size > UINT64_MAX - load.address))
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: program header %" PRIu32 " has offset " HEX64 ", " HEX64 " bytes in the file, address " HEX64
			       " and " HEX64 " bytes of memory, beyond what 64 bits hold",
			       walk->source->name, number, load.offset, load.file_size, load.address, load.memory_size);
	if (load.offset + load.file_size > core->end)
		core->end = load.offset + load.file_size;
	if (type == PT_LOAD) {
		add_load(walk, load);
		return true;
	}
	core->note_segments++;
	if (load.file_size == 0) {
		core->empty_note_segments++;
		return true;
	}
	return fadump_notes_read(core, &walk->notes, walk->arena, walk->source, load.offset, load.file_size, err);
}

bool fadump_elfcore_read(struct fadump_elfcore *core, struct arena *arena, const struct fadump_source *source,
			 uint64_t offset, bool in_memory, struct err *err)
{
	struct elf64_header ehdr;
	struct fadump_elfcore read = { .in_memory = in_memory };
	struct walk walk = { .core = &read, .arena = arena, .source = source };
	uint32_t count;

	if (!fadump_source_read(source, offset, &ehdr, sizeof(ehdr), err))
		return err_prefix(err, "the ELF core header");
	if (!check_ident(&ehdr, source, offset, &read.order, err) ||
	    !header_count(&ehdr, source, offset, read.order, &count, err))
		return false;

	uint64_t table = raw64_get(ehdr.phoff, read.order);
	uint64_t table_size = (uint64_t)count * sizeof(struct elf64_program);

	if (table > UINT64_MAX - offset || table_size > UINT64_MAX - offset - table)
		return err_set(err, ERR_BAD_IMAGE, "%s: program headers at " HEX64 ", beyond what 64 bits hold",
			       source->name, table);
	read.type = raw16_get(ehdr.type, read.order);
	read.machine = raw16_get(ehdr.machine, read.order);
	read.flags = raw32_get(ehdr.flags, read.order);
	read.headers_end = table + table_size;
	sha256_start(&walk.notes, sha256_best());

	/* One by one: a number that the file does not hold ends at the first one missing. */
	for (uint32_t i = 0; i < count; i++) {
		struct elf64_program phdr;
		uint64_t at = offset + table + (uint64_t)i * sizeof(phdr);

		if (!fadump_source_read(source, at, &phdr, sizeof(phdr), err))
			return err_prefix(err, "program header %" PRIu32 " of %" PRIu32, i, count);
		if (!take_header(&walk, &phdr, i, err))
			return false;
	}
	sha256_finish(&walk.notes, read.notes_digest);
	*core = read;
	return true;
}

static int by_address(const void *a, const void *b)
{
	const struct fadump_load *x = a, *y = b;

	return x->address < y->address ? -1 : x->address > y->address;
}

static int by_offset(const void *a, const void *b)
{
	const struct fadump_load *x = a, *y = b;

	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void check_header(const struct fadump_elfcore *core, struct findings *findings)
{
	struct finding *line = finding_begin(findings, "ELF core header");

	finding_good(findings, line, "64 bit, %s endian", core->order == ORDER_BIG ? "big" : "little");
	if (core->machine != EM_PPC64)
		finding_bad(findings, line, "machine: found %u, expected %u (64-bit Power)", core->machine, EM_PPC64);
	if (core->flags > 2)
		finding_bad(findings, line, "e_flags: found 0x%" PRIx32 ", expected 0 to 2 (the version of the ABI)",
			    core->flags);
	else
		finding_good(findings, line, "e_flags %" PRIu32, core->flags);
}

static void check_notes(const struct fadump_elfcore *core, uint64_t cpus, struct findings *findings)
{
	struct finding *line = finding_begin(findings, "notes");
	bool to_be_filled = core->in_memory && core->empty_note_segments;

	finding_good(findings, line, "%zu CPUs", core->prstatus);
	if (core->damage)
		finding_bad(findings, line, "%s", core->damage);
	if (core->note_segments == 0)
		finding_bad(findings, line, "no PT_NOTE found, expected one");
	if (core->odd_prstatus)
		finding_bad(findings, line, "%zu NT_PRSTATUS of another size (%" PRIu32 " bytes) found, expected %d bytes",
			    core->odd_prstatus, core->odd_size, FADUMP_PRSTATUS_SIZE);
	if (to_be_filled)
		finding_good(findings, line, "the capture kernel was to fill in those of the CPUs");
	else if (core->prstatus == 0)
		finding_bad(findings, line, "no NT_PRSTATUS found, expected one for each CPU that was online");
	else if (cpus && core->prstatus != cpus)
		finding_bad(findings, line, "%zu NT_PRSTATUS found, expected %" PRIu64, core->prstatus, cpus);

	const struct fadump_vmcoreinfo *info = &core->vmcoreinfo;

	line = finding_begin(findings, "vmcoreinfo");
	if (core->vmcoreinfo_count != 1)
		finding_bad(findings, line, "%zu notes of this name found, expected 1", core->vmcoreinfo_count);
	if (core->vmcoreinfo_count == 0)
		return;
	if (info->osrelease)
		finding_good(findings, line, "OSRELEASE %s", info->osrelease);
	else
		finding_bad(findings, line, "no OSRELEASE= found, expected one");
	if (info->build_id)
		finding_good(findings, line, "BUILD-ID %s", info->build_id);
	if (info->has_crash_time)
		finding_good(findings, line, "CRASHTIME %" PRId64, info->crash_time);
	else
		finding_note(findings, "vmcoreinfo has no CRASHTIME: no kernel's panic wrote it (firmware ended the system, or "
				       "the dump is older than that key)");
}

static void check_loads(const struct fadump_elfcore *core, struct findings *findings)
{
	struct finding *line = finding_begin(findings, "memory");
	struct fadump_load *sorted = arena_array(findings->arena, core->load_count, sizeof(*sorted));
	uint64_t total = 0;
	size_t faults = 0;

	for (size_t i = 0; i < core->load_count; i++) {
		const struct fadump_load *load = &core->loads[i];

		sorted[i] = *load;
		total += load->file_size;
		if (load->file_size != load->memory_size && faults++ < 8)
			finding_bad(findings, line, "PT_LOAD %zu at " HEX64 ": " HEX64 " bytes in the file found, expected " HEX64,
				    i, load->address, load->file_size, load->memory_size);
		if (load->memory_size == 0 && faults++ < 8)
			finding_bad(findings, line, "PT_LOAD %zu at " HEX64 " is empty", i, load->address);
		if (i && load->address < core->loads[i - 1].address && faults++ < 8)
			finding_bad(findings, line, "PT_LOAD %zu at " HEX64 " comes behind that at " HEX64
						    ", ascending addresses are expected",
				    i, load->address, core->loads[i - 1].address);
		if (!core->in_memory && load->offset < core->headers_end && faults++ < 8)
			finding_bad(findings, line, "PT_LOAD %zu at offset " HEX64 " lies over the headers, which end at " HEX64, i,
				    load->offset, core->headers_end);
	}
	finding_good(findings, line, "%zu PT_LOADs, " HEX64 " bytes", core->load_count, total);
	if (core->load_count == 0)
		finding_bad(findings, line, "no PT_LOAD found, expected at least one");
	qsort(sorted, core->load_count, sizeof(*sorted), by_address);
	for (size_t i = 1; i < core->load_count; i++)
		if (sorted[i - 1].address + sorted[i - 1].memory_size > sorted[i].address && faults++ < 8)
			finding_bad(findings, line, "PT_LOADs at " HEX64 " and " HEX64 " overlap", sorted[i - 1].address,
				    sorted[i].address);
	qsort(sorted, core->load_count, sizeof(*sorted), by_offset);
	for (size_t i = 1; i < core->load_count; i++)
		if (sorted[i - 1].offset + sorted[i - 1].file_size > sorted[i].offset && faults++ < 8)
			finding_bad(findings, line, "PT_LOADs at offsets " HEX64 " and " HEX64 " overlap", sorted[i - 1].offset,
				    sorted[i].offset);
	if (faults > 8)
		finding_bad(findings, line, "%zu faults more", faults - 8);
}

void fadump_elfcore_check(const struct fadump_elfcore *core, uint64_t cpus, struct findings *findings)
{
	check_header(core, findings);
	check_notes(core, cpus, findings);
	check_loads(core, findings);
}
