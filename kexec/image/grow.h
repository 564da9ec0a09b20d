/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A buffer whose final size is not known beforehand: anonymous pages that grow by mremap(2), so that no byte
 * is copied and no page is touched before there is something to put into it.
 */
#ifndef IMAGE_GROW_H
#define IMAGE_GROW_H

#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"

struct growing {
	uint8_t *data;
	size_t size;	 /* bytes in use, at most limit */
	size_t capacity; /* bytes mapped */
	uint64_t limit;
};

/* Nothing is mapped yet. */
void grow_start(struct growing *g, uint64_t limit);

/*
 * Makes room for at least `least` more bytes at data + size. The room may reach beyond the limit, so that a
 * decoder can tell "exactly full" from "too much": grow_commit() is what holds the limit.
 */
bool grow_room(struct growing *g, size_t least, struct err *err) ERR_CHECKED;

/* Counts `bytes` of the room as used. ERR_NO_ROOM where that is more than the limit. */
bool grow_commit(struct growing *g, size_t bytes, struct err *err) ERR_CHECKED;

/* Gives unused pages back, makes the rest read-only and leaves it to the arena. */
struct blob grow_finish(struct growing *g, struct arena *arena);

/* For when the bytes are not wanted. */
void grow_drop(struct growing *g);

#endif
