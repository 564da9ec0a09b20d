/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Initrd files as one run of bytes. Where the pad is a multiple of the host's page, each file is mapped at
 * its place in one reserved range of addresses, so that even several large ones take no memory beyond the
 * page cache. With a smaller pad they have to be copied, once. Pipes and devices are read, and their pages
 * moved into place.
 *
 * A file that is shortened after this returns cannot be seen from here: touching its missing pages ends the
 * process with SIGBUS.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "image.h"
#include "kexec/image/grow.h"
#include "range.h"

struct part {
	const char *path;
	int fd;
	bool mappable; /* a regular file; else its bytes are in `given` or `read` */
	struct blob given; /* of a unified kernel image */
	struct growing read;
	uint64_t size;
	uint64_t offset; /* in the whole */
};

/* As for the kernel: what is larger fits no machine that would load it. For pipes, which have no size. */
#define READ_LIMIT IMAGE_UNPACK_LIMIT
#define READ_ROOM (64 * 1024)

static bool read_to_end(struct part *part, struct err *err)
{
	for (;;) {
		if (!grow_room(&part->read, READ_ROOM, err))
			return false;

		ssize_t got = read(part->fd, part->read.data + part->read.size,
				   part->read.capacity - part->read.size);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_system(err, errno, "cannot read it");
		if (got == 0)
			return true;
		if (!grow_commit(&part->read, (size_t)got, err))
			return false;
	}
}

static bool open_part(struct part *part, struct err *err)
{
	struct stat st;

	if (part->given.size) {
		part->size = part->given.size;
		return true;
	}
	part->fd = open(part->path, O_RDONLY | O_CLOEXEC);
	if (part->fd < 0)
		return err_system(err, errno, "cannot open it");
	if (fstat(part->fd, &st) != 0)
		return err_system(err, errno, "cannot look at it");
	if (S_ISDIR(st.st_mode))
		return err_system(err, EISDIR, "cannot read it");

	/* Size 0 is what /proc says of files that do have bytes. */
	part->mappable = S_ISREG(st.st_mode) && st.st_size > 0;
	if (part->mappable) {
		part->size = (uint64_t)st.st_size;
		return true;
	}
	if (!read_to_end(part, err))
		return false;
	part->size = part->read.size;
	return part->size > 0 || err_set(err, ERR_BAD_IMAGE, "is empty");
}

static void close_parts(struct part *parts, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (parts[i].fd >= 0)
			close(parts[i].fd);
		grow_drop(&parts[i].read);
	}
}

static bool same_size(const struct part *part, struct err *err)
{
	struct stat st;

	if (!part->mappable)
		return true;
	if (fstat(part->fd, &st) != 0)
		return err_system(err, errno, "cannot look at it");
	if (st.st_size >= 0 && (uint64_t)st.st_size == part->size)
		return true;
	return err_set(err, ERR_BAD_IMAGE,
		       "changed its size from %" PRIu64 " to %jd bytes while it was read: "
		       "wait until it is written, and try again",
		       part->size, (intmax_t)st.st_size);
}

/* Offsets of all parts and the size of the whole. */
static bool lay_out(struct part *parts, size_t count, uint64_t pad, uint64_t *total, struct err *err)
{
	*total = 0;
	for (size_t i = 0; i < count; i++) {
		parts[i].offset = align_up(*total, pad);

		/* Half of the address space: then page rounding cannot overflow. */
		if (parts[i].offset > SIZE_MAX / 2 || parts[i].size > SIZE_MAX / 2 - parts[i].offset)
			return err_set(err, ERR_NO_ROOM,
				       "%" PRIu64 " bytes, behind %" PRIu64
				       " of the initrds before it, do not fit into an address space of %zu",
				       parts[i].size, parts[i].offset, SIZE_MAX);
		*total = parts[i].offset + parts[i].size;
	}
	return true;
}

/*
 * The last page of a mapping goes beyond the end of the file. What is there is zero, unless another process
 * wrote to it through a shared mapping of its own; it would become part of what is loaded.
 */
static bool clear_tail(uint8_t *at, uint64_t size, uint64_t page, struct err *err)
{
	uint8_t *end = at + align_up(size, page);

	for (uint8_t *p = at + size; p < end; p++) {
		if (!*p)
			continue;

		uint8_t *last = end - page;

		if (mprotect(last, (size_t)page, PROT_READ | PROT_WRITE) != 0)
			return err_system(err, errno, "cannot clear the padding behind it");
		memset(p, 0, (size_t)(end - p));
		if (mprotect(last, (size_t)page, PROT_READ) != 0)
			return err_system(err, errno, "cannot clear the padding behind it");
		return true;
	}
	return true;
}

