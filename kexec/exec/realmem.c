/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The real-memory copy. The machine whose memory the file is may be running, and may crash at any moment; so the
 * meminfo page is made zero before anything else is written, and written last, after all else has been read back. A
 * copy that ends half done is never taken for a valid one.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "arch.h"
#include "cksm.h"
#include "exec.h"
#include "kexec/exec/paper.h"
#include "meminfo.h"
#include "s390.h"

#define CHUNK ((size_t)256 * 1024)

struct copy {
	const struct plan *plan;
	const char *path;
	int fd;
	uint8_t *buffer; /* CHUNK bytes */
	const uint8_t *zeros;
};

/* Where the file ends before `size` bytes: *got < size. */
static bool read_at(const struct copy *copy, uint64_t address, void *bytes, size_t size, size_t *got, struct err *err)
{
	uint8_t *to = bytes;

	for (*got = 0; *got < size;) {
		ssize_t n = pread(copy->fd, to + *got, size - *got, (off_t)(address + *got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_system(err, errno, "cannot read %s at 0x%" PRIx64, copy->path, address + *got);
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return true;
}

static bool write_at(const struct copy *copy, uint64_t address, const uint8_t *bytes, size_t size, struct err *err)
{
	while (size) {
		ssize_t n = pwrite(copy->fd, bytes, size, (off_t)address);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return err_system(err, n < 0 ? errno : EIO, "cannot write %zu bytes of %s at 0x%" PRIx64, size,
					  copy->path, address);
		address += (uint64_t)n;
		bytes += n;
		size -= (size_t)n;
	}
	return true;
}

/* Zeros where there are none yet: holes of a sparse file stay holes. */
static bool write_zeros(const struct copy *copy, struct range range, struct err *err)
{
	for (uint64_t at = range.start; at < range.end;) {
		size_t part = range.end - at < CHUNK ? (size_t)(range.end - at) : CHUNK, got;

		if (!read_at(copy, at, copy->buffer, part, &got, err))
			return false;
		if ((got < part || memcmp(copy->buffer, copy->zeros, part) != 0) &&
		    !write_at(copy, at, copy->zeros, part, err))
			return false;
		at += part;
	}
	return true;
}

static bool flush(const struct copy *copy, struct err *err)
{
	/* EINVAL: a file system without anything to flush to (memory-backed ones). */
	if (fdatasync(copy->fd) != 0 && errno != EINVAL)
		return err_system(err, errno, "cannot make what was written to %s permanent", copy->path);
	return true;
}

static bool write_segment(const struct copy *copy, const struct segment *s, struct err *err)
{
	struct range tail = { s->range.start + s->data.size, s->range.end };

	return write_at(copy, s->range.start, s->data.data, s->data.size, err) && write_zeros(copy, tail, err);
}

static bool compare_segment(const struct copy *copy, const struct segment *s, struct err *err)
{
	uint64_t size = range_size(s->range);

	for (uint64_t done = 0; done < size;) {
		bool tail = done >= s->data.size;
		uint64_t left = tail ? size - done : s->data.size - done;
		size_t part = left < CHUNK ? (size_t)left : CHUNK, got;
		const uint8_t *wanted = tail ? copy->zeros : s->data.data + done;

		if (!read_at(copy, s->range.start + done, copy->buffer, part, &got, err))
			return false;
		for (size_t i = 0; i < part; i++) {
			if (i < got && copy->buffer[i] == wanted[i])
				continue;
			if (i >= got)
				return err_set(err, ERR_SYSTEM, "%s ends at 0x%" PRIx64 ", where 0x%02x was written",
					       copy->path, s->range.start + done + i, wanted[i]);
			return err_set(err, ERR_SYSTEM,
				       "%s: 0x%02x read back at 0x%" PRIx64 ", where 0x%02x was written. Is something else "
				       "writing there?",
				       copy->path, copy->buffer[i], s->range.start + done + i, wanted[i]);
		}
		done += part;
	}
	return true;
}

/* os_info as s390 machines have it; a machine that runs no Linux yet has no pointer to one. */
static bool check_os_info(const struct copy *copy, uint64_t memory_size, struct err *err)
{
	struct range crash = copy->plan->crash;
	struct s390_os_info info;
	struct be64 wire;
	size_t got;

	if (!read_at(copy, S390_LOWCORE_OS_INFO, &wire, sizeof(wire), &got, err))
		return false;

	uint64_t pointer = be64_get(wire);

	if (pointer == 0)
		return true;
	if (pointer % S390_OS_INFO_SIZE || pointer > memory_size || memory_size - pointer < sizeof(info))
		return err_set(err, ERR_BAD_MACHINE,
			       "%s: the os_info pointer at absolute 0x%x is 0x%" PRIx64
			       ", expected a multiple of 0x%x in the memory's 0x%" PRIx64
			       " bytes. Is it the memory of an s390x machine, with absolute addresses as offsets?",
			       copy->path, S390_LOWCORE_OS_INFO, pointer, S390_OS_INFO_SIZE, memory_size);
	if (!read_at(copy, pointer, &info, sizeof(info), &got, err))
		return false;

	const uint8_t *bytes = (const uint8_t *)&info;
	uint32_t sum = cksm(bytes + S390_OS_INFO_CHECKSUM_FROM, sizeof(info) - S390_OS_INFO_CHECKSUM_FROM, 0);

	if (got < sizeof(info) || be64_get(info.magic) != S390_OS_INFO_MAGIC || be32_get(info.checksum) != sum)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s: no valid os_info at 0x%" PRIx64 " (magic 0x%" PRIx64 ", checksum 0x%" PRIx32
			       " found, 0x%" PRIx64 " and 0x%" PRIx32 " expected), so it is not known that the crash range "
			       "is there",
			       copy->path, pointer, be64_get(info.magic), be32_get(info.checksum), S390_OS_INFO_MAGIC, sum);
	if (be16_get(info.major) != S390_OS_INFO_MAJOR)
		return err_set(err, ERR_UNSUPPORTED, "%s: os_info at 0x%" PRIx64 " is of major version %u, and %d is "
						     "understood",
			       copy->path, pointer, be16_get(info.major), S390_OS_INFO_MAJOR);
	if (be64_get(info.crashkernel_address) != crash.start ||
	    be64_get(info.crashkernel_size) != range_size(crash))
		return err_set(err, ERR_BAD_MACHINE,
			       "the plan is for a crash range of 0x%" PRIx64 " bytes at 0x%" PRIx64
			       ", and the machine whose memory %s is has 0x%" PRIx64 " bytes at 0x%" PRIx64
			       " (os_info at 0x%" PRIx64 "). Give the machine text of that very machine",
			       range_size(crash), crash.start, copy->path, be64_get(info.crashkernel_size),
			       be64_get(info.crashkernel_address), pointer);
	return true;
}

/* The page whose absence makes everything else invalid; also where this plan has no meminfo and an older one had. */
static bool meminfo_page(const struct copy *copy, struct range *page)
{
	const struct segment *s = plan_segment(copy->plan, SEGMENT_MEMINFO);
	struct range crash = copy->plan->crash;

	if (s) {
		*page = s->range;
		return true;
	}
	if (copy->plan->arch->id != ARCH_S390X)
		return false;
	*page = (struct range){ crash.start + MEMINFO_S390_OFFSET, crash.start + S390_IMAGE_START };
	return range_contains(crash, *page);
}

static bool check_all(struct copy *copy, struct arena *arena, struct err *err)
{
	const struct plan *plan = copy->plan;
	struct ranges allowed;
	struct stat st;

	if (plan->target != TARGET_CRASH)
		return err_set(err, ERR_USAGE,
			       "only a crash kernel can be copied into memory: a normal load is moved to its place by the "
			       "running kernel");
	ranges_init(&allowed, arena);
	ranges_append(&allowed, plan->crash);
	ranges_normalize(&allowed);
	if (!paper_check(plan, &allowed, err))
		return false;
	if (fstat(copy->fd, &st) != 0)
		return err_system(err, errno, "cannot look at %s", copy->path);
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, ERR_UNSUPPORTED, "%s is neither a file nor a block device", copy->path);

	off_t end = lseek(copy->fd, 0, SEEK_END);

	if (end < 0)
		return err_system(err, errno, "cannot find the size of %s", copy->path);
	if (plan->crash.end > (uint64_t)end)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s has 0x%" PRIx64 " bytes, and the crash range of the plan ends at 0x%" PRIx64
			       ". Is it the memory of that machine?",
			       copy->path, (uint64_t)end, plan->crash.end);
	/* Two copies at once would mix. Other errors than EWOULDBLOCK mean a file system that has no locks to offer. */
	if (flock(copy->fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK)
		return err_set(err, ERR_SYSTEM, "%s is being written by another program, which holds a lock on it",
			       copy->path);
	return plan->arch->id != ARCH_S390X || check_os_info(copy, (uint64_t)end, err);
}

static bool write_all(const struct copy *copy, struct err *err)
{
	const struct plan *plan = copy->plan;
	struct range page;

	if (meminfo_page(copy, &page)) {
		if (!write_zeros(copy, page, err) || !flush(copy, err))
			return err_prefix(err, "meminfo page");
	}
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		if (s->role != SEGMENT_MEMINFO && !write_segment(copy, s, err))
			return err_prefix(err, "segment %s", segment_role_name(s->role));
	}
	if (!flush(copy, err))
		return false;
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		if (s->role != SEGMENT_MEMINFO && !compare_segment(copy, s, err))
			return err_prefix(err, "segment %s", segment_role_name(s->role));
	}
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		if (s->role == SEGMENT_MEMINFO &&
		    (!write_segment(copy, s, err) || !flush(copy, err) || !compare_segment(copy, s, err)))
			return err_prefix(err, "segment %s", segment_role_name(s->role));
	}
	return true;
}

