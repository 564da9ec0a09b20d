/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of made dumps, put together again: whole, with one missing, cut, and of different dumps. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "check.h"
#include "kdump/dump/kdump_state.h"
#include "kdump/dump/kdump_wire.h"
#include "kdump/write/reassemble.h"
#include "made_dump.h"
#include "made_file.h"

#define PAGE_SIZE UINT64_C(4096)
#define PARTS 3

static const struct range memory[] = { { 1, 900 }, { 1024, 3000 }, { 32760, 33000 } };
static const uint64_t borders[PARTS + 1] = { 0, 700, 32765, UINT64_MAX };

/* In the C library's place: a disk that loses what was written before one sync, and knows nothing of it at the next. */
static unsigned int syncs, failing_sync;

int fdatasync(int fd)
{
	if (failing_sync && ++syncs == failing_sync) {
		errno = EIO;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

struct scene {
	struct arena arena;
	struct made made;
	const char *folder, *path, *incomplete;
	const char *parts[PARTS];
};

static void write_part(struct scene *scene, const char *path, uint64_t start, uint64_t end, bool split)
{
	struct sink_request open = { .path = path, .replace = true };
	struct write_request request = {
		.dump = &scene->made.dump,
		.pages = &scene->made.map,
		.level = 16,
		.packing = write_packing_is_built(WRITE_ZLIB) ? WRITE_ZLIB : WRITE_PLAIN,
		.packing_level = 1,
		.threads = 2,
		.start_pfn = start,
		.end_pfn = end,
		.split = split,
	};
	struct write_result result;
	struct sink *sink;
	struct err err;

	check_ok(sink_open(&sink, &scene->arena, &open, &err), &err);
	check_ok(write_dump(&result, &scene->arena, &request, sink, &err), &err);
	assert_int_equal(result.outcome, WRITE_COMPLETE);
	check_ok(sink_close(sink, true, &err), &err);
}

static void open_scene(struct scene *scene, enum order order, bool is64)
{
	arena_init(&scene->arena);
	scene->folder = made_folder(&scene->arena, "reassemble");
	scene->path = arena_printf(&scene->arena, "%s/vmcore", scene->folder);
	scene->incomplete = arena_printf(&scene->arena, "%s/vmcore.incomplete", scene->folder);
	made_open(&scene->made, &scene->arena, PAGE_SIZE, memory, sizeof(memory) / sizeof(memory[0]));
	scene->made.dump.order = order;
	scene->made.dump.is64 = is64;
	scene->made.dump.elf_machine = is64 ? (order == ORDER_BIG ? EM_S390 : EM_X86_64) : EM_386;
	for (size_t i = 0; i < PARTS; i++) {
		scene->parts[i] = arena_printf(&scene->arena, "%s/part%zu", scene->folder, i);
		write_part(scene, scene->parts[i], borders[i], borders[i + 1], true);
	}
}

static void close_scene(struct scene *scene)
{
	unlink(scene->path);
	unlink(scene->incomplete);
	for (size_t i = 0; i < PARTS; i++)
		unlink(scene->parts[i]);
	assert_int_equal(rmdir(scene->folder), 0);
	arena_release(&scene->arena);
}

static struct reassemble_result run(struct scene *scene, const char *const *paths, size_t count, uint64_t max_size)
{
	struct sink_request open = { .path = scene->path, .max_size = max_size };
	struct reassemble_result result;
	struct dump dump;
	struct sink *sink;
	struct err err;

	check_ok(dump_open_parts(&dump, &scene->arena, paths, count, &err), &err);
	check_ok(sink_open(&sink, &scene->arena, &open, &err), &err);
	check_ok(reassemble(&result, &scene->arena, &dump, sink, &err), &err);
	check_ok(sink_close(sink, result.outcome == WRITE_COMPLETE, &err), &err);
	return result;
}

static bool is_kept(const struct scene *scene, uint64_t pfn)
{
	return made_state(&scene->made.dump, pfn) == DUMP_PAGE_HERE &&
	       page_level_keeps(16, made_class(&scene->made, pfn));
}

/* Pages of the parts that are not there are lost; lost_from to lost_to may be, and all others are there. */
static uint64_t check_pages(struct scene *scene, const char *path, uint64_t lost_from, uint64_t lost_to)
{
	struct dump_reader *reader;
	struct dump dump;
	struct err err;
	uint64_t here = 0;
	uint8_t wanted[PAGE_SIZE];

	check_ok(dump_open(&dump, &scene->arena, path, &err), &err);
	assert_true((dump.incomplete != NULL) == (lost_from < lost_to));
	assert_true(((dump.kdump.status & DUMP_STATUS_INCOMPLETE) != 0) == (lost_from < lost_to));
	assert_false(dump.kdump.split);
	assert_int_equal(dump.page_size, PAGE_SIZE);
	assert_int_equal(dump.order, scene->made.dump.order);
	reader = dump_reader_new(&dump, &scene->arena, DUMP_WINDOW_STRAIGHT);
	for (uint64_t pfn = 0; pfn < scene->made.map.end_pfn; pfn++) {
		const uint8_t *page;
		enum dump_page_state state = dump_reader_page(reader, pfn, &page, &err);

		if (!is_kept(scene, pfn)) {
			assert_true(state == DUMP_PAGE_ABSENT || state == DUMP_PAGE_EXCLUDED);
			continue;
		}
		if (pfn >= lost_from && pfn < lost_to && state == DUMP_PAGE_LOST)
			continue;
		if (state != DUMP_PAGE_HERE)
			fail_msg("page %llu has state %d", (unsigned long long)pfn, state);
		made_page(pfn, wanted, PAGE_SIZE);
		assert_memory_equal(page, wanted, PAGE_SIZE);
		here++;
	}
	return here;
}

TEST(parts_become_the_whole_dump)
{
	static const struct {
		enum order order;
		bool is64;
	} kinds[] = { { ORDER_LITTLE, true }, { ORDER_BIG, true }, { ORDER_LITTLE, false } };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct scene scene;
		struct stat direct, together;

		open_scene(&scene, kinds[i].order, kinds[i].is64);

		const char *const paths[] = { scene.parts[2], scene.parts[0], scene.parts[1] };
		struct reassemble_result result = run(&scene, paths, PARTS, 0);

		assert_int_equal(result.outcome, WRITE_COMPLETE);
		assert_null(result.why);
		assert_int_equal(result.missing, 0);
		assert_int_equal(check_pages(&scene, scene.path, 0, 0), result.pages);

		/* All parts together have one page of zeros, as a whole dump has. */
		assert_int_equal(stat(scene.path, &together), 0);
		unlink(scene.path);
		write_part(&scene, scene.path, 0, UINT64_MAX, false);
		assert_int_equal(stat(scene.path, &direct), 0);
		assert_true(together.st_size <= direct.st_size);
		close_scene(&scene);
	}
}

TEST(a_part_that_is_missing_leaves_its_pages_lost)
{
	BEGIN_TEST();
	for (size_t missing = 0; missing < PARTS; missing++) {
		struct scene scene;

		open_scene(&scene, ORDER_LITTLE, true);

		const char *const paths[] = { scene.parts[(missing + 1) % PARTS], scene.parts[(missing + 2) % PARTS] };
		struct reassemble_result result = run(&scene, paths, 2, 0);
		uint64_t lost = 0;

		for (uint64_t pfn = borders[missing]; pfn < borders[missing + 1] && pfn < scene.made.map.end_pfn; pfn++)
			lost += is_kept(&scene, pfn);
		assert_int_equal(result.outcome, WRITE_PARTIAL);
		assert_non_null(strstr(result.why, "is not there"));
		assert_int_equal(result.missing, lost);
		assert_true(access(scene.path, F_OK) != 0);
		assert_int_equal(check_pages(&scene, scene.incomplete, borders[missing], borders[missing + 1]), result.pages);
		close_scene(&scene);
	}
}

TEST(one_part_alone_is_partial)
{
	struct scene scene;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);

	struct reassemble_result result = run(&scene, scene.parts, 1, 0);

	assert_int_equal(result.outcome, WRITE_PARTIAL);
	assert_int_equal(check_pages(&scene, scene.incomplete, borders[1], UINT64_MAX), result.pages);
	close_scene(&scene);
}

