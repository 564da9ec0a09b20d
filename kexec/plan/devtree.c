/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "kexec/plan/devtree.h"

#ifdef HAVE_LIBFDT
#include <inttypes.h>
#include <libfdt.h>
#include <limits.h>
#include <string.h>

#include "kexec/base/fdt_write.h"
#include "kexec/plan/devtree_names.h"

/* What could not be written stops the walk at the node that it was for. */
struct devtree_sink {
	struct fdt_writer writer;
	struct err *err;
	bool failed;
};

void devtree_add(struct devtree_sink *sink, const char *name, const void *data, size_t size)
{
	sink->failed = sink->failed || !fdt_write_property(&sink->writer, name, (struct blob){ data, size }, sink->err);
}

struct walk {
	const struct devtree_changes *changes;
	struct blob tree;
	const void *fdt;
	struct arena *scratch;
	struct devtree_sink sink;
	struct devtree_names names;

	char *path;
	size_t path_used, path_room;
	int parents[FDT_WRITE_DEPTH]; /* offsets of the nodes that are open */
	size_t depth;

	bool open;  /* the node's properties are not at their end */
	bool *here; /* for each edit, whether it is for this node */
	bool *done;
};

static bool bad(const struct walk *w, int offset, const char *what, struct err *err)
{
	return err_set(err, ERR_BAD_MACHINE, "damaged device tree: %s at offset %d of its structure, in node %s", what, offset,
		       w->depth ? w->path : "none");
}

static void push_path(struct walk *w, const char *name, size_t length)
{
	size_t needed = w->path_used + length + 2;

	if (needed > w->path_room) {
		char *grown = arena_alloc(w->scratch, needed * 2);

		if (w->path_used)
			memcpy(grown, w->path, w->path_used);
		w->path = grown;
		w->path_room = needed * 2;
	}
	if (w->path_used != 1)
		w->path[w->path_used++] = '/';
	memcpy(w->path + w->path_used, name, length);
	w->path_used += length;
	w->path[w->path_used] = 0;
}

static void push(struct walk *w, int offset, const char *name)
{
	push_path(w, name, strlen(name));
	w->parents[w->depth++] = offset;
}

static void pop(struct walk *w)
{
	w->depth--;
	while (w->path_used > 1 && w->path[w->path_used - 1] != '/')
		w->path_used--;
	if (w->path_used > 1)
		w->path_used--;
	w->path[w->path_used] = 0;
}

static bool is_dropped(const struct walk *w)
{
	for (const char *const *path = w->changes->drop_nodes; path && *path; path++)
		if (strcmp(*path, w->path) == 0)
			return true;
	return false;
}

static void find_edits(struct walk *w)
{
	for (size_t i = 0; i < w->changes->edit_count; i++) {
		const char *path = w->changes->edits[i].path;

		w->here[i] = !path || strcmp(path, w->path) == 0;
	}
}

/* Behind the last property of a node. */
static bool finish_properties(struct walk *w, struct err *err)
{
	const struct devtree_changes *c = w->changes;

	if (!w->open)
		return true;
	w->open = false;
	for (size_t i = 0; i < c->edit_count; i++) {
		if (!w->here[i] || !c->edits[i].data)
			continue;
		devtree_add(&w->sink, c->edits[i].name, c->edits[i].data, c->edits[i].size);
		w->done[i] = true;
	}
	if (c->node &&
	    !c->node(c->context, &(struct devtree_node){ w->path, w->tree, w->parents[w->depth - 1] }, &w->sink, err))
		return false;
	return !w->sink.failed;
}

