/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/arch/ppc64/ppc64_memory.h"

#include <inttypes.h>
#include <string.h>

#include "bytes.h"

#define DYNAMIC "/ibm,dynamic-reconfiguration-memory"

/* Flags of a block. */
#define LMB_ASSIGNED UINT32_C(0x8)
#define LMB_RESERVED UINT32_C(0x80)

/* A petabyte in blocks of 256 MiB: form 2 can say more in a few bytes. */
#define LMB_MOST (UINT32_C(1) << 22)

/* A position in a property: words are read one behind the other. */
struct cursor {
	struct blob data;
	size_t at;
};

static bool take(struct cursor *c, unsigned int cells, uint64_t *value)
{
	*value = 0;
	for (unsigned int i = 0; i < cells; i++) {
		const struct be32 *word = blob_at(c->data, c->at, sizeof(*word));

		if (!word)
			return false;
		*value = *value << 32 | be32_get(*word);
		c->at += sizeof(*word);
	}
	return true;
}

static bool read_cell(struct blob tree, const char *name, unsigned int *cells, struct err *err)
{
	struct cursor c = { devtree_value(tree, devtree_find(tree, "/"), name), 0 };
	uint64_t value;

	if (!c.data.data)
		return err_set(err, ERR_BAD_MACHINE, "the device tree has no %s at its root", name);
	if (c.data.size != 4 || !take(&c, 1, &value) || value < 1 || value > 2)
		return err_set(err, ERR_BAD_MACHINE, "the device tree's %s at its root is neither 1 nor 2", name);
	*cells = (unsigned int)value;
	return true;
}

bool ppc64_memory_cells(struct blob tree, struct ppc64_cells *cells, struct err *err)
{
	return read_cell(tree, "#address-cells", &cells->address, err) && read_cell(tree, "#size-cells", &cells->size, err);
}

static bool make_range(uint64_t start, uint64_t size, const char *path, struct range *range, struct err *err)
{
	if (size > UINT64_MAX - start)
		return err_set(err, ERR_BAD_MACHINE,
			       "device tree: %s has 0x%" PRIx64 " bytes of memory at 0x%" PRIx64
			       ", which runs over the end of the address space",
			       path, size, start);
	*range = (struct range){ start, start + size };
	return true;
}

/* The (address, size) pairs of reg. Every one counts, unlike in kexec-tools: a chip has one node with several. */
static bool next_of_reg(struct cursor *c, struct ppc64_cells cells, const char *path, struct range *range, bool *more,
			struct err *err)
{
	uint64_t start, size;

	*more = c->at < c->data.size;
	if (!*more)
		return true;
	if (!take(c, cells.address, &start) || !take(c, cells.size, &size))
		return err_set(err, ERR_BAD_MACHINE,
			       "device tree: reg of %s has %zu bytes, which is no multiple of the %u of an address and a size", path,
			       c->data.size, (cells.address + cells.size) * 4);
	return make_range(start, size, path, range, err);
}

/* Blocks in the order of the property: one in form 1, some of equal flags in form 2. */
struct blocks {
	struct cursor c;
	struct ppc64_cells cells;
	bool second_form;
	uint64_t size; /* of a block */
	uint64_t left; /* entries of the property */

	uint64_t base; /* of the next block */
	uint64_t run;  /* blocks left of an entry */
	uint32_t flags;
};

static bool bad_blocks(struct err *err, const char *what)
{
	return err_set(err, ERR_BAD_MACHINE, "device tree: " DYNAMIC " %s", what);
}

static bool blocks_begin(struct blocks *b, struct blob tree, int node, struct ppc64_cells cells, struct err *err)
{
	struct cursor size = { devtree_value(tree, node, "ibm,lmb-size"), 0 };

	*b = (struct blocks){ .c = { devtree_value(tree, node, "ibm,dynamic-memory"), 0 }, .cells = cells };
	if (!b->c.data.data) {
		b->c.data = devtree_value(tree, node, "ibm,dynamic-memory-v2");
		b->second_form = true;
	}
	if (!b->c.data.data)
		return true; /* nothing to hot-plug: there are nodes without */
	if (!take(&size, cells.size, &b->size) || !is_power_of_two(b->size) || b->size < 4096)
		return bad_blocks(err, "has blocks, and no ibm,lmb-size that is a power of two");
	if (!take(&b->c, 1, &b->left))
		return bad_blocks(err, "has a list of blocks that does not even hold their number");

	uint64_t entry = 4 * (cells.address + 4);

	if (b->left > (b->c.data.size - 4) / entry)
		return err_set(err, ERR_BAD_MACHINE,
			       "device tree: " DYNAMIC " says that it lists %" PRIu64 " %s of %" PRIu64
			       " bytes each, and has %zu bytes of them",
			       b->left, b->second_form ? "sets of blocks" : "blocks", entry, b->c.data.size - 4);
	return true;
}

