/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts that others wrote: records beside dumps, the kernel's log, VMCOREINFO. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "kdump/fadump_log.h"
#include "kdump/fadump_notes.h"
#include "kdump/fadump_record.h"

static void printable(const char *text)
{
	for (; text && *text; text++)
		fuzz_demand(*text > 0x20 && *text < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct fadump_record record;
	struct fadump_log log;
	struct fadump_vmcoreinfo info;

	arena_init(&arena);

	const char *text = arena_strndup(&arena, (const char *)data, size);

	fadump_record_parse(&record, &arena, "/saved/here/vmcore.record", text);
	if (record.file)
		fuzz_demand(strncmp(record.file, "/saved/here/", 12) == 0 && !strchr(record.file + 12, '/'));
	fadump_log_parse(&log, &arena, text);
	fuzz_demand(!log.refusal == !log.advice);
	info = fadump_notes_vmcoreinfo(&arena, (const char *)data, size);
	fuzz_demand(info.size <= size);
	printable(info.osrelease);
	printable(info.build_id);
	arena_release(&arena);
	return 0;
}
