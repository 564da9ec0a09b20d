/* SPDX-License-Identifier: GPL-2.0-only */
#include "check.h"

#include "kexec/base/cmdline.h"

TEST(words_are_split_as_linux_does)
{
	BEGIN_TEST();
	const char *line = "  a=1\tb=\"x y\" \"c=d e\"\n open=\"to the end ";
	const char *const expected[] = { "a=1", "b=\"x y\"", "\"c=d e\"", "open=\"to the end " };
	struct cmdline_word word;

	for (size_t i = 0; i < 4; i++) {
		assert_true(cmdline_next(&line, &word));
		assert_int_equal(word.length, strlen(expected[i]));
		assert_memory_equal(word.text, expected[i], word.length);
	}
	assert_false(cmdline_next(&line, &word));
	assert_false(cmdline_next(&line, &word));
}

TEST(empty_lines_have_no_words)
{
	BEGIN_TEST();
	struct cmdline_word word;
	const char *empty = "", *blank = " \t ";

	assert_false(cmdline_next(&empty, &word));
	assert_false(cmdline_next(&blank, &word));
}

TEST(keys_are_whole_words)
{
	BEGIN_TEST();
	static const struct {
		const char *word;
		bool is;
	} cases[] = {
		{ "crashkernel", true },
		{ "crashkernel=256M", true },
		{ "crashkernel=", true },
		{ "crashkernel_x=1", false },
		{ "xcrashkernel=1", false },
		{ "crashkerne", false },
		{ "\"crashkernel=1G, high\"", true },
		{ "\"crashkernel\"", true },
		{ "\"", false },
		{ "x=crashkernel=1", false },
		{ "CRASHKERNEL=1", false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct cmdline_word word = { cases[i].word, strlen(cases[i].word) };

		if (cmdline_word_is(word, "crashkernel") != cases[i].is)
			fail_msg("%s: expected %d", cases[i].word, cases[i].is);
	}
}

/* As Linux has it, in names alone. */
TEST(dashes_are_underscores_in_keys)
{
	BEGIN_TEST();
	static const char *const same[] = { "log_buf_len", "log-buf-len=1M", "log_buf-len=1_M", "\"log-buf_len=1 M\"" };
	static const char *const others[] = { "log_buf_le", "logbuf_len", "log+buf_len", "log_buf_len-x=1", "x-log_buf_len" };

	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++) {
		struct cmdline_word word = { same[i], strlen(same[i]) };

		assert_true(cmdline_word_is(word, "log_buf_len"));
		assert_true(cmdline_word_is(word, "log-buf-len"));
	}
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
		assert_false(cmdline_word_is((struct cmdline_word){ others[i], strlen(others[i]) }, "log_buf_len"));
}

TEST(without_drops_all_of_a_key_and_nothing_else)
{
	BEGIN_TEST();
	static const char *const keys[] = { "BOOT_IMAGE", "crashkernel", NULL };
	static const char *const none[] = { NULL };
	static const struct {
		const char *line, *left;
	} cases[] = {
		{ "BOOT_IMAGE=/vmlinuz root=/dev/sda1 ro", "root=/dev/sda1 ro" },
		{ "a crashkernel=1G,high b crashkernel=64M,low c", "a b c" },
		{ "crashkernel=auto", "" },
		{ "", "" },
		{ "  a   b  ", "a b" },
		{ "old_crashkernel=1 my.crashkernel=2 a", "old_crashkernel=1 my.crashkernel=2 a" },
		{ "note=\"crashkernel=1 BOOT_IMAGE=2\" b", "note=\"crashkernel=1 BOOT_IMAGE=2\" b" },
	};
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(cmdline_without(&arena, cases[i].line, keys), cases[i].left);
	assert_string_equal(cmdline_without(&arena, "a crashkernel=1", none), "a crashkernel=1");
	arena_release(&arena);
}

TEST(an_exact_memory_map_goes_as_a_whole)
{
	BEGIN_TEST();
	static const struct {
		const char *line, *left;
	} cases[] = {
		{ "a memmap=exactmap memmap=640K@0K b memmap=9M@16M", "a b" },
		{ "memmap=1M$2M memmap=3M#4M a", "memmap=1M$2M memmap=3M#4M a" },
		{ "memmap=1M$2M memmap=exactmap a", "memmap=1M$2M a" },
		{ "memmap=exactmapping memmap=1M a", "memmap=exactmapping memmap=1M a" },
		{ "x=\"memmap=exactmap\" memmap=1M", "x=\"memmap=exactmap\" memmap=1M" },
		{ "", "" },
	};
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(cmdline_without_exactmap(&arena, cases[i].line), cases[i].left);
	arena_release(&arena);
}

