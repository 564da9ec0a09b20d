/* SPDX-License-Identifier: GPL-2.0-only */
/* The files of a dump made by --split, one by one. */
#ifndef KDUMP_DUMP_PARTS_H
#define KDUMP_DUMP_PARTS_H

#include <stddef.h>

#include "kdump/dump/dump.h"

/* How many files a dump consists of: 1 but for one that dump_open_parts() made of several. */
size_t dump_part_count(const struct dump *dump);

/* The dump that is in one of them. */
const struct dump *dump_part(const struct dump *dump, size_t index);

#endif
