/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One symbol of /proc/kallsyms, which has 10 MB and more: taken in pieces, and no more of them than it takes to
 * find the symbol.
 */
#ifndef MACHINE_KALLSYMS_H
#define MACHINE_KALLSYMS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"

/* An address, a name of up to 511 bytes (KSYM_NAME_LEN in Linux 6.12) and a module's of up to 55. */
#define KALLSYMS_LINE 1024

struct kallsyms {
	const char *name;   /* of the file, for messages */
	const char *symbol; /* what is looked for */
	bool found;
	uint64_t address; /* 0 where the kernel hides addresses */

	/* Private. */
	size_t line;
	size_t used;
	uint8_t begun[KALLSYMS_LINE]; /* the line that the last piece cut */
};

/* Looks through the next piece of the file. Errors: ERR_BAD_MACHINE with the number of the line. */
bool kallsyms_feed(struct kallsyms *kallsyms, struct blob piece, struct err *err) ERR_CHECKED;

#endif
