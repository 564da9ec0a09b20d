/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "kdump/fadump_elfcore.h"

static void look(struct blob bytes, uint64_t offset, bool in_memory)
{
	struct fadump_source source = fadump_source_bytes("core", bytes);
	struct fadump_elfcore core;
	struct findings findings;
	struct arena arena;
	struct err err = { .code = ERR_NONE };

	arena_init(&arena);
	findings_init(&findings, &arena);
	if (fadump_elfcore_read(&core, &arena, &source, offset, in_memory, &err)) {
		fuzz_demand(core.notes_size <= UINT64_C(64) << 20);
		fuzz_demand(core.load_count <= bytes.size / 56);
		fadump_elfcore_check(&core, 0, &findings);
		if (findings_damaged(&findings) == 0)
			fuzz_demand(core.vmcoreinfo_count == 1 && core.vmcoreinfo.osrelease && core.load_count);
		fadump_elfcore_check(&core, UINT64_MAX, &findings);
	} else {
		fuzz_demand(err.code == ERR_BAD_IMAGE && err.text[0]);
	}
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	look((struct blob){ data, size }, 0, false);
	look((struct blob){ data, size }, 0, true);
	look((struct blob){ data, size }, UINT64_MAX - 64, true);
	return 0;
}
