/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * CPU state data that firmware of pSeries machines saves in a dump ("register save area"). Big endian, whatever the
 * crashed kernel was.
 *
 *     0  "REGSAVE" and a zero byte
 *     8  u32 version
 *    12  u32 N, where the number of CPUs is: fields may be added before it
 *     N  u32 number of CPUs
 *   N+4  entries of 16 bytes: 8 bytes name (ASCII, zeros behind), u64 value
 *
 * Each CPU begins with CPUSTRT and ends with CPUEND, whose values have the logical CPU number in their low 32 bits;
 * between them GPR00 to GPR31, NIA, MSR, CTR, LR, XER, CR, DAR, DSISR and others. What firmware appends is not used.
 * On PowerNV machines the layout is another one: fadump_opal.h.
 *
 * Sources: PAPR H.1 "Register Save Area"; Linux arch/powerpc/platforms/pseries/rtas-fadump.{h,c} (7.2).
 */
#ifndef KDUMP_FADUMP_CPU_STATE_H
#define KDUMP_FADUMP_CPU_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"
#include "kdump/finding.h"

#define FADUMP_CPU_STATE_MAGIC UINT64_C(0x5245475341564500) /* "REGSAVE\0" */

struct fadump_cpu_state {
	uint32_t version;
	uint32_t cpu_count;
	struct blob entries; /* of cpu_count CPUs, whole ones */
};

struct fadump_cpu {
	uint32_t number;
	struct blob entries; /* those between CPUSTRT and CPUEND */
};

/* ERR_BAD_IMAGE where the area ends before the last CPU does, or an entry is not what has to stand there. */
bool fadump_cpu_state_read(struct fadump_cpu_state *state, struct blob area, struct err *err) ERR_CHECKED;

/* The next CPU; *at is 0 before the first one. False behind the last. */
bool fadump_cpu_state_next(const struct fadump_cpu_state *state, size_t *at, struct fadump_cpu *cpu);

/* The value of a register by its name of up to 8 letters. */
bool fadump_cpu_register(const struct fadump_cpu *cpu, const char *name, uint64_t *value);

/* A line for each CPU; bad where a CPU comes twice or lacks a register that the kernel needs. */
void fadump_cpu_state_check(const struct fadump_cpu_state *state, struct findings *findings);

#endif
