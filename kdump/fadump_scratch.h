/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The area that a kernel reserves for a firmware-assisted dump, in an image of the machine's memory taken after the
 * crash. From its start, a page boundary:
 *
 *   Linux 3.4 (2012) to 6.9                            since Linux 6.10
 *     CPU state            fadump_cpu_state.h            CPU state
 *     hashed page table                                  hashed page table
 *     copy of boot memory  (on a page since 5.4)         copy of boot memory, on a page
 *     "scratch area":                                    crash info header (FADMPSIG)
 *       crash info header (FADMPINF)                     metadata for OPAL, PowerNV only
 *       ELF core header   fadump_elfcore.h
 *
 * The crash info header begins where the copy of boot memory ends. The sections of ibm,kernel-dump say where each part
 * is; without them the parts are searched for.
 *
 * Sources: Linux arch/powerpc/kernel/fadump.c, get_fadump_area_size() and init_fadump_header() (3.4, 5.4, 6.12);
 * Documentation/arch/powerpc/firmware-assisted-dump.rst.
 */
#ifndef KDUMP_FADUMP_SCRATCH_H
#define KDUMP_FADUMP_SCRATCH_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "kdump/fadump_crash_info.h"
#include "kdump/fadump_kernel_dump.h"
#include "kdump/finding.h"
#include "kdump/memory.h"

struct fadump_scratch_request {
	const struct fadump_kernel_dump *kernel_dump; /* NULL where the property is not at hand */
	bool has_start;
	uint64_t start; /* of the reserved area; where kernel_dump is NULL */
	struct fadump_capture_kernel kernel;
};

struct fadump_scratch {
	uint64_t start;	 /* of the reserved area, which is the CPU state */
	uint64_t header; /* the crash info header's address */
	struct fadump_crash_info info;
};

/*
 * Finds and checks all parts. A part that is missing or damaged is a BAD line; false is for what keeps from looking:
 * ERR_BAD_IMAGE where no crash info header is found at all, ERR_SYSTEM or ERR_DENIED where the image cannot be read.
 * Blobs in scratch live in the arena of the findings.
 */
bool fadump_scratch_check(struct fadump_scratch *scratch, const struct memory *memory,
			  const struct fadump_scratch_request *request, struct findings *findings,
			  struct err *err) ERR_CHECKED;

#endif
