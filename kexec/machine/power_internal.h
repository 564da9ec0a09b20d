/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the decoder share. A property that is not there is no error; one of a wrong size is. */
#ifndef MACHINE_POWER_INTERNAL_H
#define MACHINE_POWER_INTERNAL_H

#include "kexec/machine/power.h"

struct power_tree {
	const void *fdt;
	struct arena *arena;
	unsigned int address_cells, size_cells; /* of the root: 1 or 2 */
	struct power_facts *facts;
};

/* A property's bytes from left to right: numbers of 32-bit cells, the first one the highest. */
struct power_cells {
	const uint8_t *data;
	size_t left; /* bytes */
};

/* False where the node has no such property. */
bool power_cells_of(const struct power_tree *tree, int node, const char *name, struct power_cells *cells);

/* False where fewer are left. count: 1 or 2. */
bool power_cells_take(struct power_cells *cells, unsigned int count, uint64_t *value);

/* ERR_BAD_MACHINE: "device tree: NAME of NODE: has SIZE bytes, ...". */
bool power_bad(const struct power_tree *tree, int node, const char *name, const char *expected,
	       struct err *err) ERR_CHECKED;

/* A number of 4 or 8 bytes: Linux itself writes both, and so do firmwares. */
bool power_number(const struct power_tree *tree, int node, const char *name, uint64_t *value, bool *found,
		  struct err *err) ERR_CHECKED;

/* start and size by two such properties; empty where one is not there, or size is 0. */
bool power_range(const struct power_tree *tree, int node, const char *start_name, const char *size_name,
		 struct range *range, struct err *err) ERR_CHECKED;

/* Appends pairs of address and size, which are all the property has, to set; those of no size are passed over. */
bool power_pairs(const struct power_tree *tree, int node, const char *name, struct ranges *set,
		 struct err *err) ERR_CHECKED;

/* Whether device_type is this. */
bool power_is_type(const struct power_tree *tree, int node, const char *type);

/* status is not there, or "ok" or "okay". */
bool power_is_available(const struct power_tree *tree, int node);

/* Fills memory, rma, lmb_size and reserved. */
bool power_memory(const struct power_tree *tree, struct err *err) ERR_CHECKED;

/* Fills cpus_possible and has_vector_crypto. */
bool power_cpus(const struct power_tree *tree, struct err *err) ERR_CHECKED;

#endif
