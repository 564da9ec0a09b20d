/* SPDX-License-Identifier: GPL-2.0-only */
/* Sources: as machine.h has them for struct machine_power. */
#include "config.h"

#include "kexec/machine/power_internal.h"

#ifdef HAVE_LIBFDT

#include <inttypes.h>
#include <libfdt.h>
#include <stdio.h>
#include <string.h>

#include "bytes.h"

#define CELL sizeof(struct be32)
#define PATH_SHOWN 200

bool power_cells_of(const struct power_tree *tree, int node, const char *name, struct power_cells *cells)
{
	int size;
	const void *data = fdt_getprop(tree->fdt, node, name, &size);

	if (!data || size < 0)
		return false;
	*cells = (struct power_cells){ data, (size_t)size };
	return true;
}

bool power_cells_take(struct power_cells *cells, unsigned int count, uint64_t *value)
{
	if (cells->left < count * CELL)
		return false;
	*value = 0;
	for (unsigned int i = 0; i < count; i++) {
		struct be32 cell;

		memcpy(&cell, cells->data, sizeof(cell));
		*value = *value << 32 | be32_get(cell);
		cells->data += CELL;
		cells->left -= CELL;
	}
	return true;
}

bool power_bad(const struct power_tree *tree, int node, const char *name, const char *expected, struct err *err)
{
	char path[PATH_SHOWN];
	int size = 0;

	if (fdt_get_path(tree->fdt, node, path, sizeof(path)) != 0)
		snprintf(path, sizeof(path), "a node with a long path");
	(void)fdt_getprop(tree->fdt, node, name, &size);
	return err_set(err, ERR_BAD_MACHINE, "device tree: %s of %s: %s (it has %d bytes)", name, path, expected,
		       size < 0 ? 0 : size);
}

bool power_number(const struct power_tree *tree, int node, const char *name, uint64_t *value, bool *found,
		  struct err *err)
{
	struct power_cells cells;

	*found = power_cells_of(tree, node, name, &cells);
	if (!*found)
		return true;
	if (cells.left != CELL && cells.left != 2 * CELL)
		return power_bad(tree, node, name, "expected one number of 4 or 8 bytes", err);
	return power_cells_take(&cells, (unsigned int)(cells.left / CELL), value);
}

bool power_range(const struct power_tree *tree, int node, const char *start_name, const char *size_name,
		 struct range *range, struct err *err)
{
	uint64_t start = 0, size = 0;
	bool has_start, has_size;

	*range = (struct range){ 0, 0 };
	if (!power_number(tree, node, start_name, &start, &has_start, err) ||
	    !power_number(tree, node, size_name, &size, &has_size, err))
		return false;
	if (!has_start || !has_size || size == 0)
		return true;
	if (size > UINT64_MAX - start)
		return power_bad(tree, node, size_name, "it ends beyond the 64-bit address space", err);
	*range = (struct range){ start, start + size };
	return true;
}

bool power_pairs(const struct power_tree *tree, int node, const char *name, struct ranges *set, struct err *err)
{
	struct power_cells cells;
	uint64_t start, size;

	if (!power_cells_of(tree, node, name, &cells))
		return true;
	while (cells.left) {
		if (!power_cells_take(&cells, tree->address_cells, &start) ||
		    !power_cells_take(&cells, tree->size_cells, &size))
			return power_bad(tree, node, name,
					 "expected pairs of address and size as #address-cells and #size-cells of / say",
					 err);
		if (size > UINT64_MAX - start)
			return power_bad(tree, node, name, "a range ends beyond the 64-bit address space", err);
		ranges_append(set, (struct range){ start, start + size });
	}
	return true;
}

bool power_is_type(const struct power_tree *tree, int node, const char *type)
{
	int size;
	const char *found = fdt_stringlist_get(tree->fdt, node, "device_type", 0, &size);

	return found && strcmp(found, type) == 0;
}

bool power_is_available(const struct power_tree *tree, int node)
{
	int size;
	const char *status = fdt_stringlist_get(tree->fdt, node, "status", 0, &size);

	return !status || strcmp(status, "ok") == 0 || strcmp(status, "okay") == 0;
}

/* Linux takes any number, and the low 64 bits of what it then reads. No firmware has others than these. */
static bool read_cells(const struct power_tree *tree, const char *name, unsigned int *count, struct err *err)
{
	uint64_t value = 1; /* where the property is not there, as Linux and the specification have it */
	bool found;

	if (!power_number(tree, 0, name, &value, &found, err))
		return false;
	if (value < 1 || value > 2)
		return power_bad(tree, 0, name, "expected the number 1 or 2", err);
	*count = (unsigned int)value;
	return true;
}

/*
 * Purgatory writes to the console of a partition by its terminal number. The path may have ":" and settings behind
 * it.
 */
static bool read_terminal(const struct power_tree *tree, int chosen, struct err *err)
{
	static const char *const names[] = { "linux,stdout-path", "stdout-path" };
	struct machine_power *power = &tree->facts->power;
	const char *path = NULL;
	uint64_t number;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && !path; i++) {
		int size;

		path = fdt_stringlist_get(tree->fdt, chosen, names[i], 0, &size);
	}

	int node = path ? fdt_path_offset_namelen(tree->fdt, path, (int)strcspn(path, ":")) : -1;

	if (node < 0 || fdt_node_check_compatible(tree->fdt, node, "hvterm1") != 0)
		return true;
	if (!power_number(tree, node, "reg", &number, &power->has_terminal, err))
		return false;
	if (power->has_terminal && number > UINT32_MAX)
		return power_bad(tree, node, "reg", "expected a terminal number of 32 bits", err);
	power->terminal = power->has_terminal ? (uint32_t)number : 0;
	return true;
}

