/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device tree for the next kernel: one pass over the flattened tree of this one (or of --dtb), in which nodes and
 * properties are kept, left out, changed or added, written anew with libfdt. Linear in the size of the tree, any size.
 */
#ifndef PLAN_DEVTREE_H
#define PLAN_DEVTREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "range.h"

/* At the path of a node ("/", "/chosen"): data == NULL takes the property away, else it is set. */
struct devtree_edit {
	const char *path;
	const char *name;
	const void *data;
	size_t size;
};

struct devtree_changes {
	const struct devtree_edit *edits; /* any order; a node that is not there is made, for one that sets something */
	size_t edit_count;
	const char *const *drop_nodes; /* paths of nodes that are left out with all below; NULL-terminated, or NULL */

	/*
	 * Called for each node with its path, after its own properties were seen. May add properties by
	 * devtree_add(). NULL = none.
	 */
	bool (*node)(void *context, const char *path, struct blob tree, int offset, struct err *err);
	void *context;

	/* Of the memory reservation block: those of the old tree are left out, these written. */
	const struct range *reserved;
	size_t reserved_count;

	size_t slack; /* bytes of room behind the structure, within totalsize, for the kernel's own changes */
	uint32_t boot_cpu; /* boot_cpuid_phys */
};

/*
 * tree: checked. *out is in arena. Errors: ERR_BAD_MACHINE for a tree that cannot be walked, with name and offset;
 * ERR_UNSUPPORTED in a build without libfdt.
 */
bool devtree_rewrite(struct blob tree, const struct devtree_changes *changes, struct arena *arena, struct blob *out,
		     struct err *err) ERR_CHECKED;

#endif
