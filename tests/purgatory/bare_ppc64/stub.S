/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for the next kernel, in the order that it is built for: its first 0x100 bytes look like Linux' ones to a
 * loader; it writes down the state of the CPU as it finds it, and switches the machine off. The place of each value is
 * known in machine_ppc64.py.
 */
#define DUMP 0x4000
#define ARGUMENTS 0x5000
#define H_RTAS 0xf000			/* QEMU, include/hw/ppc/spapr.h */
#define RTAS_POWER_OFF 0x2003

	.abiversion 2
	.text
	.globl	start
start:
	b	main
	.org	start + 0x5c
	.long	0x72756e30
	.org	start + 0x60
	b	.
	.org	start + 0x100
main:
	.irp	r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	std	\r, DUMP + 8 * \r(0)
	.endr
	mfmsr	3
	std	3, DUMP + 256(0)
	mfctr	3
	std	3, DUMP + 264(0)
	mflr	3
	std	3, DUMP + 272(0)
	mfcr	3
	std	3, DUMP + 280(0)
	mfxer	3
	std	3, DUMP + 288(0)

	/* A place for whoever looks; without a hypervisor there is nobody to switch off. */
	li	4, 1
	std	4, DUMP + 296(0)
	ld	3, DUMP + 256(0)
	rldicl.	3, 3, 4, 63
	bne	.

	/* Arguments of RTAS are big endian: token, 2 arguments, 1 result; -1, -1. */
	li	4, ARGUMENTS
	.irp	value, RTAS_POWER_OFF, 2, 1, -1, -1, 0
	li	3, \value
#ifdef __LITTLE_ENDIAN__
	stwbrx	3, 0, 4
#else
	stw	3, 0(4)
#endif
	addi	4, 4, 4
	.endr
	li	4, ARGUMENTS
	li	3, 0
	ori	3, 3, H_RTAS
	.long	0x44000022
	b	.

	.section .note.GNU-stack, "", @progbits
