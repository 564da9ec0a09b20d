/* SPDX-License-Identifier: GPL-2.0-only */
/* Copies that are whole or not there, the records beside them, and the verdict of the kernel's log. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "arena.h"
#include "check.h"
#include "kdump/fadump_log.h"
#include "kdump/fadump_record.h"
#include "kdump/save.h"
#include "made_file.h"

struct scene {
	struct arena arena;
	const char *folder, *source, *path;
	int fd;
};

static void open_scene(struct scene *scene, size_t size)
{
	arena_init(&scene->arena);
	scene->folder = made_folder(&scene->arena, "fadump-save");
	scene->source = arena_printf(&scene->arena, "%s/source", scene->folder);
	scene->path = arena_printf(&scene->arena, "%s/vmcore", scene->folder);
	scene->fd = open(scene->source, O_RDWR | O_CREAT, 0600);
	assert_true(scene->fd >= 0);

	uint8_t *bytes = calloc(1, size ? size : 1);

	/* Its middle third is zeros. */
	for (size_t i = 0; i < size; i++)
		bytes[i] = i / (size / 3 + 1) == 1 ? 0 : (uint8_t)(i * 7 + i / 251);
	assert_int_equal(write(scene->fd, bytes, size), (ssize_t)size);
	free(bytes);
}

static void close_scene(struct scene *scene)
{
	static const char *const names[] = { "source", "vmcore", "vmcore.incomplete", "vmcore.record", "other.record" };

	close(scene->fd);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(arena_printf(&scene->arena, "%s/%s", scene->folder, names[i]));
	assert_int_equal(rmdir(scene->folder), 0);
	arena_release(&scene->arena);
}

static void same_bytes(struct scene *scene)
{
	struct blob a = made_file_bytes(&scene->arena, scene->source), b = made_file_bytes(&scene->arena, scene->path);

	assert_int_equal(a.size, b.size);
	if (a.size)
		assert_memory_equal(a.data, b.data, a.size);
}

TEST(a_copy_has_the_same_bytes)
{
	static const size_t sizes[] = { 1, 4095, 65536, 65537, 1048576, 3333333 };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		for (int verify = 0; verify < 2; verify++) {
			struct scene scene;
			struct save_result result;
			struct err err;
			struct stat st;

			open_scene(&scene, sizes[i]);

			struct save_request request = { scene.source, scene.fd, 0, scene.path, verify };

			check_ok(save_copy(&result, &scene.arena, &request, &err), &err);
			assert_int_equal(result.bytes, sizes[i]);
			assert_int_equal(result.unreadable, 0);
			assert_int_equal(result.verified, verify);
			same_bytes(&scene);
			assert_false(made_file_exists(result.incomplete));
			assert_int_equal(stat(scene.path, &st), 0);
			assert_int_equal(st.st_mode & 0777, 0600);
			close_scene(&scene);
		}
	}
}

TEST(what_is_there_is_not_overwritten)
{
	struct scene scene;
	struct save_result result;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 1000);
	close(open(scene.path, O_WRONLY | O_CREAT, 0600));

	struct save_request request = { scene.source, scene.fd, 0, scene.path, false };

	check_fails(save_copy(&result, &scene.arena, &request, &err), &err, ERR_SYSTEM, "cannot save as");
	assert_false(made_file_exists(result.incomplete));
	close_scene(&scene);
}

TEST(a_link_in_the_way_is_not_followed)
{
	struct scene scene;
	struct save_result result;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 1000);
	assert_int_equal(symlink(scene.source, arena_printf(&scene.arena, "%s.incomplete", scene.path)), 0);

	struct save_request request = { scene.source, scene.fd, 0, scene.path, false };

	check_fails(save_copy(&result, &scene.arena, &request, &err), &err, ERR_SYSTEM, "cannot make");
	close_scene(&scene);
}

