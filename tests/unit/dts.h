/* SPDX-License-Identifier: GPL-2.0-only */
/* A flattened device tree as text that dtc can read, the same on every host; for golden files and messages of tests. */
#ifndef DTS_H
#define DTS_H

#include <inttypes.h>
#include <libfdt.h>

#include "check.h"

#include "blob.h"
#include "bytes.h"

/* Texts only: printable, each with its NUL, none of them empty. */
static inline bool dts_is_text(const uint8_t *data, size_t size)
{
	if (size == 0 || data[size - 1] != 0)
		return false;
	for (size_t i = 0; i < size; i++)
		if (data[i] ? data[i] < ' ' || data[i] > '~' || data[i] == '"' || data[i] == '\\'
			    : i == 0 || data[i - 1] == 0)
			return false;
	return true;
}

static inline void dts_value(FILE *out, const uint8_t *data, size_t size)
{
	if (dts_is_text(data, size)) {
		for (size_t i = 0; i < size; i += strlen((const char *)data + i) + 1)
			fprintf(out, "%s\"%s\"", i ? ", " : "", (const char *)data + i);
	} else if (size % 4 == 0) {
		struct be32 word;

		for (size_t i = 0; i < size; i += 4) {
			memcpy(&word, data + i, sizeof(word));
			fprintf(out, "%s0x%" PRIx32, i ? " " : "<", be32_get(word));
		}
		fputc('>', out);
	} else {
		for (size_t i = 0; i < size; i++)
			fprintf(out, "%s%02x", i ? " " : "[", data[i]);
		fputc(']', out);
	}
}

static inline void dts_indent(FILE *out, int depth)
{
	for (int i = 0; i < depth; i++)
		fputc('\t', out);
}

static inline void dts_write(FILE *out, struct blob tree)
{
	const void *fdt = tree.data;
	int depth = 0;

	assert_int_equal(fdt_check_full(fdt, tree.size), 0);
	fprintf(out, "/dts-v1/;\n");
	for (int i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		uint64_t address, size;

		assert_int_equal(fdt_get_mem_rsv(fdt, i, &address, &size), 0);
		fprintf(out, "/memreserve/ 0x%" PRIx64 " 0x%" PRIx64 ";\n", address, size);
	}
	for (int offset = 0, next;; offset = next) {
		uint32_t tag = fdt_next_tag(fdt, offset, &next);
		const char *name = NULL;

		if (tag == FDT_END)
			break;
		if (tag == FDT_BEGIN_NODE) {
			name = fdt_get_name(fdt, offset, NULL);
			dts_indent(out, depth++);
			fprintf(out, "%s {\n", *name ? name : "/");
		} else if (tag == FDT_END_NODE) {
			dts_indent(out, --depth);
			fprintf(out, "};\n");
		} else if (tag == FDT_PROP) {
			int size;
			const uint8_t *data = fdt_getprop_by_offset(fdt, offset, &name, &size);

			assert_non_null(data);
			dts_indent(out, depth);
			fprintf(out, "%s", name);
			if (size) {
				fprintf(out, " = ");
				dts_value(out, data, (size_t)size);
			}
			fprintf(out, ";\n");
		}
	}
}

#endif
