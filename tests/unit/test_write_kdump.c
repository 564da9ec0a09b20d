/* SPDX-License-Identifier: GPL-2.0-only */
/* A dump that is written as kdump-compressed, and what the reader finds in it: each page, each header field. */
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "kdump/write/write.h"
#include "made_dump.h"
#include "made_file.h"

#define CRASH_TIME "1700000123"

struct scene {
	struct arena arena;
	struct made made;
	const char *folder, *path;
	struct write_request request;
	struct write_result result;
};

static const struct range small[] = { { 1, 160 }, { 256, 700 }, { 1024, 2051 } };
/* Blocks at both ends of which memory begins and ends, and one without any. */
static const struct range wide[] = { { PAGE_BLOCK - 100, PAGE_BLOCK + 300 }, { 3 * PAGE_BLOCK, 3 * PAGE_BLOCK + 500 } };

static void open_scene(struct scene *scene, uint64_t page_size, const struct range *pages, size_t count)
{
	arena_init(&scene->arena);
	scene->folder = made_folder(&scene->arena, "write-kdump");
	scene->path = arena_printf(&scene->arena, "%s/vmcore", scene->folder);
	made_open(&scene->made, &scene->arena, page_size, pages, count);
	scene->request = (struct write_request){
		.dump = &scene->made.dump, .pages = &scene->made.map, .threads = 1, .packing_level = 1,
		.end_pfn = UINT64_MAX,
	};
}

static void close_scene(struct scene *scene)
{
	unlink(scene->path);
	unlink(arena_printf(&scene->arena, "%s.incomplete", scene->path));
	assert_int_equal(rmdir(scene->folder), 0);
	arena_release(&scene->arena);
}

/* The file has its name where it is complete; gives the name that it has. */
static const char *save_as(struct scene *scene, const char *path, bool flattened, uint64_t max_size)
{
	struct sink_request wanted = { .path = path, .fd = -1, .flattened = flattened, .max_size = max_size };
	struct sink *sink;
	struct err err;

	check_ok(sink_open(&sink, &scene->arena, &wanted, &err), &err);
	check_ok(write_dump(&scene->result, &scene->arena, &scene->request, sink, &err), &err);

	bool whole = scene->result.outcome == WRITE_COMPLETE;

	check_ok(sink_close(sink, whole, &err), &err);
	return whole ? path : arena_printf(&scene->arena, "%s.incomplete", path);
}

static const char *save(struct scene *scene)
{
	return save_as(scene, scene->path, false, 0);
}

static bool is_missing(const struct scene *scene, uint64_t pfn)
{
	const struct made *made = &scene->made;

	return (made->unreadable_every && pfn % made->unreadable_every == 2) ||
	       (made->lost_every && pfn % made->lost_every == 1);
}

/* Of the pages that are kept, those that could be read are there as they are, and all others are not. */
static void compare(const struct scene *scene, const struct dump *dump, uint64_t start, uint64_t end)
{
	const struct dump *source = &scene->made.dump;
	size_t size = (size_t)source->page_size;
	uint8_t *expected = malloc(size);
	struct arena arena;
	struct err err;

	arena_init(&arena);

	struct dump_reader *reader = dump_reader_new(dump, &arena, DUMP_WINDOW_STRAIGHT);

	assert_int_equal(dump->page_size, source->page_size);
	for (uint64_t pfn = start; pfn < end; pfn++) {
		const uint8_t *page;
		enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err);
		enum dump_page_state wanted = DUMP_PAGE_HERE;

		if (made_state(source, pfn) == DUMP_PAGE_ABSENT)
			wanted = DUMP_PAGE_ABSENT;
		else if (!page_level_keeps(scene->request.level, made_class(&scene->made, pfn)))
			wanted = DUMP_PAGE_EXCLUDED;
		else if (is_missing(scene, pfn))
			wanted = DUMP_PAGE_LOST;
		if (state != wanted)
			fail_msg("page %" PRIu64 ": state %d, expected %d: %s", pfn, (int)state, (int)wanted,
				 state == DUMP_PAGE_UNREADABLE ? err.text : "");
		if (state != DUMP_PAGE_HERE)
			continue;
		made_page(pfn, expected, size);
		if (memcmp(page, expected, size) != 0)
			fail_msg("page %" PRIu64 " is not what was written", pfn);
	}
	arena_release(&arena);
	free(expected);
}

