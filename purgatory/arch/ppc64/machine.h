/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The 64-bit Power machine as purgatory meets it: real mode, in either byte order. Power ISA, books II and III.
 */
#ifndef PURGATORY_PPC64_MACHINE_H
#define PURGATORY_PPC64_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

#define PPC64_PAGE_SIZE UINT64_C(4096)

#define PPC64_MSR_HV (UINT64_C(1) << 60) /* no hypervisor above: a hypercall would come to ourselves */
#define PPC64_MSR_VEC (UINT64_C(1) << 25)
#define PPC64_MSR_FP (UINT64_C(1) << 13)

/* The smallest cache block of the CPUs that Linux' Book3S code runs on; most have 128 bytes. */
#define PPC64_CACHE_BLOCK 64

/* What entry.S gives to the next kernel, in this order. */
struct ppc64_leave {
	uint64_t kernel, device_tree, opal_base, opal_entry;
};

_Static_assert(sizeof(struct ppc64_leave) == 32, "entry.S knows these offsets");

/* The order that this purgatory is built for. */
static inline enum order ppc64_order(void)
{
	const uint16_t one = 1;

	return *(const uint8_t *)&one ? ORDER_LITTLE : ORDER_BIG;
}

/*
 * A pointer to that address. Did the compiler see a constant, it would warn of an access through a null pointer.
 */
static inline void *ppc64_at(uint64_t address)
{
	void *p = (void *)(uintptr_t)address;

	__asm__("" : "+r"(p));
	return p;
}

static inline uint64_t ppc64_read_msr(void)
{
	uint64_t value;

	__asm__ volatile("mfmsr %0" : "=r"(value));
	return value;
}

/* Neither the byte order nor the state of the hypervisor changes by it. */
static inline void ppc64_write_msr(uint64_t value)
{
	__asm__ volatile("mtmsrd %0\n\tisync" : : "r"(value) : "memory");
}

/* Processor version register: what CPU this is, and in the low half which revision. */
static inline uint32_t ppc64_read_pvr(void)
{
	uint64_t value;

	__asm__ volatile("mfpvr %0" : "=r"(value));
	return (uint32_t)value;
}

/* Makes what was written to [start, start + size) visible to instruction fetch. */
static inline void ppc64_make_executable(uint64_t start, uint64_t size)
{
	uint64_t first = start & ~(uint64_t)(PPC64_CACHE_BLOCK - 1), end = start + size;

	for (uint64_t at = first; at < end; at += PPC64_CACHE_BLOCK)
		__asm__ volatile("dcbst 0, %0" : : "r"(at) : "memory");
	__asm__ volatile("sync" : : : "memory");
	for (uint64_t at = first; at < end; at += PPC64_CACHE_BLOCK)
		__asm__ volatile("icbi 0, %0" : : "r"(at) : "memory");
	__asm__ volatile("sync\n\tisync" : : : "memory");
}

/* entry.S */
__attribute__((noreturn)) void ppc64_leave(const struct ppc64_leave *leave);
__attribute__((noreturn)) void ppc64_halt(uint64_t code, uint64_t start, uint64_t end);
int64_t ppc64_opal(uint64_t base, uint64_t entry, uint64_t token, uint64_t first, uint64_t second, uint64_t third);
void ppc64_rtas(uint64_t arguments, uint64_t base, uint64_t entry);

#endif
