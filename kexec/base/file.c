/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void unmap(void *data, size_t size)
{
	munmap(data, size);
}

static void close_fd(void *data, size_t size)
{
	(void)size;
	close((int)(intptr_t)data);
}

/* For what has no size beforehand. The buffer doubles by mremap, so no byte is copied. */
static bool read_all(struct arena *arena, const char *path, int fd, struct blob *out, struct err *err)
{
	size_t capacity = 64 * 1024, used = 0;
	uint8_t *bytes = mmap(NULL, capacity, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (bytes == MAP_FAILED)
		return err_system(err, errno, "cannot get memory to read %s", path);
	for (;;) {
		ssize_t got = read(fd, bytes + used, capacity - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_system(err, errno, "cannot read %s", path);
			munmap(bytes, capacity);
			return false;
		}
		if (got == 0)
			break;
		used += (size_t)got;
		if (used < capacity)
			continue;
		if (capacity >= FILE_READ_LIMIT || capacity > SIZE_MAX / 2) {
			munmap(bytes, capacity);
			return err_set(err, ERR_NO_ROOM, "cannot read %s: more than %zu bytes", path, used);
		}

		void *grown = mremap(bytes, capacity, capacity * 2, MREMAP_MAYMOVE);

		if (grown == MAP_FAILED) {
			err_system(err, errno, "cannot get memory to read %s", path);
			munmap(bytes, capacity);
			return false;
		}
		bytes = grown;
		capacity *= 2;
	}
	arena_defer(arena, unmap, bytes, capacity);
	*out = (struct blob){ bytes, used };
	return true;
}

bool file_map(struct arena *arena, const char *path, int *fd_out, struct blob *out, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_system(err, errno, "cannot open %s", path);

	struct stat st;
	bool ok = true;

	if (fstat(fd, &st) != 0) {
		ok = err_system(err, errno, "cannot look at %s", path);
	} else if (S_ISDIR(st.st_mode)) {
		ok = err_system(err, EISDIR, "cannot read %s", path);
	} else if (S_ISREG(st.st_mode) && st.st_size > 0 && (uintmax_t)st.st_size <= SIZE_MAX) {
		size_t size = (size_t)st.st_size;
		void *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, fd, 0);

		if (bytes != MAP_FAILED) {
			arena_defer(arena, unmap, bytes, size);
			*out = (struct blob){ bytes, size };
		} else {
			ok = read_all(arena, path, fd, out, err);
		}
	} else {
		/* Size 0 is what /proc says of files that do have bytes. */
		ok = read_all(arena, path, fd, out, err);
	}

	if (ok && fd_out) {
		arena_defer(arena, close_fd, (void *)(intptr_t)fd, 0);
		*fd_out = fd;
	} else {
		close(fd);
	}
	return ok;
}

bool file_read_text(struct arena *arena, const char *path, size_t limit, char **text, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return err_system(err, errno, "cannot open %s", path);

	size_t used = 0, capacity = limit < 4096 ? limit : 4096;
	char *bytes = arena_alloc(arena, capacity + 1);

	for (;;) {
		ssize_t got = read(fd, bytes + used, capacity + 1 - used);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			err_system(err, errno, "cannot read %s", path);
			close(fd);
			return false;
		}
		if (got == 0)
			break;
		used += (size_t)got;
		if (used <= capacity)
			continue;
		if (capacity == limit) {
			close(fd);
			return err_set(err, ERR_BAD_MACHINE, "%s has more than the %zu bytes expected at most", path,
				       limit);
		}
		capacity = capacity > limit / 2 ? limit : capacity * 2;

		char *grown = arena_alloc(arena, capacity + 1);

		memcpy(grown, bytes, used);
		bytes = grown;
	}
	close(fd);
	if (memchr(bytes, 0, used))
		return err_set(err, ERR_BAD_MACHINE, "%s contains a NUL byte where text is expected", path);
	bytes[used] = 0;
	*text = bytes;
	return true;
}

const char *file_below(struct arena *arena, const char *root, const char *name)
{
	size_t length = strlen(root);

	while (length && root[length - 1] == '/')
		length--;
	return arena_printf(arena, "%.*s/%s", (int)length, root, name);
}
