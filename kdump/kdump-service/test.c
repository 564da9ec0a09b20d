/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kdump/kdump-service/test.h"
#include "kexec/base/file.h"

static void print(const char *word, const char *format, va_list list)
{
	char text[4096];

	vsnprintf(text, sizeof(text), format, list);
	/* A finding is one line, whatever a program said; and what another machine said does nothing to the terminal. */
	for (char *c = text; *c; c++) {
		if (*c == '\n')
			*c = c[1] ? ';' : '\0';
		else if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = ' ';
	}
	printf("%-4s %s\n", word, text);
	/* What comes next may take its time. */
	fflush(stdout);
}

void test_ok(struct test *test, const char *format, ...)
{
	va_list list;

	(void)test;
	va_start(list, format);
	print("OK", format, list);
	va_end(list);
}

void test_warn(struct test *test, const char *format, ...)
{
	va_list list;

	test->warnings++;
	va_start(list, format);
	print("WARN", format, list);
	va_end(list);
}

void test_fail(struct test *test, const char *format, ...)
{
	va_list list;

	test->failures++;
	va_start(list, format);
	print("FAIL", format, list);
	va_end(list);
}

void test_skip(struct test *test, const char *format, ...)
{
	va_list list;

	(void)test;
	va_start(list, format);
	print("SKIP", format, list);
	va_end(list);
}

bool test_is_here(const struct test *test)
{
	return !test->status.service->options->root[0];
}

const char *test_below(const struct test *test, const char *name)
{
	return file_below(test->status.service->arena, test->status.service->options->root, name);
}

bool test_has_program(const struct test *test, const char *name)
{
	static const char *const folders[] = { "/usr/sbin", "/usr/bin",	       "/sbin",
					       "/bin",	    "/usr/local/sbin", "/usr/local/bin" };

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		const char *path = arena_printf(test->status.service->arena, "%s/%s", folders[i], name);

		if (access(test_below(test, path), X_OK) == 0)
			return true;
	}
	return false;
}

static const char *read_back(struct arena *arena, int fd)
{
	char *text = arena_alloc(arena, 4096);
	ssize_t got = pread(fd, text, 4095, 0);

	text[got > 0 ? got : 0] = '\0';
	while (got > 0 && text[got - 1] == '\n')
		text[--got] = '\0';
	return text;
}

bool test_run(struct test *test, const char *const *arguments, const char **output, const char **errors)
{
	struct arena *arena = test->status.service->arena;
	struct service_run run = { .arguments = arguments, .output = -1, .seconds = TEST_SECONDS };
	bool done;
	int status;
	struct err err;

	run.input = open("/dev/null", O_RDONLY | O_CLOEXEC);
	run.errors = memfd_create("errors", MFD_CLOEXEC);
	done = service_run(&status, output, arena, &run, &err);
	*errors = done ? read_back(arena, run.errors) : arena_strdup(arena, err.text);
	if (done && WIFSIGNALED(status))
		*errors = arena_printf(arena, "%s was ended by signal %d", arguments[0], WTERMSIG(status));
	else if (done && WEXITSTATUS(status) && !**errors)
		*errors = arena_printf(arena, "%s gave exit code %d, and said nothing", arguments[0],
				       WEXITSTATUS(status));
	if (run.input >= 0)
		close(run.input);
	if (run.errors >= 0)
		close(run.errors);
	return done && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static void test_configuration(struct test *test)
{
	const struct service *service = test->status.service;
	size_t count = service->mistakes.count;

	for (size_t i = 0; i < count; i++) {
		const struct conf_mistake *mistake = &service->mistakes.all[i];

		if (mistake->line)
			test_fail(test, "configuration: %s:%u: %s", mistake->file, mistake->line, mistake->text);
		else
			test_fail(test, "configuration: %s: %s", mistake->file, mistake->text);
	}
	if (!count && service->conf.has_file)
		test_ok(test, "configuration: %s", service->options->config);
	else if (!count)
		test_ok(test, "configuration: there is no %s, and the defaults hold", service->options->config);
}

static void test_memory(struct test *test)
{
	const struct status *status = &test->status;
	const char *reserved = status_size(status->service->arena, status->machine.reserved);

	if (status->machine_error) {
		test_fail(test, "machine: %s", status->machine_error);
		return;
	}
	if (status->machine.in_capture)
		test_fail(test, "machine: /proc/vmcore is there: this is the kernel that saves, after a crash");
	if (status->machine.fadump)
		test_ok(test, "memory: fadump, %s reserved", reserved);
	else if (!status->knows_kexec)
		test_fail(
			test,
			"memory: this kernel cannot load another one for a crash (CONFIG_CRASH_DUMP, CONFIG_KEXEC_CORE)");
	else if (!status->machine.reserved)
		test_fail(
			test,
			"memory: nothing is reserved; crashkernel= on the kernel's command line, and a boot, reserve it");
	else
		test_ok(test, "memory: %s reserved", reserved);
	if (status->is_locked && !status_is_loaded(status))
		test_fail(test, "memory: kernel.kexec_load_disabled is 1: nothing can be loaded until the next boot");
}

static void test_loaded(struct test *test)
{
	const struct status *status = &test->status;
	const struct loading_record *record = &status->record;

	if (!status_is_loaded(status))
		test_fail(test, "loaded: nothing; `kdump-service load` loads it");
	else if (!record->fingerprint)
		test_warn(test,
			  "loaded: something, and not by kdump-service: what it does after a crash is not known");
	else if (status->stale)
		test_warn(test, "loaded: what is loaded is stale: %s; `kdump-service load` loads it again",
			  status->stale);
	else
		test_ok(test, "loaded: by %s%s", record->syscall ? record->syscall : "kdump-service",
			record->verified ? ", and verified" : "");
}

static void test_room(struct test *test)
{
	struct status *status = &test->status;
	struct arena *arena = status->service->arena;
	const struct status_target *target = &status->target;
	const struct status_estimate *estimate = &status->estimate;

	if (!target->is_local || target->hangs)
		return;
	status_estimate_read(&status->estimate, status->service, TEST_SECONDS);
	if (!target->has_free)
		test_fail(test, "room: %s", target->why_not);
	else if (!estimate->is_known)
		test_skip(test, "room: %s are free; how large a dump would be is not known: %s",
			  status_size(arena, target->free), estimate->why_not);
	else if (estimate->size > target->free)
		test_fail(test, "room: a dump of level %u would take about %s, and only %s are free", estimate->level,
			  status_size(arena, estimate->size), status_size(arena, target->free));
	else
		test_ok(test, "room: a dump of level %u would take about %s, and %s are free", estimate->level,
			status_size(arena, estimate->size), status_size(arena, target->free));
}

int service_test(struct service *service)
{
	static void (*const targets[])(struct test * test) = {
		[CONF_TARGET_PATH] = test_path,
		[CONF_TARGET_NFS] = test_nfs,
		[CONF_TARGET_SSH] = test_ssh,
		[CONF_TARGET_RAW] = test_raw,
	};
	struct test test = { .warnings = 0 };

	status_read(&test.status, service);
	test_configuration(&test);
	test_memory(&test);
	test_loading(&test);
	test_loaded(&test);
	targets[service->conf.save.target.kind](&test);
	test_room(&test);
	test_say_story(&test);
	if (service->mistakes.count)
		return SERVICE_BAD_CONFIGURATION;
	return test.failures || test.warnings ? SERVICE_FAILED : SERVICE_DONE;
}
