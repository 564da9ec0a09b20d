/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that have their name when they are whole, streams, and what disks do to those who write. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "arena.h"
#include "bytes.h"
#include "check.h"
#include "kdump/write/sink.h"
#include "made_file.h"

/*
 * System calls that behave as on file systems which are not at hand: these definitions take the C library's place in
 * this program.
 */
static int no_fallocate, short_writes, failing_sync;

int fallocate(int fd, int mode, off_t offset, off_t size)
{
	if (no_fallocate) {
		errno = EOPNOTSUPP;
		return -1;
	}
	return (int)syscall(SYS_fallocate, fd, mode, offset, size);
}

ssize_t pwrite(int fd, const void *data, size_t size, off_t offset)
{
	if (short_writes && short_writes++ % 3 == 0) {
		errno = EINTR;
		return -1;
	}
	if (short_writes && size > 1000)
		size = 1000;
	return (ssize_t)syscall(SYS_pwrite64, fd, data, size, offset);
}

int fdatasync(int fd)
{
	if (failing_sync) {
		errno = failing_sync;
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

struct scene {
	struct arena arena;
	const char *folder, *path, *incomplete;
};

static void open_scene(struct scene *scene)
{
	arena_init(&scene->arena);
	scene->folder = made_folder(&scene->arena, "sink");
	scene->path = arena_printf(&scene->arena, "%s/vmcore", scene->folder);
	scene->incomplete = arena_printf(&scene->arena, "%s/vmcore.incomplete", scene->folder);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	no_fallocate = short_writes = failing_sync = 0;
}

static void close_scene(struct scene *scene)
{
	unlink(scene->path);
	unlink(scene->incomplete);
	assert_int_equal(rmdir(scene->folder), 0);
	arena_release(&scene->arena);
}

static struct sink *open_plain(struct scene *scene, uint64_t max_size)
{
	struct sink_request request = { .path = scene->path, .max_size = max_size };
	struct sink *sink;
	struct err err;

	check_ok(sink_open(&sink, &scene->arena, &request, &err), &err);
	return sink;
}

static void put(struct sink *sink, uint64_t offset, const char *text)
{
	struct err err;

	check_ok(sink_write(sink, offset, text, strlen(text), &err), &err);
}

TEST(a_file_has_its_name_when_it_is_whole)
{
	struct scene scene;
	struct stat st;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 0);

	assert_false(sink_is_stream(sink));
	assert_string_equal(sink_name(sink), scene.incomplete);
	check_ok(sink_reserve(sink, 100000, &err), &err);
	put(sink, 200000, "far");
	put(sink, 5, "near");
	assert_int_equal(sink_written(sink), 7);
	check_ok(sink_sync(sink, &err), &err);
	check_ok(sink_set_size(sink, 300001, &err), &err);
	assert_false(made_file_exists(scene.path));
	assert_true(made_file_exists(scene.incomplete));
	check_ok(sink_close(sink, true, &err), &err);
	assert_false(made_file_exists(scene.incomplete));
	assert_int_equal(stat(scene.path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(st.st_size, 300001);

	struct blob found = made_file_bytes(&scene.arena, scene.path);
	uint8_t *wanted = calloc(1, 300001);

	memcpy(wanted + 5, "near", 4);
	memcpy(wanted + 200000, "far", 3);
	assert_memory_equal(found.data, wanted, 300001);
	free(wanted);
	close_scene(&scene);
}

TEST(what_is_not_whole_stays_incomplete)
{
	struct scene scene;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 0);

	put(sink, 0, "half");
	check_ok(sink_close(sink, false, &err), &err);
	assert_false(made_file_exists(scene.path));
	assert_int_equal(made_file_bytes(&scene.arena, scene.incomplete).size, 4);

	/* The next one begins anew. */
	sink = open_plain(&scene, 0);
	put(sink, 0, "all");
	check_ok(sink_close(sink, true, &err), &err);
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, 3);
	assert_false(made_file_exists(scene.incomplete));
	close_scene(&scene);
}

TEST(what_is_there_is_replaced_at_the_end_only)
{
	struct scene scene;
	struct sink *sink;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);
	sink = open_plain(&scene, 0);
	put(sink, 0, "first");
	check_ok(sink_close(sink, true, &err), &err);

	struct sink_request request = { .path = scene.path };

	check_fails(sink_open(&sink, &scene.arena, &request, &err), &err, ERR_USAGE, "it exists");
	assert_false(made_file_exists(scene.incomplete));
	request.replace = true;
	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	put(sink, 0, "the second");
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, 5);
	check_ok(sink_close(sink, true, &err), &err);
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, 10);

	request.path = scene.folder;
	check_fails(sink_open(&sink, &scene.arena, &request, &err), &err, ERR_USAGE, "a folder");
	close_scene(&scene);
}

