/* SPDX-License-Identifier: GPL-2.0-only */
/* Dumps made by tests/mk/dump_kdump.py: every header version, word size and order; cut, bent and in parts. */
#include "made_file.h"

#include <fcntl.h>
#include <inttypes.h>
#include <unistd.h>

#include "kdump/dump/dump.h"
#include "kdump/dump/parts.h"
#include "kdump/dump/unpack.h"

#define BASE "64le-v6"
#define HEADER_BYTES 464
#define SUB_BYTES 104

static struct err err;

struct row {
	char name[64];
	unsigned int files, version, bits;
	char order[16];
	uint64_t page, max_mapnr, phys_base, start, end;
	int level, cpus, split, complete;
	unsigned int prstatus, vmcoreinfo;
};

static struct row read_row(const char *line)
{
	struct row r = { .name = "" };

	if (sscanf(line, "%63s %u %u %u %15s %" SCNu64 " %d %d %" SCNu64 " %" SCNx64 " %" SCNu64 " %" SCNu64 " %d %d %u %u",
		   r.name, &r.files, &r.version, &r.bits, r.order, &r.page, &r.level, &r.cpus, &r.max_mapnr,
		   &r.phys_base, &r.start, &r.end, &r.split, &r.complete, &r.prstatus, &r.vmcoreinfo) != 16)
		fail_msg("list: %s", line);
	return r;
}

static struct blob fixture(struct arena *arena, const char *name, const char *suffix)
{
	return made_file_bytes(arena, arena_printf(arena, "%s/dump_kdump-%s%s", check_env("FIXTURES"), name, suffix));
}

static struct row row_of(struct arena *arena, const char *name)
{
	struct blob list = fixture(arena, "list", "");
	char *text = arena_strndup(arena, (const char *)list.data, list.size), *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct row r = read_row(line);

		if (strcmp(r.name, name) == 0)
			return r;
	}
	fail_msg("no %s in the list", name);
	return (struct row){ .files = 0 };
}

static bool open_row(struct dump *dump, struct arena *arena, const struct row *row)
{
	const char *base = arena_printf(arena, "%s/dump_kdump-%s", check_env("FIXTURES"), row->name);
	const char *paths[8];

	if (row->files == 1)
		return dump_open(dump, arena, arena_printf(arena, "%s.dump", base), &err);
	for (unsigned int i = 0; i < row->files; i++)
		paths[i] = arena_printf(arena, "%s.%u", base, i);
	return dump_open_parts(dump, arena, paths, row->files, &err);
}

/* What is expected of each page. */
struct expected {
	uint64_t pfn;
	enum dump_page_state state;
	uint32_t flags;
	const uint8_t *content; /* where it is here */
};

struct map {
	struct expected *v;
	size_t count;
	uint64_t end;
};

static const uint8_t zeros[65536];

static enum dump_page_state state_of(const char *word)
{
	if (!strcmp(word, "here") || !strcmp(word, "zero"))
		return DUMP_PAGE_HERE;
	if (!strcmp(word, "excluded"))
		return DUMP_PAGE_EXCLUDED;
	if (!strcmp(word, "lost"))
		return DUMP_PAGE_LOST;
	assert_string_equal(word, "unreadable");
	return DUMP_PAGE_UNREADABLE;
}

static struct map read_map(struct arena *arena, const struct row *row)
{
	struct blob lines = fixture(arena, row->name, ".pages"), mem = fixture(arena, row->name, ".mem");
	char *text = arena_strndup(arena, (const char *)lines.data, lines.size), *rest = NULL;
	struct map map = { arena_array(arena, lines.size / 4 + 1, sizeof(*map.v)), 0, row->max_mapnr };
	size_t used = 0;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest)) {
		struct expected *e = &map.v[map.count++];
		char word[16];

		if (sscanf(line, "%" SCNu64 " %15s %" SCNu32, &e->pfn, word, &e->flags) != 3)
			fail_msg("%s.pages: %s", row->name, line);
		e->state = state_of(word);
		if (!strcmp(word, "here")) {
			e->content = blob_at(mem, used, row->page);
			used += row->page;
			assert_non_null(e->content);
		} else if (!strcmp(word, "zero")) {
			e->content = zeros;
		}
	}
	assert_int_equal(used, mem.size);
	return map;
}

static const struct expected *find(const struct map *map, uint64_t pfn)
{
	size_t low = 0, high = map->count;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (map->v[middle].pfn < pfn)
			low = middle + 1;
		else
			high = middle;
	}
	return low < map->count && map->v[low].pfn == pfn ? &map->v[low] : NULL;
}

