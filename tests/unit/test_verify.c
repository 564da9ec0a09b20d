/* SPDX-License-Identifier: GPL-2.0-only */
/* --verify of a flat memory image: each byte and each number that can be wrong. */
#include "cksm.h"
#include "verify_fixture.h"

#define OS_INFO UINT64_C(0x21000)

TEST(intact_images_are_told_word_for_word)
{
	BEGIN_TEST();

	static const char *const names[] = { "intact", "no-initrd", "elfcorehdr", "unchecked", "no-meminfo" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct world w;
		char image[64], out[64], *wanted;

		snprintf(image, sizeof(image), "%s.ram", names[i]);
		snprintf(out, sizeof(out), "%s.out", names[i]);
		begin(&w, image);
		check_ok(file_read_text(&w.arena, fixture(&w, out), 65536, &wanted, &w.err), &w.err);

		char *text = verify(&w, VERIFY_INTACT);

		assert_string_equal(text, wanted);
		free(text);
		end(&w);
	}
}

TEST(each_flipped_byte_is_told_by_the_right_line)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");
	check_flips(&w, "intact.flips");

	/* And the image is as it was. */
	free(verify(&w, VERIFY_INTACT));
	end(&w);
}

/* The used part of the meminfo page with every single bit: never "nothing", never another line. */
TEST(each_flipped_bit_of_meminfo_is_damage)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");
	for (uint64_t offset = 0; offset < 64 + 8 * 40; offset += check_stride(5)) {
		for (int bit = 0; bit < 8; bit += offset < 64 ? 1 : 3)
			check_flip(&w, CRASH + 0xf000 + offset, (uint8_t)(1 << bit), "segment meminfo");
	}
	end(&w);
}

/* Without purgatory's table, meminfo alone has to tell; without meminfo, the table. */
TEST(two_damages_are_two_lines)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");
	flip(&w, CRASH + 0x3000, 1);
	flip(&w, CRASH + 0x12010, 1);

	char *text = verify(&w, VERIFY_DAMAGED);

	assert_non_null(strstr(text, "BAD  segment purgatory 0x402000-0x404000: digest of parameters and region table"));
	assert_non_null(strstr(text, "BAD  segment kernel 0x412000-0x415000: checksum: found 0x"));
	assert_non_null(strstr(text, "ok   segment initrd 0x500000-0x502000 checksum 0x4dedacba\n"));
	check_last(text, "damaged: 2 of 9 found bad\n");
	free(text);

	flip(&w, CRASH + 0x3000, 1);
	flip(&w, CRASH + 0xf000, 1);
	text = verify(&w, VERIFY_DAMAGED);
	assert_non_null(strstr(text, "BAD  segment meminfo 0x40f000-0x410000: SHA-256: found "));
	assert_non_null(strstr(text, "; magic: found 0x4c454d494e464f01, expected 0x4d454d494e464f01\n"));
	assert_non_null(strstr(text, "BAD  segment kernel 0x412000-0x415000: SHA-256: found "));
	assert_non_null(strstr(text, "ok   segment initrd 0x500000-0x502000 SHA-256 intact\n"));
	free(text);

	/* Neither list is left: the image is still looked at, and nothing is called intact. */
	flip(&w, CRASH + 0x3000, 1);
	flip(&w, CRASH + 0x10009, 1);
	text = verify(&w, VERIFY_DAMAGED);
	assert_non_null(strstr(text, "BAD  segment purgatory"));
	assert_non_null(strstr(text, "BAD  segment meminfo"));
	assert_non_null(strstr(text, "BAD  loaded image 0x410000-0x410438: entry table: found 0x5332393045500001"));
	free(text);
	end(&w);
}

TEST(one_line_has_all_facts_of_a_segment)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");
	put64(&w, CRASH + S390_OLDMEM_BASE, 0x1234);
	put64(&w, CRASH + S390_INITRD_SIZE, UINT64_MAX);

	char *text = verify(&w, VERIFY_DAMAGED);

	check_one_bad(text, "segment parmarea 0x410000-0x412000: checksum: found 0x", "old memory: found 0x200000 bytes at "
		      "0x1234, expected the crash range, 0x200000 at 0x400000", "old memory");
	check_one_bad(text, "segment parmarea", "initrd: found 0xffffffffffffffff bytes at 0x100000, expected some inside "
		      "0x10000-0x200000", "initrd");
	free(text);
	put64(&w, CRASH + S390_OLDMEM_BASE, CRASH);
	put64(&w, CRASH + S390_OLDMEM_SIZE, CRASH_SIZE / 2);
	text = verify(&w, VERIFY_DAMAGED);
	check_one_bad(text, "segment parmarea", "old memory: found 0x100000 bytes at 0x400000", "old memory's size");
	free(text);
	end(&w);
}

