/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Every dump of tests/mk/kernel_log.py, against what its writers' models say is to be read: all three formats, both
 * byte orders and word sizes, whole, cut and damaged.
 */
#include "kdump/kernel/log.h"

#include "arena.h"
#include "kdump/dump/dump.h"
#include "tests/unit/check.h"

struct text {
	char *data;
	size_t size, capacity;
	size_t room; /* 0: no limit; else writing more than this fails */
};

static bool take(void *data, const char *text, size_t size, struct err *err)
{
	struct text *into = data;

	if (into->room && into->size + size > into->room)
		return err_set(err, ERR_SYSTEM, "no room for more than %zu bytes", into->room);
	if (into->size + size > into->capacity) {
		into->capacity = 2 * (into->size + size);
		into->data = realloc(into->data, into->capacity);
		assert_non_null(into->data);
	}
	memcpy(into->data + into->size, text, size);
	into->size += size;
	return true;
}

static struct text read_file(const char *name, const char *suffix)
{
	struct text text = { NULL, 0, 0, 0 };
	char path[4096], piece[4096];
	struct err err;

	snprintf(path, sizeof(path), "%s/kernel_log-%s.%s", check_env("FIXTURES"), name, suffix);

	FILE *f = fopen(path, "rb");

	if (!f)
		fail_msg("%s cannot be opened", path);
	for (size_t size; (size = fread(piece, 1, sizeof(piece), f)) > 0;)
		check_ok(take(&text, piece, size, &err), &err);
	fclose(f);
	return text;
}

struct result {
	bool ok;
	enum log_problem problem;
	uint64_t records;
	struct text text;
	struct err err;
};

static struct result print(const char *name, const struct log_options *options, size_t room)
{
	struct result result = { .text.room = room };
	struct log_output output = { take, &result.text };
	struct kernel kernel;
	struct arena arena;
	struct dump dump;
	char path[4096];

	arena_init(&arena);
	snprintf(path, sizeof(path), "%s/kernel_log-%s.vmcore", check_env("FIXTURES"), name);
	check_ok(dump_open(&dump, &arena, path, &result.err), &result.err);
	check_ok(kernel_open(&kernel, &arena, &dump, &result.err), &result.err);
	result.ok = log_print(kernel_view_new(&kernel, &arena), options, &output, &result.problem, &result.records,
			      &result.err);
	arena_release(&arena);
	return result;
}

static void compare(const char *name, const char *suffix, const struct log_options *options, int problem, long records,
		    const char *words)
{
	struct result result = print(name, options, 0);

	if (result.ok != (problem == LOG_FINE) || (int)result.problem != problem)
		fail_msg("%s: problem %d, expected %d: %s", name, (int)result.problem, problem,
			 result.ok ? "it succeeded" : result.err.text);
	if (!result.ok && !strstr(result.err.text, words))
		fail_msg("%s: \"%s\" does not say \"%s\"", name, result.err.text, words);
	if (records >= 0) {
		struct text expected = read_file(name, suffix);
		size_t same = 0;

		while (same < expected.size && same < result.text.size && expected.data[same] == result.text.data[same])
			same++;
		if (same != expected.size || same != result.text.size)
			fail_msg("%s.%s: %zu bytes, expected %zu; they differ from byte %zu on: \"%.60s\"", name, suffix,
				 result.text.size, expected.size, same,
				 same < result.text.size ? result.text.data + same : "(end)");
		if (result.records != (uint64_t)records)
			fail_msg("%s: %llu records, expected %ld", name, (unsigned long long)result.records, records);
		free(expected.data);
	}
	free(result.text.data);
}

TEST(every_dump_gives_the_log_that_was_written)
{
	static const struct log_options plain, indent = { .indent = true }, caller = { .caller = true };
	char path[4096], line[512];
	size_t count = 0;

	BEGIN_TEST();
	snprintf(path, sizeof(path), "%s/kernel_log-list", check_env("FIXTURES"));

	FILE *list = fopen(path, "r");

	assert_non_null(list);
	while (fgets(line, sizeof(line), list)) {
		char name[128], words[256];
		int problem;
		long records;

		assert_int_equal(sscanf(line, "%127s %d %ld %255[^\n]", name, &problem, &records, words), 4);
		compare(name, "expect", &plain, problem, records, words);
		compare(name, "indent", &indent, problem, records, words);
		compare(name, "caller", &caller, problem, records, words);
		count++;
	}
	fclose(list);
	assert_true(count > 150);
}

TEST(both_options_together)
{
	static const struct log_options both = { .indent = true, .caller = true };
	struct result result = print("prb-be32", &both, 0);
	struct err err;

	BEGIN_TEST();
	check_ok(result.ok, &result.err);
	check_ok(take(&result.text, "", 1, &err), &err);
	assert_non_null(strstr(result.text.data, "[    0.000001] [    T123] first line\n"
						 "                          second line\n"
						 "                          \n"
						 "                          fourth line\n"));
	assert_non_null(strstr(result.text.data, " [      C0] ends in a line feed\n                           \n["));
	free(result.text.data);
}

TEST(a_failed_write_ends_the_walk_and_keeps_its_reason)
{
	static const struct log_options plain;
	static const char *const names[] = { "prb-le64", "records-be32-printk_log", "ring-be64-full", "bad-tail" };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct result result = print(names[i], &plain, 1);

		assert_false(result.ok);
		assert_int_equal(result.problem, LOG_WRITE_FAILED);
		assert_string_equal(result.err.text, "no room for more than 1 bytes");
		free(result.text.data);
	}
}

TEST(exit_codes_are_those_of_kexec_tools)
{
	BEGIN_TEST();
	assert_int_equal(log_exit_code(LOG_FINE), 0);
	assert_int_equal(log_exit_code(LOG_UNREADABLE), 30);
	assert_int_equal(log_exit_code(LOG_NO_SYMBOLS), 50);
	assert_int_equal(log_exit_code(LOG_WRITE_FAILED), 54);
	assert_int_equal(log_exit_code(LOG_BAD_SIZES), 69);
	assert_int_equal(log_exit_code(LOG_CUT), 70);
}

CHECK_MAIN(cmocka_unit_test(every_dump_gives_the_log_that_was_written), cmocka_unit_test(both_options_together),
	   cmocka_unit_test(a_failed_write_ends_the_walk_and_keeps_its_reason),
	   cmocka_unit_test(exit_codes_are_those_of_kexec_tools))
