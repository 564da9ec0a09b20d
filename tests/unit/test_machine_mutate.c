/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Damaged machine texts: each reads as a machine that survives being written and read again, or gives an
 * error that names the place (machine_try checks that). Never anything else.
 */
#include "machine_support.h"

static bool survive(const char *text, size_t size)
{
	struct machine machine;
	struct err err;

	if (!machine_try(&machine, text, size, &err))
		return false;
	machine_check_round_trip(&machine);
	machine_release(&machine);
	return true;
}

struct loaded {
	struct arena arena;
	const char *text;
	size_t size;
};

static void load(struct loaded *loaded, const char *name)
{
	arena_init(&loaded->arena);

	struct blob blob = machine_fixture(&loaded->arena, name, "txt");

	loaded->text = (const char *)blob.data;
	loaded->size = blob.size;
}

static void truncate_every(const char *name, size_t step)
{
	struct loaded loaded;

	load(&loaded, name);

	/* The last line is "end": all of it but its line end is needed. */
	for (size_t size = 0; size < loaded.size - 1; size += step) {
		if (survive(loaded.text, size))
			fail_msg("%s cut to %zu bytes is accepted", name, size);
	}
	assert_true(survive(loaded.text, loaded.size - 1));
	assert_true(survive(loaded.text, loaded.size));
	arena_release(&loaded.arena);
}

TEST(every_truncation)
{
	BEGIN_TEST();
	truncate_every("s390x-qemu", 1);
	truncate_every("s390x-small", 1);
	truncate_every("s390x-no-crash", 1);
	truncate_every("s390x-lpar", 29);
}

/* Calls change for each line, with what stands before it, the line with its end, and what follows. */
static size_t each_line(const char *name, bool (*change)(const char *before, const char *line,
							 const char *after, const char *end))
{
	struct loaded loaded;
	size_t accepted = 0;

	load(&loaded, name);

	const char *end = loaded.text + loaded.size;
	const char *keyword = "";
	size_t repeated = 0;

	for (const char *line = loaded.text; line < end;) {
		const char *after = (const char *)memchr(line, '\n', (size_t)(end - line)) + 1;
		size_t length = strcspn(line, " \n");

		/* Of a long row of lines of one kind, one in ten. */
		repeated = strncmp(line, keyword, length) == 0 ? repeated + 1 : 0;
		keyword = line;
		if (repeated < 10 || repeated % 10 == 0)
			accepted += change(loaded.text, line, after, end);
		line = after;
	}
	arena_release(&loaded.arena);
	return accepted;
}

/* Reads up to four pieces one behind the other. */
static bool survive_joined(const struct blob *pieces, size_t count)
{
	size_t size = 0, used = 0;

	for (size_t i = 0; i < count; i++)
		size += pieces[i].size;

	char *text = malloc(size + 1);

	assert_non_null(text);
	for (size_t i = 0; i < count; i++) {
		memcpy(text + used, pieces[i].data, pieces[i].size);
		used += pieces[i].size;
	}

	bool ok = survive(text, size);

	free(text);
	return ok;
}

static struct blob piece(const char *from, const char *to)
{
	return (struct blob){ (const uint8_t *)from, (size_t)(to - from) };
}

static bool is_line(const char *line, const char *keyword)
{
	size_t length = strlen(keyword);

	return strncmp(line, keyword, length) == 0 && (line[length] == ' ' || line[length] == '\n');
}

static bool removed(const char *text, const char *line, const char *after, const char *end)
{
	bool ok = survive_joined((struct blob[]){ piece(text, line), piece(after, end) }, 2);

	if (is_line(line, "machine") || is_line(line, "arch") || is_line(line, "page-size") ||
	    is_line(line, "end"))
		assert_false(ok);
	if (is_line(line, "cpu") || is_line(line, "offline") || is_line(line, "release") || *line == '#')
		assert_true(ok);
	return ok;
}

static bool doubled(const char *text, const char *line, const char *after, const char *end)
{
	bool ok = survive_joined((struct blob[]){ piece(text, after), piece(line, end) }, 2);

	/* The same memory said twice is the same memory; nothing else may be said twice. */
	assert_int_equal(ok, is_line(line, "resource") || is_line(line, "offline") || *line == '#');
	return ok;
}

static bool moved_to_front(const char *text, const char *line, const char *after, const char *end)
{
	return survive_joined((struct blob[]){ piece(line, after), piece(text, line), piece(after, end) }, 3);
}

static bool joined_with_next(const char *text, const char *line, const char *after, const char *end)
{
	(void)line;
	return survive_joined((struct blob[]){ piece(text, after - 1), piece(after, end) }, 2);
}

static bool emptied(const char *text, const char *line, const char *after, const char *end)
{
	return survive_joined((struct blob[]){ piece(text, line), piece(after - 1, end) }, 2);
}

TEST(every_line_removed_doubled_moved)
{
	BEGIN_TEST();
	for (size_t i = 0; i < MACHINE_FIXTURES - 1; i++) {
		assert_true(each_line(machine_fixtures[i], removed) > 0);
		assert_true(each_line(machine_fixtures[i], doubled) > 0);
		assert_int_equal(each_line(machine_fixtures[i], moved_to_front), 1);
		each_line(machine_fixtures[i], joined_with_next);
		assert_true(each_line(machine_fixtures[i], emptied) > 0);
	}
}

TEST(every_byte_changed)
{
	static const char values[] = "\n\r\t \"\\#-x09f\xff\x80\x7f\x01"; /* and its NUL */
	struct loaded loaded;
	size_t accepted = 0;

	BEGIN_TEST();
	load(&loaded, "s390x-small");

	char *text = malloc(loaded.size);

	assert_non_null(text);
	memcpy(text, loaded.text, loaded.size);
	for (size_t i = 0; i < loaded.size; i++) {
		for (size_t k = 0; k < sizeof(values); k++) {
			text[i] = values[k];
			accepted += survive(text, loaded.size);
		}
		text[i] = loaded.text[i];
	}
	assert_true(accepted > loaded.size);
	free(text);
	arena_release(&loaded.arena);
}

TEST(every_byte_removed_or_doubled)
{
	struct loaded loaded;

	BEGIN_TEST();
	load(&loaded, "s390x-small");

	const char *end = loaded.text + loaded.size;

	for (const char *p = loaded.text; p < end; p++) {
		survive_joined((struct blob[]){ piece(loaded.text, p), piece(p + 1, end) }, 2);
		survive_joined((struct blob[]){ piece(loaded.text, p + 1), piece(p, end) }, 2);
	}
	arena_release(&loaded.arena);
}

CHECK_MAIN(cmocka_unit_test(every_truncation), cmocka_unit_test(every_line_removed_doubled_moved),
	   cmocka_unit_test(every_byte_changed), cmocka_unit_test(every_byte_removed_or_doubled))
