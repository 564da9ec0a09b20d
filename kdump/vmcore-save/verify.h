/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * vmcore-save --verify: whether a dump is what its headers say, every descriptor and every page of it.
 *
 * The report goes to out, one line for each thing that was looked at (kdump/finding.h).
 */
#ifndef KDUMP_VMCORE_SAVE_VERIFY_H
#define KDUMP_VMCORE_SAVE_VERIFY_H

#include <stddef.h>
#include <stdio.h>

#include "err.h"

enum {
	VERIFY_SOUND = 0,      /* and complete */
	VERIFY_DAMAGED = 1,    /* or it could not be looked at: err is set then */
	VERIFY_INCOMPLETE = 3, /* what is there is sound */
};

/*
 * The exit code. Several paths are the parts of one dump. threads: at least 1. err->code is ERR_NONE but where the dump
 * cannot be opened or the report cannot be written.
 */
int verify_dump(const char *const *paths, size_t count, unsigned int threads, FILE *out, struct err *err);

#endif
