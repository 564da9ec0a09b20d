/* SPDX-License-Identifier: GPL-2.0-only */
/* What the device tree of a Power machine says: pure, from the flattened tree to numbers. */
#ifndef MACHINE_POWER_H
#define MACHINE_POWER_H

#include <stdbool.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "machine.h"

struct power_facts {
	struct machine_power power;
	struct ranges memory; /* what Linux takes for memory when it starts; memory_limit is not yet applied */
	struct range crash;   /* /chosen linux,crashkernel-base and -size; empty = none */
	struct range initrd;  /* /chosen linux,initrd-start and -end; empty = none */
};

/*
 * tree: any bytes. Sets live in arena. Errors: ERR_BAD_MACHINE with node and property, for what Linux would
 * misunderstand, or pass over and have less memory; ERR_UNSUPPORTED in a build without libfdt.
 */
bool power_decode(struct power_facts *facts, struct blob tree, struct arena *arena, struct err *err) ERR_CHECKED;

#endif
