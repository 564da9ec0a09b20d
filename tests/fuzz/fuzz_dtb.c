/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "kexec/image/wrap.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct blob tree = { data, size };
	struct arena arena;

	arena_init(&arena);
	err.code = ERR_NONE;
	if (dtb_check(&tree, &arena, &err)) {
		/* Version 16 becomes 17, and that is what one of version 17 is taken for. */
		if (data[23] == 16) {
			fuzz_demand(tree.size >= 40 && tree.size <= 3 * size && tree.data[23] == 17);
			fuzz_demand(dtb_check(&tree, &arena, &err));
		} else {
			fuzz_demand(tree.size >= 40 && tree.size <= size);
			fuzz_demand(memcmp(tree.data, data, tree.size) == 0);
		}
	} else {
		fuzz_demand(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
	}
	arena_release(&arena);
	return 0;
}
