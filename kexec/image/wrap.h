/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that hold a kernel of another format inside. */
#ifndef IMAGE_WRAP_H
#define IMAGE_WRAP_H

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "image.h"
#include "kexec/image/inflate.h"

/* kernel: the .linux section, of at least one byte. */
enum probe uki_probe(struct uki *uki, struct blob *kernel, struct blob file, struct arena *arena, struct err *err);

struct zboot {
	struct blob payload;
	const struct unpacker *unpacker;
};

enum probe zboot_probe(struct zboot *zboot, struct blob file, struct err *err);

struct zimage {
	struct blob kernel; /* packed or not; at least one byte */
	struct blob initrd; /* size 0 where there is none */
};

/* An ELF file whose sections can be found: one that is cut short is an ELF file like others. */
enum probe zimage_probe(struct zimage *zimage, const struct elf *elf, struct err *err);

/* A flattened device tree: its own size is in it, and what stands behind that is no part of it. */
bool dtb_check(struct blob *dtb, struct arena *arena, struct err *err) ERR_CHECKED;

#endif
