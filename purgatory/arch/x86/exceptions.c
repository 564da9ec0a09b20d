/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the CPU refuses to do. Without a table of gates it would reset the machine, and nobody would know why.
 * Some refusals are to be expected: CPUID and port accesses in a guest whose registers are encrypted end in
 * #VC, and Linux maps no video memory where it found none.
 */
#include "purgatory/arch/x86/machine.h"
#include "purgatory/arch/x86/refuse.h"

#include "bytes.h"

/* entry.S */
extern const uint8_t x86_exception_gates[];
__attribute__((noreturn)) void x86_exception(uint64_t vector, uint64_t address, uint64_t access);

#define GATE_INTERRUPT 0x8e00 /* present, for the kernel, 64-bit interrupt gate */

struct gate {
	struct le16 offset_low;
	struct le16 selector;
	struct le16 type;
	struct le16 offset_middle;
	struct le32 offset_high;
	struct le32 reserved;
};

_Static_assert(sizeof(struct gate) == 16, "SDM volume 3, 6.14.1");

struct table {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

static struct gate gates[X86_EXCEPTIONS];

static void load_idt(const struct table *table)
{
	__asm__ volatile("lidt %0" : : "m"(*table));
}

void x86_take_exceptions(void)
{
	/* Laundered: else a compiler may keep the struct as initialised data, which needs relocation. */
	struct gate *first = x86_at((uintptr_t)gates);
	const struct table table = { sizeof(gates) - 1, (uintptr_t)first };

	for (unsigned int i = 0; i < X86_EXCEPTIONS; i++) {
		uint64_t code = (uint64_t)(uintptr_t)x86_exception_gates + i * X86_GATE_SIZE;

		first[i] = (struct gate){
			.offset_low = le16_make((uint16_t)code),
			.selector = le16_make(X86_CODE_SELECTOR),
			.type = le16_make(GATE_INTERRUPT),
			.offset_middle = le16_make((uint16_t)(code >> 16)),
			.offset_high = le32_make((uint32_t)(code >> 32)),
		};
	}
	load_idt(&table);
}

void x86_drop_exceptions(void)
{
	const struct table table = { 0, 0 };

	load_idt(&table);
}

void x86_exception(uint64_t vector, uint64_t address, uint64_t access)
{
	x86_refuse_exception(vector, address, access);
}
