/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MACHINE_DERIVE_H
#define MACHINE_DERIVE_H

#include "machine.h"

/* Fills ram and crash from resources and offline. */
void derive_memory(struct machine *machine);

#endif
