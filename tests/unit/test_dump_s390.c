/* SPDX-License-Identifier: GPL-2.0-only */
#include "tests/unit/dump_pattern.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include "config.h"
#include "kdump/dump/s390_pages.h"

#define PAGE UINT64_C(4096)

static const char *fixture(char *path, size_t size, const char *prefix, const char *name)
{
	snprintf(path, size, "%s/dump_s390-%s%s", check_env("FIXTURES"), prefix, name);
	return path;
}

static void check_pages(const char *name, const struct dump *dump, struct blob memory, const bool *lost,
			uint64_t window, uint64_t step)
{
	static struct err err;
	struct arena arena;
	uint64_t count = memory.size / PAGE;

	arena_init(&arena);

	struct dump_reader *reader = dump_reader_new(dump, &arena, window);

	/* step and count have no common divisor: each page once. */
	for (uint64_t i = 0; i < count; i++) {
		uint64_t pfn = i * step % count;
		const uint8_t *page = NULL;
		enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err), stated = dump_page_state(dump, pfn);
		enum dump_page_state wanted = lost[pfn] ? DUMP_PAGE_LOST : DUMP_PAGE_HERE;

		if (state != wanted || stated != wanted)
			fail_msg("%s: page 0x%" PRIx64 " is read %s, stated %s, expected %s (%s)", name, pfn, pattern_state(state),
				 pattern_state(stated), pattern_state(wanted), state == DUMP_PAGE_UNREADABLE ? err.text : "");
		if (state == DUMP_PAGE_HERE && memcmp(page, memory.data + pfn * PAGE, PAGE) != 0)
			fail_msg("%s: page 0x%" PRIx64 " has other bytes", name, pfn);
	}

	const uint8_t *page;

	assert_int_equal(dump_reader_page(reader, count, &page, &err), DUMP_PAGE_ABSENT);
	assert_int_equal(dump_page_state(dump, UINT64_MAX), DUMP_PAGE_ABSENT);
	assert_int_equal(dump_reader_page(reader, UINT64_MAX, &page, &err), DUMP_PAGE_ABSENT);
	arena_release(&arena);
}

static void check_dump(const char *name, const char *memory_name, const char *notes_name, int incomplete, int version,
		       int extended, int cpus, const bool *lost)
{
	static struct err err;
	struct arena arena;
	struct dump dump;
	char path[4096];

	arena_init(&arena);

	struct blob memory = made_file_bytes(&arena, fixture(path, sizeof(path), "memory-", memory_name));
	struct blob notes = made_file_bytes(&arena, fixture(path, sizeof(path), "notes-", notes_name));

	check_ok(dump_open(&dump, &arena, fixture(path, sizeof(path), "", name), &err), &err);
	assert_int_equal(dump.format, DUMP_S390);
	assert_string_equal(dump_format_name(&dump), extended ? "s390 extended" : "s390");
	if (!dump.incomplete != !incomplete)
		fail_msg("%s: incomplete: %s", name, dump.incomplete ? dump.incomplete : "no");
	assert_int_equal(dump.s390.version, version);
	assert_int_equal(dump.s390.extended, extended);
	assert_int_equal(dump.s390.cpu_count, cpus);
	assert_true(dump.s390.tod == UINT64_C(0xdd5f01b9d1f50000));
	assert_true(dump.order == ORDER_BIG && dump.is64 && dump.elf_machine == EM_S390);
	assert_true(dump.page_size == PAGE && dump.page_size_known);
	assert_int_equal(dump.memory.count, 1);
	assert_true(dump.memory.v[0].start == 0 && dump.memory.v[0].end == memory.size);
	if (dump.notes.size != notes.size || memcmp(dump.notes.data, notes.data, notes.size) != 0)
		fail_msg("%s: other notes were made: %zu bytes, expected %zu", name, dump.notes.size, notes.size);
	check_pages(name, &dump, memory, lost, DUMP_WINDOW_STRAIGHT, 1);
	check_pages(name, &dump, memory, lost, 12288, 1023);
	check_pages(name, &dump, memory, lost, DUMP_WINDOW_JUMPING, 1);
	arena_release(&arena);
}

