/* SPDX-License-Identifier: GPL-2.0-only */
/* Private to exec/: what the kernel's errno means to someone who wants to load a kernel. */
#ifndef EXEC_REFUSED_H
#define EXEC_REFUSED_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct refusal {
	int errnum;
	const char *meaning;
};

/*
 * Sets "CALL failed: STRERROR (meaning)": the words that people know from kexec-tools, then ours. `known` has
 * `count` entries. The code is ERR_DENIED for EPERM, EACCES and refused signatures, else ERR_SYSTEM. Returns
 * false.
 */
bool refused_set(struct err *err, int errnum, const char *call, const struct refusal *known, size_t count);

#define REFUSED_COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
