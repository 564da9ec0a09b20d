/* SPDX-License-Identifier: GPL-2.0-only */
/* Page maps of made kernels, FIXTURES/page_map-*, against what tests/mk/page_map.py made each page as. */
#include <inttypes.h>

#include "kdump/kernel/page_map.h"
#include "tests/unit/check.h"

#define SHAPES_MAX 64
#define KEYS_MAX 128
#define KEEP_ALL (UINT64_C(1) << 24)

struct shape {
	char name[64];
	uint8_t *wanted; /* classes of wanted_blocks blocks */
	uint64_t wanted_blocks;
	struct dump dump;
	struct arena arena;
};

static struct shape shapes[SHAPES_MAX];
static size_t shape_count;

static enum page_class class_named(const char *name)
{
	for (enum page_class class = PAGE_ABSENT; class < PAGE_CLASSES; class++)
		if (strcmp(page_class_name(class), name) == 0)
			return class;
	fail_msg("no class is named %s", name);
	return PAGE_ABSENT;
}

static FILE *open_fixture(const char *name, const char *suffix)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/page_map-%s%s", check_env("FIXTURES"), name, suffix);

	FILE *file = fopen(path, "r");

	if (!file)
		fail_msg("%s cannot be opened", path);
	return file;
}

static void read_wanted(struct shape *shape)
{
	FILE *file = open_fixture(shape->name, ".classes");
	char name[64];
	uint64_t pfn, count, room = 0;

	while (fscanf(file, "%" SCNu64 " %" SCNu64 " %63[^\n]", &pfn, &count, name) == 3) {
		uint64_t end = pfn + count;
		uint64_t blocks = (end + PAGE_BLOCK - 1) / PAGE_BLOCK;

		if (blocks > room) {
			shape->wanted = realloc(shape->wanted, blocks * PAGE_BLOCK);
			assert_non_null(shape->wanted);
			memset(shape->wanted + room * PAGE_BLOCK, PAGE_ABSENT, (blocks - room) * PAGE_BLOCK);
			room = blocks;
		}
		memset(shape->wanted + pfn, (int)class_named(name), count);
	}
	fclose(file);
	shape->wanted_blocks = room;
	assert_true(room > 0);
}

static int load(void **state_)
{
	FILE *list = open_fixture("list", "");
	struct err err;

	BEGIN_TEST();
	while (shape_count < SHAPES_MAX && fscanf(list, "%63s", shapes[shape_count].name) == 1) {
		struct shape *shape = &shapes[shape_count++];
		char path[4096];

		read_wanted(shape);
		arena_init(&shape->arena);
		snprintf(path, sizeof(path), "%s/page_map-%s.vmcore", check_env("FIXTURES"), shape->name);
		check_ok(dump_open(&shape->dump, &shape->arena, path, &err), &err);
	}
	fclose(list);
	return shape_count >= 15 ? 0 : 1;
}

static int unload(void **state_)
{
	BEGIN_TEST();
	for (size_t i = 0; i < shape_count; i++) {
		arena_release(&shapes[i].arena);
		free(shapes[i].wanted);
	}
	return 0;
}

/* A map of a dump, and what it needs. */
struct mapped {
	struct arena arena;
	struct dump dump;
	struct kernel kernel;
	struct page_map map;
};

static void map_open(struct mapped *m, const struct shape *shape, const char *info, uint64_t keep)
{
	struct err err;

	arena_init(&m->arena);
	m->dump = shape->dump;
	if (info)
		m->dump.vmcoreinfo = (struct blob){ (const uint8_t *)info, strlen(info) };
	check_ok(kernel_open(&m->kernel, &m->arena, &m->dump, &err), &err);
	check_ok(page_map_open(&m->map, &m->arena, &m->dump, &m->kernel, keep, &err), &err);
}

static void compare(const struct shape *shape, uint64_t block, const uint8_t *classes)
{
	const uint8_t *wanted = shape->wanted + block * PAGE_BLOCK;

	for (uint32_t i = 0; i < PAGE_BLOCK; i++)
		if (classes[i] != wanted[i])
			fail_msg("%s: page %" PRIu64 " is %s, made as %s", shape->name, block * PAGE_BLOCK + i,
				 page_class_name(classes[i]), page_class_name(wanted[i]));
}

