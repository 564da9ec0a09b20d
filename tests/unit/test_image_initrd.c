/* SPDX-License-Identifier: GPL-2.0-only */
/* Initrds: one or several, mapped or copied, from files, pipes and file systems that do not map. */
#include "check.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "image.h"
#include "image_fixture.h"

static struct arena arena;
static struct err err;
static char folder[64];

static const char *in_folder(const char *name)
{
	return arena_printf(&arena, "%s/%s", folder, name);
}

static uint8_t byte_at(size_t at, unsigned int seed)
{
	return (uint8_t)(at * 31 + at / 251 + seed * 7 + 1);
}

/* A file of bytes that depend on their place and on the seed. */
static const char *make(const char *name, size_t size, unsigned int seed)
{
	const char *path = in_folder(name);
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	for (size_t i = 0; i < size; i++)
		assert_int_not_equal(putc(byte_at(i, seed), f), EOF);
	assert_int_equal(fclose(f), 0);
	return path;
}

static void check_part(struct blob initrd, size_t offset, size_t size, unsigned int seed)
{
	for (size_t i = 0; i < size; i++)
		if (initrd.data[offset + i] != byte_at(i, seed))
			fail_msg("byte %zu of part %u is wrong", i, seed);
}

static void check_zeros(struct blob initrd, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++)
		if (initrd.data[i])
			fail_msg("byte %zu should be padding", i);
}

static struct image start_image(void)
{
	struct image image = { .fd = -1 };

	arena_init(&image.arena);
	return image;
}

TEST(none_is_nothing)
{
	struct image image = start_image();

	BEGIN_TEST();
	check_ok(image_add_initrds(&image, NULL, 0, 4096, &err), &err);
	assert_int_equal(image.initrd.size, 0);
	image_release(&image);
}

TEST(one_is_the_file_as_it_is)
{
	const char *const path = make("one", 10001, 1);
	struct image image = start_image();

	BEGIN_TEST();
	check_ok(image_add_initrds(&image, &path, 1, 4096, &err), &err);
	assert_int_equal(image.initrd.size, 10001);
	check_part(image.initrd, 0, 10001, 1);
	image_release(&image);
}

/* Sizes on, before and behind the borders of pads and pages. */
TEST(several_are_padded_to_the_pad)
{
	static const size_t sizes[] = { 1, 4095, 4096, 4097, 3, 4, 8192, 70000 };
	static const size_t pads[] = { 4, 16, 512, 4096, 8192, 65536, 1 << 20 };
	const size_t count = sizeof(sizes) / sizeof(sizes[0]);
	const char *paths[8];

	BEGIN_TEST();
	for (unsigned int i = 0; i < count; i++)
		paths[i] = make(arena_printf(&arena, "part%u", i), sizes[i], i);
	for (size_t p = 0; p < sizeof(pads) / sizeof(pads[0]); p++) {
		struct image image = start_image();
		size_t at = 0;

		check_ok(image_add_initrds(&image, paths, count, pads[p], &err), &err);
		for (unsigned int i = 0; i < count; i++) {
			check_part(image.initrd, at, sizes[i], i);
			at += sizes[i];
			if (i + 1 == count)
				break;

			size_t next = (at + pads[p] - 1) / pads[p] * pads[p];

			check_zeros(image.initrd, at, next);
			at = next;
		}
		assert_int_equal(image.initrd.size, at);
		image_release(&image);
	}
}

static pid_t feed(const char *fifo, size_t size, unsigned int seed, void (*before)(void))
{
	pid_t child = fork();

	assert_true(child >= 0);
	if (child)
		return child;

	/* Opening blocks until the reader opens, which it does in the order of its arguments. */
	int fd = open(fifo, O_WRONLY);

	if (fd < 0)
		_exit(1);
	if (before)
		before();
	for (size_t i = 0; i < size; i++) {
		uint8_t byte = byte_at(i, seed);

		if (write(fd, &byte, 1) != 1)
			_exit(1);
	}
	_exit(0);
}

