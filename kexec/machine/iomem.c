/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/iomem.h"

#include <string.h>

#include "kexec/machine/scan.h"

/*
 * A line is "START-END : NAME" behind two spaces for each level, in hexadecimal without prefix, END inclusive
 * (r_show() in Linux's kernel/resource.c). Levels beyond the fifth are shown as the fifth.
 */
#define INDENT 2

static bool parse_line(struct arena *arena, struct blob line, struct machine_resource *resource)
{
	size_t indent = 0;

	while (indent < line.size && line.data[indent] == ' ')
		indent++;
	if (indent % INDENT)
		return false;

	struct blob text = blob_part(line, indent, line.size - indent);
	const uint8_t *dash = text.size ? memchr(text.data, '-', text.size) : NULL;

	if (!dash)
		return false;

	struct blob first = blob_part(text, 0, (size_t)(dash - text.data));
	struct blob rest = blob_part(text, first.size + 1, text.size - first.size - 1);
	const uint8_t *space = rest.size ? memchr(rest.data, ' ', rest.size) : NULL;

	if (!space)
		return false;

	struct blob last = blob_part(rest, 0, (size_t)(space - rest.data));
	struct blob tail = blob_part(rest, last.size, rest.size - last.size);
	uint64_t from, to;

	if (!scan_hex(first, &from) || !scan_hex(last, &to) || to < from || !blob_begins(tail, " : ", 3))
		return false;
	*resource = (struct machine_resource){
		.range = range_from_inclusive(from, to),
		.depth = (unsigned int)(indent / INDENT),
		.name = arena_strndup(arena, (const char *)tail.data + 3, tail.size - 3),
	};
	return true;
}

static size_t count_lines(struct blob text)
{
	struct scan scan = { .rest = text };
	struct blob line;

	while (scan_line(&scan, &line))
		;
	return scan.line;
}

bool iomem_parse(struct arena *arena, const char *name, struct blob text, struct machine_resource **resources,
		 size_t *count, struct err *err)
{
	size_t lines = count_lines(text);

	/* A file of mere line ends must not ask for 32 bytes of memory for each. */
	if (lines > text.size / strlen("0-0 : \n"))
		lines = text.size / strlen("0-0 : \n");

	struct machine_resource *list = arena_array(arena, lines, sizeof(*list));
	struct scan scan = { .rest = text };
	struct blob line;
	size_t used = 0;
	unsigned int deepest = 0;
	bool visible = false;

	while (scan_line(&scan, &line)) {
		if (scan.cut)
			return err_set(err, ERR_BAD_MACHINE,
				       "%s:%zu: the last line has no line end: the file is cut off", name,
				       scan.line);
		if (line.size && memchr(line.data, 0, line.size))
			return err_set(err, ERR_BAD_MACHINE,
				       "%s:%zu: a NUL byte in \"%s\", where text is expected", name,
				       scan.line, scan_show(line).text);

		struct machine_resource resource;

		if (used == lines || !parse_line(arena, line, &resource))
			return err_set(err, ERR_BAD_MACHINE,
				       "%s:%zu: \"%s\" found, expected hexadecimal \"START-END : NAME\" with "
				       "START <= END, "
				       "indented by two spaces for each level",
				       name, scan.line, scan_show(line).text);
		if (resource.depth > deepest)
			return err_set(err, ERR_BAD_MACHINE,
				       "%s:%zu: \"%s\" is indented for level %u, but only level %u can "
				       "follow the line before",
				       name, scan.line, scan_show(line).text, resource.depth, deepest);
		deepest = resource.depth + 1;
		if (resource.range.start != 0 || resource.range.end != 1)
			visible = true;
		list[used++] = resource;
	}
	if (used == 0)
		return err_set(err, ERR_BAD_MACHINE, "%s is empty, a memory map expected", name);
	if (!visible)
		return err_set(err, ERR_DENIED,
			       "%s shows all addresses as 0: the kernel shows them only to root "
			       "(CAP_SYS_ADMIN). Run as root; a captured tree must be captured as root",
			       name);
	*resources = list;
	*count = used;
	return true;
}
