/* SPDX-License-Identifier: GPL-2.0-only */
/* Lines and numbers of the texts that describe a machine, and how errors show what was found in them. */
#ifndef MACHINE_SCAN_H
#define MACHINE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"

struct scan {
	struct blob rest;
	size_t line; /* number of the line given last, from 1 */
	bool cut;    /* the line given last had no line end */
};

/*
 * The next line without its end (LF or CR LF: texts travel by mail). False behind the last one. Text after
 * the last line end is a line too.
 */
bool scan_line(struct scan *scan, struct blob *line);

/* All of it is hexadecimal digits without prefix, at least one, and the value fits. */
bool scan_hex(struct blob digits, uint64_t *value);

/* The same, with or without a leading "0x". */
bool scan_prefixed_hex(struct blob digits, uint64_t *value);

/*
 * All of it is decimal digits, at least one, and the value fits. No sign, no space; no leading zero, for some
 * take that for octal.
 */
bool scan_decimal(struct blob digits, uint64_t *value);

/* Foreign bytes made safe for a message: unprintable ones as \xHH, the end of long ones as "...". */
struct scan_shown {
	char text[100];
};

struct scan_shown scan_show(struct blob bytes);

#endif
