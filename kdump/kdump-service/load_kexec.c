/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec(8) started, and what it said. Which system call it used is in its words for --debug alone, so that is asked
 * for, and the rest of those is left out.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kdump/kdump-service/load.h"
#include "kdump/kdump-service/service.h"

/* Of stderr: a plan of thousands of memory ranges has less. */
#define SAID_MOST ((size_t)4 << 20)

#define DEBUG "kexec: debug: "

static bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, const char *with)
{
	size_t length = strlen(text), tail = strlen(with);

	return length >= tail && strcmp(text + length - tail, with) == 0;
}

/* "kexec_load(2): WHY" before it is tried, and "WHY NOT; trying kexec_load(2)". */
static const char *syscall_in(const char *debug)
{
	if (begins(debug, "kexec_load(2): ") || ends(debug, "; trying kexec_load(2)"))
		return "kexec_load";
	if (begins(debug, "kexec_file_load(2): ") || ends(debug, "; trying kexec_file_load(2)"))
		return "kexec_file_load";
	return NULL;
}

static const char *read_back(struct arena *arena, int fd)
{
	off_t size = lseek(fd, 0, SEEK_END);
	size_t wanted = size < 0 ? 0 : (uintmax_t)size > SAID_MOST ? SAID_MOST : (size_t)size, got = 0;
	char *text = arena_alloc(arena, wanted + 1);

	while (got < wanted) {
		ssize_t n = pread(fd, text + got, wanted - got, (off_t)got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		got += (size_t)n;
	}
	for (size_t i = 0; i < got; i++) {
		if (!text[i])
			text[i] = '?';
	}
	text[got] = 0;
	return text;
}

/* Another kexec has other words: all of them are shown. */
static bool is_ours(const char *all)
{
	return begins(all, DEBUG) || strstr(all, "\n" DEBUG);
}

static void look_through(struct load_kexec *result, struct arena *arena, const char *all)
{
	char *kept = arena_alloc(arena, strlen(all) + 2), *at = kept;
	bool ours = is_ours(all);

	while (*all) {
		size_t length = strcspn(all, "\n");
		const char *line = arena_strndup(arena, all, length);

		all += length + (all[length] == '\n');
		if (begins(line, DEBUG)) {
			const char *syscall = syscall_in(line + strlen(DEBUG));

			if (syscall)
				result->syscall = syscall;
		} else if (!ours || begins(line, "kexec: ")) {
			at = stpcpy(at, line);
			*at++ = '\n';
		}
	}
	*at = 0;
	result->said = kept;
}

bool load_kexec_run(struct load_kexec *result, struct arena *arena, const char *const *arguments, bool loads,
		    struct err *err)
{
	size_t count = 0, i = 0;
	const char **words, *output;

	*result = (struct load_kexec){ .said = "" };
	while (arguments[count])
		count++;
	words = arena_array(arena, count + 3, sizeof(*words));
	words[i++] = "kexec";
	if (loads)
		words[i++] = "-d";
	while (*arguments)
		words[i++] = *arguments++;

	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1 };

	run.errors = memfd_create("kexec", MFD_CLOEXEC);
	if (run.errors < 0)
		return err_system(err, errno, "cannot get memory for what kexec says");

	bool ok = service_run(&result->status, &output, arena, &run, err);

	if (ok)
		look_through(result, arena, read_back(arena, run.errors));
	close(run.errors);
	return ok;
}

void load_kexec_tell(const struct load_kexec *result)
{
	bool failed = !WIFEXITED(result->status) || WEXITSTATUS(result->status) != 0;
	const char *at = result->said;

	while (*at) {
		int length = (int)strcspn(at, "\n");

		if (begins(at, "kexec: warning: "))
			service_warning("%.*s", length, at);
		else if (failed)
			service_error("%.*s", length, at);
		else
			service_say("%.*s", length, at);
		at += length + (at[length] == '\n');
	}
}

const char *load_kexec_end(struct arena *arena, const struct load_kexec *result)
{
	if (WIFEXITED(result->status))
		return arena_printf(arena, "ended with exit code %d", WEXITSTATUS(result->status));
	return arena_printf(arena, "was ended by signal %d",
			    WIFSIGNALED(result->status) ? WTERMSIG(result->status) : 0);
}
