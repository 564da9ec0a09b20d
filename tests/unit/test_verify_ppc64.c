/* SPDX-License-Identifier: GPL-2.0-only */
/* --verify of memory of ppc64 and ppc64le, with and without a machine, through files, ELF cores and /proc/kcore. */
#define VERIFY_ARCH arch
#define VERIFY_FOLDER "verify_ppc64"
#include <sys/stat.h>

#include "machine.h"

/* Each test runs for both. */
static enum arch_id arch;

#include "verify_fixture.h"

#define META (CRASH + 0x1f0000)
#define KERNEL CRASH
#define CORE_HEADER (CRASH + 0x40000)
#define PURGATORY (CRASH + 0x1a0000)
#define BLOCK (PURGATORY + 0x200)
#define TREE (CRASH + 0x1c0000)

static void both(void (*run)(void))
{
	arch = ARCH_PPC64;
	run();
	arch = ARCH_PPC64LE;
	run();
}

/* "ppc64-intact.ram" */
static const char *own(const char *name)
{
	static char text[128];

	snprintf(text, sizeof(text), "%s-%s", machine_arch_name(arch), name);
	return text;
}

static void give_machine(struct world *w, struct machine *machine, const char *name)
{
	struct blob text;

	check_ok(file_map(&w->arena, fixture(w, own(name)), NULL, &text, &w->err), &w->err);
	check_ok(machine_read_text(machine, name, text, &w->err), &w->err);
	w->machine = machine;
}

static const char *expected(struct world *w, const char *name)
{
	char *text;

	check_ok(file_read_text(&w->arena, fixture(w, own(name)), 65536, &text, &w->err), &w->err);
	return text;
}

static void run_intact(void)
{
	static const char *const names[] = { "intact",	   "small", "hotplug", "unchecked",
					     "no-meminfo", "ran",   "moved",   "moved-small" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct world w;
		struct machine machine;
		char name[64];

		snprintf(name, sizeof(name), "%s.ram", names[i]);
		begin(&w, own(name));
		if (strcmp(names[i], "no-meminfo") == 0 || strcmp(names[i], "ran") == 0) {
			check_nothing(&w, "not checkable: there is no meminfo in ");
		} else {
			char *alone = verify(&w, VERIFY_INTACT);

			snprintf(name, sizeof(name), "%s.alone", names[i]);
			assert_string_equal(alone, expected(&w, name));
			free(alone);
		}
		snprintf(name, sizeof(name), "%s.txt", names[i]);
		give_machine(&w, &machine, name);

		char *text = verify(&w, VERIFY_INTACT);

		snprintf(name, sizeof(name), "%s.out", names[i]);
		assert_string_equal(text, expected(&w, name));
		free(text);
		machine_release(&machine);
		end(&w);
	}
}

TEST(intact_images_are_told_word_for_word)
{
	BEGIN_TEST();
	both(run_intact);
}

/* The text of a captured tree has the architecture's usual page size, which need not be the machine's. */
static void run_other_page(void)
{
	struct world w;
	struct machine machine;

	begin(&w, own("intact.ram"));
	give_machine(&w, &machine, "other-page.txt");

	char *text = verify(&w, VERIFY_INTACT);

	assert_string_equal(text, expected(&w, "intact.out"));
	free(text);
	machine_release(&machine);
	end(&w);

	begin(&w, own("small.ram"));
	give_machine(&w, &machine, "intact.txt");
	text = verify(&w, VERIFY_INTACT);
	assert_string_equal(text, expected(&w, "small.out"));
	free(text);
	machine.page_size = 0;
	text = verify(&w, VERIFY_INTACT);
	assert_string_equal(text, expected(&w, "small.out"));
	free(text);
	machine_release(&machine);
	end(&w);
}

TEST(meminfo_is_found_with_either_page_size)
{
	BEGIN_TEST();
	both(run_other_page);
}

static void run_flips(void)
{
	struct world w;
	struct machine machine;

	begin(&w, own("small.ram"));
	give_machine(&w, &machine, "small.txt");
	check_flips(&w, own("flips"));
	free(verify(&w, VERIFY_INTACT));
	machine_release(&machine);
	end(&w);
}

TEST(each_flipped_byte_is_told_by_the_right_line)
{
	BEGIN_TEST();
	both(run_flips);
}

