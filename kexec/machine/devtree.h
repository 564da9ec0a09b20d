/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/device-tree, which has a directory for each node and a file for each property, as one flattened tree. */
#ifndef MACHINE_DEVTREE_H
#define MACHINE_DEVTREE_H

#include <stdbool.h>

#include "kexec/machine/root_files.h"
#include "machine.h"

/* Whether the device tree of such a machine is of use here. */
bool devtree_is_read(enum arch_id arch);

/*
 * Fills devicetree, or says in devicetree_problem why not. Nodes and properties come in an order of their own, the
 * same each time: Linux shows them in none. What goes away while it is read is left out.
 */
void devtree_read(const struct root_files *files, struct machine *machine);

/* Whether the machine below root has this file or directory of the device tree ("rtas/ibm,kernel-dump"). */
bool devtree_has(const struct root_files *files, const char *name);

/* Firmware says that it kept the memory of a kernel that crashed. Linux leaves this in the tree for good. */
bool devtree_tells_of_dump(const struct root_files *files);

/* A property as the file has it, in arena. *found is false, and the call succeeds, where it is not there. */
bool devtree_property(const struct root_files *files, const char *name, struct arena *arena, struct blob *data,
		      bool *found, struct err *err) ERR_CHECKED;

#endif
