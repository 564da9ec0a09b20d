/* SPDX-License-Identifier: GPL-2.0-only */
/* What a dump holds, found from headers and descriptors alone. */
#ifndef KDUMP_VMCORE_SAVE_SURVEY_H
#define KDUMP_VMCORE_SAVE_SURVEY_H

#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/dump/dump.h"

enum survey_packing {
	SURVEY_NONE,
	SURVEY_ZLIB,
	SURVEY_LZO,
	SURVEY_SNAPPY,
	SURVEY_ZSTD,
	SURVEY_UNKNOWN,
	SURVEY_PACKINGS,
};

const char *survey_packing_name(enum survey_packing packing);

enum survey_packing survey_packing_of(uint32_t desc_flags);

struct survey {
	/* Memory whose bytes the headers say are in the file; not for DUMP_KDUMP. Its ends need not be those of pages. */
	struct ranges claimed;
	/* The part of it that lies before the end of the file. */
	struct ranges there;

	uint64_t memory_pages;	 /* of the machine */
	uint64_t claimed_pages;	 /* are to be in the file */
	uint64_t lost_pages;	 /* of those, are not */
	uint64_t data_bytes;	 /* of pages that are, as they lie in the file; pages that share data count once each */
	uint64_t packed[SURVEY_PACKINGS]; /* pages of DUMP_KDUMP */
};

/* Pages, whole or not, that a set of ranges touches. */
uint64_t survey_pages(const struct ranges *set, uint64_t page_size);

/* The ranges alone, which costs nothing. */
void survey_ranges(struct survey *survey, struct arena *arena, const struct dump *dump);

/* All of it: reads the descriptors of a kdump-compressed dump. */
bool survey_dump(struct survey *survey, struct arena *arena, const struct dump *dump, struct err *err) ERR_CHECKED;

#endif