TEST(whole_fixtures)
{
	BEGIN_TEST();

	static bool lost[0x400];
	char path[4096], line[256], name[64] = "", memory[32], notes[32];
	int incomplete = 0, version = 0, extended = 0, cpus = 0;
	uint64_t first, end;
	size_t seen = 0;
	FILE *f = fopen(fixture(path, sizeof(path), "expect.txt", ""), "r");

	assert_non_null(f);
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "dump %63s %31s %31s %d %d %d %d", name, memory, notes, &incomplete, &version, &extended,
			   &cpus) == 7) {
			memset(lost, 0, sizeof(lost));
		} else if (sscanf(line, "lost %" SCNx64 " %" SCNx64, &first, &end) == 2) {
			assert_true(end <= sizeof(lost));
			for (uint64_t i = first; i < end; i++)
				lost[i] = true;
		} else {
			assert_string_equal(line, "end\n");
#ifndef HAVE_ZLIB
			if (strncmp(name, "packed", 6) == 0) {
				printf("SKIP: %s: this build has no zlib\n", name);
				continue;
			}
#endif
			check_dump(name, memory, notes, incomplete, version, extended, cpus, lost);
			seen++;
		}
	}
	fclose(f);
	assert_true(seen >= 14);
}

TEST(refused_fixtures)
{
	BEGIN_TEST();
	pattern_refused("dump_s390", 12);
}

TEST(vmcoreinfo_is_found)
{
	BEGIN_TEST();

	static struct err err;
	struct arena arena;
	struct dump dump;
	char path[4096];

	arena_init(&arena);
	check_ok(dump_open(&dump, &arena, fixture(path, sizeof(path), "", "extended"), &err), &err);
	assert_true(blob_begins(dump.vmcoreinfo, "OSRELEASE=fixture-s390\n", 23));
	assert_int_equal(dump.prstatus_count, 2);
	check_ok(dump_open(&dump, &arena, fixture(path, sizeof(path), "", "os-info"), &err), &err);
	assert_true(blob_begins(dump.vmcoreinfo, "OSRELEASE=fixture-os-info\n", 26));
	check_ok(dump_open(&dump, &arena, fixture(path, sizeof(path), "", "no-vmcoreinfo"), &err), &err);
	assert_int_equal(dump.vmcoreinfo.size, 0);
	arena_release(&arena);
}

/* Opens whatever it is, and reads some of it. True where it opened. */
static bool open_anything(const char *path, bool *complete)
{
	static struct err err;
	struct arena arena;
	struct dump dump;

	arena_init(&arena);

	bool opened = dump_open(&dump, &arena, path, &err);

	if (opened) {
		struct dump_reader *reader = dump_reader_new(&dump, &arena, 65536);
		uint64_t count = dump.memory.v[0].end / PAGE;

		*complete = !dump.incomplete;
		for (uint64_t i = 0; i < 8; i++) {
			uint64_t pfn = i < 4 ? i * 0x101 : count - 1 - (i - 4) * 0x71 % count;
			const uint8_t *page;
			enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err);

			if (state == DUMP_PAGE_UNREADABLE)
				assert_true(err.code != ERR_NONE && err.text[0]);
			else
				assert_int_equal(state, dump_page_state(&dump, pfn));
			if (state == DUMP_PAGE_HERE) {
				unsigned int sum = 0;

				for (uint64_t b = 0; b < PAGE; b += 64)
					sum += page[b];
				assert_true(sum < UINT32_MAX);
			}
		}
	} else {
		assert_true(err.code == ERR_BAD_IMAGE || err.code == ERR_UNSUPPORTED);
		assert_non_null(strstr(err.text, path));
	}
	arena_release(&arena);
	return opened;
}

TEST(truncated_anywhere)
{
	BEGIN_TEST();

	static const char *const names[] = { "classic-short-marker", "packed-small", "zero-tail" };
	struct arena files;
	char path[4096];

	arena_init(&files);
	for (size_t n = 0; n < 3; n++) {
		struct blob whole = made_file_bytes(&files, fixture(path, sizeof(path), "", names[n]));
		char opened[64];
		int fd = made_file(whole.data, whole.size, opened, sizeof(opened));
		/* Behind the 16 bytes of the end marker a DASD has whatever it has. */
		size_t length = n == 0 ? whole.size : whole.size - 4080;

		while (length > 0) {
			bool complete = false;
			size_t in_page = length % 4096;

			/* Each length of what may be a header, in steps elsewhere. */
			length -= length < 4300 && length > 3900 ? 1 : in_page > 0 && in_page < 64 ? 9 : length > 997 ? 997 : 1;
			assert_int_equal(ftruncate(fd, (off_t)length), 0);
			if (open_anything(opened, &complete) && complete)
				fail_msg("%s: cut to %zu bytes, and complete", names[n], length);
		}
		close(fd);
	}
	arena_release(&files);
}

