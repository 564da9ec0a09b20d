/* SPDX-License-Identifier: GPL-2.0-only */
/* `kdump-service test`: each part looks at one thing, and adds lines. */
#ifndef KDUMP_SERVICE_TEST_H
#define KDUMP_SERVICE_TEST_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"
#include "kdump/kdump-service/status.h"

/* How long each of the programs may take that are started. */
#define TEST_SECONDS 60

struct test {
	struct status status;
	size_t warnings, failures;
};

/* Lines "OK ...", "WARN ...", "FAIL ...", "SKIP ..." on standard output. SKIP: it could not be looked at, and why. */
void test_ok(struct test *test, const char *format, ...) ERR_PRINTF(2, 3);
void test_warn(struct test *test, const char *format, ...) ERR_PRINTF(2, 3);
void test_fail(struct test *test, const char *format, ...) ERR_PRINTF(2, 3);
void test_skip(struct test *test, const char *format, ...) ERR_PRINTF(2, 3);

/* With --root nothing is started or reached, but what is said is the same elsewhere. */
bool test_is_here(const struct test *test);
const char *test_below(const struct test *test, const char *name);

/* Whether a program is in one of the usual folders. */
bool test_has_program(const struct test *test, const char *name);

/*
 * Runs a program without input and gives what it wrote to standard error, for a message. False where it could not be
 * started or failed: *errors says why then.
 */
bool test_run(struct test *test, const char *const *arguments, const char **output, const char **errors);

void test_loading(struct test *test); /* test_loading.c: kexec's dry run, and what the capture initrd has in it */
void test_path(struct test *test);    /* test_target.c */
void test_raw(struct test *test);
void test_nfs(struct test *test); /* test_network.c */
void test_ssh(struct test *test);
void test_say_story(struct test *test); /* test_story.c: what would happen */

#endif
