/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "kexec/image/elf.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct arena arena;
	struct elf elf;
	volatile uint8_t sum = 0;

	arena_init(&arena);
	err.code = ERR_NONE;

	enum probe result = elf_probe(&elf, (struct blob){ data, size }, &arena, &err);

	fuzz_demand((result == PROBE_BAD) == (err.code == ERR_BAD_IMAGE));
	for (size_t i = 0; result == PROBE_MINE && i < elf.segment_count; i++) {
		const struct elf_segment *s = &elf.segments[i];
		struct range r = elf_physical(s);

		if (s->type != 1)
			continue;

		struct blob bytes = elf_bytes(&elf, s);

		fuzz_demand(bytes.size == s->file_size);
		fuzz_demand(s->file_size <= s->memory_size);
		fuzz_demand(r.start <= r.end);
		if (bytes.size)
			sum = (uint8_t)(sum + bytes.data[0] + bytes.data[bytes.size - 1]);
		if (!range_is_empty(r))
			fuzz_demand(range_contains(elf_physical_span(&elf), r));

		/* Of overlapping segments another one, with less in the file, may come first. */
		struct blob found = elf_physical_bytes(&elf, s->paddr, s->file_size);

		fuzz_demand(found.size == 0 || found.size == s->file_size);
	}
	arena_release(&arena);
	return 0;
}
