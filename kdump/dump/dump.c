/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/dump/dump.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include "kdump/dump/format.h"

#define HEAD_SIZE 65536u

/* linux/magic.h, PROC_SUPER_MAGIC */
#define PROCFS 0x9fa0

struct dump_reader {
	const struct dump *dump;
	const struct dump_ops *ops;
	void *state;
};

struct known {
	uint16_t offset, length;
	const char *bytes;
	const char *what; /* and what to do */
};

#define KNOWN(offset, bytes, what) { offset, sizeof(bytes) - 1, bytes, what }

/* What is not read, but can be named. */
static const struct known unsupported[] = {
	KNOWN(0, "\x1f\x8b", "it is packed with gzip. Unpack it with \"gzip -d\" first"),
	KNOWN(0, "\xfd" "7zXZ\0", "it is packed with xz. Unpack it with \"xz -d\" first"),
	KNOWN(0, "\x28\xb5\x2f\xfd", "it is packed with zstd. Unpack it with \"zstd -d\" first"),
	KNOWN(0, "BZh", "it is packed with bzip2. Unpack it with \"bzip2 -d\" first"),
	KNOWN(0, "\x04\x22\x4d\x18", "it is packed with lz4. Unpack it with \"lz4 -d\" first"),
	KNOWN(0, "\x5d\0\0", "it is packed with lzma. Unpack it with \"xz -d --format=lzma\" first"),
	KNOWN(0, "\x89LZO\0\r\n\x1a\n", "it is packed with lzop. Unpack it with \"lzop -d\" first"),
	KNOWN(0, "LZIP", "it is packed with lzip. Unpack it with \"lzip -d\" first"),
	KNOWN(0, "7z\xbc\xaf\x27\x1c", "it is a 7z archive. Unpack it first"),
	KNOWN(0, "PK\x03\x04", "it is a zip archive. Unpack it first"),
	KNOWN(257, "ustar", "it is a tar archive. Unpack it first"),
	KNOWN(0, "\xa8\x19\x01\x73\x61\x8f\x23\xed", "LKCD dumps are not supported. Convert it with zgetdump first"),
	KNOWN(0, "\xed\x23\x8f\x61\x73\x01\x19\xa8", "LKCD dumps are not supported. crash 5 and older read it"),
	KNOWN(0, "sadump\0\0", "sadump dumps are not supported. Convert it with makedumpfile first"),
	KNOWN(0, "DISKDUMP", "diskdump's own format, of before kdump, is not supported. crash reads it"),
	KNOWN(0, "XECKD64", "it is a dump tool of s390, not a dump. Name the partition that was dumped to"),
	KNOWN(0, "XDFBA64", "it is a dump tool of s390, not a dump. Name the partition that was dumped to"),
	KNOWN(0, "XMULT64", "it is a dump tool of s390, not a dump. Join the volumes with \"zgetdump DEVICE > FILE\""),
	/* Of a DASD, in its fourth block. */
	KNOWN(12288, "XECKD64", "it is a whole DASD with a dump tool. Name the partition that was dumped to"),
	KNOWN(12288, "XDFBA64", "it is a whole DASD with a dump tool. Name the partition that was dumped to"),
	KNOWN(12288, "XMULT64", "dumps on several DASDs are not supported. Join them with \"zgetdump DEVICE > FILE\""),
	KNOWN(0, "LibvirtQemudSave", "it is a saved virtual machine. Use \"virsh dump --memory-only\""),
	KNOWN(0, "QEVM", "it is a saved virtual machine. Use \"dump-guest-memory\" of QEMU's monitor"),
	KNOWN(0, "\xd0\xbe\xd2\xbe", "it is a VMware snapshot. Convert it with vmss2core first"),
	KNOWN(0, "\xd1\xba\xd1\xba", "it is a VMware snapshot. Convert it with vmss2core first"),
	KNOWN(0, "\xd2\xbe\xd2\xbe", "it is a VMware snapshot. Convert it with vmss2core first"),
	KNOWN(0, "PAGEDU64", "it is a crash dump of Windows"),
	KNOWN(0, "PAGEDUMP", "it is a crash dump of Windows"),
};

