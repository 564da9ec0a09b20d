/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/save.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "kdump/incomplete.h"
#include "kdump/zeros.h"

/* Large, for the source is asked page by page below anyway; small, for a capture kernel has little memory. */
#define BLOCK ((size_t)1 << 20)

/* Zeros are looked for in pieces of this size. */
#define PIECE ((size_t)64 << 10)

/* What is given up at once where the source cannot be read: no smaller page is in use. */
#define PAGE ((size_t)4096)

/* Memory of a system has its secrets. */
#define MODE 0600

struct copy {
	const struct save_request *request;
	struct save_result *result;
	uint8_t *block;
	uint64_t size; /* of the source, or 0 where it does not say */
	uint64_t promised; /* by stat(2) of the source: less than this is not all of it; or 0 */
	int out;
	struct sha256 sha;
};

const char *save_folder(struct arena *arena, const char *path)
{
	const char *slash = strrchr(path, '/');

	if (!slash)
		return ".";
	if (slash == path)
		return "/";
	return arena_strndup(arena, path, (size_t)(slash - path));
}

bool save_is_in_memory(struct arena *arena, const char *path)
{
	struct statfs fs;

	return statfs(save_folder(arena, path), &fs) == 0 &&
	       ((uint64_t)fs.f_type == TMPFS_MAGIC || (uint64_t)fs.f_type == RAMFS_MAGIC);
}

static void add_gap(struct save_result *result, uint64_t start, uint64_t size)
{
	size_t last = result->gap_count - 1;

	result->unreadable += size;
	if (result->gap_count && result->gap_count <= SAVE_GAPS && result->gaps[last].end == start) {
		result->gaps[last].end = start + size;
		return;
	}
	if (result->gap_count < SAVE_GAPS)
		result->gaps[result->gap_count] = (struct save_gap){ start, start + size };
	result->gap_count++;
}

