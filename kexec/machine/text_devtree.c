/* SPDX-License-Identifier: GPL-2.0-only */
#include "config.h"

#include "kexec/machine/text_devtree.h"

#include <string.h>

#include "kexec/base/quote.h"

#ifdef HAVE_LIBFDT
#include <libfdt.h>
#endif

/* Bytes of a property on a line: three pairs of addresses and sizes, or two blocks of ibm,dynamic-memory. */
#define ROW 48
#define CELL 4

static bool end_property(struct text_devtree *tree, struct err *err)
{
	const char *name = tree->property;

	tree->property = NULL;
	return !name || fdt_write_property(&tree->writer, name, (struct blob){ tree->data, tree->used }, err);
}

static bool end_nodes(struct text_devtree *tree, unsigned int depth, struct err *err)
{
	while (tree->writer.depth > depth)
		if (!fdt_write_end_node(&tree->writer, err))
			return false;
	return true;
}

/* A name in quotes, as directories can have it. */
static bool read_name(struct text_reader *reader, struct text_fields *fields, const char **name, struct err *err)
{
	if (!text_fields_string(fields, &reader->scratch, name, err))
		return false;

	size_t size = strlen(*name);

	if (size == 0 || size > FDT_WRITE_NAME_MOST || strchr(*name, '/'))
		return err_set(err, ERR_BAD_MACHINE,
			       "\"%s\" found, expected a name of 1 to %d bytes without a slash; the root alone is \"/\", "
			       "at level 0",
			       scan_show((struct blob){ (const uint8_t *)*name, size }).text, FDT_WRITE_NAME_MOST);
	return true;
}

static bool read_root(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct text_devtree *tree = &reader->devtree;
	const char *name;

	if (tree->line)
		return err_set(err, ERR_BAD_MACHINE, "a second root: level 0 is the first node's, and no other's");
	if (!text_fields_string(fields, &reader->scratch, &name, err))
		return false;
	if (strcmp(name, "/") != 0)
		return err_set(err, ERR_BAD_MACHINE, "\"%s\" found, expected \"/\" at level 0",
			       scan_show((struct blob){ (const uint8_t *)name, strlen(name) }).text);
	tree->line = reader->scan.line;
	return fdt_write_begin(&tree->writer, NULL, 0, &reader->scratch, err) &&
	       fdt_write_node(&tree->writer, "", err);
}

bool text_devtree_node(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct text_devtree *tree = &reader->devtree;
	const char *name;
	uint64_t depth;

	if (!text_fields_number(fields, "a level", &depth, err))
		return false;
	if (depth == 0)
		return read_root(reader, fields, err);
	if (depth > tree->writer.depth)
		return err_set(err, ERR_BAD_MACHINE, "level %llu found, but at most %u can follow the node before",
			       (unsigned long long)depth, tree->writer.depth);
	if (!read_name(reader, fields, &name, err))
		return false;
	tree->line = reader->scan.line;
	return end_property(tree, err) && end_nodes(tree, (unsigned int)depth, err) &&
	       fdt_write_node(&tree->writer, name, err);
}

/* Puts bytes behind those of the property. */
static bool add_bytes(struct text_reader *reader, struct blob bytes, struct err *err)
{
	struct text_devtree *tree = &reader->devtree;

	if (bytes.size > FDT_WRITE_PROPERTY_MOST - tree->used)
		return err_set(err, ERR_BAD_MACHINE, "the property \"%s\" has more than the %u bytes expected at most",
			       scan_show((struct blob){ (const uint8_t *)tree->property, strlen(tree->property) }).text,
			       FDT_WRITE_PROPERTY_MOST);
	if (bytes.size > tree->capacity - tree->used) {
		while (bytes.size > tree->capacity - tree->used)
			tree->capacity = tree->capacity ? tree->capacity * 2 : 4096;

		uint8_t *grown = arena_alloc(&reader->scratch, tree->capacity);

		if (tree->used)
			memcpy(grown, tree->data, tree->used);
		tree->data = grown;
	}
	if (bytes.size)
		memcpy(tree->data + tree->used, bytes.data, bytes.size);
	tree->used += bytes.size;
	return true;
}

static bool add_hex(struct text_reader *reader, struct blob word, struct err *err)
{
	for (size_t i = 0; i < word.size; i += 2) {
		uint64_t value;

		if (word.size % 2 || !scan_hex(blob_part(word, i, 2), &value))
			return err_set(err, ERR_BAD_MACHINE,
				       "\"%s\" found, expected bytes of two hexadecimal digits each, or a text in quotes",
				       scan_show(word).text);

		uint8_t byte = (uint8_t)value;

		if (!add_bytes(reader, (struct blob){ &byte, 1 }, err))
			return false;
	}
	return true;
}

