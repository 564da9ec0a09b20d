/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/service/place.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Octal escapes are how the kernel writes blanks, tabs, newlines and backslashes (fs/proc_namespace.c). */
char *place_unescape(struct arena *arena, const char *text, size_t length)
{
	char *out = arena_alloc(arena, length + 1);
	size_t used = 0;

	for (size_t i = 0; i < length; i++) {
		const char *c = text + i;

		if (c[0] == '\\' && length - i > 3 && c[1] >= '0' && c[1] <= '3' && c[2] >= '0' && c[2] <= '7' &&
		    c[3] >= '0' && c[3] <= '7') {
			out[used++] = (char)((c[1] - '0') << 6 | (c[2] - '0') << 3 | (c[3] - '0'));
			i += 3;
		} else {
			out[used++] = *c;
		}
	}
	out[used] = 0;
	return out;
}

/* The next word of a line, which ends at `end`. */
static bool next_word(const char **at, const char *end, const char **word, size_t *length)
{
	while (*at < end && **at == ' ')
		(*at)++;
	*word = *at;
	while (*at < end && **at != ' ')
		(*at)++;
	*length = (size_t)(*at - *word);
	return *length != 0;
}

enum {
	FIELD_ID,
	FIELD_PARENT,
	FIELD_DEVICE,
	FIELD_ROOT,
	FIELD_POINT,
	FIELD_OPTIONS,
	FIELDS,
};

static bool read_line(struct place_mount *mount, struct arena *arena, const char *line, const char *end)
{
	const char *words[FIELDS], *word, *at = line;
	size_t lengths[FIELDS], length;
	char *rest;

	for (int i = 0; i < FIELDS; i++)
		if (!next_word(&at, end, &words[i], &lengths[i]))
			return false;
	/* Optional fields, as many as there are, up to a word "-". */
	do {
		if (!next_word(&at, end, &word, &length))
			return false;
	} while (length != 1 || *word != '-');
	if (!next_word(&at, end, &word, &length))
		return false;
	mount->type = place_unescape(arena, word, length);
	mount->source = next_word(&at, end, &word, &length) ? place_unescape(arena, word, length) : "";

	mount->major = (unsigned int)strtoul(words[FIELD_DEVICE], &rest, 10);
	if (*rest != ':')
		return false;
	mount->minor = (unsigned int)strtoul(rest + 1, NULL, 10);
	mount->root = place_unescape(arena, words[FIELD_ROOT], lengths[FIELD_ROOT]);
	mount->point = place_unescape(arena, words[FIELD_POINT], lengths[FIELD_POINT]);
	mount->options = place_unescape(arena, words[FIELD_OPTIONS], lengths[FIELD_OPTIONS]);
	return *mount->root == '/' && *mount->point == '/';
}

bool place_is_below(const char *path, const char *folder)
{
	size_t length = strlen(folder);

	if (length == 1)
		return *path == '/';
	return strncmp(path, folder, length) == 0 && (path[length] == 0 || path[length] == '/');
}

bool place_mount_find(struct place_mount *mount, struct arena *arena, const char *mountinfo, const char *path)
{
	bool found = false;

	for (const char *line = mountinfo; *line;) {
		const char *end = strchrnul(line, '\n');
		struct place_mount one = { 0 };

		/* Of two at one point the later hides the earlier. */
		if (read_line(&one, arena, line, end) && place_is_below(path, one.point) &&
		    (!found || strlen(one.point) >= strlen(mount->point))) {
			*mount = one;
			found = true;
		}
		line = *end ? end + 1 : end;
	}
	return found;
}

const char *place_inside(struct arena *arena, const struct place_mount *mount, const char *path)
{
	const char *rest = path + (strcmp(mount->point, "/") == 0 ? 0 : strlen(mount->point));
	const char *root = strcmp(mount->root, "/") == 0 ? "" : mount->root;

	while (*rest == '/')
		rest++;
	if (!*rest)
		return *root ? root : "/";
	return arena_printf(arena, "%s/%s", root, rest);
}

struct key {
	const char *name;
	size_t offset; /* of a text in struct place */
};

static const struct key keys[] = {
	{ "host", offsetof(struct place, host) },
	{ "uuid", offsetof(struct place, uuid) },
	{ "device", offsetof(struct place, device) },
	{ "type", offsetof(struct place, type) },
	{ "options", offsetof(struct place, options) },
	{ "path", offsetof(struct place, path) },
};

static const char **text_of(const struct place *place, const struct key *key)
{
	return (const char **)((uintptr_t)place + key->offset);
}

const char *place_write(struct arena *arena, const struct place *place)
{
	const char *text = "";

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *value = *text_of(place, &keys[i]);

		if (value)
			text = arena_printf(arena, "%s%s %s\n", text, keys[i].name, value);
	}
	return place->stacked ? arena_printf(arena, "%sstacked yes\n", text) : text;
}

bool place_read(struct place *place, struct arena *arena, const char *file, const char *text, struct err *err)
{
	unsigned int number = 0;

	*place = (struct place){ 0 };
	for (const char *line = text; *line;) {
		const char *end = strchrnul(line, '\n');
		const char *blank = memchr(line, ' ', (size_t)(end - line));

		number++;
		if (!blank || blank == line || blank + 1 == end)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s, line %u: found \"%.*s\", expected a key, a blank and a value: make the capture initrd "
				       "again (kdump-service build)",
				       file, number, (int)(end - line), line);

		const char *name = arena_strndup(arena, line, (size_t)(blank - line));
		const char *value = arena_strndup(arena, blank + 1, (size_t)(end - blank - 1));

		for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++)
			if (strcmp(name, keys[i].name) == 0)
				*text_of(place, &keys[i]) = value;
		if (strcmp(name, "stacked") == 0)
			place->stacked = strcmp(value, "yes") == 0;
		line = *end ? end + 1 : end;
	}
	return true;
}
