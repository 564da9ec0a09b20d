/* SPDX-License-Identifier: GPL-2.0-only */
/* --verify of memory of x86-64, with and without a machine text, through files, ELF cores and /proc/kcore. */
#define VERIFY_ARCH ARCH_X86_64
#define VERIFY_FOLDER "verify_x86"
#include <sys/stat.h>

#include "verify_fixture.h"

#define META (CRASH + CRASH_SIZE - 0x1000)
#define PURGATORY (CRASH + 0x112000)
#define PARAMS (PURGATORY + 0x100)
#define CORE_HEADER (CRASH + 0x15f000)

static void give_machine(struct world *w, struct machine *machine, const char *name)
{
	struct blob text;

	check_ok(file_map(&w->arena, fixture(w, name), NULL, &text, &w->err), &w->err);
	check_ok(machine_read_text(machine, name, text, &w->err), &w->err);
	w->machine = machine;
}

/* The expected text, with the image's path where '@' stands. */
static const char *expected(struct world *w, const char *name, const char *path)
{
	char *text;

	check_ok(file_read_text(&w->arena, fixture(w, name), 65536, &text, &w->err), &w->err);

	char *at = strchr(text, '@');

	if (!at)
		return text;
	*at = '\0';
	return arena_printf(&w->arena, "%s%s%s", text, path, at + 1);
}

TEST(intact_images_are_told_word_for_word)
{
	BEGIN_TEST();

	static const char *const names[] = { "intact", "gap", "hotplug", "unchecked", "no-meminfo" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct world w;
		struct machine machine;
		char name[64];

		snprintf(name, sizeof(name), "%s.ram", names[i]);
		begin(&w, name);
		if (strcmp(names[i], "no-meminfo") == 0) {
			check_nothing(&w, "not checkable: there is no meminfo in ");
		} else {
			char *alone = verify(&w, VERIFY_INTACT);

			snprintf(name, sizeof(name), "%s.alone", names[i]);
			assert_string_equal(alone, expected(&w, name, w.path));
			free(alone);
		}
		snprintf(name, sizeof(name), "%s.txt", names[i]);
		give_machine(&w, &machine, name);

		char *text = verify(&w, VERIFY_INTACT);

		snprintf(name, sizeof(name), "%s.out", names[i]);
		assert_string_equal(text, expected(&w, name, w.path));
		free(text);
		machine_release(&machine);
		end(&w);
	}
}

TEST(each_flipped_byte_is_told_by_the_right_line)
{
	BEGIN_TEST();

	struct world w;
	struct machine machine;

	begin(&w, "intact.ram");
	give_machine(&w, &machine, "intact.txt");
	check_flips(&w, "intact.flips");
	free(verify(&w, VERIFY_INTACT));
	machine_release(&machine);
	end(&w);
}

/* Without a machine, what says where meminfo belongs must be whole; all else is told as with one. */
TEST(each_flipped_byte_of_meminfo_without_a_machine)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");
	for (uint64_t at = 0; at < 64 + 10 * 40; at++) {
		flip(&w, META + at, 0x01);
		if (at < 8 || (at >= 24 && at < 40)) {
			check_nothing(&w, at < 8 ? "not checkable: there is no meminfo in " :
					  "not checkable: meminfo at 0x5ff000 of ");
		} else {
			char *text = verify(&w, VERIFY_DAMAGED);

			check_one_bad(text, "segment meminfo", NULL, "meminfo");
			free(text);
		}
		flip(&w, META + at, 0x01);
	}
	free(verify(&w, VERIFY_INTACT));
	end(&w);
}

/* The digest of purgatory is over the wrong values, too, so that only the values themselves are wrong. */
TEST(wrong_hand_off_values_are_told)
{
	static const struct {
		const char *image, *words;
	} cases[] = {
		{ "handoff-mode.ram", "mode: found 65, expected 64, 32 or 16" },
		{ "handoff-backup.ram", "backup: found 0x1000 bytes at 0x1000, expected some inside the crash range" },
		{ "handoff-rest.ram", "hand-off value 14: found 0x5, expected 0" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;

		begin(&w, cases[i].image);

		char *text = verify(&w, VERIFY_DAMAGED);

		check_one_bad(text, "segment purgatory", cases[i].words, cases[i].image);
		free(text);
		end(&w);
	}
}

/* Where nobody has a checksum of the core header, it must still be one. */
TEST(a_core_header_that_the_kernel_changes_is_looked_at)
{
	BEGIN_TEST();

	struct world w;
	static const uint64_t wrong[] = { 0, 4, 16, 18, 57 };

	begin(&w, "hotplug.ram");
	flip(&w, CORE_HEADER + 64, 0x10);
	free(verify(&w, VERIFY_INTACT));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		flip(&w, CORE_HEADER + wrong[i], 0x40);

		char *text = verify(&w, VERIFY_DAMAGED);

		check_one_bad(text, "segment elfcorehdr", "ELF header: found", "core header");
		free(text);
		flip(&w, CORE_HEADER + wrong[i], 0x40);
	}
	end(&w);
}