static void check_page(const struct dump *dump, struct dump_reader *reader, const struct map *map, uint64_t pfn)
{
	const struct expected *e = find(map, pfn);
	enum dump_page_state wanted = e ? e->state : DUMP_PAGE_ABSENT;
	const uint8_t *page = NULL;

	err = (struct err){ .code = ERR_NONE };

	enum dump_page_state found = dump_reader_page(reader, pfn, &page, &err);

	if (e && wanted == DUMP_PAGE_HERE && !unpack_is_built(e->flags)) {
		assert_int_equal(found, DUMP_PAGE_UNREADABLE);
		assert_int_equal(err.code, ERR_UNSUPPORTED);
		assert_non_null(strstr(err.text, "built without"));
		return;
	}
	if (found != wanted)
		fail_msg("%s: page %" PRIu64 ": state %d found, %d expected: %s", dump->path, pfn, found, wanted, err.text);
	if (found == DUMP_PAGE_HERE && memcmp(page, e->content, dump->page_size) != 0)
		fail_msg("%s: page %" PRIu64 " (flags 0x%" PRIx32 ") has other content", dump->path, pfn, e->flags);
	if (found == DUMP_PAGE_UNREADABLE)
		assert_non_null(strstr(err.text, dump->path));
	else
		assert_int_equal(dump_page_state(dump, pfn), wanted);
}

/* Known without the file. */
static void check_excluded(const struct dump *dump, const struct map *map)
{
	int nothing = open("/dev/null", O_RDONLY);

	for (size_t i = 0; i < dump_part_count(dump); i++)
		assert_int_equal(dup2(nothing, dump_part(dump, i)->fd), dump_part(dump, i)->fd);
	close(nothing);
	for (uint64_t pfn = 0; pfn < map->end + 70; pfn++) {
		const struct expected *e = find(map, pfn);

		assert_int_equal(dump_page_is_excluded(dump, pfn), e && e->state == DUMP_PAGE_EXCLUDED);
	}
}

/* Straight on, backwards, and in jumps, with both kinds of readers. */
static void check_pages(const struct dump *dump, const struct map *map)
{
	static const uint64_t windows[] = { DUMP_WINDOW_STRAIGHT, DUMP_WINDOW_JUMPING, 8192 };
	struct arena arena;

	for (size_t w = 0; w < 3; w++) {
		arena_init(&arena);

		struct dump_reader *reader = dump_reader_new(dump, &arena, windows[w]);

		for (uint64_t pfn = 0; pfn < map->end + 3; pfn++)
			check_page(dump, reader, map, pfn);
		for (size_t i = map->count; i--;)
			check_page(dump, reader, map, map->v[i].pfn);
		for (size_t i = 0; i < map->count; i++)
			check_page(dump, reader, map, map->v[i * 37 % map->count].pfn);
		check_page(dump, reader, map, UINT64_MAX / dump->page_size);
		arena_release(&arena);
	}
}

static void check_row(const struct row *row)
{
	struct arena arena;
	struct dump dump;

	arena_init(&arena);

	struct map map = read_map(&arena, row);

	check_ok(open_row(&dump, &arena, row), &err);
	assert_int_equal(dump.format, DUMP_KDUMP);
	assert_int_equal(dump.flattened, strcmp(row->name, "flattened") == 0);
	assert_int_equal(dump.kdump.header_version, row->version);
	assert_int_equal(dump.is64, row->bits == 64);
	assert_int_equal(dump.order, strcmp(row->order, "big") == 0 ? ORDER_BIG : ORDER_LITTLE);
	assert_int_equal(dump.page_size, row->page);
	assert_true(dump.page_size_known);
	assert_int_equal(dump.kdump.dump_level, row->level);
	assert_int_equal(dump.kdump.cpu_count, row->cpus);
	assert_int_equal(dump.kdump.phys_base, row->phys_base);
	assert_int_equal(dump.kdump.seconds, 1760000000);
	assert_int_equal(dump.kdump.microseconds, 123456);
	assert_int_equal(dump.kdump.split, row->split);
	if (row->split) {
		assert_int_equal(dump.kdump.start_pfn, row->start);
		assert_int_equal(dump.kdump.end_pfn, row->end);
	}
	assert_string_equal(dump.kdump.uts[0], "Linux");
	assert_string_equal(dump.kdump.uts[2], "6.12.1-test");
	assert_int_equal(dump.prstatus_count, row->prstatus);
	assert_int_equal(dump.vmcoreinfo.size, row->vmcoreinfo);
	if (row->vmcoreinfo)
		assert_memory_equal(dump.vmcoreinfo.data, "OSRELEASE=6.12.1-test\n", 22);
	if (row->complete != !dump.incomplete)
		fail_msg("%s: complete %d expected, and found: %s", row->name, row->complete,
			 dump.incomplete ? dump.incomplete : "complete");
	check_pages(&dump, &map);
	check_excluded(&dump, &map);
	arena_release(&arena);
}

