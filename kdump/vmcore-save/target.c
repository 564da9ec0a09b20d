/* SPDX-License-Identifier: GPL-2.0-only */
/* Where writing would destroy what is read. A plain file that is the source is replaced when all was read. */
#include <sys/stat.h>

#include "kdump/vmcore-save/save.h"

static bool is_same(const struct stat *a, const struct stat *b)
{
	bool device = S_ISBLK(a->st_mode) || S_ISCHR(a->st_mode);

	if (a->st_dev == b->st_dev && a->st_ino == b->st_ino)
		return true;
	return device && (a->st_mode & S_IFMT) == (b->st_mode & S_IFMT) && a->st_rdev == b->st_rdev;
}

bool target_check(struct arena *arena, const char *target, const struct stat *source, struct err *err)
{
	const char *incomplete = arena_printf(arena, "%s.incomplete", target);
	struct stat there;

	/* A sink empties an earlier NAME.incomplete. */
	if (stat(incomplete, &there) == 0 && is_same(source, &there))
		return err_set(err, ERR_USAGE,
			       "%s is the source, and the name that %s has until it is whole: expected another TARGET",
			       incomplete, target);
	if (stat(target, &there) == 0 && !S_ISREG(there.st_mode) && is_same(source, &there))
		return err_set(err, ERR_USAGE, "%s is the source too: expected another TARGET", target);
	return true;
}

bool target_check_paths(struct arena *arena, const char *target, const char *const *sources, size_t count,
			struct err *err)
{
	struct stat source;

	for (size_t i = 0; i < count; i++)
		if (stat(sources[i], &source) == 0 && !target_check(arena, target, &source, err))
			return false;
	return true;
}
