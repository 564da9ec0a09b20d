/* SPDX-License-Identifier: GPL-2.0-only */
/* Between elf.c, which reads the headers, and elf_pages.c, which reads memory by them. */
#ifndef KDUMP_DUMP_ELF_PAGES_H
#define KDUMP_DUMP_ELF_PAGES_H

#include "kdump/dump/format.h"

/* Memory with bytes in the file: physical [start, end) at offset. */
struct elf_part {
	uint64_t start, end;
	uint64_t offset;
};

struct elf_pages {
	const struct dump_file *file;
	const struct elf_part *parts; /* ascending, disjoint */
	size_t count;
	unsigned int page_shift;
};

extern const struct dump_ops elf_pages_ops;

#endif
