/* SPDX-License-Identifier: GPL-2.0-only */
/* Between elf.c, which reads the headers, elf_pages.c, which reads memory by them, and the verification. */
#ifndef KDUMP_DUMP_ELF_PAGES_H
#define KDUMP_DUMP_ELF_PAGES_H

#include "kdump/dump/format.h"

/* Memory with bytes in the file: physical [start, end) at offset. */
struct elf_part {
	uint64_t start, end;
	uint64_t offset;
};

/* A program header of either class. */
struct elf_program {
	uint32_t type;
	uint64_t offset, vaddr, paddr, filesz, memsz;
	bool no_paddr; /* all ones: /proc/kcore's vmalloc and vmemmap */
};

struct elf_pages {
	const struct dump_file *file;

	/* The program headers as they lie in the file. */
	enum order order;
	bool class64;
	uint64_t headers;
	uint32_t header_count;

	const struct elf_part *parts; /* ascending, disjoint */
	size_t count;
	unsigned int page_shift;
};

extern const struct dump_ops elf_pages_ops;

/* Once more from the file. False where it ends before, or cannot be read. */
bool elf_read_program(const struct elf_pages *elf, uint32_t index, struct elf_program *program);

#endif