static bool refuse(const char *path, struct blob head, struct err *err)
{
	for (size_t i = 0; i < sizeof(unsupported) / sizeof(*unsupported); i++) {
		const struct known *known = &unsupported[i];

		if (blob_matches(head, known->offset, known->bytes, known->length))
			return err_set(err, ERR_UNSUPPORTED, "%s: %s", path, known->what);
	}
	if (head.size == 0)
		return err_set(err, ERR_BAD_IMAGE, "%s is empty", path);

	char found[3 * 16 + 1] = "";
	size_t shown = head.size < 16 ? head.size : 16;

	for (size_t i = 0; i < shown; i++)
		snprintf(found + 3 * i, sizeof(found) - 3 * i, " %02x", head.data[i]);
	return err_set(err, ERR_BAD_IMAGE,
		       "%s is no dump: it begins with%s, and not like an ELF core, a kdump-compressed file (either of them "
		       "flattened or not) or an s390 dump",
		       path, found);
}

static void close_file(void *data, size_t size)
{
	(void)size;
	close(*(int *)data);
}

/*
 * Opens the file and finds out what it is to the system: how large, and whether it is in procfs. O_NONBLOCK: the open
 * of a pipe that nobody writes to would wait.
 */
static bool open_file(struct dump *dump, struct arena *arena, struct dump_file *file, struct err *err)
{
	struct stat st;
	struct statfs fs;
	int fd = open(dump->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);

	if (fd < 0)
		return err_system(err, errno, "cannot open %s", dump->path);

	int *kept = arena_alloc(arena, sizeof(*kept));

	*kept = fd;
	arena_defer(arena, close_file, kept, 0);
	dump->fd = fd;
	*file = (struct dump_file){ .fd = fd, .path = dump->path };
	if (fstat(fd, &st) != 0)
		return err_system(err, errno, "cannot look at %s", dump->path);
	if (S_ISDIR(st.st_mode))
		return err_set(err, ERR_BAD_IMAGE, "%s is a folder, expected a dump", dump->path);
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is a pipe, and a dump is not read in one pass: write it to a file first", dump->path);
	if (fstatfs(fd, &fs) == 0 && (uint64_t)fs.f_type == PROCFS) {
		/* /proc/kcore gives the end of the address space as its size, older kernels' /proc/vmcore 0. */
		file->mappable = true;
		file->map_end = st.st_size > 0 ? (uint64_t)st.st_size : 0;
	} else if (S_ISREG(st.st_mode)) {
		file->size = (uint64_t)st.st_size;
	} else if (S_ISBLK(st.st_mode)) {
		off_t end = lseek(fd, 0, SEEK_END);

		file->size = end > 0 ? (uint64_t)end : 0;
	}
	dump->file_size = file->size;
	return true;
}

/* In order: whether it is mine, and if so what is wrong. */
static bool open_format(struct dump *dump, struct arena *arena, const struct dump_file *file, struct blob head,
			struct err *err)
{
	static bool (*const formats[])(struct dump *dump, struct arena *arena, const struct dump_file *file,
				       struct blob head, struct err *err) = {
		dump_elf_open,
		dump_kdump_open,
		dump_s390_open,
	};

	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++) {
		err->code = ERR_NONE;
		if (formats[i](dump, arena, file, head, err))
			return true;
		if (err->code != ERR_NONE)
			return false;
	}
	return refuse(dump->path, head, err);
}

bool dump_open(struct dump *dump, struct arena *arena, const char *path, struct err *err)
{
	struct dump_file *file = arena_alloc(arena, sizeof(*file));
	uint8_t *head = arena_alloc(arena, HEAD_SIZE);
	const char *cut = NULL;
	bool damaged = false;
	size_t got;

	*dump = (struct dump){ .path = arena_strdup(arena, path), .fd = -1 };
	ranges_init(&dump->memory, arena);
	if (!open_file(dump, arena, file, err))
		return false;
	if (!dump_file_read(file, 0, head, HEAD_SIZE, &got, err))
		return false;
	if (blob_begins((struct blob){ head, got }, "makedumpfile\0\0\0", 16)) {
		if (!flattened_open(&file->flattened, arena, file->fd, dump->path, &file->size, &cut, &damaged, err))
			return false;
		dump->flattened = true;
		file->mappable = false;
		if (!dump_file_read(file, 0, head, HEAD_SIZE, &got, err))
			return false;
	}
	if (!open_format(dump, arena, file, (struct blob){ head, got }, err))
		return cut && err->code == ERR_BAD_IMAGE ? err_prefix(err, "the flattened stream is cut (%s)", cut) : false;
	if (cut) {
		dump->incomplete = cut;
		dump->damaged = damaged;
	}
	return true;
}

