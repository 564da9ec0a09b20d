/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "check.h"

/* Text of any length, to be cut. */
static const char *long_text(char *text, size_t length)
{
	memset(text, 'x', length);
	text[length] = 0;
	return text;
}

static void assert_cut(const struct err *err)
{
	size_t length = strlen(err->text);

	assert_int_equal(length, sizeof(err->text) - 1);
	assert_string_equal(err->text + length - 3, "...");
}

TEST(set_gives_code_and_text)
{
	struct err err = { .errnum = 77 };

	BEGIN_TEST();
	assert_false(err_set(&err, ERR_NO_ROOM, "%d bytes for %s", 12, "initrd"));
	assert_int_equal(err.code, ERR_NO_ROOM);
	assert_int_equal(err.errnum, 0);
	assert_string_equal(err.text, "12 bytes for initrd");
}

TEST(system_adds_the_meaning_of_errno)
{
	struct err err;
	char expected[200];

	BEGIN_TEST();
	assert_false(err_system(&err, ENOENT, "cannot open %s", "/a"));
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(err.errnum, ENOENT);
	snprintf(expected, sizeof(expected), "cannot open /a: %s", strerror(ENOENT));
	assert_string_equal(err.text, expected);
}

TEST(refusals_of_the_kernel)
{
	struct err err;

	BEGIN_TEST();
	assert_false(err_system(&err, EPERM, "a"));
	assert_int_equal(err.code, ERR_DENIED);
	assert_int_equal(err.errnum, EPERM);
	assert_false(err_system(&err, EACCES, "a"));
	assert_int_equal(err.code, ERR_DENIED);
	assert_false(err_system(&err, EIO, "a"));
	assert_int_equal(err.code, ERR_SYSTEM);
}

TEST(prefixes_grow_outermost_first)
{
	struct err err;

	BEGIN_TEST();
	assert_false(err_system(&err, EIO, "inner"));

	char inner[sizeof(err.text)];

	strcpy(inner, err.text);
	assert_false(err_prefix(&err, "middle %d", 2));
	assert_false(err_prefix(&err, "outer"));
	assert_int_equal(err.code, ERR_SYSTEM);
	assert_int_equal(err.errnum, EIO);
	assert_memory_equal(err.text, "outer: middle 2: ", 17);
	assert_string_equal(err.text + 17, inner);
}

/* At each length around the size of the buffer, for each way to fill it. */
TEST(long_texts_are_cut)
{
	struct err err;
	char text[sizeof(err.text) + 64];

	BEGIN_TEST();
	for (size_t length = sizeof(err.text) - 64; length < sizeof(text) - 1; length++) {
		assert_false(err_set(&err, ERR_USAGE, "%s", long_text(text, length)));
		if (length < sizeof(err.text))
			assert_int_equal(strlen(err.text), length);
		else
			assert_cut(&err);

		assert_false(err_system(&err, EINVAL, "%s", long_text(text, length)));
		if (length + 2 + strlen(strerror(EINVAL)) < sizeof(err.text))
			assert_int_equal(strlen(err.text), length + 2 + strlen(strerror(EINVAL)));
		else
			assert_cut(&err);

		assert_false(err_set(&err, ERR_USAGE, "inner"));
		assert_false(err_prefix(&err, "%s", long_text(text, length)));
		assert_int_equal(err.code, ERR_USAGE);
		if (length + 7 < sizeof(err.text))
			assert_int_equal(strlen(err.text), length + 7);
		else
			assert_cut(&err);

		assert_false(err_set(&err, ERR_USAGE, "%s", long_text(text, length)));
		assert_false(err_prefix(&err, "outer"));
		assert_memory_equal(err.text, "outer: xxx", 10);
		if (length + 7 >= sizeof(err.text))
			assert_cut(&err);
	}
}

CHECK_MAIN(cmocka_unit_test(set_gives_code_and_text), cmocka_unit_test(system_adds_the_meaning_of_errno),
	   cmocka_unit_test(refusals_of_the_kernel), cmocka_unit_test(prefixes_grow_outermost_first),
	   cmocka_unit_test(long_texts_are_cut))
