/* SPDX-License-Identifier: GPL-2.0-only */
#include "blob.h"

#include <string.h>

bool blob_matches(struct blob blob, uint64_t offset, const void *bytes, size_t length)
{
	return blob_has(blob, offset, length) && (length == 0 || memcmp(blob.data + offset, bytes, length) == 0);
}

bool blob_begins(struct blob blob, const void *bytes, size_t length)
{
	return blob_matches(blob, 0, bytes, length);
}
