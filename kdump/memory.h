/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Physical memory as a file shows it: a flat image (offset = absolute address), an ELF core (PT_LOAD segments by their
 * physical address: /proc/vmcore, /proc/kcore, a hypervisor's guest dump), or /dev/mem.
 *
 * Read with pread(2), not mapped: the file may be the memory of a running guest, may shrink, and /proc/kcore cannot be
 * mapped.
 */
#ifndef KDUMP_MEMORY_H
#define KDUMP_MEMORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "bytes.h"
#include "err.h"
#include "range.h"

enum memory_kind {
	MEMORY_FLAT,
	MEMORY_ELF,
	MEMORY_DEVICE, /* /dev/mem: offset = address, no known end */
};

struct memory_part {
	struct range range; /* physical */
	uint64_t offset;    /* in the file */
};

struct memory {
	const char *path;
	int fd; /* closed when the arena is released */
	enum memory_kind kind;
	struct memory_part *parts; /* ascending, disjoint */
	size_t part_count;
};

/*
 * Opens a flat image or an ELF core of the given order and ELF machine. Errors: ERR_SYSTEM, ERR_DENIED;
 * ERR_BAD_IMAGE where it is an ELF file and damaged or of another machine; ERR_UNSUPPORTED for dump formats that hold
 * memory packed (the text says how to convert).
 */
bool memory_open(struct memory *memory, struct arena *arena, const char *path, enum order order,
		 uint16_t elf_machine, struct err *err) ERR_CHECKED;

/* Opens a character device such as /dev/mem, whose reach is not known beforehand. */
bool memory_open_device(struct memory *memory, struct arena *arena, const char *path, struct err *err) ERR_CHECKED;

/* Whether all of this range is shown by the file, as far as its headers say. */
bool memory_has(const struct memory *memory, struct range range);

/* One past the highest address shown. UINT64_MAX for a device. */
uint64_t memory_end(const struct memory *memory);

/* Error: ERR_BAD_IMAGE where an address is not in the file, ERR_SYSTEM or ERR_DENIED where reading fails. */
bool memory_read(const struct memory *memory, uint64_t address, void *buffer, size_t size,
		 struct err *err) ERR_CHECKED;

#endif
