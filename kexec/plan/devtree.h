/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device tree for the next kernel: one pass over the flattened tree of this one (or of --dtb), in which nodes
 * and properties are kept, left out, changed or added. libfdt reads the old tree and writes the new one.
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

/*
 * At the path of a node ("/", "/chosen"), or with path NULL in each node: data == NULL takes the property away,
 * else it is set, which goes with a path only.
 */
struct devtree_edit {
	const char *path;
	const char *name;
	const void *data;
	size_t size;
};

/* One node of the old tree: path is that in the new one, offset is for libfdt. */
struct devtree_node {
	const char *path;
	struct blob tree;
	int offset;
};

struct devtree_sink;

struct devtree_changes {
	const struct devtree_edit *edits; /* any order; a node below "/" that is not there is made, for one that sets */
	size_t edit_count;
	const char *const *drop_nodes; /* paths of nodes that are left out with all below; NULL-terminated, or NULL */

	/*
	 * Called for each node that is kept, behind its properties: may add more with devtree_add(). It has to be taken
	 * care that they are not there already: by an edit that takes them away. NULL = none.
	 */
	bool (*node)(void *context, const struct devtree_node *node, struct devtree_sink *sink, struct err *err);
	void *context;

	/*
	 * The tree was read from sysfs, which puts "#N" behind a name that stands twice in one node (a property and a node
	 * below, mostly): these get their own name again.
	 */
	bool restore_names;

	/* Of the memory reservation block: those of the old tree are left out, that of the new tree and these written. */
	const struct range *reserved;
	size_t reserved_count;

	size_t slack; /* bytes of room behind the structure, within totalsize, for the kernel's own changes */
	uint32_t boot_cpu; /* boot_cpuid_phys */
};

/* Bytes in an arena, aligned for libfdt. */
struct devtree {
	uint8_t *data;
	size_t size;
};

/*
 * tree: its header was checked. Errors: ERR_BAD_MACHINE for a tree that cannot be walked, with name and offset, or one
 * beyond the limits of kexec/base/fdt_write.h; ERR_UNSUPPORTED in a build without libfdt.
 */
bool devtree_rewrite(struct blob tree, const struct devtree_changes *changes, struct arena *arena, struct devtree *out,
		     struct err *err) ERR_CHECKED;

/* What goes wrong here ends devtree_rewrite() with an error, behind the call of node(). */
void devtree_add(struct devtree_sink *sink, const char *name, const void *data, size_t size);

/*
 * Reading, of a tree whose header was checked. A node is its offset, -1 stands for none; without libfdt there is
 * none. The value of a property that is not there has data NULL.
 */
int devtree_find(struct blob tree, const char *path);
int devtree_first(struct blob tree, int parent);
int devtree_next(struct blob tree, int sibling);
const char *devtree_name(struct blob tree, int node);
struct blob devtree_value(struct blob tree, int node, const char *name);

/* Whether the value is this text with its NUL, or a list of texts that has it. */
bool devtree_has_text(struct blob value, const char *text);

/* Bytes that the node takes in the structure block, with all below. */
size_t devtree_size(struct blob tree, int node);

/* Says in its own reservation block where the tree will lie; the first entry there is kept free for that. */
void devtree_set_address(struct devtree *tree, uint64_t address);

#endif
