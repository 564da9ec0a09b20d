/* SPDX-License-Identifier: GPL-2.0-only */
/* What vmcore-save(8) --estimate prints, as a number. */
#ifndef SERVICE_ESTIMATE_H
#define SERVICE_ESTIMATE_H

#include <stdbool.h>
#include <stdint.h>

/* Bytes of a dump of this level: of the line "LEVEL PAGES MIB SIZE MiB ..." below the line that begins with "level". */
bool estimate_find(uint64_t *size, const char *text, unsigned int level);

#endif
