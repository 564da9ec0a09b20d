/* SPDX-License-Identifier: GPL-2.0-only */
/* Reading whole files. What is read stays valid until the arena is released. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <stddef.h>

#include "arena.h"
#include "blob.h"
#include "err.h"

/*
 * The bytes of a file: mapped read-only where it is a regular file, read into memory otherwise (pipes, devices,
 * /proc), up to FILE_READ_LIMIT. fd: where not NULL, receives the open descriptor, which the arena closes. An empty
 * file gives size 0 and no error. Errors: ERR_SYSTEM or ERR_DENIED with the path.
 */
bool file_map(struct arena *arena, const char *path, int *fd, struct blob *out, struct err *err) ERR_CHECKED;

/* A text of at most `limit` bytes, with a NUL behind it. ERR_BAD_MACHINE where it is longer or contains a NUL. */
bool file_read_text(struct arena *arena, const char *path, size_t limit, char **text, struct err *err) ERR_CHECKED;

/* The path of a name below a root directory: "/" or a captured tree, with or without slashes at its end. */
const char *file_below(struct arena *arena, const char *root, const char *name);

#define FILE_READ_LIMIT (UINT64_C(4) << 30)

#endif
