/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A kdump-compressed file as it lies on disk. Sources: makedumpfile's IMPLEMENTATION and diskdump_mod.h, which crash
 * and libkdumpfile follow. All fields are of the byte order and word size of the program that wrote the file, which is
 * the dumped machine's. In blocks of block_size bytes (the kernel's page size):
 *
 *   block 0                     header
 *   block 1 .. sub_blocks       sub header; the notes follow it
 *   then bitmap_blocks          first half: the machine has this page (bit pfn & 7 of byte pfn >> 3);
 *                               second half: the page has a descriptor
 *   then                        descriptors, one for each bit of the second half, in ascending order
 *   anywhere behind             page data, in any order and alignment
 */
#ifndef KDUMP_DUMP_KDUMP_WIRE_H
#define KDUMP_DUMP_KDUMP_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

#define KDUMP_SIGNATURE "KDUMP   "
#define KDUMP_SIGNATURE_DISKDUMP "DISKDUMP" /* the format's ancestor, of Linux 2.6's diskdump and netdump */
#define KDUMP_SIGNATURE_SIZE 8

#define KDUMP_VERSION_MIN 1
#define KDUMP_VERSION_MAX 6

/* The header version that brought a field of the sub header; phys_base, dump_level: 1. */
#define KDUMP_VERSION_SPLIT 2
#define KDUMP_VERSION_VMCOREINFO 3
#define KDUMP_VERSION_NOTE 4
#define KDUMP_VERSION_ERASEINFO 5
#define KDUMP_VERSION_WIDE 6

#define KDUMP_BLOCK_MIN 4096
#define KDUMP_BLOCK_MAX (1u << 20)

#define KDUMP_UTS_LENGTH 65
#define KDUMP_UTS_FIELDS 6 /* sysname, nodename, release, version, machine, domainname */
#define KDUMP_UTS_MACHINE 4

/* Of a descriptor; DUMP_STATUS_* has the same bits for the header, and more. No bit: as it is, block_size bytes. */
#define KDUMP_PAGE_ZLIB 0x1u
#define KDUMP_PAGE_LZO 0x2u
#define KDUMP_PAGE_SNAPPY 0x4u
#define KDUMP_PAGE_ZSTD 0x20u
#define KDUMP_PAGE_PACKED (KDUMP_PAGE_ZLIB | KDUMP_PAGE_LZO | KDUMP_PAGE_SNAPPY | KDUMP_PAGE_ZSTD)

struct kdump_header_start {
	uint8_t signature[KDUMP_SIGNATURE_SIZE];
	struct raw32 version;
	uint8_t uts[KDUMP_UTS_FIELDS][KDUMP_UTS_LENGTH];
};

/* Behind the time, the same for both word sizes. */
struct kdump_header_rest {
	struct raw32 status;
	struct raw32 block_size;
	struct raw32 sub_blocks;
	struct raw32 bitmap_blocks; /* of both bitmaps */
	struct raw32 max_mapnr;	    /* one past the highest page; at most UINT32_MAX */
	struct raw32 total_ram_blocks;
	struct raw32 device_blocks;
	struct raw32 written_blocks;
	struct raw32 current_cpu;
	struct raw32 cpu_count;
};

struct kdump_header64 {
	struct kdump_header_start start;
	uint8_t pad[6];
	struct raw64 seconds;
	struct raw64 microseconds;
	struct kdump_header_rest rest;
};

struct kdump_header32 {
	struct kdump_header_start start;
	uint8_t pad[2];
	struct raw32 seconds;
	struct raw32 microseconds;
	struct kdump_header_rest rest;
};

struct kdump_sub_header64 {
	struct raw64 phys_base;
	struct raw32 dump_level;
	struct raw32 split;
	struct raw64 start_pfn; /* at most UINT32_MAX where the wide ones are there */
	struct raw64 end_pfn;
	struct raw64 vmcoreinfo_offset; /* in the file */
	struct raw64 vmcoreinfo_size;
	struct raw64 note_offset;
	struct raw64 note_size;
	struct raw64 eraseinfo_offset;
	struct raw64 eraseinfo_size;
	struct raw64 start_pfn_wide;
	struct raw64 end_pfn_wide;
	struct raw64 max_mapnr_wide;
};

/* 32-bit x86 aligns 64-bit integers to 4 bytes. */
struct kdump_sub_header32_packed {
	struct raw32 phys_base;
	struct raw32 dump_level;
	struct raw32 split;
	struct raw32 start_pfn;
	struct raw32 end_pfn;
	struct raw64 vmcoreinfo_offset;
	struct raw32 vmcoreinfo_size;
	struct raw64 note_offset;
	struct raw32 note_size;
	struct raw64 eraseinfo_offset;
	struct raw32 eraseinfo_size;
	struct raw64 start_pfn_wide;
	struct raw64 end_pfn_wide;
	struct raw64 max_mapnr_wide;
};

/* Others (ARM, Power) align them to 8. */
struct kdump_sub_header32_aligned {
	struct raw32 phys_base;
	struct raw32 dump_level;
	struct raw32 split;
	struct raw32 start_pfn;
	struct raw32 end_pfn;
	uint8_t pad1[4];
	struct raw64 vmcoreinfo_offset;
	struct raw32 vmcoreinfo_size;
	uint8_t pad2[4];
	struct raw64 note_offset;
	struct raw32 note_size;
	uint8_t pad3[4];
	struct raw64 eraseinfo_offset;
	struct raw32 eraseinfo_size;
	uint8_t pad4[4];
	struct raw64 start_pfn_wide;
	struct raw64 end_pfn_wide;
	struct raw64 max_mapnr_wide;
};

struct kdump_page_desc {
	struct raw64 offset; /* in the file */
	struct raw32 size;
	struct raw32 flags;
	struct raw64 page_flags; /* nobody reads them */
};

_Static_assert(sizeof(struct kdump_header_start) == 402, "kdump header layout");
_Static_assert(sizeof(struct kdump_header_rest) == 40, "kdump header layout");
_Static_assert(sizeof(struct kdump_header64) == 464, "kdump header layout");
_Static_assert(offsetof(struct kdump_header64, seconds) == 408, "kdump header layout");
_Static_assert(offsetof(struct kdump_header64, rest) == 424, "kdump header layout");
_Static_assert(sizeof(struct kdump_header32) == 452, "32-bit kdump header layout");
_Static_assert(offsetof(struct kdump_header32, rest) == 412, "32-bit kdump header layout");
_Static_assert(sizeof(struct kdump_sub_header64) == 104, "kdump sub header layout");
_Static_assert(offsetof(struct kdump_sub_header64, vmcoreinfo_offset) == 32, "kdump sub header layout");
_Static_assert(offsetof(struct kdump_sub_header64, start_pfn_wide) == 80, "kdump sub header layout");
_Static_assert(sizeof(struct kdump_sub_header32_packed) == 80, "32-bit x86 kdump sub header layout");
_Static_assert(offsetof(struct kdump_sub_header32_packed, vmcoreinfo_offset) == 20, "32-bit kdump sub header layout");
_Static_assert(sizeof(struct kdump_sub_header32_aligned) == 96, "32-bit kdump sub header layout");
_Static_assert(offsetof(struct kdump_sub_header32_aligned, start_pfn_wide) == 72, "32-bit kdump sub header layout");
_Static_assert(sizeof(struct kdump_page_desc) == 24, "kdump page descriptor layout");

#endif
