/* SPDX-License-Identifier: GPL-2.0-only */
/* Texts to values, each with what is expected where it is something else. */
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "kdump/service/conf_parts.h"

bool conf_read_choice(unsigned int *choice, const char *value, const char *const *names, struct err *err)
{
	char all[256] = "";
	size_t used = 0;

	for (unsigned int i = 0; names[i]; i++) {
		if (strcmp(value, names[i]) == 0) {
			*choice = i;
			return true;
		}
	}
	for (unsigned int i = 0; names[i] && used < sizeof(all); i++)
		used += (size_t)snprintf(all + used, sizeof(all) - used, "%s%s",
					 i == 0		? ""
					 : names[i + 1] ? ", "
							: " or ",
					 names[i]);
	return err_set(err, ERR_USAGE, "expected %s", all);
}

/* The spellings of systemd.syntax(7). */
bool conf_read_bool(bool *out, const char *value, struct err *err)
{
	static const char *const yes[] = { "1", "yes", "y", "true", "t", "on", NULL };
	static const char *const no[] = { "0", "no", "n", "false", "f", "off", NULL };

	for (size_t i = 0; yes[i]; i++) {
		if (strcasecmp(value, yes[i]) == 0 || strcasecmp(value, no[i]) == 0) {
			*out = strcasecmp(value, yes[i]) == 0;
			return true;
		}
	}
	return err_set(err, ERR_USAGE, "expected yes or no");
}