TEST(fields_at_extremes)
{
	BEGIN_TEST();

	static const char *const names[] = { "classic", "packed-small", "zero-tail" };
	static const uint8_t values[][8] = {
		{ 0 },
		{ 0, 0, 0, 0, 0, 0, 0, 1 },
		{ 0, 0, 0, 0, 0, 0, 0x10, 0 },
		{ 0, 0, 0, 1 },
		{ 0, 0x10 },
		{ 0x80 },
		{ 0x7f, 255, 255, 255, 255, 255, 255, 255 },
		{ 255, 255, 255, 255, 255, 255, 255, 255 },
		{ 255, 255, 255, 255, 255, 255, 0xf0, 0 },
	};
	struct arena files;
	char path[4096];
	size_t opened_count = 0, tried = 0;

	arena_init(&files);
	for (size_t n = 0; n < 3; n++) {
		struct blob whole = made_file_bytes(&files, fixture(path, sizeof(path), "", names[n]));
		/* The header, the pointers of the first lowcore, the first two segments. */
		const struct {
			size_t start, end, step;
		} places[] = {
			{ 8, 0x5c, 4 }, { 0x5c, 0x68, 1 }, { 0x800, 0x810, 4 }, { 4096, 4096 + 0x40, 4 }, { 0x102000, 0x102040, 4 },
			{ 4096 + 0xe0c, 4096 + 0xe20, 4 }, { 8192 + 0xe0c, 8192 + 0xe20, 4 },
		};
		char opened[64];
		int fd = made_file(whole.data, whole.size, opened, sizeof(opened));

		for (size_t p = 0; p < sizeof(places) / sizeof(*places); p++)
			for (size_t at = places[p].start; at < places[p].end && at + 8 <= whole.size; at += places[p].step)
				for (size_t v = 0; v < sizeof(values) / sizeof(*values); v++)
					for (size_t width = 2; width <= 8; width *= 2) {
						bool complete;

						assert_int_equal(pwrite(fd, values[v], width, (off_t)at), width);
						opened_count += open_anything(opened, &complete);
						tried++;
						assert_int_equal(pwrite(fd, whole.data + at, 8, (off_t)at), 8);
					}
		close(fd);
	}
	arena_release(&files);
	assert_true(opened_count > 500 && opened_count < tried);
}

/* A MiB that does not unpack is unreadable; the ones beside it are not. */
TEST(damaged_entries)
{
	BEGIN_TEST();

#ifndef HAVE_ZLIB
	puts("SKIP: this build has no zlib");
	skip();
#endif
	static struct err err;
	struct arena arena;
	struct dump dump;
	char path[4096], opened[64];
	const uint8_t *page;

	arena_init(&arena);

	struct blob whole = made_file_bytes(&arena, fixture(path, sizeof(path), "", "packed-small"));
	int fd = made_file(whole.data, whole.size, opened, sizeof(opened));
	/* The first entry of the second segment: in the middle of its stream. */
	off_t at = 0x102000 + 4096 + 60;

	assert_int_equal(pwrite(fd, "\xff\xff\xff\xff\xff\xff\xff\xff", 8, at), 8);
	check_ok(dump_open(&dump, &arena, opened, &err), &err);

	struct dump_reader *reader = dump_reader_new(&dump, &arena, DUMP_WINDOW_STRAIGHT);

	assert_int_equal(dump_reader_page(reader, 0x20f, &page, &err), DUMP_PAGE_UNREADABLE);
	assert_int_equal(err.code, ERR_BAD_IMAGE);
	assert_non_null(strstr(err.text, opened));
	assert_int_equal(dump_reader_page(reader, 0x210, &page, &err), DUMP_PAGE_HERE);
	assert_int_equal(dump_reader_page(reader, 0x20f, &page, &err), DUMP_PAGE_UNREADABLE);
	assert_int_equal(dump_reader_page(reader, 0x1ff, &page, &err), DUMP_PAGE_HERE);
	arena_release(&arena);
	close(fd);
}

CHECK_MAIN(cmocka_unit_test(whole_fixtures), cmocka_unit_test(refused_fixtures), cmocka_unit_test(vmcoreinfo_is_found),
	   cmocka_unit_test(truncated_anywhere), cmocka_unit_test(fields_at_extremes), cmocka_unit_test(damaged_entries))