static void check_file(struct scene *scene, const char *path)
{
	struct dump dump;
	struct err err;

	check_ok(dump_open(&dump, &scene->arena, path, &err), &err);
	assert_int_equal(dump.format, DUMP_KDUMP);
	assert_int_equal(dump.kdump.dump_level, (int)scene->request.level);
	assert_int_equal(dump.kdump.cpu_count, 3);
	compare(scene, &dump, 0, scene->made.map.end_pfn);
}

static uint64_t kept_pages(const struct scene *scene)
{
	uint64_t total = 0;

	for (unsigned int class = PAGE_KERNEL; class < PAGE_CLASSES; class++) {
		if (page_level_keeps(scene->request.level, (enum page_class)class))
			total += scene->made.map.totals[class];
	}
	return total;
}

static void check_sums(const struct scene *scene)
{
	const struct write_result *result = &scene->result;
	uint64_t total = 0;

	for (unsigned int class = 0; class < PAGE_CLASSES; class++) {
		if (!page_level_keeps(scene->request.level, (enum page_class)class))
			assert_int_equal(result->written[class], 0);
		total += result->written[class];
	}
	assert_int_equal(total + result->unreadable_pages + result->lost_pages, kept_pages(scene));
}

static void check_whole(struct scene *scene)
{
	const char *path = save(scene);
	struct stat st;

	assert_int_equal(scene->result.outcome, WRITE_COMPLETE);
	assert_false(scene->result.cut);
	check_sums(scene);
	check_file(scene, path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_size, scene->result.bytes_out);
	unlink(path);
}

TEST(every_level)
{
	BEGIN_TEST();
	for (size_t level = PAGE_LEVEL_MAX % check_stride(5); level <= PAGE_LEVEL_MAX; level += check_stride(5)) {
		struct scene scene;

		open_scene(&scene, 4096, small, 3);
		scene.request.level = (unsigned int)level;
		check_whole(&scene);
		close_scene(&scene);
	}
}

TEST(every_packing_and_number_of_threads)
{
	static const struct {
		enum write_packing packing;
		int level;
	} ways[] = { { WRITE_PLAIN, 0 }, { WRITE_ZLIB, 1 }, { WRITE_ZLIB, 9 }, { WRITE_ZSTD, -7 }, { WRITE_ZSTD, 1 },
		     { WRITE_ZSTD, 19 } };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		for (unsigned int threads = 1; threads <= 4 && write_packing_is_built(ways[i].packing);
		     threads += (unsigned int)check_stride(3)) {
			struct scene scene;

			open_scene(&scene, 4096, wide, 2);
			scene.request.packing = ways[i].packing;
			scene.request.packing_level = ways[i].level;
			scene.request.threads = threads;
			scene.request.checkpoint = threads % 2 ? 0 : 65536;
			check_whole(&scene);
			close_scene(&scene);
		}
	}
}

TEST(pages_of_64_kib)
{
	struct scene scene;

	BEGIN_TEST();
	for (enum write_packing packing = WRITE_PLAIN; packing <= WRITE_ZSTD; packing++) {
		if (!write_packing_is_built(packing))
			continue;
		open_scene(&scene, 65536, small, 2);
		scene.request.packing = packing;
		scene.request.threads = 2;
		scene.request.checkpoint = 1 << 20;
		check_whole(&scene);
		close_scene(&scene);
	}
}