/* Nodes below the root for what could not be set, because they are not there. */
static bool make_missing(struct walk *w, struct err *err)
{
	const struct devtree_changes *c = w->changes;

	for (size_t i = 0; i < c->edit_count; i++) {
		const struct devtree_edit *e = &c->edits[i];

		if (w->done[i] || !e->data)
			continue;
		if (!e->path || e->path[0] != '/' || strrchr(e->path, '/') != e->path || !e->path[1])
			return err_set(err, ERR_INTERNAL, "property %s is to be set in node %s, which cannot be made", e->name,
				       e->path ? e->path : "of any name");
		if (!fdt_write_node(&w->sink.writer, e->path + 1, err))
			return false;
		for (size_t k = i; k < c->edit_count; k++) {
			const struct devtree_edit *same = &c->edits[k];

			if (w->done[k] || !same->data || strcmp(same->path, e->path) != 0)
				continue;
			devtree_add(&w->sink, same->name, same->data, same->size);
			w->done[k] = true;
		}
		if (w->sink.failed || !fdt_write_end_node(&w->sink.writer, err))
			return false;
	}
	return true;
}

/* The name that an entry of the node that is open gets. */
static const char *restored(struct walk *w, const char *name)
{
	size_t length = devtree_names_restored(&w->names, w->parents[w->depth - 1], name);

	return name[length] ? arena_strndup(w->scratch, name, length) : name;
}

/* *next moves behind a node that is left out. */
static bool walk_node(struct walk *w, int offset, int *next, struct err *err)
{
	const char *name = fdt_get_name(w->fdt, offset, NULL);

	if (!name)
		return bad(w, offset, "a node without a name", err);
	if (w->depth && (!*name || strchr(name, '/')))
		return bad(w, offset, "a node whose name is empty or has a slash", err);
	if (w->depth && !finish_properties(w, err))
		return false;

	if (w->depth == FDT_WRITE_DEPTH)
		return bad(w, offset, "one level more than there can be", err);

	/* The root has no name. */
	const char *own = w->depth ? restored(w, name) : "";

	push(w, offset, own);
	if (!is_dropped(w)) {
		find_edits(w);
		w->open = true;
		return fdt_write_node(&w->sink.writer, own, err);
	}

	for (size_t depth = 1; depth;) {
		int at = *next;
		uint32_t tag = fdt_next_tag(w->fdt, at, next);

		if (*next < 0 || tag == FDT_END)
			return bad(w, at, "an end in the middle of a node", err);
		depth += tag == FDT_BEGIN_NODE;
		depth -= tag == FDT_END_NODE;
	}
	pop(w);
	return true;
}

static bool walk_property(struct walk *w, int offset, struct err *err)
{
	int size;
	const struct fdt_property *property = fdt_get_property_by_offset(w->fdt, offset, &size);

	if (!property || size < 0)
		return bad(w, offset, "a property that ends outside", err);
	if (!w->open)
		return bad(w, offset, "a property outside of a node, or behind nodes in it,", err);

	uint32_t name_at = fdt32_ld(&property->nameoff);
	const char *name = name_at <= INT_MAX ? fdt_get_string(w->fdt, (int)name_at, NULL) : NULL;

	if (!name)
		return bad(w, offset, "a property without a name", err);
	for (size_t i = 0; i < w->changes->edit_count; i++)
		if (w->here[i] && strcmp(w->changes->edits[i].name, name) == 0)
			return true;
	return fdt_write_property(&w->sink.writer, restored(w, name),
				  (struct blob){ (const uint8_t *)property->data, (size_t)size }, err);
}

static bool walk_end(struct walk *w, int offset, struct err *err)
{
	if (w->depth == 0)
		return bad(w, offset, "the end of a node that did not begin", err);
	if (!finish_properties(w, err) || (w->depth == 1 && !make_missing(w, err)))
		return false;
	pop(w);
	return fdt_write_end_node(&w->sink.writer, err);
}

static bool walk_tree(struct walk *w, struct err *err)
{
	bool had_root = false;

	for (int offset = 0, next;; offset = next) {
		uint32_t tag = fdt_next_tag(w->fdt, offset, &next);

		if (next < 0)
			return bad(w, offset, "an unknown or unfinished item", err);
		if (w->depth == 0 && had_root && tag != FDT_END && tag != FDT_NOP)
			return bad(w, offset, "an item behind the root node", err);
		switch (tag) {
		case FDT_BEGIN_NODE:
			had_root = true;
			if (!walk_node(w, offset, &next, err))
				return false;
			break;
		case FDT_PROP:
			if (!walk_property(w, offset, err))
				return false;
			break;
		case FDT_END_NODE:
			if (!walk_end(w, offset, err))
				return false;
			break;
		case FDT_END:
			if (w->depth || !had_root)
				return bad(w, offset, "its end before that of all nodes", err);
			return true;
		default:
			break;
		}
	}
}

