/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting programs: what they get, what comes back, and that none of them can hold this one up. */
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "kdump/kdump-service/run.c"

struct scene {
	struct arena arena;
	struct err err;
	const char *output;
	int status;
};

static void begin(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	arena_init(&scene->arena);
}

static bool script(struct scene *scene, const char *text, unsigned int seconds)
{
	const char *words[] = { "/bin/sh", "-c", text, NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1, .seconds = seconds };

	return service_run(&scene->status, &scene->output, &scene->arena, &run, &scene->err);
}

TEST(output_and_exit_code_come_back)
{
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	check_ok(script(&scene, "printf 'one\\ntwo'; exit 7", 0), &scene.err);
	assert_string_equal(scene.output, "one\ntwo");
	assert_true(WIFEXITED(scene.status));
	assert_int_equal(WEXITSTATUS(scene.status), 7);
	check_ok(script(&scene, "kill -9 $$", 0), &scene.err);
	assert_true(WIFSIGNALED(scene.status));
	assert_int_equal(WTERMSIG(scene.status), SIGKILL);
	arena_release(&scene.arena);
}

TEST(more_output_than_is_kept_ends_too)
{
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	check_ok(script(&scene, "head -c 3000000 /dev/zero | tr '\\0' x; exit 3", 60), &scene.err);
	assert_int_equal(strlen(scene.output), 1 << 20);
	assert_int_equal(WEXITSTATUS(scene.status), 3);
	arena_release(&scene.arena);
}

TEST(words_are_not_read_by_a_shell)
{
	const char *words[] = { "printf", "%s|", "a b", "$HOME", "`id`", ";", "", NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1 };
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	check_ok(service_run(&scene.status, &scene.output, &scene.arena, &run, &scene.err), &scene.err);
	assert_string_equal(scene.output, "a b|$HOME|`id`|;||");
	arena_release(&scene.arena);
}

TEST(programs_are_found_without_a_path)
{
	const char *words[] = { "true", NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1 };
	char *path = strdup(getenv("PATH"));
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	assert_int_equal(unsetenv("PATH"), 0);
	check_ok(service_run(&scene.status, NULL, &scene.arena, &run, &scene.err), &scene.err);
	assert_int_equal(scene.status, 0);
	/* Neither an empty part nor a relative one is looked at. */
	assert_int_equal(setenv("PATH", ":.:/nowhere", 1), 0);
	check_ok(service_run(&scene.status, NULL, &scene.arena, &run, &scene.err), &scene.err);
	assert_int_equal(setenv("PATH", path, 1), 0);
	free(path);
	arena_release(&scene.arena);
}

TEST(what_cannot_be_started_is_an_error)
{
	const char *words[] = { "no-such-program", NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1 };
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	check_fails(service_run(&scene.status, NULL, &scene.arena, &run, &scene.err), &scene.err, ERR_SYSTEM,
		    "cannot start no-such-program (looked for in ");
	words[0] = "mkinitramfs-is-not-here/mkinitramfs";
	check_fails(service_run(&scene.status, NULL, &scene.arena, &run, &scene.err), &scene.err, ERR_SYSTEM,
		    "cannot start mkinitramfs-is-not-here/mkinitramfs (");
	words[0] = "/etc/passwd";
	check_fails(service_run(&scene.status, NULL, &scene.arena, &run, &scene.err), &scene.err, ERR_DENIED,
		    "cannot start /etc/passwd");
	arena_release(&scene.arena);
}

TEST(the_package_is_named)
{
	const char *path = getenv("PATH");
	struct scene scene;
	const char *file;

	BEGIN_TEST();
	begin(&scene);
	if (find(&file, &scene.arena, "mount.nfs", &scene.err))
		print_message("mount.nfs is installed: nothing to see\n");
	else
		check_fails(find(&file, &scene.arena, "mount.nfs", &scene.err), &scene.err, ERR_SYSTEM, "nfs-common");
	assert_non_null(path);
	arena_release(&scene.arena);
}

