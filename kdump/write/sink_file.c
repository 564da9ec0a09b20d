/* SPDX-License-Identifier: GPL-2.0-only */
/* A plain file: every byte at its place. */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/write/sink_parts.h"

#define BLOCK ((size_t)64 << 10)

static bool write_all(const struct sink *sink, uint64_t offset, const uint8_t *bytes, size_t size, struct err *err)
{
	while (size) {
		ssize_t n = pwrite(sink->fd, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		/* pwrite(2) does not give 0 for files; a loop over it would have no end. */
		if (n <= 0)
			return sink_failed(sink, n < 0 ? errno : EIO, "write", offset, err);
		bytes += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

/*
 * For file systems without fallocate(2), as NFS before 4.2. What is in the file is written again as it is: a header may
 * be there already.
 */
static bool fill(struct sink *sink, uint64_t end, struct err *err)
{
	uint8_t *block = arena_alloc(sink->arena, BLOCK);

	for (uint64_t at = sink->reserved; at < end;) {
		size_t size = end - at < BLOCK ? (size_t)(end - at) : BLOCK, got = 0;

		while (got < size) {
			ssize_t n = pread(sink->fd, block + got, size - got, (off_t)(at + got));

			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0)
				return sink_failed(sink, errno, "make room by reading", at + got, err);
			if (n == 0)
				break;
			got += (size_t)n;
		}
		for (size_t i = got; i < size; i++)
			block[i] = 0;
		if (!write_all(sink, at, block, size, err))
			return false;
		at += size;
	}
	/* Such file systems say that they are full when they are asked to have it all. */
	if (fdatasync(sink->fd) != 0)
		return sink_failed(sink, errno, "make room by writing zeros", end, err);
	return true;
}

bool sink_file_reserve(struct sink *sink, uint64_t end, struct err *err)
{
	if (end <= sink->reserved)
		return true;
	if (!sink_within(sink, 0, end, err))
		return false;

	int result;

	do
		result = fallocate(sink->fd, 0, (off_t)sink->reserved, (off_t)(end - sink->reserved));
	while (result != 0 && errno == EINTR);
	if (result != 0 && errno != EOPNOTSUPP && errno != ENOSYS && errno != EINVAL)
		return sink_failed(sink, errno, "make room for the headers up to", end, err);
	if (result != 0 && !fill(sink, end, err))
		return false;
	sink->reserved = end;
	return true;
}

bool sink_file_write(struct sink *sink, uint64_t offset, const void *data, size_t size, struct err *err)
{
	return sink_within(sink, offset, size, err) && write_all(sink, offset, data, size, err) &&
	       sink_push(sink, offset + size, err);
}

bool sink_file_set_size(struct sink *sink, uint64_t size, struct err *err)
{
	int result;

	if (!sink_within(sink, 0, size, err))
		return false;
	do
		result = ftruncate(sink->fd, (off_t)size);
	while (result != 0 && errno == EINTR);
	return result == 0 || sink_failed(sink, errno, "give its size to", size, err);
}
