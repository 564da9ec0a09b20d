/* SPDX-License-Identifier: GPL-2.0-only */
/* A configuration as it is read from a text, with its mistakes. */
#ifndef CONF_FIXTURE_H
#define CONF_FIXTURE_H

#include "check.h"
#include "kdump/service/conf.h"

struct parsed {
	struct arena arena;
	struct conf conf;
	struct conf_mistakes mistakes;
};

static inline void begin(struct parsed *parsed, const char *machine)
{
	arena_init(&parsed->arena);
	parsed->mistakes = (struct conf_mistakes){ NULL, 0 };
	conf_defaults(&parsed->conf, &parsed->arena, machine);
}

static inline void add(struct parsed *parsed, const void *text, size_t size)
{
	conf_parse(&parsed->conf, &parsed->mistakes, &parsed->arena, "a.conf", text, size);
}

static inline void parse(struct parsed *parsed, const char *text)
{
	begin(parsed, "x86_64");
	add(parsed, text, strlen(text));
}

static inline void end(struct parsed *parsed)
{
	arena_release(&parsed->arena);
}

static inline void no_mistakes(const struct parsed *parsed)
{
	for (size_t i = 0; i < parsed->mistakes.count; i++)
		print_message("%u: %s\n", parsed->mistakes.all[i].line, parsed->mistakes.all[i].text);
	assert_int_equal(parsed->mistakes.count, 0);
}

/* Repeats `unit` until there are `size` bytes. */
static inline char *repeated(struct arena *arena, const char *head, const char *unit, size_t size)
{
	size_t length = strlen(head), step = strlen(unit);
	char *text = arena_alloc(arena, length + size + 1);

	memcpy(text, head, length);
	for (size_t i = 0; i < size; i++)
		text[length + i] = unit[i % step];
	return text;
}

#endif
