/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The paper machine: carries out a sealed plan by the kernel's rules on memory that exists only here, lets the plan's
 * purgatory verify it (the same verify.c, built for this host), and damages it to see that purgatory refuses.
 *
 * Memory is sparse: what nobody wrote reads as zeros.
 */
#ifndef EXEC_PAPER_H
#define EXEC_PAPER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "machine.h"
#include "plan.h"
#include "purgatory/env.h"
#include "range.h"

struct paper_piece {
	struct range range;
	uint8_t *bytes;
};

struct paper {
	struct arena arena;
	const struct plan *plan; /* borrowed */
	struct range crash;
	struct paper_piece *pieces; /* ascending, disjoint */
	size_t count, capacity;
};

/* KEXEC_SEGMENT_MAX of linux/kexec.h. */
#define PAPER_SEGMENT_MAX 16

/*
 * What kexec_load(2) demands of the segments (Linux kernel/kexec_core.c, sanity_check_segment_list(), and kexec.c), and
 * what makes the entry one that can be jumped to: at most 16 segments, page granularity, data not longer than memory,
 * no overlap, all inside `allowed`, entry inside a segment that has data. Error: ERR_NO_ROOM for too many or what lies
 * outside, else ERR_INTERNAL; it names the segment.
 */
bool paper_check(const struct plan *plan, const struct ranges *allowed, struct err *err) ERR_CHECKED;

/*
 * Loads a sealed plan. machine: says what is RAM and what is reserved, independently of what the plan took. Errors: as
 * paper_check(), and ERR_BAD_MACHINE where the machine has no reservation for a crash plan.
 */
bool paper_load(struct paper *paper, const struct plan *plan, const struct machine *machine,
		struct err *err) ERR_CHECKED;
void paper_release(struct paper *paper);

/* Memory as it is now. Any address. */
void paper_read(const struct paper *paper, uint64_t address, void *buffer, size_t size);
void paper_write(struct paper *paper, uint64_t address, const void *bytes, size_t size);

/* Turns over the bits of `mask` in the byte at an address. */
void paper_flip(struct paper *paper, uint64_t address, uint8_t mask);

/*
 * Runs purgatory's verification over memory as it is now. Error: ERR_UNSUPPORTED where the plan has no purgatory, for
 * then nobody verifies.
 */
bool paper_verify(struct paper *paper, struct purgatory_verdict *verdict, struct err *err) ERR_CHECKED;

/*
 * What lies at an address once an s390 crash kernel has been given control: its loaded parts at 0x10000 and above,
 * the crashed kernel's memory from there in the crash range. A statement of the result, not of how purgatory moves it.
 * Where neither is defined (memory of the crashed kernel below the crash range's size under which nothing was loaded,
 * kept in both places), it gives what was there before.
 */
void paper_read_after_swap(const struct paper *paper, uint64_t address, void *buffer, size_t size);

/* What an x86 kernel is started with. */
struct paper_x86_start {
	unsigned int mode; /* 64, 32 or 16 */
	uint64_t entry, rax, rbx, rsi;
};

/*
 * What an x86 purgatory does after it has verified: low memory is saved to where the core header looks for it, and the
 * next kernel entered with the registers given here, by what stands in memory now. Errors: ERR_UNSUPPORTED for other
 * plans; ERR_INTERNAL where the entry, or what a register points to, is not what was loaded for it.
 */
bool paper_start_x86(struct paper *paper, struct paper_x86_start *start, struct err *err) ERR_CHECKED;

#endif
