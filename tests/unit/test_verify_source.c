/* SPDX-License-Identifier: GPL-2.0-only */
/* --verify through what shows memory: ELF cores, files that are none, a live machine. */
#include <sys/stat.h>

#include "verify_fixture.h"

static uint64_t core_number(const uint8_t *phdr, size_t offset)
{
	uint64_t value = 0;

	for (size_t i = 0; i < 8; i++)
		value = value << 8 | phdr[offset + i];
	return value;
}

TEST(elf_cores_show_the_same)
{
	BEGIN_TEST();

	struct world w;
	char *text, *wanted;
	enum verify_result result;

	begin(&w, "intact.ram");
	check_ok(file_read_text(&w.arena, fixture(&w, "intact.out"), 65536, &wanted, &w.err), &w.err);
	check_ok(verify_path(&w, fixture(&w, "intact.elf"), &text, &result), &w.err);
	assert_int_equal(result, VERIFY_INTACT);
	assert_string_equal(text, wanted);
	free(text);
	end(&w);
}

/* The upper piece of memory first, in two that overlap, and a third that lies inside them. */
TEST(elf_cores_need_not_ascend_and_may_overlap)
{
	BEGIN_TEST();

	struct world w;
	char *text, *wanted;
	enum verify_result result;
	uint8_t lower[56], upper[56];
	const uint64_t phdrs = 64 + 2 * 56;

	begin(&w, "intact.elf");
	check_ok(file_read_text(&w.arena, fixture(&w, "intact.out"), 65536, &wanted, &w.err), &w.err);
	assert_int_equal(pread(w.fd, upper, 56, (off_t)phdrs), 56);
	assert_int_equal(pread(w.fd, lower, 56, (off_t)(phdrs + 56)), 56);

	uint64_t offset = core_number(upper, 8), start = core_number(upper, 24), size = core_number(upper, 32);

	assert_int_equal(start, CRASH);

	/* The headers move behind all the memory: there is no room for two more in front of it. */
	struct stat st;

	assert_int_equal(fstat(w.fd, &st), 0);

	uint64_t at = (uint64_t)st.st_size;

	put64(&w, 32, at);
	put(&w, 56, "\0\4", 2);
	for (unsigned int i = 0; i < 3; i++) {
		static const uint64_t from[] = { 0x12800, 0, 0x10000 }, to[] = { 0, 0x13000, 0x11000 };

		put(&w, at + i * 56, upper, 56);
		put64(&w, at + i * 56 + 8, offset + from[i]);
		put64(&w, at + i * 56 + 24, start + from[i]);
		put64(&w, at + i * 56 + 32, (to[i] ? to[i] : size) - from[i]);
	}
	put(&w, at + 3 * 56, lower, 56);
	check_ok(verify_path(&w, w.path, &text, &result), &w.err);
	assert_int_equal(result, VERIFY_INTACT);
	assert_string_equal(text, wanted);
	free(text);
	end(&w);
}

/* Each length: an error, or a verdict, never "intact" before the crash range is whole. */
TEST(every_cut_elf_core_gives_a_clear_end)
{
	BEGIN_TEST();

	struct world w;
	struct stat st;

	begin(&w, "intact.elf");
	assert_int_equal(fstat(w.fd, &st), 0);
	for (off_t size = 0x1400; size >= 0; size -= size > 0x1000 ? 0x100 : 1) {
		enum verify_result result = VERIFY_INTACT;
		char *text;

		assert_int_equal(ftruncate(w.fd, size), 0);
		if (verify_path(&w, w.path, &text, &result))
			assert_int_not_equal(result, VERIFY_INTACT);
		else
			assert_non_null(strstr(w.err.text, w.path));
		free(text);
	}
	end(&w);
}

static void check_refused(struct world *w, enum err_code code, const char *words)
{
	enum verify_result result;
	char *text;

	check_fails(verify_path(w, w->path, &text, &result), &w->err, code, words);
	free(text);
}

