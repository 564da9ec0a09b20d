/* SPDX-License-Identifier: GPL-2.0-only */
/* From the bytes of a file to the kernel inside: packings and wrappings are taken off until a format is found. */
#include "kexec/image/identify.h"

#include <stdio.h>

#include "kexec/image/foreign.h"
#include "kexec/image/inflate.h"
#include "kexec/image/wrap.h"

struct format {
	enum image_format format;
	const char *name;
	const char *sought; /* what the probe goes by, for messages */
	enum probe (*probe)(struct image *image, struct err *err);
};

/* Multiboot is a header inside other formats, and of ELF first of all. */
static enum probe probe_elf(struct image *image, struct err *err)
{
	enum probe result = elf_probe(&image->elf, image->data, &image->arena, err);

	if (result == PROBE_MINE && multiboot_probe(&image->multiboot, image->data, &image->elf, err) == PROBE_BAD)
		return PROBE_BAD;
	return result;
}

static enum probe probe_bzimage(struct image *image, struct err *err)
{
	return bzimage_probe(&image->bzimage, image->data, err);
}

static enum probe probe_linux_efi(struct image *image, struct err *err)
{
	return linux_efi_probe(image->data, err);
}

static enum probe probe_s390(struct image *image, struct err *err)
{
	return s390_image_probe(&image->s390, image->data, err);
}

/* An EFI program may carry the header along, as Xen's does, and is not what it speaks of. */
static enum probe probe_multiboot(struct image *image, struct err *err)
{
	if (blob_begins(image->data, "MZ", 2))
		return PROBE_NOT_MINE;
	return multiboot_probe(&image->multiboot, image->data, NULL, err);
}

/*
 * In order of priority, which is how early in the file the magic stands: what an earlier one claims may well
 * contain the later one's magic as its own payload. A format without a fixed place comes last.
 */
static const struct format formats[] = {
	{ IMAGE_ELF, "ELF", "\"\\177ELF\" at byte 0", probe_elf },
	{ IMAGE_BZIMAGE, "x86 bzImage", "\"HdrS\" at byte 0x202", probe_bzimage },
	{ IMAGE_LINUX_EFI, "Linux Image of arm64, RISC-V or LoongArch", "a magic at byte 56", probe_linux_efi },
	{ IMAGE_S390, "Linux/s390 image", "\"S390EP\" at byte 0x10008", probe_s390 },
	{ IMAGE_MULTIBOOT, "multiboot kernel", "a header in its first 32768 bytes", probe_multiboot },
};

#define FORMATS (sizeof(formats) / sizeof(formats[0]))

/*
 * What may still be taken off. Kernels are not packed twice, and a bomb may be. A unified kernel image may be packed as
 * a whole and may hold a packed kernel, but no further one of itself.
 */
enum {
	MAY_UNPACK = 1,
	MAY_UKI = 2,
	MAY_ZBOOT = 4,
	MAY_ZIMAGE = 8,
};

struct layer {
	unsigned int may;
	uint64_t limit; /* bytes that unpacking may yield, in all */
};

static bool identify_layer(struct image *image, struct layer layer, struct err *err);

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
	char seen[8 * 3 + 1] = "", sought[1024] = "";
	size_t used = 0;

	for (size_t i = 0; i < 8 && i < data.size; i++)
		snprintf(seen + i * 3, 4, " %02x", data.data[i]);
	for (size_t i = 0; i < FORMATS && used < sizeof(sought); i++)
		used += (size_t)snprintf(sought + used, sizeof(sought) - used, "%s (%s), ", formats[i].name,
					 formats[i].sought);
	for (size_t i = 0; i < inflate_count() && used < sizeof(sought); i++)
		used += (size_t)snprintf(sought + used, sizeof(sought) - used, "%s%s",
					 i ? ", " : "or any of these in a unified kernel image, or packed with ",
					 inflate_at(i)->name);
	return err_set(err, ERR_BAD_IMAGE,
		       "is no kernel of a known format: %zu bytes that begin with%s; looked for: %s. "
		       "Is it the right file, and whole?",
		       data.size, seen, sought);
}

static bool unpack_layer(struct image *image, const struct unpacker *unpacker, struct blob packed, struct layer *layer,
			 struct err *err)
{
	struct blob data;

	if (!inflate_run(unpacker, packed, layer->limit, &image->arena, &data, err))
		return false;
	if (image->codec == CODEC_NONE)
		image->codec = unpacker->codec;
	image->data = data;
	layer->limit -= data.size;
	return true;
}

