/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files are mapped, not read. If another process shortens a file while it is mapped, the kernel ends the
 * process that touches the missing pages with SIGBUS: the size is looked at again after all of this room's
 * own reading, and what happens later cannot be seen from here.
 */
#include "image.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "kexec/base/file.h"
#include "kexec/image/foreign.h"
#include "kexec/image/identify.h"
#include "kexec/image/inflate.h"

struct format {
	enum image_format format;
	const char *name;
	const char *sought; /* what the probe goes by, for messages */
	enum probe (*probe)(struct image *image, struct err *err);
};

static enum probe probe_elf(struct image *image, struct err *err)
{
	return elf_probe(&image->elf, image->data, &image->arena, err);
}

static enum probe probe_s390(struct image *image, struct err *err)
{
	return s390_image_probe(&image->s390, image->data, err);
}

/*
 * In order of priority, which is how early in the file the magic stands: what an earlier one claims may well
 * contain the later one's magic as its own payload. A format without a magic comes last.
 */
static const struct format formats[] = {
	{ IMAGE_ELF, "ELF", "\"\\177ELF\" at byte 0", probe_elf },
	{ IMAGE_S390, "Linux/s390 image", "\"S390EP\" at byte 0x10008", probe_s390 },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

const char *image_format_name(enum image_format format)
{
	for (size_t i = 0; i < FORMATS; i++)
		if (formats[i].format == format)
			return formats[i].name;
	return "unknown";
}

const char *codec_name(enum codec codec)
{
	for (size_t i = 0; i < inflate_count(); i++)
		if (inflate_at(i)->codec == codec)
			return inflate_at(i)->name;
	return "none";
}

static enum probe probe_formats(struct image *image, struct err *err)
{
	for (size_t i = 0; i < FORMATS; i++) {
		enum probe result = formats[i].probe(image, err);

		if (result == PROBE_MINE)
			image->format = formats[i].format;
		if (result != PROBE_NOT_MINE)
			return result;
	}
	return PROBE_NOT_MINE;
}

static bool unknown(struct blob data, struct err *err)
{
	char seen[8 * 3 + 1] = "", sought[512] = "";
	size_t used = 0;

	for (size_t i = 0; i < 8 && i < data.size; i++)
		snprintf(seen + i * 3, 4, " %02x", data.data[i]);
	for (size_t i = 0; i < FORMATS && used < sizeof(sought); i++)
		used += (size_t)snprintf(sought + used, sizeof(sought) - used, "%s (%s), ", formats[i].name,
					 formats[i].sought);
	for (size_t i = 0; i < inflate_count() && used < sizeof(sought); i++)
		used += (size_t)snprintf(sought + used, sizeof(sought) - used, "%s%s",
					 i ? ", " : "or either packed with ", inflate_at(i)->name);
	return err_set(err, ERR_BAD_IMAGE,
		       "is no kernel of a known format: %zu bytes that begin with%s; looked for: %s. "
		       "Is it the right file, and whole?",
		       data.size, seen, sought);
}

/* Only the first layer is unpacked: kernels are not packed twice, and a bomb may be. */
static bool identify_unpacked(struct image *image, const struct unpacker *unpacker, uint64_t limit,
			      struct err *err)
{
	struct blob data;

	if (!inflate_run(unpacker, image->file, limit, &image->arena, &data, err))
		return false;
	image->codec = unpacker->codec;
	image->data = data;

	switch (probe_formats(image, err)) {
	case PROBE_MINE:
		return true;
	case PROBE_NOT_MINE:
		break;
	case PROBE_BAD:
		return err_prefix(err, "unpacked from %s", unpacker->name);
	}

	const struct unpacker *inner = inflate_find(data, true);

	if (inner)
		err_set(err, ERR_UNSUPPORTED, "is packed again, with %s: unpack it first (%s)", inner->name,
			inner->tool);
	else if (!foreign_explain(data, err))
		unknown(data, err);
	return err_prefix(err, "unpacked from %s", unpacker->name);
}

bool image_identify(struct image *image, uint64_t unpack_limit, struct err *err)
{
	image->data = image->file;
	if (image->file.size == 0)
		return err_set(err, ERR_BAD_IMAGE, "is empty");

	/*
	 * Formats go before codecs, and codecs without a magic after everything: an unpacked kernel is never
	 * taken for a packed one.
	 */
	switch (probe_formats(image, err)) {
	case PROBE_MINE:
		return true;
	case PROBE_BAD:
		return false;
	case PROBE_NOT_MINE:
		break;
	}

	const struct unpacker *unpacker = inflate_find(image->file, true);

	if (!unpacker && foreign_explain(image->file, err))
		return false;
	if (!unpacker)
		unpacker = inflate_find(image->file, false);
	return unpacker ? identify_unpacked(image, unpacker, unpack_limit, err) : unknown(image->file, err);
}

static void start(struct image *image, const char *path)
{
	*image = (struct image){ .fd = -1 };
	arena_init(&image->arena);
	image->path = arena_strdup(&image->arena, path);
}

/* Called with the result of the whole: nothing of a failed image remains. */
static bool finish(struct image *image, bool ok, struct err *err)
{
	if (ok)
		return true;
	err_prefix(err, "%s", image->path);
	image_release(image);
	return false;
}

static bool same_size(const struct image *image, struct err *err)
{
	struct stat st;

	if (fstat(image->fd, &st) != 0 || !S_ISREG(st.st_mode) || (uintmax_t)st.st_size == image->file.size)
		return true;
	return err_set(err, ERR_BAD_IMAGE,
		       "changed its size from %zu to %jd bytes while it was read: wait until it is written, "
		       "and try again",
		       image->file.size, (intmax_t)st.st_size);
}

bool image_open(struct image *image, const char *path, struct err *err)
{
	start(image, path);
	if (!file_map(&image->arena, path, &image->fd, &image->file, err)) {
		image_release(image);
		return false;
	}
	return finish(image, image_identify(image, IMAGE_UNPACK_LIMIT, err) && same_size(image, err), err);
}

bool image_from_blob(struct image *image, const char *path, struct blob file, struct err *err)
{
	start(image, path);
	image->file = file;
	return finish(image, image_identify(image, IMAGE_UNPACK_LIMIT, err), err);
}

void image_release(struct image *image)
{
	arena_release(&image->arena);
	*image = (struct image){ .fd = -1 };
}
