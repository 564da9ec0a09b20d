/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The service call logical processor's two consoles: ASCII (VT220) and line mode ("operating system
 * messages").
 *
 * Writes into the assigned storage locations of absolute 0 and, if purgatory itself lies above 2 GiB, into
 * the 512 bytes at 0x2000, which it puts back. Prefix must be 0. Silence is no error: a machine may have
 * neither console.
 */
#ifndef PURGATORY_S390_SCLP_H
#define PURGATORY_S390_SCLP_H

#include <stddef.h>

/*
 * At most SCLP_LINE_MOST characters without line end. Letters, digits, blank and ".,:-()'/=_" appear on both.
 */
#define SCLP_LINE_MOST 160

void sclp_print_line(const char *line, size_t length);

#endif
