/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/iomem.h"
#include "machine_support.h"

struct parsed {
	struct arena arena;
	struct machine_resource *resources;
	size_t count;
	struct err err;
};

static bool parse(struct parsed *parsed, const char *text, size_t size)
{
	struct blob copy = machine_exact_copy(text, size);

	memset(parsed, 0, sizeof(*parsed));
	arena_init(&parsed->arena);

	bool ok = iomem_parse(&parsed->arena, "t", copy, &parsed->resources, &parsed->count, &parsed->err);

	free((void *)copy.data);
	return ok;
}

static void refuse(const char *text, size_t size, const char *words)
{
	struct parsed parsed;

	check_fails(parse(&parsed, text, size), &parsed.err, ERR_BAD_MACHINE, words);
	assert_null(parsed.resources);
	arena_release(&parsed.arena);
}

#define REFUSE(text, words) refuse(text, sizeof(text) - 1, words)

TEST(levels_and_inclusive_ends)
{
	static const char text[] = "00000000-00000fff : Reserved\n"
				   "00001000-bfffffff : System RAM\n"
				   "  01000000-022090c7 : Kernel code\n"
				   "    01000000-01000000 : odd : name\n"
				   "ABCDEF00-abcdefff : Reserved\n"
				   "100000000-ffffffffffffffff : System RAM\n";
	struct parsed parsed;

	BEGIN_TEST();
	check_ok(parse(&parsed, text, sizeof(text) - 1), &parsed.err);
	assert_int_equal(parsed.count, 6);
	assert_int_equal(parsed.resources[0].range.start, 0);
	assert_int_equal(parsed.resources[0].range.end, 0x1000);
	assert_int_equal(parsed.resources[2].depth, 1);
	assert_int_equal(parsed.resources[2].range.end, 0x22090c8);
	assert_int_equal(parsed.resources[3].depth, 2);
	assert_int_equal(range_size(parsed.resources[3].range), 1);
	assert_string_equal(parsed.resources[3].name, "odd : name");
	assert_int_equal(parsed.resources[4].range.start, 0xabcdef00);
	assert_int_equal(parsed.resources[4].range.end, 0xabcdf000);
	assert_int_equal(parsed.resources[5].range.start, UINT64_C(0x100000000));
	assert_int_equal(parsed.resources[5].range.end, UINT64_MAX);
	arena_release(&parsed.arena);
}

TEST(line_of_any_length)
{
	enum { LENGTH = 100000 };
	struct parsed parsed;
	char *text = malloc(LENGTH);

	BEGIN_TEST();
	memset(text, 'n', LENGTH);
	memcpy(text, "0-f : ", 6);
	text[LENGTH - 1] = '\n';
	check_ok(parse(&parsed, text, LENGTH), &parsed.err);
	assert_int_equal(strlen(parsed.resources[0].name), LENGTH - 7);
	arena_release(&parsed.arena);
	free(text);
}

TEST(line_ends_of_other_systems)
{
	static const char text[] = "00000000-00000fff : System RAM\r\n";
	struct parsed parsed;

	BEGIN_TEST();
	check_ok(parse(&parsed, text, sizeof(text) - 1), &parsed.err);
	assert_string_equal(parsed.resources[0].name, "System RAM");
	arena_release(&parsed.arena);
}

TEST(hidden_addresses)
{
	static const char hidden[] = "00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n";
	static const char shown[] = "00000000-00000000 : odd\n00000001-00000001 : System RAM\n";
	struct parsed parsed;

	BEGIN_TEST();
	check_fails(parse(&parsed, hidden, sizeof(hidden) - 1), &parsed.err, ERR_DENIED, "Run as root");
	arena_release(&parsed.arena);
	check_ok(parse(&parsed, shown, sizeof(shown) - 1), &parsed.err);
	arena_release(&parsed.arena);
}

