/* SPDX-License-Identifier: GPL-2.0-only */
/* Flattened streams back to files: whole ones, cut at every length, and damaged ones. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bytes.h"
#include "check.h"
#include "elf_wire.h"
#include "kdump/dump/dump.h"
#include "kdump/dump/flattened_wire.h"
#include "kdump/dump/kdump_wire.h"
#include "kdump/write/unflatten.h"
#include "made_file.h"

struct scene {
	struct arena arena;
	const char *folder, *path, *incomplete, *stream;
	uint8_t *bytes; /* of the stream */
	size_t size;
};

static void open_scene(struct scene *scene)
{
	arena_init(&scene->arena);
	scene->folder = made_folder(&scene->arena, "unflatten");
	scene->path = arena_printf(&scene->arena, "%s/vmcore", scene->folder);
	scene->incomplete = arena_printf(&scene->arena, "%s/vmcore.incomplete", scene->folder);
	scene->stream = arena_printf(&scene->arena, "%s/stream", scene->folder);
	scene->bytes = malloc(FLATTENED_HEADER_SIZE);
	scene->size = FLATTENED_HEADER_SIZE;
	memset(scene->bytes, 0, scene->size);
	memcpy(scene->bytes, "makedumpfile", 12);
	scene->bytes[23] = scene->bytes[31] = 1;
	signal(SIGXFSZ, SIG_IGN);
}

static void close_scene(struct scene *scene)
{
	unlink(scene->path);
	unlink(scene->incomplete);
	unlink(scene->stream);
	assert_int_equal(rmdir(scene->folder), 0);
	free(scene->bytes);
	arena_release(&scene->arena);
}

static void add_bytes(struct scene *scene, const void *bytes, size_t size)
{
	scene->bytes = realloc(scene->bytes, scene->size + size);
	memcpy(scene->bytes + scene->size, bytes, size);
	scene->size += size;
}

static void add_numbers(struct scene *scene, uint64_t offset, uint64_t size)
{
	struct flattened_record record = { be64_make(offset), be64_make(size) };

	add_bytes(scene, &record, sizeof(record));
}

static void add_record(struct scene *scene, uint64_t offset, const void *bytes, size_t size)
{
	add_numbers(scene, offset, size);
	add_bytes(scene, bytes, size);
}

static void add_end(struct scene *scene)
{
	add_numbers(scene, UINT64_MAX, UINT64_MAX);
}

static bool run_to(struct scene *scene, struct unflatten_result *result, size_t size, uint64_t max_size,
		   struct err *err)
{
	struct sink_request request = { .path = scene->path, .max_size = max_size };
	struct sink *sink;
	struct err late;
	int fd = open(scene->stream, O_RDWR | O_CREAT | O_TRUNC, 0600);

	assert_int_equal(write(fd, scene->bytes, size), (ssize_t)size);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	check_ok(sink_open(&sink, &scene->arena, &request, &late), &late);

	bool ok = unflatten(result, &scene->arena, fd, "the stream", sink, err);

	check_ok(sink_close(sink, ok && result->outcome == WRITE_COMPLETE, &late), &late);
	close(fd);
	return ok;
}

static struct unflatten_result run(struct scene *scene, size_t size)
{
	struct unflatten_result result;
	struct err err;

	check_ok(run_to(scene, &result, size, 0, &err), &err);
	return result;
}

static void check_file(struct scene *scene, const uint8_t *wanted, size_t size)
{
	struct blob found = made_file_bytes(&scene->arena, scene->path);

	assert_int_equal(found.size, size);
	assert_memory_equal(found.data, wanted, size);
}

/* A later record holds where two are for one place. */
TEST(records_come_in_any_order)
{
	struct scene scene;
	uint8_t wanted[30] = { 0 };

	BEGIN_TEST();
	open_scene(&scene);
	add_record(&scene, 20, "behind", 6);
	add_record(&scene, 2, "in front", 8);
	add_record(&scene, 5, "", 0);
	add_record(&scene, 24, "xxxxxx", 6);
	add_record(&scene, 4, "IS", 2);
	add_record(&scene, 26, "\0\0", 2);
	add_end(&scene);
	add_bytes(&scene, "what a disk had before", 22);
	memcpy(wanted + 2, "inISront", 8);
	memcpy(wanted + 20, "behixx\0\0xx", 10);

	struct unflatten_result result = run(&scene, scene.size);

	assert_int_equal(result.outcome, WRITE_COMPLETE);
	assert_int_equal(result.records, 6);
	check_file(&scene, wanted, sizeof(wanted));
	close_scene(&scene);
}

