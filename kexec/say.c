/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/say.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

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

void say_note(const char *format, ...)
{
	va_list args;

	fputs("kexec: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
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

/* Async-signal-safe calls only: signal-safety(7). */
static void file_shrank(int signal)
{
	static const char text[] = "kexec: a file was shortened while it was read: nothing was loaded (with --realmem: "
				   "what is written is not whole, and not taken for valid). Try again when nobody writes "
				   "to the kernel and initrd files\n";

	(void)signal;
	/* Whether or not anybody could be told: the exit code says it. */
	ssize_t told = write(STDERR_FILENO, text, sizeof(text) - 1);

	(void)told;
	_exit(255);
}

void say_when_files_shrink(void)
{
	struct sigaction action = { .sa_handler = file_shrank };

	sigemptyset(&action.sa_mask);
	sigaction(SIGBUS, &action, NULL);
}
