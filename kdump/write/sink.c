/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/sink.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/incomplete.h"
#include "kdump/write/sink_parts.h"
#include "range.h"

/*
 * Dirty pages beyond what a capture kernel's memory holds would make the kernel stop the writers, and tell of errors
 * late: every so many bytes are sent on their way to the disk when the next are being written.
 */
#define PUSH_STEP (UINT64_C(8) << 20)

bool sink_failed(const struct sink *sink, int errnum, const char *doing, uint64_t offset, struct err *err)
{
	char room[96];

	if (incomplete_no_room(errnum))
		return err_set(err, ERR_NO_ROOM, "%s: cannot %s 0x%" PRIx64 ": %s%s", sink->name, doing, offset, strerror(errnum),
			       sink->can_sync ? incomplete_room(sink->fd, room, sizeof(room)) : "");
	return err_system(err, errnum, "%s: cannot %s 0x%" PRIx64, sink->name, doing, offset);
}

bool sink_within(const struct sink *sink, uint64_t offset, uint64_t size, struct err *err)
{
	uint64_t most = sink->max_size && sink->max_size < INT64_MAX ? sink->max_size : INT64_MAX;

	if (offset <= most && size <= most - offset)
		return true;
	return err_set(err, ERR_NO_ROOM,
		       "%s: %" PRIu64 " bytes from offset %" PRIu64 " on do not fit: %s is %" PRIu64 " bytes",
		       sink->name, size, offset, most == INT64_MAX ? "the largest file" : "the largest size that was allowed",
		       most);
}

/*
 * In one call each, however far away the next bytes lie: a stream may put one behind exabytes of hole. Both cost what
 * is in memory of the file, and not how long the piece is.
 */
static void push(struct sink *sink, uint64_t size)
{
	uint64_t at = sink->pushed, old = at > 2 * PUSH_STEP ? at - 2 * PUSH_STEP : 0;

	/* File systems without the call write when they want to. */
	if (sync_file_range(sink->fd, (off_t)at, (off_t)size, SYNC_FILE_RANGE_WRITE) != 0 &&
	    (errno == EIO || errno == ENOSPC || errno == EDQUOT))
		atomic_store(&sink->push_error, errno);
	sink->pushed = at + size;
	if (sink->pushed > 2 * PUSH_STEP + old)
		posix_fadvise(sink->fd, (off_t)old, (off_t)(sink->pushed - 2 * PUSH_STEP - old), POSIX_FADV_DONTNEED);
}

bool sink_push(struct sink *sink, uint64_t end, struct err *err)
{
	uint_fast64_t top = atomic_load_explicit(&sink->top, memory_order_relaxed);

	while (end > top && !atomic_compare_exchange_weak_explicit(&sink->top, &top, end, memory_order_relaxed,
								   memory_order_relaxed))
		;
	if (!sink->can_sync)
		return true;

	/* Who comes while another one does it has nothing to do, and does not wait. */
	if (!atomic_flag_test_and_set_explicit(&sink->pushing, memory_order_acquire)) {
		if (end > sink->pushed && end - sink->pushed >= 2 * PUSH_STEP)
			push(sink, align_down(end - sink->pushed, PUSH_STEP) - PUSH_STEP);
		atomic_flag_clear_explicit(&sink->pushing, memory_order_release);
	}

	int errnum = atomic_load_explicit(&sink->push_error, memory_order_relaxed);

	return errnum == 0 || sink_failed(sink, errnum, "write, some bytes before", end, err);
}

void sink_forget(const struct sink *sink)
{
	if (sink->can_sync)
		posix_fadvise(sink->fd, 0, 0, POSIX_FADV_DONTNEED);
}

static void release(void *data, size_t size)
{
	struct sink *sink = data;

	(void)size;
	if (sink->open && sink->owned)
		close(sink->fd);
	sink->open = false;
	pthread_mutex_destroy(&sink->lock);
}

/* A disk's partition, a terminal, a named pipe: nothing that could be renamed. */
static bool open_device(struct sink *sink, const char *path, const struct stat *st, struct err *err)
{
	/* For block devices: not one that is mounted or part of another. */
	sink->fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY | (S_ISBLK(st->st_mode) ? O_EXCL : 0));
	sink->name = path;
	sink->flattened = true;
	sink->owned = true;
	if (sink->fd >= 0)
		return true;
	if (errno == EBUSY)
		return err_system(err, EBUSY, "cannot write to %s: it is mounted, or part of another device; name one that "
					      "nothing uses",
				  path);
	return err_system(err, errno, "cannot write to %s", path);
}

static bool open_file(struct sink *sink, const struct sink_request *request, struct err *err)
{
	struct stat st;

	if (lstat(request->path, &st) == 0) {
		if (S_ISDIR(st.st_mode))
			return err_set(err, ERR_USAGE, "cannot save as %s: it is a folder; name a file in it", request->path);
		if (!request->replace)
			return err_set(err, ERR_USAGE,
				       "cannot save as %s: it exists; remove it, name another file, or give -f to replace it",
				       request->path);
	}
	sink->path = arena_strdup(sink->arena, request->path);
	sink->name = incomplete_name(sink->arena, request->path);
	sink->flattened = request->flattened;
	sink->replace = request->replace;
	sink->owned = true;
	if (!incomplete_open(&sink->fd, sink->name, err))
		return false;

	struct err unsynced;

	/* A dump cut by a loss of power has a name then. Where that fails it fails at the end, too, and is told there. */
	unsynced.code = incomplete_sync_folder(sink->arena, sink->path, &unsynced) ? ERR_NONE : unsynced.code;
	return true;
}

