/* SPDX-License-Identifier: GPL-2.0-only */
/* What is said to whom: people, and programs that listen to --status-fd. */
#ifndef VMCORE_SAVE_TELL_H
#define VMCORE_SAVE_TELL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "err.h"

/* makedumpfile's message levels. */
#define TELL_PROGRESS 1u
#define TELL_COMMON 2u
#define TELL_ERROR 4u
#define TELL_DEBUG 8u
#define TELL_REPORT 16u

struct tell {
	const char *program;
	unsigned int messages; /* TELL_* that are wanted */
	FILE *common;	       /* where common messages and the report go */
	int status_fd;	       /* -1: none */
};

/* Each is a line; the program's name stands before common messages and errors. */
void tell_common(const struct tell *tell, const char *format, ...) ERR_PRINTF(2, 3);
void tell_error(const struct tell *tell, const char *format, ...) ERR_PRINTF(2, 3);
void tell_report(const struct tell *tell, const char *format, ...) ERR_PRINTF(2, 3);
void tell_debug(const struct tell *tell, const char *format, ...) ERR_PRINTF(2, 3);

/* A line of KEY=VALUE for programs. Values of tell_text() are escaped. */
struct tell_event {
	const struct tell *tell;
	bool may_be_lost; /* rather than to wait for the reader */
	size_t used;
	char text[4000]; /* below PIPE_BUF: one write, one line */
};

void tell_event(struct tell_event *event, const struct tell *tell, const char *name);
void tell_number(struct tell_event *event, const char *key, int64_t value);
void tell_text(struct tell_event *event, const char *key, const char *value);
void tell_event_end(struct tell_event *event);

#endif
