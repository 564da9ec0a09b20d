/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Sources: LoPAR 2.9, C.6.2 (CPU nodes) and B.6.2.1 (ibm,drc-indexes, ibm,drc-info); Linux 7.2
 * arch/powerpc/kernel/prom.c and dt_cpu_ftrs.c, arch/powerpc/include/asm/reg.h for processor versions.
 */
#include "config.h"

#include "kexec/machine/power_internal.h"

#ifdef HAVE_LIBFDT

#include <libfdt.h>
#include <string.h>

/* The first processors of ISA 2.07, and those since. */
static const uint16_t with_crypto[] = {
	0x004b, /* POWER8E */
	0x004c, /* POWER8NVL */
	0x004d, /* POWER8 */
	0x004e, /* POWER9 */
	0x0080, /* POWER10 */
	0x0082, /* Power11 */
};

/* A partition is told of an architecture level instead: 4 is ISA 2.07. */
#define LEVEL_MASK 0xff000000
#define LEVEL 0x0f000000
#define LEVEL_207 0x0f000004

static bool version_has_crypto(uint64_t version)
{
	if ((version & LEVEL_MASK) == LEVEL)
		return version >= LEVEL_207;
	for (size_t i = 0; i < sizeof(with_crypto) / sizeof(with_crypto[0]); i++)
		if (version >> 16 == with_crypto[i])
			return true;
	return false;
}

/* "altivec" is the spelling of Apple's firmware, and of the feature nodes; IBM's counts: 1 Altivec, 2 VSX too. */
static bool node_has_crypto(const struct power_tree *tree, int node, bool *has, struct err *err)
{
	uint64_t version = 0, vmx = 0;
	bool found;

	if (!power_number(tree, node, "cpu-version", &version, &found, err) ||
	    !power_number(tree, node, "ibm,vmx", &vmx, &found, err))
		return false;
	*has = version_has_crypto(version) && (vmx >= 1 || fdt_getprop(tree->fdt, node, "altivec", NULL));
	return true;
}

/* Bare metal lists features by name, for all CPUs alike; Linux then asks no version. */
static bool read_features(const struct power_tree *tree, int cpus, bool *decides)
{
	int features = fdt_subnode_offset(tree->fdt, cpus, "ibm,powerpc-cpu-features");

	*decides = features >= 0;
	return features >= 0 && fdt_subnode_offset(tree->fdt, features, "altivec") >= 0 &&
	       fdt_subnode_offset(tree->fdt, features, "vector-crypto") >= 0;
}

static bool count_threads(const struct power_tree *tree, int node, uint64_t *threads, struct err *err)
{
	static const char servers[] = "ibm,ppc-interrupt-server#s";
	const char *name = fdt_getprop(tree->fdt, node, servers, NULL) ? servers : "reg";
	struct power_cells cells;

	*threads = 0;
	if (!power_cells_of(tree, node, name, &cells))
		return true;
	if (cells.left == 0 || cells.left % 4)
		return power_bad(tree, node, name, "expected one number of 4 bytes for each thread", err);
	*threads = cells.left / 4;
	return true;
}

/* The end of a text at the beginning of the cells. */
static bool skip_text(struct power_cells *cells, struct power_cells *text)
{
	const uint8_t *nul = cells->left ? memchr(cells->data, 0, cells->left) : NULL;

	if (!nul)
		return false;

	size_t size = (size_t)(nul - cells->data) + 1;

	*text = (struct power_cells){ cells->data, size };
	cells->data += size;
	cells->left -= size;
	return true;
}

/* Entries of type, name prefix, first index, first number of the names, count, increment and power domain. */
static bool count_by_info(const struct power_tree *tree, int cpus, uint64_t *count, struct err *err)
{
	struct power_cells cells, type, prefix;
	uint64_t entries, values[5];

	if (!power_cells_of(tree, cpus, "ibm,drc-info", &cells))
		return true;
	if (!power_cells_take(&cells, 1, &entries))
		return power_bad(tree, cpus, "ibm,drc-info", "expected the number of entries", err);
	for (; entries; entries--) {
		bool ok = skip_text(&cells, &type) && skip_text(&cells, &prefix);

		for (size_t i = 0; ok && i < 5; i++)
			ok = power_cells_take(&cells, 1, &values[i]);
		if (!ok)
			return power_bad(tree, cpus, "ibm,drc-info", "it ends before the last of its entries", err);
		if (type.left == sizeof("CPU") && memcmp(type.data, "CPU", sizeof("CPU")) == 0)
			*count += values[2];
	}
	return true;
}

static bool count_indexes(const struct power_tree *tree, int cpus, uint64_t *count, struct err *err)
{
	struct power_cells cells;

	*count = 0;
	if (!power_cells_of(tree, cpus, "ibm,drc-indexes", &cells))
		return count_by_info(tree, cpus, count, err);
	if (!power_cells_take(&cells, 1, count) || *count > cells.left / 4)
		return power_bad(tree, cpus, "ibm,drc-indexes", "expected a number, and as many indexes as it says", err);
	return true;
}

bool power_cpus(const struct power_tree *tree, struct err *err)
{
	struct machine_power *power = &tree->facts->power;
	int cpus = fdt_path_offset(tree->fdt, "/cpus"), node;
	uint64_t nodes = 0, total = 0, most = 1, indexes;
	bool decides, crypto = true;

	if (cpus < 0)
		return true;

	bool listed = read_features(tree, cpus, &decides);

	fdt_for_each_subnode(node, tree->fdt, cpus) {
		uint64_t threads;
		bool has;

		if (!power_is_type(tree, node, "cpu"))
			continue;
		if (!count_threads(tree, node, &threads, err) || !node_has_crypto(tree, node, &has, err))
			return false;
		crypto = crypto && has;
		total += threads;
		most = threads > most ? threads : most;
		nodes++;
	}
	if (!count_indexes(tree, cpus, &indexes, err))
		return false;
	if (indexes > UINT32_MAX)
		indexes = UINT32_MAX;
	if (indexes > nodes)
		total += (indexes - nodes) * most;
	power->cpus_possible = total > UINT32_MAX ? UINT32_MAX : (unsigned int)total;
	power->has_vector_crypto = decides ? listed : crypto && nodes > 0;
	return true;
}

#endif
