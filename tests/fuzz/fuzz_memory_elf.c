/* SPDX-License-Identifier: GPL-2.0-only */
/* A memory image of any kind: a reason, or pieces of memory of which each byte is found in one, and read or missed. */
#include "tests/fuzz/input_file.h"

#include <elf.h>

#include "kdump/memory.h"

static void look(const struct memory *memory)
{
	static struct err err;
	uint64_t end = 0;
	uint8_t byte;

	fuzz_demand(memory->part_count > 0);
	for (size_t i = 0; i < memory->part_count; i++) {
		struct range r = memory->parts[i].range;

		fuzz_demand(r.start >= end && r.end > r.start);
		fuzz_demand(memory_has(memory, r));
		if (r.start > end)
			fuzz_demand(!memory_has(memory, (struct range){ r.start - 1, r.start + 1 }));
		end = r.end;
		err.code = ERR_NONE;
		if (!memory_read(memory, r.start, &byte, 1, &err))
			fuzz_demand(err.code == ERR_BAD_IMAGE && err.text[0]);
	}
	fuzz_demand(memory_end(memory) == end);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct input_file input;
	struct memory memory;

	input_file_open(&input, data, size);
	err.code = ERR_NONE;
	if (memory_open(&memory, &input.arena, input.path, ORDER_BIG, EM_S390, &err))
		look(&memory);
	else
		input_file_refused(&err, input.path);
	input_file_close(&input);
	return 0;
}
