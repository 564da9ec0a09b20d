/* SPDX-License-Identifier: GPL-2.0-only */
/* A machine text is refused with a reason, or gives a machine whose own text reads as the same text again. */
#include "config.h"

#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "machine.h"

static char *write_text(const struct machine *machine, size_t *size)
{
	static struct err err;
	char *text = NULL;
	FILE *out = open_memstream(&text, size);

	fuzz_demand(out != NULL);
	fuzz_demand(machine_write_text(machine, out, &err));
	fuzz_demand(fclose(out) == 0);
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct err err;
	struct machine machine, again;

	if (!machine_read_text(&machine, "input", (struct blob){ data, size }, &err)) {
#ifdef HAVE_LIBFDT
		fuzz_demand(err.code == ERR_BAD_MACHINE);
#else
		/* Of a device tree, which nothing else asks for. */
		fuzz_demand(err.code == ERR_BAD_MACHINE || err.code == ERR_UNSUPPORTED);
#endif
		fuzz_demand(strstr(err.text, "input") == err.text);
		return 0;
	}
	for (size_t i = 0; i < machine.ram.count; i++)
		fuzz_demand(!ranges_touch(&machine.offline, machine.ram.v[i]));

	size_t written, rewritten;
	char *text = write_text(&machine, &written);

	fuzz_demand(machine_read_text(&again, "again", (struct blob){ (uint8_t *)text, written }, &err));

	char *same = write_text(&again, &rewritten);

	fuzz_demand(written == rewritten && memcmp(text, same, written) == 0);
	fuzz_demand(machine.ram.count == again.ram.count && machine.crash.count == again.crash.count);
	free(same);
	free(text);
	machine_release(&again);
	machine_release(&machine);
	return 0;
}
