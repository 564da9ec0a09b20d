/* SPDX-License-Identifier: GPL-2.0-only */
/* Saving to a device without a file system: a flattened dump from its first byte on. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/kdump-service/save.h"
#include "kexec/base/file.h"

/* Everything on it would be gone: only an empty device, or an earlier dump, is written over. */
static bool may_overwrite(const char *path, struct err *err)
{
	uint8_t head[PLACE_PROBE_SIZE];
	struct place_content content;
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got;

	if (fd < 0)
		return err_system(err, errno, "cannot open %s", path);
	got = pread(fd, head, sizeof(head), 0);
	if (got < 0)
		err_system(err, errno, "cannot read %s to see whether something is on it", path);
	close(fd);
	if (got < 0)
		return false;
	place_probe(&content, (struct blob){ head, (size_t)got });
	if (content.type)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s carries: %s. Nothing was written. A raw target is an empty device, or one with an earlier dump; "
			       "wipefs(8) clears what is to be given up",
			       path, content.type);
	if (content.earlier_dump)
		service_warning("%s has an earlier dump, which is written over", path);
	return true;
}

static bool check(struct saving *saving, const char *path, struct err *err)
{
	struct stat st;

	if (!*saving->root && !save_wait_name(saving, path, err))
		return false;
	if (stat(path, &st) != 0)
		return err_system(err, errno, "cannot look at %s", path);
	if (!*saving->root && !S_ISBLK(st.st_mode))
		return err_set(err, ERR_UNSUPPORTED, "%s is no block device: a raw target is one", path);
	return may_overwrite(path, err);
}

int save_to_raw(struct saving *saving)
{
	const char *path = file_below(saving->arena, saving->root, saving->conf->save.target.path + 1);
	const char *const *words = save_arguments(saving, *saving->root ? "-" : path);
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1,
				   .status = save_status(saving) };
	int pid, status, code;
	struct err err;
	bool done;

	saving->name = place_name(saving->arena, saving->time, "");
	save_step(saving, 0, "looking at the target");
	if (!check(saving, path, &err))
		goto failed;
	save_step(saving, 0, "saving the dump");
	service_say("saving to %s", path);
	/* A file in the place of a device, in a test: vmcore-save would make a new one. */
	if (*saving->root) {
		run.output = open(path, O_WRONLY | O_CLOEXEC);
		if (run.output < 0) {
			err_system(&err, errno, "cannot open %s", path);
			goto failed;
		}
	}
	done = service_start(&pid, saving->arena, &run, &err) && service_wait(&status, pid, words[0], &err);
	if (run.output >= 0)
		close(run.output);
	if (!done)
		goto failed;
	code = save_judge(status, "vmcore-save");
	if (code == SERVICE_PARTIAL)
		service_error("the dump on %s is not whole", path);
	if (code == SERVICE_DONE)
		service_say("saved to %s. To have it as a file: vmcore-save --unflatten FILE <%s", path, path);
	return code;
failed:
	service_error("%s", err.text);
	return SERVICE_FAILED;
}
