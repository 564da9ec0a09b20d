/* SPDX-License-Identifier: GPL-2.0-only */
/* Writes a flattened device tree of any size, node by node; what is below a node comes after its properties. */
#ifndef MACHINE_DEVTREE_WRITE_H
#define MACHINE_DEVTREE_WRITE_H

#include <stddef.h>

#include "arena.h"
#include "blob.h"
#include "err.h"

/* Far above real machines: 1,500 CPUs make 4 MiB, and 31 levels were never seen. */
#define DEVTREE_MOST (UINT32_C(64) << 20)	/* bytes of the whole */
#define DEVTREE_PROPERTY_MOST (UINT32_C(16) << 20)
#define DEVTREE_DEPTH 64 /* levels, the root included */
#define DEVTREE_NAME_MOST 255

struct devtree_writer {
	struct arena *scratch; /* of the tree while it grows */
	void *fdt;
	size_t size;
	unsigned int depth; /* nodes that are open */
};

/* All of them: ERR_BAD_MACHINE for what exceeds the limits above, ERR_UNSUPPORTED in a build without libfdt. */
bool devtree_write_begin(struct devtree_writer *writer, struct arena *scratch, struct err *err) ERR_CHECKED;

/* The first one is the root, whose name is empty. */
bool devtree_write_node(struct devtree_writer *writer, const char *name, struct err *err) ERR_CHECKED;
bool devtree_write_property(struct devtree_writer *writer, const char *name, struct blob data,
			    struct err *err) ERR_CHECKED;
bool devtree_write_end_node(struct devtree_writer *writer, struct err *err) ERR_CHECKED;

/* After the root was ended. The tree lives in arena, and was checked. */
bool devtree_write_finish(struct devtree_writer *writer, struct arena *arena, struct blob *tree,
			  struct err *err) ERR_CHECKED;

#endif