/* Without a machine, what says where meminfo belongs must be whole; all else is told as with one. */
static void run_meminfo_flips(void)
{
	struct world w;

	begin(&w, own("intact.ram"));
	for (uint64_t at = 0; at < 64 + 10 * 40; at += check_stride(7)) {
		flip(&w, META + at, 0x01);
		if (at < 8 || (at >= 24 && at < 40)) {
			check_nothing(&w, at < 8 ? "not checkable: there is no meminfo in " :
					  "not checkable: meminfo at 0x5f0000 of ");
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

TEST(each_flipped_byte_of_meminfo_without_a_machine)
{
	BEGIN_TEST();
	both(run_meminfo_flips);
}

/* Not the last page: firmware has that. The machine text says nothing of firmware. */
static void run_moved_damaged(void)
{
	const uint64_t at = CRASH + 0x1d0000;
	struct world w;
	struct machine machine;

	begin(&w, own("moved.ram"));
	for (uint64_t i = 0; i < 64 + 10 * 40; i += check_stride(7)) {
		flip(&w, at + i, 0x01);
		/* Header and first record say of the reservation the same. */
		if (i < 8 || (i >= 24 && i < 40) || (i >= 64 && i < 68) || (i >= 72 && i < 88)) {
			check_nothing(&w, i < 8 ? "not checkable: there is no meminfo in " :
					  "not checkable: meminfo at 0x5d0000 of ");
		} else {
			char *text = verify(&w, VERIFY_DAMAGED);

			check_one_bad(text, "segment meminfo", NULL, "meminfo");
			free(text);
		}
		flip(&w, at + i, 0x01);
	}
	give_machine(&w, &machine, "moved.txt");
	for (int knows = 0; knows < 2; knows++) {
		for (uint64_t i = 0; i < 64; i += 7) {
			flip(&w, at + i, 0x01);

			char *text = verify(&w, VERIFY_DAMAGED);

			check_one_bad(text, "segment meminfo", NULL, "meminfo");
			free(text);
			flip(&w, at + i, 0x01);
		}
		free(verify(&w, VERIFY_INTACT));
		/* Now it does say so: the same place, then another one, which does not count. */
		machine.power.rtas = (struct range){ CRASH + 0x1e8765, CRASH + 0x1f1234 };
	}
	machine.power.rtas = (struct range){ CRASH + 0x1e8765, CRASH + 0x201234 };
	free(verify(&w, VERIFY_INTACT));
	machine_release(&machine);
	end(&w);
}

TEST(below_what_firmware_uses_damage_is_told)
{
	BEGIN_TEST();
	both(run_moved_damaged);
}

/* 64 MiB down from the end, and no further: there only purgatory tells of it. */
static void run_deep(void)
{
	struct world w;
	struct machine machine;

	for (int too_deep = 0; too_deep < 2; too_deep++) {
		begin(&w, own(too_deep ? "too-deep.ram" : "deep.ram"));
		free(verify(&w, VERIFY_INTACT));
		give_machine(&w, &machine, "deep.txt");

		char *text = verify(&w, VERIFY_INTACT);

		assert_non_null(strstr(text, too_deep ? "ok   segment meminfo 0x7f0000-0x800000 " :
							"ok   segment meminfo 0x800000-0x810000 "));
		free(text);
		flip(&w, PURGATORY, 0x01);
		text = verify(&w, too_deep ? VERIFY_NOTHING : VERIFY_DAMAGED);
		if (too_deep)
			check_last(text, "not checkable: the last page of the crash range 0x400000-0x4800000 reads as zeros");
		else
			check_one_bad(text, "segment purgatory", NULL, "purgatory");
		free(text);
		machine_release(&machine);
		end(&w);
	}
}

TEST(the_search_has_an_end)
{
	BEGIN_TEST();
	both(run_deep);
}

/* The digest of purgatory is over the wrong values, too, so that only the values themselves are wrong. */
static void run_handoff(void)
{
	static const struct {
		const char *image, *words;
	} cases[] = {
		{ "handoff-kernel.ram", "kernel: found 0x430000, expected an address in a segment kernel" },
		{ "handoff-tree.ram", "device tree: found 0x5c0010, expected 0x5c0000, where its segment begins" },
		{ "handoff-run.ram", "run at load: found 0x2, expected at most 0x1" },
		{ "handoff-source.ram", "backup: found 0x10000 bytes of 0x1000, expected 0x10000 of 0x0" },
		{ "handoff-target.ram", "backup: found 0x420001, expected an address in a segment backup" },
		{ "handoff-size.ram", "backup: found 0x8000 bytes of 0x0, expected 0x10000 of 0x0" },
		{ "handoff-console.ram", "console: found 0x3, expected at most 0x2" },
		{ "handoff-terminal.ram", "terminal: found 0x100000000, expected at most 0xffffffff" },
		{ "handoff-opal.ram", "OPAL: found entry 0x20000000 with base 0x30000000, expected one above it" },
		{ "handoff-features.ram", "CPU features: found 0x2, expected at most 0x1" },
		{ "handoff-rtas.ram", "RTAS: found entry 0x1000 with base 0x2fff0000, expected one above it" },
		{ "handoff-reboot.ram", "token of RTAS system-reboot: found 0x200000000, expected at most 0xffffffff" },
		{ "handoff-rest.ram", "hand-off value 15: found 0x5, expected 0" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct world w;

		begin(&w, own(cases[i].image));

		char *text = verify(&w, VERIFY_DAMAGED);

		check_one_bad(text, "segment purgatory", cases[i].words, cases[i].image);
		free(text);
		end(&w);
	}
}

TEST(wrong_hand_off_values_are_told)
{
	BEGIN_TEST();
	both(run_handoff);
}

static void check_bad(struct world *w, uint64_t at, uint8_t mask, const char *line, const char *words)
{
	flip(w, at, mask);

	char *text = verify(w, VERIFY_DAMAGED);

	check_one_bad(text, line, words, words);
	free(text);
	flip(w, at, mask);
}

/* Where nobody has a checksum of the core header and the device tree, they must still be that. */
static void run_changed_by_the_kernel(void)
{
	static const uint64_t wrong_core[] = { 0, 4, 5, 16, 17, 18, 19 };
	static const uint64_t wrong_tree[] = { 0, 3, 4 };
	struct world w;

	begin(&w, own("hotplug.ram"));
	flip(&w, CORE_HEADER + 64, 0x10);
	flip(&w, TREE + 60, 0x10);
	free(verify(&w, VERIFY_INTACT));
	for (size_t i = 0; i < sizeof(wrong_core) / sizeof(wrong_core[0]); i++)
		check_bad(&w, CORE_HEADER + wrong_core[i], 0x40, "segment elfcorehdr", "ELF header: found");
	for (size_t i = 0; i < sizeof(wrong_tree) / sizeof(wrong_tree[0]); i++)
		check_bad(&w, TREE + wrong_tree[i], 0x40, "segment device-tree", "header: found magic");
	end(&w);
}

TEST(what_the_kernel_changes_is_looked_at)
{
	BEGIN_TEST();
	both(run_changed_by_the_kernel);
}

/* Without any sum of the kernel, the copy of its start must still be one, but for the word that purgatory changes. */
static void run_block(void)
{
	struct world w;
	struct machine machine;

	begin(&w, own("ran.ram"));
	give_machine(&w, &machine, "ran.txt");
	check_bad(&w, BLOCK + 0x60, 0x01, "segment purgatory", "block of the waiting CPUs, byte 0x60: found");
	check_bad(&w, KERNEL + 0xff, 0x01, "segment purgatory", "block of the waiting CPUs, byte 0xff: found");
	/* The first word is each one's own. */
	flip(&w, KERNEL + 3, 0xff);
	flip(&w, BLOCK + 2, 0xff);
	free(verify(&w, VERIFY_INTACT));
	machine_release(&machine);
	end(&w);
}

TEST(the_block_of_the_waiting_cpus_is_the_kernels)
{
	BEGIN_TEST();
	both(run_block);
}

static void run_backup(void)
{
	struct world w;

	begin(&w, own("intact.ram"));
	flip(&w, CRASH + 0x30000, 0xff);
	free(verify(&w, VERIFY_INTACT));
	end(&w);
}

TEST(vectors_saved_by_purgatory_are_no_damage)
{
	BEGIN_TEST();
	both(run_backup);
}

static void run_cannot_be_told(void)
{
	struct world w;
	struct machine machine;
	uint8_t zeros[0x1000] = { 0 };

	begin(&w, own("twice.ram"));
	check_nothing(&w, "not checkable: 2 pages of ");
	give_machine(&w, &machine, "intact.txt");
	free(verify(&w, VERIFY_INTACT));

	/* What a load by kexec_file_load(2) covers of one by kexec_load(2) that it replaces. */
	put(&w, PURGATORY, zeros, sizeof(zeros));

	char *text = verify(&w, VERIFY_NOTHING);

	check_last(text, "not checkable: purgatory at 0x5a0000 reads as zeros");
	free(text);
	put(&w, META, zeros, sizeof(zeros));
	check_nothing(&w, "not checkable: the last page of the crash range 0x400000-0x600000 reads as zeros");
	flip(&w, META + 5, 1);
	check_nothing(&w, "not checkable: the crash range 0x400000-0x600000 holds neither meminfo");

	/* The machine has none, has one elsewhere, has one too small. */
	machine.crash.v[0] = (struct range){ 0x700000, 0x900000 };
	check_nothing(&w, "not checkable: the crash range 0x700000-0x900000 is not all in ");
	machine.crash.v[0] = (struct range){ 0x700000, 0x710000 };
	check_nothing(&w, "not checkable: the crash range 0x700000-0x710000 has no room");
	machine.crash.v[0] = (struct range){ 0x701000, 0x702000 };
	check_nothing(&w, "not checkable: the crash range 0x");
	machine.crash.count = 0;
	check_nothing(&w, "nothing loaded: intact.txt has no memory reserved");
	machine_release(&machine);
	end(&w);
}

TEST(what_cannot_be_told_is_said)
{
	BEGIN_TEST();
	both(run_cannot_be_told);
}

/* Neither order is taken for the other. */
TEST(the_other_byte_order_is_not_checkable)
{
	struct world w;
	enum verify_result result;
	char *text;

	BEGIN_TEST();
	for (int i = 0; i < 2; i++) {
		arch = i ? ARCH_PPC64 : ARCH_PPC64LE;
		begin(&w, own("intact.ram"));

		const char *core = fixture(&w, own("intact.elf"));

		arch = i ? ARCH_PPC64LE : ARCH_PPC64;
		check_nothing(&w, "not checkable: there is no meminfo in ");
		check_fails(verify_path(&w, core, &text, &result), &w.err, ERR_BAD_IMAGE, "ELF class 2 and byte order");
		free(text);
		end(&w);
	}
}

static void run_elf(void)
{
	struct world w;
	struct machine machine;
	enum verify_result result;
	char *text;

	begin(&w, own("intact.ram"));
	for (int with = 0; with < 2; with++) {
		if (with)
			give_machine(&w, &machine, "intact.txt");
		check_ok(verify_path(&w, fixture(&w, own("intact.elf")), &text, &result), &w.err);
		assert_int_equal(result, VERIFY_INTACT);
		assert_string_equal(text, expected(&w, with ? "intact.out" : "intact.alone"));
		free(text);
	}
	machine_release(&machine);
	end(&w);
}

TEST(elf_cores_show_the_same)
{
	BEGIN_TEST();
	both(run_elf);
}

static char *live(struct world *w, const char *name, enum verify_result wanted)
{
	enum verify_result result;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	check_ok(verify_live(fixture(w, own(name)), arch, out, &result, &w->err), &w->err);
	fclose(out);
	if (result != wanted)
		fail_msg("result %d, expected %d:\n%s", (int)result, (int)wanted, text);
	return text;
}

/* The device tree says where the reservation is. */
static void run_live(void)
{
	struct world w;

	begin(&w, own("intact.ram"));

	char *text = live(&w, "loaded", VERIFY_INTACT);

	assert_non_null(strstr(text, "-loaded/proc/kcore\n"));
	assert_non_null(strstr(text, "ok   crashkernel 0x400000-0x600000 2 MiB\n"));
	check_last(text, "intact: 9 of 9 found good");
	free(text);

	text = live(&w, "loaded-small", VERIFY_INTACT);
	assert_non_null(strstr(text, "ok   segment meminfo 0x5ff000-0x600000 "));
	free(text);

	text = live(&w, "loaded-moved", VERIFY_INTACT);
	assert_non_null(strstr(text, "ok   segment meminfo 0x5d0000-0x5e0000 "));
	free(text);

	text = live(&w, "unloaded", VERIFY_NOTHING);
	check_last(text, "nothing loaded: the kernel says so");
	free(text);

	text = live(&w, "bare", VERIFY_NOTHING);
	assert_non_null(strstr(text, "has no memory reserved for a crash kernel"));
	free(text);
	end(&w);
}

TEST(a_live_machine_is_checked_through_kcore)
{
	BEGIN_TEST();
	both(run_live);
}

CHECK_MAIN(cmocka_unit_test(intact_images_are_told_word_for_word),
	   cmocka_unit_test(meminfo_is_found_with_either_page_size),
	   cmocka_unit_test(each_flipped_byte_is_told_by_the_right_line),
	   cmocka_unit_test(each_flipped_byte_of_meminfo_without_a_machine),
	   cmocka_unit_test(below_what_firmware_uses_damage_is_told), cmocka_unit_test(the_search_has_an_end),
	   cmocka_unit_test(wrong_hand_off_values_are_told), cmocka_unit_test(what_the_kernel_changes_is_looked_at),
	   cmocka_unit_test(the_block_of_the_waiting_cpus_is_the_kernels),
	   cmocka_unit_test(vectors_saved_by_purgatory_are_no_damage), cmocka_unit_test(what_cannot_be_told_is_said),
	   cmocka_unit_test(the_other_byte_order_is_not_checkable), cmocka_unit_test(elf_cores_show_the_same),
	   cmocka_unit_test(a_live_machine_is_checked_through_kcore))
