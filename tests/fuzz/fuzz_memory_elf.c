/* SPDX-License-Identifier: GPL-2.0-only */
/* A memory image of any kind: a reason, or pieces of memory of which each byte is found in one, and read or missed. */
#include "tests/fuzz/fuzz.h"

#include <elf.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

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
	struct memory memory;
	struct arena arena;
	char path[64];
	int fd = memfd_create("input", MFD_CLOEXEC);

	fuzz_demand(fd >= 0);
	fuzz_demand(write(fd, data, size) == (ssize_t)size);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	arena_init(&arena);
	err.code = ERR_NONE;
	if (memory_open(&memory, &arena, path, ORDER_BIG, EM_S390, &err)) {
		look(&memory);
	} else {
		fuzz_demand(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
		fuzz_demand(strstr(err.text, path));
	}
	arena_release(&arena);
	close(fd);
	return 0;
}
