/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/open_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	open_dump_bytes(data, size, open_dump_look);
	return 0;
}