/* Somebody makes NAME while NAME.incomplete grows. */
TEST(nothing_that_came_in_between_is_replaced)
{
	struct scene scene;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 0);

	put(sink, 0, "dump");
	close(open(scene.path, O_WRONLY | O_CREAT, 0600));
	check_fails(sink_close(sink, true, &err), &err, ERR_SYSTEM, "it is whole");
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, 0);
	assert_int_equal(made_file_bytes(&scene.arena, scene.incomplete).size, 4);
	close_scene(&scene);
}

TEST(a_file_that_somebody_writes_is_left_alone)
{
	struct scene scene;
	struct sink *second;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 0);
	struct sink_request request = { .path = scene.path, .replace = true };

	put(sink, 0, "dump");
	check_fails(sink_open(&second, &scene.arena, &request, &err), &err, ERR_SYSTEM, "by another program");
	assert_int_equal(made_file_bytes(&scene.arena, scene.incomplete).size, 4);
	check_ok(sink_close(sink, true, &err), &err);

	/* Nor are links followed to what is not ours. */
	assert_int_equal(symlink(scene.path, scene.incomplete), 0);
	check_fails(sink_open(&second, &scene.arena, &request, &err), &err, ERR_SYSTEM, "cannot make");
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, 4);
	close_scene(&scene);
}

TEST(interrupted_and_short_writes_are_carried_on)
{
	struct scene scene;
	struct err err;
	uint8_t bytes[10007];

	BEGIN_TEST();
	open_scene(&scene);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * 13 + i / 256);

	struct sink *sink = open_plain(&scene, 0);

	short_writes = 1;
	check_ok(sink_write(sink, 3, bytes, sizeof(bytes), &err), &err);
	assert_true(short_writes > 10);
	check_ok(sink_close(sink, true, &err), &err);

	struct blob found = made_file_bytes(&scene.arena, scene.path);

	assert_int_equal(found.size, sizeof(bytes) + 3);
	assert_memory_equal(found.data + 3, bytes, sizeof(bytes));
	close_scene(&scene);
}

/* NFS before version 4.2: zeros are written, and what is there already stays. */
TEST(room_is_made_where_fallocate_is_not_known)
{
	struct scene scene;
	struct stat st;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 0);

	no_fallocate = 1;
	put(sink, 10, "header");
	check_ok(sink_reserve(sink, 200000, &err), &err);
	check_ok(sink_reserve(sink, 150000, &err), &err);
	assert_int_equal(stat(scene.incomplete, &st), 0);
	assert_int_equal(st.st_size, 200000);
	/* The blocks are there. */
	assert_true(st.st_blocks * 512 >= 200000);
	check_ok(sink_reserve(sink, 300000, &err), &err);
	check_ok(sink_close(sink, true, &err), &err);

	struct blob found = made_file_bytes(&scene.arena, scene.path);

	assert_int_equal(found.size, 300000);
	assert_memory_equal(found.data + 10, "header", 6);
	for (size_t i = 16; i < found.size; i++)
		assert_int_equal(found.data[i], 0);
	close_scene(&scene);
}

static void limit_files(uint64_t size, struct rlimit *old)
{
	assert_int_equal(getrlimit(RLIMIT_FSIZE, old), 0);

	struct rlimit small = { size, old->rlim_max };

	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
}

/* A limit stops a write in its middle, as a full file system does. */
TEST(without_room_the_reserved_part_can_still_be_written)
{
	struct scene scene;
	struct rlimit old;
	struct err err, other;
	static uint8_t bytes[100000];

	BEGIN_TEST();
	open_scene(&scene);
	memset(bytes, 7, sizeof(bytes));

	struct sink *sink = open_plain(&scene, 0);

	limit_files(150000, &old);

	bool reserved = sink_reserve(sink, 60000, &err);
	bool fits = sink_write(sink, 60000, bytes, 80000, &other);
	struct err late;
	bool does_not = sink_write(sink, 140000, bytes, sizeof(bytes), &late);
	struct err more;
	bool too_much = sink_reserve(sink, 200000, &more);
	struct err low;
	bool below = sink_write(sink, 0, "header", 6, &low);
	struct err size;
	bool larger = sink_set_size(sink, 200000, &size);

	setrlimit(RLIMIT_FSIZE, &old);
	check_ok(reserved, &err);
	check_ok(fits, &other);
	check_fails(does_not, &late, ERR_NO_ROOM, "vmcore.incomplete: cannot write");
	check_fails(too_much, &more, ERR_NO_ROOM, "make room");
	check_ok(below, &low);
	check_fails(larger, &size, ERR_NO_ROOM, "size");
	check_ok(sink_close(sink, false, &err), &err);

	struct blob found = made_file_bytes(&scene.arena, scene.incomplete);

	assert_memory_equal(found.data, "header", 6);
	assert_memory_equal(found.data + 60000, bytes, 80000);
	close_scene(&scene);
}

