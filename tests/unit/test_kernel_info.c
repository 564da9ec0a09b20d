/* SPDX-License-Identifier: GPL-2.0-only */
/* VMCOREINFO as text. */
#include "arena.h"
#include "check.h"
#include "kdump/kernel/info.h"

static const char sample[] = "OSRELEASE=6.12.0\n"
			     "BUILD-ID=00ff\n"
			     "PAGESIZE=4096\n"
			     "SYMBOL(init_uts_ns)=ffffffff88a3f9b60\n"
			     "SYMBOL(b)=0xFFFFffff80000000\n"
			     "SYMBOL(empty)=\n"
			     "SIZE(list_head)=16\n"
			     "SIZE(minus)=-16\n"
			     "OFFSET(page.flags)=0\n"
			     "OFFSET(page._mapcount)=48\n"
			     "LENGTH(zone.free_area)=11\n"
			     "NUMBER(phys_base)=-1895825408\n"
			     "NUMBER(mask)=0xffff000000000000\n"
			     "NUMBER(lowest)=-9223372036854775808\n"
			     "NUMBER(below)=-9223372036854775809\n"
			     "NUMBER(highest)=18446744073709551615\n"
			     "NUMBER(above)=18446744073709551616\n"
			     "NUMBER(word)=true\n"
			     "NUMBER(blank)= 1\n"
			     "NUMBER(after)=1 \t\r\n"
			     "KERNELOFFSET=7c00000\n"
			     "CRASHTIME=1795300000\n"
			     "no line of ours\n"
			     "=no key\n"
			     "TWICE=first\n"
			     "TWICE=second\n"
			     "EQUALS=a=b\n"
			     "LAST=end";

static void read_text(struct kernel_info *info, struct arena *arena, const char *text, size_t size)
{
	/* Memory of its own size, for sanitizers. */
	uint8_t *copy = malloc(size ? size : 1);

	memcpy(copy, text, size);
	arena_init(arena);
	kernel_info_read(info, arena, (struct blob){ copy, size });
	free(copy);
}

TEST(texts_are_found_by_their_whole_key)
{
	struct arena arena;
	struct kernel_info info;

	BEGIN_TEST();
	read_text(&info, &arena, sample, sizeof(sample) - 1);
	assert_string_equal(kernel_info_text(&info, "OSRELEASE"), "6.12.0");
	assert_string_equal(kernel_info_text(&info, "LAST"), "end");
	assert_string_equal(kernel_info_text(&info, "TWICE"), "first");
	assert_string_equal(kernel_info_text(&info, "EQUALS"), "a=b");
	assert_string_equal(kernel_info_text(&info, "SYMBOL(empty)"), "");
	assert_null(kernel_info_text(&info, "OSRELEAS"));
	assert_null(kernel_info_text(&info, "OSRELEASE="));
	assert_null(kernel_info_text(&info, ""));
	assert_null(kernel_info_text(&info, "no line of ours"));
	for (size_t i = 1; i < info.count; i++)
		assert_true(strcmp(info.lines[i - 1].key, info.lines[i].key) <= 0);
	arena_release(&arena);
}

TEST(unsigned_numbers)
{
	struct arena arena;
	struct kernel_info info;
	uint64_t value = 77;

	BEGIN_TEST();
	read_text(&info, &arena, sample, sizeof(sample) - 1);
	/* 17 digits do not fit. */
	assert_false(kernel_info_symbol(&info, "init_uts_ns", &value));
	assert_false(kernel_info_symbol(&info, "empty", &value));
	assert_false(kernel_info_symbol(&info, "missing", &value));
	assert_false(kernel_info_size(&info, "minus", &value));
	assert_false(kernel_info_decimal(&info, "OSRELEASE", &value));
	assert_false(kernel_info_hex(&info, "OSRELEASE", &value));
	assert_int_equal(value, 77);
	assert_true(kernel_info_symbol(&info, "b", &value));
	assert_true(value == UINT64_C(0xffffffff80000000));
	assert_true(kernel_info_size(&info, "list_head", &value) && value == 16);
	assert_true(kernel_info_offset(&info, "page.flags", &value) && value == 0);
	assert_true(kernel_info_offset(&info, "page._mapcount", &value) && value == 48);
	assert_true(kernel_info_length(&info, "zone.free_area", &value) && value == 11);
	assert_true(kernel_info_hex(&info, "KERNELOFFSET", &value) && value == 0x7c00000);
	assert_true(kernel_info_decimal(&info, "CRASHTIME", &value) && value == 1795300000);
	assert_true(kernel_info_decimal(&info, "PAGESIZE", &value) && value == 4096);
	arena_release(&arena);
}