/* Long zeros are holes, and those that cover something are not. */
TEST(zeros_are_holes_where_nothing_was)
{
	enum { SIZE = 3 << 20 };
	struct scene scene;
	uint8_t *wanted = calloc(1, SIZE);
	struct stat st;

	BEGIN_TEST();
	open_scene(&scene);
	memset(wanted, 7, SIZE / 3);
	add_record(&scene, 0, wanted, SIZE);
	memset(wanted + 70000, 0, 200000);
	add_record(&scene, 70000, wanted + 70000, 200000);
	add_end(&scene);
	assert_int_equal(run(&scene, scene.size).outcome, WRITE_COMPLETE);
	/* Before it is read: a read through a map fills the holes of tmpfs. */
	assert_int_equal(stat(scene.path, &st), 0);
	assert_true(st.st_blocks * 512 < SIZE / 2);
	check_file(&scene, wanted, SIZE);
	free(wanted);
	close_scene(&scene);
}

TEST(a_pipe_is_read_as_it_comes)
{
	struct scene scene;
	struct sink *sink;
	struct unflatten_result result;
	struct err err;
	uint8_t wanted[100000];
	int ends[2], status;

	BEGIN_TEST();
	open_scene(&scene);
	for (size_t i = 0; i < sizeof(wanted); i++)
		wanted[i] = (uint8_t)(i * 31 + i / 256);
	add_record(&scene, 50000, wanted + 50000, 50000);
	add_record(&scene, 0, wanted, 50000);
	add_end(&scene);
	assert_int_equal(pipe(ends), 0);

	pid_t child = fork();

	if (child == 0) {
		for (size_t at = 0; at < scene.size;) {
			size_t size = scene.size - at < 997 ? scene.size - at : 997;

			if (write(ends[1], scene.bytes + at, size) != (ssize_t)size)
				_exit(1);
			at += size;
		}
		_exit(0);
	}
	close(ends[1]);

	struct sink_request request = { .path = scene.path };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	check_ok(unflatten(&result, &scene.arena, ends[0], "the pipe", sink, &err), &err);
	assert_int_equal(result.outcome, WRITE_COMPLETE);
	check_ok(sink_close(sink, true, &err), &err);
	close(ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	check_file(&scene, wanted, sizeof(wanted));
	close_scene(&scene);
}

TEST(what_is_no_stream_is_refused)
{
	struct scene scene;
	struct unflatten_result result;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);
	add_end(&scene);
	check_fails(run_to(&scene, &result, 0, 0, &err), &err, ERR_BAD_IMAGE, "no flattened dump");
	check_fails(run_to(&scene, &result, 31, 0, &err), &err, ERR_BAD_IMAGE, "no flattened dump");
	check_fails(run_to(&scene, &result, 4095, 0, &err), &err, ERR_BAD_IMAGE, "cut after 4095 bytes");
	scene.bytes[31] = 2;
	check_fails(run_to(&scene, &result, scene.size, 0, &err), &err, ERR_BAD_IMAGE, "version 2");
	scene.bytes[31] = 1;
	scene.bytes[23] = 9;
	check_fails(run_to(&scene, &result, scene.size, 0, &err), &err, ERR_BAD_IMAGE, "type 9");
	scene.bytes[23] = 1;
	scene.bytes[3] = 'x';
	check_fails(run_to(&scene, &result, scene.size, 0, &err), &err, ERR_BAD_IMAGE, "no flattened dump");
	close_scene(&scene);
}

static void add_kdump(struct scene *scene, const char *machine, enum order order, bool is64)
{
	uint8_t block[4096] = { 0 };
	struct kdump_header_start start = { .version = raw32_make(6, order) };
	size_t at = is64 ? offsetof(struct kdump_header64, rest) : offsetof(struct kdump_header32, rest);
	struct kdump_header_rest rest = { .status = raw32_make(DUMP_STATUS_ZSTD, order) };

	memcpy(start.signature, KDUMP_SIGNATURE, KDUMP_SIGNATURE_SIZE);
	memcpy(start.uts[KDUMP_UTS_MACHINE], machine, strlen(machine));
	memcpy(block, &start, sizeof(start));
	memcpy(block + at, &rest, sizeof(rest));
	add_record(scene, 8192, "data", 4);
	/* As vmcore-save writes it: all but the status, which comes at the end. */
	add_record(scene, 0, block, at);
	add_record(scene, at + 4, block + at + 4, sizeof(block) - at - 4);
	add_record(scene, at, block + at, 4);
}

