/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any bytes as a dump: a reason why it is none, or a dump whose readers, of each kind of window, agree with what is
 * said of each page and with each other.
 */
#ifndef OPEN_DUMP_H
#define OPEN_DUMP_H

#include "kdump/dump/dump.h"
#include "tests/fuzz/input_file.h"

static inline void open_dump_page(const struct dump *dump, struct dump_reader *straight, struct dump_reader *jumping,
				  uint64_t pfn)
{
	static struct err err;
	const uint8_t *one = NULL, *other = NULL;

	err.code = ERR_NONE;

	enum dump_page_state stated = dump_page_state(dump, pfn);
	enum dump_page_state read = dump_reader_page(straight, pfn, &one, &err);

	if (read == DUMP_PAGE_UNREADABLE) {
		fuzz_demand(stated == DUMP_PAGE_HERE);
		fuzz_demand(err.code != ERR_NONE && err.text[0]);
	} else {
		fuzz_demand(read == stated);
	}
	fuzz_demand(dump_reader_page(jumping, pfn, &other, &err) == read);
	if (read == DUMP_PAGE_HERE)
		fuzz_demand(memcmp(one, other, (size_t)dump->page_size) == 0);
}

static inline void open_dump_look(const struct dump *dump, struct arena *arena)
{
	struct dump_reader *straight = dump_reader_new(dump, arena, 65536);
	struct dump_reader *jumping = dump_reader_new(dump, arena, DUMP_WINDOW_JUMPING);

	fuzz_demand(is_power_of_two(dump->page_size) && dump->page_size >= 512);
	fuzz_demand(dump->vmcoreinfo.size == 0 || dump->vmcoreinfo.data);
	for (size_t i = 0; i < dump->memory.count; i++) {
		struct range r = dump->memory.v[i];

		fuzz_demand(r.end > r.start && (i == 0 || r.start > dump->memory.v[i - 1].end));
		if (i >= 8)
			continue;

		uint64_t first = r.start / dump->page_size, last = (r.end - 1) / dump->page_size;

		for (uint64_t k = 0; k < 12; k++) {
			open_dump_page(dump, straight, jumping, first + k);
			open_dump_page(dump, straight, jumping, last - k);
			open_dump_page(dump, straight, jumping, first + (last - first) / 12 * k);
		}
		open_dump_page(dump, straight, jumping, last + 1);
	}
	open_dump_page(dump, straight, jumping, 0);
	open_dump_page(dump, straight, jumping, UINT64_MAX);
}

/* As a dump of any format: look is for what opens. */
static inline void open_dump_bytes(const uint8_t *data, size_t size,
				   void (*look)(const struct dump *dump, struct arena *arena))
{
	static struct err err;
	struct input_file input;
	struct dump dump;

	input_file_open(&input, data, size);
	err.code = ERR_NONE;
	if (dump_open(&dump, &input.arena, input.path, &err))
		look(&dump, &input.arena);
	else
		input_file_refused(&err, input.path);
	input_file_close(&input);
}

#endif
