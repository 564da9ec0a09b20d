/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the parts of the verification of a dump. */
#ifndef KDUMP_VMCORE_SAVE_VERIFY_STATE_H
#define KDUMP_VMCORE_SAVE_VERIFY_STATE_H

#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/dump/dump.h"
#include "kdump/finding.h"
#include "kdump/vmcore-save/survey.h"

struct verify {
	struct arena *arena;
	struct findings findings;
	const struct dump *dump;
	struct survey survey; /* its ranges alone */
	unsigned int threads;

	/* Set by verify_pages(). */
	uint64_t expected; /* pages that the headers say are in the file */
	uint64_t here;	   /* read, and sound */
	uint64_t lost;	   /* not in the file */
};

/* A piece of data of pages: file bytes [start, end), of pages from pfn on. */
struct verify_extent {
	uint64_t start, end;
	uint64_t pfn;
};

/* What the headers, notes and VMCOREINFO say, against each other. */
void verify_headers(struct verify *verify);

/* Program headers and notes of an ELF core, into that finding. */
void verify_elf(struct verify *verify, struct finding *finding);

/* Every descriptor, and every page by reading it. */
void verify_pages(struct verify *verify);

/* Whether any two share a byte, and what lies behind the last one. part: of the dump's files. Sorts them. */
void verify_extents(struct verify *verify, size_t part, struct verify_extent *extents, size_t count);

#endif