TEST(fixtures)
{
	struct arena arena;
	size_t rows = 0;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob list = fixture(&arena, "list", "");
	char *text = arena_strndup(&arena, (const char *)list.data, list.size), *rest = NULL;

	for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest), rows++) {
		struct row row = read_row(line);

		check_row(&row);
	}
	assert_true(rows > 40);
	arena_release(&arena);
}

/* A file with these bytes, for as long as the descriptor is open. */
static const char *file_of(struct arena *arena, const uint8_t *bytes, size_t size, int *fd)
{
	char path[64];

	*fd = made_file(bytes, size, path, sizeof(path));
	return arena_strdup(arena, path);
}

/* Whatever it says: an error that names the file, or a dump whose pages are right where they are there at all. */
static bool survives(const uint8_t *bytes, size_t size, const struct map *map, bool *incomplete)
{
	struct arena arena;
	struct dump dump;
	const uint8_t *page;
	int fd;

	arena_init(&arena);
	err = (struct err){ .code = ERR_NONE };

	const char *path = file_of(&arena, bytes, size, &fd);
	bool opened = dump_open(&dump, &arena, path, &err);

	if (!opened) {
		if ((err.code != ERR_BAD_IMAGE && err.code != ERR_UNSUPPORTED) || !strstr(err.text, path))
			fail_msg("%zu bytes: code %d: %s", size, err.code, err.text);
	} else {
		struct dump_reader *reader = dump_reader_new(&dump, &arena, DUMP_WINDOW_STRAIGHT);

		*incomplete = dump.incomplete != NULL;
		for (uint64_t pfn = 0; pfn < 80; pfn++) {
			const struct expected *e = map ? find(map, pfn) : NULL;

			err.code = ERR_NONE;

			enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err);

			if (state == DUMP_PAGE_UNREADABLE)
				assert_true(err.code != ERR_NONE && strstr(err.text, path));
			if (state != DUMP_PAGE_HERE)
				continue;
			if (map && (!e || memcmp(page, e->content, dump.page_size) != 0))
				fail_msg("%zu bytes: page %" PRIu64 " has other content", size, pfn);
			/* All of it can be read. */
			for (size_t i = 0; i < dump.page_size; i += 512)
				(void)*(const volatile uint8_t *)(page + i);
		}
	}
	arena_release(&arena);
	close(fd);
	return opened;
}

TEST(cut_anywhere)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);

	struct row row = row_of(&arena, BASE);
	struct map map = read_map(&arena, &row);
	struct blob whole = fixture(&arena, BASE, ".dump");
	size_t opened_from = 0;

	for (size_t size = 0; size < whole.size;) {
		bool incomplete = false;
		bool opened = survives(whole.data, size, &map, &incomplete);

		if (opened && !opened_from)
			opened_from = size;
		if (opened_from && !opened)
			fail_msg("opened with %zu bytes, and not with %zu", opened_from, size);
		if (opened && !incomplete)
			fail_msg("%zu bytes of %zu: not said to be incomplete", size, whole.size);
		/* Each length of the header and sub header; around each block's end; and steps. */
		if (size < HEADER_BYTES + 8 || (size >= row.page - 2 && size < row.page + 1100) ||
		    size % row.page > row.page - 4 || size % row.page < 4)
			size++;
		else
			size += 61;
	}
	/* Both bitmaps have to be there; no descriptor has to. */
	assert_true(opened_from > 3 * row.page && opened_from <= 4 * row.page);
	arena_release(&arena);
}

static void put(uint8_t *at, uint64_t value, size_t size, bool big)
{
	for (size_t i = 0; i < size; i++)
		at[big ? size - 1 - i : i] = (uint8_t)(value >> (8 * i));
}

