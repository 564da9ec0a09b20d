/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "config.h"

#include "arena.h"
#include "err.h"
#include "kdump/dump/dump.h"
#include "kdump/kernel/kernel.h"
#include "kdump/kernel/log.h"

/* kexec-tools' numbers, where it has one; the rest come from log_exit_code(). doc/vmcore-dmesg.8 has them too. */
enum {
	EXIT_DONE = 0,
	EXIT_USAGE = 1,
	EXIT_CANNOT_OPEN = 2,
	EXIT_NO_DUMP = 10,
	EXIT_OTHER_DUMP = 11,
	EXIT_NO_LOG = 50,
	EXIT_WRITE = 54,
};

/* Without a letter. */
enum {
	OPTION_INDENT = 256,
	OPTION_CALLER,
};

enum action {
	ACTION_PRINT,
	ACTION_HELP,
	ACTION_VERSION,
};

struct request {
	enum action action;
	const char *path;
	struct log_options log;
};

static const char usage[] = "usage: vmcore-dmesg [--indent] [--caller] <kernel core file>\n";

static int say(const struct err *err, int code)
{
	fprintf(stderr, "vmcore-dmesg: %s\n", err->text);
	return code;
}

static bool read_options(struct request *request, int argc, char *argv[], struct err *err)
{
	static const struct option longs[] = {
		{ "indent", no_argument, NULL, OPTION_INDENT },
		{ "caller", no_argument, NULL, OPTION_CALLER },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'v' },
		{ NULL, 0, NULL, 0 },
	};

	*request = (struct request){ .action = ACTION_PRINT };
	opterr = 0;
	for (int option; (option = getopt_long(argc, argv, "hv", longs, NULL)) != -1;) {
		switch (option) {
		case OPTION_INDENT:
			request->log.indent = true;
			break;
		case OPTION_CALLER:
			request->log.caller = true;
			break;
		case 'h':
			request->action = ACTION_HELP;
			break;
		case 'v':
			request->action = ACTION_VERSION;
			break;
		default:
			/* Until the last letter of a word, optind is still that of the word. */
			if (optopt && optopt < OPTION_INDENT && optopt != 'h' && optopt != 'v')
				return err_set(err, ERR_USAGE, "-%c is no option", optopt);
			return err_set(err, ERR_USAGE, "%s is no option, not one alone, or takes no argument", argv[optind - 1]);
		}
	}
	if (request->action != ACTION_PRINT)
		return true;
	if (argc - optind != 1)
		return err_set(err, ERR_USAGE, "%d files are named, expected one", argc - optind);
	request->path = argv[optind];
	return true;
}

static bool write_out(void *data, const char *text, size_t size, struct err *err)
{
	(void)data;
	while (size) {
		ssize_t written = write(STDOUT_FILENO, text, size);

		if (written < 0 && errno == EINTR)
			continue;
		if (written < 0)
			return err_system(err, errno, "cannot write the log to standard output");
		text += written;
		size -= (size_t)written;
	}
	return true;
}

static int open_failed(const struct err *err)
{
	switch (err->code) {
	case ERR_SYSTEM:
	case ERR_DENIED:
		return EXIT_CANNOT_OPEN;
	case ERR_UNSUPPORTED:
		return EXIT_OTHER_DUMP;
	default:
		return EXIT_NO_DUMP;
	}
}

static int print_log(const struct request *request, struct arena *arena)
{
	static const struct log_output output = { .write = write_out };
	enum log_problem problem = LOG_FINE;
	struct kernel kernel;
	struct dump dump;
	struct err err;

	if (!dump_open(&dump, arena, request->path, &err))
		return say(&err, open_failed(&err));
	if (!kernel_open(&kernel, arena, &dump, &err)) {
		err_prefix(&err, "%s", request->path);
		return say(&err, EXIT_NO_LOG);
	}
	if (log_print(kernel_view_new(&kernel, arena), &request->log, &output, &problem, NULL, &err))
		return EXIT_DONE;
	if (problem != LOG_WRITE_FAILED) {
		err_prefix(&err, "%s", request->path);
		/* Why something is not there. */
		if (dump.incomplete)
			fprintf(stderr, "vmcore-dmesg: %s is incomplete: %s\n", request->path, dump.incomplete);
	}
	return say(&err, log_exit_code(problem));
}

int main(int argc, char *argv[])
{
	struct request request;
	struct arena arena;
	struct err err;
	int code = EXIT_DONE;

	/* A write beyond the limit on file sizes is an error like others. */
	signal(SIGXFSZ, SIG_IGN);
	if (!read_options(&request, argc, argv, &err)) {
		fputs(usage, stderr);
		return say(&err, EXIT_USAGE);
	}
	switch (request.action) {
	case ACTION_HELP:
		printf("%sWrites the kernel's log in a dump (/proc/vmcore, an ELF core, a kdump-compressed or flattened file) to\n"
		       "standard output.\n\n"
		       "     --indent   lines after the first of a record stand below its text\n"
		       "     --caller   after the time, the task [T...] or CPU [C...] that logged the record\n"
		       " -h, --help     this text\n"
		       " -v, --version  the version\n\n"
		       "Exit codes: 0 all was written, 1 usage, 2 cannot open, 10 no dump, 11 a kind of dump that is not read,\n"
		       "30 the log is not in the dump, 50 it cannot be found, 54 cannot write, 69 it is damaged,\n"
		       "70 part of it is missing.\n",
		       usage);
		break;
	case ACTION_VERSION:
		printf("vmcore-dmesg %s\n", PACKAGE_VERSION);
		break;
	case ACTION_PRINT:
		arena_init(&arena);
		code = print_log(&request, &arena);
		arena_release(&arena);
		break;
	}
	return fflush(stdout) == 0 ? code : EXIT_WRITE;
}
