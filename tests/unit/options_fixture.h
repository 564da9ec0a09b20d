/* SPDX-License-Identifier: GPL-2.0-only */
/* Command lines as one text each. */
#ifndef OPTIONS_FIXTURE_H
#define OPTIONS_FIXTURE_H

#include "arch.h"
#include "check.h"
#include "kexec/options.h"

#define MOST_WORDS 16

/* Words as a shell would split them, from one text: blanks separate. */
static inline int split(const char *line, char *words[MOST_WORDS + 1], char *buffer, size_t size)
{
	int count = 0;

	snprintf(buffer, size, "kexec %s", line);
	for (char *word = strtok(buffer, " "); word; word = strtok(NULL, " ")) {
		assert_true(count < MOST_WORDS);
		words[count++] = word;
	}
	words[count] = NULL;
	return count;
}

struct parsed {
	struct options options;
	struct err err;
	bool ok;
	char buffer[512];
	char *words[MOST_WORDS + 1];
};

static inline void parse_on(struct parsed *p, enum arch_id running, const char *line)
{
	int count = split(line, p->words, p->buffer, sizeof(p->buffer));

	p->err = (struct err){ .code = ERR_NONE };
	p->ok = options_parse(&p->options, count, p->words, running, &p->err);
	if (p->ok != (p->err.code == ERR_NONE))
		fail_msg("%s: returned %d with error code %d", line, p->ok, (int)p->err.code);
}

static inline void parse(struct parsed *p, const char *line)
{
	parse_on(p, ARCH_S390X, line);
}

static inline void parse_good(struct parsed *p, const char *line)
{
	parse(p, line);
	if (!p->ok)
		fail_msg("%s: %s", line, p->err.text);
}

static inline bool warned(const struct options *o, const char *words)
{
	for (const struct options_warning *w = o->warnings; w; w = w->next) {
		if (strstr(w->text, words))
			return true;
	}
	return false;
}

#endif
