/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/say.h"

#include <stdarg.h>
#include <stdio.h>

void say_error(const struct err *err)
{
	fflush(stdout);
	fprintf(stderr, "kexec: %s\n", err->text);
}

void say_warnings(struct options *options)
{
	for (const struct options_warning *w = options->warnings; w; w = w->next)
		fprintf(stderr, "kexec: warning: %s\n", w->text);
	options->warnings = NULL;
}

void say_plan_warnings(const struct plan *plan)
{
	for (const struct plan_warning *w = plan->warnings; w; w = w->next)
		fprintf(stderr, "kexec: warning: %s\n", w->text);
}

void say_debug(const struct options *options, const char *format, ...)
{
	va_list args;

	if (!options->debug)
		return;
	fputs("kexec: debug: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
}
