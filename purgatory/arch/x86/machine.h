/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The x86-64 machine as purgatory meets it. Intel 64 and IA-32 Architectures Software Developer's Manual,
 * volumes 2 and 3.
 */
#ifndef PURGATORY_X86_MACHINE_H
#define PURGATORY_X86_MACHINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define X86_PAGE_SIZE UINT64_C(4096)
#define X86_ISA_END UINT64_C(0x100000)
#define X86_ADDRESS_BITS 52

#define X86_CR0_MP UINT64_C(0x2)
#define X86_CR0_EM UINT64_C(0x4)
#define X86_CR0_TS UINT64_C(0x8)
#define X86_CR4_OSFXSR UINT64_C(0x200)

/* entry.S: a gate for each exception, at x86_exception_gates + number * X86_GATE_SIZE. */
#define X86_EXCEPTIONS 32
#define X86_GATE_SIZE 16
#define X86_CODE_SELECTOR 0x10

/* What leave.S gives to the next kernel. */
struct x86_leave {
	uint64_t entry, rax, rbx, rsi;
};

_Static_assert(sizeof(struct x86_leave) == 32, "leave.S knows these offsets");

/*
 * A pointer to that address. Did the compiler see a constant, it would warn of an access through a null
 * pointer.
 */
static inline void *x86_at(uint64_t address)
{
	void *p = (void *)(uintptr_t)address;

	__asm__("" : "+r"(p));
	return p;
}

static inline uint8_t x86_in8(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

static inline void x86_out8(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

/* For registers of an index port with a data port behind it. */
static inline uint8_t x86_in_indexed(uint16_t port, uint8_t index)
{
	x86_out8(port, index);
	return x86_in8((uint16_t)(port + 1));
}

static inline void x86_out_indexed(uint16_t port, uint8_t index, uint8_t value)
{
	x86_out8(port, index);
	x86_out8((uint16_t)(port + 1), value);
}

static inline void x86_pause(void)
{
	__asm__ volatile("pause");
}

static inline uint64_t x86_read_cr0(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr0, %0" : "=r"(value));
	return value;
}

static inline void x86_write_cr0(uint64_t value)
{
	__asm__ volatile("movq %0, %%cr0" : : "r"(value) : "memory");
}

static inline uint64_t x86_read_cr4(void)
{
	uint64_t value;

	__asm__ volatile("movq %%cr4, %0" : "=r"(value));
	return value;
}

static inline void x86_write_cr4(uint64_t value)
{
	__asm__ volatile("movq %0, %%cr4" : : "r"(value) : "memory");
}

struct x86_cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct x86_cpuid x86_read_cpuid(uint32_t leaf)
{
	struct x86_cpuid id;

	__asm__ volatile("cpuid" : "=a"(id.eax), "=b"(id.ebx), "=c"(id.ecx), "=d"(id.edx) : "a"(leaf), "c"(0));
	return id;
}

/* move.c: memmove, as fast as the CPU copies. */
void x86_move(void *to, const void *from, size_t size);

/* exceptions.c: from here on an exception is told of, or recovered from by x86_guarded(). */
void x86_take_exceptions(void);

/* The IDT becomes empty: the next exception or interrupt resets the machine. */
void x86_drop_exceptions(void);

/* entry.S. Where an exception ended `work`: false. Not nested. */
bool x86_guarded(void (*work)(void *argument), void *argument);

/* entry.S: for good, with these in rax, rbx and rcx. */
__attribute__((noreturn)) void x86_halt(uint64_t code, uint64_t start, uint64_t end);

/* leave.S */
__attribute__((noreturn)) void x86_leave_64(const struct x86_leave *leave);
__attribute__((noreturn)) void x86_leave_32(const struct x86_leave *leave);
__attribute__((noreturn)) void x86_leave_16(const struct x86_leave *leave);

#endif
