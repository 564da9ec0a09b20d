/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/kernel/info.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_MAX 256

/* The same key twice: the lines lie in one buffer, so addresses have the order of the text, which makes it stable. */
static int compare_lines(const void *left, const void *right)
{
	const struct kernel_info_line *a = left, *b = right;
	int by_key = strcmp(a->key, b->key);

	if (by_key)
		return by_key;
	return (a->key > b->key) - (a->key < b->key);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

/* Bytes of [start, end) become a line where they are KEY=value; the text is cut into C strings in place. */
static bool split_line(char *start, char *end, struct kernel_info_line *line)
{
	char *equals = memchr(start, '=', (size_t)(end - start));

	if (!equals || equals == start)
		return false;
	while (end > equals + 1 && is_blank(end[-1]))
		end--;
	*equals = '\0';
	*end = '\0';
	*line = (struct kernel_info_line){ start, equals + 1 };
	return true;
}

void kernel_info_read(struct kernel_info *info, struct arena *arena, struct blob text)
{
	/* The page of a note is filled up with NULs, which end lines here as newlines do. */
	char *copy = arena_alloc(arena, text.size + 1);
	size_t lines = 1;

	if (text.size)
		memcpy(copy, text.data, text.size);
	for (size_t i = 0; i < text.size; i++) {
		if (copy[i] == '\n')
			copy[i] = '\0';
		if (!copy[i])
			lines++;
	}

	info->lines = arena_array(arena, lines, sizeof(*info->lines));
	info->count = 0;
	for (char *start = copy, *last = copy + text.size; start < last;) {
		char *end = start + strnlen(start, (size_t)(last - start));

		if (split_line(start, end, &info->lines[info->count]))
			info->count++;
		start = end + 1;
	}
	qsort(info->lines, info->count, sizeof(*info->lines), compare_lines);
}

const char *kernel_info_text(const struct kernel_info *info, const char *key)
{
	size_t low = 0, high = info->count;

	/* The lowest line whose key is not below: of equal keys the first. */
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(info->lines[middle].key, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low < info->count && !strcmp(info->lines[low].key, key) ? info->lines[low].value : NULL;
}

/* No strtoull: it takes blanks, signs and octal, and asks for errno. All of the text must be digits. */
static bool parse_digits(const char *text, unsigned int base, uint64_t *out)
{
	uint64_t value = 0;

	if (!*text)
		return false;
	for (; *text; text++) {
		unsigned int digit;

		if (*text >= '0' && *text <= '9')
			digit = (unsigned int)(*text - '0');
		else if (*text >= 'a' && *text <= 'f')
			digit = (unsigned int)(*text - 'a') + 10;
		else if (*text >= 'A' && *text <= 'F')
			digit = (unsigned int)(*text - 'A') + 10;
		else
			return false;
		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*out = value;
	return true;
}

static bool has_hex_prefix(const char *text)
{
	return text[0] == '0' && (text[1] == 'x' || text[1] == 'X');
}

static bool parse_hex(const char *text, uint64_t *out)
{
	return text && parse_digits(has_hex_prefix(text) ? text + 2 : text, 16, out);
}

static bool parse_decimal(const char *text, uint64_t *out)
{
	return text && parse_digits(text, 10, out);
}

/* kind(name), as the kernel's macros write it. */
static const char *wrapped_text(const struct kernel_info *info, const char *kind, const char *name)
{
	char key[KEY_MAX];
	int length = snprintf(key, sizeof(key), "%s(%s)", kind, name);

	return length > 0 && (size_t)length < sizeof(key) ? kernel_info_text(info, key) : NULL;
}

bool kernel_info_symbol(const struct kernel_info *info, const char *name, uint64_t *out)
{
	return parse_hex(wrapped_text(info, "SYMBOL", name), out);
}

bool kernel_info_size(const struct kernel_info *info, const char *name, uint64_t *out)
{
	return parse_decimal(wrapped_text(info, "SIZE", name), out);
}

bool kernel_info_offset(const struct kernel_info *info, const char *name, uint64_t *out)
{
	return parse_decimal(wrapped_text(info, "OFFSET", name), out);
}

bool kernel_info_length(const struct kernel_info *info, const char *name, uint64_t *out)
{
	return parse_decimal(wrapped_text(info, "LENGTH", name), out);
}

bool kernel_info_number(const struct kernel_info *info, const char *name, int64_t *out)
{
	const char *text = wrapped_text(info, "NUMBER", name);
	uint64_t magnitude;

	if (!text)
		return false;
	if (has_hex_prefix(text)) {
		if (!parse_hex(text, &magnitude))
			return false;
	} else if (*text == '-') {
		if (!parse_decimal(text + 1, &magnitude) || magnitude > (uint64_t)INT64_MAX + 1)
			return false;
		magnitude = 0 - magnitude;
	} else if (!parse_decimal(text, &magnitude)) {
		return false;
	}
	/* Addresses and masks come through NUMBER() too: all 64 bits are kept. */
	*out = (int64_t)magnitude;
	return true;
}

bool kernel_info_hex(const struct kernel_info *info, const char *key, uint64_t *out)
{
	return parse_hex(kernel_info_text(info, key), out);
}

bool kernel_info_decimal(const struct kernel_info *info, const char *key, uint64_t *out)
{
	return parse_decimal(kernel_info_text(info, key), out);
}
