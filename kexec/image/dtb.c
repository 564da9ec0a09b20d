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
#define MOST (UINT32_C(16) << 20) /* 1,500 CPUs on Power make 3 MB */
#define ALIGN 8

struct fdt {
	struct be32 magic, total_size;
	struct be32 structure, strings, reservations;
	struct be32 version, last_compatible, boot_cpu;
	struct be32 strings_size, structure_size;
};

_Static_assert(sizeof(struct fdt) == 40, "device tree header layout");

/*
 * The versions in use. What is loaded is of version 17, which kernels and libfdt can write to. Version 16 does not say
 * how long the structure block is; Linux makes it of what Open Firmware tells (arch/powerpc/kernel/prom_init.c), so
 * /sys/firmware/fdt of a partition has it.
 */
#define VERSION 17
#define VERSION_OLD 16
#define HEADER_OLD 36

static bool check_block(struct blob tree, const char *name, uint32_t offset, uint32_t size, struct err *err)
{
	const struct fdt *h = (const struct fdt *)tree.data;
	uint32_t header = be32_get(h->version) == VERSION_OLD ? HEADER_OLD : sizeof(*h);

	if (offset >= header && blob_has(tree, offset, size))
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
	if (be32_get(h->version) < VERSION_OLD || be32_get(h->last_compatible) > VERSION ||
	    be32_get(h->last_compatible) < VERSION_OLD)
		return err_set(err, ERR_UNSUPPORTED,
			       "a device tree of version %" PRIu32 ", readable as %" PRIu32 ", expected %d or %d, readable as %d",
			       be32_get(h->version), be32_get(h->last_compatible), VERSION, VERSION_OLD, VERSION_OLD);
	dtb->size = size;

	/* Of the old one only that something can begin there. */
	uint32_t nodes = be32_get(h->version) == VERSION_OLD ? sizeof(struct be32) : be32_get(h->structure_size);

	return check_block(*dtb, "structure", be32_get(h->structure), nodes, err) &&
	       check_block(*dtb, "strings", be32_get(h->strings), be32_get(h->strings_size), err) &&
	       check_block(*dtb, "memory reservation", be32_get(h->reservations), 2 * sizeof(uint64_t), err);
}

#ifdef HAVE_LIBFDT
static bool check_all(struct blob dtb, struct err *err)
{
	int result = fdt_check_full(dtb.data, dtb.size);

	return result == 0 || err_set(err, ERR_BAD_IMAGE, "damaged device tree: %s", fdt_strerror(result));
}

/* In blocks that may lie anywhere, over each other too: none is larger than the tree. */
static bool convert(struct blob *dtb, struct arena *arena, struct err *err)
{
	size_t room = 3 * dtb->size + 2 * sizeof(struct fdt);
	uint8_t *tree = arena_alloc(arena, room);
	int result = fdt_open_into(dtb->data, tree, (int)room);

	if (result == 0)
		result = fdt_pack(tree);
	if (result != 0)
		return err_set(err, ERR_BAD_IMAGE, "device tree of version %d cannot be made one of version %d: %s",
			       VERSION_OLD, VERSION, fdt_strerror(result));
	*dtb = (struct blob){ tree, fdt_totalsize(tree) };
	return check_header(dtb, err) && check_all(*dtb, err);
}
#else
static bool check_all(struct blob dtb, struct err *err)
{
	(void)dtb, (void)err;
	return true;
}

static bool convert(struct blob *dtb, struct arena *arena, struct err *err)
{
	(void)dtb, (void)arena;
	return err_set(err, ERR_UNSUPPORTED,
		       "a device tree of version %d, and this program was built without libfdt, which makes one of version %d "
		       "of it. \"dtc -I dtb -O dtb -V %d\" does the same",
		       VERSION_OLD, VERSION, VERSION);
}
#endif

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

	const struct fdt *h = (const struct fdt *)dtb->data;

	return check_all(*dtb, err) && (be32_get(h->version) != VERSION_OLD || convert(dtb, arena, err));
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
