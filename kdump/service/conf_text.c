/* SPDX-License-Identifier: GPL-2.0-only */
/* Foreign text: whether it is text, how it is shown in a message, and what it was probably meant to be. */
#include <stdint.h>
#include <string.h>

#include "kdump/service/conf_parts.h"
#include "kdump/service/utf8.h"

#define SHOWN_MOST 120

/* C1 controls are two bytes long, and terminals obey them. */
static bool is_control(const uint8_t *text, size_t length)
{
	return (length == 1 && (*text < 0x20 || *text == 0x7f)) || (length == 2 && *text == 0xc2 && text[1] < 0xa0);
}

bool conf_is_text(const char *text, size_t size)
{
	const uint8_t *at = (const uint8_t *)text;

	while (size > 0) {
		size_t length = utf8_length((const char *)at, size);

		if (length == 0 || (is_control(at, length) && *at != '\t'))
			return false;
		at += length;
		size -= length;
	}
	return true;
}

const char *conf_shown(struct arena *arena, const char *text)
{
	char *shown = arena_alloc(arena, SHOWN_MOST + 8), *at = shown;
	const uint8_t *bytes = (const uint8_t *)text;
	size_t size = strlen(text);

	while (size > 0 && at - shown < SHOWN_MOST - 4) {
		size_t length = utf8_length((const char *)bytes, size);

		if (length > 0 && !is_control(bytes, length)) {
			memcpy(at, bytes, length);
			at += length;
		} else {
			static const char hex[] = "0123456789abcdef";

			length = 1;
			*at++ = '\\';
			*at++ = 'x';
			*at++ = hex[*bytes >> 4];
			*at++ = hex[*bytes & 15];
		}
		bytes += length;
		size -= length;
	}
	memcpy(at, size > 0 ? "..." : "", size > 0 ? 4 : 1);
	return shown;
}

#define NAME_MOST 32 /* of the keys that there are; a longer text is none of them misspelt */

static char lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

/* Damerau and Levenshtein: letters too many, missing, wrong, or changed with their neighbour. No case. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][NAME_MOST + 1], *before = rows[0], *last = rows[1], *row = rows[2], width = strlen(b);

	for (size_t j = 0; j <= width; j++)
		before[j] = last[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		row[0] = i;
		for (size_t j = 1; j <= width; j++) {
			size_t best = last[j - 1] + (lower(a[i - 1]) != lower(b[j - 1]));

			if (last[j] + 1 < best)
				best = last[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) && before[j - 2] + 1 < best)
				best = before[j - 2] + 1;
			row[j] = best;
		}

		size_t *oldest = before;

		before = last;
		last = row;
		row = oldest;
	}
	return last[width];
}

const char *conf_nearest(const char *found, const char *const *names)
{
	size_t length = strlen(found), nearest = SIZE_MAX;
	const char *name = NULL;

	if (length < 2 || length > NAME_MOST)
		return NULL;
	for (; *names; names++) {
		size_t away = distance(found, *names);
		size_t most = strlen(*names) < 6 ? 1 : strlen(*names) < 10 ? 2 : 3;

		if (away <= most && away < nearest) {
			nearest = away;
			name = *names;
		} else if (!name && length >= 5 && strcasestr(*names, found)) {
			name = *names;
		}
	}
	return name;
}
