/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_X86_REFUSE_H
#define PURGATORY_X86_REFUSE_H

#include "purgatory/arch/x86/console.h"
#include "purgatory/env.h"
#include "purgatory_abi.h"

/*
 * Where to speak. `proved`: the parameters are what the loader wrote. Else only the four customary serial
 * ports count, and none is set up anew: a damaged number could be any device's.
 */
struct console x86_console(const struct purgatory_params *params, bool proved);

/*
 * Says on every console what is damaged and what was expected, and halts or resets the machine, as the
 * loader wanted.
 */
__attribute__((noreturn)) void x86_refuse(struct purgatory_verdict verdict);

/* The same for an exception in purgatory itself. */
__attribute__((noreturn)) void x86_refuse_exception(uint64_t vector, uint64_t address, uint64_t access);

#endif