/* As a full file system does, a limit stops a write in its middle. */
TEST(without_room_the_incomplete_copy_stays)
{
	struct scene scene;
	struct save_result result;
	struct err err;
	struct rlimit old, small;

	BEGIN_TEST();
	open_scene(&scene, 3000000);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = (struct rlimit){ 500000, old.rlim_max };
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);

	struct save_request request = { scene.source, scene.fd, 0, scene.path, true };
	bool ok = save_copy(&result, &scene.arena, &request, &err);

	setrlimit(RLIMIT_FSIZE, &old);
	if (ok)
		fail_msg("3000000 bytes fit into 500000");
	assert_int_equal(err.code, ERR_NO_ROOM);
	assert_non_null(strstr(err.text, "vmcore.incomplete"));
	assert_true(made_file_exists(result.incomplete));
	assert_false(made_file_exists(scene.path));

	/* With room again, the next run replaces it. */
	check_ok(save_copy(&result, &scene.arena, &request, &err), &err);
	same_bytes(&scene);
	assert_false(made_file_exists(result.incomplete));
	close_scene(&scene);
}

/*
 * The program's own memory is a file with holes: reading where nothing is mapped gives EIO. Two pages are mapped at
 * 0x20000 and one at 0x23000; all else up to 0x30000 is not.
 */
TEST(pages_that_cannot_be_read_are_zeros_and_are_told)
{
	static const uintptr_t pages[] = { 0x20000, 0x21000, 0x23000 };
	struct scene scene;
	struct save_result result;
	struct err err;
	uint8_t probe[4096];
	struct blob copy;

	BEGIN_TEST();
	open_scene(&scene, 0);

	int memory = open("/proc/self/mem", O_RDONLY);

	for (size_t i = 0; i < 3; i++) {
		void *page = mmap((void *)pages[i], 4096, PROT_READ | PROT_WRITE,
				  MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

		if (memory < 0 || page != (void *)pages[i])
			skip();
		memset(page, 0x51 + (int)i, 4096);
		/* An emulator's program has another view of its memory than its file. */
		if (pread(memory, probe, sizeof(probe), (off_t)pages[i]) != (ssize_t)sizeof(probe) || probe[7] != 0x51 + i)
			skip();
	}
	if (pread(memory, probe, 1, 0x22000) != -1 || errno != EIO || pread(memory, probe, 1, 0) != -1)
		skip();

	struct save_request request = { "/proc/self/mem", memory, 0x30000, scene.path, true };

	check_ok(save_copy(&result, &scene.arena, &request, &err), &err);
	close(memory);
	assert_int_equal(result.bytes, 0x30000);
	assert_int_equal(result.unreadable, 0x30000 - 0x3000);
	assert_int_equal(result.gap_count, 3);
	assert_int_equal(result.gaps[0].start, 0);
	assert_int_equal(result.gaps[0].end, 0x20000);
	assert_int_equal(result.gaps[1].start, 0x22000);
	assert_int_equal(result.gaps[1].end, 0x23000);
	assert_int_equal(result.gaps[2].end, 0x30000);
	check_ok(file_map(&scene.arena, scene.path, NULL, &copy, &err), &err);
	for (size_t i = 0; i < copy.size; i++) {
		uint8_t wanted = 0;

		for (size_t p = 0; p < 3; p++)
			if (i / 4096 == pages[p] / 4096)
				wanted = (uint8_t)(0x51 + p);
		if (copy.data[i] != wanted)
			fail_msg("byte 0x%zx is %u, expected %u", i, copy.data[i], wanted);
	}
	for (size_t i = 0; i < 3; i++)
		munmap((void *)pages[i], 4096);
	close_scene(&scene);
}

TEST(a_source_that_cannot_be_read_and_has_no_size_is_an_error)
{
	struct scene scene;
	struct save_result result;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 0);

	int memory = open("/proc/self/mem", O_RDONLY);
	struct save_request request = { "/proc/self/mem", memory, 0, scene.path, false };

	check_fails(save_copy(&result, &scene.arena, &request, &err), &err, ERR_SYSTEM, "cannot read /proc/self/mem");
	assert_true(made_file_exists(result.incomplete));
	assert_false(made_file_exists(scene.path));
	close(memory);
	close_scene(&scene);
}

