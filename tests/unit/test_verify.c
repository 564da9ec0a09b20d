/* SPDX-License-Identifier: GPL-2.0-only */
/* kdump/verify over memory images that tests/mk/meminfo.py made from the specifications. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "check.h"
#include "cksm.h"
#include "kdump/verify.h"
#include "kexec/base/file.h"
#include "s390.h"

#define CRASH UINT64_C(0x400000)
#define CRASH_SIZE UINT64_C(0x200000)
#define OS_INFO UINT64_C(0x21000)

struct world {
	struct arena arena;
	struct err err;
	int fd; /* a writable copy of an image */
	char path[512];
};

static const char *fixture(struct world *w, const char *name)
{
	return arena_printf(&w->arena, "%s/meminfo/%s", check_env("FIXTURES"), name);
}

static void begin(struct world *w, const char *image)
{
	struct blob bytes;

	arena_init(&w->arena);
	check_ok(file_map(&w->arena, fixture(w, image), NULL, &bytes, &w->err), &w->err);
	snprintf(w->path, sizeof(w->path), "%s/verify-XXXXXX", check_env("FIXTURES"));
	w->fd = mkstemp(w->path);
	assert_true(w->fd >= 0);
	assert_int_equal(ftruncate(w->fd, (off_t)bytes.size), 0);
	for (size_t at = 0; at < bytes.size; at += 4096) {
		static const uint8_t zeros[4096];
		size_t part = bytes.size - at < 4096 ? bytes.size - at : 4096;

		if (memcmp(bytes.data + at, zeros, part) != 0)
			assert_int_equal(pwrite(w->fd, bytes.data + at, part, (off_t)at), part);
	}
}

static void end(struct world *w)
{
	close(w->fd);
	unlink(w->path);
	arena_release(&w->arena);
}

static void put(struct world *w, uint64_t address, const void *bytes, size_t size)
{
	assert_int_equal(pwrite(w->fd, bytes, size, (off_t)address), size);
}

static void put64(struct world *w, uint64_t address, uint64_t value)
{
	struct be64 wire = be64_make(value);

	put(w, address, &wire, sizeof(wire));
}

static void flip(struct world *w, uint64_t address, uint8_t mask)
{
	uint8_t byte;

	assert_int_equal(pread(w->fd, &byte, 1, (off_t)address), 1);
	byte ^= mask;
	put(w, address, &byte, 1);
}

static bool verify_path(struct world *w, const char *path, char **text, enum verify_result *result)
{
	size_t size;
	FILE *out = open_memstream(text, &size);

	assert_non_null(out);
	bool ok = verify_memory_file(path, ARCH_S390X, out, result, &w->err);
	fclose(out);
	return ok;
}

/* The whole output; free() it. */
static char *verify(struct world *w, enum verify_result expected)
{
	enum verify_result result;
	char *text;

	check_ok(verify_path(w, w->path, &text, &result), &w->err);
	if (result != expected)
		fail_msg("result %d, expected %d:\n%s", (int)result, (int)expected, text);
	return text;
}

/* All lines that begin with "BAD": exactly one, and that names this. */
static void check_one_bad(const char *text, const char *name, const char *words, const char *what)
{
	const char *bad = NULL;
	int count = 0;

	for (const char *line = text; line && *line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
		if (strncmp(line, "BAD  ", 5) == 0) {
			bad = line + 5;
			count++;
		}
	}
	if (count != 1 || strncmp(bad, name, strlen(name)) != 0 || (words && !strstr(bad, words)))
		fail_msg("%s: expected one bad line for \"%s\" (%s):\n%s", what, name, words ? words : "", text);
}

static void check_last(const char *text, const char *beginning)
{
	size_t length = strlen(text);

	assert_true(length > 1 && text[length - 1] == '\n');

	const char *line = text + length - 1;

	while (line > text && line[-1] != '\n')
		line--;
	if (strncmp(line, beginning, strlen(beginning)) != 0)
		fail_msg("last line is not \"%s...\":\n%s", beginning, text);
}

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

static void check_flip(struct world *w, uint64_t address, uint8_t mask, const char *name)
{
	char what[64];

	snprintf(what, sizeof(what), "0x%" PRIx64 " ^ 0x%02x", address, mask);
	flip(w, address, mask);

	char *text = verify(w, VERIFY_DAMAGED);

	check_one_bad(text, name, NULL, what);
	check_last(text, "damaged: 1 of ");
	free(text);
	flip(w, address, mask);
}

