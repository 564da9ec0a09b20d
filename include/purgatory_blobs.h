/* SPDX-License-Identifier: GPL-2.0-only */
/* The flattened purgatories that this build made (purgatory/embed.sh). Size 0 where it made none. */
#ifndef PURGATORY_BLOBS_H
#define PURGATORY_BLOBS_H

#include "blob.h"

struct blob purgatory_blob_s390x(void);
struct blob purgatory_blob_x86_64(void);
struct blob purgatory_blob_ppc64(void);
struct blob purgatory_blob_ppc64le(void);

#endif
