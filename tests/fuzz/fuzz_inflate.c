/* SPDX-License-Identifier: GPL-2.0-only */
/* Each input goes through every codec, recognised or not. */
#include "tests/fuzz/fuzz.h"

#include "kexec/image/inflate.h"

#define LIMIT (UINT64_C(1) << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct blob file = { data, size };

	if (size == 0)
		return 0;
	(void)inflate_find(file, true);
	(void)inflate_find(file, false);
	for (size_t i = 0; i < inflate_count(); i++) {
		struct arena arena;
		struct blob out = { NULL, 0 };

		arena_init(&arena);
		err.code = ERR_NONE;
		if (inflate_run(inflate_at(i), file, LIMIT, &arena, &out, &err))
			fuzz_demand(out.size > 0 && out.size <= LIMIT);
		else
			fuzz_demand(err.code != ERR_NONE && err.code != ERR_INTERNAL);
		arena_release(&arena);
	}
	return 0;
}
