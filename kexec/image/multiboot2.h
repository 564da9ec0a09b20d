/* SPDX-License-Identifier: GPL-2.0-only */
/* What the readers of the two multiboot headers share. */
#ifndef IMAGE_MULTIBOOT2_H
#define IMAGE_MULTIBOOT2_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"
#include "image.h"

/* The address fields of a header, as they stand in the file. */
struct multiboot_span {
	size_t header_at; /* of the header, in the file */
	bool whole_file;  /* a load address of all ones means: from the file's start (version 2) */
	uint32_t header, load, load_end, bss_end;
};

/* What they mean, bounded by the file and by 4 GiB. */
struct multiboot_place {
	struct blob data;
	uint64_t load_address, memory_size;
};

/* Errors lack the header's name, which the caller puts before them. */
bool multiboot_place(struct multiboot_place *out, struct blob file, const struct multiboot_span *span,
		     struct err *err) ERR_CHECKED;
bool multiboot_check_entry(const struct multiboot_place *place, uint64_t entry, struct err *err) ERR_CHECKED;
bool multiboot_must_have_addresses(struct err *err) ERR_CHECKED;

enum probe multiboot2_probe(struct multiboot2 *facts, struct blob data, const struct elf *elf, struct err *err);

#endif
