/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/fuzz/fuzz.h"

#include "kdump/fadump_cpu_state.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fadump_cpu_state state;
	struct fadump_cpu cpu;
	struct findings findings;
	struct arena arena;
	struct err err = { .code = ERR_NONE };
	size_t at = 0, count = 0;

	if (!fadump_cpu_state_read(&state, (struct blob){ data, size }, &err)) {
		fuzz_demand(err.code == ERR_BAD_IMAGE && err.text[0]);
		return 0;
	}
	fuzz_demand(state.entries.size <= size && state.entries.size % 16 == 0);
	while (fadump_cpu_state_next(&state, &at, &cpu)) {
		uint64_t value;

		fuzz_demand(cpu.entries.size <= state.entries.size);
		(void)fadump_cpu_register(&cpu, "NIA", &value);
		fuzz_demand(!fadump_cpu_register(&cpu, "CPUEND", &value));
		count++;
	}
	fuzz_demand(count == state.cpu_count);
	arena_init(&arena);
	findings_init(&findings, &arena);
	fadump_cpu_state_check(&state, &findings);
	fuzz_demand(findings_checked(&findings) == count + 1);
	arena_release(&arena);
	return 0;
}