/* Decimal digits at *at, which moves behind them. False where there is none, or too many. */
static bool digits(uint64_t *out, const char **at)
{
	const char *c = *at;
	uint64_t value = 0;

	if (*c < '0' || *c > '9')
		return false;
	for (; *c >= '0' && *c <= '9'; c++) {
		uint64_t digit = (uint64_t)(*c - '0');

		if (value > (UINT64_MAX - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	*out = value;
	*at = c;
	return true;
}

bool conf_read_number(unsigned int *out, const char *value, unsigned int most, struct err *err)
{
	const char *at = value;
	uint64_t number;

	if (!digits(&number, &at) || *at || number > most)
		return err_set(err, ERR_USAGE, "expected a number from 0 to %u", most);
	*out = (unsigned int)number;
	return true;
}

bool conf_read_size(uint64_t *out, const char *value, struct err *err)
{
	static const char units[] = "KMGT";
	const char *at = value;
	uint64_t number;
	bool ok = digits(&number, &at);

	if (ok && *at) {
		const char *unit = strchr(units, *at);
		unsigned int shift = unit ? 10 * (unsigned int)(unit - units + 1) : 0;

		ok = unit && !at[1] && number <= UINT64_MAX >> shift;
		number <<= shift;
	}
	if (!ok)
		return err_set(
			err, ERR_USAGE,
			"expected a number of bytes below 2^64, or one with K, M, G or T behind it (powers of 1024)");
	*out = number;
	return true;
}

static uint64_t unit_seconds(const char *text, size_t length)
{
	static const struct {
		const char *name;
		uint64_t seconds;
	} units[] = {
		{ "s", 1 },    { "sec", 1 },   { "second", 1 },	 { "seconds", 1 },
		{ "m", 60 },   { "min", 60 },  { "minute", 60 }, { "minutes", 60 },
		{ "h", 3600 }, { "hr", 3600 }, { "hour", 3600 }, { "hours", 3600 },
	};

	if (length == 0)
		return 1;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strlen(units[i].name) == length && memcmp(units[i].name, text, length) == 0)
			return units[i].seconds;
	}
	return 0;
}

/* "90", "90s", "1min 30s", "2h": the whole seconds of systemd.time(7). */
bool conf_read_seconds(uint64_t *out, const char *value, uint64_t most, struct err *err)
{
	uint64_t all = 0;
	const char *at = value;
	bool ok = *at;

	while (ok && *at) {
		uint64_t number;

		ok = digits(&number, &at);
		if (!ok)
			break;
		at += strspn(at, " \t");

		size_t letters = strspn(at, "abcdefghijklmnopqrstuvwxyz");
		uint64_t unit = unit_seconds(at, letters);

		at += letters;
		at += strspn(at, " \t");
		ok = unit && number <= most / unit && number * unit <= most - all;
		if (ok)
			all += number * unit;
	}
	if (!ok)
		return err_set(err, ERR_USAGE,
			       "expected a time of at most %" PRIu64
			       " seconds: a number of seconds, or such as 90s, 5min or 1h 30min",
			       most);
	*out = all;
	return true;
}

bool conf_read_path(const char **out, struct arena *arena, const char *value, struct err *err)
{
	if (value[0] != '/' || strlen(value) >= PATH_MAX)
		return err_set(err, ERR_USAGE, "expected an absolute path, of at most %d bytes", PATH_MAX - 1);
	*out = arena_strdup(arena, value);
	return true;
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* One word at *at, which moves behind it, without its quotes. */
static bool take_word(char *word, const char **at, struct err *err)
{
	const char *c = *at;
	char quote = 0;

	for (; *c && (quote || !is_blank(*c)); c++) {
		if (*c == '\\' && quote != '\'') {
			c++;
			if (!*c || !strchr("\\\"' \t", *c))
				return err_set(
					err, ERR_USAGE,
					"expected a backslash, a quote or a blank behind a backslash (two backslashes "
					"mean one)");
			*word++ = *c;
		} else if (quote ? *c == quote : *c == '"' || *c == '\'') {
			quote = quote ? 0 : *c;
		} else {
			*word++ = *c;
		}
	}
	if (quote)
		return err_set(err, ERR_USAGE, "expected the quote %c again that ends the word", quote);
	*word = 0;
	*at = c;
	return true;
}

bool conf_read_words(const char *const **words, struct arena *arena, const char *value, struct err *err)
{
	const char **list = arena_array(arena, strlen(value) / 2 + 2, sizeof(*list));
	char *room = arena_alloc(arena,
				 strlen(value) + 1); /* a word and its NUL take no more than the word and its blank */
	size_t count = 0;

	for (const char *at = value + strspn(value, " \t"); *at; at += strspn(at, " \t")) {
		if (!take_word(room, &at, err))
			return false;
		list[count++] = room;
		room += strlen(room) + 1;
	}
	*words = list;
	return true;
}

static bool is_plain(const char *word)
{
	if (!*word)
		return false;
	for (; *word; word++) {
		if (is_blank(*word) || strchr("\\\"'", *word))
			return false;
	}
	return true;
}

const char *conf_write_words(struct arena *arena, const char *const *words)
{
	size_t size = 1;

	for (size_t i = 0; words[i]; i++)
		size += 2 * strlen(words[i]) + 3;

	char *text = arena_alloc(arena, size), *at = text;

	for (size_t i = 0; words[i]; i++) {
		bool plain = is_plain(words[i]);

		if (i > 0)
			*at++ = ' ';
		if (!plain)
			*at++ = '"';
		for (const char *c = words[i]; *c; c++) {
			if (*c == '\\' || *c == '"')
				*at++ = '\\';
			*at++ = *c;
		}
		if (!plain)
			*at++ = '"';
	}
	*at = 0;
	return text;
}

static size_t count_words(const char *const *words)
{
	size_t count = 0;

	while (words[count])
		count++;
	return count;
}

const char *const *conf_join_words(struct arena *arena, const char *const *first, const char *const *second)
{
	size_t count = 0;
	const char **all = arena_array(arena, count_words(first) + count_words(second) + 1, sizeof(*all));

	for (; *first; first++) {
		bool again = false;

		for (size_t i = 0; second[i] && !again; i++)
			again = strcmp(*first, second[i]) == 0;
		if (!again)
			all[count++] = *first;
	}
	for (; *second; second++)
		all[count++] = *second;
	return all;
}