TEST(nothing_read_is_nothing_saved)
{
	struct scene scene;
	struct save_result result;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 0);

	struct save_request request = { scene.source, scene.fd, 0, scene.path, true };

	check_fails(save_copy(&result, &scene.arena, &request, &err), &err, ERR_BAD_IMAGE, "nothing was saved");
	assert_false(made_file_exists(scene.path));

	/* Nothing is mapped at the lowest addresses. */
	int memory = open("/proc/self/mem", O_RDONLY);

	request = (struct save_request){ "/proc/self/mem", memory, 0x3000, scene.path, false };
	check_fails(save_copy(&result, &scene.arena, &request, &err), &err, ERR_BAD_IMAGE, "nothing was saved");
	assert_int_equal(result.unreadable, 0x3000);
	assert_false(made_file_exists(scene.path));
	close(memory);
	close_scene(&scene);
}

/* A file of sysfs says that it has a page, and gives a line. */
TEST(a_source_that_ends_early_is_an_error)
{
	static const char source[] = "/sys/devices/system/cpu/possible";
	struct scene scene;
	struct save_result result;
	struct stat st;
	struct err err;
	int fd = open(source, O_RDONLY);

	BEGIN_TEST();
	if (fd < 0 || fstat(fd, &st) != 0 || st.st_size < 4096)
		skip();
	open_scene(&scene, 1000);

	struct save_request request = { source, fd, 0, scene.path, true };

	check_fails(save_copy(&result, &scene.arena, &request, &err), &err, ERR_BAD_IMAGE, "bytes that it says it has");
	assert_true(result.bytes > 0 && result.bytes < (uint64_t)st.st_size);
	assert_true(made_file_exists(result.incomplete));
	assert_false(made_file_exists(scene.path));
	close(fd);
	close_scene(&scene);
}

TEST(a_copy_that_somebody_writes_is_left_alone)
{
	struct scene scene;
	struct save_result result;
	struct stat st;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 5000);

	int other = open(arena_printf(&scene.arena, "%s.incomplete", scene.path), O_RDWR | O_CREAT, 0600);

	assert_int_equal(write(other, "half", 4), 4);
	assert_int_equal(flock(other, LOCK_EX), 0);

	struct save_request request = { scene.source, scene.fd, 0, scene.path, true };

	check_fails(save_copy(&result, &scene.arena, &request, &err), &err, ERR_SYSTEM, "by another program");
	assert_int_equal(fstat(other, &st), 0);
	assert_int_equal(st.st_size, 4);
	assert_false(made_file_exists(scene.path));
	close(other);
	check_ok(save_copy(&result, &scene.arena, &request, &err), &err);
	same_bytes(&scene);
	close_scene(&scene);
}

TEST(a_place_in_memory_is_known)
{
	struct arena arena;
	struct statfs fs;

	BEGIN_TEST();
	arena_init(&arena);
	assert_false(save_is_in_memory(&arena, "/proc/vmcore"));
	assert_false(save_is_in_memory(&arena, "/nowhere/vmcore"));
	if (statfs("/dev/shm", &fs) == 0 && fs.f_type == 0x01021994)
		assert_true(save_is_in_memory(&arena, "/dev/shm/vmcore"));
	arena_release(&arena);
}

static const struct fadump_vmcoreinfo info = {
	.osrelease = "6.12.0", .build_id = "00ff", .has_crash_time = true, .crash_time = 1795257000
};

static void write_record(struct scene *scene, const char *name, const char *text)
{
	struct err err;

	check_ok(save_text(&scene->arena, arena_printf(&scene->arena, "%s/%s", scene->folder, name), text, strlen(text), &err),
		 &err);
}

