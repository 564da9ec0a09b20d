/* SPDX-License-Identifier: GPL-2.0-only */
/* The headers of an ELF core as bytes, of either class and order. */
#ifndef KDUMP_WRITE_ELF_HEADER_H
#define KDUMP_WRITE_ELF_HEADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

struct elf_form {
	bool is64;
	enum order order;
	uint16_t machine;
};

/* makedumpfile's mark in e_flags, which crash knows: the file is not all that it was to be. */
#define ELF_FLAG_INCOMPLETE 0x1u

/* Large enough for each of these headers. */
#define ELF_HEADER_MAX 64

/*
 * All of them return how many bytes they wrote. count: program headers; where e_phnum cannot hold it, it is in a
 * section header at `section`.
 */
size_t elf_header_file(uint8_t *out, const struct elf_form *form, uint64_t count, uint64_t section, uint32_t flags);
size_t elf_header_section(uint8_t *out, const struct elf_form *form, uint64_t count);

struct elf_segment {
	uint32_t type, flags;
	uint64_t offset, vaddr, physical, file_size, memory_size, align;
};

size_t elf_header_segment(uint8_t *out, const struct elf_form *form, const struct elf_segment *segment);

size_t elf_header_file_size(const struct elf_form *form);
size_t elf_header_segment_size(const struct elf_form *form);
size_t elf_header_section_size(const struct elf_form *form);
size_t elf_header_flags_offset(const struct elf_form *form);

/* Whether the number of program headers takes a section header. */
bool elf_header_needs_section(uint64_t count);

#endif