TEST(headers_of_each_order_and_word_size)
{
	static const struct {
		uint16_t machine;
		enum order order;
		bool is64;
		const char *name;
	} kinds[] = {
		{ EM_X86_64, ORDER_LITTLE, true, "x86_64" }, { EM_S390, ORDER_BIG, true, "s390x" },
		{ EM_PPC64, ORDER_BIG, true, "ppc64" },	     { EM_386, ORDER_LITTLE, false, "i686" },
		{ EM_ARM, ORDER_LITTLE, false, "armv7l" },   { EM_PPC, ORDER_BIG, false, "ppc" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct scene scene;
		struct dump *source = &scene.made.dump, dump;
		struct err err;

		open_scene(&scene, 4096, small, 3);
		source->elf_machine = kinds[i].machine;
		source->order = kinds[i].order;
		source->is64 = kinds[i].is64;

		const char *path = save(&scene);

		check_file(&scene, path);
		check_ok(dump_open(&dump, &scene.arena, path, &err), &err);
		assert_int_equal(dump.order, kinds[i].order);
		assert_int_equal(dump.is64, kinds[i].is64);
		assert_string_equal(dump.kdump.uts[0], "Linux");
		assert_string_equal(dump.kdump.uts[4], kinds[i].name);
		assert_null(dump.incomplete);
		close_scene(&scene);
	}
}

/* VMCOREINFO that is no note of the source becomes one. */
TEST(vmcoreinfo_among_the_notes)
{
	static const char text[] = "OSRELEASE=6.1.2-test\nPAGESIZE=4096\nCRASHTIME=" CRASH_TIME "\nNUMBER(phys_base)=-4096\n";
	static const uint8_t notes[] = { 5, 0, 0, 0, 3, 0, 0, 0, 9, 0, 0, 0, 'O', 'T', 'H', 'E', 0, 0, 0, 0, 1, 2, 3 };
	struct scene scene;
	struct kernel kernel;
	struct dump dump;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 4096, small, 3);
	scene.made.dump.notes = (struct blob){ notes, sizeof(notes) };
	scene.made.dump.vmcoreinfo = (struct blob){ (const uint8_t *)text, sizeof(text) - 1 };
	check_ok(kernel_open(&kernel, &scene.arena, &scene.made.dump, &err), &err);
	scene.request.kernel = &kernel;
	check_ok(dump_open(&dump, &scene.arena, save(&scene), &err), &err);
	assert_int_equal(dump.vmcoreinfo.size, sizeof(text) - 1);
	assert_memory_equal(dump.vmcoreinfo.data, text, sizeof(text) - 1);
	assert_true(dump.notes.size > sizeof(notes));
	assert_memory_equal(dump.notes.data, notes, sizeof(notes));
	assert_non_null(memmem(dump.notes.data, dump.notes.size, text, sizeof(text) - 1));
	assert_string_equal(dump.kdump.uts[2], "6.1.2-test");
	assert_int_equal(dump.kdump.seconds, atoll(CRASH_TIME));
	assert_true(dump.kdump.phys_base == (uint64_t)-4096);
	close_scene(&scene);
}

/* A page that the source did not give: the rest is there, and the file does not claim to be whole. */
TEST(unreadable_and_lost_pages)
{
	struct scene scene;
	struct dump dump;
	struct err err;

	BEGIN_TEST();
	for (int flattened = 0; flattened <= 1; flattened++) {
		for (int what = 0; what < 3; what++) {
			open_scene(&scene, 4096, small, 3);
			scene.made.unreadable_every = what != 1 ? 97 : 0;
			scene.made.lost_every = what != 0 ? 31 : 0;
			scene.request.threads = 2;

			const char *path = save_as(&scene, scene.path, flattened, 0);

			assert_int_equal(scene.result.outcome, WRITE_PARTIAL);
			assert_false(scene.result.cut);
			assert_int_equal(scene.result.unreadable_pages != 0, what != 1);
			assert_int_equal(scene.result.lost_pages != 0, what != 0);
			if (what != 1)
				assert_int_equal(scene.result.first_unreadable, 2 * 4096);
			check_sums(&scene);
			check_file(&scene, path);
			check_ok(dump_open(&dump, &scene.arena, path, &err), &err);
			assert_non_null(dump.incomplete);
			assert_true(dump.kdump.status & DUMP_STATUS_INCOMPLETE);
			close_scene(&scene);
		}
	}
}

