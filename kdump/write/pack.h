/* SPDX-License-Identifier: GPL-2.0-only */
/* Packs pages, one at a time, each by itself. A packer is one thread's; its contexts are made once. */
#ifndef KDUMP_WRITE_PACK_H
#define KDUMP_WRITE_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/write/write.h"

struct packer;

/* ERR_UNSUPPORTED where this build lacks the packing, ERR_USAGE where it has no such level. */
bool pack_check(enum write_packing packing, int level, struct err *err) ERR_CHECKED;

/* For pages of this size. Only after pack_check() agreed. ERR_SYSTEM where the library has no memory. */
bool pack_open(struct packer **packer, struct arena *arena, enum write_packing packing, int level, size_t page_size,
	       struct err *err) ERR_CHECKED;

/* Bytes that pack_page() may write to, which is more than it gives. */
size_t pack_bound(enum write_packing packing, size_t page_size);

/* Writes a page's data to out and gives its size: page_size for the page as it is, where packing gains nothing. */
size_t pack_page(struct packer *packer, const uint8_t *page, uint8_t *out);

/* Anonymous memory of a packer. */
size_t pack_memory(const struct packer *packer);

/* DUMP_STATUS_* of what this packing makes. */
uint32_t pack_flag(enum write_packing packing);

bool pack_is_zero(const uint8_t *page, size_t page_size);

#endif
