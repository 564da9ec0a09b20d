/* SPDX-License-Identifier: GPL-2.0-only */
/* Source: Devicetree Specification 0.4, section 5. */
#include "config.h"

#include "kexec/image/wrap.h"

#include <inttypes.h>
#include <string.h>

#include "bytes.h"
#include "kexec/base/file.h"

#ifdef HAVE_LIBFDT
#include <libfdt.h>
#endif

#define MAGIC UINT32_C(0xd00dfeed)
#define MOST (UINT32_C(2) << 20) /* Linux arm64 maps no more of it (booting.rst), and others are smaller */
#define ALIGN 8

struct fdt {
	struct be32 magic, total_size;
	struct be32 structure, strings, reservations;
	struct be32 version, last_compatible, boot_cpu;
	struct be32 strings_size, structure_size;
};

_Static_assert(sizeof(struct fdt) == 40, "device tree header layout");

/* The versions in use; 17 is the only one that has both sizes. */
#define VERSION_LEAST 17
#define VERSION_COMPATIBLE 16

static bool check_block(struct blob tree, const char *name, uint32_t offset, uint32_t size, struct err *err)
{
	if (offset >= sizeof(struct fdt) && blob_has(tree, offset, size))
		return true;
	return err_set(err, ERR_BAD_IMAGE,
		       "damaged device tree: the %s block, %" PRIu32 " bytes at %" PRIu32
		       ", does not lie behind the header and inside %zu bytes",
		       name, size, offset, tree.size);
}

static bool check_header(struct blob *dtb, struct err *err)
{
	const struct fdt *h = blob_at(*dtb, 0, sizeof(*h));

	if (!h)
		return err_set(err, ERR_BAD_IMAGE, "%zu bytes, and the header of a device tree takes %zu", dtb->size,
			       sizeof(*h));
	if (be32_get(h->magic) != MAGIC)
		return err_set(err, ERR_BAD_IMAGE,
			       "is no flattened device tree: it begins with 0x%08" PRIx32 ", expected 0x%08" PRIx32
			       ". Is it the source? dtc -O dtb translates that",
			       be32_get(h->magic), MAGIC);

	uint32_t size = be32_get(h->total_size);

	if (size > MOST)
		return err_set(err, ERR_BAD_IMAGE, "a device tree of %" PRIu32 " bytes, expected at most %" PRIu32, size,
			       MOST);
	if (size < sizeof(*h) || size > dtb->size)
		return err_set(err, ERR_BAD_IMAGE,
			       "says that it is a device tree of %" PRIu32 " bytes, and has %zu: it is cut short", size,
			       dtb->size);
	if (be32_get(h->version) < VERSION_LEAST || be32_get(h->last_compatible) > VERSION_LEAST ||
	    be32_get(h->last_compatible) < VERSION_COMPATIBLE)
		return err_set(err, ERR_UNSUPPORTED,
			       "a device tree of version %" PRIu32 ", readable as %" PRIu32 ", expected %d and %d",
			       be32_get(h->version), be32_get(h->last_compatible), VERSION_LEAST,
			       VERSION_COMPATIBLE);
	dtb->size = size;
	return check_block(*dtb, "structure", be32_get(h->structure), be32_get(h->structure_size), err) &&
	       check_block(*dtb, "strings", be32_get(h->strings), be32_get(h->strings_size), err) &&
	       check_block(*dtb, "memory reservation", be32_get(h->reservations), 2 * sizeof(uint64_t), err);
}

bool dtb_check(struct blob *dtb, struct arena *arena, struct err *err)
{
	if (!check_header(dtb, err))
		return false;

	/* Loaders copy it anyway; a library wants it aligned, which a section of a file need not be. */
	if ((uintptr_t)dtb->data % ALIGN) {
		uint8_t *copy = arena_alloc(arena, dtb->size);

		memcpy(copy, dtb->data, dtb->size);
		dtb->data = copy;
	}
#ifdef HAVE_LIBFDT
	int result = fdt_check_full(dtb->data, dtb->size);

	if (result != 0)
		return err_set(err, ERR_BAD_IMAGE, "damaged device tree: %s", fdt_strerror(result));
#endif
	return true;
}

bool image_set_dtb(struct image *image, const char *path, struct err *err)
{
	struct blob dtb;

	if (!file_map(&image->arena, path, NULL, &dtb, err))
		return false;
	if (!dtb_check(&dtb, &image->arena, err))
		return err_prefix(err, "device tree %s", path);
	image->dtb = dtb;
	return true;
}