bool sink_open(struct sink **out, struct arena *arena, const struct sink_request *request, struct err *err)
{
	struct sink *sink = arena_alloc(arena, sizeof(*sink));
	struct stat st;

	*sink = (struct sink){ .arena = arena, .fd = -1, .max_size = request->max_size, .pushing = ATOMIC_FLAG_INIT };
	pthread_mutex_init(&sink->lock, NULL);
	arena_defer(arena, release, sink, sizeof(*sink));
	if (!request->path) {
		sink->fd = request->fd;
		sink->name = request->name;
		sink->flattened = true;
	} else if (stat(request->path, &st) == 0 &&
		   (S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode) || S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))) {
		if (!open_device(sink, arena_strdup(arena, request->path), &st, err))
			return false;
	} else if (!open_file(sink, request, err)) {
		return false;
	}
	sink->open = true;
	if (fstat(sink->fd, &st) != 0)
		return err_system(err, errno, "cannot write to %s", sink->name);
	sink->can_sync = S_ISREG(st.st_mode) || S_ISBLK(st.st_mode);
	*out = sink;
	return !sink->flattened || sink_stream_begin(sink, err);
}

bool sink_is_stream(const struct sink *sink)
{
	return sink->flattened;
}

const char *sink_name(const struct sink *sink)
{
	return sink->name;
}

bool sink_reserve(struct sink *sink, uint64_t end, struct err *err)
{
	return sink->flattened || sink_file_reserve(sink, end, err);
}

bool sink_write(struct sink *sink, uint64_t offset, const void *data, size_t size, struct err *err)
{
	bool ok = sink->flattened ? sink_stream_write(sink, offset, data, size, err)
				  : sink_file_write(sink, offset, data, size, err);

	if (ok)
		atomic_fetch_add_explicit(&sink->written, size, memory_order_relaxed);
	return ok;
}

static bool sync_fd(const struct sink *sink, struct err *err)
{
	int result;

	do
		result = fdatasync(sink->fd);
	while (result != 0 && errno == EINTR);
	if (result != 0)
		return sink_failed(sink, errno, "bring to the disk what was written, up to",
				   atomic_load_explicit(&sink->top, memory_order_relaxed), err);
	sink_forget(sink);
	return true;
}

bool sink_sync(struct sink *sink, struct err *err)
{
	return !sink->can_sync || sync_fd(sink, err);
}

bool sink_set_size(struct sink *sink, uint64_t size, struct err *err)
{
	if (!sink->flattened)
		return sink_file_set_size(sink, size, err);
	if (size < sink->highest)
		return err_set(err, ERR_INTERNAL, "%s: %" PRIu64 " bytes wanted of a stream that has %" PRIu64 " already",
			       sink->name, size, sink->highest);
	sink->size = size;
	return true;
}

/* Closing the descriptor tells late errors; the other one keeps the lock until the file has its name. */
static bool close_named(struct sink *sink, bool whole, struct err *err)
{
	int lock = dup(sink->fd);
	bool ok = close(sink->fd) == 0 || sink_failed(sink, errno, "close behind", atomic_load(&sink->top), err);

	sink->open = false;
	if (ok && whole && sink->path)
		ok = incomplete_rename(sink->name, sink->path, sink->replace, err) &&
		     incomplete_sync_folder(sink->arena, sink->path, err);
	if (lock >= 0)
		close(lock);
	return ok;
}

bool sink_close(struct sink *sink, bool whole, struct err *err)
{
	bool ok = !whole || !sink->flattened || sink_stream_end(sink, err);

	/* What stays incomplete is worth its way to the disk as well. */
	if (sink->can_sync) {
		struct err late;

		if (!sync_fd(sink, ok ? err : &late))
			ok = false;
	}
	if (!sink->owned) {
		sink->open = false;
		return ok;
	}

	struct err late;

	if (!close_named(sink, whole && ok, ok ? err : &late))
		ok = false;
	return ok;
}

bool sink_restart(struct sink *sink, struct err *err)
{
	if (!sink->path)
		return err_set(err, ERR_UNSUPPORTED, "%s: what was written to a stream cannot be taken back", sink->name);
	if (ftruncate(sink->fd, 0) != 0 || lseek(sink->fd, 0, SEEK_SET) != 0)
		return sink_failed(sink, errno, "begin anew at", 0, err);
	sink->reserved = 0;
	sink->pushed = 0;
	atomic_store(&sink->push_error, 0);
	atomic_store(&sink->written, 0);
	atomic_store(&sink->top, 0);
	return !sink->flattened || sink_stream_begin(sink, err);
}

uint64_t sink_written(const struct sink *sink)
{
	return atomic_load_explicit(&sink->written, memory_order_relaxed);
}