TEST(a_largest_size_is_kept)
{
	struct scene scene;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 1000);

	check_ok(sink_reserve(sink, 1000, &err), &err);
	check_fails(sink_reserve(sink, 1001, &err), &err, ERR_NO_ROOM, "allowed is 1000 bytes");
	put(sink, 997, "end");
	check_fails(sink_write(sink, 998, "end", 3, &err), &err, ERR_NO_ROOM, "allowed is 1000 bytes");
	check_fails(sink_write(sink, UINT64_MAX - 1, "end", 3, &err), &err, ERR_NO_ROOM, "allowed");
	check_fails(sink_set_size(sink, 1001, &err), &err, ERR_NO_ROOM, "allowed");
	check_ok(sink_close(sink, true, &err), &err);
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, 1000);
	unlink(scene.path);

	/* Also without one there is an end. */
	sink = open_plain(&scene, 0);
	check_fails(sink_write(sink, INT64_MAX, "end", 3, &err), &err, ERR_NO_ROOM, "the largest file");
	check_ok(sink_close(sink, false, &err), &err);
	close_scene(&scene);
}

TEST(a_disk_that_fails_late_is_told_of)
{
	struct scene scene;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 0);

	put(sink, 0, "dump");
	failing_sync = EDQUOT;
	check_fails(sink_sync(sink, &err), &err, ERR_NO_ROOM, "to the disk");
	failing_sync = EIO;
	check_fails(sink_sync(sink, &err), &err, ERR_SYSTEM, "to the disk");
	check_fails(sink_close(sink, true, &err), &err, ERR_SYSTEM, "to the disk");
	failing_sync = 0;
	assert_false(made_file_exists(scene.path));
	assert_true(made_file_exists(scene.incomplete));
	close_scene(&scene);
}

/* Memory of a system is for nobody else, whatever an earlier program left there. */
TEST(what_was_open_to_all_is_not_any_more)
{
	struct scene scene;
	struct stat st;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	int fd = open(scene.incomplete, O_WRONLY | O_CREAT, 0644);

	assert_int_equal(fchmod(fd, 0666), 0);
	close(fd);

	struct sink *sink = open_plain(&scene, 0);

	put(sink, 0, "secret");
	assert_int_equal(stat(scene.incomplete, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	check_ok(sink_close(sink, true, &err), &err);
	close_scene(&scene);
}

/* tmpfs, like XFS, has files of exabytes. A hole takes no time. */
TEST(bytes_behind_a_large_hole)
{
	char folder[] = "/dev/shm/sink-XXXXXX";
	struct scene scene;
	struct err err;
	uint8_t last;

	BEGIN_TEST();
	if (!mkdtemp(folder))
		fail_msg("cannot make a folder in /dev/shm: %s", strerror(errno));
	open_scene(&scene);

	struct sink_request request = { .path = arena_printf(&scene.arena, "%s/vmcore", folder) };
	struct sink *sink;

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	alarm(20);
	put(sink, 100, "near");
	put(sink, UINT64_C(1) << 62, "far");
	alarm(0);
	check_ok(sink_close(sink, true, &err), &err);

	int fd = open(request.path, O_RDONLY);

	assert_int_equal(pread(fd, &last, 1, (INT64_C(1) << 62) + 2), 1);
	assert_int_equal(last, 'r');
	close(fd);
	unlink(request.path);
	assert_int_equal(rmdir(folder), 0);
	close_scene(&scene);
}

TEST(beginning_anew_leaves_nothing_of_before)
{
	struct scene scene;
	struct sink *sink;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);
	sink = open_plain(&scene, 0);
	check_ok(sink_reserve(sink, 5000, &err), &err);
	put(sink, 40, "first");
	check_ok(sink_restart(sink, &err), &err);
	assert_int_equal(sink_written(sink), 0);
	put(sink, 3, "x");
	check_ok(sink_close(sink, true, &err), &err);
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, 4);
	assert_memory_equal(made_file_bytes(&scene.arena, scene.path).data, "\0\0\0x", 4);
	unlink(scene.path);

	/* A file that is a stream can be taken back too. */
	struct sink_request request = { .path = scene.path, .flattened = true };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	put(sink, 40, "first");
	check_ok(sink_restart(sink, &err), &err);
	check_ok(sink_close(sink, true, &err), &err);
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, 4096 + 16);
	close_scene(&scene);
}

