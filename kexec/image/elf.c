/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/image/elf.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>

#include "elf_wire.h"

/* Of both classes, as read. */
struct header {
	uint32_t version;
	uint64_t phoff;
	uint64_t shoff;
	uint16_t ehsize;
	uint16_t phentsize;
	uint16_t phnum;
	uint16_t shentsize;
};

struct sizes {
	size_t header;
	size_t program;
	size_t section;
};

static const struct sizes sizes32 = {
	sizeof(struct elf32_header),
	sizeof(struct elf32_program),
	sizeof(struct elf32_section),
};

static const struct sizes sizes64 = {
	sizeof(struct elf64_header),
	sizeof(struct elf64_program),
	sizeof(struct elf64_section),
};

static enum probe bad(struct err *err, const char *format, ...) ERR_PRINTF(2, 3);

static enum probe bad(struct err *err, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	err_set(err, ERR_BAD_IMAGE, "damaged ELF file: %s", text);
	return PROBE_BAD;
}

static enum probe read_header32(struct elf *elf, struct header *h, struct err *err)
{
	const struct elf32_header *raw = blob_at(elf->file, 0, sizeof(*raw));
	enum order o = elf->order;

	if (!raw)
		return bad(err, "%zu bytes, the ELF header alone takes %zu", elf->file.size, sizeof(*raw));
	elf->type = raw16_get(raw->type, o);
	elf->machine = raw16_get(raw->machine, o);
	elf->entry = raw32_get(raw->entry, o);
	*h = (struct header){
		.version = raw32_get(raw->version, o),
		.phoff = raw32_get(raw->phoff, o),
		.shoff = raw32_get(raw->shoff, o),
		.ehsize = raw16_get(raw->ehsize, o),
		.phentsize = raw16_get(raw->phentsize, o),
		.phnum = raw16_get(raw->phnum, o),
		.shentsize = raw16_get(raw->shentsize, o),
	};
	return PROBE_MINE;
}

static enum probe read_header64(struct elf *elf, struct header *h, struct err *err)
{
	const struct elf64_header *raw = blob_at(elf->file, 0, sizeof(*raw));
	enum order o = elf->order;

	if (!raw)
		return bad(err, "%zu bytes, the ELF header alone takes %zu", elf->file.size, sizeof(*raw));
	elf->type = raw16_get(raw->type, o);
	elf->machine = raw16_get(raw->machine, o);
	elf->entry = raw64_get(raw->entry, o);
	*h = (struct header){
		.version = raw32_get(raw->version, o),
		.phoff = raw64_get(raw->phoff, o),
		.shoff = raw64_get(raw->shoff, o),
		.ehsize = raw16_get(raw->ehsize, o),
		.phentsize = raw16_get(raw->phentsize, o),
		.phnum = raw16_get(raw->phnum, o),
		.shentsize = raw16_get(raw->shentsize, o),
	};
	return PROBE_MINE;
}

/* Where e_phnum has no room for the number, e_phnum is PN_XNUM and section header 0 has it in sh_info. */
static enum probe read_count(const struct elf *elf, const struct header *h, const struct sizes *sizes,
			     uint64_t *count, struct err *err)
{
	*count = h->phnum;
	if (h->phnum != PN_XNUM)
		return PROBE_MINE;
	if (h->shoff == 0 || h->shentsize != sizes->section)
		return bad(err,
			   "e_phnum is PN_XNUM, so section header 0 must have the number of program headers, "
			   "but e_shoff is 0x%" PRIx64 " and e_shentsize %u, expected %zu",
			   h->shoff, (unsigned int)h->shentsize, sizes->section);

	struct blob section = blob_part(elf->file, h->shoff, sizes->section);

	if (section.size == 0)
		return bad(err,
			   "section header 0, at e_shoff 0x%" PRIx64
			   ", does not lie inside the file of %zu bytes",
			   h->shoff, elf->file.size);

	uint32_t info;

	if (elf->is64)
		info = raw32_get(((const struct elf64_section *)section.data)->info, elf->order);
	else
		info = raw32_get(((const struct elf32_section *)section.data)->info, elf->order);
	if (info < PN_XNUM)
		return bad(err,
			   "e_phnum is PN_XNUM, but sh_info of section header 0 is %" PRIu32
			   ", expected at least %d",
			   info, PN_XNUM);
	*count = info;
	return PROBE_MINE;
}

