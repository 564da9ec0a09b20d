/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/base/cmdline.h"

#include <string.h>

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

bool cmdline_next(const char **cursor, struct cmdline_word *word)
{
	const char *at = *cursor;

	while (is_blank(*at))
		at++;
	word->text = at;
	for (bool quoted = false; *at && (quoted || !is_blank(*at)); at++) {
		if (*at == '"')
			quoted = !quoted;
	}
	word->length = (size_t)(at - word->text);
	*cursor = at;
	return word->length > 0;
}

static char dash_to_underscore(char c)
{
	return c == '-' ? '_' : c;
}

/* As Linux compares names (kernel/params.c, parameqn()). */
static bool same_name(const char *text, const char *key, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		if (dash_to_underscore(text[i]) != dash_to_underscore(key[i]))
			return false;
	}
	return true;
}

bool cmdline_word_is(struct cmdline_word word, const char *key)
{
	size_t length = strlen(key);

	if (word.length > 0 && word.text[0] == '"') {
		word.text++;
		word.length--;
		if (word.length > 0 && word.text[word.length - 1] == '"')
			word.length--;
	}
	return word.length >= length && same_name(word.text, key, length) &&
	       (word.length == length || word.text[length] == '=');
}

static bool same(struct cmdline_word a, struct cmdline_word b)
{
	return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

/* Text that only shrinks: never longer than the line that it is made from. */
struct collected {
	char *text;
	size_t length;
};

static struct collected collect(struct arena *arena, size_t longest)
{
	return (struct collected){ .text = arena_alloc(arena, longest + 1) };
}

static void add(struct collected *to, struct cmdline_word word)
{
	if (to->length)
		to->text[to->length++] = ' ';
	memcpy(to->text + to->length, word.text, word.length);
	to->length += word.length;
}

const char *cmdline_without(struct arena *arena, const char *line, const char *const *keys)
{
	struct collected kept = collect(arena, strlen(line));
	struct cmdline_word word;

	while (cmdline_next(&line, &word)) {
		bool drop = false;

		for (const char *const *key = keys; *key && !drop; key++)
			drop = cmdline_word_is(word, *key);
		if (!drop)
			add(&kept, word);
	}
	return kept.text;
}

const char *cmdline_without_exactmap(struct arena *arena, const char *line)
{
	static const char exact[] = "memmap=exactmap";
	struct collected kept = collect(arena, strlen(line));
	struct cmdline_word word;
	bool found = false;

	while (cmdline_next(&line, &word)) {
		found |= word.length == strlen(exact) && memcmp(word.text, exact, word.length) == 0;
		if (!found || !cmdline_word_is(word, "memmap"))
			add(&kept, word);
	}
	return kept.text;
}

const char *cmdline_join(struct arena *arena, const char *first, const char *second)
{
	if (!*first || !*second)
		return arena_strdup(arena, *first ? first : second);
	return arena_printf(arena, "%s %s", first, second);
}

struct words {
	struct cmdline_word *v;
	size_t count;
};

static struct words split(struct arena *arena, const char *line)
{
	/* A word takes a character and a blank. */
	struct words words = { arena_array(arena, strlen(line) / 2 + 1, sizeof(*words.v)), 0 };

	struct cmdline_word word;

	while (cmdline_next(&line, &word))
		words.v[words.count++] = word;
	return words;
}

static bool ends_with(const struct words *all, const struct words *tail)
{
	if (tail->count > all->count)
		return false;
	for (size_t i = 0; i < tail->count; i++) {
		if (!same(all->v[all->count - tail->count + i], tail->v[i]))
			return false;
	}
	return true;
}

static bool contains(const struct words *words, struct cmdline_word word)
{
	for (size_t i = 0; i < words->count; i++) {
		if (same(words->v[i], word))
			return true;
	}
	return false;
}

static size_t behind_dashes(const struct words *words)
{
	for (size_t i = 0; i < words->count; i++) {
		if (words->v[i].length == 2 && memcmp(words->v[i].text, "--", 2) == 0)
			return i + 1;
	}
	return 0;
}

const char *cmdline_reuse(struct arena *arena, const char *reused, const char *appended)
{
	struct words old = split(arena, reused), new = split(arena, appended);
	struct collected kept = collect(arena, strlen(reused));

	if (ends_with(&old, &new))
		old.count -= new.count;

	size_t compared_from = behind_dashes(&old);

	for (size_t i = 0; i < old.count; i++) {
		if (i < compared_from || !contains(&new, old.v[i]))
			add(&kept, old.v[i]);
	}
	return cmdline_join(arena, kept.text, appended);
}

size_t cmdline_kernel_part(const char *line)
{
	const char *cursor = line;
	struct cmdline_word word;

	while (cmdline_next(&cursor, &word))
		if (word.length == 2 && memcmp(word.text, "--", 2) == 0)
			return (size_t)(word.text - line);
	return strlen(line);
}

const char *cmdline_insert(struct arena *arena, const char *line, const char *words)
{
	size_t before = cmdline_kernel_part(line);

	if (!line[before])
		return cmdline_join(arena, line, words);
	/* The blank that stood before "--" is before the new words now. */
	return arena_printf(arena, "%.*s%s %s", (int)before, line, words, line + before);
}
