/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory of ppc64 and ppc64le with a crash kernel in it. The first byte says whether the reader is told the machine, and
 * which order it is.
 */
#include "tests/fuzz/verify_memory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;

	const struct fuzz_layout layout = {
		.arch = data[0] & 2 ? ARCH_PPC64 : ARCH_PPC64LE,
		.ram = { 0, 0x20000 },
		.crash = { 0x4000, 0x20000 },
	};

	fuzz_verify_memory(data + 1, size - 1, &layout, data[0] & 1);
	return 0;
}
