/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where purgatory can speak: a terminal of the hypervisor, or OPAL's console. Silence is no error, and nothing waits
 * for one for ever.
 */
#ifndef PURGATORY_PPC64_CONSOLE_H
#define PURGATORY_PPC64_CONSOLE_H

#include "purgatory/line.h"
#include "purgatory_abi.h"

struct console {
	uint64_t kind;			/* PURGATORY_PPC64_CONSOLE_* */
	uint64_t terminal;
	uint64_t opal_base, opal_entry; /* for PURGATORY_PPC64_CONSOLE_OPAL */
};

/*
 * `proved`: the parameters are what the loader wrote. Else the kind of console is what this machine can have, and the
 * hypervisor is asked for its own choice of a terminal where it does not know the one that is named.
 */
struct console console_open(const struct purgatory_params *params, bool proved);

/* Without line end; that is added. */
void console_print(struct console *console, const struct line *line);

/* Waits, for a while, until OPAL has written what it was given. */
void console_drain(const struct console *console);

#endif
