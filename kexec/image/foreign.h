/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files that are recognised only to say what they are, for "no known format" sends people searching for a
 * fault that is not there. When a format becomes loadable, its line moves from foreign.c to the table in
 * identify.c.
 */
#ifndef IMAGE_FOREIGN_H
#define IMAGE_FOREIGN_H

#include "blob.h"
#include "err.h"

/* Sets the error and returns true where the data is of a kind known by name; else *err stays as it is. */
bool foreign_explain(struct blob data, struct err *err);

#endif
