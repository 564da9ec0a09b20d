/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "tests/unit/image_rules.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct bzimage facts;
	struct blob file = { data, size };

	err.code = ERR_NONE;

	enum probe result = bzimage_probe(&facts, file, &err);

	fuzz_demand((result == PROBE_BAD) == (err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED));
	if (result == PROBE_MINE)
		fuzz_holds(rules_bzimage(&facts, file));
	return 0;
}
