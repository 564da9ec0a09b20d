/* SPDX-License-Identifier: GPL-2.0-only */
/* What a purgatory says when it does not start the next kernel: the same words on the consoles of all machines. */
#ifndef PURGATORY_REFUSAL_H
#define PURGATORY_REFUSAL_H

#include "purgatory/env.h"
#include "purgatory/line.h"

/* That it is not started, and why. */
void refusal_add_reason(struct line *line, const struct purgatory_verdict *verdict);

/* The SHA-256 that the damaged region should have. Only for a table that is proved. */
void refusal_add_expected(struct line *line, const struct purgatory_region *region);

#endif
