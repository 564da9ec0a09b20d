/* SPDX-License-Identifier: GPL-2.0-only */
/* A kdump-compressed dump, flattened or not: a reason, or pages of which each is there, not there, or unreadable. */
#include "tests/fuzz/open_dump.h"

/* Of each piece of memory, and pieces: a bitmap may have very many. */
#define PAGES 64
#define PIECES 64

static uint8_t sum;

static void look_at_page(const struct dump *dump, struct dump_reader *straight, struct dump_reader *jumping,
			 uint64_t pfn)
{
	static uint8_t copy[1 << 20];
	static struct err err;
	const uint8_t *page;

	err = (struct err){ .code = ERR_NONE };

	enum dump_page_state state = dump_reader_page(straight, pfn, &page, &err);

	if (state == DUMP_PAGE_UNREADABLE)
		fuzz_demand(err.code != ERR_NONE && strstr(err.text, dump->path));
	else
		fuzz_demand(dump_page_state(dump, pfn) == state);
	fuzz_demand(dump->page_size <= sizeof(copy));
	if (state == DUMP_PAGE_HERE) {
		memcpy(copy, page, dump->page_size);
		sum ^= copy[0];
	}
	fuzz_demand(dump_reader_page(jumping, pfn, &page, &err) == state);
	if (state == DUMP_PAGE_HERE)
		fuzz_demand(memcmp(page, copy, dump->page_size) == 0);
}

static void look(const struct dump *dump, struct arena *arena)
{
	struct dump_reader *straight = dump_reader_new(dump, arena, DUMP_WINDOW_STRAIGHT);
	struct dump_reader *jumping = dump_reader_new(dump, arena, DUMP_WINDOW_JUMPING);
	uint64_t end = 0;

	fuzz_demand(dump->page_size && !(dump->page_size & (dump->page_size - 1)));
	for (size_t i = 0; i < dump->memory.count; i++) {
		struct range r = dump->memory.v[i];

		fuzz_demand(r.start >= end && r.end > r.start);
		end = r.end;
		if (i >= PIECES)
			continue;
		for (uint64_t k = 0; k < PAGES && r.start + k * dump->page_size < r.end; k++)
			look_at_page(dump, straight, jumping, r.start / dump->page_size + k);
		look_at_page(dump, straight, jumping, r.end / dump->page_size);
	}
	look_at_page(dump, straight, jumping, 0);
	look_at_page(dump, straight, jumping, UINT64_MAX / dump->page_size);
	for (size_t i = 0; i < dump->notes.size; i++)
		sum ^= dump->notes.data[i];
	for (size_t i = 0; i < dump->vmcoreinfo.size; i++)
		sum ^= dump->vmcoreinfo.data[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_dump_bytes(data, size, look);
	return 0;
}
