/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#include "kdump/vmcore-save/info.h"
#include "kdump/vmcore-save/progress.h"
#include "kdump/vmcore-save/save.h"
#include "kdump/vmcore-save/verify.h"
#include "kdump/write/reassemble.h"
#include "kdump/write/unflatten.h"

/* Early in a boot these may be closed: the dump would get their number, and what is printed would go into it. */
static bool open_standard(struct err *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return err_system(err, errno, "cannot open /dev/null in the place of descriptor %d, which is closed", fd);
	return true;
}

static int say(const struct tell *tell, const struct err *err)
{
	if (err->code != ERR_NONE)
		tell_error(tell, "%s", err->text);
	return SAVE_NOTHING;
}

/* Ends what was written to a sink. begun: outcome is set. */
static int end(struct sink *sink, const struct tell *tell, const char *target, bool begun, enum write_outcome outcome)
{
	bool whole = begun && outcome == WRITE_COMPLETE;
	struct err err;

	if (!sink_close(sink, whole, &err)) {
		say(tell, &err);
		whole = false;
	} else if (whole) {
		tell_common(tell, "%s: complete", target);
	}
	if (whole)
		return SAVE_COMPLETE;
	return begun && outcome != WRITE_NOTHING ? SAVE_PARTIAL : SAVE_NOTHING;
}

static int run_unflatten(const struct save_options *options, const struct tell *tell)
{
	struct sink_request request = {
		.path = options->targets[0], .replace = options->force, .max_size = options->max_size
	};
	struct unflatten_result result = { .outcome = WRITE_NOTHING };
	struct arena arena;
	struct sink *sink;
	struct stat source;
	struct err err;
	int code = SAVE_NOTHING;

	arena_init(&arena);
	if ((fstat(STDIN_FILENO, &source) == 0 && !target_check(&arena, options->targets[0], &source, &err)) ||
	    !sink_open(&sink, &arena, &request, &err)) {
		say(tell, &err);
	} else {
		bool begun = unflatten(&result, &arena, STDIN_FILENO, "standard input", sink, &err);

		if (!begun)
			say(tell, &err);
		else if (result.outcome != WRITE_COMPLETE)
			tell_error(tell, "%s is not complete: %s", sink_name(sink), result.stop.text);
		code = end(sink, tell, options->targets[0], begun, result.outcome);
	}
	arena_release(&arena);
	return code;
}

static int run_reassemble(const struct save_options *options, const struct tell *tell)
{
	struct sink_request request = {
		.path = options->targets[0], .replace = options->force, .max_size = options->max_size
	};
	struct reassemble_result result = { .outcome = WRITE_NOTHING };
	struct arena arena;
	struct dump dump;
	struct sink *sink;
	struct err err;
	int code = SAVE_NOTHING;

	arena_init(&arena);
	if (!target_check_paths(&arena, options->targets[0], options->sources, options->source_count, &err) ||
	    !dump_open_parts(&dump, &arena, options->sources, options->source_count, &err) ||
	    !sink_open(&sink, &arena, &request, &err)) {
		say(tell, &err);
	} else {
		bool begun = reassemble(&result, &arena, &dump, sink, &err);

		if (!begun)
			say(tell, &err);
		else if (result.outcome != WRITE_COMPLETE)
			tell_error(tell, "%s is not complete: %s", sink_name(sink),
				   result.stop.code != ERR_NONE ? result.stop.text : result.why);
		code = end(sink, tell, options->targets[0], begun, result.outcome);
	}
	arena_release(&arena);
	return code;
}