TEST(wild_elf_headers_are_refused)
{
	BEGIN_TEST();

	struct world w;
	static const uint8_t ones[8] = { 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff };

	begin(&w, "intact.elf");
	put(&w, 18, ones, 2);
	check_refused(&w, ERR_BAD_IMAGE, "ELF machine 65535 found, expected 22");
	put(&w, 16, "\0\2", 2);
	check_refused(&w, ERR_BAD_IMAGE, "ELF type 2 found, expected 4");
	put(&w, 5, "\1", 1);
	check_refused(&w, ERR_BAD_IMAGE, "byte order 1 found");
	end(&w);

	begin(&w, "intact.elf");
	put(&w, 54, ones, 2);
	check_refused(&w, ERR_BAD_IMAGE, "program headers of 65535 bytes found, expected 56");
	end(&w);

	begin(&w, "intact.elf");
	put(&w, 32, ones, 8);
	check_refused(&w, ERR_BAD_IMAGE, "beyond what a file can have");
	end(&w);

	begin(&w, "intact.elf");
	put(&w, 56, ones, 2); /* PN_XNUM: the count is in the first section header */
	put64(&w, 40, 0x800);
	put(&w, 0x800 + 44, ones, 4);
	check_refused(&w, ERR_BAD_IMAGE, "program headers found, at most");
	end(&w);

	begin(&w, "intact.elf");
	put(&w, 64 + 2 * 56 + 32, ones, 8); /* size of the first piece of memory */
	check_refused(&w, ERR_BAD_IMAGE, "beyond what 64 bits hold");
	end(&w);

	begin(&w, "intact.elf");
	put(&w, 64 + 3 * 56 + 8, ones, 4); /* offset of the second */
	check_refused(&w, ERR_BAD_IMAGE, "beyond what a file can have");
	end(&w);

	begin(&w, "intact.elf");
	put(&w, 56, "\0\2", 2); /* only the headers that show no memory */
	check_refused(&w, ERR_BAD_IMAGE, "without any memory in it");
	end(&w);
}

/* A dump by the crash kernel has no crash range; one that starts above the lowcore has no anchor. */
TEST(cores_without_the_needed_memory_are_not_checkable)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.elf");
	put64(&w, 64 + 2 * 56, 0x600000000); /* the upper piece is a note now */
	put64(&w, 64 + 3 * 56 + 32, CRASH);
	check_nothing(&w, "not checkable: the crash range 0x400000-0x600000 is not in ");
	put64(&w, 64 + 3 * 56 + 24, 0x100000000);
	check_nothing(&w, "not checkable: the os_info pointer at absolute 0xe18 is not in ");
	end(&w);
}

TEST(files_that_are_no_memory_are_refused)
{
	BEGIN_TEST();

	static const char *const magics[] = { "\xa8\x19\x01\x73\x61\x8f\x23\xfd", "\xa8\x19\x01\x73\x61\x8f\x23\xfe",
					      "KDUMP   ", "DISKDUMP", "makedumpfile" };
	struct world w = { .machine = NULL };

	begin(&w, "intact.ram");
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		put(&w, 0, magics[i], strlen(magics[i]));
		check_refused(&w, ERR_UNSUPPORTED, "convert it to ELF first");
	}
	assert_int_equal(ftruncate(w.fd, 0), 0);
	check_refused(&w, ERR_BAD_IMAGE, "is empty");
	for (off_t size = 1; size < 0x2000; size += 0x155) {
		assert_int_equal(ftruncate(w.fd, 0), 0);
		assert_int_equal(ftruncate(w.fd, size), 0);
		check_nothing(&w, size < 0xe20 ? "not checkable: the os_info pointer" : "nothing loaded: the os_info pointer");
	}
	end(&w);

	arena_init(&w.arena);
	snprintf(w.path, sizeof(w.path), "%s/no-such-file", check_env("FIXTURES"));
	check_refused(&w, ERR_SYSTEM, "cannot open the memory");
	snprintf(w.path, sizeof(w.path), "%s", check_env("FIXTURES"));
	check_refused(&w, ERR_UNSUPPORTED, "neither a file nor a block device");
	arena_release(&w.arena);
}

TEST(a_flat_image_that_ends_early_is_damage)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");
	for (off_t size = 0x5ff000; size > 0x30000; size -= 0x30000) {
		assert_int_equal(ftruncate(w.fd, size), 0);

		char *text = verify(&w, VERIFY_DAMAGED);

		check_one_bad(text, "crashkernel 0x400000-0x600000", "expected at most the end of memory", "cut");
		free(text);
	}
	end(&w);
}

TEST(an_unwritable_stream_is_an_error)
{
	BEGIN_TEST();

	struct world w;
	enum verify_result result;
	FILE *full = fopen("/dev/full", "w");

	assert_non_null(full);
	begin(&w, "intact.ram");
	check_fails(verify_memory_file(w.path, ARCH_S390X, NULL, full, &result, &w.err), &w.err, ERR_SYSTEM, "cannot write");
	fclose(full);
	end(&w);
}

static char *live(struct world *w, const char *root, enum arch_id arch, enum verify_result expected)
{
	enum verify_result result;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	check_ok(verify_live(root, arch, out, &result, &w->err), &w->err);
	fclose(out);
	if (result != expected)
		fail_msg("result %d, expected %d:\n%s", (int)result, (int)expected, text);
	return text;
}