TEST(signed_numbers)
{
	struct arena arena;
	struct kernel_info info;
	int64_t value = 77;

	BEGIN_TEST();
	read_text(&info, &arena, sample, sizeof(sample) - 1);
	assert_false(kernel_info_number(&info, "below", &value));
	assert_false(kernel_info_number(&info, "above", &value));
	assert_false(kernel_info_number(&info, "word", &value));
	assert_false(kernel_info_number(&info, "blank", &value));
	assert_false(kernel_info_number(&info, "missing", &value));
	assert_int_equal(value, 77);
	assert_true(kernel_info_number(&info, "phys_base", &value) && value == -1895825408);
	assert_true(kernel_info_number(&info, "lowest", &value) && value == INT64_MIN);
	assert_true(kernel_info_number(&info, "highest", &value) && value == -1);
	assert_true(kernel_info_number(&info, "after", &value) && value == 1);
	assert_true(kernel_info_number(&info, "mask", &value));
	assert_true((uint64_t)value == UINT64_C(0xffff000000000000));
	arena_release(&arena);
}

TEST(a_name_too_long_for_a_key_is_not_there)
{
	struct arena arena;
	struct kernel_info info;
	char name[400];
	uint64_t value;

	BEGIN_TEST();
	memset(name, 'x', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	read_text(&info, &arena, sample, sizeof(sample) - 1);
	assert_false(kernel_info_symbol(&info, name, &value));
	arena_release(&arena);
}

TEST(nul_bytes_end_lines)
{
	static const char text[] = "A=1\0\0B=2\n\0C=3\0D";
	struct arena arena;
	struct kernel_info info;

	BEGIN_TEST();
	read_text(&info, &arena, text, sizeof(text));
	assert_int_equal(info.count, 3);
	assert_string_equal(kernel_info_text(&info, "A"), "1");
	assert_string_equal(kernel_info_text(&info, "B"), "2");
	assert_string_equal(kernel_info_text(&info, "C"), "3");
	arena_release(&arena);
}

TEST(nothing_is_a_text_too)
{
	struct arena arena;
	struct kernel_info info;

	BEGIN_TEST();
	read_text(&info, &arena, "", 0);
	assert_int_equal(info.count, 0);
	assert_null(kernel_info_text(&info, "A"));
	arena_release(&arena);
	arena_init(&arena);
	kernel_info_read(&info, &arena, (struct blob){ NULL, 0 });
	assert_int_equal(info.count, 0);
	arena_release(&arena);
}

TEST(cut_anywhere_the_lines_before_the_cut_hold)
{
	BEGIN_TEST();
	for (size_t size = 0; size < sizeof(sample); size++) {
		struct arena arena;
		struct kernel_info info;
		size_t whole = 0;

		read_text(&info, &arena, sample, size);
		for (size_t i = 0; i < size; i++)
			whole += sample[i] == '\n';
		assert_true(info.count <= whole + 1);
		if (size > strlen("OSRELEASE=6.12.0"))
			assert_string_equal(kernel_info_text(&info, "OSRELEASE"), "6.12.0");
		arena_release(&arena);
	}
}

CHECK_MAIN(cmocka_unit_test(texts_are_found_by_their_whole_key), cmocka_unit_test(unsigned_numbers),
	   cmocka_unit_test(signed_numbers), cmocka_unit_test(a_name_too_long_for_a_key_is_not_there),
	   cmocka_unit_test(nul_bytes_end_lines), cmocka_unit_test(nothing_is_a_text_too),
	   cmocka_unit_test(cut_anywhere_the_lines_before_the_cut_hold))
