/* SPDX-License-Identifier: GPL-2.0-only */
/* A root directory with a /proc and a /sys of our own, in a temporary place. */
#ifndef MACHINE_TREE_H
#define MACHINE_TREE_H

#include <ftw.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"

struct machine_tree {
	char root[256];
};

static inline void machine_tree_make(struct machine_tree *tree)
{
	const char *parent = getenv("TMPDIR");

	snprintf(tree->root, sizeof(tree->root), "%s/machine-XXXXXX", parent && *parent ? parent : "/tmp");
	assert_non_null(mkdtemp(tree->root));
}

static inline int machine_tree_remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline void machine_tree_remove(struct machine_tree *tree)
{
	assert_int_equal(nftw(tree->root, machine_tree_remove_one, 16, FTW_DEPTH | FTW_PHYS), 0);
}

/* The path of name, with all directories above it. */
static inline void machine_tree_path(const struct machine_tree *tree, const char *name, char *path,
				     size_t size)
{
	assert_true((size_t)snprintf(path, size, "%s/%s", tree->root, name) < size);
	for (char *p = path + strlen(tree->root) + 1; (p = strchr(p, '/')); p++) {
		*p = 0;
		mkdir(path, 0755);
		*p = '/';
	}
}

static inline void machine_tree_write_bytes(const struct machine_tree *tree, const char *name,
					    const void *bytes, size_t size)
{
	char path[512];

	machine_tree_path(tree, name, path, sizeof(path));

	FILE *out = fopen(path, "w");

	assert_non_null(out);
	assert_int_equal(fwrite(bytes, 1, size, out), size);
	assert_int_equal(fclose(out), 0);
}

static inline void machine_tree_write(const struct machine_tree *tree, const char *name, const char *text)
{
	machine_tree_write_bytes(tree, name, text, strlen(text));
}

/* Takes a file or an empty directory away. */
static inline void machine_tree_drop(const struct machine_tree *tree, const char *name)
{
	char path[512];

	machine_tree_path(tree, name, path, sizeof(path));
	assert_int_equal(remove(path), 0);
}

/* A directory where a file should be: even root cannot read it. */
static inline void machine_tree_block(const struct machine_tree *tree, const char *name)
{
	char path[512];

	machine_tree_path(tree, name, path, sizeof(path));
	remove(path);
	assert_int_equal(mkdir(path, 0755), 0);
}

#endif
