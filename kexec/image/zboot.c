/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * EFI zboot images: an EFI program that unpacks the kernel it holds. Source: Linux
 * drivers/firmware/efi/libstub/zboot-header.S and Makefile.zboot (6.12).
 */
#include "kexec/image/wrap.h"

#include <inttypes.h>
#include <string.h>

#include "bytes.h"

#define METHOD_SIZE 32

struct zboot_header {
	char magic[8]; /* "MZ", two bytes, "zimg" */
	struct le32 offset, size; /* of the payload; its appended size is not counted */
	struct le32 reserved[2];
	char method[METHOD_SIZE];
};

_Static_assert(sizeof(struct zboot_header) == 56, "zboot header layout");

/* The kernel's build names what it packed with, options and all. */
static const struct {
	const char *method;
	const struct unpacker *unpacker;
} methods[] = {
	{ "gzip", &gzip_unpacker },   { "zstd22", &zstd_unpacker }, { "zstd", &zstd_unpacker },
	{ "xzkern", &xz_unpacker },   { "xz", &xz_unpacker },	    { "lz4", &lz4_unpacker },
	{ "lzma", &lzma_unpacker },   { "bzip2", &bzip2_unpacker },
};

enum probe zboot_probe(struct zboot *zboot, struct blob file, struct err *err)
{
	if (!blob_begins(file, "MZ", 2) || !blob_matches(file, 4, "zimg", 4))
		return PROBE_NOT_MINE;

	const struct zboot_header *h = blob_at(file, 0, sizeof(*h));

	if (!h) {
		err_set(err, ERR_BAD_IMAGE, "EFI zboot image of %zu bytes, its header alone takes %zu: it is cut short",
			file.size, sizeof(*h));
		return PROBE_BAD;
	}

	uint32_t offset = le32_get(h->offset), size = le32_get(h->size);

	if (size == 0 || !blob_has(file, offset, size)) {
		err_set(err, ERR_BAD_IMAGE,
			"damaged EFI zboot image: its payload, %" PRIu32 " bytes at offset %" PRIu32
			", does not lie inside the file of %zu bytes: it is cut short",
			size, offset, file.size);
		return PROBE_BAD;
	}
	zboot->payload = blob_part(file, offset, size);

	char method[METHOD_SIZE + 1] = "";

	for (size_t i = 0; i < METHOD_SIZE && h->method[i]; i++)
		method[i] = h->method[i] >= ' ' && h->method[i] < 0x7f ? h->method[i] : '?';
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (strcmp(method, methods[i].method) == 0) {
			zboot->unpacker = methods[i].unpacker;
			return PROBE_MINE;
		}
	err_set(err, ERR_UNSUPPORTED,
		"EFI zboot image packed with \"%s\", which this version of kexec cannot unpack. Build the kernel with "
		"another CONFIG_KERNEL_ choice of gzip, xz, lzma, lz4 and zstd, or give its unpacked Image",
		method);
	return PROBE_BAD;
}
