/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources: LoPAR 2.9, C.6.6.2 (dynamic reconfiguration of memory); Linux 7.2 arch/powerpc/mm/drmem.c and
 * drivers/of/fdt.c for what it takes for memory, drivers/of/of_reserved_mem.c for what it reserves.
 */
#include "config.h"

#include "kexec/machine/power_internal.h"

#ifdef HAVE_LIBFDT

#include <libfdt.h>

#define LMB_ASSIGNED 0x8
#define LMB_RESERVED 0x80

#define V1 "ibm,dynamic-memory"
#define V2 "ibm,dynamic-memory-v2"
#define USABLE "linux,drconf-usable-memory"

/* A capture kernel was told to use a part only, and skiboot says so of the memory of accelerators. */
static const char *memory_property(const struct power_tree *tree, int node)
{
	return fdt_getprop(tree->fdt, node, "linux,usable-memory", NULL) ? "linux,usable-memory" : "reg";
}

static bool is_memory(const struct power_tree *tree, int node)
{
	return power_is_type(tree, node, "memory") && power_is_available(tree, node) &&
	       fdt_node_check_compatible(tree->fdt, node, "ibm,coherent-device-memory") != 0;
}

/* The real-mode area is the range that begins lowest, whatever follows it without a hole. */
static void note_lowest(const struct ranges *set, size_t first, struct range *lowest)
{
	for (size_t i = first; i < set->count; i++)
		if (range_is_empty(*lowest) || set->v[i].start < lowest->start)
			*lowest = set->v[i];
}

static bool read_nodes(const struct power_tree *tree, struct err *err)
{
	struct power_facts *facts = tree->facts;
	int node;

	fdt_for_each_subnode(node, tree->fdt, 0) {
		size_t first = facts->memory.count;

		if (!is_memory(tree, node))
			continue;
		if (!power_pairs(tree, node, memory_property(tree, node), &facts->memory, err))
			return false;
		note_lowest(&facts->memory, first, &facts->power.rma);
	}
	return true;
}

/* Blocks that lie one behind the other and share their flags. */
struct lmbs {
	uint64_t start, count, flags;
};

/* What a capture kernel may use of a block: a number of ranges, and that many pairs. */
static bool take_usable(const struct power_tree *tree, int node, struct power_cells *usable, struct err *err)
{
	uint64_t count, start, size;

	if (!power_cells_take(usable, tree->size_cells, &count))
		return power_bad(tree, node, USABLE, "it ends before the last block of memory", err);
	for (; count; count--) {
		if (!power_cells_take(usable, tree->address_cells, &start) ||
		    !power_cells_take(usable, tree->size_cells, &size))
			return power_bad(tree, node, USABLE, "it ends within the ranges of a block", err);
		if (size > UINT64_MAX - start)
			return power_bad(tree, node, USABLE, "a range ends beyond the 64-bit address space", err);
		ranges_append(&tree->facts->memory, (struct range){ start, start + size });
	}
	return true;
}

static bool take_lmbs(const struct power_tree *tree, int node, const struct lmbs *lmbs, const char *name,
		      struct power_cells *usable, struct err *err)
{
	struct power_facts *facts = tree->facts;
	uint64_t size = facts->power.lmb_size;

	if ((lmbs->flags & LMB_RESERVED) || !(lmbs->flags & LMB_ASSIGNED))
		return true;
	if (lmbs->count > (UINT64_MAX - lmbs->start) / size)
		return power_bad(tree, node, name, "blocks of memory end beyond the 64-bit address space", err);
	if (!usable->data) {
		ranges_append(&facts->memory, (struct range){ lmbs->start, lmbs->start + lmbs->count * size });
		return true;
	}
	for (uint64_t i = 0; i < lmbs->count; i++)
		if (!take_usable(tree, node, usable, err))
			return false;
	return true;
}

/* An entry of the first form is one block, one of the second form as many as its first cell says. */
static bool take_entry(const struct power_tree *tree, struct power_cells *cells, bool sets, struct lmbs *lmbs)
{
	uint64_t index, associativity, reserved;

	lmbs->count = 1;
	if (sets)
		return power_cells_take(cells, 1, &lmbs->count) &&
		       power_cells_take(cells, tree->address_cells, &lmbs->start) &&
		       power_cells_take(cells, 1, &index) && power_cells_take(cells, 1, &associativity) &&
		       power_cells_take(cells, 1, &lmbs->flags);
	return power_cells_take(cells, tree->address_cells, &lmbs->start) && power_cells_take(cells, 1, &index) &&
	       power_cells_take(cells, 1, &reserved) && power_cells_take(cells, 1, &associativity) &&
	       power_cells_take(cells, 1, &lmbs->flags);
}