/* Every place of the headers set to every extreme: nothing to compare with, but an error or pages. */
static void bend(const char *name, size_t from, size_t to)
{
	static const uint64_t extremes[] = { 0, 1, 2, 3, 6, 7, 0x7f, 0xff, 0x1000, 0xffff, 0x10000, 0x100000, 0x7fffffff,
					     0x80000000, 0xfffffffe, 0xffffffff, 0x100000000, INT64_MAX,
					     (uint64_t)INT64_MAX + 1, UINT64_MAX - 1, UINT64_MAX, UINT64_MAX / 4096 };
	struct arena arena;
	bool ignored;

	arena_init(&arena);

	struct blob whole = fixture(&arena, name, ".dump");
	uint8_t *copy = arena_alloc(&arena, whole.size);
	bool big = strstr(name, "be") || strstr(name, "ppc");

	for (size_t at = from; at < to; at += 4) {
		for (size_t i = at / 4 % check_stride(5); i < sizeof(extremes) / sizeof(*extremes); i += check_stride(5)) {
			for (size_t size = 4; size <= 8; size += 4) {
				memcpy(copy, whole.data, whole.size);
				put(copy + at, extremes[i], size, big);
				(void)survives(copy, whole.size, NULL, &ignored);
			}
		}
	}
	arena_release(&arena);
}

TEST(bent_headers)
{
	BEGIN_TEST();
	bend(BASE, 8, 12);
	bend(BASE, 400, HEADER_BYTES);
	bend(BASE, 4096, 4096 + SUB_BYTES);
	bend("64be-v5", 424, HEADER_BYTES);
	bend("64be-v5", 4096, 4096 + SUB_BYTES);
	bend("i686-v6", 404, 452);
	bend("i686-v6", 4096, 4096 + 80);
	bend("arm-v6", 4096, 4096 + 96);
	bend("ppc-v4", 404, 452);
}

TEST(bent_notes)
{
	BEGIN_TEST();
	bend(BASE, 4096 + SUB_BYTES, 4096 + SUB_BYTES + 16);
	bend(BASE, 4096 + SUB_BYTES + 2 * 356, 4096 + SUB_BYTES + 2 * 356 + 24);
}

TEST(bent_bitmaps_and_descriptors)
{
	BEGIN_TEST();
	bend(BASE, 2 * 4096, 2 * 4096 + 12);
	bend(BASE, 3 * 4096, 3 * 4096 + 12);
	bend(BASE, 4 * 4096, 4 * 4096 + 72);
}

TEST(older_formats)
{
	struct arena arena;
	struct dump dump;
	uint8_t bytes[8192] = "DISKDUMP";
	int fd;

	BEGIN_TEST();
	arena_init(&arena);
	check_fails(dump_open(&dump, &arena, file_of(&arena, bytes, sizeof(bytes), &fd), &err), &err, ERR_UNSUPPORTED,
		    "crash");
	close(fd);
	memcpy(bytes, "KDUMP   ", 8);
	check_fails(dump_open(&dump, &arena, file_of(&arena, bytes, sizeof(bytes), &fd), &err), &err, ERR_BAD_IMAGE,
		    "expected versions 1 to 6");
	close(fd);
	arena_release(&arena);
}

/* Bits of pages that the machine does not have, at the end of the last byte and behind it. */
TEST(bits_behind_the_last_page)
{
	struct arena arena;
	bool incomplete;

	BEGIN_TEST();
	arena_init(&arena);

	struct row row = row_of(&arena, BASE);
	struct map map = read_map(&arena, &row);
	struct blob whole = fixture(&arena, BASE, ".dump");
	uint8_t *copy = arena_alloc(&arena, whole.size);

	assert_int_equal(row.max_mapnr, 72);
	for (size_t bitmap = 2 * 4096; bitmap <= 3 * 4096; bitmap += 4096) {
		memcpy(copy, whole.data, whole.size);
		memset(copy + bitmap + 9, 0xff, 4096 - 9);
		assert_true(survives(copy, whole.size, &map, &incomplete));
		assert_false(incomplete);
	}

	/* One page less: the last one's bit stays, and its descriptor is behind those that count. */
	memcpy(copy, whole.data, whole.size);
	put(copy + 440, 71, 4, false);
	put(copy + 4096 + 96, 71, 8, false);

	struct dump dump;
	int fd;

	check_ok(dump_open(&dump, &arena, file_of(&arena, copy, whole.size, &fd), &err), &err);
	assert_int_equal(dump_page_state(&dump, 70), DUMP_PAGE_HERE);
	assert_int_equal(dump_page_state(&dump, 71), DUMP_PAGE_ABSENT);
	assert_int_equal(dump.memory.v[dump.memory.count - 1].end, 71 * 4096);
	close(fd);
	arena_release(&arena);
}