static void check_counts(const struct shape *shape, const struct page_map *map)
{
	uint64_t totals[PAGE_CLASSES] = { 0 };

	for (uint64_t block = 0; block < map->block_count; block++) {
		uint32_t counts[PAGE_CLASSES] = { 0 };

		for (uint32_t i = 0; i < PAGE_BLOCK; i++)
			counts[shape->wanted[block * PAGE_BLOCK + i]]++;
		if (counts[PAGE_ABSENT] == PAGE_BLOCK)
			counts[PAGE_ABSENT] = 0;
		assert_memory_equal(counts, map->blocks[block].pages, sizeof(counts));
		for (int class = 0; class < PAGE_CLASSES; class++)
			totals[class] += counts[class];
	}
	assert_memory_equal(totals, map->totals, sizeof(totals));
	assert_int_equal(map->page_count, totals[PAGE_KERNEL] + totals[PAGE_CACHE_PRIVATE] + totals[PAGE_CACHE] +
						  totals[PAGE_USER] + totals[PAGE_FREE] + totals[PAGE_NEVER]);
}

/* Problems that a shape has of its own: keys that its kernel does not export. */
static void check_problems(const struct shape *shape, const struct page_map *map)
{
	for (const struct page_map_problem *p = map->problems; p; p = p->next) {
		bool known = (strcmp(shape->name, "4.9") == 0 && strstr(p->text, "NUMBER(PG_swapbacked)")) ||
			     (strncmp(shape->name, "4.", 2) == 0 && strstr(p->text, "PAGE_OFFLINE_MAPCOUNT_VALUE"));

		if (!known)
			fail_msg("%s: unexpected: %s", shape->name, p->text);
	}
}

struct progress {
	uint64_t last, calls;
};

static void progress(void *data, uint64_t done)
{
	struct progress *p = data;

	assert_true(done > p->last);
	p->last = done;
	p->calls++;
}

/* All shapes, by 1 and 4 threads, with room for all packed classes, for some, and for none. */
TEST(test_classes)
{
	static const uint64_t keeps[] = { KEEP_ALL, 2000, 0 };

	BEGIN_TEST();
	for (size_t i = 0; i < shape_count; i++) {
		size_t step = check_stride(5);

		for (size_t way = i % step; way < 6; way += step) {
			struct mapped m;
			struct err err;
			struct progress p = { 0 };
			static uint8_t classes[PAGE_BLOCK];

			map_open(&m, &shapes[i], NULL, keeps[way % 3]);
			assert_int_equal(m.map.block_count, shapes[i].wanted_blocks);
			check_ok(page_map_scan(&m.map, way < 3 ? 1 : 4, progress, &p, &err), &err);
			assert_int_equal(p.last, m.map.page_count);
			check_problems(&shapes[i], &m.map);

			struct page_map_view *view = page_map_view_new(&m.map, &m.arena);

			for (uint64_t block = m.map.block_count; block-- > 0;) {
				page_map_classes(view, block, classes);
				compare(&shapes[i], block, classes);
			}
			check_counts(&shapes[i], &m.map);
			arena_release(&m.arena);
		}
	}
}

/* Each block by a view of its own, without any scan before. */
TEST(test_blocks_alone)
{
	static uint8_t classes[PAGE_BLOCK];

	BEGIN_TEST();
	for (size_t i = 0; i < shape_count; i++) {
		struct mapped m;

		map_open(&m, &shapes[i], NULL, 0);
		for (uint64_t block = 0; block < m.map.block_count; block++) {
			struct arena arena;

			arena_init(&arena);
			page_map_classes(page_map_view_new(&m.map, &arena), block, classes);
			compare(&shapes[i], block, classes);
			arena_release(&arena);
		}
		page_map_classes(page_map_view_new(&m.map, &m.arena), m.map.block_count, classes);
		for (uint32_t page = 0; page < PAGE_BLOCK; page++)
			assert_int_equal(classes[page], PAGE_ABSENT);
		arena_release(&m.arena);
	}
}

static bool keeps_as_much(enum page_class class, enum page_class before)
{
	for (unsigned int level = 0; level <= PAGE_LEVEL_MAX; level++)
		if (page_level_keeps(level, before) && !page_level_keeps(level, class))
			return false;
	return true;
}

