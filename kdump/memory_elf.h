/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KDUMP_MEMORY_ELF_H
#define KDUMP_MEMORY_ELF_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "kdump/memory.h"

/*
 * Fills memory->parts from the program headers of an ELF core. head: the first bytes of the file. Unlike elf_probe()
 * it reads only the headers, for /proc/kcore is as large as the address space, and a core file whose end is missing
 * still shows the memory before it.
 */
bool memory_elf_parts(struct memory *memory, struct arena *arena, struct blob head, enum order order,
		      uint16_t elf_machine, struct err *err) ERR_CHECKED;

#endif
