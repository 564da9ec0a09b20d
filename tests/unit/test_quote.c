/* SPDX-License-Identifier: GPL-2.0-only */
#include "check.h"
#include "kexec/base/quote.h"

static void check_quoted(const char *text, const char *expected)
{
	char *written = NULL;
	size_t size;
	FILE *out = open_memstream(&written, &size);

	assert_non_null(out);
	quote_write(out, text);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(written, expected);
	free(written);
}

TEST(what_is_plain_stays)
{
	BEGIN_TEST();
	check_quoted("", "\"\"");
	check_quoted("root=/dev/ram0 a='b' ~", "\"root=/dev/ram0 a='b' ~\"");
}

TEST(all_else_is_escaped)
{
	BEGIN_TEST();
	check_quoted("a=\"b c\" \\", "\"a=\\\"b c\\\" \\\\\"");
	check_quoted("\n\t\r\001\037\177", "\"\\n\\t\\x0d\\x01\\x1f\\x7f\"");
	check_quoted("\303\244\377", "\"\\xc3\\xa4\\xff\"");
}

CHECK_MAIN(cmocka_unit_test(what_is_plain_stays), cmocka_unit_test(all_else_is_escaped))
