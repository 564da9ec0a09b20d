/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a verification found: one line for each thing that was looked at, however many facts speak about it.
 *
 *   ok   segment kernel 0x400000-0x410000 checksum 0x1234abcd, SHA-256
 *   BAD  segment kernel 0x400000-0x410000: checksum: found 0x1234abcd, expected 0x1234abce
 *   note purgatory does not verify: it was loaded with --no-checks
 *
 * Facts may be added to a finding until the report is printed; lines come in the order in which the findings began.
 */
#ifndef KDUMP_FINDING_H
#define KDUMP_FINDING_H

#include <stdbool.h>
#include <stdio.h>

#include "arena.h"
#include "err.h"

struct finding {
	struct finding *next;
	bool note;
	const char *name;
	const char *good; /* facts that hold, joined by ", " */
	const char *bad;  /* facts that do not, joined by "; ", or NULL */
};

struct findings {
	struct arena *arena;
	struct finding *first, *last;
};

#define FINDING_PRINTF __attribute__((format(printf, 2, 3)))

void findings_init(struct findings *findings, struct arena *arena);

struct finding *finding_begin(struct findings *findings, const char *format, ...) FINDING_PRINTF;
void finding_note(struct findings *findings, const char *format, ...) FINDING_PRINTF;

void finding_good(struct findings *findings, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void finding_bad(struct findings *findings, struct finding *finding, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

size_t findings_checked(const struct findings *findings);
size_t findings_damaged(const struct findings *findings);

/* Writes all lines. False and ERR_SYSTEM where the stream fails. */
bool findings_print(const struct findings *findings, FILE *out, struct err *err) ERR_CHECKED;

#endif
