/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * kexec --verify: whether what was loaded for a crash is still what was loaded (doc/meminfo). One line for each thing
 * looked at, then a verdict.
 */
#ifndef KDUMP_VERIFY_H
#define KDUMP_VERIFY_H

#include <stdbool.h>
#include <stdio.h>

#include "err.h"
#include "machine.h"

enum verify_result {
	VERIFY_INTACT,
	VERIFY_DAMAGED,
	VERIFY_NOTHING, /* nothing loaded, or not checkable: the last line says which */
};

/*
 * A memory image: a file whose offsets are absolute addresses, an ELF core, or QEMU's RAM file of an x86 guest, which
 * leaves out the gap below 4 GiB. machine: says where the crash reservation is, where memory itself does not (x86,
 * Power); NULL: meminfo is looked for in all of memory. Errors: the file cannot be read or is no memory image, or
 * `out` cannot be written. *result is set only on success.
 */
bool verify_memory_file(const char *path, enum arch_id arch, const struct machine *machine, FILE *out,
			enum verify_result *result, struct err *err) ERR_CHECKED;

/* The machine whose /proc, /sys and /dev lie below root, as far as it lets user space read its memory. */
bool verify_live(const char *root, enum arch_id arch, FILE *out, enum verify_result *result,
		 struct err *err) ERR_CHECKED;

#endif