TEST(malformed_lines)
{
	BEGIN_TEST();
	REFUSE("", "t is empty");
	REFUSE("\n", "t:1:");
	REFUSE("0-f : a\n\n", "t:2:");
	REFUSE("0-f : a\n0-f: b\n", "t:2: \"0-f: b\" found");
	REFUSE("0-f :b\n", "t:1:");
	REFUSE("0-f :\n", "t:1:");
	REFUSE("0-f\n", "t:1: \"0-f\" found");
	REFUSE("0f : a\n", "t:1: \"0f : a\" found");
	REFUSE("-f : a\n", "t:1:");
	REFUSE("0- : a\n", "t:1:");
	REFUSE("-\n", "t:1:");
	REFUSE(" : a\n", "t:1:");
	REFUSE("0x0-0xf : a\n", "t:1:");
	REFUSE("0-g : a\n", "t:1:");
	REFUSE("-1-f : a\n", "t:1:");
	REFUSE("+0-f : a\n", "t:1:");
	REFUSE("f-0 : a\n", "t:1:");
	REFUSE("0-10000000000000000 : a\n", "t:1:");
	REFUSE(" 0-f : a\n", "t:1: \" 0-f : a\" found");
	REFUSE("\t0-f : a\n", "t:1:");
	REFUSE("  0-f : a\n", "indented for level 1, but only level 0");
	REFUSE("0-f : a\n    0-f : b\n", "t:2: \"    0-f : b\" is indented for level 2, but only level 1");
	REFUSE("0-f : a\n  0-f", "t:2: the last line has no line end");
	REFUSE("0-f : a\n0-f : System R", "t:2: the last line has no line end");
	REFUSE("0-f : a\0b\n", "t:1: a NUL byte in \"0-f : a\\x00b\"");
	REFUSE("\0\n", "NUL");
	REFUSE("0-f\x01 : \x7f\n", "0-f\\x01 : \\x7f");
}

/* An error shows the beginning of a long line only. */
TEST(long_malformed_line)
{
	enum { LENGTH = 100000 };
	struct parsed parsed;
	char *text = malloc(LENGTH);

	BEGIN_TEST();
	memset(text, 0xff, LENGTH);
	text[LENGTH - 1] = '\n';
	check_fails(parse(&parsed, text, LENGTH), &parsed.err, ERR_BAD_MACHINE, "\\xff\\xff...\" found");
	assert_true(strlen(parsed.err.text) < 300);
	arena_release(&parsed.arena);
	memset(text, '\n', LENGTH);
	check_fails(parse(&parsed, text, LENGTH), &parsed.err, ERR_BAD_MACHINE, "t:1:");
	arena_release(&parsed.arena);
	free(text);
}

/* The same resources as in the machine text, from which another program made this file. */
TEST(fixtures)
{
	BEGIN_TEST();
	for (size_t i = 0; i < MACHINE_FIXTURES; i++) {
		struct arena arena;
		struct machine machine;
		struct parsed parsed;
		struct err err;

		arena_init(&arena);
		check_ok(machine_read_text(&machine, "t", machine_fixture(&arena, machine_fixtures[i], "txt"),
					   &err),
			 &err);

		struct blob text = machine_fixture(&arena, machine_fixtures[i], "iomem");

		check_ok(parse(&parsed, (const char *)text.data, text.size), &parsed.err);

		struct machine shown = { .resources = parsed.resources, .resource_count = parsed.count };

		assert_true(machine_same_resources(&machine, &shown));
		arena_release(&parsed.arena);
		machine_release(&machine);
		arena_release(&arena);
	}
}

/* Cut anywhere it is refused, but behind a whole line, where nothing shows that more should follow. */
TEST(every_truncation)
{
	struct arena arena;
	struct parsed parsed;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob text = machine_fixture(&arena, "s390x-qemu", "iomem");
	const char *bytes = (const char *)text.data;

	for (size_t size = 0; size < text.size; size++) {
		if (size && bytes[size - 1] == '\n')
			check_ok(parse(&parsed, bytes, size), &parsed.err);
		else
			check_fails(parse(&parsed, bytes, size), &parsed.err, ERR_BAD_MACHINE, "t");
		arena_release(&parsed.arena);
	}
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(levels_and_inclusive_ends), cmocka_unit_test(line_of_any_length),
	   cmocka_unit_test(line_ends_of_other_systems), cmocka_unit_test(hidden_addresses),
	   cmocka_unit_test(malformed_lines), cmocka_unit_test(long_malformed_line),
	   cmocka_unit_test(fixtures), cmocka_unit_test(every_truncation))
