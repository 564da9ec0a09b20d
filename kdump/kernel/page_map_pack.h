/* SPDX-License-Identifier: GPL-2.0-only */
/* Between the files of the page map: the classes of blocks in few bytes, as far as the memory for them goes. */
#ifndef KDUMP_KERNEL_PAGE_MAP_PACK_H
#define KDUMP_KERNEL_PAGE_MAP_PACK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arena.h"

struct page_pack {
	uint8_t *bytes;
	uint64_t size;
	_Atomic uint64_t used;
	uint64_t *starts; /* of each block in bytes, plus 1; 0 = not kept */
};

void page_pack_init(struct page_pack *pack, struct arena *arena, uint64_t blocks, uint64_t size);

/* The end of the run of equal classes that begins at `at`. Runs are long: eight are compared at a time. */
static inline uint32_t page_pack_run(const uint8_t *classes, uint32_t at, uint32_t count)
{
	uint64_t run = classes[at] * UINT64_C(0x0101010101010101), next;
	uint8_t class = classes[at++];

	for (; count - at >= sizeof(next); at += (uint32_t)sizeof(next)) {
		memcpy(&next, classes + at, sizeof(next));
		if (next != run)
			break;
	}
	while (at < count && classes[at] == class)
		at++;
	return at;
}

/* Each block once; several threads may be at it, each with blocks of its own. */
void page_pack_put(struct page_pack *pack, uint64_t block, const uint8_t *classes, uint32_t count);

/* False where it was not kept. */
bool page_pack_get(const struct page_pack *pack, uint64_t block, uint8_t *classes, uint32_t count);

#endif
