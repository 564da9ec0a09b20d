/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "kdump/fadump_crash_info.h"

static void check(const struct fadump_crash_info *info, uint64_t address, const struct fadump_capture_kernel *kernel)
{
	struct findings findings;
	struct arena arena;

	arena_init(&arena);
	findings_init(&findings, &arena);
	fadump_crash_info_check(info, address, kernel, &findings);
	fuzz_demand(findings_checked(&findings) == 1);
	if (!info->old && fadump_crash_info_refusal(info, kernel))
		fuzz_demand(findings_damaged(&findings) == 1);
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fadump_capture_kernel kernels[] = {
		{ .has_order = false },
		{ .has_order = true, .order = ORDER_BIG, .nr_cpus = 2048, .registers_size = 384 },
		{ .has_order = true, .order = ORDER_LITTLE, .nr_cpus = UINT32_MAX, .registers_size = UINT32_MAX },
	};
	struct fadump_crash_info info;
	struct err err = { .code = ERR_NONE };
	enum fadump_crash_info_result result = fadump_crash_info_read(&info, (struct blob){ data, size }, &err);

	if (result != FADUMP_CRASH_INFO_OK) {
		fuzz_demand(err.code == ERR_BAD_IMAGE && err.text[0]);
		return 0;
	}
	fuzz_demand(fadump_crash_info_is_magic(data));
	fuzz_demand(info.registers.size + info.mask.size <= size);
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		check(&info, UINT64_MAX, &kernels[i]);
		check(&info, 0x2000, &kernels[i]);
	}
	fuzz_demand(fadump_crash_info_refusal(&info, &kernels[1]) || info.order == ORDER_BIG);
	return 0;
}
