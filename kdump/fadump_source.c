/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_source.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

static bool read_file(const struct fadump_source *source, uint64_t offset, void *buffer, size_t size, struct err *err)
{
	uint8_t *bytes = buffer;

	while (size) {
		if (offset > INT64_MAX)
			return err_set(err, ERR_BAD_IMAGE, "%s: offset 0x%" PRIx64 " is beyond what a file can have",
				       source->name, offset);

		ssize_t n = pread(source->fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_system(err, errno, "cannot read %zu bytes of %s at offset 0x%" PRIx64, size, source->name,
					  offset);
		if (n == 0)
			return err_set(err, ERR_BAD_IMAGE, "%s ends at offset 0x%" PRIx64 ", %zu bytes more are expected",
				       source->name, offset, size);
		bytes += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

static bool read_memory(const struct fadump_source *source, uint64_t offset, void *buffer, size_t size, struct err *err)
{
	return memory_read(source->memory, offset, buffer, size, err);
}

static bool read_bytes(const struct fadump_source *source, uint64_t offset, void *buffer, size_t size, struct err *err)
{
	const void *bytes = blob_at(source->bytes, offset, size);

	if (!bytes)
		return err_set(err, ERR_BAD_IMAGE, "%s: %zu bytes at offset 0x%" PRIx64 " expected, it has %zu bytes in all",
			       source->name, size, offset, source->bytes.size);
	memcpy(buffer, bytes, size);
	return true;
}

struct fadump_source fadump_source_file(const char *name, int fd)
{
	return (struct fadump_source){ .name = name, .read = read_file, .fd = fd };
}

struct fadump_source fadump_source_memory(const struct memory *memory)
{
	return (struct fadump_source){ .name = memory->path, .read = read_memory, .fd = -1, .memory = memory };
}

struct fadump_source fadump_source_bytes(const char *name, struct blob bytes)
{
	return (struct fadump_source){ .name = name, .read = read_bytes, .fd = -1, .bytes = bytes };
}

bool fadump_source_read(const struct fadump_source *source, uint64_t offset, void *buffer, size_t size,
			struct err *err)
{
	return size == 0 || source->read(source, offset, buffer, size, err);
}