static bool next_entry(struct blocks *b)
{
	uint64_t skipped, flags;

	b->left--;
	b->run = 1;
	if (b->second_form && !take(&b->c, 1, &b->run))
		return false;
	if (!take(&b->c, b->cells.address, &b->base) || !take(&b->c, b->second_form ? 2 : 3, &skipped) ||
	    !take(&b->c, 1, &flags))
		return false;
	b->flags = (uint32_t)flags;
	return true;
}

static bool next_block(struct blocks *b, struct range *range, bool *more, struct err *err)
{
	while (b->run == 0 && b->left)
		if (!next_entry(b))
			return bad_blocks(err, "has a list of blocks that ends in the middle of one");
	*more = b->run > 0;
	if (!*more)
		return true;
	b->run--;
	if (!make_range(b->base, b->size, DYNAMIC, range, err))
		return false;
	b->base += b->size;
	return true;
}

/* What Linux looks at, at boot. */
static bool is_assigned(const struct blocks *b)
{
	return (b->flags & LMB_ASSIGNED) && !(b->flags & LMB_RESERVED);
}

static bool too_many(struct err *err)
{
	return err_set(err, ERR_BAD_MACHINE, "device tree: " DYNAMIC " has more than %" PRIu32 " blocks, which cannot be",
		       LMB_MOST);
}

/* A value that grows at its end; without data it only counts. */
struct value {
	uint8_t *data;
	size_t used;
};

static void put(struct value *v, unsigned int cells, uint64_t number)
{
	for (unsigned int i = cells; i-- > 0;) {
		struct be32 word = be32_make((uint32_t)(number >> 32 * i));

		if (v->data)
			memcpy(v->data + v->used, &word, sizeof(word));
		v->used += sizeof(word);
	}
}

/* The number of parts of `usable` in range, each written as address and size. */
static uint64_t put_usable(struct value *v, struct ppc64_cells cells, const struct ranges *usable, struct range range)
{
	size_t low = 0, high = usable->count;
	uint64_t count = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (usable->v[middle].end <= range.start)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < usable->count && usable->v[low].start < range.end; low++) {
		struct range part = range_intersect(usable->v[low], range);

		if (range_is_empty(part))
			continue;
		put(v, cells.address, part.start);
		put(v, cells.size, range_size(part));
		count++;
	}
	return count;
}

/*
 * A counter for each block, followed by as many parts. Linux reads one for blocks that are assigned and not
 * reserved, and none for others (early_init_drmem_lmb(), numa_setup_drmem_lmb()). Its own loader and kexec-tools
 * write one for each block, so that the last ones are not seen where blocks before are not assigned.
 */
static bool put_blocks(struct value *v, const struct blocks *begin, const struct ranges *usable, struct err *err)
{
	struct blocks b = *begin;
	struct range range;
	uint32_t count = 0;

	for (bool more;;) {
		if (!next_block(&b, &range, &more, err))
			return false;
		if (!more)
			return true;
		if (++count > LMB_MOST)
			return too_many(err);
		if (!is_assigned(&b))
			continue;

		size_t counter = v->used;

		put(v, b.cells.size, 0);

		uint64_t parts = put_usable(v, b.cells, usable, range);
		struct value at = { v->data, counter };

		put(&at, b.cells.size, parts);
	}
}

static bool put_reg(struct value *v, const struct devtree_node *node, struct ppc64_cells cells,
		    const struct ranges *usable, struct err *err)
{
	struct cursor c = { devtree_value(node->tree, node->offset, "reg"), 0 };
	struct range range;
	uint64_t count = 0;

	for (bool more;;) {
		if (!next_of_reg(&c, cells, node->path, &range, &more, err))
			return false;
		if (!more)
			break;
		count += put_usable(v, cells, usable, range);
	}
	/* Without any the kernel would take all. */
	if (count == 0) {
		put(v, cells.address, 0);
		put(v, cells.size, 0);
	}
	return true;
}

static void allocate(struct value *v, struct arena *arena)
{
	v->data = arena_alloc(arena, v->used);
	v->used = 0;
}

bool ppc64_memory_add_usable(const struct devtree_node *node, struct ppc64_cells cells, const struct ranges *usable,
			     struct devtree_sink *sink, struct err *err)
{
	struct arena scratch;
	struct value v = { NULL, 0 };
	bool ok = true;

	if (strrchr(node->path, '/') != node->path)
		return true;
	arena_init(&scratch);
	if (strcmp(node->path, DYNAMIC) == 0) {
		struct blocks b;

		ok = blocks_begin(&b, node->tree, node->offset, cells, err) && put_blocks(&v, &b, usable, err);
		if (ok && b.c.data.data) {
			allocate(&v, &scratch);
			ok = put_blocks(&v, &b, usable, err);
			devtree_add(sink, "linux,drconf-usable-memory", v.data, v.used);
		}
	} else if (devtree_has_text(devtree_value(node->tree, node->offset, "device_type"), "memory")) {
		ok = put_reg(&v, node, cells, usable, err);
		if (ok) {
			allocate(&v, &scratch);
			ok = put_reg(&v, node, cells, usable, err);
			devtree_add(sink, "linux,usable-memory", v.data, v.used);
		}
	}
	arena_release(&scratch);
	return ok;
}
