/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/elf_header.h"

#include <elf.h>
#include <string.h>

#include "elf_wire.h"

size_t elf_header_file_size(const struct elf_form *form)
{
	return form->is64 ? sizeof(struct elf64_header) : sizeof(struct elf32_header);
}

size_t elf_header_segment_size(const struct elf_form *form)
{
	return form->is64 ? sizeof(struct elf64_program) : sizeof(struct elf32_program);
}

size_t elf_header_section_size(const struct elf_form *form)
{
	return form->is64 ? sizeof(struct elf64_section) : sizeof(struct elf32_section);
}

size_t elf_header_flags_offset(const struct elf_form *form)
{
	return form->is64 ? offsetof(struct elf64_header, flags) : offsetof(struct elf32_header, flags);
}

bool elf_header_needs_section(uint64_t count)
{
	return count >= PN_XNUM;
}

#define MAKE(bits, value) raw##bits##_make((uint##bits##_t)(value), form->order)

/* Both classes have the same fields in the same order, of other widths. */
#define FILE_HEADER(bits)                                                                                              \
	(struct elf##bits##_header)                                                                                    \
	{                                                                                                              \
		.ident = { .magic = { ELFMAG0, ELFMAG1, ELFMAG2, ELFMAG3 },                                            \
			   .class = bits == 64 ? ELFCLASS64 : ELFCLASS32,                                              \
			   .data = form->order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB,                               \
			   .version = EV_CURRENT },                                                                    \
		.type = MAKE(16, ET_CORE), .machine = MAKE(16, form->machine), .version = MAKE(32, EV_CURRENT),        \
		.phoff = MAKE(bits, elf_header_file_size(form)), .shoff = MAKE(bits, extended ? section : 0),          \
		.flags = MAKE(32, flags), .ehsize = MAKE(16, elf_header_file_size(form)),                              \
		.phentsize = MAKE(16, elf_header_segment_size(form)), .phnum = MAKE(16, extended ? PN_XNUM : count),   \
		.shentsize = MAKE(16, extended ? elf_header_section_size(form) : 0), .shnum = MAKE(16, extended)       \
	}

size_t elf_header_file(uint8_t *out, const struct elf_form *form, uint64_t count, uint64_t section, uint32_t flags)
{
	bool extended = elf_header_needs_section(count);

	if (form->is64) {
		struct elf64_header header = FILE_HEADER(64);

		memcpy(out, &header, sizeof(header));
		return sizeof(header);
	}

	struct elf32_header header = FILE_HEADER(32);

	memcpy(out, &header, sizeof(header));
	return sizeof(header);
}

/* Section 0 belongs to nobody; sh_info of it has the number (System V ABI, "e_phnum"). */
size_t elf_header_section(uint8_t *out, const struct elf_form *form, uint64_t count)
{
	if (form->is64) {
		struct elf64_section section = { .info = MAKE(32, count) };

		memcpy(out, &section, sizeof(section));
		return sizeof(section);
	}

	struct elf32_section section = { .info = MAKE(32, count) };

	memcpy(out, &section, sizeof(section));
	return sizeof(section);
}

#define SEGMENT_HEADER(bits)                                                                                           \
	(struct elf##bits##_program)                                                                                   \
	{                                                                                                              \
		.type = MAKE(32, segment->type), .flags = MAKE(32, segment->flags),                                    \
		.offset = MAKE(bits, segment->offset), .vaddr = MAKE(bits, segment->vaddr),                            \
		.paddr = MAKE(bits, segment->physical), .filesz = MAKE(bits, segment->file_size),                      \
		.memsz = MAKE(bits, segment->memory_size), .align = MAKE(bits, segment->align)                         \
	}

size_t elf_header_segment(uint8_t *out, const struct elf_form *form, const struct elf_segment *segment)
{
	if (form->is64) {
		struct elf64_program program = SEGMENT_HEADER(64);

		memcpy(out, &program, sizeof(program));
		return sizeof(program);
	}

	struct elf32_program program = SEGMENT_HEADER(32);

	memcpy(out, &program, sizeof(program));
	return sizeof(program);
}
