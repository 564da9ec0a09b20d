/* SPDX-License-Identifier: GPL-2.0-only */
#include "arena.h"
#include "check.h"
#include "cksm.h"
#include "kexec/base/file.h"

static struct blob fixture(struct arena *arena, const char *name)
{
	struct blob blob;
	struct err err;

	check_ok(file_map(arena, arena_printf(arena, "%s/cksm/%s", check_env("FIXTURES"), name), NULL, &blob,
			  &err),
		 &err);
	return blob;
}

TEST(known_answers)
{
	BEGIN_TEST();
	assert_int_equal(cksm("", 0, 0), 0);
	assert_int_equal(cksm("", 0, 5), 5);
	assert_int_equal(cksm("\x12\x34\x56\x78", 4, 0), 0x12345678);
	assert_int_equal(cksm("\x12", 1, 0), 0x12000000);
	assert_int_equal(cksm("\x12\x34", 2, 0), 0x12340000);
	assert_int_equal(cksm("\x12\x34\x56", 3, 0), 0x12345600);
	assert_int_equal(cksm("\xff\xff\xff\xff\0\0\0\1", 8, 0), 1);
	assert_int_equal(cksm("\xff\xff\xff\xff", 4, 0), UINT32_MAX);
	assert_int_equal(cksm("\xff\xff\xff\xff", 4, UINT32_MAX), UINT32_MAX);
	assert_int_equal(cksm("\0\0\0\1", 4, UINT32_MAX), 1);
}

/* From a heap copy of exactly the size, at each offset's own alignment. */
TEST(as_another_program_computes_it)
{
	struct arena arena;
	size_t count = 0;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob data = fixture(&arena, "data"), list = fixture(&arena, "cases");
	const char *line = arena_strndup(&arena, (const char *)list.data, list.size);

	for (; *line; line = strchr(line, '\n') + 1) {
		unsigned int offset, length, seed, expected;

		assert_int_equal(sscanf(line, "%x %x %x %x", &offset, &length, &seed, &expected), 4);
		assert_true(blob_has(data, offset, length));

		size_t shift = offset % 8;
		uint8_t *copy = malloc(shift + length + 1);

		assert_non_null(copy);
		memcpy(copy + shift, data.data + offset, length);
		copy[shift + length] = 0xa5;
		if (cksm(copy + shift, length, seed) != expected)
			fail_msg("offset %x length %x seed %x: %x, expected %x", offset, length, seed,
				 cksm(copy + shift, length, seed), expected);
		free(copy);
		count++;
	}
	assert_true(count > 2000);
	arena_release(&arena);
}

TEST(parts_add_up)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob data = fixture(&arena, "data");
	uint32_t whole = cksm(data.data, data.size, 0);

	for (size_t first = 0; first <= 400; first += 4) {
		uint32_t part = cksm(data.data, first, 0);

		assert_int_equal(cksm(data.data + first, data.size - first, part), whole);
	}
	arena_release(&arena);
}

TEST(zeros_change_nothing)
{
	static const uint8_t zeros[4096];

	BEGIN_TEST();
	for (size_t size = 0; size < sizeof(zeros); size += 61) {
		assert_int_equal(cksm(zeros, size, 0), 0);
		assert_int_equal(cksm(zeros, size, 0x89abcdef), 0x89abcdef);
		assert_int_equal(cksm(zeros, size, UINT32_MAX), UINT32_MAX);
	}
}

/* More words than carries fit in the sum between two folds. */
TEST(large_data)
{
	enum { SIZE = 40 << 20 };
	uint8_t *bytes = malloc(SIZE);

	BEGIN_TEST();
	assert_non_null(bytes);
	memset(bytes, 0xff, SIZE);
	assert_int_equal(cksm(bytes, SIZE, 0), UINT32_MAX);
	bytes[SIZE - 1] = 0xfe;

	/* The complement of 1: all other words are zero in this arithmetic. */
	assert_int_equal(cksm(bytes, SIZE, 0), UINT32_MAX - 1);
	free(bytes);
}

CHECK_MAIN(cmocka_unit_test(known_answers), cmocka_unit_test(as_another_program_computes_it),
	   cmocka_unit_test(parts_add_up), cmocka_unit_test(zeros_change_nothing),
	   cmocka_unit_test(large_data))
