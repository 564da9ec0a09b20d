/* SPDX-License-Identifier: GPL-2.0-only */
/* Steps of sealing, in their order: see plan_seal(). */
#ifndef PLAN_INTERNAL_H
#define PLAN_INTERNAL_H

#include "plan.h"

/* Checks every invariant of plan.h and names all violations at once. Segments are sorted. */
bool plan_check(const struct plan *plan, struct err *err) ERR_CHECKED;

/* Fills the meminfo page from the segments' checksums. */
void plan_fill_meminfo(struct plan *plan);

/* Fills the region table and the parameters from the segments' digests; sets plan->digest. */
void plan_fill_purgatory(struct plan *plan);

#endif