TEST(initrd_fields_must_fit_the_initrd_segment)
{
	BEGIN_TEST();

	static const struct {
		uint64_t start, size;
		const char *words;
	} cases[] = {
		{ 0x100000, 0x1235, "expected 0x1234 at 0x100000" },
		{ 0x101000, 0x1234, "expected 0x1234 at 0x100000" },
		{ 0, 0, "expected some inside 0x10000-0x200000" },
		{ 0x1ff000, 0x1001, "expected some inside" },
		{ UINT64_MAX, 1, "expected some inside" },
	};
	struct world w;

	begin(&w, "intact.ram");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put64(&w, CRASH + S390_INITRD_START, cases[i].start);
		put64(&w, CRASH + S390_INITRD_SIZE, cases[i].size);

		char *text = verify(&w, VERIFY_DAMAGED);

		check_one_bad(text, "segment parmarea", cases[i].words, cases[i].words);
		free(text);
	}
	end(&w);
}

TEST(records_that_cannot_be_are_told)
{
	BEGIN_TEST();

	struct world w;
	struct blob list;

	begin(&w, "intact.ram");
	check_ok(file_map(&w.arena, fixture(&w, "records.bad"), NULL, &list, &w.err), &w.err);

	const char *line = arena_strndup(&w.arena, (const char *)list.data, list.size);
	int count = 0;

	for (; *line; line = strchr(line, '\n') + 1, count++) {
		char name[64], bad[64], words[64];
		enum verify_result result;
		char *text;

		assert_int_equal(sscanf(line, "%63[^\t]\t%63[^\t]\t%63[^\n]", name, bad, words), 3);
		check_ok(verify_path(&w, fixture(&w, arena_printf(&w.arena, "%s.ram", name)), &text, &result), &w.err);
		assert_int_equal(result, VERIFY_DAMAGED);

		char *start = strstr(text, arena_printf(&w.arena, "BAD  %s", bad));

		if (!start || !strstr(start, words) || strstr(start, words) > strchr(start, '\n'))
			fail_msg("%s: no line \"BAD  %s ... %s\":\n%s", name, bad, words, text);
		free(text);
	}
	assert_true(count > 15);
	end(&w);
}

static void put_os_info(struct world *w, uint64_t start, uint64_t size, uint16_t major)
{
	struct s390_os_info info = {
		.magic = be64_make(S390_OS_INFO_MAGIC),
		.major = be16_make(major),
		.crashkernel_address = be64_make(start),
		.crashkernel_size = be64_make(size),
	};

	info.checksum = be32_make(cksm((const uint8_t *)&info + S390_OS_INFO_CHECKSUM_FROM,
				       sizeof(info) - S390_OS_INFO_CHECKSUM_FROM, 0));
	put(w, OS_INFO, &info, sizeof(info));
}

TEST(where_nothing_is_loaded_it_is_said_why)
{
	BEGIN_TEST();

	struct world w;
	uint8_t zeros[0x10000] = { 0 };

	begin(&w, "foreign.ram");
	check_nothing(&w, "not checkable: a crash kernel is loaded at 0x400000 without meminfo");
	flip(&w, CRASH + S390_ENTRY_TABLE, 1);
	check_nothing(&w, "nothing loaded: the crash range 0x400000-0x600000 holds neither meminfo nor a kernel");
	put_os_info(&w, 0, 0, 1);
	check_nothing(&w, "nothing loaded: os_info says that no memory is reserved");
	put_os_info(&w, CRASH, CRASH_SIZE, 2);
	check_nothing(&w, "not checkable: os_info at 0x21000 is of major version 2, and 1 is understood");
	put64(&w, S390_LOWCORE_OS_INFO, 0);
	check_nothing(&w, "nothing loaded: the os_info pointer at absolute 0xe18 is 0");
	end(&w);

	/* meminfo and purgatory gone, image still there: as if another program had loaded it. */
	begin(&w, "intact.ram");
	put(&w, CRASH, zeros, sizeof(zeros));
	check_nothing(&w, "not checkable: a crash kernel is loaded at 0x400000 without meminfo");
	end(&w);

	begin(&w, "record-later.ram");
	check_nothing(&w, "not checkable: meminfo at 0x40f000 is of major version 2, and 1 is understood");
	end(&w);
}

