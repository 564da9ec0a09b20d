/* SPDX-License-Identifier: GPL-2.0-only */
/* Memory images that tests/mk/meminfo.py made from the specifications, copies to damage, and what --verify says. */
#ifndef VERIFY_FIXTURE_H
#define VERIFY_FIXTURE_H

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "arena.h"
#include "check.h"
#include "kdump/verify.h"
#include "kexec/base/file.h"
#include "s390.h"

#define CRASH UINT64_C(0x400000)
#define CRASH_SIZE UINT64_C(0x200000)

/* A test of another architecture says so before it includes this. */
#ifndef VERIFY_ARCH
#define VERIFY_ARCH ARCH_S390X
#define VERIFY_FOLDER "meminfo"
#endif

struct world {
	const struct machine *machine; /* set after begin() */
	struct arena arena;
	struct err err;
	int fd; /* a writable copy of an image */
	char path[512];
};

static inline const char *fixture(struct world *w, const char *name)
{
	return arena_printf(&w->arena, "%s/" VERIFY_FOLDER "/%s", check_env("FIXTURES"), name);
}

static inline void begin(struct world *w, const char *image)
{
	struct blob bytes;

	w->machine = NULL;
	arena_init(&w->arena);
	check_ok(file_map(&w->arena, fixture(w, image), NULL, &bytes, &w->err), &w->err);
	snprintf(w->path, sizeof(w->path), "%s/verify-XXXXXX", check_env("FIXTURES"));
	w->fd = mkstemp(w->path);
	assert_true(w->fd >= 0);
	assert_int_equal(ftruncate(w->fd, (off_t)bytes.size), 0);
	for (size_t at = 0; at < bytes.size; at += 4096) {
		static const uint8_t zeros[4096];
		size_t part = bytes.size - at < 4096 ? bytes.size - at : 4096;

		if (memcmp(bytes.data + at, zeros, part) != 0)
			assert_int_equal(pwrite(w->fd, bytes.data + at, part, (off_t)at), part);
	}
}

static inline void end(struct world *w)
{
	close(w->fd);
	unlink(w->path);
	arena_release(&w->arena);
}

static inline void put(struct world *w, uint64_t address, const void *bytes, size_t size)
{
	assert_int_equal(pwrite(w->fd, bytes, size, (off_t)address), size);
}

static inline void put64(struct world *w, uint64_t address, uint64_t value)
{
	struct be64 wire = be64_make(value);

	put(w, address, &wire, sizeof(wire));
}

static inline void flip(struct world *w, uint64_t address, uint8_t mask)
{
	uint8_t byte;

	assert_int_equal(pread(w->fd, &byte, 1, (off_t)address), 1);
	byte ^= mask;
	put(w, address, &byte, 1);
}

static inline bool verify_path(struct world *w, const char *path, char **text, enum verify_result *result)
{
	size_t size;
	FILE *out = open_memstream(text, &size);

	assert_non_null(out);
	bool ok = verify_memory_file(path, VERIFY_ARCH, w->machine, out, result, &w->err);
	fclose(out);
	return ok;
}

/* The whole output; free() it. */
static inline char *verify(struct world *w, enum verify_result expected)
{
	enum verify_result result;
	char *text;

	check_ok(verify_path(w, w->path, &text, &result), &w->err);
	if (result != expected)
		fail_msg("result %d, expected %d:\n%s", (int)result, (int)expected, text);
	return text;
}

/* All lines that begin with "BAD": exactly one, and that names this. */
static inline void check_one_bad(const char *text, const char *name, const char *words, const char *what)
{
	const char *bad = NULL;
	int count = 0;

	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, "BAD  ", 5) == 0) {
			bad = line + 5;
			count++;
		}
	}
	if (count != 1 || strncmp(bad, name, strlen(name)) != 0 || (words && !strstr(bad, words)))
		fail_msg("%s: expected one bad line for \"%s\" (%s):\n%s", what, name, words ? words : "", text);
}

static inline void check_last(const char *text, const char *beginning)
{
	size_t length = strlen(text);

	assert_true(length > 1 && text[length - 1] == '\n');

	const char *line = text + length - 1;

	while (line > text && line[-1] != '\n')
		line--;
	if (strncmp(line, beginning, strlen(beginning)) != 0)
		fail_msg("last line is not \"%s...\":\n%s", beginning, text);
}

static inline void check_nothing(struct world *w, const char *last)
{
	char *text = verify(w, VERIFY_NOTHING);

	check_last(text, last);
	if (strstr(text, "BAD"))
		fail_msg("nothing is there, and yet bad:\n%s", text);
	free(text);
}

static inline void check_flip(struct world *w, uint64_t address, uint8_t mask, const char *name)
{
	char what[64];

	snprintf(what, sizeof(what), "0x%" PRIx64 " ^ 0x%02x", address, mask);
	flip(w, address, mask);

	char *text = verify(w, VERIFY_DAMAGED);

	check_one_bad(text, name, NULL, what);
	check_last(text, "damaged: 1 of ");
	free(text);
	flip(w, address, mask);
}

/* Each byte of what is short, and a sample of what is long, in each bit pattern of a few. */
static inline void check_flips(struct world *w, const char *list)
{
	struct blob spans;
	unsigned int flips = 0;

	check_ok(file_map(&w->arena, fixture(w, list), NULL, &spans, &w->err), &w->err);

	const char *line = arena_strndup(&w->arena, (const char *)spans.data, spans.size);

	while (*line) {
		uint64_t start, stop;
		char name[64];

		assert_int_equal(sscanf(line, "%" SCNx64 " %" SCNx64 " %63[^\n]", &start, &stop, name), 3);
		line = strchr(line, '\n') + 1;
		assert_true(stop > start);

		uint64_t step = (stop - start > 512 ? 61 : 1) * check_stride(7);

		for (uint64_t address = start; address < stop; address += step, flips++)
			check_flip(w, address, (uint8_t)(1u << (flips % 8)), name);
		check_flip(w, stop - 1, 0x80, name);
		check_flip(w, start, 0xff, name);
	}
	assert_true(flips > 1000 / check_stride(7));
}

#endif
