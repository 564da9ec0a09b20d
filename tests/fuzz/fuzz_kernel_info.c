/* SPDX-License-Identifier: GPL-2.0-only */
/* Any text as VMCOREINFO: lines are sorted, each is found again, and numbers survive being written. */
#include "tests/fuzz/fuzz.h"

#include <inttypes.h>
#include <string.h>

#include "kdump/kernel/info.h"

/* "KIND(name)" with this kind gives the name to ask for. */
static bool unwrap(const char *key, const char *kind, char *name, size_t room)
{
	size_t length = strlen(key), kind_length = strlen(kind);

	if (length < kind_length + 2 || length - kind_length >= room || strncmp(key, kind, kind_length) != 0 ||
	    key[kind_length] != '(' || key[length - 1] != ')')
		return false;
	memcpy(name, key + kind_length + 1, length - kind_length - 2);
	name[length - kind_length - 2] = '\0';
	return true;
}

static void ask(const struct kernel_info *info, const struct kernel_info_line *line)
{
	char name[64], text[32];
	uint64_t value;
	int64_t number;

	if (kernel_info_decimal(info, line->key, &value)) {
		snprintf(text, sizeof(text), "%" PRIu64, value);
		fuzz_demand(strcmp(line->value + strspn(line->value, "0"), text + (value == 0)) == 0);
	}
	if (kernel_info_hex(info, line->key, &value))
		fuzz_demand(strspn(line->value, "0123456789abcdefABCDEFxX") == strlen(line->value));
	if (unwrap(line->key, "NUMBER", name, sizeof(name)) && kernel_info_number(info, name, &number)) {
		fuzz_demand(kernel_info_text(info, line->key) == line->value);
		fuzz_demand(number >= 0 || line->value[0] == '-' || strlen(line->value) > 17);
	}
	if (unwrap(line->key, "SYMBOL", name, sizeof(name)) && kernel_info_symbol(info, name, &value))
		fuzz_demand(line->value[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena arena;
	struct kernel_info info;

	arena_init(&arena);
	kernel_info_read(&info, &arena, (struct blob){ data, size });
	fuzz_demand(info.count <= size / 2);
	for (size_t i = 0; i < info.count; i++) {
		const struct kernel_info_line *line = &info.lines[i];
		bool first = i == 0 || strcmp(info.lines[i - 1].key, line->key) != 0;

		fuzz_demand(line->key[0] && !strchr(line->key, '=') && !strchr(line->value, '\n'));
		fuzz_demand(i == 0 || strcmp(info.lines[i - 1].key, line->key) <= 0);
		if (!first)
			continue;
		fuzz_demand(kernel_info_text(&info, line->key) == line->value);
		ask(&info, line);
	}
	arena_release(&arena);
	return 0;
}