TEST(low_memory_saved_by_purgatory_is_no_damage)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");
	flip(&w, CRASH + 0x160000, 0xff);
	free(verify(&w, VERIFY_INTACT));
	end(&w);
}

/* An initrd may carry a kexec, and with it a purgatory that is none of this load. */
TEST(another_purgatory_is_not_taken_for_this_loads)
{
	BEGIN_TEST();

	struct world w;
	struct machine machine;

	begin(&w, "stray.ram");
	give_machine(&w, &machine, "intact.txt");

	char *text = verify(&w, VERIFY_DAMAGED);

	assert_non_null(strstr(text, "ok   segment purgatory 0x512000-0x514000 header"));
	assert_non_null(strstr(text, "BAD  segment meminfo 0x5ff000-0x600000: SHA-256"));
	free(text);

	/* Without the right one there is only the other. */
	flip(&w, PURGATORY, 1);
	text = verify(&w, VERIFY_DAMAGED);
	check_one_bad(text, "segment meminfo", "magic: found", "stray");
	assert_null(strstr(text, "segment purgatory"));
	free(text);
	machine_release(&machine);
	end(&w);
}

/* The lines say what was found; the last one, that it speaks of no load that is in force. */
static void check_remains(uint64_t blank, const char *last)
{
	struct world w;
	struct machine machine;
	uint8_t zeros[0x1000] = { 0 };

	begin(&w, "intact.ram");
	give_machine(&w, &machine, "intact.txt");
	put(&w, blank, zeros, sizeof(zeros));

	char *text = verify(&w, VERIFY_NOTHING);

	check_last(text, last);
	free(text);
	machine_release(&machine);
	end(&w);
}

/* What a load by kexec_file_load(2) covers of one by kexec_load(2) that it replaces. */
TEST(the_remains_of_a_replaced_load_are_no_damage)
{
	BEGIN_TEST();
	check_remains(META, "not checkable: meminfo at 0x5ff000 reads as zeros");
	check_remains(PURGATORY, "not checkable: purgatory at 0x512000 reads as zeros");
}

TEST(what_cannot_be_told_is_said)
{
	BEGIN_TEST();

	struct world w;
	struct machine machine;
	uint8_t zeros[0x1000] = { 0 };

	begin(&w, "twice.ram");
	check_nothing(&w, "not checkable: 2 pages of ");
	give_machine(&w, &machine, "intact.txt");
	free(verify(&w, VERIFY_INTACT));

	/* Nothing of this load: with something else in the last page, and with nothing. */
	put(&w, META, zeros, sizeof(zeros));
	flip(&w, PURGATORY, 1);
	check_nothing(&w, "not checkable: the last page of the crash range 0x400000-0x600000 reads as zeros");
	flip(&w, META + 5, 1);
	check_nothing(&w, "not checkable: the crash range 0x400000-0x600000 holds neither meminfo");

	/* The machine has none, has one elsewhere, has one too small. */
	machine.crash.v[0] = (struct range){ 0x700000, 0x900000 };
	check_nothing(&w, "not checkable: the crash range 0x700000-0x900000 is not all in ");
	machine.crash.v[0] = (struct range){ 0x700000, 0x701000 };
	check_nothing(&w, "not checkable: the crash range 0x700000-0x701000 has no room");
	machine.crash.count = 0;
	check_nothing(&w, "nothing loaded: intact.txt has no memory reserved");
	machine_release(&machine);
	end(&w);
}

