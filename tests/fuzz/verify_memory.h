/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory with a crash kernel in it: a verdict or a reason, whatever meminfo and purgatory's table say. */
#ifndef FUZZ_VERIFY_MEMORY_H
#define FUZZ_VERIFY_MEMORY_H

#include "kdump/verify.h"
#include "tests/fuzz/input_file.h"

/* Where the seeds of an architecture have their memory and their crash range. */
struct fuzz_layout {
	enum arch_id arch;
	struct range ram, crash;
};

static inline void fuzz_make_machine(struct machine *machine, const struct fuzz_layout *layout)
{
	*machine = (struct machine){ .origin = "machine", .arch = layout->arch, .page_size = 4096 };
	arena_init(&machine->arena);
	ranges_init(&machine->ram, &machine->arena);
	ranges_append(&machine->ram, layout->ram);
	ranges_init(&machine->crash, &machine->arena);
	ranges_append(&machine->crash, layout->crash);
}

/* told: the reader is given the machine, not the memory alone. */
static inline void fuzz_verify_memory(const uint8_t *memory, size_t size, const struct fuzz_layout *layout, bool told)
{
	static struct err err;
	struct machine machine;
	enum verify_result result = VERIFY_INTACT;
	struct input_file input;
	char *text = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&text, &length);

	fuzz_demand(out);
	input_file_open(&input, memory, size);
	fuzz_make_machine(&machine, layout);
	err.code = ERR_NONE;

	bool ok = verify_memory_file(input.path, layout->arch, told ? &machine : NULL, out, &result, &err);

	fclose(out);
	if (!ok) {
		input_file_refused(&err, input.path);
	} else {
		fuzz_demand(length && text[length - 1] == '\n');
		fuzz_demand((strstr(text, "BAD  ") != NULL) == (result == VERIFY_DAMAGED) || result == VERIFY_NOTHING);
	}
	free(text);
	arena_release(&machine.arena);
	input_file_close(&input);
}

#endif