TEST(a_saved_dump_is_known_again)
{
	struct scene scene;
	struct save_result result;
	struct findings findings;
	struct err err;

	BEGIN_TEST();
	open_scene(&scene, 70000);
	findings_init(&findings, &scene.arena);
	finding_good(&findings, finding_begin(&findings, "line"), "good");
	finding_bad(&findings, finding_begin(&findings, "other"), "bad");
	finding_note(&findings, "remark");

	struct save_request request = { scene.source, scene.fd, 0, scene.path, true };

	check_ok(save_copy(&result, &scene.arena, &request, &err), &err);

	struct fadump_elfcore core = {
		.vmcoreinfo = info, .load_count = 1, .end = 70000, .notes_size = 1200, .notes_digest = { 0xab, 0xcd }
	};
	struct fadump_elfcore other = core;
	const char *text = fadump_record_text(&scene.arena, scene.path, &core, &result, 5, &findings);

	assert_non_null(strstr(text, "file=vmcore\nbytes=70000\nosrelease=6.12.0\nbuild-id=00ff\ncrash-time=1795257000\n"
				     "size=70000\nnotes-sha256=abcd000000"));
	assert_non_null(strstr(text, "\nsha256="));
	assert_non_null(strstr(text, "check=ok line: good\ncheck=BAD other: bad\ncheck=note remark\n"));
	write_record(&scene, "vmcore.record", text);
	assert_string_equal(fadump_record_find(&scene.arena, scene.folder, &core, &findings), scene.path);
	/* Also one folder higher. */
	assert_null(fadump_record_find(&scene.arena, arena_printf(&scene.arena, "%s/none", scene.folder), &core, &findings));

	other.vmcoreinfo.crash_time++;
	assert_null(fadump_record_find(&scene.arena, scene.folder, &other, &findings));
	other = core;
	other.vmcoreinfo.build_id = "00fe";
	assert_null(fadump_record_find(&scene.arena, scene.folder, &other, &findings));
	other.vmcoreinfo.build_id = NULL;
	assert_null(fadump_record_find(&scene.arena, scene.folder, &other, &findings));
	other = core;
	other.vmcoreinfo.has_crash_time = false;
	assert_null(fadump_record_find(&scene.arena, scene.folder, &other, &findings));
	other = core;
	other.notes_digest[SHA256_DIGEST_SIZE - 1] ^= 1;
	assert_null(fadump_record_find(&scene.arena, scene.folder, &other, &findings));
	other = core;
	other.notes_size = 0;
	assert_null(fadump_record_find(&scene.arena, scene.folder, &other, &findings));
	other = core;
	other.end--;
	assert_null(fadump_record_find(&scene.arena, scene.folder, &other, &findings));

	/* Each fact counts by not being there as well: this is what a record without them looks like. */
	static const char *const keys[] = { "size=", "notes-sha256=", "crash-time=", "build-id=", "osrelease=" };

	for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
		const char *line = strstr(text, arena_printf(&scene.arena, "\n%s", keys[i]));

		assert_non_null(line);
		write_record(&scene, "vmcore.record",
			     arena_printf(&scene.arena, "%.*s%s", (int)(line - text), text, strchr(line + 1, '\n')));
		if (fadump_record_find(&scene.arena, scene.folder, &core, &findings))
			fail_msg("a record without %s proves a phantom", keys[i]);
	}

	/* What lacks something does not keep from saving once more. */
	core.end++;
	write_record(&scene, "vmcore.record", fadump_record_text(&scene.arena, scene.path, &core, &result, 5, &findings));
	assert_null(fadump_record_find(&scene.arena, scene.folder, &core, &findings));
	core.end--;
	result.unreadable = 4096;
	write_record(&scene, "vmcore.record", fadump_record_text(&scene.arena, scene.path, &core, &result, 5, &findings));
	assert_null(fadump_record_find(&scene.arena, scene.folder, &core, &findings));
	write_record(&scene, "vmcore.record", text);
	assert_non_null(fadump_record_find(&scene.arena, scene.folder, &core, &findings));

	/* A dump that was cut, or is gone, is not saved any more. */
	assert_int_equal(truncate(scene.path, 69999), 0);
	assert_null(fadump_record_find(&scene.arena, scene.folder, &core, &findings));
	unlink(scene.path);
	assert_null(fadump_record_find(&scene.arena, scene.folder, &core, &findings));
	close_scene(&scene);
}