TEST(a_later_version_is_not_checkable)
{
	BEGIN_TEST();

	struct world w;
	uint8_t bytes[64 + 10 * 40];
	uint32_t sum = 0;

	begin(&w, "intact.ram");
	assert_int_equal(pread(w.fd, bytes, sizeof(bytes), (off_t)META), sizeof(bytes));
	bytes[12] = 2;
	for (size_t i = 12; i < sizeof(bytes); i += 4) {
		uint32_t word = (uint32_t)bytes[i] << 24 | (uint32_t)bytes[i + 1] << 16 | (uint32_t)bytes[i + 2] << 8 |
				bytes[i + 3];

		sum += word;
		sum += sum < word;
	}
	for (int i = 0; i < 4; i++)
		bytes[8 + i] = (uint8_t)(sum >> (8 * i));
	put(&w, META, bytes, sizeof(bytes));
	check_nothing(&w, "not checkable: meminfo at 0x5ff000 is of major version 2, and 1 is understood here");
	end(&w);
}

/* QEMU's file of a guest with memory above 4 GiB, cut and grown: never taken for what it is not. */
TEST(the_gap_is_found_or_nothing_is_said)
{
	BEGIN_TEST();

	struct world w;
	struct machine machine;

	begin(&w, "gap.ram");
	give_machine(&w, &machine, "gap.txt");
	for (off_t size = 0x100000; size < 0xa00000; size += 0x80000) {
		enum verify_result result;
		char *text;

		assert_int_equal(ftruncate(w.fd, size), 0);
		check_ok(verify_path(&w, w.path, &text, &result), &w.err);
		assert_int_not_equal(result, VERIFY_INTACT);
		free(text);
	}
	machine_release(&machine);
	end(&w);

	/* A damaged byte is found through the gap, too: in the kernel at 4 GiB + 1 MiB. */
	begin(&w, "gap.ram");
	give_machine(&w, &machine, "gap.txt");
	flip(&w, 0x400123, 4);

	char *text = verify(&w, VERIFY_DAMAGED);

	check_one_bad(text, "segment kernel 0x100100000-0x100103000", "checksum", "gap");
	free(text);
	machine_release(&machine);
	end(&w);
}

TEST(elf_cores_show_the_same)
{
	BEGIN_TEST();

	struct world w;
	struct machine machine;
	enum verify_result result;
	char *text;

	begin(&w, "intact.ram");
	for (int with = 0; with < 2; with++) {
		if (with)
			give_machine(&w, &machine, "intact.txt");
		check_ok(verify_path(&w, fixture(&w, "intact.elf"), &text, &result), &w.err);
		assert_int_equal(result, VERIFY_INTACT);
		assert_string_equal(text, expected(&w, with ? "intact.out" : "intact.alone", ""));
		free(text);
	}
	machine_release(&machine);
	end(&w);
}

static char *live(struct world *w, const char *name, enum verify_result wanted)
{
	enum verify_result result;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	check_ok(verify_live(fixture(w, name), ARCH_X86_64, out, &result, &w->err), &w->err);
	fclose(out);
	if (result != wanted)
		fail_msg("result %d, expected %d:\n%s", (int)result, (int)wanted, text);
	return text;
}

TEST(a_live_machine_is_checked_through_kcore)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");

	char *text = live(&w, "loaded", VERIFY_INTACT);

	assert_non_null(strstr(text, "loaded/proc/kcore\n"));
	assert_non_null(strstr(text, "ok   crashkernel 0x400000-0x600000 2 MiB\n"));
	check_last(text, "intact: 9 of 9 found good");
	free(text);

	text = live(&w, "unloaded", VERIFY_NOTHING);
	check_last(text, "nothing loaded: the kernel says so");
	free(text);

	/* Not root: /proc/iomem shows zeros. */
	text = live(&w, "unreadable", VERIFY_NOTHING);
	check_last(text, "not checkable: where the crash range is cannot be found: ");
	free(text);
	end(&w);
}

CHECK_MAIN(cmocka_unit_test(intact_images_are_told_word_for_word),
	   cmocka_unit_test(each_flipped_byte_is_told_by_the_right_line),
	   cmocka_unit_test(each_flipped_byte_of_meminfo_without_a_machine),
	   cmocka_unit_test(wrong_hand_off_values_are_told),
	   cmocka_unit_test(a_core_header_that_the_kernel_changes_is_looked_at),
	   cmocka_unit_test(low_memory_saved_by_purgatory_is_no_damage),
	   cmocka_unit_test(another_purgatory_is_not_taken_for_this_loads),
	   cmocka_unit_test(the_remains_of_a_replaced_load_are_no_damage),
	   cmocka_unit_test(what_cannot_be_told_is_said), cmocka_unit_test(a_later_version_is_not_checkable),
	   cmocka_unit_test(the_gap_is_found_or_nothing_is_said), cmocka_unit_test(elf_cores_show_the_same),
	   cmocka_unit_test(a_live_machine_is_checked_through_kcore))
