/* SPDX-License-Identifier: GPL-2.0-only */
/* What is to be mounted where, as the machine's own files have it. */
#include <string.h>

#include "kdump/service/place.h"

/* The field at *at, which moves behind it. */
static const char *field(struct arena *arena, const char **at, const char *end)
{
	const char *begin = *at + strspn(*at, " \t"), *stop = begin;

	if (begin >= end)
		return NULL;
	while (stop < end && *stop != ' ' && *stop != '\t')
		stop++;
	*at = stop;
	return place_unescape(arena, begin, (size_t)(stop - begin));
}

static bool has_option(const char *options, const char *name)
{
	size_t length = strlen(name);

	for (; *options; options += *options == ',') {
		size_t word = strcspn(options, ",");

		if (word == length && strncmp(options, name, length) == 0)
			return true;
		options += word;
	}
	return false;
}

static bool same_folder(const char *one, const char *other)
{
	size_t length = strlen(one);

	while (length > 1 && one[length - 1] == '/')
		length--;
	return strlen(other) == length && strncmp(one, other, length) == 0;
}

bool place_in_fstab(struct arena *arena, const char *fstab, const char *point, const char **options)
{
	for (const char *line = fstab; *line;) {
		const char *end = strchrnul(line, '\n'), *at = line;
		const char *source = field(arena, &at, end);
		const char *where = source && *source != '#' ? field(arena, &at, end) : NULL;
		const char *type = where ? field(arena, &at, end) : NULL;
		const char *words = type ? field(arena, &at, end) : NULL;

		line = *end ? end + 1 : end;
		if (!type || !same_folder(where, point))
			continue;
		/* Not at every boot, but for one that is mounted when somebody looks at it. */
		if (words && has_option(words, "noauto") && !has_option(words, "x-systemd.automount"))
			continue;
		if (options)
			*options = words ? words : "";
		return true;
	}
	return false;
}

static bool is_plain(char c, bool is_first)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':' || c == '_' ||
	       (c == '.' && !is_first);
}

const char *place_unit(struct arena *arena, const char *point)
{
	static const char digits[] = "0123456789abcdef";
	char *name = arena_alloc(arena, 4 * strlen(point) + 2), *out = name;

	while (*point == '/')
		point++;
	for (const char *c = point; *c; c++) {
		unsigned char byte = (unsigned char)*c;

		if (*c == '/') {
			*out++ = '-';
		} else if (is_plain(*c, c == point)) {
			*out++ = *c;
		} else {
			*out++ = '\\';
			*out++ = 'x';
			*out++ = digits[byte >> 4];
			*out++ = digits[byte & 15];
		}
	}
	if (out == name)
		*out++ = '-';
	*out = 0;
	return arena_printf(arena, "%s.mount", name);
}

const char *const *place_above(struct arena *arena, const char *path)
{
	const char **all = arena_array(arena, strlen(path) + 2, sizeof(*all));
	size_t count = 0;

	for (const char *c = path; *c; c++)
		if (c > path && c[0] != '/' && (c[1] == '/' || !c[1]))
			all[count++] = arena_strndup(arena, path, (size_t)(c + 1 - path));
	return all;
}

const char *place_aside(struct arena *arena, const char *point, const char *path)
{
	return arena_printf(arena, "%s.not-mounted%s", point, path + strlen(point));
}
