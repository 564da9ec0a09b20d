/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kdump/service/place.h"

#define HOST_MAX 64

/* What strftime makes of it, with a digit for each 'd'. */
#define TIME_FORMAT "%Y-%m-%dT%H%M%SZ"
#define TIME_SHAPE "dddd-dd-ddTddddddZ"

const char *place_name(struct arena *arena, int64_t time, const char *host)
{
	time_t when = (time_t)time;
	char text[64];
	struct tm tm;

	/* Years of more than four digits would not be found again, nor sort. */
	if (time < 0 || !gmtime_r(&when, &tm) || tm.tm_year > 9999 - 1900 ||
	    strftime(text, sizeof(text), TIME_FORMAT, &tm) == 0)
		snprintf(text, sizeof(text), "0000-00-00T000000Z");
	return arena_printf(arena, "%s%s%s", text, *host ? "-" : "", host);
}

bool place_name_is(const char *name, const char *host)
{
	const char *shape = TIME_SHAPE;

	for (; *shape; name++, shape++)
		if (*shape == 'd' ? *name < '0' || *name > '9' : *name != *shape)
			return false;
	if (!*host)
		return *name == 0;
	return *name == '-' && strcmp(name + 1, host) == 0;
}

const char *place_host(struct arena *arena, const char *name)
{
	size_t length = strnlen(name, HOST_MAX);
	char *host = arena_strndup(arena, name, length);

	/* What a kernel is called that nobody gave a name. */
	if (!length || strcmp(name, "(none)") == 0 || strncmp(name, "localhost", strlen("localhost")) == 0)
		return NULL;
	for (char *c = host; *c; c++) {
		bool plain = (*c >= 'a' && *c <= 'z') || (*c >= 'A' && *c <= 'Z') || (*c >= '0' && *c <= '9') ||
			     *c == '.' || *c == '_' || *c == '-';

		if (!plain)
			*c = '_';
	}
	return host;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

const char *const *place_old(struct arena *arena, const char *const *names, size_t count, const char *host,
			     const char *newest, unsigned int keep)
{
	const char **ours = arena_array(arena, count + 1, sizeof(*ours));
	size_t found = 0;

	for (size_t i = 0; i < count; i++)
		if (place_name_is(names[i], host) && strcmp(names[i], newest) != 0)
			ours[found++] = names[i];
	qsort(ours, found, sizeof(*ours), compare);

	/* The newest one is one of those that stay. */
	size_t stay = keep ? keep - 1 : found;

	ours[found > stay ? found - stay : 0] = NULL;
	return ours;
}
