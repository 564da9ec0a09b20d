/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/incomplete.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kdump/save.h"

/* Memory of a system has its secrets. */
#define MODE 0600

const char *incomplete_name(struct arena *arena, const char *path)
{
	return arena_printf(arena, "%s.incomplete", path);
}

bool incomplete_no_room(int errnum)
{
	return errnum == ENOSPC || errnum == EDQUOT || errnum == EFBIG;
}

const char *incomplete_room(int fd, char *text, size_t size)
{
	struct statvfs fs;

	*text = '\0';
	if (fstatvfs(fd, &fs) == 0)
		snprintf(text, size, ", where %" PRIu64 " bytes are free now",
			 (uint64_t)fs.f_bavail * (uint64_t)fs.f_frsize);
	return text;
}

static bool open_failed(const char *name, int errnum, struct err *err)
{
	if (incomplete_no_room(errnum))
		return err_set(err, ERR_NO_ROOM, "cannot make %s: %s", name, strerror(errnum));
	return err_system(err, errnum, "cannot make %s", name);
}

/*
 * Two programs that write one copy would each take the other's half for whole: the second one stops here. Emptied only
 * with the lock, and only while it is the file of that name, for the first one may just have renamed it.
 */
bool incomplete_open(int *fd, const char *incomplete, struct err *err)
{
	struct stat opened, named;

	*fd = open(incomplete, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, MODE);
	if (*fd < 0)
		return open_failed(incomplete, errno, err);

	/* File systems without locks have none to wait for. */
	bool busy = flock(*fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;

	if (busy || lstat(incomplete, &named) != 0 || fstat(*fd, &opened) != 0 || named.st_ino != opened.st_ino ||
	    named.st_dev != opened.st_dev) {
		err_set(err, ERR_SYSTEM, "%s is being written by another program: wait until that ends", incomplete);
	} else if (ftruncate(*fd, 0) != 0) {
		open_failed(incomplete, errno, err);
	} else {
		/* One that was there may be open to all. File systems without modes refuse, and have none to mend. */
		if (opened.st_mode & 077)
			(void)fchmod(*fd, MODE);
		return true;
	}
	close(*fd);
	*fd = -1;
	return false;
}

/* renameat2(2) where the file system has it: between a look and rename(2) somebody else could make the file. */
bool incomplete_rename(const char *incomplete, const char *path, bool replace, struct err *err)
{
	if (replace ? rename(incomplete, path) == 0
		    : renameat2(AT_FDCWD, incomplete, AT_FDCWD, path, RENAME_NOREPLACE) == 0)
		return true;
	if (!replace && (errno == EINVAL || errno == ENOSYS)) {
		if (access(path, F_OK) == 0)
			errno = EEXIST;
		else if (rename(incomplete, path) == 0)
			return true;
	}
	return err_system(err, errno, "cannot give %s its name %s; it is whole", incomplete, path);
}

bool incomplete_sync_folder(struct arena *arena, const char *path, struct err *err)
{
	const char *folder = save_folder(arena, path);
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	bool ok = fd >= 0 && (fsync(fd) == 0 || errno == EINVAL);

	if (!ok)
		err_system(err, errno, "cannot sync the folder %s, so that the name %s may be lost", folder, path);
	if (fd >= 0)
		close(fd);
	return ok;
}
