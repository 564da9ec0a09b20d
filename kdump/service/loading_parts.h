/* SPDX-License-Identifier: GPL-2.0-only */
/* What the files of loading*.c share. */
#ifndef SERVICE_LOADING_PARTS_H
#define SERVICE_LOADING_PARTS_H

#include <stdbool.h>

#include "arena.h"
#include "err.h"
#include "kdump/service/loading.h"

/* A file below root that is no folder; its path with the root, or NULL. */
const char *loading_file(struct arena *arena, const char *root, const char *name);

/*
 * The kernel to load, and the release that it is of: by its name where the configuration names a file, for that may be
 * another one than the kernel that runs.
 */
bool loading_find_kernel(const char **kernel, const char **release, struct arena *arena, const struct conf *conf,
			 const struct loading_machine *machine, struct err *err) ERR_CHECKED;

/* What it is loaded with. *initrd is NULL for none. */
bool loading_find_initrd(const char **initrd, bool *is_capture, struct arena *arena, const struct conf *conf,
			 const struct loading_machine *machine, const char *kernel, const char *release,
			 struct err *err) ERR_CHECKED;

const char *loading_command_line(struct arena *arena, const struct conf *conf, const struct loading_machine *machine,
				 enum loading_way way);

/* Needs all else of loading. */
const char *loading_fingerprint(struct arena *arena, const struct loading *loading,
				const struct loading_machine *machine);

/* The first line of a file below root, or NULL where it cannot be read. */
const char *loading_line(struct arena *arena, const char *root, const char *name);

#endif