static void check_signature(struct blob stream)
{
	struct be64 number;

	assert_true(stream.size >= 4096);
	assert_memory_equal(stream.data, "makedumpfile\0\0\0\0", 16);
	memcpy(&number, stream.data + 16, 8);
	assert_int_equal(be64_get(number), 1);
	memcpy(&number, stream.data + 24, 8);
	assert_int_equal(be64_get(number), 1);
	for (size_t i = 32; i < 4096; i++)
		assert_int_equal(stream.data[i], 0);
}

/* The record at *at; false at the end record, which must be the last. */
static bool next_record(struct blob stream, uint64_t *at, uint64_t *offset, struct blob *bytes)
{
	struct be64 first, second;

	assert_non_null(blob_at(stream, *at, 16));
	memcpy(&first, stream.data + *at, 8);
	memcpy(&second, stream.data + *at + 8, 8);
	*at += 16;
	*offset = be64_get(first);
	if (*offset == UINT64_MAX) {
		assert_int_equal(be64_get(second), UINT64_MAX);
		assert_int_equal(*at, stream.size);
		return false;
	}
	assert_true(blob_has(stream, *at, be64_get(second)));
	*bytes = blob_part(stream, *at, be64_get(second));
	*at += bytes->size;
	return true;
}

TEST(a_stream_has_signature_records_and_end)
{
	struct scene scene;
	struct sink *sink;
	struct err err;
	struct blob record;
	uint64_t at = 4096, offset;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink_request request = { .path = scene.path, .flattened = true };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	assert_true(sink_is_stream(sink));
	check_ok(sink_reserve(sink, 1 << 20, &err), &err);
	put(sink, 70000, "late");
	check_ok(sink_write(sink, 0, NULL, 0, &err), &err);
	put(sink, 3, "first");
	check_ok(sink_sync(sink, &err), &err);
	check_fails(sink_set_size(sink, 70003, &err), &err, ERR_INTERNAL, "already");
	check_ok(sink_set_size(sink, 80000, &err), &err);
	check_ok(sink_close(sink, true, &err), &err);

	struct blob stream = made_file_bytes(&scene.arena, scene.path);

	check_signature(stream);
	assert_true(next_record(stream, &at, &offset, &record));
	assert_int_equal(offset, 70000);
	assert_int_equal(record.size, 4);
	assert_memory_equal(record.data, "late", 4);
	assert_true(next_record(stream, &at, &offset, &record));
	assert_int_equal(offset, 3);
	assert_memory_equal(record.data, "first", 5);
	assert_true(next_record(stream, &at, &offset, &record));
	assert_int_equal(offset, 79999);
	assert_int_equal(record.size, 1);
	assert_int_equal(record.data[0], 0);
	assert_false(next_record(stream, &at, &offset, &record));
	unlink(scene.path);

	/* Cut: no end record, no name. */
	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	put(sink, 0, "half");
	check_ok(sink_close(sink, false, &err), &err);
	assert_false(made_file_exists(scene.path));
	assert_int_equal(made_file_bytes(&scene.arena, scene.incomplete).size, 4096 + 16 + 4);
	close_scene(&scene);
}

#define WRITERS 4
#define WRITES 200
#define PIECE 3001

struct writer {
	struct sink *sink;
	unsigned int number;
	struct err err;
	bool ok;
};

/* Its own pieces, each full of one byte. */
static void *write_pieces(void *data)
{
	struct writer *writer = data;
	uint8_t bytes[PIECE];

	writer->ok = true;
	for (unsigned int i = 0; writer->ok && i < WRITES; i++) {
		unsigned int piece = i * WRITERS + writer->number;

		memset(bytes, (int)(piece % 251 + 1), sizeof(bytes));
		writer->ok = sink_write(writer->sink, (uint64_t)piece * PIECE, bytes, sizeof(bytes), &writer->err);
	}
	return NULL;
}