static bool read_dynamic(const struct power_tree *tree, struct err *err)
{
	int node = fdt_path_offset(tree->fdt, "/ibm,dynamic-reconfiguration-memory");
	struct power_cells cells, usable = { .data = NULL };
	uint64_t count;
	bool found;

	if (node < 0)
		return true;
	if (!power_number(tree, node, "ibm,lmb-size", &tree->facts->power.lmb_size, &found, err))
		return false;
	if (found && tree->facts->power.lmb_size == 0)
		return power_bad(tree, node, "ibm,lmb-size", "expected a size above 0", err);

	bool sets = !power_cells_of(tree, node, V1, &cells);
	const char *name = sets ? V2 : V1;

	if (!found || (sets && !power_cells_of(tree, node, V2, &cells)))
		return true;
	power_cells_of(tree, node, USABLE, &usable);
	if (!power_cells_take(&cells, 1, &count))
		return power_bad(tree, node, name, "expected the number of entries", err);
	for (; count; count--) {
		struct lmbs lmbs;

		if (!take_entry(tree, &cells, sets, &lmbs))
			return power_bad(tree, node, name, "it ends before the last of its entries", err);
		if (!take_lmbs(tree, node, &lmbs, name, &usable, err))
			return false;
	}
	return true;
}

static bool has_cells(const struct power_tree *tree, int node, const char *name, unsigned int wanted)
{
	struct power_cells cells;
	uint64_t value;

	return power_cells_of(tree, node, name, &cells) && power_cells_take(&cells, 1, &value) && value == wanted;
}

/*
 * Linux passes over the whole node where it is not of the root's shape. Children without reg say what they want, and
 * Linux found a place for them in memory that is otherwise like all other.
 */
static bool read_reserved_memory(const struct power_tree *tree, struct err *err)
{
	int parent = fdt_path_offset(tree->fdt, "/reserved-memory"), node;

	if (parent < 0 || !has_cells(tree, parent, "#address-cells", tree->address_cells) ||
	    !has_cells(tree, parent, "#size-cells", tree->size_cells) ||
	    !fdt_getprop(tree->fdt, parent, "ranges", NULL))
		return true;
	fdt_for_each_subnode(node, tree->fdt, parent) {
		if (power_is_available(tree, node) &&
		    !power_pairs(tree, node, "reg", &tree->facts->power.reserved, err))
			return false;
	}
	return true;
}

/* Not to be seen in /proc, but a tree may come from elsewhere. */
static bool read_reservation_block(const struct power_tree *tree, struct err *err)
{
	int count = fdt_num_mem_rsv(tree->fdt);

	for (int i = 0; i < count; i++) {
		uint64_t start, size;

		if (fdt_get_mem_rsv(tree->fdt, i, &start, &size) != 0 || size > UINT64_MAX - start)
			return err_set(err, ERR_BAD_MACHINE,
				       "device tree: entry %d of the memory reservation block ends beyond the 64-bit "
				       "address space",
				       i);
		ranges_append(&tree->facts->power.reserved, (struct range){ start, start + size });
	}
	return true;
}

bool power_memory(const struct power_tree *tree, struct err *err)
{
	struct power_facts *facts = tree->facts;

	if (!read_nodes(tree, err) || !read_dynamic(tree, err) ||
	    !power_pairs(tree, 0, "reserved-ranges", &facts->power.reserved, err) ||
	    !read_reserved_memory(tree, err) || !read_reservation_block(tree, err))
		return false;
	if (range_is_empty(facts->power.rma))
		note_lowest(&facts->memory, 0, &facts->power.rma);
	ranges_normalize(&facts->memory);
	ranges_normalize(&facts->power.reserved);
	if (facts->memory.count == 0)
		return err_set(err, ERR_BAD_MACHINE,
			       "device tree: no memory: no node of device_type \"memory\" below / has a range in reg, and "
			       "/ibm,dynamic-reconfiguration-memory has no block that is assigned");
	return true;
}

#endif
