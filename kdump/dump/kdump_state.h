/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kdump-compressed file that is open: what its headers say, where its tables are, and its descriptors by page. For
 * kdump.c, parts.c, and the verification, which looks at every descriptor.
 */
#ifndef KDUMP_DUMP_KDUMP_STATE_H
#define KDUMP_DUMP_KDUMP_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kdump/dump/format.h"
#include "kdump/dump/kdump_wire.h"

/* Bounds of what one file may ask for: 256 TiB of pages of 4 KiB, which makes bitmaps of 8 GiB. */
#define KDUMP_MAX_PAGES (UINT64_C(1) << 36)

struct kdump_part {
	uint64_t offset, size;
};

struct kdump_layout {
	enum order order;
	bool is64;
	int32_t version;
	uint32_t block_size, sub_blocks, bitmap_blocks;
	uint32_t max_mapnr_narrow; /* of the header */
	uint64_t max_mapnr;	   /* of the sub header where it has one */
	bool one_bitmap;	   /* no page was left out: each page in the bitmap has a descriptor */
	struct kdump_part memory;  /* 1st bitmap */
	struct kdump_part dumped;  /* 2nd bitmap, or the 1st again */
	uint64_t descs;		   /* offset of the first descriptor */
	struct kdump_part vmcoreinfo, notes, eraseinfo; /* as the sub header says */
	struct dump_kdump_facts facts;
	uint16_t elf_machine;
};

#define KDUMP_RANK_PAGES 4096u
#define KDUMP_RANK_BYTES (KDUMP_RANK_PAGES / 8)

/* The 2nd bitmap, KDUMP_RANK_PAGES bits at a time. */
struct kdump_rank {
	uint64_t before;     /* pages with a descriptor that come before these */
	const uint8_t *bits; /* NULL where all are equal: 0, or 1 where the next one's `before` says so */
};

struct kdump {
	const struct dump_file *file;
	const struct ranges *memory; /* of the 1st bitmap */
	struct kdump_layout layout;
	struct kdump_rank *ranks; /* two more than there are: the end has one, which has a next */
	uint64_t first_rank;	  /* of a split part: pages with a descriptor before its first page */
	uint64_t desc_count;
	uint64_t start_pfn, end_pfn; /* whose descriptors this file has */
	uint64_t data_start;	     /* behind the descriptors */
	const char *incomplete;	     /* but for being one part of several */
	const char *part;	     /* that it is one, in words, or NULL */
};

/* A descriptor in numbers. */
struct kdump_desc {
	uint64_t offset;
	uint32_t size, flags;
};

/* "Not mine" is false with err->code ERR_NONE. */
bool kdump_header_read(struct kdump_layout *layout, const struct dump_file *file, struct blob head,
		       struct err *err) ERR_CHECKED;

/* Reads the bitmaps: memory is filled, and all of kdump but incomplete is set. */
bool kdump_bitmaps_read(struct kdump *kdump, struct arena *arena, struct ranges *memory, struct err *err) ERR_CHECKED;

/* Of a dump whose format is DUMP_KDUMP; NULL where it consists of parts. */
const struct kdump *kdump_of(const struct dump *dump);

/* As far as the bitmaps say: DUMP_PAGE_HERE is a page with a descriptor in this file. */
enum dump_page_state kdump_presence(const struct kdump *kdump, uint64_t pfn);

/* Whether the 2nd bitmap has the page. */
bool kdump_is_dumped(const struct kdump *kdump, uint64_t pfn);

/* The number of a page's descriptor, counted from this file's first one. The page is in this file. */
uint64_t kdump_rank(const struct kdump *kdump, uint64_t pfn);

/* What is wrong with a descriptor by itself, as a static text, or NULL. One without data (offset or size 0) is fine. */
const char *kdump_desc_problem(const struct kdump *kdump, const struct kdump_desc *desc);

/* Reads descriptors from number `rank` on; *got is less where the file ends or the descriptors do. */
bool kdump_descs_read(const struct kdump *kdump, uint64_t rank, size_t count, struct kdump_desc *out, size_t *got,
		      struct err *err) ERR_CHECKED;

#endif
