/* SPDX-License-Identifier: GPL-2.0-only */
#include "check.h"
#include "kdump/service/json.h"

/* What a writer of one text writes. */
static void check_text(const char *text, const char *expected)
{
	char *written = NULL;
	size_t size;
	FILE *out = open_memstream(&written, &size);
	struct json json;

	assert_non_null(out);
	json_init(&json, out);
	json_array(&json, NULL);
	json_text(&json, NULL, text);
	json_end(&json);
	assert_int_equal(fclose(out), 0);

	char whole[256];

	snprintf(whole, sizeof(whole), "[\n  \"%s\"\n]\n", expected);
	assert_string_equal(written, whole);
	free(written);
}

TEST(texts_are_escaped)
{
	BEGIN_TEST();
	check_text("", "");
	check_text("root=/dev/vda1 a/b", "root=/dev/vda1 a/b");
	check_text("\"quoted\" \\", "\\\"quoted\\\" \\\\");
	check_text("\n\t\001\037 \177", "\\u000a\\u0009\\u0001\\u001f \\u007f");
}

TEST(what_is_utf8_stays)
{
	BEGIN_TEST();
	check_text("\303\251 \342\202\254 \360\235\204\236", "\303\251 \342\202\254 \360\235\204\236");
	/* The first and the last of each length, and what lies around the surrogates. */
	check_text("\302\200 \337\277 \340\240\200 \357\277\277", "\302\200 \337\277 \340\240\200 \357\277\277");
	check_text("\360\220\200\200 \364\217\277\277 \355\237\277 \356\200\200",
		   "\360\220\200\200 \364\217\277\277 \355\237\277 \356\200\200");
}

TEST(what_is_not_utf8_is_replaced)
{
	BEGIN_TEST();
	check_text("a\377b", "a\\ufffdb");
	check_text("\200", "\\ufffd");
	/* Cut off, longer than needed, a surrogate, beyond the end. */
	check_text("\303", "\\ufffd");
	check_text("\342\202", "\\ufffd\\ufffd");
	check_text("\342\202\"", "\\ufffd\\ufffd\\\"");
	check_text("\300\257", "\\ufffd\\ufffd");
	check_text("\340\237\277", "\\ufffd\\ufffd\\ufffd");
	check_text("\360\217\277\277", "\\ufffd\\ufffd\\ufffd\\ufffd");
	check_text("\355\240\200", "\\ufffd\\ufffd\\ufffd");
	check_text("\364\220\200\200", "\\ufffd\\ufffd\\ufffd\\ufffd");
	check_text("\365\200\200\200", "\\ufffd\\ufffd\\ufffd\\ufffd");
	check_text("\342\202\254\202", "\342\202\254\\ufffd");
}

TEST(objects_and_arrays)
{
	char *written = NULL;
	size_t size;
	FILE *out = open_memstream(&written, &size);
	struct json json;

	BEGIN_TEST();
	assert_non_null(out);
	json_init(&json, out);
	json_object(&json, NULL);
	json_number(&json, "low", INT64_MIN);
	json_size(&json, "high", UINT64_MAX);
	json_array(&json, "none");
	json_end(&json);
	json_object(&json, "empty");
	json_end(&json);
	json_array(&json, "list");
	json_bool(&json, NULL, true);
	json_bool(&json, NULL, false);
	json_object(&json, NULL);
	json_null(&json, "a\"b");
	json_end(&json);
	json_end(&json);
	/* At the depth of what had members. */
	json_array(&json, "none again");
	json_end(&json);
	json_text(&json, "text", NULL);
	json_end(&json);
	assert_int_equal(fclose(out), 0);
	assert_string_equal(written, "{\n"
				     "  \"low\": -9223372036854775808,\n"
				     "  \"high\": 18446744073709551615,\n"
				     "  \"none\": [],\n"
				     "  \"empty\": {},\n"
				     "  \"list\": [\n"
				     "    true,\n"
				     "    false,\n"
				     "    {\n"
				     "      \"a\\\"b\": null\n"
				     "    }\n"
				     "  ],\n"
				     "  \"none again\": [],\n"
				     "  \"text\": null\n"
				     "}\n");
	free(written);
}

CHECK_MAIN(cmocka_unit_test(texts_are_escaped), cmocka_unit_test(what_is_utf8_stays),
	   cmocka_unit_test(what_is_not_utf8_is_replaced), cmocka_unit_test(objects_and_arrays))
