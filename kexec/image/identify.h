/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef IMAGE_IDENTIFY_H
#define IMAGE_IDENTIFY_H

#include "image.h"

/* What image_open() does once image->file is there. The limit is an argument so that tests can reach it. */
bool image_identify(struct image *image, uint64_t unpack_limit, struct err *err) ERR_CHECKED;

#endif