TEST(a_record_names_a_file_in_its_own_folder_only)
{
	struct arena arena;
	struct fadump_record record;

	BEGIN_TEST();
	arena_init(&arena);
	fadump_record_parse(&record, &arena, "/a/b.record", "file=../x\nbytes=12\n");
	assert_null(record.file);
	assert_true(record.has_bytes);
	fadump_record_parse(&record, &arena, "/a/b.record", "bytes=18446744073709551616\nfile=x\ncrash-time=-7\nnew=1\nword");
	assert_string_equal(record.file, "/a/x");
	assert_false(record.has_bytes);
	assert_int_equal(record.info.crash_time, -7);
	fadump_record_parse(&record, &arena, "b.record",
			    "bytes= 5\ncrash-time=9223372036854775808\nfile=\nsize=0x5\nnotes-sha256=\n");
	assert_false(record.has_bytes || record.info.has_crash_time || record.file || record.has_size || record.notes);
	arena_release(&arena);
}

TEST(the_log_tells_refused_from_released)
{
	struct arena arena;
	struct fadump_log log;

	BEGIN_TEST();
	arena_init(&arena);
	fadump_log_parse(&log, &arena,
			 "6,1,0,-;fadump: Firmware-assisted dump is active.\n3,2,0,-;fadump: Fadump header size mismatch.\n"
			 "6,3,0,-;fadump: freeing reserved memory (0x1 - 0x2)\n");
	assert_true(log.active && log.freed);
	assert_string_equal(log.refusal, "Fadump header size mismatch.");
	assert_non_null(strstr(log.advice, "NR_CPUS"));
	fadump_log_parse(&log, &arena, "[    1.0] fadump: freeing reserved memory (0x1 - 0x2)");
	assert_true(log.freed && !log.active && !log.refusal);
	/* Priority 13 is of a program, not of the kernel. */
	fadump_log_parse(&log, &arena, "13,1,0,-;fadump: Fadump header is corrupted.\n");
	assert_null(log.refusal);
	fadump_log_parse(&log, &arena, "3,1,0,-;rtas fadump: Dump taken by platform is incomplete (2)\n");
	assert_non_null(log.refusal);
	fadump_log_parse(&log, &arena, "");
	assert_true(!log.active && !log.freed && !log.refusal);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(a_copy_has_the_same_bytes), cmocka_unit_test(what_is_there_is_not_overwritten),
	   cmocka_unit_test(a_link_in_the_way_is_not_followed),
	   cmocka_unit_test(without_room_the_incomplete_copy_stays),
	   cmocka_unit_test(pages_that_cannot_be_read_are_zeros_and_are_told),
	   cmocka_unit_test(a_source_that_cannot_be_read_and_has_no_size_is_an_error),
	   cmocka_unit_test(nothing_read_is_nothing_saved), cmocka_unit_test(a_source_that_ends_early_is_an_error),
	   cmocka_unit_test(a_copy_that_somebody_writes_is_left_alone), cmocka_unit_test(a_place_in_memory_is_known),
	   cmocka_unit_test(a_saved_dump_is_known_again),
	   cmocka_unit_test(a_record_names_a_file_in_its_own_folder_only),
	   cmocka_unit_test(the_log_tells_refused_from_released))
