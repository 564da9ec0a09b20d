/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for RTAS, which is big endian on every machine: at 0x100 behind its start it writes down how it was entered
 * (MSR, arguments, base, return address). What it answers is at 0x200, as long as the count at 0x204 lasts; then QEMU
 * does what was asked for. Its base is in r4 (PAPR 7.2.6).
 */
#define H_RTAS 0xf000			/* QEMU, include/hw/ppc/spapr.h */
#define SEEN 0x100
#define ANSWER 0x200
#define COUNT 0x204
#define STATUS_OF_NO_ARGUMENTS 12

	.abiversion 2
	.text
	.globl	start
start:
	mfmsr	5
	std	5, SEEN(4)
	std	3, SEEN + 8(4)
	std	4, SEEN + 16(4)
	mflr	5
	std	5, SEEN + 24(4)
	/* Of registers, RTAS keeps the low halves. */
	.irp	r, 1, 2, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	rldimi	\r, 4, 32, 0
	.endr
	lwz	5, COUNT(4)
	cmpwi	5, 0
	beq	1f
	addi	5, 5, -1
	stw	5, COUNT(4)
	lwz	5, ANSWER(4)
	stw	5, STATUS_OF_NO_ARGUMENTS(3)
	blr
1:	mr	4, 3
	li	3, 0
	ori	3, 3, H_RTAS
	.long	0x44000022
	blr

	.section .note.GNU-stack, "", @progbits
