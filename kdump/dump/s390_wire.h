/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Dumps of s390's stand-alone dump tools (s390-tools: include/dump/s390_dump.h, zdump/df_s390.h), big endian.
 *
 * Classic: header, all of memory from 0 on, end marker. Extended: header, then segments of non-zero megabytes, each a
 * page of header and its data, the last one marked, then the end marker. Segments of a tool with zlib consist of
 * entries (a MiB of memory each, packed or not), which begin at blocks of the DASD.
 */
#ifndef KDUMP_DUMP_S390_WIRE_H
#define KDUMP_DUMP_S390_WIRE_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

#define S390_DUMP_MAGIC UINT64_C(0xa8190173618f23fd)
#define S390_DUMP_MAGIC_EXTENDED UINT64_C(0xa8190173618f23fe)
#define S390_DUMP_END_MAGIC UINT64_C(0x44554d505f454e44) /* "DUMP_END" */
#define S390_DUMP_HEADER_SIZE 4096u
#define S390_DUMP_PAGE 4096u
#define S390_DUMP_MAX_CPUS 512u
#define S390_DUMP_ARCH_64 2u

struct s390_dump_header {
	struct be64 magic;
	struct be32 version;
	struct be32 header_size;
	struct be32 dump_level;
	struct be32 page_size;
	struct be64 memory_size;
	struct be64 memory_start;
	struct be64 memory_end;
	struct be32 page_count;
	uint8_t pad1[4];
	struct be64 tod;
	struct be64 cpu_id;
	struct be32 arch;
	struct be32 volume;
	struct be32 build_arch;
	struct be64 memory_size_real;
	uint8_t is_multi_volume;
	struct be16 cpu_count;
	struct be16 real_cpu_count;
	uint8_t zlib_version;
	struct be32 zlib_entry_size;
	uint8_t pad2[0x200 - 0x66];
	struct be64 multi_volume_sign;
	struct be64 multi_volume_time;
	uint8_t pad3[0x800 - 0x210];
	struct be32 lowcores[S390_DUMP_MAX_CPUS]; /* since version 5 of the classic header; absolute addresses */
};

struct s390_dump_end {
	struct be64 magic;
	struct be64 tod; /* not before the header's */
};

#define S390_DUMP_ENTRIES 1011u
#define S390_DUMP_ENTRY_PLAIN UINT32_C(0x80000000)

struct s390_dump_segment {
	struct be64 start;
	struct be64 size;
	struct be64 is_last;
	struct be32 blocks; /* of data, where it is in entries; else 0 */
	uint8_t pad[0x30 - 0x1c];
	struct be32 entry_count;
	struct be32 entries[S390_DUMP_ENTRIES]; /* block behind the segment's header, S390_DUMP_ENTRY_PLAIN */
};

_Static_assert(offsetof(struct s390_dump_header, tod) == 0x38, "s390 dump header layout");
_Static_assert(offsetof(struct s390_dump_header, cpu_count) == 0x5d, "s390 dump header layout");
_Static_assert(offsetof(struct s390_dump_header, zlib_entry_size) == 0x62, "s390 dump header layout");
_Static_assert(offsetof(struct s390_dump_header, multi_volume_sign) == 0x200, "s390 dump header layout");
_Static_assert(sizeof(struct s390_dump_header) == S390_DUMP_HEADER_SIZE, "s390 dump header layout");
_Static_assert(sizeof(struct s390_dump_end) == 16, "s390 dump end marker layout");
_Static_assert(offsetof(struct s390_dump_segment, entries) == 0x34, "s390 dump segment layout");
_Static_assert(sizeof(struct s390_dump_segment) == 4096, "s390 dump segment layout");

#endif