/* The copy is not whole: nothing may take it for valid. The first error is the one to tell. */
static bool spoil(const struct copy *copy, struct err *err)
{
	struct range page;
	struct err second;
	bool spoiled = !meminfo_page(copy, &page) || (write_zeros(copy, page, &second) && flush(copy, &second));

	return err_prefix(err,
			  "the crash range 0x%" PRIx64 "-0x%" PRIx64 " of %s is only partly written, so what was loaded "
			  "there before is gone and what is there now must not be started (%s); copy again",
			  copy->plan->crash.start, copy->plan->crash.end, copy->path,
			  spoiled ? "its meminfo page is zero, so it is not taken for valid"
				  : "and its meminfo page cannot be made zero");
}

bool exec_realmem(const struct plan *plan, const char *path, struct err *err)
{
	struct arena arena;
	struct copy copy = { .plan = plan, .path = path };

	copy.fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (copy.fd < 0) {
		err_system(err, errno, "cannot open %s for writing", path);
		return err_prefix(err, "cannot copy the plan into memory");
	}
	arena_init(&arena);
	copy.buffer = arena_alloc(&arena, CHUNK);
	copy.zeros = arena_alloc(&arena, CHUNK);

	bool ok = check_all(&copy, &arena, err);

	if (!ok)
		err_prefix(err, "cannot copy the plan into memory (nothing was written)");
	else if (!write_all(&copy, err))
		ok = spoil(&copy, err);
	if (close(copy.fd) != 0 && ok)
		ok = err_system(err, errno, "cannot close %s", path);
	arena_release(&arena);
	return ok;
}
