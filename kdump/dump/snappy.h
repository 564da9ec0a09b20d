/* SPDX-License-Identifier: GPL-2.0-only */
/* Raw snappy data (format_description.txt of the snappy project), as pages of kdump-compressed dumps have it. */
#ifndef KDUMP_DUMP_SNAPPY_H
#define KDUMP_DUMP_SNAPPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"

/* Fills out whole, or fails with ERR_BAD_IMAGE. */
bool snappy_unpack(struct blob packed, uint8_t *out, size_t size, struct err *err) ERR_CHECKED;

#endif
