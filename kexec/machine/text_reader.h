/* SPDX-License-Identifier: GPL-2.0-only */
/* What the readers of the lines of a machine text share. */
#ifndef MACHINE_TEXT_READER_H
#define MACHINE_TEXT_READER_H

#include <stddef.h>

#include "arena.h"
#include "err.h"
#include "kexec/base/fdt_write.h"
#include "kexec/machine/scan.h"
#include "kexec/machine/text_fields.h"
#include "kexec/machine/text_keywords.h"
#include "machine.h"

/* The device tree as far as it was read. All is in the reader's scratch memory. */
struct text_devtree {
	struct fdt_writer writer;
	size_t line;	      /* where its last node or property begins, 0 = none yet */
	const char *property; /* whose bytes may go on, or NULL */
	uint8_t *data;
	size_t used, capacity; /* bytes of data */
};

struct text_reader {
	struct machine *machine;
	struct arena scratch; /* of the lists while they grow */
	const char *name;
	struct scan scan;
	size_t first_seen[TEXT_KEYWORD_COUNT]; /* line number, 0 = not yet */
	size_t resource_capacity;
	size_t cpu_capacity;
	size_t firmware_capacity;
	size_t efi_capacity;
	uint8_t *boot_params;	 /* in the machine's arena; NULL = not yet */
	size_t boot_params_used; /* bytes up to the end of the last line of them */
	struct text_devtree devtree;
};

/* Reads the fields behind a keyword. Errors are ERR_BAD_MACHINE without file and line. */
typedef bool text_reader_line(struct text_reader *reader, struct text_fields *fields, struct err *err);

/* A list in scratch memory that doubles: gives one with room for one more than `used`. */
void *text_reader_grow(struct arena *scratch, void *list, size_t used, size_t *capacity, size_t size);

#endif
