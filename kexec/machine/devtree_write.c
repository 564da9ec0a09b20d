/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "kexec/machine/devtree_write.h"

#ifdef HAVE_LIBFDT
#include <libfdt.h>
#include <string.h>

#define FIRST_SIZE (64 * 1024)

static bool failed(const char *what, const char *name, int code, struct err *err)
{
	return err_set(err, ERR_INTERNAL, "cannot flatten a device tree: %s \"%s\": libfdt says %s", what, name,
		       fdt_strerror(code));
}

/* Makes the buffer larger after a call that found it too small; such a call has changed nothing. */
static bool grow(struct devtree_writer *writer, const char *name, struct err *err)
{
	if (writer->size >= DEVTREE_MOST)
		return err_set(err, ERR_BAD_MACHINE,
			       "the device tree has more than the %u bytes expected at most (at \"%s\")", DEVTREE_MOST,
			       name);

	size_t size = writer->size * 2;
	void *fdt = arena_alloc(writer->scratch, size);
	int code = fdt_resize(writer->fdt, fdt, (int)size);

	if (code != 0)
		return failed("making room for", name, code, err);
	writer->fdt = fdt;
	writer->size = size;
	return true;
}

bool devtree_write_begin(struct devtree_writer *writer, struct arena *scratch, struct err *err)
{
	*writer = (struct devtree_writer){ .scratch = scratch, .size = FIRST_SIZE };
	writer->fdt = arena_alloc(scratch, writer->size);

	int code = fdt_create(writer->fdt, (int)writer->size);

	if (code == 0)
		code = fdt_finish_reservemap(writer->fdt);
	return code == 0 || failed("the beginning of", "/", code, err);
}

bool devtree_write_node(struct devtree_writer *writer, const char *name, struct err *err)
{
	int code;

	if (writer->depth == DEVTREE_DEPTH)
		return err_set(err, ERR_BAD_MACHINE, "the device tree has more than %d levels", DEVTREE_DEPTH);
	while ((code = fdt_begin_node(writer->fdt, name)) == -FDT_ERR_NOSPACE)
		if (!grow(writer, name, err))
			return false;
	if (code != 0)
		return failed("node", name, code, err);
	writer->depth++;
	return true;
}

bool devtree_write_property(struct devtree_writer *writer, const char *name, struct blob data, struct err *err)
{
	int code;

	if (data.size > DEVTREE_PROPERTY_MOST)
		return err_set(err, ERR_BAD_MACHINE, "the property \"%s\" has %zu bytes, expected at most %u", name,
			       data.size, DEVTREE_PROPERTY_MOST);
	while ((code = fdt_property(writer->fdt, name, data.size ? (const void *)data.data : "", (int)data.size)) ==
	       -FDT_ERR_NOSPACE)
		if (!grow(writer, name, err))
			return false;
	return code == 0 || failed("property", name, code, err);
}

bool devtree_write_end_node(struct devtree_writer *writer, struct err *err)
{
	int code;

	while ((code = fdt_end_node(writer->fdt)) == -FDT_ERR_NOSPACE)
		if (!grow(writer, "", err))
			return false;
	if (code != 0)
		return failed("the end of", "a node", code, err);
	writer->depth--;
	return true;
}

bool devtree_write_finish(struct devtree_writer *writer, struct arena *arena, struct blob *tree, struct err *err)
{
	int code;

	while ((code = fdt_finish(writer->fdt)) == -FDT_ERR_NOSPACE)
		if (!grow(writer, "/", err))
			return false;

	size_t size = code == 0 ? fdt_totalsize(writer->fdt) : 0;

	if (code == 0)
		code = fdt_check_full(writer->fdt, size);
	if (code != 0)
		return failed("the end of", "/", code, err);

	uint8_t *copy = arena_alloc(arena, size);

	memcpy(copy, writer->fdt, size);
	*tree = (struct blob){ copy, size };
	return true;
}

#else

static bool unsupported(struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED,
		       "this build cannot flatten a device tree: it was made without libfdt; install that, configure "
		       "and build again");
}

bool devtree_write_begin(struct devtree_writer *writer, struct arena *scratch, struct err *err)
{
	*writer = (struct devtree_writer){ .scratch = scratch };
	return unsupported(err);
}

bool devtree_write_node(struct devtree_writer *writer, const char *name, struct err *err)
{
	(void)writer;
	(void)name;
	return unsupported(err);
}

bool devtree_write_property(struct devtree_writer *writer, const char *name, struct blob data, struct err *err)
{
	(void)writer;
	(void)name;
	(void)data;
	return unsupported(err);
}

bool devtree_write_end_node(struct devtree_writer *writer, struct err *err)
{
	(void)writer;
	return unsupported(err);
}

bool devtree_write_finish(struct devtree_writer *writer, struct arena *arena, struct blob *tree, struct err *err)
{
	(void)writer;
	(void)arena;
	(void)tree;
	return unsupported(err);
}

#endif
