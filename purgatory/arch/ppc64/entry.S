/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where Linux enters, and how purgatory leaves, calls firmware and stays: what C cannot say. One source for both byte
 * orders. doc/purgatory-abi tells the state of the machine at each point.
 */
#define STACK_SIZE 16384
#define FRAME 288
#define SAVED_REGISTERS 32	/* in the frame: r14 to r31 */
#define MSR_ME 0x1000

	/* Instructions that firmware comes back to: it runs in big-endian order, whatever purgatory is built for. */
	.macro	big_endian instruction
	.byte	(\instruction) >> 24 & 0xff, (\instruction) >> 16 & 0xff, (\instruction) >> 8 & 0xff, (\instruction) & 0xff
	.endm

	.abiversion 2
	.section .entry, "ax", @progbits

	/*
	 * Translation off, r3 = hardware id of this CPU, r4 = this address. Linux copies these 0x100 bytes to 0 first,
	 * and the other CPUs go to 0x60 of the copy. The loader puts the next kernel's bytes behind the first word; where
	 * it has none, whoever comes here waits for good.
	 */
	.balign 0x100
	.globl	entry_crash
	.type	entry_crash, @function
	.globl	entry_normal
	.type	entry_normal, @function
entry_crash:
entry_normal:
	b	.Lmaster
	.rept	63
	b	.
	.endr

.Lmaster:
	or	2, 2, 2			/* medium priority */
	li	0, 0
	mtmsrd	0, 1			/* external interrupts off; SRR0 and SRR1 are ours: not recoverable */
	mr	30, 3
	bcl	20, 31, .Lhere
.Lhere:
	mflr	31
	addis	2, 31, (.TOC. - .Lhere)@ha
	addi	2, 2, (.TOC. - .Lhere)@l

	/* The loader's zeros may have been written over since. */
	addis	3, 2, purgatory_file_end@toc@ha
	addi	3, 3, purgatory_file_end@toc@l
	addis	4, 2, purgatory_memory_end@toc@ha
	addi	4, 4, purgatory_memory_end@toc@l
.Lclear:
	cmpld	3, 4
	bge	.Lcleared
	std	0, 0(3)
	addi	3, 3, 8
	b	.Lclear
.Lcleared:
	addis	1, 2, ppc64_stack_end@toc@ha
	addi	1, 1, ppc64_stack_end@toc@l
	stdu	0, -FRAME(1)
	mr	3, 30
	bl	ppc64_start
	nop
	b	.

	/*
	 * ppc64_leave(const struct ppc64_leave *): r3 = device tree, r4 = kernel, r5 = 0, r8 and r9 = OPAL base and entry.
	 * The kernel finds out about byte order by itself.
	 */
	.globl	ppc64_leave
	.type	ppc64_leave, @function
ppc64_leave:
	ld	4, 0(3)
	ld	8, 16(3)
	ld	9, 24(3)
	ld	3, 8(3)
	mtctr	4
	li	5, 0
	mtlr	5
	mtcr	5
	mtxer	5
	.irp	r, 0, 1, 2, 6, 7, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	li	\r, 0
	.endr
	sync
	isync
	bctr

	.macro	enter_firmware_frame
	mflr	0
	std	0, 16(1)
	stdu	1, -FRAME(1)
	std	2, 24(1)
	.irp	r, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	std	\r, SAVED_REGISTERS + 8 * (\r - 14)(1)
	.endr
	.endm

	.macro	leave_firmware_frame
	ld	2, 24(1)
	.irp	r, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	ld	\r, SAVED_REGISTERS + 8 * (\r - 14)(1)
	.endr
	addi	1, 1, FRAME
	ld	0, 16(1)
	mtlr	0
	blr
	.endm

	/*
	 * int64_t ppc64_opal(base, entry, token, argument, argument, argument). OPAL is entered in big-endian order with
	 * the token in r0 and its base in r2 (skiboot, doc/opal-spec); r14 to r31 are as they were when it comes back.
	 */
	.globl	ppc64_opal
	.type	ppc64_opal, @function
ppc64_opal:
	enter_firmware_frame
	mr	2, 3
	mr	12, 4
	mr	0, 5
	mr	3, 6
	mr	4, 7
	mr	5, 8
	bcl	20, 31, .Lopal_here
.Lopal_here:
	mflr	31
	addi	11, 31, .Lopal_returns - .Lopal_here
	mtlr	11
	addi	31, 31, .Lopal_resume - .Lopal_here
	mfmsr	30
	rldicr	11, 30, 0, 62
	mtsrr0	12
	mtsrr1	11
	rfid
.Lopal_returns:
	big_endian 0x7ffa03a6		/* mtsrr0 r31 */
	big_endian 0x7fdb03a6		/* mtsrr1 r30 */
	big_endian 0x4c000024		/* rfid */
.Lopal_resume:
	leave_firmware_frame

	/*
	 * ppc64_rtas(arguments, base, entry): all below 4 GiB, as this code has to be. RTAS runs in 32-bit big-endian real
	 * mode (PAPR 7.2.6) and keeps the low halves of the registers only. MSR[SF] is its highest bit.
	 */
	.globl	ppc64_rtas
	.type	ppc64_rtas, @function
ppc64_rtas:
	enter_firmware_frame
	bcl	20, 31, .Lrtas_here
.Lrtas_here:
	mflr	31
	addi	11, 31, .Lrtas_returns - .Lrtas_here
	mtlr	11
	addi	31, 31, .Lrtas_resume - .Lrtas_here
	mfmsr	30
	clrldi	30, 30, 63		/* which order to come back to */
	li	0, MSR_ME
	mtsrr0	5
	mtsrr1	0
	rfid
.Lrtas_returns:
	big_endian 0x7bde0020		/* clrldi r30, r30, 32 */
	big_endian 0x38000001		/* li r0, 1 */
	big_endian 0x7800f806		/* sldi r0, r0, 63 */
	big_endian 0x7fde0378		/* or r30, r30, r0 */
	big_endian 0x7fa000a6		/* mfmsr r29 */
	big_endian 0x7fdeeb78		/* or r30, r30, r29 */
	big_endian 0x7bff0020		/* clrldi r31, r31, 32 */
	big_endian 0x78210020		/* clrldi r1, r1, 32 */
	big_endian 0x7ffa03a6		/* mtsrr0 r31 */
	big_endian 0x7fdb03a6		/* mtsrr1 r30 */
	big_endian 0x4c000024		/* rfid */
.Lrtas_resume:
	leave_firmware_frame

	/* ppc64_halt(code, start, end): stays, with these in r3, r4 and r5 for whoever looks from outside. */
	.globl	ppc64_halt
	.type	ppc64_halt, @function
ppc64_halt:
	or	1, 1, 1			/* low priority: the other threads of the core go on */
	b	ppc64_halt

	.section .bss.entry, "aw", @nobits
	.balign 16
	.skip	STACK_SIZE
	.globl	ppc64_stack_end
	.hidden	ppc64_stack_end
ppc64_stack_end:

	.section .note.GNU-stack, "", @progbits
