/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The flattened form (makedumpfile's README and flattened_format in its manual page): a block with a signature, then
 * records of where, how many, bytes; all numbers big endian. The reader puts each at its place.
 */
#include <errno.h>
#include <poll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "kdump/dump/flattened_wire.h"
#include "kdump/write/sink_parts.h"

static bool broken(struct sink *sink, const struct err *err)
{
	sink->broken = true;
	sink->failure = *err;
	return false;
}

/* A descriptor that somebody else made non-blocking, as some shells do with a terminal. */
static bool wait_writable(const struct sink *sink)
{
	struct pollfd one = { .fd = sink->fd, .events = POLLOUT };

	return poll(&one, 1, -1) >= 0 || errno == EINTR;
}

static bool write_all(struct sink *sink, struct iovec *parts, int count, struct err *err)
{
	while (count) {
		ssize_t n = writev(sink->fd, parts, count);

		if (n < 0 && (errno == EINTR || ((errno == EAGAIN || errno == EWOULDBLOCK) && wait_writable(sink))))
			continue;
		if (n < 0 && errno == EPIPE)
			return err_system(err, EPIPE,
					  "cannot write to %s: what reads it ended after %llu bytes, and has an incomplete dump",
					  sink->name, (unsigned long long)sink->out);
		if (n <= 0)
			return sink_failed(sink, n < 0 ? errno : EIO, "write", sink->out, err);
		sink->out += (uint64_t)n;
		while (count && (size_t)n >= parts->iov_len) {
			n -= (ssize_t)parts->iov_len;
			parts++;
			count--;
		}
		if (count) {
			parts->iov_base = (uint8_t *)parts->iov_base + n;
			parts->iov_len -= (size_t)n;
		}
	}
	return true;
}

/* With the lock. */
static bool put(struct sink *sink, const void *head, size_t head_size, const void *data, size_t size, struct err *err)
{
	struct iovec parts[2] = {
		{ .iov_base = (void *)(uintptr_t)head, .iov_len = head_size },
		{ .iov_base = (void *)(uintptr_t)data, .iov_len = size },
	};

	if (sink->broken) {
		*err = sink->failure;
		return false;
	}

	/* Room for the end record, without which the stream counts as cut. */
	uint64_t more = head_size + size + sizeof(struct flattened_record);

	if (!sink_within(sink, sink->out, more, err) || !write_all(sink, parts, size ? 2 : 1, err) ||
	    !sink_push(sink, sink->out, err))
		return broken(sink, err);
	return true;
}

bool sink_stream_begin(struct sink *sink, struct err *err)
{
	union {
		struct flattened_header header;
		uint8_t block[FLATTENED_HEADER_SIZE];
	} first = { .block = { 0 } };

	first.header = (struct flattened_header){
		.signature = FLATTENED_SIGNATURE,
		.type = be64_make(FLATTENED_TYPE),
		.version = be64_make(FLATTENED_VERSION),
	};
	sink->out = 0;
	sink->highest = 0;
	sink->size = 0;
	sink->broken = false;
	return put(sink, &first, sizeof(first), NULL, 0, err);
}

bool sink_stream_write(struct sink *sink, uint64_t offset, const void *data, size_t size, struct err *err)
{
	struct flattened_record record = { .offset = be64_make(offset), .size = be64_make(size) };

	if (size == 0)
		return true;
	pthread_mutex_lock(&sink->lock);

	bool ok = put(sink, &record, sizeof(record), data, size, err);

	if (ok && offset + size > sink->highest)
		sink->highest = offset + size;
	pthread_mutex_unlock(&sink->lock);
	return ok;
}

bool sink_stream_end(struct sink *sink, struct err *err)
{
	static const uint8_t zero;
	struct flattened_record end = { .offset = be64_make(FLATTENED_END), .size = be64_make(FLATTENED_END) };
	struct iovec part = { .iov_base = &end, .iov_len = sizeof(end) };

	/* A hole at the end of the file ends with a byte that is there. */
	if (sink->size > sink->highest && !sink_stream_write(sink, sink->size - 1, &zero, 1, err))
		return false;
	if (sink->broken) {
		*err = sink->failure;
		return false;
	}
	return write_all(sink, &part, 1, err) || broken(sink, err);
}