/* What one pread(2) gives, with EINTR out of the way. */
static ssize_t read_once(const struct copy *copy, uint64_t offset, uint8_t *bytes, size_t size)
{
	ssize_t n;

	do
		n = pread(copy->request->fd, bytes, size, (off_t)offset);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Page by page, zeros for those that fail. The size of the source says where to end, for a bad page does not. */
static bool read_pages(const struct copy *copy, uint64_t offset, size_t size, size_t *got, struct err *err)
{
	*got = 0;
	while (*got < size) {
		uint64_t at = offset + *got;
		size_t piece = PAGE - (size_t)(at % PAGE);

		if (at >= copy->size)
			return true;
		if (piece > size - *got)
			piece = size - *got;
		if (piece > copy->size - at)
			piece = (size_t)(copy->size - at);

		ssize_t n = read_once(copy, at, copy->block + *got, piece);

		if (n == 0)
			return true;
		if (n < 0 && errno != EIO && errno != EFAULT)
			return err_system(err, errno, "cannot read %s at offset 0x%" PRIx64, copy->request->source, at);
		if (n < 0) {
			memset(copy->block + *got, 0, piece);
			add_gap(copy->result, at, piece);
			n = (ssize_t)piece;
		}
		*got += (size_t)n;
	}
	return true;
}

static bool read_block(const struct copy *copy, uint64_t offset, size_t *got, struct err *err)
{
	*got = 0;
	while (*got < BLOCK) {
		ssize_t n = read_once(copy, offset + *got, copy->block + *got, BLOCK - *got);

		if (n < 0 && (errno == EIO || errno == EFAULT) && copy->size) {
			/* What is read already is read again: two ways of filling a block would be one too many. */
			return read_pages(copy, offset, BLOCK, got, err);
		}
		if (n < 0)
			return err_system(err, errno, "cannot read %s at offset 0x%" PRIx64, copy->request->source,
					  offset + *got);
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return true;
}

static bool no_room(const struct copy *copy, int errnum, struct err *err)
{
	char room[96];

	return err_set(err, ERR_NO_ROOM,
		       "%s: %s after %" PRIu64 " of %" PRIu64 " bytes%s. What was written stays there under that name; it is "
		       "not whole. Make room or save elsewhere, before the system is started again",
		       copy->result->incomplete, strerror(errnum), copy->result->bytes, copy->size,
		       incomplete_room(copy->out, room, sizeof(room)));
}

static bool write_failed(const struct copy *copy, int errnum, struct err *err)
{
	if (incomplete_no_room(errnum))
		return no_room(copy, errnum, err);
	return err_system(err, errnum, "cannot write %s, of which %" PRIu64 " bytes are written, and which stays there",
			  copy->result->incomplete, copy->result->bytes);
}

static bool write_piece(const struct copy *copy, uint64_t offset, const uint8_t *bytes, size_t size, struct err *err)
{
	while (size) {
		ssize_t n = pwrite(copy->out, bytes, size, (off_t)offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return write_failed(copy, errno, err);
		/* pwrite(2) does not give 0 for files; a loop over it would have no end. */
		if (n == 0)
			return write_failed(copy, EIO, err);
		bytes += n;
		offset += (uint64_t)n;
		size -= (size_t)n;
	}
	return true;
}

static bool write_block(struct copy *copy, size_t size, struct err *err)
{
	for (size_t at = 0; at < size; at += PIECE) {
		size_t piece = size - at < PIECE ? size - at : PIECE;

		if (!zeros_only(copy->block + at, piece) &&
		    !write_piece(copy, copy->result->bytes, copy->block + at, piece, err))
			return false;
		copy->result->bytes += piece;
	}
	return true;
}

static bool copy_all(struct copy *copy, struct err *err)
{
	for (;;) {
		size_t got;

		if (copy->result->bytes > INT64_MAX - BLOCK)
			return err_set(err, ERR_BAD_IMAGE, "%s has no end", copy->request->source);
		if (!read_block(copy, copy->result->bytes, &got, err))
			return false;
		if (got == 0)
			break;
		if (copy->request->verify)
			sha256_add(&copy->sha, copy->block, got);
		if (!write_block(copy, got, err))
			return false;
	}
	if (copy->result->bytes == copy->result->unreadable)
		return err_set(err, ERR_BAD_IMAGE, "no byte of %s could be read: nothing was saved", copy->request->source);
	if (copy->result->bytes < copy->promised)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s ended after %" PRIu64 " of the %" PRIu64 " bytes that it says it has. What was written stays as "
			       "%s; it is not whole. Try again",
			       copy->request->source, copy->result->bytes, copy->promised, copy->result->incomplete);
	/* Zeros at the end were not written. */
	if (ftruncate(copy->out, (off_t)copy->result->bytes) != 0 || fdatasync(copy->out) != 0)
		return write_failed(copy, errno, err);
	return true;
}

/* From the disk, not from the page cache, as far as the file system lets go of it. */
static bool verify(struct copy *copy, struct err *err)
{
	uint8_t found[SHA256_DIGEST_SIZE];
	struct sha256 sha;
	uint64_t at = 0;

	sha256_finish(&copy->sha, copy->result->digest);

	int errnum = posix_fadvise(copy->out, 0, 0, POSIX_FADV_DONTNEED);

	if (errnum)
		return err_system(err, errnum, "cannot drop %s from memory to read it again", copy->result->incomplete);
	sha256_start(&sha, sha256_best());
	for (;;) {
		ssize_t n = pread(copy->out, copy->block, BLOCK, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_system(err, errno, "cannot read %s again at offset 0x%" PRIx64,
					  copy->result->incomplete, at);
		if (n == 0)
			break;
		sha256_add(&sha, copy->block, (size_t)n);
		at += (uint64_t)n;
	}
	sha256_finish(&sha, found);
	if (at != copy->result->bytes || memcmp(found, copy->result->digest, sizeof(found)) != 0)
		return err_set(err, ERR_SYSTEM,
			       "%s is not what was written: %" PRIu64 " bytes read again, %" PRIu64
			       " expected, and their SHA-256 differs: do not trust this disk",
			       copy->result->incomplete, at, copy->result->bytes);
	copy->result->verified = true;
	return true;
}

static bool run_copy(struct copy *copy, struct arena *arena, struct err *err)
{
	const struct save_request *request = copy->request;
	/* Keeps the lock until the file has its name; closing the other one tells late errors before that. */
	int lock = dup(copy->out);
	bool ok = copy_all(copy, err);

	if (ok && request->verify)
		ok = verify(copy, err);
	if (close(copy->out) != 0 && ok)
		ok = write_failed(copy, errno, err);
	ok = ok && incomplete_rename(copy->result->incomplete, request->path, false, err) &&
	     incomplete_sync_folder(arena, request->path, err);
	if (lock >= 0)
		close(lock);
	return ok;
}

bool save_copy(struct save_result *result, struct arena *arena, const struct save_request *request, struct err *err)
{
	struct copy copy = { .request = request, .result = result };
	struct stat st;

	*result = (struct save_result){ .incomplete = incomplete_name(arena, request->path) };
	if (fstat(request->fd, &st) != 0)
		return err_system(err, errno, "cannot look at %s", request->source);
	copy.promised = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	copy.size = copy.promised ? copy.promised : request->size;
	if (lstat(request->path, &st) == 0)
		return err_system(err, EEXIST, "cannot save as %s", request->path);
	if (!incomplete_open(&copy.out, result->incomplete, err))
		return false;
	copy.block = malloc(BLOCK);
	if (!copy.block) {
		close(copy.out);
		return err_set(err, ERR_SYSTEM, "cannot get %zu bytes of memory to copy %s", BLOCK, request->source);
	}
	if (request->verify)
		sha256_start(&copy.sha, sha256_best());

	bool ok = run_copy(&copy, arena, err);

	free(copy.block);
	return ok;
}

bool save_text(struct arena *arena, const char *path, const char *text, size_t size, struct err *err)
{
	const char *incomplete = incomplete_name(arena, path);
	int fd = open(incomplete, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, MODE);
	bool ok = fd >= 0;

	for (size_t at = 0; ok && at < size;) {
		ssize_t n = write(fd, text + at, size - at);

		if (n > 0) {
			at += (size_t)n;
			continue;
		}
		if (n == 0)
			errno = EIO;
		ok = errno == EINTR;
	}
	ok = ok && fdatasync(fd) == 0;

	int errnum = errno;

	if (fd >= 0 && close(fd) != 0 && ok) {
		errnum = errno;
		ok = false;
	}
	if (ok && rename(incomplete, path) != 0) {
		errnum = errno;
		ok = false;
	}
	if (!ok)
		return err_system(err, errnum, "cannot write %s", path);
	return incomplete_sync_folder(arena, path, err);
}