static int run(const struct save_options *options, const struct tell *tell)
{
	struct err err = { .code = ERR_NONE };
	int code;

	for (size_t i = 0; i < options->note_count; i++)
		tell_common(tell, "%s", options->notes[i]);
	switch (options->mode) {
	case SAVE_DUMP:
		return save_run(options, tell);
	case SAVE_ESTIMATE:
		return estimate_run(options, tell);
	case SAVE_LOG:
		return log_run(options, tell);
	case SAVE_UNFLATTEN:
		return run_unflatten(options, tell);
	case SAVE_REASSEMBLE:
		return run_reassemble(options, tell);
	case SAVE_VERIFY:
		code = verify_dump(options->sources, options->source_count, options_threads(options), stdout, &err);
		say(tell, &err);
		return code;
	case SAVE_INFO:
		code = info_dump(options->sources, options->source_count, stdout, &err);
		say(tell, &err);
		return code;
	case SAVE_HELP:
		if (options->makedumpfile)
			makedumpfile_help();
		else
			options_help();
		return SAVE_COMPLETE;
	case SAVE_VERSION:
		if (options->makedumpfile)
			makedumpfile_version();
		else
			printf("vmcore-save %s\n", PACKAGE_VERSION);
		return SAVE_COMPLETE;
	case SAVE_CHECK_PARAMS:
		break;
	}
	return SAVE_COMPLETE;
}

/* The descriptor of --status-fd. */
static bool check_status(int fd, struct err *err)
{
	int flags = fd >= 0 ? fcntl(fd, F_GETFL) : O_WRONLY;

	if (flags < 0)
		return err_set(err, ERR_USAGE, "--status-fd %d: no such descriptor is open", fd);
	if ((flags & O_ACCMODE) == O_RDONLY)
		return err_set(err, ERR_USAGE, "--status-fd %d: that descriptor is open for reading only", fd);
	return true;
}

/* What is asked for is what is printed. A dump or a log that is saved is saved, whoever reads of it. */
static bool is_printed(enum save_mode mode)
{
	return mode == SAVE_ESTIMATE || mode == SAVE_VERIFY || mode == SAVE_INFO || mode == SAVE_HELP || mode == SAVE_VERSION;
}

/* As makedumpfile ends: scripts and people look for these lines. */
static void last_words(const struct save_options *options, const struct tell *tell, int code)
{
	if (options->mode == SAVE_DUMP && code == SAVE_COMPLETE && !options->dry_run)
		for (size_t i = 0; i < options->target_count; i++)
			if (strcmp(options->targets[i], "-") != 0 && tell->messages & TELL_COMMON)
				fprintf(tell->common, "\nThe dumpfile is saved to %s.\n", options->targets[i]);
	if (options->mode == SAVE_HELP || options->mode == SAVE_VERSION || options->mode == SAVE_CHECK_PARAMS)
		return;
	if (tell->messages & TELL_COMMON)
		fprintf(tell->common, "\nmakedumpfile %s.\n", code == SAVE_COMPLETE ? "Completed" : "Failed");
}

static bool is_makedumpfile(const char *path)
{
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "makedumpfile") == 0;
}

int main(int argc, char *argv[])
{
	struct tell tell = { .program = "vmcore-save", .messages = TELL_ERROR, .common = stderr, .status_fd = -1 };
	struct save_options options;
	struct err err;
	bool makedumpfile = argc > 0 && is_makedumpfile(argv[0]);
	int code;

	/* A write beyond the limit on file sizes, or to a reader that ended, is an error like others. */
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	if (!open_standard(&err))
		return say(&tell, &err);
	if (argc > 1 && (strcmp(argv[1], "--as-makedumpfile") == 0 || strcmp(argv[1], "-A") == 0)) {
		makedumpfile = true;
		argv[1] = argv[0];
		argv++;
		argc--;
	}
	if (makedumpfile)
		tell.program = "makedumpfile";
	if (makedumpfile ? !makedumpfile_read(&options, argc, argv, &err) : !options_read(&options, argc, argv, &err))
		return say(&tell, &err);
	tell.messages = options.messages;
	tell.status_fd = options.status_fd;

	/* makedumpfile's own go to standard output, where the dump is not. */
	if (makedumpfile && !options.flattened)
		tell.common = stdout;
	if (!check_status(options.status_fd, &err))
		return say(&tell, &err);
	if (options.mode == SAVE_DUMP && !options.dry_run)
		progress_hold_signals();
	code = run(&options, &tell);
	if (makedumpfile) {
		code = code == SAVE_COMPLETE ? SAVE_COMPLETE : SAVE_NOTHING;
		last_words(&options, &tell, code);
	}

	if ((fflush(stdout) != 0 || ferror(stdout)) && is_printed(options.mode))
		return SAVE_NOTHING;
	return code;
}