static bool read_initrd(const struct power_tree *tree, int chosen, struct err *err)
{
	uint64_t start, end;
	bool has_start, has_end;

	if (!power_number(tree, chosen, "linux,initrd-start", &start, &has_start, err) ||
	    !power_number(tree, chosen, "linux,initrd-end", &end, &has_end, err))
		return false;
	if (has_start && has_end && end < start)
		return power_bad(tree, chosen, "linux,initrd-end", "the end is below linux,initrd-start", err);
	if (has_start && has_end)
		tree->facts->initrd = (struct range){ start, end };
	return true;
}

/* What was agreed on with firmware: Linux arch/powerpc/include/asm/prom.h, OV5_MMU_SUPPORT and OV5_MMU_RADIX. */
static bool has_radix(const struct power_tree *tree, int chosen)
{
	int size;
	const uint8_t *vector = fdt_getprop(tree->fdt, chosen, "ibm,architecture-vec-5", &size);

	return vector && size > 0x18 && (vector[0x18] & 0xc0) == 0x40;
}

static bool read_chosen(const struct power_tree *tree, struct err *err)
{
	struct machine_power *power = &tree->facts->power;
	int chosen = fdt_path_offset(tree->fdt, "/chosen");
	bool found;

	if (chosen < 0)
		return true;
	power->radix = has_radix(tree, chosen);
	return power_number(tree, chosen, "linux,kernel-end", &power->kernel.end, &found, err) &&
	       power_number(tree, chosen, "linux,memory-limit", &power->memory_limit, &found, err) &&
	       power_range(tree, chosen, "linux,htab-base", "linux,htab-size", &power->htab, err) &&
	       power_range(tree, chosen, "linux,crashkernel-base", "linux,crashkernel-size", &tree->facts->crash,
			   err) &&
	       read_initrd(tree, chosen, err) && read_terminal(tree, chosen, err);
}

static bool read_rtas(const struct power_tree *tree, struct err *err)
{
	struct machine_power *power = &tree->facts->power;
	int rtas = fdt_path_offset(tree->fdt, "/rtas");
	uint64_t token = 0;
	bool found;

	if (rtas < 0)
		return true;
	if (fdt_getprop(tree->fdt, rtas, "ibm,kernel-dump", NULL))
		power->dump_active = true;
	if (!power_range(tree, rtas, "linux,rtas-base", "rtas-size", &power->rtas, err) ||
	    !power_number(tree, rtas, "linux,rtas-entry", &power->rtas_entry, &found, err) ||
	    !power_number(tree, rtas, "system-reboot", &token, &power->has_rtas_reboot, err))
		return false;
	if (token > UINT32_MAX)
		return power_bad(tree, rtas, "system-reboot", "expected a token of 32 bits", err);
	power->rtas_reboot = (uint32_t)token;
	return true;
}

static bool read_opal(const struct power_tree *tree, struct err *err)
{
	struct machine_power *power = &tree->facts->power;
	int opal = fdt_path_offset(tree->fdt, "/ibm,opal");
	int dump = opal < 0 ? opal : fdt_subnode_offset(tree->fdt, opal, "dump");
	bool found;

	if (opal < 0)
		return true;
	power->opal = true;
	if (dump >= 0 && fdt_getprop(tree->fdt, dump, "mpipl-boot", NULL))
		power->dump_active = true;
	return power_range(tree, opal, "opal-base-address", "opal-runtime-size", &power->opal_range, err) &&
	       power_number(tree, opal, "opal-entry-address", &power->opal_entry, &found, err);
}

static bool read_tce(const struct power_tree *tree, struct err *err)
{
	struct machine_power *power = &tree->facts->power;
	struct range range;

	for (int node = fdt_next_node(tree->fdt, 0, NULL); node >= 0; node = fdt_next_node(tree->fdt, node, NULL)) {
		if (!power_is_type(tree, node, "pci"))
			continue;
		if (!power_range(tree, node, "linux,tce-base", "linux,tce-size", &range, err))
			return false;
		ranges_append(&power->tce, range);
	}
	ranges_normalize(&power->tce);
	return true;
}

bool power_decode(struct power_facts *facts, struct blob tree, struct arena *arena, struct err *err)
{
	struct power_tree in = { .fdt = tree.data, .arena = arena, .facts = facts };
	int code = tree.size ? fdt_check_full(tree.data, tree.size) : -FDT_ERR_TRUNCATED;

	*facts = (struct power_facts){ .power = { .present = true } };
	ranges_init(&facts->memory, arena);
	ranges_init(&facts->power.tce, arena);
	ranges_init(&facts->power.reserved, arena);
	if (code != 0)
		return err_set(err, ERR_BAD_MACHINE, "device tree: %zu bytes that libfdt cannot read: %s", tree.size,
			       fdt_strerror(code));
	return read_cells(&in, "#address-cells", &in.address_cells, err) &&
	       read_cells(&in, "#size-cells", &in.size_cells, err) && read_chosen(&in, err) && read_rtas(&in, err) &&
	       read_opal(&in, err) && read_tce(&in, err) && power_memory(&in, err) && power_cpus(&in, err);
}

#else

bool power_decode(struct power_facts *facts, struct blob tree, struct arena *arena, struct err *err)
{
	(void)tree;
	(void)arena;
	*facts = (struct power_facts){ .power = { .present = false } };
	return err_set(err, ERR_UNSUPPORTED, "this build cannot read a device tree: it was made without libfdt; install "
		       "that, configure and build again");
}

#endif
