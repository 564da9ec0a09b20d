/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/kdump-service/service.h"
#include "kexec/base/file.h"

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

/* printk's levels. A console of loglevel=4 shows what is below 4. */
static bool say_to_kernel(struct arena *arena, const char *root, bool bad, const char *text)
{
	int fd = open(file_below(arena, root, "/dev/kmsg"), O_WRONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	const char *line = arena_printf(arena, "<%d>kdump-service: %s\n", bad ? 2 : 3, text);
	bool done = fd >= 0 && write(fd, line, strlen(line)) == (ssize_t)strlen(line);

	if (fd >= 0)
		close(fd);
	return done;
}

void service_last_words(struct arena *arena, const char *root, bool bad, const char *format, ...)
{
	char text[4096];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (journal_reads() && say_to_kernel(arena, root, bad, text))
		return;
	if (bad)
		service_error("%s", text);
	else
		service_say("%s", text);
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
