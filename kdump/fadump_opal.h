/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU state data of PowerNV machines (OPAL, "MPIPL"): one part of equal size for each hardware thread, big endian. How
 * large a part is, firmware's metadata say (cpu_data_size); the data themselves do not.
 *
 *     0  u32 PIR, the thread's number          12  u32 number of entries
 *     4  u8  state of the core, 0x0f inactive  16  u32 room for one entry, bytes
 *     5  3 bytes                               20  u32 of that in use
 *     8  u32 offset of the entries, counted from byte 8
 *
 * Entries of 16 bytes: u32 type (1 general purpose register, 2 special), u32 number, u64 value. Numbers of their own:
 * 2000 NIP, 2001 MSR, 2002 CCR.
 *
 * Source: HDAT specification as in Linux arch/powerpc/platforms/powernv/opal-fadump.h (5.4 to 7.2). No image of a real
 * machine was at hand.
 */
#ifndef KDUMP_FADUMP_OPAL_H
#define KDUMP_FADUMP_OPAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"
#include "kdump/finding.h"

struct fadump_opal_cpus {
	struct blob area;
	uint64_t thread_size;
	size_t count;
	uint32_t entries_at, entry_size, entry_count; /* of the first thread, and the kernel takes them for all */
};

struct fadump_opal_cpu {
	uint32_t pir;
	bool inactive;
	struct blob entries;
};

/* ERR_BAD_IMAGE where the entries of a thread would not lie in its part. thread_size: bytes, not 0. */
bool fadump_opal_read(struct fadump_opal_cpus *cpus, struct blob area, uint64_t thread_size,
		      struct err *err) ERR_CHECKED;

/* index below count. */
void fadump_opal_cpu(const struct fadump_opal_cpus *cpus, size_t index, struct fadump_opal_cpu *cpu);

/* type 1 or 2; false where the thread has no such register. */
bool fadump_opal_register(const struct fadump_opal_cpus *cpus, const struct fadump_opal_cpu *cpu, uint32_t type,
			  uint32_t number, uint64_t *value);

void fadump_opal_check(const struct fadump_opal_cpus *cpus, struct findings *findings);

#endif
