/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a file is written so that its name stands for a whole one: it grows as NAME.incomplete, locked, and is renamed
 * when it is on disk. What is common to all that save dumps.
 */
#ifndef KDUMP_INCOMPLETE_H
#define KDUMP_INCOMPLETE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"
#include "err.h"

/* NAME.incomplete */
const char *incomplete_name(struct arena *arena, const char *path);

/*
 * Opens NAME.incomplete for reading and writing, locks and empties it; others may not read it. A link is not
 * followed. ERR_SYSTEM where another program is writing it, ERR_NO_ROOM, ERR_DENIED.
 */
bool incomplete_open(int *fd, const char *incomplete, struct err *err) ERR_CHECKED;

/*
 * Gives the whole file its name. Without `replace` nothing is ever replaced, whatever else happens on the machine at
 * this moment.
 */
bool incomplete_rename(const char *incomplete, const char *path, bool replace, struct err *err) ERR_CHECKED;

/* The folder of a path on disk: the name of a file is in it. */
bool incomplete_sync_folder(struct arena *arena, const char *path, struct err *err) ERR_CHECKED;

/* ENOSPC, EDQUOT, EFBIG: no room, on the disk, in a quota, or below a limit (SIGXFSZ must be ignored to see it). */
bool incomplete_no_room(int errnum);

/* ", where N bytes are free now", or "" where the file system does not say. */
const char *incomplete_room(int fd, char *text, size_t size);

#endif
