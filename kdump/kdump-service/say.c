/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "kdump/kdump-service/service.h"

/* syslog(3)'s numbers, which sd-daemon(3) writes in angle brackets. */
enum {
	PRIORITY_ERROR = 3,
	PRIORITY_WARNING = 4,
	PRIORITY_INFORMATION = 6,
};

/* systemd.exec(5): device and inode of what the journal reads, so that one who redirected stderr gets plain text. */
static bool journal_reads(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device, inode;
	struct stat status;
	int used = 0;

	return stream && sscanf(stream, "%" SCNuMAX ":%" SCNuMAX "%n", &device, &inode, &used) == 2 &&
	       !stream[used] && fstat(fileno(stderr), &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

static void say(int priority, const char *kind, const char *format, va_list list)
{
	char text[4096];
	char prefix[8] = "";

	vsnprintf(text, sizeof(text), format, list);
	if (journal_reads())
		snprintf(prefix, sizeof(prefix), "<%d>", priority);
	fflush(stdout);
	/* The journal makes an entry of each line, and each has a priority of its own. */
	for (char *line = text, *next; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		fprintf(stderr, "%skdump-service: %s%s\n", prefix, kind, line);
	}
}

void service_error(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(PRIORITY_ERROR, "", format, list);
	va_end(list);
}

void service_warning(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(PRIORITY_WARNING, "warning: ", format, list);
	va_end(list);
}

/* Set once, before anything is said. */
static bool is_quiet;

void service_be_quiet(void)
{
	is_quiet = true;
}

void service_say(const char *format, ...)
{
	va_list list;

	if (is_quiet)
		return;
	va_start(list, format);
	say(PRIORITY_INFORMATION, "", format, list);
	va_end(list);
}
