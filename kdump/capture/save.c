/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kdump/capture/capture.h"
#include "kdump/fadump_record.h"

/* Dumps of one second: a clock without battery begins at the same one again. */
#define MAX_SAME_TIME 100

static const char *time_name(const struct capture *capture)
{
	const struct fadump_vmcoreinfo *info = &capture->core.vmcoreinfo;
	bool known = capture->has_core && info->has_crash_time;
	time_t when = known ? (time_t)info->crash_time : time(NULL);
	struct tm parts;
	char text[64];

	if (!gmtime_r(&when, &parts) || strftime(text, sizeof(text), "%Y-%m-%d-%H%M%S", &parts) == 0)
		return "no-crash-time";
	return arena_printf(capture->arena, "%s%s", known ? "" : "no-crash-time-", text);
}

static bool make_folder(const char *path, struct err *err)
{
	if (mkdir(path, 0700) == 0 || errno == EEXIST)
		return true;
	if (errno == ENOSPC || errno == EDQUOT)
		return err_set(err, ERR_NO_ROOM, "cannot make the folder %s: no room", path);
	return err_system(err, errno, "cannot make the folder %s", path);
}

/* A folder in which no dump is yet. One that only has an incomplete copy is used again. */
static bool choose_path(struct capture *capture, const char **path, struct err *err)
{
	const char *directory = capture->options->directory;
	const char *name = time_name(capture);

	if (!make_folder(directory, err))
		return false;
	for (int i = 1; i <= MAX_SAME_TIME; i++) {
		const char *folder = i == 1 ? arena_printf(capture->arena, "%s/%s", directory, name)
					    : arena_printf(capture->arena, "%s/%s-%d", directory, name, i);
		struct stat st;

		*path = arena_printf(capture->arena, "%s/vmcore", folder);
		if (lstat(*path, &st) == 0)
			continue;
		if (!make_folder(folder, err))
			return false;
		return true;
	}
	return err_set(err, ERR_SYSTEM, "%s/%s and %d more like it all have a dump: remove some, or name a file with --output",
		       directory, name, MAX_SAME_TIME - 1);
}

static void say_saved(const struct capture *capture, const char *path)
{
	const struct save_result *saved = &capture->saved;

	printf("saved %s, %" PRIu64 " bytes%s\n", path, saved->bytes,
	       saved->verified ? ", read again from the disk and compared" : "");
	if (!saved->unreadable)
		return;
	printf("%" PRIu64 " bytes could not be read from %s and are zeros, in %zu places:\n", saved->unreadable,
	       capture->vmcore, saved->gap_count);
	for (size_t i = 0; i < saved->gap_count && i < SAVE_GAPS; i++)
		printf("  0x%" PRIx64 "-0x%" PRIx64 "\n", saved->gaps[i].start, saved->gaps[i].end);
	if (saved->gap_count > SAVE_GAPS)
		printf("  and %zu more\n", saved->gap_count - SAVE_GAPS);
}

bool capture_save(struct capture *capture, struct err *err)
{
	struct save_request request = {
		.source = capture->vmcore,
		.fd = capture->fd,
		.size = capture->has_core ? capture->core.end : 0,
		.path = capture->options->output,
		.verify = capture->options->verify,
	};

	if (!request.path && !choose_path(capture, &request.path, err))
		return false;
	if (capture_ends_boot(capture->options) && save_is_in_memory(capture->arena, request.path))
		return err_set(err, ERR_UNSUPPORTED,
			       "nothing was saved: %s would lie in memory (tmpfs or ramfs), which the next boot does not have. Mount "
			       "a disk and name it with --directory or --output, or save with --no-reboot and carry the copy away",
			       request.path);
	printf("saving as %s.incomplete until it is whole\n", request.path);
	fflush(stdout);
	if (!save_copy(&capture->saved, capture->arena, &request, err))
		return false;
	if (capture->has_core && capture->saved.bytes < capture->core.end)
		finding_bad(&capture->findings, finding_begin(&capture->findings, "copy"),
			    "%" PRIu64 " bytes, the program headers name %" PRIu64, capture->saved.bytes, capture->core.end);
	say_saved(capture, request.path);

	const char *record = arena_printf(capture->arena, "%s.record", request.path);
	const char *text = fadump_record_text(capture->arena, request.path, &capture->core, &capture->saved,
					      (int64_t)time(NULL), &capture->findings);

	/* The dump is what counts, and it is on the disk: without its record it is only not known again. */
	struct err reason;

	if (!save_text(capture->arena, record, text, strlen(text), &reason))
		fprintf(stderr, "fadump-capture: warning: %s: this dump would not be known again\n", reason.text);
	return true;
}