/* The text without line number `left_out`, or with another value there; key: what stands before its "=". */
static bool edit_info(const struct shape *shape, size_t line, const char *value, char *out, char *key, size_t key_size)
{
	const char *at = (const char *)shape->dump.vmcoreinfo.data;
	const char *end = at + shape->dump.vmcoreinfo.size;

	for (size_t i = 0; at < end; i++) {
		const char *stop = memchr(at, '\n', (size_t)(end - at));

		assert_non_null(stop);

		const char *equals = memchr(at, '=', (size_t)(stop - at));

		assert_non_null(equals);
		if (i == line) {
			memcpy(out, at, (size_t)(stop + 1 - at));
			snprintf(key, key_size, "%.*s", (int)(equals - at), at);
			if (value)
				out += sprintf(out, "%s=%s\n", key, value);
			at = stop + 1;
			memcpy(out, at, (size_t)(end - at));
			out[end - at] = '\0';
			return true;
		}
		memcpy(out, at, (size_t)(stop + 1 - at));
		out += stop + 1 - at;
		at = stop + 1;
	}
	return false;
}

/* These are left out by kernels that have no such pages. */
static bool may_be_silent(const char *key)
{
	return strcmp(key, "NUMBER(PG_hwpoison)") == 0 || strcmp(key, "NUMBER(PAGE_UNACCEPTED_MAPCOUNT_VALUE)") == 0;
}

static bool named_in_problem(const struct page_map *map, const char *key)
{
	for (const struct page_map_problem *p = map->problems; p; p = p->next)
		if (strstr(p->text, key))
			return true;
	return false;
}

/* Without a key no page is kept less than with it, and where one is kept more, a problem names the key. */
TEST(test_missing_keys)
{
	static uint8_t classes[PAGE_BLOCK];
	static char info[8192], key[256];
	size_t more = 0;

	BEGIN_TEST();
	for (size_t i = 0; i < shape_count; i++) {
		size_t step = check_stride(5);

		for (size_t line = i % step; edit_info(&shapes[i], line, NULL, info, key, sizeof(key)); line += step) {
			struct mapped m;
			bool changed = false;

			map_open(&m, &shapes[i], info, 0);

			struct page_map_view *view = page_map_view_new(&m.map, &m.arena);

			/* The first has every kind of page, the fourth is behind the head of a huge one. */
			for (uint64_t block = 0; block < m.map.block_count && block < 4; block += 3) {
				const uint8_t *before = shapes[i].wanted + block * PAGE_BLOCK;

				page_map_classes(view, block, classes);
				for (uint32_t page = 0; page < PAGE_BLOCK; page++) {
					if (classes[page] == before[page])
						continue;
					changed = true;
					if (!keeps_as_much(classes[page], before[page]))
						fail_msg("%s without %s: page %" PRIu64 " becomes %s from %s",
							 shapes[i].name, key, block * PAGE_BLOCK + page,
							 page_class_name(classes[page]),
							 page_class_name(before[page]));
				}
			}
			if (changed && !may_be_silent(key) && !named_in_problem(&m.map, key))
				fail_msg("%s without %s: pages are kept and no problem names it (%s)", shapes[i].name, key,
					 m.map.problems ? m.map.problems->text : "there is none");
			more += changed;
			arena_release(&m.arena);
		}
	}
	assert_true(more > 100 / check_stride(5));
}

/* Whatever a value is, the map is made, and no page appears or vanishes. */
TEST(test_extreme_values)
{
	static const char *const values[] = { "0", "-1", "7", "63", "64", "4095", "ffffffffffffffff",
					      "18446744073709551615", "9223372036854775807", "x" };
	static uint8_t classes[PAGE_BLOCK];
	static char info[8192], key[256];

	BEGIN_TEST();
	for (size_t i = 0; i < shape_count; i += 2) {
		for (size_t line = 2; edit_info(&shapes[i], line, NULL, info, key, sizeof(key)); line += check_stride(3)) {
			const char *value = values[(line + i) % (sizeof(values) / sizeof(*values))];
			struct mapped m;

			edit_info(&shapes[i], line, value, info, key, sizeof(key));
			map_open(&m, &shapes[i], info, 0);
			page_map_classes(page_map_view_new(&m.map, &m.arena), 0, classes);
			for (uint32_t page = 0; page < PAGE_BLOCK; page++)
				assert_int_equal(classes[page] == PAGE_ABSENT, shapes[i].wanted[page] == PAGE_ABSENT);
			arena_release(&m.arena);
		}
	}
}