/* The tree's own range comes first, and is known last. */
static uint8_t *own_reservation(const struct devtree *tree)
{
	return tree->data + fdt_off_mem_rsvmap(tree->data);
}

static bool begin(struct walk *w, struct err *err)
{
	const struct devtree_changes *c = w->changes;
	struct range *reserved = arena_array(w->scratch, c->reserved_count + 1, sizeof(*reserved));

	/* With a size, for without one it would be the end of the block. */
	reserved[0] = (struct range){ 0, 1 };
	if (c->reserved_count)
		memcpy(reserved + 1, c->reserved, c->reserved_count * sizeof(*reserved));
	w->sink.err = err;
	return fdt_write_begin(&w->sink.writer, reserved, c->reserved_count + 1, w->scratch, err);
}

bool devtree_rewrite(struct blob tree, const struct devtree_changes *changes, struct arena *arena, struct devtree *out,
		     struct err *err)
{
	struct arena scratch;
	struct fdt_written written = { NULL, 0 };
	struct walk w = { .changes = changes, .tree = tree, .fdt = tree.data, .scratch = &scratch };

	/* The header alone: the walk finds what else is wrong, and where. */
	if (tree.size < sizeof(struct fdt_header) || tree.size > INT_MAX || fdt_check_header(tree.data) != 0 ||
	    fdt_totalsize(tree.data) > tree.size || fdt_version(tree.data) < 17)
		return err_set(err, ERR_BAD_MACHINE, "damaged device tree: its header contradicts its %zu bytes", tree.size);

	arena_init(&scratch);
	if ((uintptr_t)tree.data % 8) {
		uint8_t *copy = arena_alloc(&scratch, tree.size);

		memcpy(copy, tree.data, tree.size);
		w.tree.data = copy;
		w.fdt = copy;
	}
	w.here = arena_array(&scratch, changes->edit_count, sizeof(*w.here));
	w.done = arena_array(&scratch, changes->edit_count, sizeof(*w.done));
	if (changes->restore_names)
		devtree_names_find(&w.names, w.fdt, &scratch);

	bool ok = begin(&w, err) && walk_tree(&w, err) &&
		  fdt_write_finish(&w.sink.writer, changes->slack, arena, &written, err);

	arena_release(&scratch);
	if (!ok)
		return false;
	*out = (struct devtree){ written.data, written.size };
	fdt_set_boot_cpuid_phys(out->data, changes->boot_cpu);
	fdt64_st(own_reservation(out) + offsetof(struct fdt_reserve_entry, size), out->size);
	return true;
}

void devtree_set_address(struct devtree *tree, uint64_t address)
{
	fdt64_st(own_reservation(tree) + offsetof(struct fdt_reserve_entry, address), address);
}

#else

bool devtree_rewrite(struct blob tree, const struct devtree_changes *changes, struct arena *arena, struct devtree *out,
		     struct err *err)
{
	(void)tree;
	(void)changes;
	(void)arena;
	(void)out;
	return err_set(err, ERR_UNSUPPORTED,
		       "this kexec was built without libfdt, so it cannot make the device tree that the next kernel needs. Build "
		       "it where libfdt is installed (libfdt-dev, libfdt-devel), or use -s");
}

void devtree_add(struct devtree_sink *sink, const char *name, const void *data, size_t size)
{
	(void)sink;
	(void)name;
	(void)data;
	(void)size;
}

void devtree_set_address(struct devtree *tree, uint64_t address)
{
	(void)tree;
	(void)address;
}

#endif
