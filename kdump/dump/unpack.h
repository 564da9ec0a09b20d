/* SPDX-License-Identifier: GPL-2.0-only */
/* Unpacks one page. An unpacker is one thread's; its contexts are made when a packing is first met, and kept. */
#ifndef KDUMP_DUMP_UNPACK_H
#define KDUMP_DUMP_UNPACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"

struct unpacker;

struct unpacker *unpacker_new(struct arena *arena);

/*
 * flags: of a descriptor (KDUMP_PAGE_*), one packing. Fills the page whole, or fails: ERR_BAD_IMAGE where the data does
 * not unpack to just page_size bytes, ERR_UNSUPPORTED where the packing is not built in or not known. The text does not
 * name the file.
 */
bool unpack_page(struct unpacker *unpacker, uint32_t flags, struct blob packed, uint8_t *page, size_t page_size,
		 struct err *err) ERR_CHECKED;

/* "zlib", "zstd", "lzo", "snappy", "none" (no flag), or "unknown" (more than one, or others). */
const char *unpack_name(uint32_t flags);

/* Whether this build has the library for it. No flag: always. */
bool unpack_is_built(uint32_t flags);

#endif
