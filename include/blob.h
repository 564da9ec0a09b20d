/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Borrowed bytes with a length: how foreign data travels. All reading of files goes through these checks; no number
 * found in a blob is used as an offset or a size before one of them has bounded it.
 */
#ifndef BLOB_H
#define BLOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob {
	const uint8_t *data; /* may be NULL when size is 0 */
	size_t size;	     /* bytes */
};

/* Whether [offset, offset + length) lies inside. Cannot overflow. */
static inline bool blob_has(struct blob blob, uint64_t offset, uint64_t length)
{
	return offset <= blob.size && length <= blob.size - offset;
}

/* The part [offset, offset + length), or NULL data and size 0 where that does not lie inside. */
static inline struct blob blob_part(struct blob blob, uint64_t offset, uint64_t length)
{
	if (!blob_has(blob, offset, length))
		return (struct blob){ NULL, 0 };

	/* C has no NULL + 0. */
	return (struct blob){ blob.data ? blob.data + offset : NULL, (size_t)length };
}

/*
 * A pointer to `length` bytes at `offset` that may be read as a wire layout (alignment 1), or NULL where they do not
 * lie inside.
 */
static inline const void *blob_at(struct blob blob, uint64_t offset, uint64_t length)
{
	return blob.data && blob_has(blob, offset, length) ? blob.data + offset : NULL;
}

/* Whether the blob begins with these bytes. */
bool blob_begins(struct blob blob, const void *bytes, size_t length);

/* Whether these bytes stand at offset. */
bool blob_matches(struct blob blob, uint64_t offset, const void *bytes, size_t length);

#endif