/* The end of its data is gone: what is there is copied. */
TEST(a_part_that_is_cut_gives_what_it_has)
{
	struct scene scene;
	struct stat st;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);
	assert_int_equal(stat(scene.parts[1], &st), 0);
	assert_int_equal(truncate(scene.parts[1], st.st_size - 100000), 0);

	struct reassemble_result result = run(&scene, scene.parts, PARTS, 0);

	assert_int_equal(result.outcome, WRITE_PARTIAL);
	assert_true(result.missing > 10);
	assert_non_null(result.why);
	assert_int_equal(check_pages(&scene, scene.incomplete, borders[1], borders[2]), result.pages);
	close_scene(&scene);
}

TEST(without_room_it_is_partial)
{
	struct scene scene;
	struct stat st;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);
	assert_int_equal(run(&scene, scene.parts, PARTS, 0).outcome, WRITE_COMPLETE);
	assert_int_equal(stat(scene.path, &st), 0);
	unlink(scene.path);

	struct reassemble_result result = run(&scene, scene.parts, PARTS, (uint64_t)st.st_size / 2);

	assert_int_equal(result.outcome, WRITE_PARTIAL);
	assert_int_equal(result.stop.code, ERR_NO_ROOM);
	assert_int_equal(check_pages(&scene, scene.incomplete, 0, UINT64_MAX), result.pages);
	assert_true(result.pages > 0);
	close_scene(&scene);
}