static struct elf_segment read_segment(const struct elf *elf, const uint8_t *bytes)
{
	enum order o = elf->order;

	if (elf->is64) {
		const struct elf64_program *raw = (const void *)bytes;

		return (struct elf_segment){
			.type = raw32_get(raw->type, o),
			.flags = raw32_get(raw->flags, o),
			.offset = raw64_get(raw->offset, o),
			.file_size = raw64_get(raw->filesz, o),
			.vaddr = raw64_get(raw->vaddr, o),
			.paddr = raw64_get(raw->paddr, o),
			.memory_size = raw64_get(raw->memsz, o),
			.align = raw64_get(raw->align, o),
		};
	}

	const struct elf32_program *raw = (const void *)bytes;

	return (struct elf_segment){
		.type = raw32_get(raw->type, o),
		.flags = raw32_get(raw->flags, o),
		.offset = raw32_get(raw->offset, o),
		.file_size = raw32_get(raw->filesz, o),
		.vaddr = raw32_get(raw->vaddr, o),
		.paddr = raw32_get(raw->paddr, o),
		.memory_size = raw32_get(raw->memsz, o),
		.align = raw32_get(raw->align, o),
	};
}

static enum probe check_segment(const struct elf *elf, size_t number, const struct elf_segment *s,
				struct err *err)
{
	/* Of an unused entry no other field has a meaning. */
	if (s->type == PT_NULL)
		return PROBE_MINE;

	if (s->file_size && !blob_has(elf->file, s->offset, s->file_size))
		return bad(err,
			   "program header %zu: p_filesz 0x%" PRIx64 " at p_offset 0x%" PRIx64
			   " does not lie inside the file of %zu bytes",
			   number, s->file_size, s->offset, elf->file.size);
	if (s->type != PT_LOAD)
		return PROBE_MINE;

	if (s->file_size > s->memory_size)
		return bad(err, "program header %zu: p_filesz 0x%" PRIx64 " is more than p_memsz 0x%" PRIx64,
			   number, s->file_size, s->memory_size);

	uint64_t end = elf->is64 ? UINT64_MAX : UINT64_C(1) << 32;

	if (s->memory_size > end - s->paddr)
		return bad(err,
			   "program header %zu: p_memsz 0x%" PRIx64 " at p_paddr 0x%" PRIx64
			   " reaches beyond the end of the address space",
			   number, s->memory_size, s->paddr);
	if (s->align && !is_power_of_two(s->align))
		return bad(err, "program header %zu: p_align 0x%" PRIx64 " is not a power of two", number,
			   s->align);
	return PROBE_MINE;
}

static enum probe read_segments(struct elf *elf, const struct header *h, const struct sizes *sizes,
				struct arena *arena, struct err *err)
{
	uint64_t count;
	enum probe result = read_count(elf, h, sizes, &count, err);

	if (result != PROBE_MINE || count == 0)
		return result;
	if (h->phentsize != sizes->program)
		return bad(err, "e_phentsize is %u, expected %zu", (unsigned int)h->phentsize,
			   sizes->program);

	/* At most 2^32 headers of 56 bytes. */
	struct blob table = blob_part(elf->file, h->phoff, count * sizes->program);

	if (table.size == 0)
		return bad(err,
			   "%" PRIu64 " program headers of %zu bytes at e_phoff 0x%" PRIx64
			   " do not lie inside the file of %zu bytes",
			   count, sizes->program, h->phoff, elf->file.size);

	struct elf_segment *segments = arena_array(arena, (size_t)count, sizeof(*segments));