/* Struct pages that the dump does not have: the pages are kept, and it is said how many and where. */
TEST(test_unreadable)
{
	struct mapped m;
	struct err err;
	static struct dump_mapping *mappings;
	const struct shape *shape = NULL;

	BEGIN_TEST();
	for (size_t i = 0; i < shape_count; i++)
		if (strcmp(shapes[i].name, "6.3") == 0)
			shape = &shapes[i];
	assert_non_null(shape);
	mappings = calloc(shape->dump.mapping_count, sizeof(*mappings));
	assert_non_null(mappings);

	struct shape cut = *shape;
	size_t kept = 0, left_out = 0;

	/* Two pages of memory with 64 struct pages each: of pages 128 to 191, and 4096 to 4159. */
	for (size_t i = 0; i < shape->dump.mapping_count; i++) {
		uint64_t vaddr = shape->dump.mappings[i].vaddr;

		if (vaddr == UINT64_C(0xffffea0000000000) + 128 * 64 ||
		    vaddr == UINT64_C(0xffffea0000000000) + 4096 * 64) {
			left_out++;
			continue;
		}
		mappings[kept++] = shape->dump.mappings[i];
	}
	assert_int_equal(left_out, 2);
	cut.dump.mappings = mappings;
	cut.dump.mapping_count = kept;
	map_open(&m, &cut, NULL, KEEP_ALL);
	check_ok(page_map_scan(&m.map, 2, NULL, NULL, &err), &err);
	assert_non_null(m.map.problems);
	assert_null(m.map.problems->next);

	static uint8_t classes[PAGE_BLOCK];
	char words[128];
	unsigned int lost = 0;

	page_map_classes(page_map_view_new(&m.map, &m.arena), 0, classes);
	for (uint32_t page = 0; page < PAGE_BLOCK; page++) {
		bool hidden = page / 64 == 2 || page / 64 == 64;

		if (hidden && classes[page] == PAGE_KERNEL)
			lost++;
		if (!keeps_as_much(classes[page], shape->wanted[page]))
			fail_msg("page %u becomes %s", page, page_class_name(classes[page]));
	}
	snprintf(words, sizeof(words), "%u pages are kept, in 1 blocks", lost);
	if (!strstr(m.map.problems->text, words))
		fail_msg("\"%s\" does not say \"%s\"", m.map.problems->text, words);
	arena_release(&m.arena);
	free(mappings);
}

TEST(test_no_kernel)
{
	struct arena arena;
	struct page_map map;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(page_map_open(&map, &arena, &shapes[0].dump, NULL, KEEP_ALL, &err), &err);
	check_ok(page_map_scan(&map, 2, NULL, NULL, &err), &err);
	assert_int_equal(map.totals[PAGE_KERNEL], map.page_count);
	assert_null(map.problems);
	arena_release(&arena);
}

TEST(test_too_large)
{
	struct range huge = { 0, (UINT64_C(1) << 52) + 1 };
	struct dump dump = { .path = "made", .page_size = 4096, .memory = { .v = &huge, .count = 1 } };
	struct arena arena;
	struct page_map map;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);
	check_fails(page_map_open(&map, &arena, &dump, NULL, 0, &err), &err, ERR_BAD_IMAGE, "52 bits");
	arena_release(&arena);
}

/* makedumpfile's levels: 1 zero, 2 cache, 4 private cache (and other), 8 user, 16 free. */
TEST(test_levels)
{
	BEGIN_TEST();
	for (unsigned int level = 0; level <= PAGE_LEVEL_MAX; level++) {
		assert_false(page_level_keeps(level, PAGE_ABSENT));
		assert_true(page_level_keeps(level, PAGE_KERNEL));
		assert_int_equal(page_level_keeps(level, PAGE_CACHE), (level & 6) == 0);
		assert_int_equal(page_level_keeps(level, PAGE_CACHE_PRIVATE), (level & 4) == 0);
		assert_int_equal(page_level_keeps(level, PAGE_USER), (level & 8) == 0);
		assert_int_equal(page_level_keeps(level, PAGE_FREE), (level & 16) == 0);
		assert_int_equal(page_level_keeps(level, PAGE_NEVER), level < 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_levels),	       cmocka_unit_test(test_classes),
		cmocka_unit_test(test_blocks_alone),   cmocka_unit_test(test_missing_keys),
		cmocka_unit_test(test_extreme_values), cmocka_unit_test(test_unreadable),
		cmocka_unit_test(test_no_kernel),      cmocka_unit_test(test_too_large),
	};

	return cmocka_run_group_tests(tests, load, unload) == 0 ? 0 : 1;
}
