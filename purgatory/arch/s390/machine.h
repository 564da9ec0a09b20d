/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The s390 machine as purgatory meets it, without DAT: PSWs, the lowcore, control register 0.
 * z/Architecture Principles of Operation, SA22-7832, chapters 3 (assigned storage locations), 4 and 6.
 */
#ifndef PURGATORY_S390_MACHINE_H
#define PURGATORY_S390_MACHINE_H

#include <stdint.h>

struct s390_psw {
	uint64_t mask;
	uint64_t address;
} __attribute__((aligned(8)));

#define S390_PSW_64BIT UINT64_C(0x0000000180000000)
#define S390_PSW_WAIT UINT64_C(0x0002000000000000)
#define S390_PSW_EXTERNAL UINT64_C(0x0100000000000000)

/* A PSW of ESA/390 with 31-bit addresses: two words, the second is this and the address. */
#define S390_SHORT_PSW_MASK UINT32_C(0x00080000)
#define S390_SHORT_PSW_31BIT UINT32_C(0x80000000)

/* Assigned storage locations, all of which interruptions write or read lie below: */
#define S390_LOWCORE_ASSIGNED 0x200
#define S390_LOWCORE_EXTERNAL_CODE 0x86
#define S390_LOWCORE_EXTERNAL_NEW_PSW 0x1b0
#define S390_LOWCORE_PROGRAM_NEW_PSW 0x1d0

/* What the kernel keeps in front: prefix area of a CPU, save areas included. */
#define S390_LOWCORE_SIZE UINT64_C(0x2000)

#define S390_EXTERNAL_SERVICE_SIGNAL 0x2401

#define S390_CR0_LOW_ADDRESS_PROTECTION UINT64_C(0x10000000)
#define S390_CR0_CLOCK_COMPARATOR UINT64_C(0x800)
#define S390_CR0_SERVICE_SIGNAL UINT64_C(0x200)

/*
 * A pointer to that address. Did the compiler see a constant, it would warn of an access through a null
 * pointer.
 */
static inline void *s390_at(uint64_t address)
{
	void *p = (void *)(uintptr_t)address;

	__asm__("" : "+r"(p));
	return p;
}

static inline uint64_t s390_read_cr0(void)
{
	uint64_t value;

	__asm__ volatile("stctg %%c0,%%c0,%0" : "=QS"(value));
	return value;
}

static inline void s390_write_cr0(uint64_t value)
{
	__asm__ volatile("lctlg %%c0,%%c0,%0" : : "QS"(value) : "memory");
}

static inline __attribute__((noreturn)) void s390_load_psw(struct s390_psw psw)
{
	__asm__ volatile("lpswe %0" : : "Q"(psw) : "memory");
	__builtin_unreachable();
}

/* entry.S */
__attribute__((noreturn)) void s390_leave_by_restart_psw(void);

#endif
