/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_PPC64_REFUSE_H
#define PURGATORY_PPC64_REFUSE_H

#include "purgatory/env.h"

/*
 * Says on the console what is damaged and what was expected, and stays or resets the machine, as the loader wanted.
 */
__attribute__((noreturn)) void ppc64_refuse(struct purgatory_verdict verdict);

#endif
