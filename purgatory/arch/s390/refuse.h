/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_S390_REFUSE_H
#define PURGATORY_S390_REFUSE_H

#include "purgatory/env.h"
#include "purgatory_abi.h"

/*
 * To be called first where prefix is 0 and there is no caller to go back to: keeps the assigned storage
 * locations.
 */
void s390_take_lowcore(void);

/* Puts them back as they were. */
void s390_give_lowcore_back(void);

/*
 * Says on the console what is damaged, puts memory at absolute 0 back as it was, for a stand-alone dump, and
 * then halts or loads the machine anew, as the loader wanted.
 */
__attribute__((noreturn)) void s390_refuse(const struct purgatory_params *params,
					   struct purgatory_verdict verdict);

#endif
