/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "kdump/service/initrd.h"

/* What is found is counted and touched. */
struct seen {
	uint64_t files, size;
	uint8_t sum;
};

static void see(void *context, const char *name, uint32_t mode, struct blob data)
{
	volatile uint8_t sum = (uint8_t)mode;
	struct seen *seen = context;

	for (const char *c = name; *c; c++)
		sum = (uint8_t)(sum + *c);
	if (data.size)
		sum = (uint8_t)(sum + data.data[0] + data.data[data.size - 1]);
	fuzz_demand(name[0] != '/');
	seen->files++;
	seen->size += data.size;
	seen->sum = sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct initrd_total total;
	struct arena arena;
	struct seen seen = { .files = 0 };

	arena_init(&arena);
	err.code = ERR_NONE;

	bool ok = initrd_walk(&total, &arena, (struct blob){ data, size }, UINT64_C(1) << 24, see, &seen, &err);

	fuzz_demand(ok == (err.code == ERR_NONE));
	fuzz_demand(ok || err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED || err.code == ERR_NO_ROOM);
	fuzz_demand(total.files == seen.files && total.size == seen.size);
	fuzz_demand(!ok || total.files > 0);
	arena_release(&arena);
	return 0;
}
