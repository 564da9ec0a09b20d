/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MACHINE_IOMEM_H
#define MACHINE_IOMEM_H

#include <stddef.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "machine.h"

/*
 * Reads what /proc/iomem says, in one pass, and gives the resources in its order. name: of the file, for
 * messages. Errors: ERR_BAD_MACHINE with name and line; ERR_DENIED where the kernel hid the addresses.
 */
bool iomem_parse(struct arena *arena, const char *name, struct blob text, struct machine_resource **resources,
		 size_t *count, struct err *err) ERR_CHECKED;

#endif
