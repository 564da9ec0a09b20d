/* SPDX-License-Identifier: GPL-2.0-only */
/* Between sink.c (names, life) and what it writes to: sink_file.c, sink_stream.c. */
#ifndef KDUMP_WRITE_SINK_PARTS_H
#define KDUMP_WRITE_SINK_PARTS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "kdump/write/sink.h"

struct sink {
	struct arena *arena;
	const char *path;	/* the name that it shall have; NULL for streams and devices */
	const char *name;	/* for messages */
	int fd;
	bool open, owned;	/* owned: close it */
	bool flattened, replace;
	bool can_sync;		/* a regular file or a block device */
	uint64_t max_size;
	uint64_t reserved;	/* file: room was made up to here */
	atomic_uint_fast64_t written;

	/* How far writing has come, of the file or of the stream, and up to where it was asked to go to disk. */
	atomic_uint_fast64_t top;
	uint64_t pushed;
	atomic_flag pushing;
	atomic_int push_error;	/* errno of a write that the kernel had put off */

	/* Streams: records go out one at a time. */
	pthread_mutex_t lock;
	uint64_t out;		/* bytes of the stream */
	uint64_t highest;	/* end of what its records cover */
	uint64_t size;		/* by sink_set_size() */
	bool broken;
	struct err failure;	/* where broken: whatever follows would be garbage */
};

/* The error of a failed write: ERR_NO_ROOM, or what errno says. */
bool sink_failed(const struct sink *sink, int errnum, const char *doing, uint64_t offset, struct err *err);

/* What a limit of max_size leaves: false with ERR_NO_ROOM. */
bool sink_within(const struct sink *sink, uint64_t offset, uint64_t size, struct err *err) ERR_CHECKED;

/* [.., end) was written: has the kernel write what is older, and forget what it wrote. Does not wait. */
bool sink_push(struct sink *sink, uint64_t end, struct err *err) ERR_CHECKED;

/* All is on disk: none of it need stay in memory. */
void sink_forget(const struct sink *sink);

bool sink_file_reserve(struct sink *sink, uint64_t end, struct err *err) ERR_CHECKED;
bool sink_file_write(struct sink *sink, uint64_t offset, const void *data, size_t size, struct err *err) ERR_CHECKED;
bool sink_file_set_size(struct sink *sink, uint64_t size, struct err *err) ERR_CHECKED;

bool sink_stream_begin(struct sink *sink, struct err *err) ERR_CHECKED;
bool sink_stream_write(struct sink *sink, uint64_t offset, const void *data, size_t size, struct err *err) ERR_CHECKED;
bool sink_stream_end(struct sink *sink, struct err *err) ERR_CHECKED;

#endif
