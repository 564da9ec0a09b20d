/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A copy of a large file that is either whole under its name, on disk, or not under its name at all: it grows as
 * NAME.incomplete, which stays where something goes wrong.
 */
#ifndef KDUMP_SAVE_H
#define KDUMP_SAVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "sha256.h"

#define SAVE_GAPS 16

struct save_gap {
	uint64_t start, end; /* offsets in the file */
};

struct save_request {
	const char *source;
	int fd;		  /* of the source */
	uint64_t size;	  /* where it ends, for a source whose stat(2) gives 0; 0 = not known, and nothing may be unreadable */
	const char *path; /* of the copy; nothing may be there yet */
	bool verify;	  /* read the copy again from the disk and compare */
};

struct save_result {
	const char *incomplete; /* the name it has until it is whole */
	uint64_t bytes;
	uint64_t unreadable; /* bytes that the source did not give (EIO, EFAULT): zeros in the copy */
	struct save_gap gaps[SAVE_GAPS];
	size_t gap_count; /* may be more than SAVE_GAPS */
	bool verified;
	uint8_t digest[SHA256_DIGEST_SIZE]; /* where verified */
};

/*
 * Errors: ERR_NO_ROOM where the file system is full or a limit is reached, ERR_SYSTEM, ERR_DENIED. The result is set
 * as far as it got. Zeros are not written where the file system can have holes. An earlier NAME.incomplete is replaced,
 * unless a program is still writing it. A source that gives less than its stat(2) said, or nothing that can be read,
 * is ERR_BAD_IMAGE, and the copy keeps the name NAME.incomplete.
 */
bool save_copy(struct save_result *result, struct arena *arena, const struct save_request *request,
	       struct err *err) ERR_CHECKED;

/* A small file, written whole and synced, by way of NAME.incomplete; replaces what is there. */
bool save_text(struct arena *arena, const char *path, const char *text, size_t size, struct err *err) ERR_CHECKED;

/* The file system of a path is tmpfs or ramfs: what is saved there is gone with the next boot. */
bool save_is_in_memory(struct arena *arena, const char *path);

/* The folder of a path, for opening: "." where it has none. */
const char *save_folder(struct arena *arena, const char *path);

#endif
