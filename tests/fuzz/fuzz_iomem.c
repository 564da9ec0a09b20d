/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "kexec/machine/iomem.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct machine_resource *resources;
	struct arena arena;
	size_t count;

	arena_init(&arena);
	if (!iomem_parse(&arena, "input", (struct blob){ data, size }, &resources, &count, &err)) {
		fuzz_demand(err.code == ERR_BAD_MACHINE || err.code == ERR_DENIED);
		fuzz_demand(strstr(err.text, "input") == err.text);
		arena_release(&arena);
		return 0;
	}
	fuzz_demand(count > 0);
	for (size_t i = 0; i < count; i++) {
		fuzz_demand(resources[i].range.start <= resources[i].range.end);
		fuzz_demand(resources[i].depth <= (i ? resources[i - 1].depth + 1 : 0));
		fuzz_demand(strchr(resources[i].name, '\n') == NULL);
	}
	arena_release(&arena);
	return 0;
}
