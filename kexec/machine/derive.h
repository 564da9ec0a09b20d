/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MACHINE_DERIVE_H
#define MACHINE_DERIVE_H

#include "machine.h"

/*
 * Fills power from devicetree (or says in devicetree_problem why not), then ram, dumped and crash from it, or from
 * resources, and offline. On Power also initrd.
 */
void derive_memory(struct machine *machine);

#endif
