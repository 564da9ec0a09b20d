/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF as it lies in a file, both classes; the order is a fact of the file (e_ident[EI_DATA]). Source:
 * System V ABI, chapters 4 and 5. For the numbers (PT_*, ET_*, EM_*) the C library's <elf.h> is used; its structs
 * are of the host's order and alignment and are not.
 */
#ifndef ELF_WIRE_H
#define ELF_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

struct elf_ident {
	uint8_t magic[4];
	uint8_t class;
	uint8_t data;
	uint8_t version;
	uint8_t rest[9];
};

struct elf32_header {
	struct elf_ident ident;
	struct raw16 type;
	struct raw16 machine;
	struct raw32 version;
	struct raw32 entry;
	struct raw32 phoff;
	struct raw32 shoff;
	struct raw32 flags;
	struct raw16 ehsize;
	struct raw16 phentsize;
	struct raw16 phnum;
	struct raw16 shentsize;
	struct raw16 shnum;
	struct raw16 shstrndx;
};

struct elf64_header {
	struct elf_ident ident;
	struct raw16 type;
	struct raw16 machine;
	struct raw32 version;
	struct raw64 entry;
	struct raw64 phoff;
	struct raw64 shoff;
	struct raw32 flags;
	struct raw16 ehsize;
	struct raw16 phentsize;
	struct raw16 phnum;
	struct raw16 shentsize;
	struct raw16 shnum;
	struct raw16 shstrndx;
};

struct elf32_program {
	struct raw32 type;
	struct raw32 offset;
	struct raw32 vaddr;
	struct raw32 paddr;
	struct raw32 filesz;
	struct raw32 memsz;
	struct raw32 flags;
	struct raw32 align;
};

struct elf64_program {
	struct raw32 type;
	struct raw32 flags;
	struct raw64 offset;
	struct raw64 vaddr;
	struct raw64 paddr;
	struct raw64 filesz;
	struct raw64 memsz;
	struct raw64 align;
};

struct elf32_section {
	struct raw32 name;
	struct raw32 type;
	struct raw32 flags;
	struct raw32 addr;
	struct raw32 offset;
	struct raw32 size;
	struct raw32 link;
	struct raw32 info;
	struct raw32 addralign;
	struct raw32 entsize;
};

struct elf64_section {
	struct raw32 name;
	struct raw32 type;
	struct raw64 flags;
	struct raw64 addr;
	struct raw64 offset;
	struct raw64 size;
	struct raw32 link;
	struct raw32 info;
	struct raw64 addralign;
	struct raw64 entsize;
};

_Static_assert(sizeof(struct elf_ident) == 16, "ELF ident layout");
_Static_assert(sizeof(struct elf32_header) == 52, "ELF32 header layout");
_Static_assert(sizeof(struct elf64_header) == 64, "ELF64 header layout");
_Static_assert(sizeof(struct elf32_program) == 32, "ELF32 program header layout");
_Static_assert(sizeof(struct elf64_program) == 56, "ELF64 program header layout");
_Static_assert(sizeof(struct elf32_section) == 40, "ELF32 section header layout");
_Static_assert(sizeof(struct elf64_section) == 64, "ELF64 section header layout");
_Static_assert(offsetof(struct elf64_header, phnum) == 56, "ELF64 header layout");
_Static_assert(offsetof(struct elf64_section, info) == 44, "ELF64 section header layout");

#endif