TEST(flattened)
{
	struct scene scene;

	BEGIN_TEST();
	for (unsigned int threads = 1; threads <= 3; threads++) {
		struct dump dump;
		struct err err;

		open_scene(&scene, 4096, wide, 2);
		scene.request.level = 5;
		scene.request.threads = threads;

		const char *path = save_as(&scene, scene.path, true, 0);

		assert_int_equal(scene.result.outcome, WRITE_COMPLETE);
		check_file(&scene, path);
		check_ok(dump_open(&dump, &scene.arena, path, &err), &err);
		assert_true(dump.flattened);
		assert_null(dump.incomplete);
		assert_int_equal(dump.kdump.status & DUMP_STATUS_INCOMPLETE, 0);
		close_scene(&scene);
	}
}

/* Parts, the seams of which lie in the middle of blocks, of chunks, in holes, and upon each other. */
TEST(split)
{
	static const uint64_t seams[] = { 0, PAGE_BLOCK - 3, PAGE_BLOCK - 3, PAGE_BLOCK + 129, 2 * PAGE_BLOCK,
					  3 * PAGE_BLOCK + 77, UINT64_MAX };
	enum { PARTS = sizeof(seams) / sizeof(seams[0]) - 1 };
	const char *paths[PARTS];
	struct scene scene;
	struct dump dump;
	struct err err;
	uint64_t total = 0;

	BEGIN_TEST();
	open_scene(&scene, 4096, wide, 2);
	scene.request.split = true;
	scene.request.level = 8;
	scene.request.threads = 2;
	for (size_t i = 0; i < PARTS; i++) {
		scene.request.start_pfn = seams[i];
		scene.request.end_pfn = seams[i + 1];
		paths[i] = save_as(&scene, arena_printf(&scene.arena, "%s/part%zu", scene.folder, i), false, 0);
		assert_int_equal(scene.result.outcome, WRITE_COMPLETE);
		for (unsigned int class = 0; class < PAGE_CLASSES; class++)
			total += scene.result.written[class];
		check_ok(dump_open(&dump, &scene.arena, paths[i], &err), &err);
		assert_true(dump.kdump.split);
	}
	assert_int_equal(total, kept_pages(&scene));
	check_ok(dump_open_parts(&dump, &scene.arena, paths, PARTS, &err), &err);
	compare(&scene, &dump, 0, scene.made.map.end_pfn);
	for (size_t i = 0; i < PARTS; i++)
		unlink(paths[i]);
	close_scene(&scene);
}

/* Where room ends, what is there is described, and is the most valuable. */
TEST(no_room)
{
	struct scene scene;

	BEGIN_TEST();
	open_scene(&scene, 4096, small, 3);
	save(&scene);

	uint64_t full = scene.result.bytes_out;

	unlink(scene.path);
	/* A write is at most 1 MiB and a page: of the whole, four come. */
	for (uint64_t size = full - 1; size > (UINT64_C(1) << 20); size -= full / 7) {
		const char *path = save_as(&scene, scene.path, false, size);
		const struct write_result *result = &scene.result;
		struct dump dump;
		struct err err;
		uint64_t here = 0;

		assert_true(result->cut);
		assert_int_equal(result->stop.code, ERR_NO_ROOM);
		assert_int_equal(result->outcome, WRITE_PARTIAL);
		check_ok(dump_open(&dump, &scene.arena, path, &err), &err);
		assert_non_null(dump.incomplete);
		for (uint64_t pfn = 0; pfn < scene.made.map.end_pfn; pfn++) {
			bool found = dump_page_state(&dump, pfn) == DUMP_PAGE_HERE;

			here += found;
			/* One thread writes classes one after the other. */
			if (found && made_class(&scene.made, pfn) > PAGE_KERNEL)
				assert_int_equal(result->written[PAGE_KERNEL], scene.made.map.totals[PAGE_KERNEL]);
		}

		uint64_t total = 0;

		for (unsigned int class = 0; class < PAGE_CLASSES; class++)
			total += result->written[class];
		assert_int_equal(here, total);
		unlink(path);
	}
	close_scene(&scene);
}

/* Not even the room that is reserved. */
TEST(no_room_for_the_headers)
{
	struct sink_request wanted = { .fd = -1, .max_size = 20000 };
	struct scene scene;
	struct sink *sink;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 4096, small, 3);
	wanted.path = scene.path;
	check_ok(sink_open(&sink, &scene.arena, &wanted, &err), &err);
	check_fails(write_dump(&scene.result, &scene.arena, &scene.request, sink, &err), &err, ERR_NO_ROOM, "20000");
	assert_int_equal(scene.result.outcome, WRITE_NOTHING);
	check_ok(sink_close(sink, false, &err), &err);
	close_scene(&scene);
}

