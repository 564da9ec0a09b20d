/* SPDX-License-Identifier: GPL-2.0-only */
/* Files and folders that a test makes, and what is in those that it looks at. */
#ifndef MADE_FILE_H
#define MADE_FILE_H

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arena.h"
#include "kexec/base/file.h"
#include "tests/unit/check.h"

/*
 * An empty folder, which the test removes. In memory where that can be: what is unlinked while it is mapped is waited
 * for, and that takes minutes where the disk has other things to do.
 */
static inline const char *made_folder(struct arena *arena, const char *name)
{
	const char *parent = access("/dev/shm", W_OK | X_OK) == 0 ? "/dev/shm" : "/tmp";
	char *path = arena_printf(arena, "%s/%s-XXXXXX", parent, name);

	assert_non_null(mkdtemp(path));
	return path;
}

/* A file of these bytes, for as long as the descriptor is open; path, unless NULL, is a name that opens it again. */
static inline int made_file(const void *bytes, size_t size, char *path, size_t path_size)
{
	int fd = memfd_create("made", MFD_CLOEXEC);

	assert_true(fd >= 0);
	for (size_t done = 0; done < size;) {
		ssize_t n = write(fd, (const char *)bytes + done, size - done);

		assert_true(n > 0);
		done += (size_t)n;
	}
	if (path)
		snprintf(path, path_size, "/proc/self/fd/%d", fd);
	return fd;
}

static inline struct blob made_file_bytes(struct arena *arena, const char *path)
{
	static struct err err;
	struct blob blob;

	check_ok(file_map(arena, path, NULL, &blob, &err), &err);
	return blob;
}

static inline bool made_file_exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

#endif
