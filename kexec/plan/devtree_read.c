/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "kexec/plan/devtree.h"

#include <string.h>

#ifdef HAVE_LIBFDT
#include <libfdt.h>

int devtree_find(struct blob tree, const char *path)
{
	int offset = fdt_path_offset(tree.data, path);

	return offset < 0 ? -1 : offset;
}

int devtree_first(struct blob tree, int parent)
{
	int offset = fdt_first_subnode(tree.data, parent);

	return offset < 0 ? -1 : offset;
}

int devtree_next(struct blob tree, int sibling)
{
	int offset = fdt_next_subnode(tree.data, sibling);

	return offset < 0 ? -1 : offset;
}

const char *devtree_name(struct blob tree, int node)
{
	const char *name = fdt_get_name(tree.data, node, NULL);

	return name ? name : "";
}

struct blob devtree_value(struct blob tree, int node, const char *name)
{
	int size;
	const void *data = node < 0 ? NULL : fdt_getprop(tree.data, node, name, &size);

	return data && size >= 0 ? (struct blob){ data, (size_t)size } : (struct blob){ NULL, 0 };
}

size_t devtree_size(struct blob tree, int node)
{
	int depth = 0, next;

	for (int offset = node;; offset = next) {
		uint32_t tag = fdt_next_tag(tree.data, offset, &next);

		if (next < 0 || tag == FDT_END)
			return 0;
		depth += tag == FDT_BEGIN_NODE;
		depth -= tag == FDT_END_NODE;
		if (depth <= 0)
			return (size_t)(next - node);
	}
}

#else

int devtree_find(struct blob tree, const char *path)
{
	(void)tree;
	(void)path;
	return -1;
}

int devtree_first(struct blob tree, int parent)
{
	(void)tree;
	return parent < 0 ? parent : -1;
}

int devtree_next(struct blob tree, int sibling)
{
	(void)tree;
	return sibling < 0 ? sibling : -1;
}

const char *devtree_name(struct blob tree, int node)
{
	(void)tree;
	(void)node;
	return "";
}

struct blob devtree_value(struct blob tree, int node, const char *name)
{
	(void)tree;
	(void)node;
	(void)name;
	return (struct blob){ NULL, 0 };
}

size_t devtree_size(struct blob tree, int node)
{
	(void)tree;
	(void)node;
	return 0;
}

#endif

bool devtree_has_text(struct blob value, const char *text)
{
	size_t length = strlen(text) + 1;

	for (size_t at = 0; at < value.size;) {
		const uint8_t *end = memchr(value.data + at, 0, value.size - at);

		if (!end)
			return false;
		if ((size_t)(end - (value.data + at)) + 1 == length && memcmp(value.data + at, text, length) == 0)
			return true;
		at = (size_t)(end - value.data) + 1;
	}
	return false;
}