static bool read_data(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	while (!text_fields_at_end(fields)) {
		struct blob word;
		const char *text;

		if (fields->rest.data[0] == '"') {
			if (!text_fields_string(fields, &reader->scratch, &text, err) ||
			    !add_bytes(reader, (struct blob){ (const uint8_t *)text, strlen(text) + 1 }, err))
				return false;
		} else if (!text_fields_word(fields, "bytes", &word, err) || !add_hex(reader, word, err)) {
			return false;
		}
	}
	return true;
}

bool text_devtree_property(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	struct text_devtree *tree = &reader->devtree;
	const char *name;

	if (!tree->line)
		return err_set(err, ERR_BAD_MACHINE, "a property without a node: the line \"%s 0 \"/\"\" comes first",
			       text_keywords[TEXT_DT_NODE].name);
	if (!read_name(reader, fields, &name, err) || !end_property(tree, err))
		return false;
	tree->line = reader->scan.line;
	tree->property = name;
	tree->used = 0;
	return read_data(reader, fields, err);
}

bool text_devtree_more(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	if (!reader->devtree.property)
		return err_set(err, ERR_BAD_MACHINE, "there is no property to go on with: a line \"%s ...\" comes first",
			       text_keywords[TEXT_DT_PROPERTY].name);
	return read_data(reader, fields, err);
}

bool text_devtree_dump_pending(struct text_reader *reader, struct text_fields *fields, struct err *err)
{
	(void)fields;
	(void)err;
	reader->machine->dump_pending = true;
	return true;
}

bool text_devtree_finish(struct text_reader *reader, struct err *err)
{
	struct text_devtree *tree = &reader->devtree;

	struct fdt_written written;

	if (!tree->line)
		return true;
	if (end_property(tree, err) && end_nodes(tree, 0, err) &&
	    fdt_write_finish(&tree->writer, 0, &reader->machine->arena, &written, err)) {
		reader->machine->devicetree = (struct blob){ written.data, written.size };
		return true;
	}
	return err_prefix(err, "%s:%zu", reader->name, tree->line);
}

#ifdef HAVE_LIBFDT

/* Some texts, each with its NUL, of characters that all editors show: as Linux and dtc tell them from numbers. */
static bool is_text(const char *data, size_t size)
{
	if (size == 0 || data[0] == 0 || data[size - 1] != 0)
		return false;
	for (size_t i = 0; i < size; i++)
		if (data[i] == 0 ? data[i - 1] == 0 : data[i] < 0x20 || data[i] >= 0x7f)
			return false;
	return true;
}

static void begin_row(FILE *out)
{
	fprintf(out, "\n%s", text_keywords[TEXT_DT_MORE].name);
}

static void write_texts(FILE *out, const char *data, size_t size)
{
	size_t row = 0;

	for (size_t at = 0, length; at < size; at += length) {
		length = strlen(data + at) + 1;
		if (row && row + length > ROW) {
			begin_row(out);
			row = 0;
		}
		fputc(' ', out);
		quote_write(out, data + at);
		row += length;
	}
}

static void write_hex(FILE *out, const uint8_t *data, size_t size)
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < size; i++) {
		if (i && i % ROW == 0)
			begin_row(out);
		if (i % CELL == 0)
			fputc(' ', out);
		fputc(digits[data[i] >> 4], out);
		fputc(digits[data[i] & 15], out);
	}
}

static void write_properties(FILE *out, const void *fdt, int node)
{
	int property;

	fdt_for_each_property_offset(property, fdt, node) {
		const char *name;
		int size;
		const void *data = fdt_getprop_by_offset(fdt, property, &name, &size);

		if (!data || size < 0)
			continue;
		fprintf(out, "%s ", text_keywords[TEXT_DT_PROPERTY].name);
		quote_write(out, name);
		if (is_text(data, (size_t)size))
			write_texts(out, data, (size_t)size);
		else
			write_hex(out, data, (size_t)size);
		fputc('\n', out);
	}
}

static void write_tree(FILE *out, const void *fdt)
{
	int depth = 0;

	for (int node = 0; node >= 0 && depth >= 0; node = fdt_next_node(fdt, node, &depth)) {
		fprintf(out, "%s %d ", text_keywords[TEXT_DT_NODE].name, depth);
		quote_write(out, depth ? fdt_get_name(fdt, node, NULL) : "/");
		fputc('\n', out);
		write_properties(out, fdt, node);
	}
}

#else

/* There is none in such a build. */
static void write_tree(FILE *out, const void *fdt)
{
	(void)out;
	(void)fdt;
}

#endif

void text_devtree_write(FILE *out, const struct machine *machine)
{
	if (machine->devicetree.size)
		write_tree(out, machine->devicetree.data);
	if (machine->dump_pending)
		fprintf(out, "%s\n", text_keywords[TEXT_DUMP_PENDING].name);
}
