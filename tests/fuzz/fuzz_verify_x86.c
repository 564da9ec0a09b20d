/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory of x86-64 with a crash kernel in it. The first byte says whether the reader is told the machine. */
#include "tests/fuzz/verify_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct fuzz_layout layout = {
		.arch = ARCH_X86_64,
		.ram = { 0x1000, 0x10000 },
		.crash = { 0x4000, 0x10000 },
	};

	if (size >= 2)
		fuzz_verify_memory(data + 1, size - 1, &layout, data[0] & 1);
	return 0;
}
