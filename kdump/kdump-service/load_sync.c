/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a capture kernel boots from the root file system is written to disk. It reads that as the crash left it: a unit
 * or a program that was installed seconds before is otherwise a file without data there, and systemd takes a unit of no
 * bytes for one that is masked.
 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/kdump-service/load.h"
#include "kdump/kdump-service/save.h"
#include "kdump/kdump-service/service.h"

static bool sync_one(const char *path, dev_t *done, size_t *count, struct err *err)
{
	/* What is no file, such as a configuration that is a device, is not waited for. */
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;

	/* What is not there is nothing that a capture kernel could find. */
	if (fd < 0)
		return errno == ENOENT || errno == ENOTDIR || err_system(err, errno, "cannot open %s", path);
	if (fstat(fd, &st) != 0)
		st.st_dev = 0;
	for (size_t i = 0; i < *count; i++) {
		if (done[i] == st.st_dev) {
			close(fd);
			return true;
		}
	}
	done[(*count)++] = st.st_dev;

	int errnum = syncfs(fd) == 0 ? 0 : errno;

	close(fd);
	return errnum == 0 || err_system(err, errnum, "cannot write the file system of %s to disk", path);
}

/* A read-only file system has nothing to write, and the kernel sees that by itself. */
void load_sync(struct arena *arena, const char *config)
{
	const char *const paths[] = {
		"/",
		config,
		arena_printf(arena, "%s.d", config),
		"/proc/self/exe",
		save_program(arena, "vmcore-save"),
		"/usr/lib/systemd/system",
		"/lib/systemd/system",
		"/etc/systemd/system",
	};
	dev_t done[sizeof(paths) / sizeof(paths[0])];
	size_t count = 0;
	struct err err;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		if (strchr(paths[i], '/') && !sync_one(paths[i], done, &count, &err))
			service_warning("%s: after a crash the kernel that saves may not find there what it needs", err.text);
	}
}
