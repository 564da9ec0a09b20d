/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for the firmware and for what Linux does last (arch/powerpc/kernel/misc_64.S, kexec_sequence): 0x100 bytes of
 * the entry to address 0, then the entry, with translation off and in the order of that Linux. A pseries machine enters
 * it at 0x100 in big-endian order. On a PowerNV machine it is what OPAL starts, at 0x200, with its base and entry in r8
 * and r9. CONFIG is written by machine_ppc64.py.
 */
#define CONFIG 0x100000
#define CONFIG_ENTRY 0
#define CONFIG_MSR 8
#define CONFIG_CPU 16
#define CONFIG_OPAL_BASE 24
#define CONFIG_OPAL_ENTRY 32
#define CONFIG_READY 40

	.abiversion 2
	.text
	.org	0x100
	.globl	start
start:
.Lstart:
	mfmsr	3
	li	4, 1
	sldi	4, 4, 63
	or	3, 3, 4
	mtmsrd	3			/* 64-bit mode */
	isync
	lis	31, CONFIG@h
	ld	30, CONFIG_ENTRY(31)
	ld	29, CONFIG_MSR(31)
	ld	28, CONFIG_CPU(31)
	li	3, 32
	mtctr	3
	addi	4, 30, -8
	li	5, -8
1:	ldu	6, 8(4)
	stdu	6, 8(5)
	dcbst	0, 5
	sync
	icbi	0, 5
	bdnz	1b
	isync
	mtsrr0	30
	mtsrr1	29
	mr	3, 28
	mr	4, 30
	li	5, -1
	mtctr	5
	mtlr	5
	mtcr	5
	.irp	r, 0, 1, 2, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	li	\r, -1
	.endr
	rfid

	.org	0x200
	.globl	opal_start
opal_start:
	lis	31, CONFIG@h
	std	8, CONFIG_OPAL_BASE(31)
	std	9, CONFIG_OPAL_ENTRY(31)
	sync
	li	3, 1
	std	3, CONFIG_READY(31)
1:	ld	3, CONFIG_READY(31)		/* until memory is as the test wants it */
	cmpdi	3, 2
	bne	1b
	b	.Lstart

	.section .note.GNU-stack, "", @progbits