static void write_by_threads(struct sink *sink)
{
	struct writer writers[WRITERS];
	pthread_t threads[WRITERS];

	for (unsigned int i = 0; i < WRITERS; i++) {
		writers[i] = (struct writer){ .sink = sink, .number = i };
		assert_int_equal(pthread_create(&threads[i], NULL, write_pieces, &writers[i]), 0);
	}
	for (unsigned int i = 0; i < WRITERS; i++) {
		pthread_join(threads[i], NULL);
		check_ok(writers[i].ok, &writers[i].err);
	}
}

static void check_piece(const uint8_t *bytes, size_t piece)
{
	for (size_t i = 0; i < PIECE; i++)
		assert_int_equal(bytes[i], piece % 251 + 1);
}

TEST(many_threads_write_one_file)
{
	struct scene scene;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 0);

	write_by_threads(sink);
	assert_int_equal(sink_written(sink), WRITERS * WRITES * PIECE);
	check_ok(sink_close(sink, true, &err), &err);

	struct blob found = made_file_bytes(&scene.arena, scene.path);

	assert_int_equal(found.size, WRITERS * WRITES * PIECE);
	for (size_t i = 0; i < WRITERS * WRITES; i++)
		check_piece(found.data + i * PIECE, i);
	close_scene(&scene);
}

/* Through a pipe that is read slowly and in odd pieces: no record is cut in two by another. */
TEST(many_threads_write_one_stream)
{
	struct scene scene;
	struct sink *sink;
	struct err err;
	int ends[2], status;

	BEGIN_TEST();
	open_scene(&scene);
	assert_int_equal(pipe(ends), 0);

	pid_t child = fork();

	if (child == 0) {
		uint8_t bytes[777];
		int out = open(scene.path, O_WRONLY | O_CREAT, 0600);
		ssize_t n;

		close(ends[1]);
		while ((n = read(ends[0], bytes, sizeof(bytes))) > 0)
			if (write(out, bytes, (size_t)n) != n)
				_exit(1);
		_exit(0);
	}
	close(ends[0]);
	/* As a shell may leave it. */
	assert_int_equal(fcntl(ends[1], F_SETFL, O_NONBLOCK), 0);

	struct sink_request request = { .fd = ends[1], .name = "the pipe" };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	write_by_threads(sink);
	check_ok(sink_sync(sink, &err), &err);
	check_fails(sink_restart(sink, &err), &err, ERR_UNSUPPORTED, "the pipe");
	check_ok(sink_close(sink, true, &err), &err);
	close(ends[1]);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);

	struct blob stream = made_file_bytes(&scene.arena, scene.path), record;
	uint64_t at = 4096, offset;
	size_t count = 0;

	check_signature(stream);
	while (next_record(stream, &at, &offset, &record)) {
		assert_int_equal(record.size, PIECE);
		assert_int_equal(offset % PIECE, 0);
		check_piece(record.data, (size_t)(offset / PIECE));
		count++;
	}
	assert_int_equal(count, WRITERS * WRITES);
	close_scene(&scene);
}

TEST(a_reader_that_ended_is_an_error_once_and_for_all)
{
	struct scene scene;
	struct sink *sink;
	struct err err;
	int ends[2];

	BEGIN_TEST();
	open_scene(&scene);
	assert_int_equal(pipe(ends), 0);

	struct sink_request request = { .fd = ends[1], .name = "standard output" };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	put(sink, 0, "read");
	close(ends[0]);
	check_fails(sink_write(sink, 10, "unread", 6, &err), &err, ERR_SYSTEM, "standard output: what reads it ended");
	assert_int_equal(err.errnum, EPIPE);
	check_fails(sink_write(sink, 20, "unread", 6, &err), &err, ERR_SYSTEM, "what reads it ended");
	check_fails(sink_close(sink, true, &err), &err, ERR_SYSTEM, "what reads it ended");
	close(ends[1]);
	close_scene(&scene);
}

/* The end record fits also where the last piece does not. */
TEST(a_largest_size_holds_for_streams)
{
	struct scene scene;
	struct sink *sink;
	struct err err;
	struct blob record;
	uint64_t at = 4096, offset;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink_request request = { .path = scene.path, .flattened = true, .max_size = 4096 + 16 + 4 + 16 };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	put(sink, 0, "four");
	check_ok(sink_close(sink, true, &err), &err);
	assert_int_equal(made_file_bytes(&scene.arena, scene.path).size, request.max_size);
	assert_true(next_record(made_file_bytes(&scene.arena, scene.path), &at, &offset, &record));
	unlink(scene.path);
	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	check_fails(sink_write(sink, 0, "fives", 5, &err), &err, ERR_NO_ROOM, "allowed");
	check_fails(sink_close(sink, true, &err), &err, ERR_NO_ROOM, "allowed");
	assert_false(made_file_exists(scene.path));
	close_scene(&scene);
}

