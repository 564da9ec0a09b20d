/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "kexec/base/fdt_write.h"

#ifdef HAVE_LIBFDT
#include <libfdt.h>

#define FIRST_SIZE (64 * 1024)

/* Of a tree in version 17: the oldest reader that understands it, in the Devicetree Specification. */
#define COMPATIBLE_VERSION 16

static bool failed(const char *what, const char *name, int code, struct err *err)
{
	return err_set(err, ERR_INTERNAL, "cannot flatten a device tree: %s \"%s\": libfdt says %s", what, name,
		       fdt_strerror(code));
}

static bool too_large(const char *name, struct err *err)
{
	return err_set(err, ERR_BAD_MACHINE, "the device tree has more than the %u bytes expected at most (at \"%s\")",
		       FDT_WRITE_MOST, name);
}

/* Makes the buffer larger after a call that found it too small; such a call has changed nothing. */
static bool grow(struct fdt_writer *writer, const char *name, struct err *err)
{
	if (writer->size >= FDT_WRITE_MOST)
		return too_large(name, err);

	size_t size = writer->size * 2;
	void *fdt = arena_alloc(writer->scratch, size);
	int code = fdt_resize(writer->fdt, fdt, (int)size);

	if (code != 0)
		return failed("making room for", name, code, err);
	writer->fdt = fdt;
	writer->size = size;
	return true;
}

bool fdt_write_begin(struct fdt_writer *writer, const struct range *reserved, size_t reserved_count,
		     struct arena *scratch, struct err *err)
{
	static const char place[] = "memory reservation block";
	int code;

	*writer = (struct fdt_writer){ .scratch = scratch, .size = FIRST_SIZE };
	writer->fdt = arena_alloc(scratch, writer->size);
	code = fdt_create(writer->fdt, (int)writer->size);
	for (size_t i = 0; code == 0 && i < reserved_count; i++) {
		if (range_is_empty(reserved[i]))
			continue;
		while ((code = fdt_add_reservemap_entry(writer->fdt, reserved[i].start, range_size(reserved[i]))) ==
		       -FDT_ERR_NOSPACE)
			if (!grow(writer, place, err))
				return false;
	}
	while (code == 0 && (code = fdt_finish_reservemap(writer->fdt)) == -FDT_ERR_NOSPACE) {
		if (!grow(writer, place, err))
			return false;
		code = 0;
	}
	return code == 0 || failed("the", place, code, err);
}

bool fdt_write_node(struct fdt_writer *writer, const char *name, struct err *err)
{
	int code;

	if (writer->depth == FDT_WRITE_DEPTH)
		return err_set(err, ERR_BAD_MACHINE, "the device tree has more than %d levels", FDT_WRITE_DEPTH);
	while ((code = fdt_begin_node(writer->fdt, name)) == -FDT_ERR_NOSPACE)
		if (!grow(writer, name, err))
			return false;
	if (code != 0)
		return failed("node", name, code, err);
	writer->depth++;
	return true;
}

bool fdt_write_property(struct fdt_writer *writer, const char *name, struct blob data, struct err *err)
{
	int code;

	if (data.size > FDT_WRITE_PROPERTY_MOST)
		return err_set(err, ERR_BAD_MACHINE, "the property \"%s\" has %zu bytes, expected at most %u", name,
			       data.size, FDT_WRITE_PROPERTY_MOST);
	while ((code = fdt_property(writer->fdt, name, data.size ? (const void *)data.data : "", (int)data.size)) ==
	       -FDT_ERR_NOSPACE)
		if (!grow(writer, name, err))
			return false;
	return code == 0 || failed("property", name, code, err);
}

bool fdt_write_end_node(struct fdt_writer *writer, struct err *err)
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

bool fdt_write_finish(struct fdt_writer *writer, size_t slack, struct arena *arena, struct fdt_written *tree,
		      struct err *err)
{
	int code;

	while ((code = fdt_finish(writer->fdt)) == -FDT_ERR_NOSPACE)
		if (!grow(writer, "/", err))
			return false;
	if (code != 0)
		return failed("the end of", "/", code, err);

	size_t size = fdt_totalsize(writer->fdt);

	if (slack > FDT_WRITE_MOST)
		return too_large("/", err);
	if (slack)
		size = (size_t)align_up(size + slack, 8);

	uint8_t *data = arena_alloc(arena, size);

	code = fdt_open_into(writer->fdt, data, (int)size);
	if (code == 0) {
		/* Some versions of libfdt leave their own oldest one there. */
		fdt_set_last_comp_version(data, COMPATIBLE_VERSION);
		code = fdt_check_full(data, size);
	}
	if (code != 0)
		return failed("the end of", "/", code, err);
	*tree = (struct fdt_written){ data, size };
	return true;
}

#else

static bool unsupported(struct err *err)
{
	return err_set(err, ERR_UNSUPPORTED,
		       "this build cannot flatten a device tree: it was made without libfdt; install that, configure "
		       "and build again");
}

bool fdt_write_begin(struct fdt_writer *writer, const struct range *reserved, size_t reserved_count,
		     struct arena *scratch, struct err *err)
{
	(void)reserved;
	(void)reserved_count;
	*writer = (struct fdt_writer){ .scratch = scratch };
	return unsupported(err);
}

bool fdt_write_node(struct fdt_writer *writer, const char *name, struct err *err)
{
	(void)writer;
	(void)name;
	return unsupported(err);
}

bool fdt_write_property(struct fdt_writer *writer, const char *name, struct blob data, struct err *err)
{
	(void)writer;
	(void)name;
	(void)data;
	return unsupported(err);
}

bool fdt_write_end_node(struct fdt_writer *writer, struct err *err)
{
	(void)writer;
	return unsupported(err);
}

bool fdt_write_finish(struct fdt_writer *writer, size_t slack, struct arena *arena, struct fdt_written *tree,
		      struct err *err)
{
	(void)writer;
	(void)slack;
	(void)arena;
	(void)tree;
	return unsupported(err);
}

#endif
