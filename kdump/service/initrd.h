/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is in an initrd: cpio archives one behind the other, zeros between them, the last one packed
 * (Linux Documentation/driver-api/early-userspace/buffer-format.rst).
 */
#ifndef SERVICE_INITRD_H
#define SERVICE_INITRD_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"

/* name: without "./" or "/" before it. data: the content, also of links. */
typedef void initrd_each_fn(void *context, const char *name, uint32_t mode, struct blob data);

struct initrd_total {
	uint64_t files;
	uint64_t size; /* bytes of all content: what it takes in memory once it is unpacked */
};

/*
 * Calls each for all that is in the archives, in their order. What is unpacked belongs to the arena. ERR_BAD_IMAGE:
 * damaged, or of no known format; ERR_UNSUPPORTED: packed in a way that this build cannot undo; ERR_NO_ROOM: more than
 * limit bytes.
 */
bool initrd_walk(struct initrd_total *total, struct arena *arena, struct blob file, uint64_t limit,
		 initrd_each_fn *each, void *context, struct err *err) ERR_CHECKED;

#endif
