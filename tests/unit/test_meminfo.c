/* SPDX-License-Identifier: GPL-2.0-only */
/* The readers of meminfo and os_info against pages made in Python, and the worked example of doc/meminfo. */
#include <ctype.h>
#include <inttypes.h>

#include "arena.h"
#include "check.h"
#include "cksm.h"
#include "kdump/meminfo_read.h"
#include "kdump/os_info_read.h"
#include "kdump/verify_state.h"
#include "kexec/base/file.h"
#include "plan.h"
#include "s390.h"

static const char *read_fixture(struct arena *arena, const char *name, struct blob *bytes)
{
	struct err err;
	const char *path = arena_printf(arena, "%s/%s", check_env("FIXTURES"), name);

	check_ok(file_map(arena, path, NULL, bytes, &err), &err);
	return arena_strndup(arena, (const char *)bytes->data, bytes->size);
}

/* A part on its own, so that a sanitizer sees each byte too far. */
static struct blob copy_part(struct blob all, uint64_t offset, uint64_t length)
{
	struct blob part = blob_part(all, offset, length);
	uint8_t *bytes = malloc(part.size ? part.size : 1);

	assert_int_equal(part.size, length);
	if (part.size)
		memcpy(bytes, part.data, part.size);
	return (struct blob){ bytes, part.size };
}

static const char *meminfo_name(enum meminfo_result result)
{
	const char *name = meminfo_result_name(result);

	if (result == MEMINFO_OK)
		return "ok";
	return strcmp(name, "major version") == 0 ? "version" : name;
}

TEST(each_page_gives_the_result_that_the_specification_says)
{
	struct arena arena;
	struct blob pages, list;
	int count = 0, good = 0;

	BEGIN_TEST();
	arena_init(&arena);
	read_fixture(&arena, "meminfo/pages", &pages);
	for (const char *line = read_fixture(&arena, "meminfo/cases", &list); *line; line = strchr(line, '\n') + 1) {
		char name[64], order_name[16], wanted[16];
		uint64_t offset, length;
		uint32_t records;

		assert_int_equal(sscanf(line, "%63s %" SCNx64 " %" SCNx64 " %15s %15s %" SCNx32, name, &offset, &length,
					order_name, wanted, &records), 6);

		enum order order = strcmp(order_name, "big") == 0 ? ORDER_BIG : ORDER_LITTLE;
		struct blob page = copy_part(pages, offset, length);
		struct meminfo meminfo;
		struct meminfo_fault fault;
		struct meminfo_item item;
		enum meminfo_result result = meminfo_read(&meminfo, page, order, &fault);

		if (strcmp(meminfo_name(result), wanted) != 0)
			fail_msg("%s (%s): \"%s\", expected \"%s\"", name, order_name, meminfo_name(result), wanted);
		if (result == MEMINFO_OK) {
			assert_int_equal(meminfo.record_count, records);
			for (uint32_t i = 0; i < records; i++)
				assert_true(meminfo_item(&meminfo, i, &item));
			assert_false(meminfo_item(&meminfo, records, &item));
			assert_false(meminfo_item(&meminfo, UINT32_MAX, &item));
			assert_true(records == 0 || meminfo_sum_holds(page, order));
			good++;
		} else {
			assert_true(fault.found != fault.expected);
		}
		/* In the other order it is no meminfo at all, and nothing of it is followed. */
		if (length >= sizeof(struct meminfo_header))
			assert_int_not_equal(meminfo_read(&meminfo, page, order == ORDER_BIG ? ORDER_LITTLE : ORDER_BIG,
							  &fault), MEMINFO_OK);
		meminfo_sum_holds(page, order);
		free((void *)(uintptr_t)page.data);
		count++;
	}
	assert_true(count > 1500 && good > 100);
	arena_release(&arena);
}

