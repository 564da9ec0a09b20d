/* SPDX-License-Identifier: GPL-2.0-only */
/* vmcore-save --info: what a dump is, as lines "key: value" that stay the same from version to version. */
#ifndef KDUMP_VMCORE_SAVE_INFO_H
#define KDUMP_VMCORE_SAVE_INFO_H

#include <stddef.h>
#include <stdio.h>

#include "err.h"

/*
 * The exit code: 0, or 1 with err set where the dump cannot be opened or the lines cannot be written. Several paths are
 * the parts of one dump. No page is read, so that this takes no longer for a large dump; --verify reads them.
 */
int info_dump(const char *const *paths, size_t count, FILE *out, struct err *err);

#endif
