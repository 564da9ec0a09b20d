/* SPDX-License-Identifier: GPL-2.0-only */
/* Source of the format: Devicetree Specification 0.4, section 5. */
#include "config.h"

#include "kexec/plan/devtree.h"

#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"

#ifdef HAVE_LIBFDT
#include <libfdt.h>

/* libfdt counts in int. */
#define MOST ((size_t)INT_MAX)

/* Names that are not in the old tree are few: so many of the last are looked through for one that is there already. */
#define RECENT 32

struct header {
	struct be32 magic, total_size;
	struct be32 structure, strings, reservations;
	struct be32 version, last_compatible, boot_cpu;
	struct be32 strings_size, structure_size;
};

_Static_assert(sizeof(struct header) == 40, "device tree header layout");

struct reservation {
	struct be64 address, size;
};

struct bytes {
	uint8_t *data;
	size_t used, room;
};

struct devtree_sink {
	struct arena *arena;
	struct bytes structure;
	struct bytes names;	/* behind those of the old tree, which keep their offsets */
	uint32_t names_start;	/* size of the old tree's */
	uint32_t recent[RECENT]; /* offsets in names */
	size_t recent_count;
	bool too_large;
};

static void append(struct devtree_sink *w, struct bytes *b, const void *data, size_t size)
{
	if (w->too_large || size > MOST - b->used - 8) {
		w->too_large = true;
		return;
	}
	if (b->room - b->used < size) {
		size_t room = b->used + size + b->room;
		uint8_t *grown = arena_alloc(w->arena, room);

		if (b->used)
			memcpy(grown, b->data, b->used);
		b->data = grown;
		b->room = room;
	}
	if (size)
		memcpy(b->data + b->used, data, size);
	b->used += size;
}

static void append_word(struct devtree_sink *w, uint32_t value)
{
	struct be32 word = be32_make(value);

	append(w, &w->structure, &word, sizeof(word));
}

static void align(struct devtree_sink *w)
{
	static const uint8_t zeros[FDT_TAGSIZE];

	append(w, &w->structure, zeros, (FDT_TAGSIZE - w->structure.used % FDT_TAGSIZE) % FDT_TAGSIZE);
}

static uint32_t name_offset(struct devtree_sink *w, const char *name, size_t length)
{
	size_t seen = w->recent_count < RECENT ? w->recent_count : RECENT;

	for (size_t i = 0; i < seen; i++) {
		const char *known = (const char *)w->names.data + w->recent[i];

		if (strncmp(known, name, length) == 0 && known[length] == 0)
			return w->names_start + w->recent[i];
	}

	uint32_t offset = (uint32_t)w->names.used;

	append(w, &w->names, name, length);
	append(w, &w->names, "", 1);
	if (!w->too_large)
		w->recent[w->recent_count++ % RECENT] = offset;
	return w->names_start + offset;
}

static void append_property(struct devtree_sink *w, uint32_t name, const void *data, size_t size)
{
	append_word(w, FDT_PROP);
	append_word(w, (uint32_t)size);
	append_word(w, name);
	append(w, &w->structure, data, size);
	align(w);
}

void devtree_add(struct devtree_sink *w, const char *name, const void *data, size_t size)
{
	append_property(w, name_offset(w, name, strlen(name)), data, size);
}

static void begin_node(struct devtree_sink *w, const char *name, size_t length)
{
	append_word(w, FDT_BEGIN_NODE);
	append(w, &w->structure, name, length);
	append(w, &w->structure, "", 1);
	align(w);
}

/* Names with "#N" */

/* One name in a node, of a property or a node below. */
struct entry {
	int parent; /* offset of the node */
	const char *name;
};

struct entries {
	struct entry *v;
	size_t count;
};