static uint32_t word_at(struct scene *scene, uint64_t offset, enum order order)
{
	struct blob found = made_file_bytes(&scene->arena, scene->incomplete);
	const struct raw32 *word = blob_at(found, offset, 4);

	assert_non_null(word);
	return raw32_get(*word, order);
}

/* At every length: the file has no name, and where the header came its mark. */
TEST(a_cut_stream_is_marked)
{
	static const struct {
		const char *machine;
		enum order order;
		bool is64;
		uint64_t status;
	} kinds[] = {
		{ "x86_64", ORDER_LITTLE, true, 424 },
		{ "s390x", ORDER_BIG, true, 424 },
		{ "ppc64", ORDER_BIG, true, 424 },
		{ "i686", ORDER_LITTLE, false, 412 },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct scene scene;

		open_scene(&scene);
		add_kdump(&scene, kinds[i].machine, kinds[i].order, kinds[i].is64);

		size_t header = 4096 + 20 + 16 + 402, step = 1;

		add_end(&scene);
		for (size_t size = 4096; size < scene.size; size += step) {
			struct unflatten_result result = run(&scene, size);

			assert_int_equal(result.outcome, size > 4096 + 16 ? WRITE_PARTIAL : WRITE_NOTHING);
			assert_int_equal(result.stop.code, ERR_BAD_IMAGE);
			assert_true(access(scene.path, F_OK) != 0);
			assert_true(result.marked == (size >= header));
			if (result.marked) {
				uint32_t status = word_at(&scene, kinds[i].status, kinds[i].order);

				assert_true(status & DUMP_STATUS_INCOMPLETE);
				assert_true((status & ~(DUMP_STATUS_INCOMPLETE | DUMP_STATUS_ZSTD)) == 0);
				if (size >= scene.size - 16)
					assert_true(status & DUMP_STATUS_ZSTD);
			}
			/* Every length where something begins or ends, and some in between. */
			step = size % 4096 < 700 || size > scene.size - 100 ? 1 : 61;
		}
		assert_int_equal(run(&scene, scene.size).outcome, WRITE_COMPLETE);
		close_scene(&scene);
	}
}

TEST(a_cut_elf_core_is_marked)
{
	BEGIN_TEST();
	for (unsigned int way = 0; way < 4; way++) {
		struct scene scene;
		enum order order = way & 1 ? ORDER_BIG : ORDER_LITTLE;
		struct elf_ident ident = {
			.magic = { 0x7f, 'E', 'L', 'F' }, .class = way & 2 ? 2 : 1, .data = way & 1 ? 2 : 1, .version = 1,
		};

		open_scene(&scene);
		add_record(&scene, 0, &ident, sizeof(ident));
		add_record(&scene, 16, "the rest of the header, and of the file, as a stream brings them", 64);

		struct unflatten_result result = run(&scene, scene.size - 64 - 16);

		assert_true(result.marked);
		assert_int_equal(word_at(&scene, way & 2 ? 48 : 36, order), 1);
		/* Other bits stay. */
		result = run(&scene, scene.size);
		assert_int_equal(result.outcome, WRITE_PARTIAL);
		assert_true(result.marked);

		struct raw32 word;

		memcpy(&word, &"the rest of the header, and of the file"[way & 2 ? 32 : 20], 4);
		assert_int_equal(word_at(&scene, way & 2 ? 48 : 36, order), raw32_get(word, order) | 1);
		close_scene(&scene);
	}
}

TEST(records_that_cannot_be_end_the_stream)
{
	static const uint64_t numbers[][2] = {
		{ UINT64_MAX, 5 },
		{ (uint64_t)INT64_MAX + 1, 5 },
		{ INT64_MAX, 5 },
		{ 5, UINT64_MAX },
		{ 5, INT64_MAX },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		struct scene scene;

		open_scene(&scene);
		add_record(&scene, 0, "good", 4);
		add_numbers(&scene, numbers[i][0], numbers[i][1]);
		add_end(&scene);

		struct unflatten_result result = run(&scene, scene.size);

		assert_int_equal(result.outcome, WRITE_PARTIAL);
		assert_non_null(strstr(result.stop.text, "which no file can have"));
		assert_int_equal(made_file_bytes(&scene.arena, scene.incomplete).size, 4);
		close_scene(&scene);
	}
}