const char *dump_format_name(const struct dump *dump)
{
	switch (dump->format) {
	case DUMP_ELF:
		return dump->flattened ? "ELF core (flattened)" : "ELF core";
	case DUMP_KDUMP:
		return dump->flattened ? "kdump-compressed (flattened)" : "kdump-compressed";
	case DUMP_S390:
		if (dump->s390.extended)
			return dump->flattened ? "s390 extended (flattened)" : "s390 extended";
		return dump->flattened ? "s390 (flattened)" : "s390";
	}
	return "unknown";
}

struct dump_reader *dump_reader_new(const struct dump *dump, struct arena *arena, uint64_t window)
{
	struct dump_reader *reader = arena_alloc(arena, sizeof(*reader));

	*reader = (struct dump_reader){
		.dump = dump,
		.ops = dump->ops,
		.state = dump->ops->reader_state ? dump->ops->reader_state(dump, arena, window) : NULL,
	};
	return reader;
}

enum dump_page_state dump_reader_page(struct dump_reader *reader, uint64_t pfn, const uint8_t **page, struct err *err)
{
	return reader->ops->page(reader->dump, reader->state, pfn, page, err);
}

enum dump_page_state dump_reader_pages(struct dump_reader *reader, uint64_t pfn, uint64_t *count,
				       const uint8_t **pages, struct err *err)
{
	enum dump_page_state state = dump_reader_page(reader, pfn, pages, err);
	uint64_t run = state == DUMP_PAGE_HERE && reader->ops->run ? reader->ops->run(reader->dump, reader->state, pfn) : 1;

	if (run < *count)
		*count = run;
	return state;
}

enum dump_page_state dump_page_state(const struct dump *dump, uint64_t pfn)
{
	return dump->ops->page_state(dump, pfn);
}

bool dump_page_is_excluded(const struct dump *dump, uint64_t pfn)
{
	return dump->ops->is_excluded ? dump->ops->is_excluded(dump, pfn)
				      : dump->ops->page_state(dump, pfn) == DUMP_PAGE_EXCLUDED;
}

static bool refuse_bytes(const struct dump *dump, uint64_t physical, size_t size, enum dump_page_state state,
			 struct err *err)
{
	const char *why = "";

	switch (state) {
	case DUMP_PAGE_ABSENT:
		why = "the machine had no such memory";
		break;
	case DUMP_PAGE_EXCLUDED:
		why = "its page was left out by a filter";
		break;
	case DUMP_PAGE_LOST:
		why = "its page is lost: the dump was cut";
		break;
	case DUMP_PAGE_UNREADABLE:
		err->code = ERR_BAD_IMAGE;
		return err_prefix(err, "%s: cannot read %zu bytes at physical address 0x%" PRIx64, dump->path, size,
				  physical);
	case DUMP_PAGE_HERE:
		why = "its end is beyond the address space";
		break;
	}
	return err_set(err, ERR_BAD_IMAGE, "%s: cannot read %zu bytes at physical address 0x%" PRIx64 ": %s", dump->path,
		       size, physical, why);
}

bool dump_reader_bytes(struct dump_reader *reader, uint64_t physical, void *buffer, size_t size, struct err *err)
{
	const struct dump *dump = reader->dump;
	uint8_t *to = buffer;
	uint64_t at = physical;

	if (size && size - 1 > UINT64_MAX - physical)
		return refuse_bytes(dump, physical, size, DUMP_PAGE_HERE, err);
	for (size_t left = size; left;) {
		uint64_t within = at & (dump->page_size - 1);
		size_t piece = dump->page_size - within < left ? (size_t)(dump->page_size - within) : left;
		const uint8_t *page;
		enum dump_page_state state = dump_reader_page(reader, at / dump->page_size, &page, err);

		if (state != DUMP_PAGE_HERE)
			return refuse_bytes(dump, physical, size, state, err);
		memcpy(to, page + within, piece);
		to += piece;
		at += piece;
		left -= piece;
	}
	return true;
}