static void finish(pid_t child)
{
	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static const char *make_fifo(const char *name)
{
	const char *path = in_folder(name);

	assert_int_equal(mkfifo(path, 0600), 0);
	return path;
}

TEST(pipes_are_read_and_take_their_place)
{
	static const uint64_t pads[] = { 4, 65536 };

	BEGIN_TEST();
	for (size_t p = 0; p < sizeof(pads) / sizeof(pads[0]); p++) {
		const char *const paths[] = { make("before", 5000, 1),
					      make_fifo(arena_printf(&arena, "fifo%zu", p)),
					      make("after", 300, 3) };
		size_t second = (5000 + pads[p] - 1) / pads[p] * pads[p];
		size_t third = (second + 6001 + pads[p] - 1) / pads[p] * pads[p];
		struct image image = start_image();
		pid_t child = feed(paths[1], 6001, 2, NULL);

		check_ok(image_add_initrds(&image, paths, 3, pads[p], &err), &err);
		finish(child);
		assert_int_equal(image.initrd.size, third + 300);
		check_part(image.initrd, 0, 5000, 1);
		check_zeros(image.initrd, 5000, second);
		check_part(image.initrd, second, 6001, 2);
		check_zeros(image.initrd, second + 6001, third);
		check_part(image.initrd, third, 300, 3);
		image_release(&image);
	}

	const char *const alone = make_fifo("alone");
	struct image image = start_image();
	pid_t child = feed(alone, 70001, 9, NULL);

	check_ok(image_add_initrds(&image, &alone, 1, 4096, &err), &err);
	finish(child);
	assert_int_equal(image.initrd.size, 70001);
	check_part(image.initrd, 0, 70001, 9);
	image_release(&image);
}

static const char *victim;
static off_t victim_size;

static void resize_victim(void)
{
	if (truncate(victim, victim_size) != 0)
		_exit(1);
}

/* The first file changes while the second, a pipe, keeps the reader waiting: after its size was taken. */
static void check_change(const char *name, uint64_t pad, off_t size, const char *words)
{
	const char *const paths[] = { make(arena_printf(&arena, "%s-file", name), 20000, 1),
				      make_fifo(name) };
	struct image image = start_image();

	victim = paths[0];
	victim_size = size;

	pid_t child = feed(paths[1], 10, 2, resize_victim);

	check_fails(image_add_initrds(&image, paths, 2, pad, &err), &err, ERR_BAD_IMAGE, words);
	check_fails(!err.text[0], &err, ERR_BAD_IMAGE, arena_printf(&arena, "initrd %s: ", victim));
	finish(child);
	assert_int_equal(image.initrd.size, 0);
	image_release(&image);
}

TEST(a_file_that_changes_its_size_meanwhile_is_refused)
{
	BEGIN_TEST();
	check_change("shorter-mapped", 65536, 100, "changed its size from 20000 to 100 bytes");
	check_change("empty-mapped", 65536, 0, "changed its size from 20000 to 0 bytes");
	check_change("longer-mapped", 65536, 20001, "changed its size from 20000 to 20001 bytes");
	check_change("shorter-copied", 4, 100, "changed its size from 20000 to 100 bytes");
	check_change("longer-copied", 4, 20001, "changed its size from 20000 to 20001 bytes");
}

TEST(what_cannot_be_an_initrd)
{
	const char *const empty[] = { make("good", 100, 1), make("empty", 0, 0) };
	const char *const missing[] = { in_folder("missing") };
	const char *const directory[] = { folder };
	const char *const device[] = { "/dev/null" };
	struct image image = start_image();

	BEGIN_TEST();
	check_fails(image_add_initrds(&image, empty, 2, 4096, &err), &err, ERR_BAD_IMAGE, "/empty: is empty");
	check_fails(image_add_initrds(&image, empty + 1, 1, 4096, &err), &err, ERR_BAD_IMAGE,
		    "/empty: is empty");
	check_fails(image_add_initrds(&image, device, 1, 4096, &err), &err, ERR_BAD_IMAGE,
		    "/dev/null: is empty");
	check_fails(image_add_initrds(&image, missing, 1, 4096, &err), &err, ERR_SYSTEM, "initrd ");
	assert_int_equal(err.errnum, ENOENT);
	check_fails(image_add_initrds(&image, directory, 1, 4096, &err), &err, ERR_SYSTEM, folder);
	assert_int_equal(err.errnum, EISDIR);
	check_fails(image_add_initrds(&image, empty, 1, 2, &err), &err, ERR_INTERNAL, "pad");
	check_fails(image_add_initrds(&image, empty, 1, 12, &err), &err, ERR_INTERNAL, "pad");
	assert_int_equal(image.initrd.size, 0);
	image_release(&image);
}

TEST(sums_that_overflow_are_refused)
{
	int fd = memfd_create("huge", MFD_CLOEXEC);
	const char *const path = arena_printf(&arena, "/proc/self/fd/%d", fd);
	const char *const paths[] = { path, path, path };
	struct image image = start_image();

	BEGIN_TEST();
	assert_true(fd >= 0);
	assert_int_equal(ftruncate(fd, INT64_MAX - 4095), 0);
	check_fails(image_add_initrds(&image, paths, 1, 4096, &err), &err, ERR_SYSTEM,
		    "addresses for the initrd");
	check_fails(image_add_initrds(&image, paths, 2, 4096, &err), &err, ERR_NO_ROOM, "do not fit");
	check_fails(image_add_initrds(&image, paths, 3, 4, &err), &err, ERR_NO_ROOM, "do not fit");

	const char *const small[] = { make("small", 5, 1), make("small2", 5, 1) };

	check_fails(image_add_initrds(&image, small, 2, UINT64_C(1) << 63, &err), &err, ERR_NO_ROOM,
		    "do not fit");
	image_release(&image);
	close(fd);
}

/* What another process wrote behind the end through its own mapping is not in the file, and must not be
 * loaded. */
TEST(what_stands_behind_the_end_of_a_file_is_no_padding)
{
	const char *const paths[] = { make("dirty", 100, 1), make("clean", 50, 2) };
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	int fd = open(paths[0], O_RDWR | O_CLOEXEC);
	uint8_t *shared = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	struct image image = start_image();

	BEGIN_TEST();
	assert_true(shared != MAP_FAILED);
	memset(shared + 100, 0xee, page - 100);
	check_ok(image_add_initrds(&image, paths, 2, page, &err), &err);
	check_part(image.initrd, 0, 100, 1);
	check_zeros(image.initrd, 100, page);
	check_part(image.initrd, page, 50, 2);
	image_release(&image);
	munmap(shared, page);
	close(fd);
}

/* Files of sysfs say that they have a page and have less, and cannot be mapped. */
TEST(files_that_do_not_map_are_read)
{
	const char *const paths[] = { "/sys/kernel/mm/transparent_hugepage/enabled",
				      "/sys/kernel/uevent_seqnum" };
	struct image image = start_image();
	size_t tried = 0;

	BEGIN_TEST();
	for (size_t i = 0; i < 2; i++) {
		if (access(paths[i], R_OK) != 0)
			continue;
		tried++;
		check_fails(image_add_initrds(&image, &paths[i], 1, 4096, &err), &err, ERR_BAD_IMAGE,
			    "bytes of 4096");
	}
	image_release(&image);
	if (!tried) {
		print_message("SKIP: no sysfs here\n");
		skip();
	}
}

/* Private memory that this process has, in kB, or -1 where /proc does not say. */
static long anonymous_kb(void)
{
	FILE *f = fopen("/proc/self/smaps_rollup", "r");
	char line[256];
	long kb = -1;

	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Anonymous: %ld", &kb) == 1)
			break;
	fclose(f);
	return kb;
}

TEST(mapped_initrds_take_no_memory_of_their_own)
{
	const size_t size = 64 << 20;
	const char *const paths[] = { in_folder("big1"), in_folder("big2") };
	struct image image = start_image();
	volatile uint8_t sum = 0;

	BEGIN_TEST();
	for (size_t i = 0; i < 2; i++) {
		FILE *f = fopen(paths[i], "wb");

		assert_non_null(f);
		assert_int_equal(fclose(f), 0);
		assert_int_equal(truncate(paths[i], (off_t)size + 5), 0);
	}

	long before = anonymous_kb();

	check_ok(image_add_initrds(&image, paths, 2, 1 << 20, &err), &err);
	for (size_t i = 0; i < image.initrd.size; i += 512)
		sum = (uint8_t)(sum + image.initrd.data[i]);
	assert_int_equal(sum, 0);

	long after = anonymous_kb();

	assert_int_equal(image.initrd.size, size + (1 << 20) + size + 5);
	image_release(&image);
	if (before < 0) {
		print_message("SKIP: no /proc/self/smaps_rollup here\n");
		skip();
	}

	/* 128 MB of files; the page tables and the test's own buffers are all that may come on top. */
	if (after - before > 8 * 1024)
		fail_msg("%ld kB of memory before, %ld kB after", before, after);
}

static int start(void **state)
{
	(void)state;
	arena_init(&arena);
	snprintf(folder, sizeof(folder), "/tmp/kexec-initrd.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int stop(void **state)
{
	const char *command = arena_printf(&arena, "rm -rf '%s'", folder);
	int status = system(command);

	(void)state;
	arena_release(&arena);
	return status;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

CHECK_MAIN(CASE(none_is_nothing), CASE(one_is_the_file_as_it_is), CASE(several_are_padded_to_the_pad),
	   CASE(pipes_are_read_and_take_their_place), CASE(a_file_that_changes_its_size_meanwhile_is_refused),
	   CASE(what_cannot_be_an_initrd), CASE(sums_that_overflow_are_refused),
	   CASE(what_stands_behind_the_end_of_a_file_is_no_padding), CASE(files_that_do_not_map_are_read),
	   CASE(mapped_initrds_take_no_memory_of_their_own))
