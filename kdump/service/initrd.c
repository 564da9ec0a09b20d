/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "kdump/service/initrd.h"
#include "kexec/image/inflate.h"

/* A header is this, in letters: magic, then 13 numbers of 8 hexadecimal digits. */
#define HEADER 110u
#define MAGIC 6u
#define DIGITS 8u
#define NAME_LIMIT 4096u /* PATH_MAX: the kernel takes none that is longer */

/* By their place behind the magic. */
enum field {
	FIELD_MODE = 1,
	FIELD_SIZE = 6,
	FIELD_NAME_SIZE = 11,
};

struct walk {
	struct initrd_total *total;
	initrd_each_fn *each;
	void *context;
};

static bool is_archive(struct blob file, uint64_t at)
{
	return blob_matches(file, at, "070701", MAGIC) || blob_matches(file, at, "070702", MAGIC);
}

static bool read_number(uint64_t *value, const uint8_t *header, enum field field)
{
	const uint8_t *digits = header + MAGIC + (unsigned int)field * DIGITS;

	*value = 0;
	for (unsigned int i = 0; i < DIGITS; i++) {
		uint8_t c = digits[i];
		unsigned int digit;

		if (c >= '0' && c <= '9')
			digit = c - '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			digit = (c | 0x20u) - 'a' + 10;
		else
			return false;
		*value = *value << 4 | digit;
	}
	return true;
}

static uint64_t align4(uint64_t offset)
{
	return (offset + 3) & ~UINT64_C(3);
}

static void hand_out(const struct walk *walk, const char *name, uint32_t mode, struct blob data)
{
	const char *plain = name;

	while (plain[0] == '/' || (plain[0] == '.' && plain[1] == '/'))
		plain++;
	walk->total->files++;
	walk->total->size += data.size;
	if (walk->each)
		walk->each(walk->context, plain, mode, data);
}

/* One entry at *at, which moves behind it; is_last: the end of the archive. */
static bool walk_entry(const struct walk *walk, struct blob file, uint64_t *at, bool *is_last, struct err *err)
{
	const uint8_t *header = blob_at(file, *at, HEADER);
	uint64_t mode, size, name_size, data_at;
	const uint8_t *name;

	if (!header)
		return err_set(err, ERR_BAD_IMAGE, "the archive ends in the header of a file, at byte %" PRIu64, *at);
	if (!is_archive(file, *at) || !read_number(&mode, header, FIELD_MODE) ||
	    !read_number(&size, header, FIELD_SIZE) || !read_number(&name_size, header, FIELD_NAME_SIZE))
		return err_set(err, ERR_BAD_IMAGE, "no cpio header (newc) where one is expected, at byte %" PRIu64,
			       *at);
	if (!name_size || name_size > NAME_LIMIT)
		return err_set(err, ERR_BAD_IMAGE,
			       "a name of %" PRIu64 " bytes at byte %" PRIu64 ": 1 to %u are expected", name_size,
			       *at, NAME_LIMIT);
	name = blob_at(file, *at + HEADER, name_size);
	if (!name || name[name_size - 1])
		return err_set(err, ERR_BAD_IMAGE, "a name that does not end, at byte %" PRIu64, *at);
	data_at = align4(*at + HEADER + name_size);
	if (!blob_has(file, data_at, size))
		return err_set(err, ERR_BAD_IMAGE, "the archive ends in %s: %" PRIu64 " bytes are expected",
			       (const char *)name, size);
	*at = align4(data_at + size);
	*is_last = strcmp((const char *)name, "TRAILER!!!") == 0;
	if (!*is_last)
		hand_out(walk, (const char *)name, (uint32_t)mode, blob_part(file, data_at, size));
	return true;
}

/* Archives and zeros, up to *at, where something else begins, or the end. */
static bool walk_archives(const struct walk *walk, struct blob file, uint64_t *at, struct err *err)
{
	bool is_open = false;

	while (*at < file.size) {
		bool is_last = false;

		if (!is_open && !file.data[*at]) {
			++*at;
			continue;
		}
		if (!is_open && !is_archive(file, *at))
			return true;
		if (!walk_entry(walk, file, at, &is_last, err))
			return false;
		/* An archive without its last entry is one, too, for the kernel: zeros may follow where a header would. */
		is_open = !is_last && *at < file.size && file.data[*at];
	}
	return true;
}

bool initrd_walk(struct initrd_total *total, struct arena *arena, struct blob file, uint64_t limit,
		 initrd_each_fn *each, void *context, struct err *err)
{
	struct walk walk = { .total = total, .each = each, .context = context };
	const struct unpacker *unpacker;
	struct blob rest, inner;
	uint64_t at = 0;

	*total = (struct initrd_total){ 0 };
	if (!walk_archives(&walk, file, &at, err))
		return false;
	if (at >= file.size)
		return total->files > 0 || err_set(err, ERR_BAD_IMAGE, "there is nothing in it");
	rest = blob_part(file, at, file.size - at);
	unpacker = inflate_find(rest, true);
	if (!unpacker)
		return err_set(err, ERR_BAD_IMAGE,
			       "neither a cpio archive nor packed in a known way, at byte %" PRIu64, at);
	if (!inflate_run(unpacker, rest, limit, arena, &inner, err))
		return false;
	at = 0;
	if (!walk_archives(&walk, inner, &at, err))
		return err_prefix(err, "unpacked");
	if (at < inner.size)
		return err_set(err, ERR_BAD_IMAGE, "unpacked, no cpio archive at byte %" PRIu64, at);
	return total->files > 0 || err_set(err, ERR_BAD_IMAGE, "unpacked, there is nothing in it");
}