/* The rest of a device is not read as records of nothing. */
TEST(zeros_end_the_stream)
{
	struct scene scene;

	BEGIN_TEST();
	open_scene(&scene);
	add_record(&scene, 0, "good", 4);
	add_record(&scene, 9, "", 0);
	add_record(&scene, 4, "more", 4);
	add_numbers(&scene, 0, 0);
	add_record(&scene, 0, "BAD", 3);
	add_end(&scene);

	struct unflatten_result result = run(&scene, scene.size);

	assert_int_equal(result.outcome, WRITE_PARTIAL);
	assert_int_equal(result.stop.code, ERR_BAD_IMAGE);
	assert_non_null(strstr(result.stop.text, "has zeros from byte"));
	assert_int_equal(made_file_bytes(&scene.arena, scene.incomplete).size, 8);
	assert_memory_equal(made_file_bytes(&scene.arena, scene.incomplete).data, "goodmore", 8);
	close_scene(&scene);
}

/* What writes to it is slow, and somebody made it non-blocking. */
TEST(an_empty_pipe_is_waited_for)
{
	struct scene scene;
	struct unflatten_result result;
	struct sink *sink;
	struct err err;
	int ends[2];

	BEGIN_TEST();
	open_scene(&scene);
	add_record(&scene, 0, "good", 4);
	add_end(&scene);
	assert_int_equal(pipe2(ends, O_NONBLOCK), 0);

	pid_t child = fork();

	if (child == 0) {
		for (size_t at = 0; at < scene.size; at += 700) {
			size_t piece = scene.size - at < 700 ? scene.size - at : 700;

			usleep(10000);
			if (write(ends[1], scene.bytes + at, piece) != (ssize_t)piece)
				_exit(1);
		}
		_exit(0);
	}
	close(ends[1]);

	struct sink_request request = { .path = scene.path };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	check_ok(unflatten(&result, &scene.arena, ends[0], "the pipe", sink, &err), &err);
	check_ok(sink_close(sink, true, &err), &err);
	assert_int_equal(result.outcome, WRITE_COMPLETE);
	check_file(&scene, (const uint8_t *)"good", 4);
	assert_int_equal(waitpid(child, NULL, 0), child);
	close(ends[0]);
	close_scene(&scene);
}

TEST(without_room_it_is_partial)
{
	struct scene scene;
	struct unflatten_result result;
	struct err err;
	uint8_t bytes[3000];

	BEGIN_TEST();
	open_scene(&scene);
	memset(bytes, 9, sizeof(bytes));
	add_kdump(&scene, "x86_64", ORDER_LITTLE, true);
	add_record(&scene, 8196, bytes, sizeof(bytes));
	add_end(&scene);
	check_ok(run_to(&scene, &result, scene.size, 10000, &err), &err);
	assert_int_equal(result.outcome, WRITE_PARTIAL);
	assert_int_equal(result.stop.code, ERR_NO_ROOM);
	assert_true(result.marked);
	assert_int_equal(word_at(&scene, 424, ORDER_LITTLE), DUMP_STATUS_ZSTD | DUMP_STATUS_INCOMPLETE);
	close_scene(&scene);
}

TEST(a_stream_cannot_become_a_stream)
{
	struct scene scene;
	struct unflatten_result result;
	struct sink *sink;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink_request request = { .path = scene.path, .flattened = true };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	check_fails(unflatten(&result, &scene.arena, -1, "none", sink, &err), &err, ERR_UNSUPPORTED, "plain file only");
	check_ok(sink_close(sink, false, &err), &err);
	request.flattened = false;
	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	check_fails(unflatten(&result, &scene.arena, -1, "none", sink, &err), &err, ERR_SYSTEM, "cannot read none");
	check_ok(sink_close(sink, false, &err), &err);
	close_scene(&scene);
}

CHECK_MAIN(cmocka_unit_test(records_come_in_any_order),
	   cmocka_unit_test(zeros_are_holes_where_nothing_was),
	   cmocka_unit_test(a_pipe_is_read_as_it_comes),
	   cmocka_unit_test(what_is_no_stream_is_refused),
	   cmocka_unit_test(a_cut_stream_is_marked),
	   cmocka_unit_test(a_cut_elf_core_is_marked),
	   cmocka_unit_test(records_that_cannot_be_end_the_stream),
	   cmocka_unit_test(zeros_end_the_stream),
	   cmocka_unit_test(an_empty_pipe_is_waited_for),
	   cmocka_unit_test(without_room_it_is_partial),
	   cmocka_unit_test(a_stream_cannot_become_a_stream))
