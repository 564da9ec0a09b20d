/* SPDX-License-Identifier: GPL-2.0-only */
/* Between s390.c, which reads the headers, s390_pages.c, which reads memory by them, and s390_notes.c. */
#ifndef KDUMP_DUMP_S390_PAGES_H
#define KDUMP_DUMP_S390_PAGES_H

#include "kdump/dump/format.h"
#include "kdump/dump/s390_wire.h"

/* Where a MiB (entry_size bytes) of a segment lies in the file. */
struct s390_entry {
	uint64_t offset;
	uint64_t size; /* up to the next one, at least what there is of it */
	bool is_plain;
};

struct s390_segment {
	uint64_t start, end; /* of memory */
	uint64_t offset;     /* of its data; of the first entry's block 0 */
	const struct s390_entry *entries; /* or NULL: data as it is */
};

struct s390_pages {
	const struct dump_file *file;
	uint64_t memory_size;
	uint64_t known;	     /* what is in no segment, and below this, is zeros; above, lost */
	uint64_t entry_size; /* of memory */
	const struct s390_segment *segments; /* ascending, disjoint */
	size_t count;
};

extern const struct dump_ops s390_pages_ops;

/*
 * Makes what a kernel makes for /proc/vmcore (arch/s390/kernel/crash_dump.c): register notes of each CPU from the save
 * area of its lowcore, and VMCOREINFO from where absolute 0xe0c, or os_info, says. What cannot be had is left out. The
 * dump's pages must be readable.
 */
void s390_notes_make(struct dump *dump, struct arena *arena, const struct s390_dump_header *header, unsigned int cpus);

#endif
