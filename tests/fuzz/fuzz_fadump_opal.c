/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "kdump/fadump_opal.h"

static void look(struct blob area, uint64_t thread_size)
{
	struct fadump_opal_cpus cpus;
	struct findings findings;
	struct arena arena;
	struct err err = { .code = ERR_NONE };

	if (!fadump_opal_read(&cpus, area, thread_size, &err)) {
		fuzz_demand(err.code == ERR_BAD_IMAGE && err.text[0]);
		return;
	}
	fuzz_demand(cpus.count && cpus.count * thread_size <= area.size);
	arena_init(&arena);
	findings_init(&findings, &arena);
	fadump_opal_check(&cpus, &findings);
	fuzz_demand(findings_checked(&findings) <= cpus.count + 1);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	look((struct blob){ data, size }, 1024);
	look((struct blob){ data, size }, size ? size : 1);
	look((struct blob){ data, size }, 1);
	return 0;
}
