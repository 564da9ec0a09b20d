/* SPDX-License-Identifier: GPL-2.0-only */
/* The list of symbols: in pieces of the size that the first byte says, it means the same as at once. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "kexec/machine/kallsyms.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err, err_again;

	if (size == 0)
		return 0;

	size_t piece = (size_t)data[0] + 1;
	struct kallsyms whole = { .name = "input", .symbol = "_stext" };
	struct kallsyms parts = { .name = "input", .symbol = "_stext" };
	bool ok = kallsyms_feed(&whole, (struct blob){ data + 1, size - 1 }, &err), ok_again = true;

	for (size_t at = 1; ok_again && !parts.found && at < size; at += piece)
		ok_again = kallsyms_feed(&parts, (struct blob){ data + at, size - at < piece ? size - at : piece },
					 &err_again);
	fuzz_demand(ok == ok_again);
	if (!ok) {
		fuzz_demand(err.code == ERR_BAD_MACHINE);
		fuzz_demand(strcmp(err.text, err_again.text) == 0);
		fuzz_demand(strstr(err.text, "input:") == err.text);
		return 0;
	}
	fuzz_demand(whole.found == parts.found && whole.address == parts.address);
	return 0;
}
