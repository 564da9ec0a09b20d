/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "image.h"
#include "s390.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct s390_image facts;
	struct blob file = { data, size };

	err.code = ERR_NONE;

	enum probe result = s390_image_probe(&facts, file, &err);

	fuzz_demand((result == PROBE_BAD) == (err.code == ERR_BAD_IMAGE));
	if (result == PROBE_MINE) {
		fuzz_demand(facts.size == size);
		fuzz_demand(facts.entry_count > 0);
		fuzz_demand(facts.max_command_line > 0);
		fuzz_demand(blob_has(file, S390_COMMAND_LINE, facts.max_command_line));
	}
	return 0;
}