TEST(it_is_ended_in_time)
{
	struct scene scene;
	int64_t begun = service_now_ms();

	BEGIN_TEST();
	begin(&scene);
	check_fails(script(&scene, "exec sleep 60", 1), &scene.err, ERR_SYSTEM, "did not end within 1 s");
	assert_int_equal(scene.err.errnum, ETIMEDOUT);
	assert_true(service_now_ms() - begun < 20000);
	/* One that does not listen. */
	check_fails(script(&scene, "trap '' TERM; while :; do sleep 60; done", 1), &scene.err, ERR_SYSTEM,
		    "did not end within 1 s");
	assert_true(service_now_ms() - begun < 40000);
	arena_release(&scene.arena);
}

TEST(a_grandchild_is_not_waited_for)
{
	struct scene scene;
	int64_t begun = service_now_ms();

	BEGIN_TEST();
	begin(&scene);
	check_ok(script(&scene, "sleep 30 & echo $!", 0), &scene.err);
	assert_true(service_now_ms() - begun < 20000);
	kill((pid_t)atoi(scene.output), SIGTERM);
	arena_release(&scene.arena);
}

TEST(descriptors_are_closed_and_placed)
{
	const char *words[] = { "/bin/sh", "-c",
				"cat; echo error >&2; for f in /proc/$$/fd/*; do echo ${f##*/} >&2; done", NULL };
	char path[] = "/tmp/test_service_run.XXXXXX", text[256] = "";
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1 };
	struct scene scene;
	int errors = mkstemp(path), ends[2], leaked;

	BEGIN_TEST();
	begin(&scene);
	assert_true(errors >= 0);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(pipe(ends), 0);
	leaked = fcntl(ends[0], F_DUPFD, 200);
	assert_true(leaked >= 200);
	assert_int_equal(write(ends[1], "input", 5), 5);
	close(ends[1]);
	run.input = ends[0];
	run.errors = errors;
	check_ok(service_run(&scene.status, &scene.output, &scene.arena, &run, &scene.err), &scene.err);
	assert_string_equal(scene.output, "input");
	assert_true(pread(errors, text, sizeof(text) - 1, 0) > 0);
	assert_memory_equal(text, "error\n0\n1\n2\n", 12);
	if (strstr(text, "200"))
		fail_msg("the program has descriptor 200: %s", text);
	close(errors);
	close(ends[0]);
	close(leaked);
	arena_release(&scene.arena);
}

TEST(variables_replace_ours)
{
	const char *const variables[] = { "TEST_ONE=new", "TEST_THREE=3", NULL };
	const char *words[] = { "/bin/sh", "-c", "echo $TEST_ONE $TEST_ONES $TEST_THREE", NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1, .variables = variables };
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	assert_int_equal(setenv("TEST_ONE", "old", 1), 0);
	assert_int_equal(setenv("TEST_ONES", "stays", 1), 0);
	check_ok(service_run(&scene.status, &scene.output, &scene.arena, &run, &scene.err), &scene.err);
	assert_string_equal(scene.output, "new stays 3\n");
	arena_release(&scene.arena);
}

TEST(signals_are_as_a_program_expects_them)
{
	struct scene scene;

	BEGIN_TEST();
	begin(&scene);
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	check_ok(script(&scene, "kill -PIPE $$; echo alive", 0), &scene.err);
	assert_true(WIFSIGNALED(scene.status));
	assert_int_equal(WTERMSIG(scene.status), SIGPIPE);
	arena_release(&scene.arena);
}

CHECK_MAIN(cmocka_unit_test(output_and_exit_code_come_back), cmocka_unit_test(more_output_than_is_kept_ends_too),
	   cmocka_unit_test(words_are_not_read_by_a_shell), cmocka_unit_test(programs_are_found_without_a_path),
	   cmocka_unit_test(what_cannot_be_started_is_an_error), cmocka_unit_test(the_package_is_named),
	   cmocka_unit_test(it_is_ended_in_time), cmocka_unit_test(a_grandchild_is_not_waited_for),
	   cmocka_unit_test(descriptors_are_closed_and_placed), cmocka_unit_test(variables_replace_ours),
	   cmocka_unit_test(signals_are_as_a_program_expects_them))
