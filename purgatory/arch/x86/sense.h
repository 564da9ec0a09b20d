/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_X86_SENSE_H
#define PURGATORY_X86_SENSE_H

#include <stdbool.h>

#include "purgatory_abi.h"

/*
 * Whether the hand-off can be: held against parameters and a table that are proved. `own` is where purgatory
 * lies.
 */
bool x86_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions, uint64_t own);

#endif
