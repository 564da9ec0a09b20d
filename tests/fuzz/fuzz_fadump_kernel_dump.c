/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "kdump/fadump_kernel_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fadump_kernel_dump dump;
	struct findings findings;
	struct arena arena;
	struct err err = { .code = ERR_NONE };

	if (!fadump_kernel_dump_read(&dump, (struct blob){ data, size }, &err)) {
		fuzz_demand(err.code == ERR_BAD_MACHINE && err.text[0]);
		return 0;
	}
	fuzz_demand(dump.count <= FADUMP_MAX_SECTIONS && 40 + (size_t)dump.count * 40 <= size);

	uint64_t top = fadump_kernel_dump_top(&dump);

	for (unsigned int i = 0; i < dump.count; i++)
		if (dump.sections[i].type == FADUMP_BOOT_MEMORY)
			fuzz_demand(top >= dump.sections[i].source + dump.sections[i].length);
	arena_init(&arena);
	findings_init(&findings, &arena);
	fadump_kernel_dump_check(&dump, &findings);
	fuzz_demand(findings_checked(&findings) == dump.count + 1);
	if (findings_damaged(&findings) == 0)
		fuzz_demand(fadump_kernel_dump_find(&dump, FADUMP_CPU_STATE) && top);
	arena_release(&arena);
	return 0;
}
