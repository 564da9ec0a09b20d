/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is to be known, or done differently, before a Power machine is registered with its firmware for dumps. Pure:
 * from what was read to findings.
 */
#ifndef FADUMP_PREFLIGHT_H
#define FADUMP_PREFLIGHT_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "fadump.h"
#include "machine.h"

enum fadump_grade {
	FADUMP_NOTE,	/* for who asks: -d, --dry-run, --status=verbose */
	FADUMP_WARNING, /* registered nevertheless */
	FADUMP_REFUSAL, /* nothing is done */
};

struct fadump_finding {
	struct fadump_finding *next;
	enum fadump_grade grade;
	const char *text;
};

/* What was asked for, and what is known of the default boot entry. */
struct fadump_wish {
	const char *kernel;	   /* given on the command line, or NULL */
	const char *append;	   /* the last --append, or NULL */
	bool command_line;	   /* --command-line was given */
	bool force;		   /* --force-fadump */
	const char *entry_release; /* of the kernel that the default boot entry starts, or NULL: not seen */
	const char *entry_source;  /* the file that says so */
};

struct fadump_preflight {
	const char *bootargs; /* to be written, or NULL: bootargs_append stays as it is */
	uint64_t boot_memory; /* bytes that the capture kernel has to boot in; 0 = not known */
	const char *boot_memory_source;
	struct fadump_finding *findings; /* in the order in which they were made */
};

void fadump_preflight(struct fadump_preflight *result, struct arena *arena, const struct fadump *fadump,
		      const struct machine *machine, const struct fadump_wish *wish);

/*
 * Where the command line asks for a firmware-assisted dump and the kernel does not use it (fadump->enabled): why,
 * as far as sizes tell. NULL where it does not ask. Kernels fall back to a reservation for kdump then.
 */
const char *fadump_preflight_why_off(struct arena *arena, const struct fadump *fadump,
				     const struct machine *machine);

#endif