TEST(records_are_read_as_they_were_written)
{
	struct arena arena;
	struct blob page, list;
	struct meminfo meminfo;
	struct meminfo_fault fault;
	uint32_t index = 0;

	BEGIN_TEST();
	arena_init(&arena);
	read_fixture(&arena, "meminfo/example", &page);
	assert_int_equal(meminfo_read(&meminfo, page, ORDER_BIG, &fault), MEMINFO_OK);
	assert_int_equal(meminfo.major, 1);
	assert_int_equal(meminfo.minor, 0);
	assert_int_equal(meminfo.size, page.size);
	assert_int_equal(meminfo.crash_start, 0x400000);
	assert_int_equal(meminfo.crash_size, 0x200000);
	assert_int_equal(meminfo.entry, 0x402200);
	assert_int_equal(meminfo.time, 1795300000);
	assert_int_equal(meminfo.flags, 0);
	for (const char *line = read_fixture(&arena, "meminfo/records", &list); *line;
	     line = strchr(line, '\n') + 1, index++) {
		struct meminfo_item want, item;

		assert_int_equal(sscanf(line, "%" SCNx32 " %" SCNx32 " %" SCNx64 " %" SCNx64 " %" SCNx32 " %" SCNx32 " %" SCNx64,
					&want.type, &want.subtype, &want.address, &want.size, &want.checksum, &want.flags,
					&want.aux), 7);
		assert_true(meminfo_item(&meminfo, index, &item));
		assert_int_equal(item.type, want.type);
		assert_int_equal(item.subtype, want.subtype);
		assert_int_equal(item.address, want.address);
		assert_int_equal(item.size, want.size);
		assert_int_equal(item.checksum, want.checksum);
		assert_int_equal(item.flags, want.flags);
		assert_int_equal(item.aux, want.aux);
	}
	assert_int_equal(index, meminfo.record_count);
	arena_release(&arena);
}

/* Each bit of header and records: another result than OK. */
TEST(each_flipped_bit_is_seen)
{
	struct arena arena;
	struct blob page;
	struct meminfo meminfo;
	struct meminfo_fault fault;

	BEGIN_TEST();
	arena_init(&arena);
	read_fixture(&arena, "meminfo/example", &page);

	uint8_t *bytes = arena_alloc(&arena, page.size);
	struct blob changed = { bytes, page.size };

	memcpy(bytes, page.data, page.size);
	for (size_t bit = 0; bit < 8 * page.size; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_not_equal(meminfo_read(&meminfo, changed, ORDER_BIG, &fault), MEMINFO_OK);
		/* Damage in the magic alone leaves the sum, which tells that a meminfo was there. */
		assert_int_equal(meminfo_sum_holds(changed, ORDER_BIG), bit < 64);
		bytes[bit / 8] ^= (uint8_t)(1 << bit % 8);
	}
	assert_int_equal(meminfo_read(&meminfo, changed, ORDER_BIG, &fault), MEMINFO_OK);
	arena_release(&arena);
}

TEST(memory_without_meminfo_has_no_right_sum)
{
	uint8_t zeros[4096] = { 0 }, ones[4096];

	BEGIN_TEST();
	memset(ones, 0xff, sizeof(ones));
	assert_false(meminfo_sum_holds((struct blob){ zeros, sizeof(zeros) }, ORDER_BIG));
	assert_false(meminfo_sum_holds((struct blob){ ones, sizeof(ones) }, ORDER_BIG));
	assert_false(meminfo_sum_holds((struct blob){ zeros, 63 }, ORDER_BIG));
	assert_false(meminfo_sum_holds((struct blob){ NULL, 0 }, ORDER_BIG));
}

static const char *os_info_name(enum os_info_result result)
{
	const char *name = os_info_result_name(result);

	if (result == OS_INFO_OK)
		return "ok";
	return strcmp(name, "major version") == 0 ? "version" : name;
}

TEST(each_os_info_page_gives_the_result_that_its_rules_say)
{
	struct arena arena;
	struct blob pages, list;
	int count = 0;

	BEGIN_TEST();
	arena_init(&arena);
	read_fixture(&arena, "os_info/pages", &pages);
	for (const char *line = read_fixture(&arena, "os_info/cases", &list); *line; line = strchr(line, '\n') + 1) {
		char name[64], wanted[16];
		uint64_t offset, length, start, size;
		unsigned int major, minor;

		assert_int_equal(sscanf(line, "%63s %" SCNx64 " %" SCNx64 " %15s %x %x %" SCNx64 " %" SCNx64, name, &offset,
					&length, wanted, &major, &minor, &start, &size), 8);

		struct blob page = copy_part(pages, offset, length);
		struct os_info info;
		struct os_info_fault fault;
		enum os_info_result result = os_info_read(&info, page, &fault);

		if (strcmp(os_info_name(result), wanted) != 0)
			fail_msg("%s: \"%s\", expected \"%s\"", name, os_info_name(result), wanted);
		if (result == OS_INFO_OK) {
			assert_int_equal(info.major, major);
			assert_int_equal(info.minor, minor);
			assert_int_equal(info.crash_start, start);
			assert_int_equal(info.crash_size, size);
		} else {
			assert_true(fault.found != fault.expected);
		}
		free((void *)(uintptr_t)page.data);
		count++;
	}
	assert_true(count > 60);
	arena_release(&arena);
}

