/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_PPC64_SENSE_H
#define PURGATORY_PPC64_SENSE_H

#include <stdbool.h>

#include "bytes.h"
#include "purgatory_abi.h"

/*
 * Whether parameters and regions, which have been proved, ask for what can be done. What firmware there is, which
 * matters where nothing is started, is no part of it: an unusual one shall not cost the dump.
 */
bool ppc64_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions, enum order order);

/*
 * Whether firmware may be entered by these numbers. Held against them before each use: where the parameters are
 * damaged, a wild jump would take the message along.
 */
bool ppc64_opal_is_plausible(uint64_t base, uint64_t entry);
bool ppc64_rtas_is_plausible(uint64_t base, uint64_t entry, uint64_t token);

#endif
