/* SPDX-License-Identifier: GPL-2.0-only */
/* What tests/mk/dump_elf.py and dump_s390.py put into the memory of their machines, and what they expect of it. */
#ifndef DUMP_PATTERN_H
#define DUMP_PATTERN_H

#include <inttypes.h>

#include "kdump/dump/dump.h"
#include "tests/unit/check.h"
#include "tests/unit/made_file.h"

static inline uint8_t pattern_byte(uint64_t physical)
{
	uint64_t word = (physical & ~UINT64_C(7)) * UINT64_C(0x9E3779B97F4A7C15);

	return (uint8_t)(word >> (56 - 8 * (physical & 7)));
}

/* Whether [start, end) of the page is the pattern. */
static inline bool pattern_holds(const uint8_t *page, uint64_t physical, uint64_t start, uint64_t end)
{
	for (uint64_t i = start; i < end; i++)
		if (page[i] != pattern_byte(physical + i))
			return false;
	return true;
}

static inline bool pattern_is_zero(const uint8_t *page, uint64_t start, uint64_t end)
{
	for (uint64_t i = start; i < end; i++)
		if (page[i])
			return false;
	return true;
}

static inline const char *pattern_state(enum dump_page_state state)
{
	static const char *const names[] = { "here", "absent", "excluded", "lost", "unreadable" };

	return names[state];
}

/* None of the files NAME-bad-* opens: NAME-bad.txt has a line for each, with the kind of error and what it says. */
static inline void pattern_refused(const char *name, size_t least)
{
	static struct err err;
	char path[4096], line[512];
	FILE *f;
	size_t seen = 0;

	snprintf(path, sizeof(path), "%s/%s-bad.txt", check_env("FIXTURES"), name);
	f = fopen(path, "r");
	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		char file[64], code[32];
		int words = 0;
		struct arena arena;
		struct dump dump;

		line[strcspn(line, "\n")] = 0;
		assert_int_equal(sscanf(line, "%63s %31s %n", file, code, &words), 2);
		snprintf(path, sizeof(path), "%s/%s-bad-%s", check_env("FIXTURES"), name, file);
		arena_init(&arena);
		check_fails(dump_open(&dump, &arena, path, &err), &err,
			    strcmp(code, "image") == 0 ? ERR_BAD_IMAGE : ERR_UNSUPPORTED, line + words);
		assert_non_null(strstr(err.text, path));
		arena_release(&arena);
		seen++;
	}
	fclose(f);
	assert_true(seen >= least);
}

#endif
