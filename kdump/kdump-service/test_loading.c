/* SPDX-License-Identifier: GPL-2.0-only */
/* Whether what would be loaded can be, and has what it takes to save a dump. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "kdump/kdump-service/test.h"
#include "kdump/service/initrd.h"
#include "kexec/base/file.h"

/* Unpacked; larger ones do not start in what is usually reserved. */
#define INITRD_LIMIT (UINT64_C(2) << 30)

static void test_dry_run(struct test *test)
{
	const struct loading *next = &test->status.next;
	struct arena *arena = test->status.service->arena;
	const char **words, *output, *errors;
	size_t count = 0;

	if (!test_is_here(test)) {
		test_skip(test, "kernel: with --root kexec is not started to try it");
		return;
	}
	while (next->arguments[count])
		count++;
	words = arena_array(arena, count + 3, sizeof(*words));
	words[0] = "kexec";
	words[1] = "--dry-run";
	memcpy(words + 2, next->arguments, count * sizeof(*words));
	if (test_run(test, words, &output, &errors))
		test_ok(test, "kernel: kexec takes %s%s%s, and has room for it", next->kernel,
			next->initrd ? " with " : "", next->initrd ? next->initrd : "");
	else
		test_fail(test, "kernel: kexec does not take %s: %s", next->kernel, errors);
}

struct content {
	bool has_save, has_service;
	struct blob conf; /* data NULL: none */
};

static bool ends_in(const char *name, const char *end)
{
	size_t length = strlen(name), wanted = strlen(end);

	return length >= wanted && strcmp(name + length - wanted, end) == 0;
}

static void note(void *context, const char *name, uint32_t mode, struct blob data)
{
	struct content *content = context;

	(void)mode;
	if (strcmp(name, &CONF_PATH[1]) == 0)
		content->conf = data;
	content->has_save |= ends_in(name, "bin/vmcore-save");
	content->has_service |= ends_in(name, "bin/kdump-service");
}

/* As a file of the archive, its packed form beside it while it is unpacked, and what is left must run programs. */
static void test_initrd_fits(struct test *test, const char *path, uint64_t packed, uint64_t unpacked)
{
	const struct loading_machine *machine = &test->status.machine;
	struct arena *arena = test->status.service->arena;
	const char *needed = status_size(arena, packed + unpacked), *reserved = status_size(arena, machine->reserved);

	if (machine->fadump || !machine->reserved || packed + unpacked <= machine->reserved / 4 * 3)
		test_ok(test, "initrd: %s takes %s while it is unpacked, of %s reserved", path, needed, reserved);
	else
		test_warn(
			test,
			"initrd: %s takes %s while it is unpacked, of %s reserved: a larger crashkernel=, or a small initrd "
			"(`kdump-service build`), leaves room for saving",
			path, needed, reserved);
}

/* `build` puts all of the configuration into it, in the form of conf_write(). */
static void test_initrd_configuration(struct test *test, const struct content *content)
{
	const struct service *service = test->status.service;
	const char *text = conf_write(service->arena, &service->conf);

	if (!content->conf.data)
		test_warn(test, "initrd: %s has no " CONF_PATH ", and would save as it is by default",
			  test->status.next.initrd);
	else if (content->conf.size == strlen(text) && memcmp(content->conf.data, text, strlen(text)) == 0)
		test_ok(test, "initrd: has the configuration as it is now");
	else
		test_warn(test, "initrd: %s has another configuration than %s: `kdump-service build` makes it again",
			  test->status.next.initrd, service->options->config);
}

static void test_initrd(struct test *test)
{
	const struct loading *next = &test->status.next;
	struct arena *arena = test->status.service->arena;
	struct content content = { .has_save = false };
	struct initrd_total total;
	struct blob file;
	struct err err;

	if (!file_map(arena, next->initrd, NULL, &file, &err)) {
		test_fail(test, "initrd: %s", err.text);
		return;
	}
	if (!initrd_walk(&total, arena, file, INITRD_LIMIT, note, &content, &err)) {
		if (err.code == ERR_UNSUPPORTED)
			test_skip(test, "initrd: %s %s", next->initrd, err.text);
		else
			test_fail(test, "initrd: %s: %s", next->initrd, err.text);
		return;
	}
	test_initrd_fits(test, next->initrd, file.size, total.size);
	if (next->way != LOADING_BY_INITRD)
		return;
	test_initrd_configuration(test, &content);
	if (content.has_save && content.has_service)
		test_ok(test, "initrd: has kdump-service and vmcore-save");
	else if (next->initrd_is_capture)
		test_fail(test, "initrd: %s lacks %s: `kdump-service build` makes it again", next->initrd,
			  content.has_save ? "kdump-service" : "vmcore-save");
	else
		test_warn(test,
			  "initrd: %s lacks %s, and is not of `kdump-service build`: whether it saves is not known",
			  next->initrd, content.has_save ? "kdump-service" : "vmcore-save");
}

/* The root file system saves: its unit and programs must be there. */
static void test_unit(struct test *test)
{
	static const char *const folders[] = { "/etc/systemd/system", "/usr/lib/systemd/system",
					       "/lib/systemd/system", "/usr/local/lib/systemd/system" };
	bool found = false;

	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]) && !found; i++)
		found = access(test_below(test, arena_printf(test->status.service->arena, "%s/kdump-capture.target",
							     folders[i])),
			       F_OK) == 0;
	if (found)
		test_ok(test, "units: kdump-capture.target is installed");
	else
		test_fail(test,
			  "units: the capture kernel is to boot into kdump-capture.target, which is not installed");
	if (!test_has_program(test, "vmcore-save"))
		test_fail(test, "units: vmcore-save is in none of the usual folders");
}

void test_loading(struct test *test)
{
	const struct status *status = &test->status;

	/* That has been said. */
	if (status->machine_error || !status->machine.reserved)
		return;
	if (status->next_error) {
		test_fail(test, "kernel: %s", status->next_error);
		return;
	}
	if (status->next.way == LOADING_FADUMP) {
		test_ok(test, "kernel: that of the next boot, which firmware starts (fadump)");
		return;
	}
	test_dry_run(test);
	if (status->next.initrd)
		test_initrd(test);
	if (status->next.way == LOADING_BY_TARGET)
		test_unit(test);
	if (status->initrd.exists && status->next.initrd_is_capture && status->kernel.exists &&
	    status->kernel.changed > status->initrd.changed)
		test_warn(test, "initrd: %s is newer than %s: `kdump-service build` makes it again",
			  status->kernel.path, status->initrd.path);
}
