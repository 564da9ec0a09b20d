/* SPDX-License-Identifier: GPL-2.0-only */
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "check.h"

static bool all_are(const unsigned char *bytes, size_t size, unsigned char value)
{
	for (size_t i = 0; i < size; i++) {
		if (bytes[i] != value)
			return false;
	}
	return true;
}

/* Sizes around the alignment and around what gets a block of its own; none overlaps another, all begin as
 * zeros. */
TEST(memory_is_zeroed_aligned_and_apart)
{
	enum { COUNT = 3000 };
	static unsigned char *pieces[COUNT];
	static size_t sizes[COUNT];
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	for (size_t i = 0; i < COUNT; i++) {
		sizes[i] = i % 100 == 99 ? i * 40 : i % 67;
		pieces[i] = arena_alloc(&arena, sizes[i]);
		assert_non_null(pieces[i]);
		assert_int_equal((uintptr_t)pieces[i] % 16, 0);
		assert_true(all_are(pieces[i], sizes[i], 0));
		memset(pieces[i], (int)(i % 255 + 1), sizes[i]);
	}
	for (size_t i = 0; i < COUNT; i++)
		assert_true(all_are(pieces[i], sizes[i], (unsigned char)(i % 255 + 1)));
	arena_release(&arena);
}

TEST(no_bytes_still_have_a_place)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);

	void *first = arena_alloc(&arena, 0), *second = arena_alloc(&arena, 0);

	assert_non_null(first);
	assert_non_null(second);
	assert_ptr_not_equal(first, second);
	assert_non_null(arena_array(&arena, 0, 100));
	assert_non_null(arena_array(&arena, 100, 0));
	arena_release(&arena);
}

TEST(strings)
{
	struct arena arena;
	char large[5000];

	BEGIN_TEST();
	arena_init(&arena);
	assert_string_equal(arena_strdup(&arena, ""), "");
	assert_string_equal(arena_strdup(&arena, "abc"), "abc");
	assert_string_equal(arena_strndup(&arena, "abcdef", 3), "abc");
	assert_string_equal(arena_strndup(&arena, "abc", 0), "");
	assert_string_equal(arena_printf(&arena, "%s-%d", "a", 5), "a-5");
	assert_string_equal(arena_printf(&arena, "%s", ""), "");
	memset(large, 'x', sizeof(large) - 1);
	large[sizeof(large) - 1] = 0;
	assert_string_equal(arena_printf(&arena, "%s", large), large);
	arena_release(&arena);
}

struct order {
	int values[3];
	size_t count;
};

static struct order order;

static void note(void *data, size_t size)
{
	assert_int_equal(size, 4);
	order.values[order.count++] = *(int *)data;
}

/* What is cleaned up may itself lie in the arena. */
TEST(cleanups_run_last_first_and_once)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	for (int i = 0; i < 3; i++) {
		int *value = arena_alloc(&arena, sizeof(*value));

		*value = i;
		arena_defer(&arena, note, value, 4);
	}
	order.count = 0;
	arena_release(&arena);
	assert_int_equal(order.count, 3);
	assert_int_equal(order.values[0], 2);
	assert_int_equal(order.values[2], 0);
	arena_release(&arena);
	assert_int_equal(order.count, 3);
}

TEST(released_is_as_new)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	arena_release(&arena);
	for (int i = 0; i < 3; i++) {
		unsigned char *bytes = arena_alloc(&arena, 100000);

		assert_true(all_are(bytes, 100000, 0));
		memset(bytes, 0xff, 100000);
		arena_release(&arena);
		assert_null(arena.blocks);
		assert_null(arena.cleanups);
	}
}

static void ask_too_much(struct arena *arena)
{
	arena_alloc(arena, SIZE_MAX);
}

static void ask_too_much_by_a_header(struct arena *arena)
{
	arena_alloc(arena, SIZE_MAX - 40);
}

static void ask_for_an_overflow(struct arena *arena)
{
	arena_array(arena, SIZE_MAX / 8 + 2, 8);
}

/* In a child, for it ends the process: exit code 1 and a message on standard error. */
static void check_out_of_memory(void (*ask)(struct arena *arena))
{
	char text[500] = "";
	size_t used = 0;
	int ends[2], status;

	assert_int_equal(pipe(ends), 0);

	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		struct arena arena;

		dup2(ends[1], 2);
		arena_init(&arena);
		ask(&arena);
		_exit(42);
	}
	close(ends[1]);
	for (ssize_t got; (got = read(ends[0], text + used, sizeof(text) - 1 - used)) > 0;)
		used += (size_t)got;
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 1);
	assert_non_null(strstr(text, "out of memory"));
}

TEST(out_of_memory_ends_the_process)
{
	BEGIN_TEST();
	check_out_of_memory(ask_too_much);
	check_out_of_memory(ask_too_much_by_a_header);
	check_out_of_memory(ask_for_an_overflow);
}

CHECK_MAIN(cmocka_unit_test(memory_is_zeroed_aligned_and_apart),
	   cmocka_unit_test(no_bytes_still_have_a_place), cmocka_unit_test(strings),
	   cmocka_unit_test(cleanups_run_last_first_and_once), cmocka_unit_test(released_is_as_new),
	   cmocka_unit_test(out_of_memory_ends_the_process))
