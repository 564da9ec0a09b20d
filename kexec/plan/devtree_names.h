/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that sysfs made of others with "#N" behind, because two entries of a node had the same one. */
#ifndef PLAN_DEVTREE_NAMES_H
#define PLAN_DEVTREE_NAMES_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* One name in a node, of a property or a node below. */
struct devtree_entry {
	int parent; /* offset of the node */
	const char *name;
};

struct devtree_names {
	struct devtree_entry *v; /* by node, then by name */
	size_t count;
};

/*
 * All names of the tree; none where none of them has "#N". Stops at what is damaged, for who walks the tree will find
 * that again and say so. They live in the tree.
 */
void devtree_names_find(struct devtree_names *names, const void *fdt, struct arena *arena);

/* The length of the name in that node without its "#N", where the node has an entry of just that name; else of all. */
size_t devtree_names_restored(const struct devtree_names *names, int parent, const char *name);

#endif