/* As an interrupted real-memory copy leaves it: meminfo is zeros, purgatory says that it should not be. */
TEST(missing_meminfo_is_damage_where_purgatory_expects_it)
{
	BEGIN_TEST();

	struct world w;
	uint8_t zeros[0x1000] = { 0 };

	begin(&w, "intact.ram");
	put(&w, CRASH + 0xf000, zeros, sizeof(zeros));

	char *text = verify(&w, VERIFY_DAMAGED);

	check_one_bad(text, "segment meminfo 0x40f000-0x410000", "magic: found 0x0", "zeroed");
	free(text);

	/* With a damaged table, that purgatory is there is all that tells. */
	flip(&w, CRASH + 0x3000, 1);
	text = verify(&w, VERIFY_DAMAGED);
	assert_non_null(strstr(text, "BAD  segment purgatory"));
	assert_non_null(strstr(text, "BAD  segment meminfo 0x40f000-0x410000: magic: found 0x0"));
	free(text);
	end(&w);

	/* And with no purgatory to be seen, the page's sum. */
	begin(&w, "intact.ram");
	flip(&w, CRASH + 0x2000, 1);
	flip(&w, CRASH + 0xf007, 1);
	text = verify(&w, VERIFY_DAMAGED);
	check_one_bad(text, "segment meminfo 0x40f000-0x410000", "magic: found 0x4d454d494e464f00", "two magics");
	free(text);
	end(&w);
}

TEST(crash_ranges_that_cannot_be)
{
	BEGIN_TEST();

	static const struct {
		uint64_t start, size;
		const char *words;
	} cases[] = {
		{ 0x400800, 0x200000, "alignment" },
		{ 0x400000, 0x200800, "alignment" },
		{ 0x100000, 0x200000, "place: found 0x100000, expected at or above its size 0x200000" },
		{ 0x700000, 0x200000, "end: found 0x900000, expected at most the end of memory, 0x800000" },
		{ UINT64_C(0xfffffffffff00000), 0x200000, "size: found 0x200000, more than 64 bits hold" },
		{ UINT64_MAX, UINT64_MAX, "alignment" },
		{ 0, UINT64_C(0xfffffffffff00000), "expected at or above its size" },
	};
	struct world w;

	begin(&w, "intact.ram");
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_os_info(&w, cases[i].start, cases[i].size, 1);

		char *text = verify(&w, VERIFY_DAMAGED);

		check_one_bad(text, "crashkernel 0x", cases[i].words, cases[i].words);
		free(text);
	}
	end(&w);
}

TEST(os_info_pointers_that_cannot_be)
{
	BEGIN_TEST();

	static const uint64_t pointers[] = { 1, 0x21001, 0x800000, 0x7ff001, UINT64_MAX, UINT64_C(0xfffffffffffff000) };
	struct world w;

	begin(&w, "intact.ram");
	for (size_t i = 0; i < sizeof(pointers) / sizeof(pointers[0]); i++) {
		put64(&w, S390_LOWCORE_OS_INFO, pointers[i]);

		char *text = verify(&w, VERIFY_DAMAGED);

		check_one_bad(text, "os_info pointer", "expected", "pointer");
		free(text);
	}
	end(&w);
}

TEST(vmcoreinfo_not_set_is_no_damage)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");
	put64(&w, S390_LOWCORE_VMCOREINFO, 0);

	char *text = verify(&w, VERIFY_INTACT);

	assert_non_null(strstr(text, "ok   vmcoreinfo pointer at 0xe0c not set by this kernel\n"));
	free(text);
	put64(&w, S390_LOWCORE_VMCOREINFO, 0x800000 - 4);
	text = verify(&w, VERIFY_DAMAGED);
	check_one_bad(text, "vmcoreinfo pointer at 0xe0c", "expected an even address in the memory", "note at the end");
	free(text);

	/* An odd pointer is the kernel's way to say "not yet", whatever lies there. */
	uint8_t note[64];

	assert_int_equal(pread(w.fd, note, sizeof(note), 0x30010), sizeof(note));
	put(&w, 0x31001, note, sizeof(note));
	put64(&w, S390_LOWCORE_VMCOREINFO, 0x31001);
	text = verify(&w, VERIFY_DAMAGED);
	check_one_bad(text, "vmcoreinfo pointer at 0xe0c", "expected an even address", "odd");
	free(text);
	end(&w);
}