/* Of pages whose data may be lost, no descriptor is written, though the disk says that all is well again. */
TEST(what_a_sync_lost_is_not_described)
{
	BEGIN_TEST();
	for (unsigned int failing = 1; failing <= PARTS; failing++) {
		struct scene scene;

		open_scene(&scene, ORDER_LITTLE, true);
		syncs = 0;
		failing_sync = failing;

		struct reassemble_result result = run(&scene, scene.parts, PARTS, 0);

		assert_true(syncs >= failing);
		failing_sync = 0;
		assert_int_equal(result.outcome, failing == 1 ? WRITE_NOTHING : WRITE_PARTIAL);
		assert_int_equal(result.stop.code, ERR_SYSTEM);
		assert_int_equal(check_pages(&scene, scene.incomplete, borders[failing - 1], UINT64_MAX), result.pages);
		close_scene(&scene);
	}
}

/* Pages that are missing anyway are not taken off those that were written. */
TEST(what_is_missing_is_not_lost_again)
{
	struct scene scene;
	struct dump dump;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);
	check_ok(dump_open(&dump, &scene.arena, scene.parts[0], &err), &err);

	const struct kdump *kdump = kdump_of(&dump);
	struct kdump_page_desc zero[2] = { 0 };
	int fd = open(scene.parts[0], O_WRONLY);

	assert_int_equal(pwrite(fd, zero, sizeof(zero), (off_t)kdump->layout.descs), (ssize_t)sizeof(zero));
	close(fd);

	syncs = 0;
	failing_sync = 1;

	struct reassemble_result result = run(&scene, scene.parts, PARTS, 0);

	failing_sync = 0;
	assert_int_equal(result.stop.code, ERR_SYSTEM);
	assert_int_equal(result.missing, 2);
	assert_int_equal(result.pages, 0);
	assert_int_equal(result.outcome, WRITE_NOTHING);
	close_scene(&scene);
}

TEST(what_is_no_part_is_refused)
{
	struct scene scene;
	struct reassemble_result result;
	struct sink *sink;
	struct dump dump;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, ORDER_LITTLE, true);

	struct sink_request open = { .path = scene.path };

	check_ok(dump_open_parts(&dump, &scene.arena, scene.parts, PARTS, &err), &err);
	open.flattened = true;
	check_ok(sink_open(&sink, &scene.arena, &open, &err), &err);
	check_fails(reassemble(&result, &scene.arena, &dump, sink, &err), &err, ERR_UNSUPPORTED, "plain file only");
	check_ok(sink_close(sink, false, &err), &err);
	open.flattened = false;
	check_ok(sink_open(&sink, &scene.arena, &open, &err), &err);
	check_fails(reassemble(&result, &scene.arena, &scene.made.dump, sink, &err), &err, ERR_BAD_IMAGE,
		    "is not kdump-compressed");

	/* A whole dump, and a part whose bitmap is that of another machine. */
	write_part(&scene, scene.parts[0], 0, UINT64_MAX, false);
	check_ok(dump_open(&dump, &scene.arena, scene.parts[0], &err), &err);
	check_fails(reassemble(&result, &scene.arena, &dump, sink, &err), &err, ERR_BAD_IMAGE, "is a whole dump");
	made_open(&scene.made, &scene.arena, PAGE_SIZE, memory, 3);
	scene.made.classes = 2;
	memset(scene.made.map.blocks, 0, scene.made.map.block_count * sizeof(*scene.made.map.blocks));

	struct page_map_view view = { &scene.made };
	uint8_t *classes = arena_alloc(&scene.arena, PAGE_BLOCK);

	for (uint64_t block = 0; block < scene.made.map.block_count; block++) {
		page_map_classes(&view, block, classes);
		for (size_t i = 0; i < PAGE_BLOCK; i++)
			scene.made.map.blocks[block].pages[classes[i]]++;
	}
	write_part(&scene, scene.parts[0], borders[0], borders[1], true);
	check_ok(dump_open_parts(&dump, &scene.arena, scene.parts, PARTS, &err), &err);
	check_fails(reassemble(&result, &scene.arena, &dump, sink, &err), &err, ERR_BAD_IMAGE,
		    "differ in which pages it has");
	check_ok(sink_close(sink, false, &err), &err);
	close_scene(&scene);
}

CHECK_MAIN(cmocka_unit_test(parts_become_the_whole_dump),
	   cmocka_unit_test(a_part_that_is_missing_leaves_its_pages_lost),
	   cmocka_unit_test(one_part_alone_is_partial),
	   cmocka_unit_test(a_part_that_is_cut_gives_what_it_has),
	   cmocka_unit_test(without_room_it_is_partial),
	   cmocka_unit_test(what_a_sync_lost_is_not_described),
	   cmocka_unit_test(what_is_missing_is_not_lost_again),
	   cmocka_unit_test(what_is_no_part_is_refused))
