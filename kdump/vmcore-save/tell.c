/* SPDX-License-Identifier: GPL-2.0-only */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "kdump/vmcore-save/tell.h"

/* How long a reader of --status-fd may keep the dump waiting. */
#define READER_MS 1000

static void say(const struct tell *tell, unsigned int kind, FILE *file, bool name, const char *format, va_list list)
{
	if (!(tell->messages & kind))
		return;
	flockfile(file);
	if (name)
		fprintf(file, "%s: ", tell->program);
	vfprintf(file, format, list);
	fputc('\n', file);
	fflush(file);
	funlockfile(file);
}

void tell_common(const struct tell *tell, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(tell, TELL_COMMON, tell->common, true, format, list);
	va_end(list);
}

void tell_error(const struct tell *tell, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	fflush(stdout);
	say(tell, TELL_ERROR, stderr, true, format, list);
	va_end(list);
}

void tell_report(const struct tell *tell, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(tell, TELL_REPORT, tell->common, false, format, list);
	va_end(list);
}

void tell_debug(const struct tell *tell, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(tell, TELL_DEBUG, stderr, false, format, list);
	va_end(list);
}

static_assert(sizeof(((struct tell_event *)0)->text) < PIPE_BUF, "an event is one write that a pipe takes whole");

static void append(struct tell_event *event, const char *text, size_t size)
{
	/* One byte is kept for the end of the line. */
	if (size > sizeof(event->text) - 1 - event->used)
		size = sizeof(event->text) - 1 - event->used;
	memcpy(event->text + event->used, text, size);
	event->used += size;
}

void tell_event(struct tell_event *event, const struct tell *tell, const char *name)
{
	*event = (struct tell_event){ .tell = tell };
	append(event, "event=", 6);
	append(event, name, strlen(name));
}

void tell_number(struct tell_event *event, const char *key, int64_t value)
{
	char text[96];
	int length = snprintf(text, sizeof(text), " %s=%" PRId64, key, value);

	append(event, text, (size_t)length);
}

void tell_text(struct tell_event *event, const char *key, const char *value)
{
	append(event, " ", 1);
	append(event, key, strlen(key));
	append(event, "=", 1);
	for (; *value; value++) {
		unsigned char byte = (unsigned char)*value;
		char text[4];

		if (event->used > sizeof(event->text) - 5)
			return;
		if (byte > 0x20 && byte < 0x7f && byte != '%') {
			append(event, value, 1);
		} else {
			snprintf(text, sizeof(text), "%%%02X", byte);
			append(event, text, 3);
		}
	}
}

void tell_event_end(struct tell_event *event)
{
	int fd = event->tell->status_fd;
	struct pollfd ready = { .fd = fd, .events = POLLOUT };

	if (fd < 0)
		return;
	event->text[event->used++] = '\n';

	/* A pipe that polls as writable has room for PIPE_BUF bytes: the write does not wait. */
	if (poll(&ready, 1, event->may_be_lost ? 0 : READER_MS) != 1 || !(ready.revents & POLLOUT))
		return;
	while (write(fd, event->text, event->used) < 0 && errno == EINTR)
		;
}
