/* SPDX-License-Identifier: GPL-2.0-only */
/* Program headers and notes of an ELF core, as they lie in the file: what opening it passes over is found here. */
#include <elf.h>
#include <inttypes.h>

#include "elf_wire.h"
#include "kdump/dump/elf_pages.h"
#include "kdump/vmcore-save/verify_state.h"

#define SHOWN 5
#define MAX_NOTES (UINT64_C(128) << 20)

struct headers {
	const struct dump_file *file;
	enum order order;
	bool class64;
	uint64_t offset;
	uint32_t count;
};

struct program {
	uint32_t type;
	uint64_t offset, paddr, filesz, memsz;
};

static bool read_exact(const struct dump_file *file, uint64_t offset, void *buffer, size_t size)
{
	struct err err;
	size_t got;

	return dump_file_read(file, offset, buffer, size, &got, &err) && got == size;
}

static bool find_headers(const struct dump *dump, struct headers *h)
{
	union {
		struct elf_ident ident;
		struct elf32_header e32;
		struct elf64_header e64;
	} header;
	union {
		struct elf32_section s32;
		struct elf64_section s64;
	} section;
	enum order order = dump->order;
	uint64_t sections;

	*h = (struct headers){ .file = ((const struct elf_pages *)dump->state)->file, .order = order };
	if (!read_exact(h->file, 0, &header, sizeof(header.e32)))
		return false;
	h->class64 = header.ident.class == ELFCLASS64;
	if (h->class64 && !read_exact(h->file, 0, &header, sizeof(header.e64)))
		return false;
	h->offset = h->class64 ? raw64_get(header.e64.phoff, order) : raw32_get(header.e32.phoff, order);
	h->count = raw16_get(h->class64 ? header.e64.phnum : header.e32.phnum, order);
	sections = h->class64 ? raw64_get(header.e64.shoff, order) : raw32_get(header.e32.shoff, order);
	if (h->count == PN_XNUM && sections) {
		if (!read_exact(h->file, sections, &section, h->class64 ? sizeof(section.s64) : sizeof(section.s32)))
			return false;
		h->count = raw32_get(h->class64 ? section.s64.info : section.s32.info, order);
	}
	return true;
}

static bool read_program(const struct headers *h, uint32_t index, struct program *p)
{
	union {
		struct elf32_program p32;
		struct elf64_program p64;
	} wire;
	size_t size = h->class64 ? sizeof(wire.p64) : sizeof(wire.p32);

	if (h->offset > INT64_MAX || !read_exact(h->file, h->offset + (uint64_t)index * size, &wire, size))
		return false;
	p->type = raw32_get(h->class64 ? wire.p64.type : wire.p32.type, h->order);
	p->offset = h->class64 ? raw64_get(wire.p64.offset, h->order) : raw32_get(wire.p32.offset, h->order);
	p->paddr = h->class64 ? raw64_get(wire.p64.paddr, h->order) : raw32_get(wire.p32.paddr, h->order);
	p->filesz = h->class64 ? raw64_get(wire.p64.filesz, h->order) : raw32_get(wire.p32.filesz, h->order);
	p->memsz = h->class64 ? raw64_get(wire.p64.memsz, h->order) : raw32_get(wire.p32.memsz, h->order);
	return true;
}

/* What follows the last note that ends: padding of zeros, or damage. */
static void check_notes(struct verify *verify, struct finding *f, const struct headers *h, const struct program *p)
{
	struct arena scratch;
	struct err err;
	size_t got;

	if (p->filesz > MAX_NOTES || (h->file->size && p->filesz > h->file->size))
		return;
	arena_init(&scratch);

	uint8_t *bytes = arena_alloc(&scratch, (size_t)p->filesz);

	if (dump_file_read(h->file, p->offset, bytes, (size_t)p->filesz, &got, &err)) {
		size_t at = dump_notes_length((struct blob){ bytes, got }, h->order);

		while (at < got && bytes[at] == 0)
			at++;
		if (at < got)
			finding_bad(&verify->findings, f, "notes at 0x%" PRIx64 ": byte %zu of %zu begins no note that ends",
				    p->offset, at, got);
	}
	arena_release(&scratch);
}

void verify_elf(struct verify *verify, struct finding *f)
{
	uint64_t cut = 0, odd = 0, size;
	struct headers h;
	struct program p;
	uint32_t i;

	if (!find_headers(verify->dump, &h))
		return;
	size = h.file->size;
	for (i = 0; i < h.count && read_program(&h, i, &p); i++) {
		if (p.type == PT_NOTE)
			check_notes(verify, f, &h, &p);
		if (p.type != PT_LOAD && p.type != PT_NOTE)
			continue;
		if (p.type == PT_LOAD && p.memsz && p.memsz < p.filesz && odd++ < SHOWN)
			finding_bad(&verify->findings, f,
				    "program header %" PRIu32 " (physical 0x%" PRIx64 "): 0x%" PRIx64
				    " bytes in the file and 0x%" PRIx64 " in memory",
				    i, p.paddr, p.filesz, p.memsz);
		if (size && p.filesz && (p.offset > size || p.filesz > size - p.offset))
			cut++;
	}
	finding_good(&verify->findings, f, "%" PRIu32 " program headers", i);
	if (cut)
		finding_note(&verify->findings, "%" PRIu64 " of %" PRIu32 " program headers point behind the end of the file",
			     cut, h.count);
}
