/* SPDX-License-Identifier: GPL-2.0-only */
/* Intel 8259A data sheet, "Initialization Command Words". */
#include "purgatory/arch/x86/pic.h"

#include "purgatory/arch/x86/machine.h"

#define FIRST 0x20
#define SECOND 0xa0
#define BEGIN 0x11 /* edge triggered, cascaded, four words follow */
#define FIRST_VECTOR 0x08
#define SECOND_VECTOR 0x70
#define SECOND_AT_LINE_2 0x04
#define SECOND_IDENTITY 2
#define MODE_8086 0x01

/* Open as a BIOS leaves them: timer, keyboard, cascade, diskette; clock, mouse, coprocessor, disk. */
#define FIRST_MASK 0xb8
#define SECOND_MASK 0x8e

static void set_up(uint16_t port, uint8_t vector, uint8_t cascade, uint8_t mask)
{
	x86_out8(port, BEGIN);
	x86_out8((uint16_t)(port + 1), vector);
	x86_out8((uint16_t)(port + 1), cascade);
	x86_out8((uint16_t)(port + 1), MODE_8086);
	x86_out8((uint16_t)(port + 1), mask);
}

static void set_up_both(void *argument)
{
	(void)argument;
	set_up(FIRST, FIRST_VECTOR, SECOND_AT_LINE_2, FIRST_MASK);
	set_up(SECOND, SECOND_VECTOR, SECOND_IDENTITY, SECOND_MASK);
}

void pic_give_to_bios(void)
{
	x86_guarded(set_up_both, 0);
}
