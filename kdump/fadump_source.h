/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Bytes at offsets, wherever they come from: /proc/vmcore by file offset, a memory image by physical address, or bytes
 * in memory. The ELF core header of a dump lies in either of the first two.
 */
#ifndef KDUMP_FADUMP_SOURCE_H
#define KDUMP_FADUMP_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"
#include "kdump/memory.h"

struct fadump_source {
	const char *name; /* for messages */
	bool (*read)(const struct fadump_source *source, uint64_t offset, void *buffer, size_t size, struct err *err);
	int fd;
	const struct memory *memory;
	struct blob bytes;
};

/* All of them borrow what they are given. */
struct fadump_source fadump_source_file(const char *name, int fd);
struct fadump_source fadump_source_memory(const struct memory *memory);
struct fadump_source fadump_source_bytes(const char *name, struct blob bytes);

/* Exactly `size` bytes. ERR_BAD_IMAGE where they are not all there, ERR_SYSTEM or ERR_DENIED where reading fails. */
bool fadump_source_read(const struct fadump_source *source, uint64_t offset, void *buffer, size_t size,
			struct err *err) ERR_CHECKED;

#endif
