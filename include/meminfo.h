/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * meminfo: checksummed records of what was loaded for a crash, for whoever looks at memory from outside (stand-alone
 * dump tools, hypervisors, --verify). doc/meminfo is the specification; writer and readers share this header.
 *
 * One segment of its own, one page or more: header, then records without gap, zeros after. Integers are big endian on
 * s390 and in the architecture's order elsewhere. Where it lies: doc/meminfo; on s390 at crash_start + 0xf000, on x86
 * the last page of the reservation, on Power the last one that firmware does not use.
 */
#ifndef MEMINFO_H
#define MEMINFO_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

#define MEMINFO_MAGIC UINT64_C(0x4d454d494e464f01) /* "MEMINFO\1" */
#define MEMINFO_MAJOR 1
#define MEMINFO_MINOR 0

/* From the start of the crash reservation, on s390: the last page of the 64 KiB that Linux leaves unused. */
#define MEMINFO_S390_OFFSET UINT64_C(0xf000)

struct meminfo_header {
	struct raw64 magic;
	struct raw32 checksum; /* cksm.h over [12, size) */
	struct raw16 major;    /* readers refuse another one */
	struct raw16 minor;    /* higher ones only add record types and flags */
	struct raw32 size;     /* bytes of header and records: 64 + 40 * record_count */
	struct raw32 record_count;
	struct raw64 crash_start; /* the crash reservation: address, bytes */
	struct raw64 crash_size;
	struct raw64 entry; /* of purgatory: where the kernel enters */
	struct raw64 time;  /* of loading: seconds since 1970, 0 = unknown */
	struct raw64 flags; /* MEMINFO_FLAG_* */
};

_Static_assert(sizeof(struct meminfo_header) == 64, "meminfo header layout");
_Static_assert(offsetof(struct meminfo_header, crash_start) == 24, "meminfo header layout");

enum {
	MEMINFO_FLAG_ELFCOREHDR = 1, /* an ELF core header is among the segments */
};

#define MEMINFO_CHECKSUM_FROM 12

enum {
	MEMINFO_CRASHKERNEL = 1, /* address, size: the crash reservation */
	MEMINFO_SEGMENT = 2,	 /* address, size in memory, subtype = enum segment_role, aux = bytes of data */
	MEMINFO_VMCOREINFO = 3,	 /* where the pointer to the vmcoreinfo note (indirect) or the note itself is */
	MEMINFO_DIGEST = 4,	 /* the 32 bytes of purgatory's SHA-256 digest */
};

struct meminfo_record {
	struct raw32 type;
	struct raw32 subtype;
	struct raw64 address;
	struct raw64 size;
	struct raw32 checksum; /* cksm.h over all of size */
	struct raw32 flags;    /* MEMINFO_RECORD_* */
	struct raw64 aux;
};

_Static_assert(sizeof(struct meminfo_record) == 40, "meminfo record layout");

enum {
	MEMINFO_RECORD_CHECKSUM = 1, /* checksum is meant; not for what changes after loading */
	MEMINFO_RECORD_INDIRECT = 2, /* address holds a pointer of 8 bytes to the thing */
};

#endif
