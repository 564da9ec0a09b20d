/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/memory.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "blob.h"
#include "kdump/find.h"
#include "kdump/memory_elf.h"

static void close_fd(void *data, size_t size)
{
	(void)size;
	close(*(int *)data);
}

static bool open_fd(struct memory *memory, struct arena *arena, const char *path, struct stat *st, struct err *err)
{
	int *fd = arena_alloc(arena, sizeof(*fd));

	/* O_NONBLOCK: a fifo given by mistake is refused below instead of being waited for. */
	*fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (*fd < 0)
		return err_system(err, errno, "cannot open the memory %s", path);
	arena_defer(arena, close_fd, fd, sizeof(*fd));
	if (fstat(*fd, st) != 0)
		return err_system(err, errno, "cannot look at the memory %s", path);
	*memory = (struct memory){ .path = arena_strdup(arena, path), .fd = *fd };
	return true;
}

/* Formats that hold memory in another shape. Taken for a flat image they would say "nothing loaded", wrongly. */
static bool refuse_packed(const char *path, struct blob head, struct err *err)
{
	static const struct {
		const char *name;
		const char *bytes;
		size_t length;
	} formats[] = {
		{ "an s390 dump", "\xa8\x19\x01\x73\x61\x8f\x23\xfd", 8 },
		{ "an extended s390 dump", "\xa8\x19\x01\x73\x61\x8f\x23\xfe", 8 },
		{ "a compressed kdump file", "KDUMP   ", 8 },
		{ "a diskdump file", "DISKDUMP", 8 },
		{ "a flattened makedumpfile file", "makedumpfile", 12 },
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (blob_begins(head, formats[i].bytes, formats[i].length))
			return err_set(err, ERR_UNSUPPORTED,
				       "%s is %s, which cannot be read here; convert it to ELF first (zgetdump -f elf, "
				       "makedumpfile -E), or give a flat memory image",
				       path, formats[i].name);
	}
	return true;
}

/* Up to `size` bytes; fewer at the end of the file. */
static bool read_some(const struct memory *memory, uint64_t offset, void *buffer, size_t size, size_t *got,
		      struct err *err)
{
	uint8_t *bytes = buffer;

	*got = 0;
	while (*got < size) {
		uint64_t at = offset + *got;

		if (at > INT64_MAX)
			return err_set(err, ERR_BAD_IMAGE, "%s: offset 0x%" PRIx64 " is beyond what a file can have",
				       memory->path, at);

		ssize_t n = pread(memory->fd, bytes + *got, size - *got, (off_t)at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_system(err, errno, "cannot read %zu bytes of %s at offset 0x%" PRIx64, size - *got,
					  memory->path, at);
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return true;
}

bool memory_open(struct memory *memory, struct arena *arena, const char *path, enum order order,
		 uint16_t elf_machine, struct err *err)
{
	struct stat st;

	if (!open_fd(memory, arena, path, &st, err))
		return false;
	if (!S_ISREG(st.st_mode) && !S_ISBLK(st.st_mode))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is neither a file nor a block device: a memory image must be one, so that it can be "
			       "read at any place",
			       path);

	uint8_t bytes[64];
	size_t got;

	if (!read_some(memory, 0, bytes, sizeof(bytes), &got, err))
		return false;

	struct blob head = { bytes, got };

	if (blob_begins(head, ELFMAG, SELFMAG)) {
		memory->kind = MEMORY_ELF;
		return memory_elf_parts(memory, arena, head, order, elf_machine, err);
	}
	if (!refuse_packed(path, head, err))
		return false;

	off_t end = lseek(memory->fd, 0, SEEK_END);

	if (end < 0)
		return err_system(err, errno, "cannot find the size of the memory %s", path);
	if (end == 0)
		return err_set(err, ERR_BAD_IMAGE, "%s is empty: a memory image holds every byte of memory, at the "
						   "offset that is its absolute address",
			       path);
	memory->kind = MEMORY_FLAT;
	memory->parts = arena_alloc(arena, sizeof(*memory->parts));
	memory->parts[0] = (struct memory_part){ .range = { 0, (uint64_t)end } };
	memory->part_count = 1;
	return true;
}

bool memory_open_device(struct memory *memory, struct arena *arena, const char *path, struct err *err)
{
	struct stat st;

	if (!open_fd(memory, arena, path, &st, err))
		return false;
	memory->kind = MEMORY_DEVICE;
	memory->parts = arena_alloc(arena, sizeof(*memory->parts));
	memory->parts[0] = (struct memory_part){ .range = { 0, UINT64_MAX } };
	memory->part_count = 1;
	return true;
}

static const struct memory_part *find(const struct memory *memory, uint64_t address)
{
	size_t i = find_above(memory->parts, sizeof(*memory->parts), offsetof(struct memory_part, range.end),
			      memory->part_count, address);

	return i < memory->part_count && memory->parts[i].range.start <= address ? &memory->parts[i] : NULL;
}

bool memory_has(const struct memory *memory, struct range range)
{
	while (!range_is_empty(range)) {
		const struct memory_part *part = find(memory, range.start);

		if (!part)
			return false;
		range.start = part->range.end;
	}
	return true;
}

uint64_t memory_end(const struct memory *memory)
{
	return memory->part_count ? memory->parts[memory->part_count - 1].range.end : 0;
}

bool memory_read(const struct memory *memory, uint64_t address, void *buffer, size_t size, struct err *err)
{
	uint8_t *bytes = buffer;

	while (size) {
		const struct memory_part *part = find(memory, address);

		if (!part)
			return err_set(err, ERR_BAD_IMAGE, "%s does not contain the memory at 0x%" PRIx64, memory->path,
				       address);

		uint64_t left = part->range.end - address;
		size_t wanted = left < size ? (size_t)left : size;
		size_t got;

		if (!read_some(memory, part->offset + (address - part->range.start), bytes, wanted, &got, err))
			return false;
		if (got < wanted)
			return err_set(err, ERR_BAD_IMAGE, "%s ends before the memory at 0x%" PRIx64, memory->path,
				       address + got);
		address += got;
		bytes += got;
		size -= got;
	}
	return true;
}
