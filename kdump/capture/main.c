/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "config.h"

#include "kdump/capture/capture.h"

static int say(const struct err *err, int code)
{
	fflush(stdout);
	fprintf(stderr, "fadump-capture: %s\n", err->text);
	return code;
}

static int finish(struct capture *capture, int code)
{
	struct err err;

	if (capture->options->release) {
		if (!capture_release(capture, &err))
			return say(&err, CAPTURE_NOT_FINISHED);
		printf("released: the memory of the dump is free again. fadump is NOT armed: a crash now is not dumped.\n"
		       "Do not register it again in this boot (freed memory would be written to), and start the machine through "
		       "firmware when that suits.\nA kernel started by kexec must not get the device tree of this boot as it is: "
		       "it still speaks of a dump.\nkexec without -s leaves that out.\n");
		return code;
	}
	if (!capture_ends_boot(capture->options))
		return code;
	printf("starting the machine again, through firmware\n");
	fflush(stdout);
	return capture_restart(&err) ? code : say(&err, CAPTURE_NOT_FINISHED);
}

static int run_save(struct capture *capture)
{
	struct err err;

	if (capture->earlier && !capture->options->again) {
		printf("already saved: this is the dump that %s has (the same kernel, the same second of the crash, the same "
		       "registers)\n",
		       capture->earlier);
		if (!capture->options->release)
			return finish(capture, CAPTURE_ALREADY_SAVED);
		err_set(&err, ERR_UNSUPPORTED,
			"nothing was released: a dump that is there again comes from a device tree that was kept over kexec, and "
			"what its memory is used for now is not known; start the machine through firmware");
		return say(&err, CAPTURE_ALREADY_SAVED);
	}
	if (!capture_save(capture, &err))
		return say(&err, err.code == ERR_NO_ROOM ? CAPTURE_NO_ROOM : CAPTURE_FAILED);
	if (capture->saved.unreadable)
		return finish(capture, CAPTURE_UNREADABLE);
	return finish(capture, findings_damaged(&capture->findings) ? CAPTURE_DAMAGED : CAPTURE_DONE);
}

static int run(const struct capture_options *options)
{
	struct arena arena;
	struct capture capture = { .options = options, .arena = &arena, .fd = -1 };
	int code = CAPTURE_FAILED;

	arena_init(&arena);
	findings_init(&capture.findings, &arena);
	if (capture_look(&capture, &code)) {
		if (options->mode == CAPTURE_SAVE)
			code = run_save(&capture);
		else if (capture.earlier)
			code = CAPTURE_ALREADY_SAVED;
		else
			code = findings_damaged(&capture.findings) ? CAPTURE_DAMAGED : CAPTURE_DONE;
	}
	if (capture.fd >= 0)
		close(capture.fd);
	arena_release(&arena);
	return code;
}

/* Early in a boot these may be closed: the copy would get their number, and what is printed would go into it. */
static bool open_standard(struct err *err)
{
	for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			return err_system(err, errno, "cannot open /dev/null in the place of descriptor %d, which is closed", fd);
	return true;
}

int main(int argc, char *argv[])
{
	struct capture_options options;
	struct err err;

	/* A write beyond the limit on file sizes is an error like others. */
	signal(SIGXFSZ, SIG_IGN);
	/* So is a report that nobody reads any more: the dump counts. */
	signal(SIGPIPE, SIG_IGN);
	if (!open_standard(&err))
		return say(&err, CAPTURE_FAILED);
	if (!capture_options_read(&options, argc, argv, &err))
		return say(&err, CAPTURE_USAGE);

	int code = CAPTURE_DONE;

	switch (options.mode) {
	case CAPTURE_HELP:
		capture_options_help();
		break;
	case CAPTURE_VERSION:
		printf("fadump-capture %s\n", PACKAGE_VERSION);
		break;
	case CAPTURE_DECODE:
		code = capture_decode(&options);
		break;
	case CAPTURE_SAVE:
	case CAPTURE_CHECK:
		code = run(&options);
		break;
	}
	/* What was saved is saved, whoever reads of it. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && code == CAPTURE_DONE && options.mode != CAPTURE_SAVE)
		return CAPTURE_FAILED;
	return code;
}
