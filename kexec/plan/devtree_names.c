/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#ifdef HAVE_LIBFDT

#include "kexec/plan/devtree_names.h"

#include <libfdt.h>
#include <stdlib.h>
#include <string.h>

#include "kexec/base/fdt_write.h"

static int compare_entries(const void *a, const void *b)
{
	const struct devtree_entry *x = a, *y = b;

	if (x->parent != y->parent)
		return x->parent < y->parent ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The length of the name without "#N", or 0 where it has none. */
static size_t base_length(const char *name)
{
	size_t length = strlen(name), digits = 0;

	while (digits < length && name[length - digits - 1] >= '0' && name[length - digits - 1] <= '9')
		digits++;
	if (digits == 0 || length < digits + 2 || name[length - digits - 1] != '#')
		return 0;
	return length - digits - 1;
}

/* Whether the node has an entry of just that name. */
static bool has_entry(const struct devtree_names *names, int parent, const char *name, size_t length)
{
	size_t low = 0, high = names->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct devtree_entry *e = &names->v[middle];
		int order = e->parent < parent ? -1 : e->parent > parent;

		if (order == 0)
			order = strncmp(e->name, name, length);
		if (order == 0 && e->name[length] == 0)
			return true;
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return false;
}

size_t devtree_names_restored(const struct devtree_names *names, int parent, const char *name)
{
	size_t base = names->count ? base_length(name) : 0;

	return base && has_entry(names, parent, name, base) ? base : strlen(name);
}

void devtree_names_find(struct devtree_names *names, const void *fdt, struct arena *arena)
{
	size_t count = 0;
	bool suffixes = false;

	for (unsigned int pass = 0; pass < 2; pass++) {
		int parents[FDT_WRITE_DEPTH];
		unsigned int depth = 0;

		if (pass) {
			if (!suffixes)
				return;
			names->v = arena_array(arena, count, sizeof(*names->v));
		}
		for (int offset = 0, next;; offset = next) {
			uint32_t tag = fdt_next_tag(fdt, offset, &next);
			const char *name = NULL;

			if (next < 0 || tag == FDT_END || (tag == FDT_BEGIN_NODE && depth == FDT_WRITE_DEPTH))
				break;
			if (tag == FDT_BEGIN_NODE)
				name = fdt_get_name(fdt, offset, NULL);
			else if (tag == FDT_PROP)
				fdt_getprop_by_offset(fdt, offset, &name, NULL);
			if (name && depth) {
				suffixes = suffixes || base_length(name);
				if (pass)
					names->v[names->count++] = (struct devtree_entry){ parents[depth - 1], name };
				else
					count++;
			}
			if (tag == FDT_END_NODE && depth)
				depth--;
			else if (tag == FDT_BEGIN_NODE)
				parents[depth++] = offset;
		}
	}
	qsort(names->v, names->count, sizeof(*names->v), compare_entries);
}

#endif
