/* SPDX-License-Identifier: GPL-2.0-only */
/* All that is said to the user on stderr. Only main.c and run_*.c call these. */
#ifndef SAY_H
#define SAY_H

#include <stdbool.h>

#include "err.h"
#include "kexec/options.h"
#include "plan.h"

void say_error(const struct err *err);

/* "kexec: warning: ..." for each, once: the list is empty afterwards. */
void say_warnings(struct options *options);
void say_plan_warnings(const struct plan *plan);

/*
 * A mapped file that somebody shortens while it is read raises SIGBUS: from now on that ends the program with a message
 * and exit code 255. Nothing has been given to the kernel at that point; the real-memory copy, which compares with the
 * mapping, may have begun, and has made the meminfo page zero before.
 */
void say_when_files_shrink(void);

/* One line that is no complaint: what was done instead of what goes first. */
void say_note(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Only with -d. */
void say_debug(const struct options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

#endif