static int compare_entries(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The length of the name without "#N", or 0 where it has none. */
static size_t base_length(const char *name)
{
	size_t length = strlen(name), digits = 0;

	while (digits < length && name[length - digits - 1] >= '0' && name[length - digits - 1] <= '9')
		digits++;
	if (digits == 0 || length < digits + 2 || name[length - digits - 1] != '#')
		return 0;
	return length - digits - 1;
}

/* Whether the node has an entry of just that name. */
static bool has_entry(const struct entries *entries, int parent, const char *name, size_t length)
{
	size_t low = 0, high = entries->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct entry *e = &entries->v[middle];
		int order = e->parent < parent ? -1 : e->parent > parent;

		if (order == 0)
			order = strncmp(e->name, name, length);
		if (order == 0 && e->name[length] == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

static size_t restored_length(const struct entries *entries, int parent, const char *name)
{
	size_t base = entries->count ? base_length(name) : 0;

	return base && has_entry(entries, parent, name, base) ? base : strlen(name);
}

/* Walking */

struct walk {
	const struct devtree_changes *changes;
	struct blob tree;
	const void *fdt;
	struct devtree_sink writer;
	struct entries entries;

	char *path;
	size_t path_used, path_room;
	int *parents; /* offsets of the nodes that are open */
	size_t depth, parents_room;

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
		char *grown = arena_alloc(w->writer.arena, needed * 2);

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

static void push_parent(struct walk *w, int offset)
{
	if (w->depth == w->parents_room) {
		size_t room = w->parents_room * 2 + 16;
		int *grown = arena_array(w->writer.arena, room, sizeof(*grown));

		if (w->depth)
			memcpy(grown, w->parents, w->depth * sizeof(*grown));
		w->parents = grown;
		w->parents_room = room;
	}
	w->parents[w->depth++] = offset;
}

static void push(struct walk *w, int offset, const char *name, size_t length)
{
	push_path(w, name, length);
	push_parent(w, offset);
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
		devtree_add(&w->writer, c->edits[i].name, c->edits[i].data, c->edits[i].size);
		w->done[i] = true;
	}
	return !c->node ||
	       c->node(c->context, &(struct devtree_node){ w->path, w->tree, w->parents[w->depth - 1] }, &w->writer, err);
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
		begin_node(&w->writer, e->path + 1, strlen(e->path + 1));
		for (size_t k = i; k < c->edit_count; k++) {
			const struct devtree_edit *same = &c->edits[k];

			if (w->done[k] || !same->data || strcmp(same->path, e->path) != 0)
				continue;
			devtree_add(&w->writer, same->name, same->data, same->size);
			w->done[k] = true;
		}
		append_word(&w->writer, FDT_END_NODE);
	}
	return true;
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

	/* The root has no name. */
	size_t length = w->depth ? restored_length(&w->entries, w->parents[w->depth - 1], name) : 0;

	push(w, offset, name, length);
	if (!is_dropped(w)) {
		begin_node(&w->writer, name, length);
		find_edits(w);
		w->open = true;
		return true;
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
	int size, name_size;
	const struct fdt_property *property = fdt_get_property_by_offset(w->fdt, offset, &size);

	if (!property || size < 0)
		return bad(w, offset, "a property that ends outside", err);
	if (!w->open)
		return bad(w, offset, "a property outside of a node, or behind nodes in it,", err);

	uint32_t name_at = fdt32_ld(&property->nameoff);
	const char *name = name_at <= INT_MAX ? fdt_get_string(w->fdt, (int)name_at, &name_size) : NULL;

	if (!name)
		return bad(w, offset, "a property without a name", err);
	for (size_t i = 0; i < w->changes->edit_count; i++)
		if (w->here[i] && strcmp(w->changes->edits[i].name, name) == 0)
			return true;

	size_t length = restored_length(&w->entries, w->parents[w->depth - 1], name);

	if (length < (size_t)name_size)
		name_at = name_offset(&w->writer, name, length);
	append_property(&w->writer, name_at, property->data, (size_t)size);
	return true;
}

static bool walk_end(struct walk *w, int offset, struct err *err)
{
	if (w->depth == 0)
		return bad(w, offset, "the end of a node that did not begin", err);
	if (!finish_properties(w, err) || (w->depth == 1 && !make_missing(w, err)))
		return false;
	append_word(&w->writer, FDT_END_NODE);
	pop(w);
	return true;
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
			append_word(&w->writer, FDT_END);
			return true;
		default:
			break;
		}
	}
}

/*
 * All names by node, where one of them might have to be restored. Stops at what is damaged, for the walk will find that
 * again and say so.
 */
static void find_entries(struct walk *w)
{
	size_t count = 0;
	bool suffixes = false;

	for (unsigned int pass = 0; pass < 2; pass++) {
		w->depth = 0;
		if (pass) {
			if (!suffixes)
				return;
			w->entries.v = arena_array(w->writer.arena, count, sizeof(*w->entries.v));
		}
		for (int offset = 0, next;; offset = next) {
			uint32_t tag = fdt_next_tag(w->fdt, offset, &next);
			const char *name = NULL;

			if (next < 0 || tag == FDT_END)
				break;
			if (tag == FDT_BEGIN_NODE)
				name = fdt_get_name(w->fdt, offset, NULL);
			else if (tag == FDT_PROP)
				fdt_getprop_by_offset(w->fdt, offset, &name, NULL);
			if (name && w->depth) {
				suffixes = suffixes || base_length(name);
				if (pass)
					w->entries.v[w->entries.count++] =
						(struct entry){ w->parents[w->depth - 1], name };
				else
					count++;
			}
			if (tag == FDT_END_NODE && w->depth)
				w->depth--;
			else if (tag == FDT_BEGIN_NODE)
				push_parent(w, offset);
		}
	}
	qsort(w->entries.v, w->entries.count, sizeof(*w->entries.v), compare_entries);
}

static bool put_together(const struct walk *w, struct arena *arena, struct devtree *out, struct err *err)
{
	const struct devtree_changes *c = w->changes;
	const struct devtree_sink *writer = &w->writer;
	size_t entries = 2, at = sizeof(struct header);

	for (size_t i = 0; i < c->reserved_count; i++)
		entries += !range_is_empty(c->reserved[i]);

	uint64_t structure = at + entries * sizeof(struct reservation);
	uint64_t names = structure + writer->structure.used;
	uint64_t end = names + writer->names_start + writer->names.used;
	uint64_t total = align_up(end + c->slack, 8);

	if (writer->too_large || entries > MOST / 64 || c->slack > MOST || total > MOST)
		return err_set(err, ERR_NO_ROOM, "a device tree of %" PRIu64 " bytes and more cannot be made, at most %zu can",
			       total, MOST);

	uint8_t *data = arena_alloc(arena, (size_t)total);
	struct reservation *reservation = (struct reservation *)(data + at);
	const struct header header = {
		.magic = be32_make(FDT_MAGIC),
		.total_size = be32_make((uint32_t)total),
		.structure = be32_make((uint32_t)structure),
		.strings = be32_make((uint32_t)names),
		.reservations = be32_make(sizeof(struct header)),
		.version = be32_make(17),
		.last_compatible = be32_make(16),
		.boot_cpu = be32_make(c->boot_cpu),
		.strings_size = be32_make((uint32_t)(end - names)),
		.structure_size = be32_make((uint32_t)writer->structure.used),
	};

	memcpy(data, &header, sizeof(header));
	reservation++->size = be64_make(total);
	for (size_t i = 0; i < c->reserved_count; i++)
		if (!range_is_empty(c->reserved[i]))
			*reservation++ = (struct reservation){ be64_make(c->reserved[i].start),
							       be64_make(range_size(c->reserved[i])) };
	memcpy(data + structure, writer->structure.data, writer->structure.used);
	memcpy(data + names, (const uint8_t *)w->fdt + fdt_off_dt_strings(w->fdt), writer->names_start);
	if (writer->names.used)
		memcpy(data + names + writer->names_start, writer->names.data, writer->names.used);
	*out = (struct devtree){ data, (size_t)total };
	return true;
}

bool devtree_rewrite(struct blob tree, const struct devtree_changes *changes, struct arena *arena, struct devtree *out,
		     struct err *err)
{
	struct arena scratch;
	struct walk w = {
		.changes = changes,
		.tree = tree,
		.fdt = tree.data,
		.writer = { .arena = &scratch },
	};

	/* The header alone: the walk finds what else is wrong, and where. */
	if (tree.size < sizeof(struct header) || tree.size > MOST || fdt_check_header(tree.data) != 0 ||
	    fdt_totalsize(tree.data) > tree.size || fdt_version(tree.data) < 17)
		return err_set(err, ERR_BAD_MACHINE, "damaged device tree: its header contradicts its %zu bytes", tree.size);

	arena_init(&scratch);
	if ((uintptr_t)tree.data % 8) {
		uint8_t *copy = arena_alloc(&scratch, tree.size);

		memcpy(copy, tree.data, tree.size);
		w.tree.data = copy;
		w.fdt = copy;
	}
	w.writer.names_start = fdt_size_dt_strings(w.fdt);
	w.writer.structure.room = fdt_size_dt_struct(w.fdt);
	w.writer.structure.data = arena_alloc(&scratch, w.writer.structure.room);
	w.here = arena_array(&scratch, changes->edit_count, sizeof(*w.here));
	w.done = arena_array(&scratch, changes->edit_count, sizeof(*w.done));
	if (changes->restore_names)
		find_entries(&w);
	w.depth = 0;

	bool ok = walk_tree(&w, err) && put_together(&w, arena, out, err);

	arena_release(&scratch);
	if (!ok)
		return false;

	int result = fdt_check_full(out->data, out->size);

	if (result != 0)
		return err_set(err, ERR_INTERNAL, "the device tree made here of %zu bytes is none: %s", out->size,
			       fdt_strerror(result));
	return true;
}

int devtree_find(struct blob tree, const char *path)
{
	int offset = fdt_path_offset(tree.data, path);

	return offset < 0 ? -1 : offset;
}

int devtree_first(struct blob tree, int parent)
{
	int offset = fdt_first_subnode(tree.data, parent);

	return offset < 0 ? -1 : offset;
}

int devtree_next(struct blob tree, int sibling)
{
	int offset = fdt_next_subnode(tree.data, sibling);

	return offset < 0 ? -1 : offset;
}

const char *devtree_name(struct blob tree, int node)
{
	const char *name = fdt_get_name(tree.data, node, NULL);

	return name ? name : "";
}

struct blob devtree_value(struct blob tree, int node, const char *name)
{
	int size;
	const void *data = node < 0 ? NULL : fdt_getprop(tree.data, node, name, &size);

	return data && size >= 0 ? (struct blob){ data, (size_t)size } : (struct blob){ NULL, 0 };
}

size_t devtree_size(struct blob tree, int node)
{
	int depth = 0, next;

	for (int offset = node;; offset = next) {
		uint32_t tag = fdt_next_tag(tree.data, offset, &next);

		if (next < 0 || tag == FDT_END)
			return 0;
		depth += tag == FDT_BEGIN_NODE;
		depth -= tag == FDT_END_NODE;
		if (depth <= 0)
			return (size_t)(next - node);
	}
}

void devtree_set_address(struct devtree *tree, uint64_t address)
{
	struct reservation *own = (struct reservation *)(tree->data + sizeof(struct header));

	own->address = be64_make(address);
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

void devtree_add(struct devtree_sink *writer, const char *name, const void *data, size_t size)
{
	(void)writer;
	(void)name;
	(void)data;
	(void)size;
}

void devtree_set_address(struct devtree *tree, uint64_t address)
{
	(void)tree;
	(void)address;
}

int devtree_find(struct blob tree, const char *path)
{
	(void)tree;
	(void)path;
	return -1;
}

int devtree_first(struct blob tree, int parent)
{
	(void)tree;
	return parent < 0 ? parent : -1;
}

int devtree_next(struct blob tree, int sibling)
{
	(void)tree;
	return sibling < 0 ? sibling : -1;
}

const char *devtree_name(struct blob tree, int node)
{
	(void)tree;
	(void)node;
	return "";
}

struct blob devtree_value(struct blob tree, int node, const char *name)
{
	(void)tree;
	(void)node;
	(void)name;
	return (struct blob){ NULL, 0 };
}

size_t devtree_size(struct blob tree, int node)
{
	(void)tree;
	(void)node;
	return 0;
}

#endif

bool devtree_has_text(struct blob value, const char *text)
{
	size_t length = strlen(text) + 1;

	for (size_t at = 0; at < value.size;) {
		const uint8_t *end = memchr(value.data + at, 0, value.size - at);

		if (!end)
			return false;
		if ((size_t)(end - (value.data + at)) + 1 == length && memcmp(value.data + at, text, length) == 0)
			return true;
		at = (size_t)(end - value.data) + 1;
	}
	return false;
}
