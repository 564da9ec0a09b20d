/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Runs of equal classes. A byte has the class in 3 bits, 4 bits of the run's length less 1, and a bit that says that 7
 * more bits of it follow, and so on.
 */
#include "kdump/kernel/page_map_pack.h"

#include <assert.h>
#include <string.h>

#include "kdump/kernel/page_map.h"

#define MORE 0x80u

/* 4 + 7 + 7 bits: a whole block. */
#define RUN_BYTES 3

static_assert(PAGE_CLASSES <= 8, "three bits hold a class");
static_assert(PAGE_BLOCK <= UINT32_C(1) << 18, "three bytes hold a run");

void page_pack_init(struct page_pack *pack, struct arena *arena, uint64_t blocks, uint64_t size)
{
	if (size > blocks * PAGE_BLOCK)
		size = blocks * PAGE_BLOCK;
	pack->bytes = arena_alloc(arena, (size_t)size);
	pack->size = size;
	atomic_init(&pack->used, 0);
	pack->starts = arena_array(arena, (size_t)blocks, sizeof(*pack->starts));
}

static size_t put_run(uint8_t *out, uint8_t class, uint32_t length)
{
	uint32_t rest = length - 1;
	size_t size = 1;

	out[0] = (uint8_t)(class | (rest & 0xf) << 3);
	for (rest >>= 4; rest; rest >>= 7) {
		out[size - 1] |= MORE;
		out[size++] = rest & 0x7f;
	}
	return size;
}

void page_pack_put(struct page_pack *pack, uint64_t block, const uint8_t *classes, uint32_t count)
{
	uint8_t packed[PAGE_BLOCK + RUN_BYTES];
	size_t size = 0;

	for (uint32_t at = 0; at < count;) {
		uint32_t end = page_pack_run(classes, at, count);

		size += put_run(packed + size, classes[at], end - at);
		at = end;
	}

	uint64_t start = atomic_load(&pack->used);

	/* What does not fit leaves its room to smaller ones. */
	do {
		if (size > pack->size - start)
			return;
	} while (!atomic_compare_exchange_weak(&pack->used, &start, start + size));
	memcpy(pack->bytes + start, packed, size);
	pack->starts[block] = start + 1;
}

bool page_pack_get(const struct page_pack *pack, uint64_t block, uint8_t *classes, uint32_t count)
{
	if (!pack->starts[block])
		return false;

	const uint8_t *at = pack->bytes + pack->starts[block] - 1;

	for (uint32_t done = 0; done < count;) {
		uint8_t class = *at & 7;
		uint32_t length = (*at >> 3 & 0xf) + 1;
		unsigned int shift = 4;

		while (*at++ & MORE) {
			length += (uint32_t)(*at & 0x7f) << shift;
			shift += 7;
		}
		memset(classes + done, class, length);
		done += length;
	}
	return true;
}