static bool copy_part(struct part *part, uint8_t *at, struct err *err)
{
	if (part->given.size) {
		memcpy(at, part->given.data, part->given.size);
		return true;
	}
	if (!part->mappable) {
		memcpy(at, part->read.data, part->read.size);
		grow_drop(&part->read);
		return true;
	}

	uint64_t done = 0;

	while (done < part->size) {
		ssize_t got = pread(part->fd, at + done, (size_t)(part->size - done), (off_t)done);

		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return err_system(err, errno, "cannot read it");
		if (got == 0)
			break;
		done += (uint64_t)got;
	}
	return same_size(part, err) &&
	       (done == part->size ||
		err_set(err, ERR_BAD_IMAGE, "ends after %" PRIu64 " bytes of %" PRIu64, done, part->size));
}

/* For file systems that do not map (ENODEV), whose mapping may have left a hole, and for what no page begins with. */
static bool copy_into_place(struct part *part, uint8_t *at, struct err *err)
{
	if (mmap(at, (size_t)part->size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		 0) == MAP_FAILED)
		return err_system(err, errno, "cannot get memory for it");
	if (!copy_part(part, at, err))
		return false;
	return mprotect(at, (size_t)part->size, PROT_READ) == 0 ||
	       err_system(err, errno, "cannot protect it");
}

static bool map_part(struct part *part, uint8_t *at, uint64_t page, struct err *err)
{
	if (part->given.size)
		return copy_into_place(part, at, err);
	if (part->mappable) {
		if (mmap(at, (size_t)part->size, PROT_READ, MAP_PRIVATE | MAP_FIXED, part->fd, 0) !=
		    MAP_FAILED)
			return same_size(part, err) && clear_tail(at, part->size, page, err);
		return errno == ENODEV ? copy_into_place(part, at, err)
				       : err_system(err, errno, "cannot map it");
	}

	size_t size = (size_t)align_up(part->size, page);

	if (mremap(part->read.data, part->read.capacity, size, MREMAP_MAYMOVE | MREMAP_FIXED, at) ==
	    MAP_FAILED)
		return err_system(err, errno, "cannot move it into place");
	grow_start(&part->read, READ_LIMIT);
	if (mprotect(at, size, PROT_READ) != 0)
		return err_system(err, errno, "cannot protect it");
	return true;
}

static void unmap(void *data, size_t size)
{
	munmap(data, size);
}

static bool join(struct image *image, struct part *parts, size_t count, uint64_t pad, struct err *err)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE), total;
	bool mapped = count == 1 || pad % page == 0;

	for (size_t i = 0; i < count; i++)
		if (!open_part(&parts[i], err))
			return err_prefix(err, "initrd %s", parts[i].path);
	if (!lay_out(parts, count, pad, &total, err))
		return false;

	/* Gaps between the parts stay as they are here: readable pages of zeros that take no memory. */
	size_t reserved = (size_t)align_up(total, page);
	uint8_t *start = mmap(NULL, reserved, mapped ? PROT_READ : PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (start == MAP_FAILED)
		return err_system(err, errno, "cannot get %zu bytes of addresses for the initrd", reserved);
	arena_defer(&image->arena, unmap, start, reserved);

	for (size_t i = 0; i < count; i++) {
		uint8_t *at = start + parts[i].offset;

		if (mapped ? !map_part(&parts[i], at, page, err) : !copy_part(&parts[i], at, err))
			return err_prefix(err, "initrd %s", parts[i].path);
	}
	if (!mapped && mprotect(start, reserved, PROT_READ) != 0)
		return err_system(err, errno, "cannot protect the initrd");
	image->initrd = (struct blob){ start, (size_t)total };
	return true;
}

/* The parts of a unified kernel image, or of a zImage, that go before the files. Returns how many. */
static size_t add_given(const struct image *image, struct part *parts)
{
	size_t count = 0;

	if (image->uki.ucode.size)
		parts[count++] = (struct part){ .path = ".ucode", .fd = -1, .given = image->uki.ucode };
	if (image->uki.initrd.size)
		parts[count++] = (struct part){ .path = ".initrd", .fd = -1, .given = image->uki.initrd };
	return count;
}

bool image_add_initrds(struct image *image, const char *const *paths, size_t count, uint64_t pad,
		       struct err *err)
{
	if (!is_power_of_two(pad) || pad < 4)
		return err_set(err, ERR_INTERNAL, "a pad of %" PRIu64 " for initrds", pad);

	/* No overflow: each path takes memory of its own. */
	struct part *parts = arena_array(&image->arena, count + 2, sizeof(*parts));
	size_t given = add_given(image, parts);

	for (size_t i = 0; i < count; i++) {
		parts[given + i] = (struct part){ .path = paths[i], .fd = -1 };
		grow_start(&parts[given + i].read, READ_LIMIT);
	}
	count += given;
	if (count == 0)
		return true;

	/* All that there is already lies in one run of bytes. */
	if (given == 1 && count == 1) {
		image->initrd = parts[0].given;
		return true;
	}

	bool ok = join(image, parts, count, pad, err);

	close_parts(parts, count);
	return ok;
}
