/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Tests of the s390x purgatory on a bare machine: a purgatory is placed as a loader would, entered as Linux
 * would, and what it did to registers and memory is looked at.
 *
 *   [0, SIZE)			low memory, full of a pattern
 *   [BASE, BASE + SIZE)	the crash reservation, full of another one
 *   0x4000000			this program
 *   KEPT			copies for the script that looks at memory afterwards
 */
#ifndef BARE_H
#define BARE_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "purgatory_abi.h"
#include "purgatory/mem.h"
#include "sha256.h"

/* PSW addresses at the end. A failed check ends with its line number behind. */
#define BARE_PASSED UINT64_C(0x600d)
#define BARE_FAILED UINT64_C(0xbad0000)
#define BARE_PROGRAM_CHECK UINT64_C(0xbadc0de)

#ifndef BASE
#define BASE UINT64_C(0x800000)
#endif
#define SIZE UINT64_C(0x400000)

/* The low 12 KiB as they were before purgatory was to start something. The scripts know this address. */
#define KEPT UINT64_C(0x6000000)
#define KEPT_SIZE UINT64_C(0x3000)
#define MARK UINT64_C(0x6008000) /* survives a reset: where a test is */

/* Another CPU's prefix area would be anywhere; this is ours. */
#define PREFIX UINT32_C(0x6010000)

struct psw {
	uint64_t mask, address;
} __attribute__((aligned(8)));

struct made_region {
	uint64_t start; /* from BASE */
	uint64_t length;
	uint32_t role;
	uint32_t flags;
};

struct placed {
	uint64_t base; /* BASE, or 0 on a normal load */
	uint8_t *purgatory;
	uint64_t segment_size;
	uint64_t entry; /* absolute */
	struct purgatory_params *params;
	struct purgatory_region *regions;
	uint32_t count;
};

__attribute__((noreturn)) void bare_end(uint64_t psw_address);
void bare_main(void);

/* The test. bare_arrived() is called in place of the next kernel's start. */
void test(void);
void arrived(void);
__attribute__((noreturn)) void bare_arrived(void);

#define check(condition)                                      \
	do {                                                  \
		if (!(condition))                             \
			bare_end(BARE_FAILED + __LINE__);     \
	} while (0)

uint64_t call_purgatory(uint64_t entry, uint64_t argument);
extern uint64_t call_purgatory_in[16], call_purgatory_out[16];
void load_floats(const uint64_t values[16]);
void store_floats(uint64_t values[16]);
void arrive(void);
extern uint8_t purgatory_start[], purgatory_end[];
extern uint8_t next_kernel[], next_kernel_arrival[], next_kernel_end[];

static inline uint8_t *at(uint64_t address)
{
	uint8_t *p = (uint8_t *)(uintptr_t)address;

	__asm__("" : "+r"(p));
	return p;
}

static inline uint64_t read64(uint64_t address)
{
	struct be64 v;

	memcpy(&v, at(address), sizeof(v));
	return be64_get(v);
}

static inline void write64(uint64_t address, uint64_t value)
{
	struct be64 v = be64_make(value);

	memcpy(at(address), &v, sizeof(v));
}

static inline void set_prefix(uint32_t prefix)
{
	__asm__ volatile("spx %0" : : "Q"(prefix) : "memory");
}

static inline uint32_t get_prefix(void)
{
	uint32_t prefix;

	__asm__ volatile("stpx %0" : "=Q"(prefix));
	return prefix;
}

static inline uint64_t get_cr0(void)
{
	uint64_t value;

	__asm__ volatile("stctg %%c0,%%c0,%0" : "=QS"(value));
	return value;
}

static inline void set_cr0(uint64_t value)
{
	__asm__ volatile("lctlg %%c0,%%c0,%0" : : "QS"(value) : "memory");
}

/* place.c. What a byte of memory is filled with; a seed for each area. */
enum { SEED_LOW = 1, SEED_HIGH = 2, SEED_LOWCORE = 3 };
uint8_t pattern(uint64_t address, unsigned int seed);
void fill(uint64_t start, uint64_t length, unsigned int seed);
int filled(uint64_t start, uint64_t length, unsigned int seed);
uint64_t sum_of(uint64_t start, uint64_t length);

extern const struct made_region crash_regions[], normal_regions[];

/*
 * Fills memory, places the regions (their bytes are SEED_HIGH's) and purgatory with a signed table for them.
 */
void place(struct placed *placed, int crash);
void sign(struct placed *placed);

/* Whatever then goes wrong in a CPU that uses absolute 0 as lowcore ends the test. */
void catch_program_checks(uint64_t lowcore);

/* Keeps [0, KEPT_SIZE) as it is at KEPT. */
void keep_low(void);

#endif
