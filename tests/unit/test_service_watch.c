/* SPDX-License-Identifier: GPL-2.0-only */
/* When saving counts as standing still, and who is given up: what no signal ends is not waited for. */
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

/* A program in a call that cannot be ended is one that signals do not reach. */
static bool deaf;

static int signal_it(int pid, int number)
{
	return deaf ? 0 : kill(pid, number);
}

#include "check.h"

#define kill signal_it
#include "kdump/kdump-service/run.c"
#include "kdump/kdump-service/answers.c"
#undef kill
#include "kdump/kdump-service/save_watch.c"

/* What the files above want of the rest of the program. */
void service_error(const char *format, ...)
{
	(void)format;
}

void service_warning(const char *format, ...)
{
	(void)format;
}

void service_last_words(struct arena *arena, const char *root, bool bad, const char *format, ...)
{
	(void)arena;
	(void)root;
	(void)bad;
	(void)format;
}

static void hear(struct save_pulse *pulse, const char *text, int64_t now)
{
	save_pulse_read(pulse, text, strlen(text), now);
}

TEST(progress_is_what_changes)
{
	struct save_pulse pulse = { .alive = 1 };

	BEGIN_TEST();
	hear(&pulse, "event=start source=/proc/vmcore\n", 10);
	assert_true(pulse.alive == 10);
	hear(&pulse, "event=progress percent=0.0 pages_done=0 pages_total=9 bytes_in=0 bytes_out=0 rate_in=0\n", 20);
	assert_true(pulse.alive == 10);
	hear(&pulse, "event=progress percent=0.0 pages_done=1 pages_total=9 bytes_in=0 bytes_out=0 rate_in=0\n", 30);
	assert_true(pulse.alive == 30);
	hear(&pulse, "event=progress percent=0.0 pages_done=1 pages_total=9 bytes_in=0 bytes_out=0 rate_in=7\n", 40);
	assert_true(pulse.alive == 30);
	hear(&pulse, "event=progress pages_done=1 bytes_in=1 bytes_out=0\n", 50);
	assert_true(pulse.alive == 50);
	hear(&pulse, "event=progress pages_done=1 bytes_in=1 bytes_out=4096\n", 60);
	assert_true(pulse.alive == 60);
	/* A new try begins at 0. */
	hear(&pulse, "event=progress pages_done=0 bytes_in=0 bytes_out=0\n", 70);
	assert_true(pulse.alive == 70);
	hear(&pulse, "event=end result=complete\n", 80);
	assert_true(pulse.alive == 80);
}

TEST(lines_come_in_parts)
{
	struct save_pulse pulse = { .alive = 0 };
	char large[9000];

	BEGIN_TEST();
	hear(&pulse, "event=pro", 10);
	hear(&pulse, "gress pages_do", 20);
	assert_true(pulse.alive == 0);
	hear(&pulse, "ne=5 bytes_in=0 bytes_out=0\nevent=", 30);
	assert_true(pulse.alive == 30 && pulse.counters[0] == 5);
	hear(&pulse, "step seconds=0 what=a b\n", 40);
	assert_true(pulse.alive == 40);
	assert_string_equal(pulse.what, "a b");
	/* One that has no end, and one that is longer than there is room. */
	memset(large, 'x', sizeof(large));
	save_pulse_read(&pulse, large, sizeof(large), 50);
	assert_true(pulse.alive == 40);
	hear(&pulse, "\n", 60);
	assert_true(pulse.alive == 60);
	assert_string_equal(pulse.what, "a b");
	hear(&pulse, "event=step seconds=1 what=", 70);
	save_pulse_read(&pulse, large, sizeof(large), 70);
	hear(&pulse, "\n", 70);
	assert_int_equal(strlen(pulse.what), sizeof(pulse.what) - 1);
}

TEST(a_step_with_a_limit_of_its_own_may_be_still)
{
	struct save_pulse pulse = { .alive = 0 };

	BEGIN_TEST();
	hear(&pulse, "event=step seconds=600 what=saving the log\n", 1000);
	assert_true(pulse.alive == 601000);
	hear(&pulse, "event=step seconds=0 what=saving the dump\n", 2000);
	assert_true(pulse.alive == 2000);
}

static bool script(const char *text, unsigned int seconds, struct err *err)
{
	const char *words[] = { "/bin/sh", "-c", text, NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1, .seconds = seconds };
	struct arena arena;
	int status;
	bool done;

	arena_init(&arena);
	done = service_run(&status, NULL, &arena, &run, err);
	arena_release(&arena);
	return done;
}

TEST(what_cannot_be_ended_is_given_up)
{
	int64_t begun = service_now_ms();
	struct err err;

	BEGIN_TEST();
	deaf = true;
	check_fails(script("exec sleep 60", 1, &err), &err, ERR_SYSTEM, "cannot be ended");
	deaf = false;
	assert_int_equal(err.errnum, ETIMEDOUT);
	assert_true(service_now_ms() - begun < 30000);
}

TEST(a_descriptor_is_passed_on)
{
	const char *words[] = { "/bin/sh", "-c", "echo here >&9", NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1, .status = 9 };
	struct arena arena;
	struct err err;
	char text[8] = "";
	int ends[2], status;

	BEGIN_TEST();
	arena_init(&arena);
	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(dup3(ends[1], 9, O_CLOEXEC), 9);
	close(ends[1]);
	check_ok(service_run(&status, NULL, &arena, &run, &err), &err);
	close(9);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], text, sizeof(text)), 5);
	assert_string_equal(text, "here\n");
	close(ends[0]);
	arena_release(&arena);
}

struct question {
	int seconds, answer;
};

static void ponder(void *data)
{
	struct question *question = data;

	question->answer = 1;
	sleep((unsigned int)question->seconds);
	question->answer = 2;
}

TEST(an_answer_is_waited_for_only_so_long)
{
	struct question *question = service_share(sizeof(*question));
	int64_t begun = service_now_ms();

	BEGIN_TEST();
	assert_non_null(question);
	assert_true(service_answers(ponder, question, 30));
	assert_int_equal(question->answer, 2);
	*question = (struct question){ .seconds = 60 };
	assert_false(service_answers(ponder, question, 1));
	/* What came before is there. */
	assert_int_equal(question->answer, 1);
	assert_true(service_now_ms() - begun < 30000);
}

CHECK_MAIN(cmocka_unit_test(progress_is_what_changes), cmocka_unit_test(lines_come_in_parts),
	   cmocka_unit_test(a_step_with_a_limit_of_its_own_may_be_still),
	   cmocka_unit_test(what_cannot_be_ended_is_given_up), cmocka_unit_test(a_descriptor_is_passed_on),
	   cmocka_unit_test(an_answer_is_waited_for_only_so_long))
