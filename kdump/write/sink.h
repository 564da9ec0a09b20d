/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a dump is written: a file that has its name only when it is whole and on disk, or a flattened stream.
 *
 *   file      NAME.incomplete, locked while it grows, synced, renamed to NAME without replacing anything, folder
 *             synced. An earlier NAME.incomplete is replaced, unless a program still writes it.
 *   stream    standard output or another descriptor, flattened: 4096 bytes of signature, then a record for each
 *             write, then an end record. Without that it is known to be cut.
 *   device    a block device that nothing else uses, flattened too (as distributions do with dd), synced at the end.
 *             Named pipes and character devices: in the same way, without the sync.
 *
 * sink_write() may be called by many threads at once, for any offset; no byte of the file is written twice to a
 * stream (crash sorts records by their offset and takes any of those that overlap), which callers see to. All other
 * calls are for one thread; sink_sync() may run beside sink_write().
 *
 * The program ignores SIGXFSZ and SIGPIPE: a limit and a reader that ended are then errors, and not its end.
 *
 * Memory: what was written is sent to the disk in steps and then forgotten by the page cache, without waiting for it.
 */
#ifndef KDUMP_WRITE_SINK_H
#define KDUMP_WRITE_SINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

struct sink;

struct sink_request {
	const char *path;    /* of the file or device, or NULL: a stream to fd */
	int fd;		     /* of the stream */
	const char *name;    /* of the stream, for messages: "standard output" */
	bool flattened;	     /* a file is written flattened too */
	bool replace;	     /* an existing NAME is replaced when the new one is whole (-f) */
	uint64_t max_size;   /* bytes that the file may have; 0 = no limit */
};

/* ERR_USAGE where NAME exists and is not to be replaced; ERR_SYSTEM, ERR_DENIED, ERR_NO_ROOM. */
bool sink_open(struct sink **sink, struct arena *arena, const struct sink_request *request,
	       struct err *err) ERR_CHECKED;

/* A stream has no way back: header fields that change at the end can be written once only. */
bool sink_is_stream(const struct sink *sink);

/* "/var/crash/vmcore.incomplete", or the stream's name: for messages. */
const char *sink_name(const struct sink *sink);

/*
 * Makes room for [0, end) so that writing there cannot run out of it: fallocate(2), or zeros written where the file
 * system has no such call. Reads as zeros, but for what was written before. Not while others write. Nothing on a
 * stream. ERR_NO_ROOM.
 */
bool sink_reserve(struct sink *sink, uint64_t end, struct err *err) ERR_CHECKED;

/*
 * Writes all or fails. ERR_NO_ROOM for ENOSPC, EDQUOT, EFBIG and max_size: nothing more can be written after it but
 * what lies below the reserved end. Interrupted and short writes are carried on.
 */
bool sink_write(struct sink *sink, uint64_t offset, const void *data, size_t size, struct err *err) ERR_CHECKED;

/*
 * Data on disk (fdatasync), also called while others write. Nothing on a stream that cannot be synced. File systems
 * that put off their errors (NFS) tell them here: ERR_NO_ROOM, ERR_SYSTEM.
 */
bool sink_sync(struct sink *sink, struct err *err) ERR_CHECKED;

/* The file has this size at the end, also where its last bytes are a hole. */
bool sink_set_size(struct sink *sink, uint64_t size, struct err *err) ERR_CHECKED;

/*
 * whole: end record, or sync, rename, sync of the folder. Not whole: synced, and the file keeps its name
 * NAME.incomplete; a stream ends without end record. Either way the sink is closed.
 */
bool sink_close(struct sink *sink, bool whole, struct err *err) ERR_CHECKED;

/*
 * Throws away what was written so far and begins anew (a fallback level). False with ERR_UNSUPPORTED where there is
 * no way back: streams to a descriptor, and devices.
 */
bool sink_restart(struct sink *sink, struct err *err) ERR_CHECKED;

/* Bytes given to sink_write() since the start. */
uint64_t sink_written(const struct sink *sink);

#endif