TEST(each_cut_os_info_page_is_too_short_and_each_flipped_byte_seen)
{
	struct arena arena;
	struct blob pages;
	struct os_info info;
	struct os_info_fault fault;

	BEGIN_TEST();
	arena_init(&arena);
	read_fixture(&arena, "os_info/pages", &pages);

	uint8_t *bytes = arena_alloc(&arena, S390_OS_INFO_SIZE);

	memcpy(bytes, pages.data, S390_OS_INFO_SIZE);
	for (size_t length = 0; length < S390_OS_INFO_SIZE; length++) {
		struct blob cut = copy_part(pages, 0, length);

		assert_int_equal(os_info_read(&info, cut, &fault), OS_INFO_SHORT);
		assert_int_equal(fault.found, length);
		free((void *)(uintptr_t)cut.data);
	}
	for (size_t at = 0; at < S390_OS_INFO_SIZE; at++) {
		bytes[at] ^= 0x10;
		assert_int_equal(os_info_read(&info, (struct blob){ bytes, S390_OS_INFO_SIZE }, &fault),
				 at < 8 ? OS_INFO_MAGIC : OS_INFO_CHECKSUM);
		bytes[at] ^= 0x10;
	}
	assert_int_equal(os_info_read(&info, (struct blob){ bytes, S390_OS_INFO_SIZE }, &fault), OS_INFO_OK);
	arena_release(&arena);
}

/* The hex lines of doc/meminfo: "0123  ab cd ..." after white space, offsets ascending without gap. */
TEST(the_worked_example_is_real)
{
	struct arena arena;
	struct err err;
	struct blob wanted;
	char *text;
	uint8_t bytes[4096];
	size_t size = 0;

	BEGIN_TEST();
	arena_init(&arena);
	read_fixture(&arena, "meminfo/example", &wanted);
	check_ok(file_read_text(&arena, arena_printf(&arena, "%s/doc/meminfo", check_env("SRCDIR")), 1 << 20, &text, &err),
		 &err);
	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		unsigned int offset, value;
		int used;

		while (*line == ' ' || *line == '\t')
			line++;
		if (sscanf(line, "%4x  %2x%n", &offset, &value, &used) != 2 || line[4] != ' ' || line[5] != ' ' ||
		    !isxdigit((unsigned char)line[7]))
			continue;
		assert_int_equal(offset, size);
		for (line += 5; sscanf(line, " %2x%n", &value, &used) == 1 && used == 3; line += used) {
			assert_true(size < sizeof(bytes));
			bytes[size++] = (uint8_t)value;
		}
	}
	assert_int_equal(size, wanted.size);
	assert_memory_equal(bytes, wanted.data, size);
	arena_release(&arena);
}

TEST(roles_have_the_names_of_plans)
{
	BEGIN_TEST();
	for (uint32_t role = 0; role < 12; role++) {
		const char *name = segment_role_name((enum segment_role)role), *mine = verify_role_name(role);

		if (strcmp(name, "unknown") == 0)
			assert_null(mine);
		else
			assert_string_equal(mine, name);
	}
}

CHECK_MAIN(cmocka_unit_test(each_page_gives_the_result_that_the_specification_says),
	   cmocka_unit_test(records_are_read_as_they_were_written), cmocka_unit_test(each_flipped_bit_is_seen),
	   cmocka_unit_test(memory_without_meminfo_has_no_right_sum),
	   cmocka_unit_test(each_os_info_page_gives_the_result_that_its_rules_say),
	   cmocka_unit_test(each_cut_os_info_page_is_too_short_and_each_flipped_byte_seen),
	   cmocka_unit_test(the_worked_example_is_real), cmocka_unit_test(roles_have_the_names_of_plans))
