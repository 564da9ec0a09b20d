/* SPDX-License-Identifier: GPL-2.0-only */
/* Questions to an ELF file that elf_probe() (image.h) has read. */
#ifndef IMAGE_ELF_H
#define IMAGE_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "image.h"
#include "range.h"

/* The bytes that the segment has in the file. */
struct blob elf_bytes(const struct elf *elf, const struct elf_segment *segment);

/* Where a PT_LOAD segment lies in physical memory, zero tail included. */
struct range elf_physical(const struct elf_segment *segment);

/* The first PT_LOAD whose physical range contains all of r, or NULL. */
const struct elf_segment *elf_find_load(const struct elf *elf, struct range r);

/* The first segment of this type at or after number `from`, or NULL. */
const struct elf_segment *elf_find_type(const struct elf *elf, uint32_t type, size_t from);

/* From the lowest to the highest byte of all PT_LOADs; empty where there is none with memory. */
struct range elf_physical_span(const struct elf *elf);

/*
 * The bytes [address, address + length) of physical memory as far as one PT_LOAD has them in the file, or
 * size 0 where they are not all there.
 */
struct blob elf_physical_bytes(const struct elf *elf, uint64_t address, uint64_t length);

#endif
