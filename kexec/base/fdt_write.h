/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a flattened device tree of any size, node by node; what is below a node comes after its properties. */
#ifndef BASE_FDT_WRITE_H
#define BASE_FDT_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "range.h"

/* Far above real machines: 1,500 CPUs make 4 MiB, and 31 levels were never seen. */
#define FDT_WRITE_MOST (UINT32_C(64) << 20) /* bytes of the whole */
#define FDT_WRITE_PROPERTY_MOST (UINT32_C(16) << 20)
#define FDT_WRITE_DEPTH 64 /* levels, the root included */
#define FDT_WRITE_NAME_MOST 255

struct fdt_writer {
	struct arena *scratch; /* of the tree while it grows */
	void *fdt;
	size_t size;
	unsigned int depth; /* nodes that are open */
};

/* Aligned for libfdt. */
struct fdt_written {
	uint8_t *data;
	size_t size;
};

/* All of them: ERR_BAD_MACHINE for what exceeds the limits above, ERR_UNSUPPORTED in a build without libfdt. */

/* reserved: of the memory reservation block, in this order; what is empty is left out. */
bool fdt_write_begin(struct fdt_writer *writer, const struct range *reserved, size_t reserved_count,
		     struct arena *scratch, struct err *err) ERR_CHECKED;

/* The first one is the root, whose name is empty. */
bool fdt_write_node(struct fdt_writer *writer, const char *name, struct err *err) ERR_CHECKED;
bool fdt_write_property(struct fdt_writer *writer, const char *name, struct blob data, struct err *err) ERR_CHECKED;
bool fdt_write_end_node(struct fdt_writer *writer, struct err *err) ERR_CHECKED;

/*
 * After the root was ended. The tree lives in arena, and was checked. slack: bytes behind it that count as its own,
 * for changes; the whole is then a multiple of 8.
 */
bool fdt_write_finish(struct fdt_writer *writer, size_t slack, struct arena *arena, struct fdt_written *tree,
		      struct err *err) ERR_CHECKED;

#endif