TEST(refusals)
{
	struct sink_request wanted = { .fd = -1 };
	struct scene scene;
	struct sink *sink;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 4096, small, 3);
	wanted.path = scene.path;
	check_ok(sink_open(&sink, &scene.arena, &wanted, &err), &err);
	scene.request.level = 32;
	check_fails(write_dump(&scene.result, &scene.arena, &scene.request, sink, &err), &err, ERR_USAGE, "0 to 31");
	scene.request.level = 31;
	scene.request.threads = 0;
	check_fails(write_dump(&scene.result, &scene.arena, &scene.request, sink, &err), &err, ERR_USAGE, "threads");
	scene.request.threads = 1;
	for (enum write_packing packing = WRITE_ZLIB; packing <= WRITE_ZSTD; packing++) {
		static const int levels[] = { -8, 0, 20 };

		scene.request.packing = packing;
		for (size_t i = 0; i < 3 && write_packing_is_built(packing); i++) {
			scene.request.packing_level = levels[i];
			check_fails(write_dump(&scene.result, &scene.arena, &scene.request, sink, &err), &err, ERR_USAGE,
				    "has no level");
		}
		if (!write_packing_is_built(packing))
			check_fails(write_dump(&scene.result, &scene.arena, &scene.request, sink, &err), &err,
				    ERR_UNSUPPORTED, "built without");
	}
	scene.request.packing = WRITE_PLAIN;
	scene.made.dump.page_size = 1024;
	check_fails(write_dump(&scene.result, &scene.arena, &scene.request, sink, &err), &err, ERR_UNSUPPORTED, "1024 bytes");
	scene.made.dump.page_size = 1 << 20;
	check_fails(write_dump(&scene.result, &scene.arena, &scene.request, sink, &err), &err, ERR_UNSUPPORTED, "512 KiB");
	check_ok(sink_close(sink, false, &err), &err);
	close_scene(&scene);
}

struct told {
	uint64_t calls, last_done, last_in, last_out, total;
};

static void tell(void *data, const struct write_progress *progress)
{
	struct told *told = data;

	told->calls++;
	assert_true(progress->pages_done >= told->last_done && progress->bytes_in >= told->last_in &&
		    progress->bytes_out >= told->last_out);
	told->last_done = progress->pages_done;
	told->last_in = progress->bytes_in;
	told->last_out = progress->bytes_out;
	told->total = progress->pages_total;
}

TEST(progress_and_memory)
{
	struct told told = { 0 };
	struct scene scene;

	BEGIN_TEST();
	open_scene(&scene, 4096, small, 3);
	scene.request.progress = tell;
	scene.request.progress_data = &told;
	scene.request.threads = 2;
	save(&scene);
	assert_true(told.calls >= 1);
	assert_int_equal(told.total, kept_pages(&scene));
	assert_int_equal(told.last_done, told.total);
	assert_int_equal(told.last_in, scene.result.bytes_in);
	assert_int_equal(told.last_in, told.total * 4096);
	assert_true(told.last_out > 0 && told.last_out < scene.result.bytes_out);
	assert_true(scene.result.thread_memory >= 256 << 10 && scene.result.thread_memory < 4 << 20);
	close_scene(&scene);
}

CHECK_MAIN(cmocka_unit_test(every_level), cmocka_unit_test(every_packing_and_number_of_threads),
	   cmocka_unit_test(pages_of_64_kib), cmocka_unit_test(headers_of_each_order_and_word_size),
	   cmocka_unit_test(vmcoreinfo_among_the_notes), cmocka_unit_test(unreadable_and_lost_pages),
	   cmocka_unit_test(flattened), cmocka_unit_test(split), cmocka_unit_test(no_room),
	   cmocka_unit_test(no_room_for_the_headers), cmocka_unit_test(refusals), cmocka_unit_test(progress_and_memory))
