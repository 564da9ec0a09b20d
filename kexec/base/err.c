/* SPDX-License-Identifier: GPL-2.0-only */
#include "err.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define CUT "..."

static void mark_cut(char *text, size_t size)
{
	memcpy(text + size - sizeof(CUT), CUT, sizeof(CUT));
}

static void format_text(struct err *err, const char *format, va_list args)
{
	int length = vsnprintf(err->text, sizeof(err->text), format, args);

	if (length < 0)
		snprintf(err->text, sizeof(err->text), "(error text cannot be formatted: %s)", format);
	else if ((size_t)length >= sizeof(err->text))
		mark_cut(err->text, sizeof(err->text));
}

void err_set_text(struct err *err, enum err_code code, const char *format, ...)
{
	va_list args;

	err->code = code;
	err->errnum = 0;
	va_start(args, format);
	format_text(err, format, args);
	va_end(args);
}

void err_set_system(struct err *err, int errnum, const char *format, ...)
{
	va_list args;

	err->code = errnum == EPERM || errnum == EACCES ? ERR_DENIED : ERR_SYSTEM;
	err->errnum = errnum;
	va_start(args, format);
	format_text(err, format, args);
	va_end(args);

	size_t used = strlen(err->text);
	int added = snprintf(err->text + used, sizeof(err->text) - used, ": %s", strerror(errnum));

	if (added < 0 || (size_t)added >= sizeof(err->text) - used)
		mark_cut(err->text, sizeof(err->text));
}

void err_set_prefix(struct err *err, const char *format, ...)
{
	struct err outer;
	va_list args;

	va_start(args, format);
	format_text(&outer, format, args);
	va_end(args);

	size_t used = strlen(outer.text);
	int added = snprintf(outer.text + used, sizeof(outer.text) - used, ": %s", err->text);

	if (added < 0 || (size_t)added >= sizeof(outer.text) - used)
		mark_cut(outer.text, sizeof(outer.text));
	memcpy(err->text, outer.text, sizeof(err->text));
}
