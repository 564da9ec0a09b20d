/* SPDX-License-Identifier: GPL-2.0-only */
/* The header blocks of a kdump-compressed file. */
#ifndef KDUMP_WRITE_KDUMP_HEADER_H
#define KDUMP_WRITE_KDUMP_HEADER_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "kdump/write/layout.h"

struct kdump_header {
	uint8_t *bytes; /* header, sub header and notes: whole blocks */
	uint64_t size;
	size_t status_offset; /* of the 4 bytes of the status, which are INCOMPLETE here */
	uint32_t status;      /* of a whole dump */
	uint64_t bitmap_size; /* of one of the two */
};

/* ERR_UNSUPPORTED where the format has no number for what this dump has. */
bool kdump_header_make(struct kdump_header *header, struct arena *arena, const struct layout *layout,
		       struct err *err) ERR_CHECKED;

#endif