/* Each byte of what is short, and a sample of what is long, in each bit pattern of a few. */
TEST(each_flipped_byte_is_told_by_the_right_line)
{
	BEGIN_TEST();

	struct world w;
	struct blob spans;
	unsigned int flips = 0;

	begin(&w, "intact.ram");
	check_ok(file_map(&w.arena, fixture(&w, "intact.flips"), NULL, &spans, &w.err), &w.err);

	const char *line = arena_strndup(&w.arena, (const char *)spans.data, spans.size);

	while (*line) {
		uint64_t start, stop;
		char name[64];

		assert_int_equal(sscanf(line, "%" SCNx64 " %" SCNx64 " %63[^\n]", &start, &stop, name), 3);
		line = strchr(line, '\n') + 1;
		assert_true(stop > start);

		uint64_t step = stop - start > 512 ? 61 : 1;

		for (uint64_t address = start; address < stop; address += step, flips++)
			check_flip(&w, address, (uint8_t)(1u << (flips % 8)), name);
		check_flip(&w, stop - 1, 0x80, name);
		check_flip(&w, start, 0xff, name);
	}
	assert_true(flips > 1000);

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
	for (uint64_t offset = 0; offset < 64 + 8 * 40; offset++) {
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

static void check_nothing(struct world *w, const char *last)
{
	char *text = verify(w, VERIFY_NOTHING);

	check_last(text, last);
	if (strstr(text, "BAD"))
		fail_msg("nothing is there, and yet bad:\n%s", text);
	free(text);
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
	struct world w;

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
	check_fails(verify_memory_file(w.path, ARCH_S390X, full, &result, &w.err), &w.err, ERR_SYSTEM, "cannot write");
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

	text = live(&w, fixture(&w, "kcore-1"), ARCH_X86_64, VERIFY_NOTHING);
	check_last(text, "not checkable: the memory of x86_64 has no fixed place");
	free(text);

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
	check_ok(verify_memory_file(w.path, ARCH_PPC64LE, out, &result, &w.err), &w.err);
	fclose(out);
	assert_int_equal(result, VERIFY_NOTHING);
	check_last(text, "not checkable: a memory image of ppc64le has no fixed place");
	free(text);
	end(&w);
}

CHECK_MAIN(cmocka_unit_test(intact_images_are_told_word_for_word),
	   cmocka_unit_test(each_flipped_byte_is_told_by_the_right_line),
	   cmocka_unit_test(each_flipped_bit_of_meminfo_is_damage), cmocka_unit_test(two_damages_are_two_lines),
	   cmocka_unit_test(one_line_has_all_facts_of_a_segment),
	   cmocka_unit_test(initrd_fields_must_fit_the_initrd_segment),
	   cmocka_unit_test(records_that_cannot_be_are_told), cmocka_unit_test(where_nothing_is_loaded_it_is_said_why),
	   cmocka_unit_test(missing_meminfo_is_damage_where_purgatory_expects_it),
	   cmocka_unit_test(crash_ranges_that_cannot_be), cmocka_unit_test(os_info_pointers_that_cannot_be),
	   cmocka_unit_test(vmcoreinfo_not_set_is_no_damage), cmocka_unit_test(purgatory_that_has_run_is_noted),
	   cmocka_unit_test(wild_numbers_in_purgatory_are_told), cmocka_unit_test(elf_cores_show_the_same),
	   cmocka_unit_test(every_cut_elf_core_gives_a_clear_end), cmocka_unit_test(wild_elf_headers_are_refused),
	   cmocka_unit_test(cores_without_the_needed_memory_are_not_checkable),
	   cmocka_unit_test(files_that_are_no_memory_are_refused),
	   cmocka_unit_test(a_flat_image_that_ends_early_is_damage),
	   cmocka_unit_test(an_unwritable_stream_is_an_error),
	   cmocka_unit_test(a_live_machine_is_checked_through_what_it_shows),
	   cmocka_unit_test(a_live_machine_falls_back_to_dev_mem),
	   cmocka_unit_test(other_architectures_are_not_checkable))