TEST(devices_and_named_pipes_are_streams)
{
	struct scene scene;
	struct sink *sink;
	struct err err;
	char bytes[5000];
	int reader;

	BEGIN_TEST();
	open_scene(&scene);

	struct sink_request request = { .path = "/dev/null" };

	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	assert_true(sink_is_stream(sink));
	put(sink, 0, "bytes");
	check_fails(sink_restart(sink, &err), &err, ERR_UNSUPPORTED, "/dev/null");
	check_ok(sink_close(sink, true, &err), &err);
	assert_false(made_file_exists("/dev/null.incomplete"));

	request.path = "/dev/full";
	check_fails(sink_open(&sink, &scene.arena, &request, &err), &err, ERR_NO_ROOM, "/dev/full: cannot write");

	assert_int_equal(mkfifo(scene.path, 0600), 0);
	reader = open(scene.path, O_RDONLY | O_NONBLOCK);
	request.path = scene.path;
	check_ok(sink_open(&sink, &scene.arena, &request, &err), &err);
	put(sink, 0, "bytes");
	check_ok(sink_close(sink, true, &err), &err);
	assert_int_equal(read(reader, bytes, sizeof(bytes)), 4096 + 16 + 5 + 16);
	close(reader);
	assert_false(made_file_exists(scene.incomplete));

	request = (struct sink_request){ .fd = -1, .name = "standard output" };
	check_fails(sink_open(&sink, &scene.arena, &request, &err), &err, ERR_SYSTEM, "standard output");
	close_scene(&scene);
}

/* More than the steps in which pages are sent to the disk. */
TEST(a_large_file_is_what_was_written)
{
	enum { SIZE = 1 << 20, COUNT = 48 };
	struct scene scene;
	struct err err;
	uint8_t *bytes = malloc(SIZE);

	BEGIN_TEST();
	open_scene(&scene);

	struct sink *sink = open_plain(&scene, 0);

	for (unsigned int i = 0; i < COUNT; i++) {
		memset(bytes, (int)(i + 1), SIZE);
		check_ok(sink_write(sink, (uint64_t)i * SIZE, bytes, SIZE, &err), &err);
		if (i == COUNT / 2)
			check_ok(sink_sync(sink, &err), &err);
	}
	check_ok(sink_close(sink, true, &err), &err);

	struct blob found = made_file_bytes(&scene.arena, scene.path);

	assert_int_equal(found.size, (size_t)SIZE * COUNT);
	for (size_t i = 0; i < found.size; i += 509)
		assert_int_equal(found.data[i], i / SIZE + 1);
	free(bytes);
	close_scene(&scene);
}

CHECK_MAIN(cmocka_unit_test(a_file_has_its_name_when_it_is_whole),
	   cmocka_unit_test(what_is_not_whole_stays_incomplete),
	   cmocka_unit_test(what_is_there_is_replaced_at_the_end_only),
	   cmocka_unit_test(nothing_that_came_in_between_is_replaced),
	   cmocka_unit_test(a_file_that_somebody_writes_is_left_alone),
	   cmocka_unit_test(interrupted_and_short_writes_are_carried_on),
	   cmocka_unit_test(room_is_made_where_fallocate_is_not_known),
	   cmocka_unit_test(without_room_the_reserved_part_can_still_be_written),
	   cmocka_unit_test(a_largest_size_is_kept),
	   cmocka_unit_test(a_disk_that_fails_late_is_told_of),
	   cmocka_unit_test(what_was_open_to_all_is_not_any_more),
	   cmocka_unit_test(bytes_behind_a_large_hole),
	   cmocka_unit_test(beginning_anew_leaves_nothing_of_before),
	   cmocka_unit_test(a_stream_has_signature_records_and_end),
	   cmocka_unit_test(many_threads_write_one_file),
	   cmocka_unit_test(many_threads_write_one_stream),
	   cmocka_unit_test(a_reader_that_ended_is_an_error_once_and_for_all),
	   cmocka_unit_test(a_largest_size_holds_for_streams),
	   cmocka_unit_test(devices_and_named_pipes_are_streams),
	   cmocka_unit_test(a_large_file_is_what_was_written))
