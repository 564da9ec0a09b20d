/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flattened form of a dump, for pipes and devices: a header block, records, an end record. Big endian always.
 * Source: makedumpfile's IMPLEMENTATION and makedumpfile(8), -F.
 */
#ifndef KDUMP_DUMP_FLATTENED_WIRE_H
#define KDUMP_DUMP_FLATTENED_WIRE_H

#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"

#define FLATTENED_SIGNATURE "makedumpfile"
#define FLATTENED_SIGNATURE_SIZE 16
#define FLATTENED_TYPE 1
#define FLATTENED_VERSION 1
#define FLATTENED_HEADER_SIZE 4096 /* zeros behind its fields */

/* Offset and size of the end record: -1. */
#define FLATTENED_END UINT64_MAX

struct flattened_header {
	uint8_t signature[FLATTENED_SIGNATURE_SIZE]; /* NUL padded */
	struct be64 type;
	struct be64 version;
};

/* `size` bytes follow, which belong to `offset` of the file that it stands for. */
struct flattened_record {
	struct be64 offset;
	struct be64 size;
};

/* Whether a file can have these bytes. */
static inline bool flattened_is_possible(uint64_t offset, uint64_t size)
{
	return offset <= INT64_MAX && size <= INT64_MAX - offset;
}

/*
 * No writer makes a record of nothing for offset 0: what is read there are zeros of a device, or of room that was
 * reserved, behind a stream that was cut.
 */
static inline bool flattened_is_nothing(uint64_t offset, uint64_t size)
{
	return offset == 0 && size == 0;
}

_Static_assert(sizeof(struct flattened_header) == 32, "flattened header layout");
_Static_assert(sizeof(struct flattened_record) == 16, "flattened record layout");

#endif