TEST(join_changes_no_letter)
{
	BEGIN_TEST();
	struct arena arena;

	arena_init(&arena);
	assert_string_equal(cmdline_join(&arena, "a  b", "c"), "a  b c");
	assert_string_equal(cmdline_join(&arena, "", " c "), " c ");
	assert_string_equal(cmdline_join(&arena, "a", ""), "a");
	assert_string_equal(cmdline_join(&arena, "", ""), "");
	arena_release(&arena);
}

TEST(reuse_repeats_nothing)
{
	BEGIN_TEST();
	static const struct {
		const char *reused, *appended, *result;
	} cases[] = {
		{ "root=/dev/sda ro", "quiet", "root=/dev/sda ro quiet" },
		{ "root=/dev/sda ro quiet", "quiet", "root=/dev/sda ro quiet" },
		{ "a nr_cpus=1 b", "nr_cpus=1 irqpoll", "a b nr_cpus=1 irqpoll" },
		{ "a", "", "a" },
		{ "", "b", "b" },
		{ "a", "a", "a" },
		/* The last console is /dev/console, so what is appended comes last, and only once. */
		{ "console=tty0 console=ttyS0", "console=tty0", "console=ttyS0 console=tty0" },
		{ "console=ttyS0 console=tty0", "console=tty0", "console=ttyS0 console=tty0" },
		{ "console=tty0 console=ttyS0 x", "console=ttyS0 console=tty0", "x console=ttyS0 console=tty0" },
		{ "a=1 a=2", "a=1", "a=2 a=1" },
		{ "quiet=1 quiets", "quiet", "quiet=1 quiets quiet" },
		/* A tail that is repeated as a whole goes as a whole, "--" included. */
		{ "a -- single", "-- single", "a -- single" },
		/* Words before the "--" are the kernel's and stay; what is appended lands behind it. */
		{ "single -- x y", "single", "single -- x y single" },
		{ "single -- x single y", "single", "single -- x y single" },
		{ "dyndbg=\"file a.c +p\" b", "dyndbg=\"file a.c +p\"", "b dyndbg=\"file a.c +p\"" },
	};
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_string_equal(cmdline_reuse(&arena, cases[i].reused, cases[i].appended),
				    cases[i].result);
	arena_release(&arena);
}

TEST(reuse_does_not_grow_over_generations)
{
	BEGIN_TEST();
	static const char *const appended[] = {
		"reset_devices nr_cpus=1 note=\"two words\" reset_devices -- single",
		"console=ttyS0 quiet",
		"quiet console=tty0 console=ttyS0",
		"root=/dev/dasda1",
		"\"note=two words\" a=\"b c\"",
		"quiet quiet",
		"-- x",
		"",
	};
	static const char *const booted[] = {
		"root=/dev/dasda1 quiet",
		"console=ttyS0 root=/dev/dasda1 console=tty0",
		"root=\"LABEL=a b\" -- single",
		"",
	};
	struct arena arena;

	arena_init(&arena);
	for (size_t i = 0; i < sizeof(appended) / sizeof(appended[0]); i++) {
		for (size_t j = 0; j < sizeof(booted) / sizeof(booted[0]); j++) {
			const char *first = cmdline_reuse(&arena, booted[j], appended[i]);
			const char *line = first;

			for (int k = 0; k < 5; k++)
				line = cmdline_reuse(&arena, line, appended[i]);
			if (strcmp(line, first) != 0)
				fail_msg("\"%s\" + \"%s\": \"%s\", then \"%s\"", booted[j], appended[i], first, line);
		}
	}
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(words_are_split_as_linux_does), cmocka_unit_test(empty_lines_have_no_words),
	   cmocka_unit_test(keys_are_whole_words), cmocka_unit_test(dashes_are_underscores_in_keys),
	   cmocka_unit_test(without_drops_all_of_a_key_and_nothing_else),
	   cmocka_unit_test(an_exact_memory_map_goes_as_a_whole),
	   cmocka_unit_test(join_changes_no_letter), cmocka_unit_test(reuse_repeats_nothing),
	   cmocka_unit_test(reuse_does_not_grow_over_generations))
