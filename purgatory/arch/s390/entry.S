/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where Linux enters, and how purgatory leaves. doc/purgatory-abi tells the state of the machine at each
 * point.
 */
#define SIGP_SET_ARCHITECTURE 0x12
#define ARCHITECTURE_Z 2
#define FRAME 160 /* what a callee may use of its caller's stack: s390x ELF ABI */

	.section .entry, "ax", @progbits

	/*
	 * r2 = 0: verify and return to r14 with r2 = 0 or 1; r15 is no stack, r6-r15 are kept. r2 otherwise:
	 * start. r2 is an int, so only its low half counts.
	 */
	.balign 8
	.globl entry_crash
	.type entry_crash, @function
entry_crash:
	ltr	%r2, %r2
	jnz	.Lstart
	larl	%r1, caller_registers
	stmg	%r6, %r15, 0(%r1)
	larl	%r15, stack_end - FRAME
	brasl	%r14, s390_verify
	larl	%r1, caller_registers
	lmg	%r6, %r15, 0(%r1)
	br	%r14
.Lstart:
	larl	%r15, stack_end - FRAME
	jg	s390_start_crash

	/*
	 * The first instruction after a reset (diagnose 308 subcode 0): maybe still ESA/390, 31-bit
	 * addresses, upper halves of the registers undefined. Nothing before sam64 may be an instruction of
	 * z/Architecture alone.
	 */
	.balign 8
	.globl entry_normal
	.type entry_normal, @function
entry_normal:
	slr	%r0, %r0
	lhi	%r1, ARCHITECTURE_Z
	sigp	%r1, %r0, SIGP_SET_ARCHITECTURE
	sam64
	larl	%r15, stack_end - FRAME
	jg	s390_start_normal

	/*
	 * As the reset does it: load the short PSW at absolute 0, with all registers zero.
	 */
	.balign 8
	.globl s390_leave_by_restart_psw
	.type s390_leave_by_restart_psw, @function
s390_leave_by_restart_psw:
	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	lghi	%r\r, 0
	.endr
	lpsw	0

	.section .bss.entry, "aw", @nobits
	.balign 16
caller_registers:
	.skip	10 * 8
	.balign 16
	.skip	4096
stack_end:

	.section .note.GNU-stack, "", @progbits