TEST(a_live_machine_is_checked_through_what_it_shows)
{
	BEGIN_TEST();

	struct world w;

	begin(&w, "intact.ram");

	char *text = live(&w, fixture(&w, "kcore-1"), ARCH_S390X, VERIFY_INTACT);

	assert_non_null(strstr(text, "note memory reserved for a crash kernel: 2097152 bytes (kexec_crash_size)\n"));
	assert_non_null(strstr(text, "note a crash kernel is loaded (kexec_crash_loaded)\n"));
	assert_non_null(strstr(text, "kcore-1/proc/kcore\n"));
	assert_non_null(strstr(text, "ok   segment kernel 0x412000-0x415000 checksum 0x1bfef2d4, SHA-256 intact\n"));
	check_last(text, "intact: 9 of 9 found good");
	free(text);

	text = live(&w, fixture(&w, "kcore-0"), ARCH_S390X, VERIFY_NOTHING);
	check_last(text, "nothing loaded: the kernel says so");
	free(text);

	text = live(&w, fixture(&w, "kcore-1"), ARCH_ARM64, VERIFY_NOTHING);
	check_last(text, "not checkable: nothing is loaded with meminfo on arm64");
	free(text);

	/* The same from inside: a root directory may have a name of one letter. */
	char *here = getcwd(NULL, 0);

	assert_non_null(here);
	assert_int_equal(chdir(fixture(&w, "kcore-1")), 0);
	text = live(&w, ".", ARCH_S390X, VERIFY_INTACT);
	assert_non_null(strstr(text, "note memory is read through ./proc/kcore\n"));
	free(text);
	assert_int_equal(chdir(here), 0);
	free(here);

	text = live(&w, fixture(&w, "no-such-root"), ARCH_S390X, VERIFY_NOTHING);
	assert_non_null(strstr(text, "proc/kcore does not help: cannot open the memory"));
	assert_non_null(strstr(text, "dev/mem does not help: cannot open the memory"));
	check_last(text, "not checkable: this machine does not let user space read the crash range");
	free(text);
	end(&w);
}

TEST(a_live_machine_falls_back_to_dev_mem)
{
	BEGIN_TEST();

	struct world w;
	char root[600], path[700];

	begin(&w, "intact.ram");
	snprintf(root, sizeof(root), "%s.root", w.path);
	assert_int_equal(mkdir(root, 0777), 0);
	snprintf(path, sizeof(path), "%s/dev", root);
	assert_int_equal(mkdir(path, 0777), 0);
	snprintf(path, sizeof(path), "%s/dev/mem", root);
	assert_int_equal(symlink(w.path, path), 0);

	char *text = live(&w, root, ARCH_S390X, VERIFY_INTACT);

	assert_non_null(strstr(text, "proc/kcore does not help: "));
	assert_non_null(strstr(text, "memory is read through "));
	free(text);

	/* Damage is damage through it too. */
	flip(&w, CRASH + 0x12000, 4);
	text = live(&w, root, ARCH_S390X, VERIFY_DAMAGED);
	check_one_bad(text, "segment kernel", "checksum", "kernel");
	free(text);
	unlink(path);
	snprintf(path, sizeof(path), "%s/dev", root);
	rmdir(path);
	rmdir(root);
	end(&w);
}

TEST(other_architectures_are_not_checkable)
{
	BEGIN_TEST();

	struct world w;
	enum verify_result result;
	size_t size;
	char *text;
	FILE *out = open_memstream(&text, &size);

	begin(&w, "intact.ram");
	check_ok(verify_memory_file(w.path, ARCH_ARM64, NULL, out, &result, &w.err), &w.err);
	fclose(out);
	assert_int_equal(result, VERIFY_NOTHING);
	check_last(text, "not checkable: nothing is loaded with meminfo on arm64");
	free(text);
	end(&w);
}

CHECK_MAIN(cmocka_unit_test(elf_cores_show_the_same),
	   cmocka_unit_test(elf_cores_need_not_ascend_and_may_overlap),
	   cmocka_unit_test(every_cut_elf_core_gives_a_clear_end),
	   cmocka_unit_test(wild_elf_headers_are_refused),
	   cmocka_unit_test(cores_without_the_needed_memory_are_not_checkable),
	   cmocka_unit_test(files_that_are_no_memory_are_refused),
	   cmocka_unit_test(a_flat_image_that_ends_early_is_damage),
	   cmocka_unit_test(an_unwritable_stream_is_an_error),
	   cmocka_unit_test(a_live_machine_is_checked_through_what_it_shows),
	   cmocka_unit_test(a_live_machine_falls_back_to_dev_mem),
	   cmocka_unit_test(other_architectures_are_not_checkable))