static bool identify_packed(struct image *image, const struct unpacker *unpacker, struct layer layer, struct err *err)
{
	if (!(layer.may & MAY_UNPACK))
		return err_set(err, ERR_UNSUPPORTED, "is packed again, with %s: unpack it first (%s)", unpacker->name,
			       unpacker->tool);
	if (!unpack_layer(image, unpacker, image->data, &layer, err))
		return false;
	layer.may = layer.may & MAY_UKI ? MAY_UKI | MAY_ZBOOT | MAY_ZIMAGE : 0;
	return identify_layer(image, layer, err) || err_prefix(err, "unpacked from %s", unpacker->name);
}

static bool identify_zboot(struct image *image, const struct zboot *zboot, struct layer layer, struct err *err)
{
	if (!(layer.may & MAY_ZBOOT))
		return err_set(err, ERR_UNSUPPORTED, "is an EFI zboot image, packed again: unpack it first");
	if (image->wrap == WRAP_NONE)
		image->wrap = WRAP_ZBOOT;
	layer.may = 0;
	return (unpack_layer(image, zboot->unpacker, zboot->payload, &layer, err) &&
		identify_layer(image, layer, err)) ||
	       err_prefix(err, "payload of the EFI zboot image");
}

static bool identify_zimage(struct image *image, const struct zimage *zimage, struct layer layer, struct err *err)
{
	if (!(layer.may & MAY_ZIMAGE))
		return err_set(err, ERR_UNSUPPORTED, "is a zImage inside another one, or packed again: unpack it first");
	image->wrap = WRAP_ZIMAGE;
	image->uki.initrd = zimage->initrd;
	image->data = zimage->kernel;
	layer.may = MAY_UNPACK;
	return identify_layer(image, layer, err) || err_prefix(err, "kernel of the zImage");
}

static bool identify_uki(struct image *image, struct blob kernel, struct layer layer, struct err *err)
{
	if (!(layer.may & MAY_UKI))
		return err_set(err, ERR_UNSUPPORTED, "is a unified kernel image inside another one");
	image->wrap = WRAP_UKI;
	image->dtb = image->uki.dtb;
	image->data = kernel;
	layer.may = MAY_UNPACK | MAY_ZBOOT;
	return identify_layer(image, layer, err) || err_prefix(err, ".linux of the unified kernel image");
}

/*
 * Formats go before wrappings and codecs, and codecs without a magic after everything: a plain kernel is never taken
 * for a packed one. An EFI zboot image alone says so in its first bytes, and has the look of other formats.
 */
static bool identify_layer(struct image *image, struct layer layer, struct err *err)
{
	struct blob kernel;
	struct zboot zboot;
	struct zimage zimage;
	struct uki uki;

	switch (zboot_probe(&zboot, image->data, err)) {
	case PROBE_MINE:
		return identify_zboot(image, &zboot, layer, err);
	case PROBE_BAD:
		return false;
	case PROBE_NOT_MINE:
		break;
	}
	switch (probe_formats(image, err)) {
	case PROBE_MINE:
		if (image->format != IMAGE_ELF)
			return true;
		switch (zimage_probe(&zimage, &image->elf, err)) {
		case PROBE_MINE:
			return identify_zimage(image, &zimage, layer, err);
		case PROBE_BAD:
			return false;
		case PROBE_NOT_MINE:
			break;
		}
		return true;
	case PROBE_BAD:
		return false;
	case PROBE_NOT_MINE:
		break;
	}
	switch (uki_probe(&uki, &kernel, image->data, &image->arena, err)) {
	case PROBE_MINE:
		if (layer.may & MAY_UKI)
			image->uki = uki;
		return identify_uki(image, kernel, layer, err);
	case PROBE_BAD:
		return false;
	case PROBE_NOT_MINE:
		break;
	}

	const struct unpacker *unpacker = inflate_find(image->data, true);

	if (!unpacker && foreign_explain(image->data, err))
		return false;
	if (!unpacker && layer.may & MAY_UNPACK)
		unpacker = inflate_find(image->data, false);
	return unpacker ? identify_packed(image, unpacker, layer, err) : unknown(image->data, err);
}

bool image_identify(struct image *image, uint64_t unpack_limit, struct err *err)
{
	const struct layer whole = { .may = MAY_UNPACK | MAY_UKI | MAY_ZBOOT | MAY_ZIMAGE, .limit = unpack_limit };

	image->data = image->file;
	if (image->file.size == 0)
		return err_set(err, ERR_BAD_IMAGE, "is empty");
	return identify_layer(image, whole, err);
}
