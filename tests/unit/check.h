/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The one place that knows cmocka. A test program is a table of test functions and CHECK_MAIN.
 *
 *   FIXTURES  environment: folder with what tests/mk/ made
 *   SRCDIR    environment: top of the source tree
 *   CHECK_RUNNER  environment: the emulator that runs this program, if one does
 */
#ifndef CHECK_H
#define CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "err.h"

#define TEST(name) static void name(void **state_)
#define BEGIN_TEST() ((void)state_)

#define CHECK_MAIN(...)                                                                   \
	int main(void)                                                                    \
	{                                                                                 \
		const struct CMUnitTest tests_[] = { __VA_ARGS__ };                       \
                                                                                          \
		return cmocka_run_group_tests(tests_, NULL, NULL) == 0 ? 0 : 1;           \
	}

/* The call returns true; where it does not, the error's text is shown. */
#define check_ok(call, err)                                                               \
	do {                                                                              \
		if (!(call))                                                              \
			fail_msg("%s: %s", #call, (err)->text);                           \
	} while (0)

/* The call returns false with this code, and its text contains these words. */
#define check_fails(call, err, wanted, words)                                             \
	do {                                                                              \
		if (call)                                                                 \
			fail_msg("%s: succeeded, should have failed", #call);             \
		if ((err)->code != (wanted))                                              \
			fail_msg("%s: code %d, expected %d: %s", #call, (int)(err)->code, \
				 (int)(wanted), (err)->text);                             \
		if (!strstr((err)->text, (words)))                                        \
			fail_msg("%s: \"%s\" does not say \"%s\"", #call, (err)->text,    \
				 (words));                                                \
	} while (0)

static inline const char *check_env(const char *name)
{
	const char *value = getenv(name);

	if (!value || !*value) {
		fprintf(stderr, "%s is not set: run this test through make check\n", name);
		exit(1);
	}
	return value;
}

/*
 * 1 where the program runs on the CPU that it was built for; `stride` under an emulator (CHECK_RUNNER), where it takes
 * some twenty times as long. For sweeps in which each step makes the same assertions: natively they take every step,
 * emulated each stride-th, always the same ones. What is different there, the byte order, shows in any of them.
 */
static inline size_t check_stride(size_t stride)
{
	const char *runner = getenv("CHECK_RUNNER");

	return runner && *runner ? stride : 1;
}

#endif
