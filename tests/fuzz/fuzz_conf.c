/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/kdump.conf, whatever is in it: the value can be written and reads back the same, and messages are plain text. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "kdump/service/conf.h"

static void plain(const char *text)
{
	for (; *text; text++)
		fuzz_demand((unsigned char)*text >= 0x20 && *text != 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const machines[] = { "x86_64", "s390x", "ppc64le", "aarch64", "?" };
	const char *machine = machines[size % (sizeof(machines) / sizeof(machines[0]))];
	struct conf_mistakes mistakes = { NULL, 0 }, none = { NULL, 0 };
	struct conf conf, again;
	struct arena arena;

	arena_init(&arena);
	conf_defaults(&conf, &arena, machine);
	conf_parse(&conf, &mistakes, &arena, "a.conf", (const char *)data, size);
	for (size_t i = 0; i < mistakes.count; i++) {
		fuzz_demand(strcmp(mistakes.all[i].file, "a.conf") == 0);
		fuzz_demand(mistakes.all[i].line <= size + 1);
		plain(mistakes.all[i].text);
	}

	const char *written = conf_write(&arena, &conf);

	conf_defaults(&again, &arena, machine);
	conf_parse(&again, &none, &arena, "b.conf", written, strlen(written));
	fuzz_demand(none.count == 0);
	fuzz_demand(strcmp(conf_write(&arena, &again), written) == 0);
	arena_release(&arena);
	return 0;
}
