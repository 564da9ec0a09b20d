/* SPDX-License-Identifier: GPL-2.0-only */
/* The section table of a PE/COFF file: what EFI programs are, and what unified kernel images keep their parts in. */
#ifndef IMAGE_PE_H
#define IMAGE_PE_H

#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"
#include "image.h"

struct pe {
	struct blob file;
	uint16_t machine;
	size_t table; /* where the section headers begin */
	size_t count;
};

struct pe_section {
	char name[9];	  /* with a NUL; what cannot be printed is '?' */
	struct blob data; /* what the file has of it, without the padding */
};

/* PROBE_MINE promises that all sections lie inside the file. They may overlap, which harms nobody who only reads. */
enum probe pe_probe(struct pe *pe, struct blob file, struct err *err);

/* index: below pe->count */
struct pe_section pe_section(const struct pe *pe, size_t index);

#endif
