/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the page map: the classes of blocks in few bytes, as far as the memory for them goes. */
#ifndef KDUMP_KERNEL_PAGE_MAP_PACK_H
#define KDUMP_KERNEL_PAGE_MAP_PACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"

struct page_pack {
	uint8_t *bytes;
	uint64_t size;
	_Atomic uint64_t used;
	uint64_t *starts; /* of each block in bytes, plus 1; 0 = not kept */
};

void page_pack_init(struct page_pack *pack, struct arena *arena, uint64_t blocks, uint64_t size);

/* Each block once; several threads may be at it, each with blocks of its own. */
void page_pack_put(struct page_pack *pack, uint64_t block, const uint8_t *classes, uint32_t count);

/* False where it was not kept. */
bool page_pack_get(const struct page_pack *pack, uint64_t block, uint8_t *classes, uint32_t count);

#endif