	for (size_t i = 0; i < count; i++) {
		segments[i] = read_segment(elf, table.data + i * sizes->program);
		result = check_segment(elf, i, &segments[i], err);
		if (result != PROBE_MINE)
			return result;
	}
	elf->segments = segments;
	elf->segment_count = (size_t)count;
	return PROBE_MINE;
}

enum probe elf_probe(struct elf *elf, struct blob file, struct arena *arena, struct err *err)
{
	if (!blob_begins(file, ELFMAG, SELFMAG))
		return PROBE_NOT_MINE;

	const struct elf_ident *ident = blob_at(file, 0, sizeof(*ident));

	if (!ident)
		return bad(err, "%zu bytes, the identification alone takes %zu", file.size, sizeof(*ident));
	if (ident->class != ELFCLASS32 && ident->class != ELFCLASS64)
		return bad(err, "e_ident[EI_CLASS] is %u, expected 1 (32 bit) or 2 (64 bit)", ident->class);
	if (ident->data != ELFDATA2LSB && ident->data != ELFDATA2MSB)
		return bad(err, "e_ident[EI_DATA] is %u, expected 1 (little endian) or 2 (big endian)",
			   ident->data);
	if (ident->version != EV_CURRENT)
		return bad(err, "e_ident[EI_VERSION] is %u, expected 1", ident->version);

	struct elf read = {
		.file = file,
		.is64 = ident->class == ELFCLASS64,
		.order = ident->data == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE,
	};
	const struct sizes *sizes = read.is64 ? &sizes64 : &sizes32;
	struct header h = { 0 };
	enum probe result = read.is64 ? read_header64(&read, &h, err) : read_header32(&read, &h, err);

	if (result != PROBE_MINE)
		return result;
	if (h.version != EV_CURRENT)
		return bad(err, "e_version is %" PRIu32 ", expected 1", h.version);
	if (h.ehsize < sizes->header)
		return bad(err, "e_ehsize is %u, expected %zu", (unsigned int)h.ehsize, sizes->header);

	result = read_segments(&read, &h, sizes, arena, err);
	if (result == PROBE_MINE)
		*elf = read;
	return result;
}

struct blob elf_bytes(const struct elf *elf, const struct elf_segment *segment)
{
	return blob_part(elf->file, segment->offset, segment->file_size);
}

struct range elf_physical(const struct elf_segment *segment)
{
	return (struct range){ segment->paddr, segment->paddr + segment->memory_size };
}

const struct elf_segment *elf_find_type(const struct elf *elf, uint32_t type, size_t from)
{
	for (size_t i = from; i < elf->segment_count; i++)
		if (elf->segments[i].type == type)
			return &elf->segments[i];
	return NULL;
}

const struct elf_segment *elf_find_load(const struct elf *elf, struct range r)
{
	for (size_t i = 0; i < elf->segment_count; i++)
		if (elf->segments[i].type == PT_LOAD && range_contains(elf_physical(&elf->segments[i]), r))
			return &elf->segments[i];
	return NULL;
}

struct range elf_physical_span(const struct elf *elf)
{
	struct range span = { UINT64_MAX, 0 };

	for (size_t i = 0; i < elf->segment_count; i++) {
		struct range r = elf_physical(&elf->segments[i]);

		if (elf->segments[i].type != PT_LOAD || range_is_empty(r))
			continue;
		if (r.start < span.start)
			span.start = r.start;
		if (r.end > span.end)
			span.end = r.end;
	}
	return span.end ? span : (struct range){ 0, 0 };
}

struct blob elf_physical_bytes(const struct elf *elf, uint64_t address, uint64_t length)
{
	if (length > UINT64_MAX - address)
		return (struct blob){ NULL, 0 };

	const struct elf_segment *s = elf_find_load(elf, (struct range){ address, address + length });

	return s ? blob_part(elf_bytes(elf, s), address - s->paddr, length) : (struct blob){ NULL, 0 };
}
