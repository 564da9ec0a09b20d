/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/dump/format.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

bool dump_file_read(const struct dump_file *file, uint64_t offset, void *buffer, size_t size, size_t *got,
		    struct err *err)
{
	uint8_t *bytes = buffer;

	*got = 0;
	if (file->flattened)
		return flattened_read(file->flattened, file->fd, offset, buffer, size, got, err);
	while (*got < size) {
		/* off_t is signed: nothing is behind its last value. */
		if (offset > INT64_MAX - (uint64_t)size)
			return true;

		ssize_t n = pread(file->fd, bytes + *got, size - *got, (off_t)(offset + *got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_system(err, errno, "cannot read %zu bytes at offset 0x%" PRIx64 " of %s", size - *got,
					  offset + *got, file->path);
		if (n == 0)
			return true;
		*got += (size_t)n;
	}
	return true;
}

bool dump_file_exact(const struct dump_file *file, uint64_t offset, void *buffer, size_t size, const char *what,
		     struct err *err)
{
	size_t got;

	if (!dump_file_read(file, offset, buffer, size, &got, err))
		return err_prefix(err, "%s", what);
	if (got < size)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: %s at offset 0x%" PRIx64 ": found %zu bytes, expected %zu: the file is cut or damaged",
			       file->path, what, offset, got, size);
	return true;
}