TEST(purgatory_that_has_run_is_noted)
{
	BEGIN_TEST();

	struct world w;
	struct be32 result = be32_make(3);

	begin(&w, "intact.ram");
	put(&w, CRASH + 0x2000 + 0x100 + 176, &result, sizeof(result));

	char *text = verify(&w, VERIFY_INTACT);

	assert_non_null(strstr(text, "note purgatory: it has run and found a damaged region\n"));
	free(text);
	result = be32_make(77);
	put(&w, CRASH + 0x2000 + 0x100 + 176, &result, sizeof(result));
	text = verify(&w, VERIFY_DAMAGED);
	check_one_bad(text, "segment purgatory", "result: found 77", "result");
	free(text);
	end(&w);
}

/* Purgatory's numbers are followed only inside its segment. */
TEST(wild_numbers_in_purgatory_are_told)
{
	BEGIN_TEST();

	static const struct {
		unsigned int offset, size;
	} fields[] = {
		{ 8, 4 }, { 12, 4 }, { 24, 8 }, { 40, 8 }, { 56, 8 }, { 64, 8 },   /* header */
		{ 0x108, 8 }, { 0x110, 4 }, { 0x114, 4 }, { 0x118, 8 }, { 0x120, 8 }, { 0x128, 8 },
	};
	static const uint64_t values[] = { 0, 1, 0x1fff, 0x2000, 0x2001, 0x7fffffff, 0xffffffff, UINT64_MAX / 2,
					   UINT64_MAX - 7, UINT64_MAX };
	struct world w;

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		begin(&w, "intact.ram");
		for (size_t k = 0; k < sizeof(values) / sizeof(values[0]); k++) {
			if (fields[i].offset == 8 && values[k] == 1)
				continue; /* the ABI's own number */

			struct be64 wire = be64_make(values[k]);

			put(&w, CRASH + 0x2000 + fields[i].offset, wire.b + (8 - fields[i].size), fields[i].size);

			char *text = verify(&w, VERIFY_DAMAGED);

			check_one_bad(text, "segment purgatory", "expected", "wild");
			free(text);
		}
		end(&w);
	}
}

/* Two at once, which bound each other. */
TEST(wild_place_and_size_of_the_table)
{
	BEGIN_TEST();

	static const uint64_t offsets[] = { 0x100000, 0x7ffffffffffff000, 0xfffffffffffff000, 0x2000, 0x1ff0 };
	struct world w;

	begin(&w, "intact.ram");
	put64(&w, CRASH + 0x2000 + 0x118, UINT64_MAX);
	for (size_t i = 0; i < sizeof(offsets) / sizeof(offsets[0]); i++) {
		put64(&w, CRASH + 0x2000 + 0x108, offsets[i]);

		char *text = verify(&w, VERIFY_DAMAGED);

		check_one_bad(text, "segment purgatory", "region table: found 4 regions at offset 0x", "wild table");
		free(text);
	}
	end(&w);
}

/* Without SHA-256 the checksum and the zeros behind the records still cover the page. */
TEST(unchecked_loads_have_their_checksums)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "unchecked.ram");
	check_flip(&w, CRASH + 0xfff0, 1, "segment meminfo");
	check_flip(&w, CRASH + 0xf180, 1, "segment meminfo");
	check_flip(&w, CRASH + 0x14fff, 1, "segment kernel");
	check_flip(&w, CRASH + 0x100000, 1, "segment initrd");
	end(&w);
}

CHECK_MAIN(cmocka_unit_test(intact_images_are_told_word_for_word),
	   cmocka_unit_test(each_flipped_byte_is_told_by_the_right_line),
	   cmocka_unit_test(each_flipped_bit_of_meminfo_is_damage),
	   cmocka_unit_test(two_damages_are_two_lines),
	   cmocka_unit_test(one_line_has_all_facts_of_a_segment),
	   cmocka_unit_test(initrd_fields_must_fit_the_initrd_segment),
	   cmocka_unit_test(records_that_cannot_be_are_told),
	   cmocka_unit_test(where_nothing_is_loaded_it_is_said_why),
	   cmocka_unit_test(missing_meminfo_is_damage_where_purgatory_expects_it),
	   cmocka_unit_test(crash_ranges_that_cannot_be),
	   cmocka_unit_test(os_info_pointers_that_cannot_be),
	   cmocka_unit_test(vmcoreinfo_not_set_is_no_damage),
	   cmocka_unit_test(purgatory_that_has_run_is_noted),
	   cmocka_unit_test(wild_numbers_in_purgatory_are_told),
	   cmocka_unit_test(wild_place_and_size_of_the_table),
	   cmocka_unit_test(unchecked_loads_have_their_checksums))