/* Headers that claim very much, in files of holes: neither time nor memory follows the claim. */
TEST(claims)
{
	struct arena arena;
	struct dump dump;
	int fd;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob whole = fixture(&arena, BASE, ".dump");
	uint8_t *copy = arena_alloc(&arena, whole.size);

	memcpy(copy, whole.data, whole.size);
	put(copy + 4096 + 96, (UINT64_C(1) << 36) + 1, 8, false);
	check_fails(dump_open(&dump, &arena, file_of(&arena, copy, whole.size, &fd), &err), &err, ERR_BAD_IMAGE,
		    "pages up to number");
	close(fd);

	/* 2^31 pages: bitmaps of 256 MiB each, all holes but their beginnings, which hold other things. */
	put(copy + 4096 + 96, UINT64_C(1) << 31, 8, false);
	put(copy + 440, UINT64_C(1) << 31, 4, false);
	put(copy + 436, 2 << 16, 4, false);

	const char *path = file_of(&arena, copy, whole.size, &fd);

	assert_int_equal(ftruncate(fd, (off_t)3 << 28), 0);
	check_ok(dump_open(&dump, &arena, path, &err), &err);
	assert_int_equal(dump_page_state(&dump, (UINT64_C(1) << 31) - 1), DUMP_PAGE_ABSENT);
	close(fd);
	arena_release(&arena);
}

/* Every second page: as many pieces of memory as there can be. */
static bool open_pieces(struct arena *arena, uint32_t blocks, size_t *pieces)
{
	struct blob whole = fixture(arena, BASE, ".dump");
	size_t size = 2 * 4096 + 2 * (size_t)blocks * 4096;
	uint8_t *copy = arena_alloc(arena, size);
	struct dump dump;
	int fd;

	memcpy(copy, whole.data, 2 * 4096);
	memset(copy + 2 * 4096, 0x55, size - 2 * 4096);
	put(copy + 4096 + 96, (uint64_t)blocks * 4096 * 8, 8, false);
	put(copy + 440, (uint64_t)blocks * 4096 * 8, 4, false);
	put(copy + 436, 2 * (uint64_t)blocks, 4, false);

	bool opened = dump_open(&dump, arena, file_of(arena, copy, size, &fd), &err);

	*pieces = opened ? dump.memory.count : 0;
	close(fd);
	return opened;
}

TEST(many_pieces)
{
	struct arena arena;
	size_t pieces;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(open_pieces(&arena, 16, &pieces), &err);
	assert_int_equal(pieces, 16 * 4096 * 4);
	check_fails(open_pieces(&arena, 512, &pieces), &err, ERR_BAD_IMAGE, "pieces of memory");
	arena_release(&arena);
}

static const char *named(struct arena *arena, const char *name)
{
	return arena_printf(arena, "%s/dump_kdump-%s", check_env("FIXTURES"), name);
}

TEST(parts_that_are_none)
{
	struct arena arena;
	struct dump dump;

	BEGIN_TEST();
	arena_init(&arena);

	const char *whole[] = { named(&arena, "split.0"), named(&arena, "64le-v6.dump") };
	const char *twice[] = { named(&arena, "split.0"), named(&arena, "split.1"), named(&arena, "split.0") };
	const char *missing[] = { named(&arena, "split.0"), named(&arena, "no-such-file") };

	check_fails(dump_open_parts(&dump, &arena, whole, 2, &err), &err, ERR_BAD_IMAGE, "is a whole dump");
	check_fails(dump_open_parts(&dump, &arena, twice, 3, &err), &err, ERR_BAD_IMAGE, "given twice");
	check_fails(dump_open_parts(&dump, &arena, missing, 2, &err), &err, ERR_SYSTEM, "no-such-file");
	check_fails(dump_open_parts(&dump, &arena, NULL, 0, &err), &err, ERR_USAGE, "no dump");

	/* Parts of two dumps. */
	struct blob part = fixture(&arena, "split", ".1");
	uint8_t *copy = arena_alloc(&arena, part.size);
	int fd;

	memcpy(copy, part.data, part.size);
	put(copy + 408, 1760000001, 8, false);

	const char *other[] = { named(&arena, "split.0"), file_of(&arena, copy, part.size, &fd) };

	check_fails(dump_open_parts(&dump, &arena, other, 2, &err), &err, ERR_BAD_IMAGE, "differ in their time");
	close(fd);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(fixtures), cmocka_unit_test(cut_anywhere), cmocka_unit_test(bent_headers),
	   cmocka_unit_test(bent_notes), cmocka_unit_test(bent_bitmaps_and_descriptors), cmocka_unit_test(older_formats),
	   cmocka_unit_test(claims),
	   cmocka_unit_test(bits_behind_the_last_page), cmocka_unit_test(many_pieces), cmocka_unit_test(parts_that_are_none))
