/* SPDX-License-Identifier: GPL-2.0-only */
/* A dump with any log: what is written is bounded by the rings, and an error says what is wrong. */
#include "tests/fuzz/input_file.h"

#include "kdump/dump/dump.h"
#include "kdump/kernel/log.h"

struct written {
	uint64_t bytes, lines;
	bool raw; /* a ring of characters is copied as it is */
};

static bool count(void *data, const char *text, size_t size, struct err *err)
{
	struct written *written = data;

	(void)err;
	written->bytes += size;
	for (size_t i = 0; i < size; i++) {
		written->lines += text[i] == '\n';
		fuzz_demand(written->raw || (text[i] >= '\t' && text[i] <= '\r') || (text[i] >= ' ' && text[i] <= '~'));
	}
	return true;
}

static void print(const struct kernel *kernel, struct arena *arena, const struct log_options *options)
{
	static struct err err;
	uint64_t symbol, records = UINT64_MAX;
	struct written written = {
		.raw = !kernel_info_symbol(&kernel->info, "prb", &symbol) &&
		       !kernel_info_symbol(&kernel->info, "log_first_idx", &symbol),
	};
	const struct log_output output = { count, &written };
	enum log_problem problem = LOG_WRITE_FAILED;

	err.text[0] = '\0';
	if (log_print(kernel_view_new(kernel, arena), options, &output, &problem, &records, &err)) {
		fuzz_demand(problem == LOG_FINE);
	} else {
		fuzz_demand(problem != LOG_FINE && problem != LOG_WRITE_FAILED);
		fuzz_demand(err.code == ERR_BAD_IMAGE || err.code == ERR_SYSTEM);
		fuzz_demand(err.text[0]);
	}
	fuzz_demand(written.lines >= records);
	/* The largest rings together, with every byte escaped, and an indent for every line feed. */
	fuzz_demand(written.bytes <= (records + (UINT64_C(2) << 31)) * 100);
	fuzz_demand(log_exit_code(problem) < 128);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct log_options plain, all = { .indent = true, .caller = true };
	static struct err err;
	struct input_file input;
	struct kernel kernel;
	struct dump dump;

	input_file_open(&input, data, size);
	if (dump_open(&dump, &input.arena, input.path, &err) && kernel_open(&kernel, &input.arena, &dump, &err)) {
		print(&kernel, &input.arena, &plain);
		print(&kernel, &input.arena, &all);
	}
	input_file_close(&input);
	return 0;
}
