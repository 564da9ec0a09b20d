/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The property ibm,kernel-dump of /rtas: what firmware says that it has saved of the crashed system. The same structure
 * is what a kernel registers with, with nothing dumped yet. Big endian on every machine; numbers are bytes and physical
 * addresses unless said otherwise.
 *
 *     0  u32 version, 1                        40  sections, of 40 bytes each, at most 10:
 *     4  u16 number of sections                     0  u32 request flag, 1 = wanted
 *     6  u16 status                                 4  u16 type
 *     8  u32 offset of the first section, 40        6  u16 errors
 *    12  u32 disk dump: block size                  8  u64 source
 *    16  u64            block offset               16  u64 bytes wanted
 *    24  u64            number of blocks           24  u64 bytes dumped
 *    32  u32            offset of the disk's path  32  u64 destination
 *    36  u32 milliseconds until a dump by itself
 *
 * Sources: PAPR, "ibm,configure-kernel-dump" and "Kernel Assisted Dump Memory Structure"; Linux
 * arch/powerpc/platforms/pseries/rtas-fadump.h (7.2); QEMU include/hw/ppc/spapr_fadump.h (11) for the flags.
 */
#ifndef KDUMP_FADUMP_KERNEL_DUMP_H
#define KDUMP_FADUMP_KERNEL_DUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"
#include "kdump/finding.h"

#define FADUMP_MAX_SECTIONS 10

enum fadump_section_type {
	FADUMP_CPU_STATE = 0x0001,
	FADUMP_HPTE = 0x0002,	      /* hashed page table entries */
	FADUMP_BOOT_MEMORY = 0x0011,  /* "real mode region": overwritten by the next boot, so saved elsewhere */
	FADUMP_PARAMETERS = 0x0100,   /* appended to the next kernel's command line; the kernel's own type */
};

/* Both are set after a dump. Which of the two is which differs between sources, and nothing depends on it. */
#define FADUMP_STATUS_DONE 0xc000
#define FADUMP_STATUS_ERROR 0x2000

struct fadump_section {
	uint32_t request;
	uint16_t type, errors;
	uint64_t source, length, dumped, destination;
};

struct fadump_kernel_dump {
	uint32_t version;
	uint16_t status;
	unsigned int count;
	struct fadump_section sections[FADUMP_MAX_SECTIONS];
};

/*
 * Reads the structure. ERR_BAD_MACHINE where it is shorter than it says, has more sections than can be, a section
 * reaches beyond 64 bits, or the version is another one: of another version no field is known.
 */
bool fadump_kernel_dump_read(struct fadump_kernel_dump *dump, struct blob property, struct err *err) ERR_CHECKED;

/* One line for the header and for each section: errors, too little dumped, two sections saved to one place. */
void fadump_kernel_dump_check(const struct fadump_kernel_dump *dump, struct findings *findings);

/* "CPU state", ...; "section of unknown type". */
const char *fadump_section_name(uint16_t type);

/* The only section of the type, or the first; NULL where there is none. */
const struct fadump_section *fadump_kernel_dump_find(const struct fadump_kernel_dump *dump, uint16_t type);

/* The end of the highest region of boot memory: what lies below was used by the boot after the crash. 0 = none. */
uint64_t fadump_kernel_dump_top(const struct fadump_kernel_dump *dump);

/* All regions of boot memory together, as they lie at the first one's destination. */
uint64_t fadump_kernel_dump_boot_size(const struct fadump_kernel_dump *dump);

#endif
