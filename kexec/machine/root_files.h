/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Files below the root directory: the only opens of /proc and /sys, but for those of devtree.c. A path is the root, a
 * slash and the name; nothing is done about symbolic links, so an absolute one in a captured tree leads out of it.
 */
#ifndef MACHINE_ROOT_FILES_H
#define MACHINE_ROOT_FILES_H

#include <stddef.h>

#include "arena.h"
#include "blob.h"
#include "err.h"

/* Strings live in arena, which the caller releases. */
struct root_files {
	struct arena *arena;
	const char *root;
};

/* The name of a file below the root, for opening and for messages. */
const char *root_files_path(const struct root_files *files, const char *name);

/* A text without its final line end. NULL, and success, where there is no such file. */
bool root_files_text(const struct root_files *files, const char *name, size_t limit, const char **text,
		     struct err *err) ERR_CHECKED;

/*
 * Bytes, of which there must be `size`; they live in arena. *found is false, and the call succeeds, where there is no
 * such file.
 */
bool root_files_bytes(const struct root_files *files, const char *name, size_t size, struct arena *arena,
		      struct blob *bytes, bool *found, struct err *err) ERR_CHECKED;

/* A descriptor for reading, which the caller closes, or -1 where the file cannot be opened, for whatever reason. */
int root_files_open(const struct root_files *files, const char *name);

/* Whether there is such a file, of any kind. */
bool root_files_exists(const struct root_files *files, const char *name);

/* Whether there is such a directory. */
bool root_files_has_directory(const struct root_files *files, const char *name);

enum root_base {
	ROOT_HEX,	   /* digits only */
	ROOT_PREFIXED_HEX, /* "0x" may stand before them */
	ROOT_DECIMAL,
};

/* A file with one number. *found is false, and the call succeeds, where there is no such file. */
bool root_files_number(const struct root_files *files, const char *name, enum root_base base, uint64_t *value,
		       bool *found, struct err *err) ERR_CHECKED;

/*
 * The numbers N of all entries PREFIX<N> of a directory, N decimal, ascending. None, and success, where there
 * is no such directory.
 */
bool root_files_numbered(const struct root_files *files, const char *directory, const char *prefix,
			 uint64_t **numbers, size_t *count, struct err *err) ERR_CHECKED;

#endif
