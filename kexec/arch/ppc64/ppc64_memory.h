/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory in a device tree of Power: memory nodes, and the blocks (LMBs) of ibm,dynamic-reconfiguration-memory in
 * both of its forms. Sources: LoPAR 2.9, C.6.6.2; Linux arch/powerpc/mm/drmem.c, kernel/prom.c (7.2).
 */
#ifndef PPC64_MEMORY_H
#define PPC64_MEMORY_H

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "kexec/plan/devtree.h"
#include "range.h"

/* How many 32-bit words an address, and a size, have at the root: 1 or 2. */
struct ppc64_cells {
	unsigned int address, size;
};

bool ppc64_memory_cells(struct blob tree, struct ppc64_cells *cells, struct err *err) ERR_CHECKED;

/*
 * For a node of memory: adds linux,usable-memory or linux,drconf-usable-memory, by which a capture kernel knows
 * what of it is in `usable`. Nothing for other nodes.
 */
bool ppc64_memory_add_usable(const struct devtree_node *node, struct ppc64_cells cells, const struct ranges *usable,
			     struct devtree_sink *sink, struct err *err) ERR_CHECKED;

#endif
