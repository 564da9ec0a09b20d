/* SPDX-License-Identifier: GPL-2.0-only */
/* Saving to a folder of a file system, local or NFS, and which earlier dumps go. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/incomplete.h"
#include "kdump/kdump-service/save.h"
#include "kdump/save.h"
#include "kexec/base/file.h"

/* Memory of a system has its secrets. */
#define FOLDER_MODE 0700

static bool make_folders(struct arena *arena, const char *path)
{
	if (mkdir(path, FOLDER_MODE) == 0 || errno == EEXIST)
		return true;
	if (errno != ENOENT || strcmp(save_folder(arena, path), path) == 0)
		return false;
	return make_folders(arena, save_folder(arena, path)) && (mkdir(path, FOLDER_MODE) == 0 || errno == EEXIST);
}

static bool make_folder(struct saving *saving, const char *path, struct err *err)
{
	if (make_folders(saving->arena, path))
		return true;
	if (errno == EROFS) {
		if (!save_make_writable(saving, path, err))
			return false;
		if (make_folders(saving->arena, path))
			return true;
	}
	return err_system(err, errno, "cannot make the folder %s for the dump", path);
}

static bool has_dump(struct arena *arena, const char *folder)
{
	static const char *const names[] = { "vmcore", "vmcore.flat" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (access(arena_printf(arena, "%s/%s", folder, names[i]), F_OK) == 0)
			return true;
	return false;
}

/*
 * The dump itself goes last: a removal that is interrupted is taken up again. What others put beside it stays, whatever
 * its name begins with; README.txt is ours beside a stream only (save_ssh.c).
 */
static void remove_dump(struct arena *arena, const char *folder)
{
	static const char *const files[] = {
		"vmcore-dmesg.txt", "vmcore-dmesg.txt.incomplete", "opalcore",	  "opalcore.incomplete",
		"vmcore.incomplete", "vmcore.flat.incomplete",	    "vmcore.flat", "vmcore",
	};
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC), errnum = errno;

	if (fd >= 0) {
		if (faccessat(fd, "vmcore.flat", F_OK, 0) == 0)
			unlinkat(fd, "README.txt", 0);
		for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
			if (unlinkat(fd, files[i], 0) != 0 && errno != ENOENT)
				errnum = errno;
		close(fd);
	}
	if (has_dump(arena, folder)) {
		service_warning("%s has an old dump, and could not be removed: %s", folder, strerror(errnum));
		return;
	}
	rmdir(folder);
	service_say("removed the old dump %s (Keep=)", folder);
}

/* Not a link to one: what it leads to is somebody's choice of what to keep, or a trap where others may write. */
static bool is_folder(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static const char *const *complete_dumps(struct arena *arena, const char *base, size_t *count)
{
	DIR *folder = opendir(base);
	const char **names = NULL;
	size_t room = 0;

	*count = 0;
	for (struct dirent *entry; folder && (entry = readdir(folder));) {
		const char *path = arena_printf(arena, "%s/%s", base, entry->d_name);

		if (!is_folder(path) || !has_dump(arena, path))
			continue;
		if (*count == room) {
			const char **more = arena_array(arena, room ? room * 2 : 64, sizeof(*more));

			if (room)
				memcpy(more, names, room * sizeof(*more));
			room = room ? room * 2 : 64;
			names = more;
		}
		names[(*count)++] = arena_strdup(arena, entry->d_name);
	}
	if (folder)
		closedir(folder);
	return names;
}

static void prune(struct saving *saving, const char *base, const char *host)
{
	const char *const *names, *const *old;
	size_t count;

	/* Without a name, those that are there may be another machine's. */
	if (!saving->conf->save.keep || (*host && !saving->has_host))
		return;
	names = complete_dumps(saving->arena, base, &count);
	old = place_old(saving->arena, names, count, host, saving->name, saving->conf->save.keep);
	for (; *old; old++) {
		save_step(saving, 0, "removing old dumps");
		remove_dump(saving->arena, arena_printf(saving->arena, "%s/%s", base, *old));
	}
}

/* What firmware of PowerNV machines kept beside the dump (Linux arch/powerpc/platforms/powernv/opal-core.c). */
static void save_opalcore(struct saving *saving, const char *folder)
{
	static const char *const sources[] = { "sys/firmware/opal/mpipl/core", "sys/firmware/opal/core" };
	struct save_result result;
	struct save_request request = { .path = arena_printf(saving->arena, "%s/opalcore", folder) };
	struct err err;

	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++) {
		request.source = file_below(saving->arena, saving->root, sources[i]);
		request.fd = open(request.source, O_RDONLY | O_CLOEXEC);
		if (request.fd < 0)
			continue;
		save_step(saving, 0, "saving what firmware kept");
		if (save_copy(&result, saving->arena, &request, &err))
			service_say("what firmware kept is in %s", request.path);
		else
			service_warning("what firmware kept is not saved: %s", err.text);
		close(request.fd);
		return;
	}
}

static int save_dump(struct saving *saving, const char *path)
{
	const char *const *words = save_arguments(saving, path);
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1,
				   .status = save_status(saving) };
	int status, pid, code;
	struct stat st;
	struct err err;

	save_step(saving, 0, "saving the dump");
	if (!service_start(&pid, saving->arena, &run, &err) || !service_wait(&status, pid, words[0], &err)) {
		service_error("%s", err.text);
		return SERVICE_FAILED;
	}
	code = save_judge(status, "vmcore-save");
	if (code == SERVICE_PARTIAL)
		service_error("the dump is not whole; what there is, is %s.incomplete, and can be opened as far as it goes", path);
	if (code == SERVICE_DONE && stat(path, &st) == 0)
		service_say("saved %s, %" PRIu64 " bytes", path, (uint64_t)st.st_size);
	return code;
}

int save_to_folder(struct saving *saving)
{
	const char *host = saving->conf->save.target.kind == CONF_TARGET_NFS ? saving->host : "";
	const char *base, *folder;
	struct err err;
	int code;

	saving->name = place_name(saving->arena, saving->time, host);
	save_step(saving, 0, "mounting the target");
	if (!save_mount(saving, &base, &err))
		goto failed;
	folder = arena_printf(saving->arena, "%s/%s", base, saving->name);
	save_step(saving, 0, "looking at the target");
	if (has_dump(saving->arena, folder)) {
		service_say("this dump is saved already: %s", folder);
		return SERVICE_DONE;
	}
	if (!make_folder(saving, folder, &err))
		goto failed;
	service_say("saving to %s", folder);
	if (saving->conf->save.dmesg)
		save_log(saving, arena_printf(saving->arena, "%s/vmcore-dmesg.txt", folder));
	code = save_dump(saving, arena_printf(saving->arena, "%s/vmcore", folder));
	save_opalcore(saving, folder);
	save_step(saving, 0, "writing the folder of the dump");
	/* The names of the new folder and of what is in it. */
	if (!incomplete_sync_folder(saving->arena, folder, &err))
		service_warning("%s", err.text);
	if (code == SERVICE_DONE)
		prune(saving, base, host);
	return code;
failed:
	service_error("%s", err.text);
	return SERVICE_FAILED;
}
