/* SPDX-License-Identifier: GPL-2.0-only */
/* Fixture files for tests of image formats, in memory of exactly their size: sanitizers see its ends. */
#ifndef IMAGE_FIXTURE_H
#define IMAGE_FIXTURE_H

#include "check.h"

#include "arena.h"
#include "blob.h"

/* FIXTURES/folder/name */
static inline const char *fixture_path(struct arena *arena, const char *folder, const char *name)
{
	return arena_printf(arena, "%s/%s/%s", check_env("FIXTURES"), folder, name);
}

/* A copy in memory of its own, for free(): size 0 gives one, too. */
static inline struct blob exact_copy(struct blob bytes)
{
	uint8_t *copy = malloc(bytes.size ? bytes.size : 1);

	if (!copy)
		fail_msg("no memory for %zu bytes", bytes.size);
	if (bytes.size)
		memcpy(copy, bytes.data, bytes.size);
	return (struct blob){ copy, bytes.size };
}

static inline void free_copy(struct blob copy)
{
	free((void *)(uintptr_t)copy.data);
}

static inline struct blob fixture(struct arena *arena, const char *folder, const char *name)
{
	const char *path = fixture_path(arena, folder, name);
	FILE *f = fopen(path, "rb");

	if (!f)
		fail_msg("no fixture %s", path);
	if (fseek(f, 0, SEEK_END) != 0)
		fail_msg("cannot read %s", path);

	size_t size = (size_t)ftell(f);
	uint8_t *bytes = arena_alloc(arena, size);

	rewind(f);
	if (fread(bytes, 1, size, f) != size)
		fail_msg("cannot read %s", path);
	fclose(f);
	return (struct blob){ bytes, size };
}

/* Calls row(line) for each line of FIXTURES/folder/list; demands that there are at least `least`. */
static inline void each_line(const char *folder, size_t least, void (*row)(char *line))
{
	struct arena arena;
	char line[4096];
	size_t rows = 0;

	arena_init(&arena);

	const char *path = fixture_path(&arena, folder, "list");
	FILE *f = fopen(path, "r");

	if (!f)
		fail_msg("no fixture %s", path);
	while (fgets(line, sizeof(line), f)) {
		line[strcspn(line, "\n")] = 0;
		row(line);
		rows++;
	}
	fclose(f);
	if (rows < least)
		fail_msg("%s has %zu lines, at least %zu expected", path, rows, least);
	arena_release(&arena);
}

#endif
