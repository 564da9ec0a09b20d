/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A program without any system under it: entry, and calls into purgatory with the registers in the state of
 * our choice. Ends in a disabled wait, whose PSW address is the result (bare.h).
 */
	.text
	.globl _start
_start:
	larl	%r15, stack_end - 160
	lghi	%r14, 0
	brasl	%r14, bare_main

	/*
	 * Each test runs from memory that nothing else touches, so that a program check here is a fault and
	 * no accident.
	 */
	.globl bare_end
bare_end:
	larl	%r1, wait_psw
	stg	%r2, 8(%r1)
	lpswe	0(%r1)

	/*
	 * call_purgatory(entry, argument): a table of registers is loaded, call_purgatory_in, and what they
	 * are afterwards goes to call_purgatory_out. Returns what the callee returned in r2.
	 */
	.globl call_purgatory
call_purgatory:
	larl	%r1, own_registers
	stmg	%r0, %r15, 0(%r1)
	lgr	%r0, %r2
	lgr	%r2, %r3
	larl	%r1, call_purgatory_in
	lmg	%r3, %r15, 24(%r1)
	larl	%r14, back
	larl	%r1, call_purgatory_in
	stg	%r14, 14 * 8(%r1)
	lgr	%r1, %r0
	br	%r1
back:
	larl	%r1, call_purgatory_out
	stmg	%r0, %r15, 0(%r1)
	lgr	%r3, %r2
	larl	%r1, own_registers
	lmg	%r6, %r15, 6 * 8(%r1)
	lgr	%r2, %r3
	br	%r14

	.globl load_floats
load_floats:
	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	ld	%f\r, \r * 8(%r2)
	.endr
	br	%r14

	.globl store_floats
store_floats:
	.irp r, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	std	%f\r, \r * 8(%r2)
	.endr
	br	%r14

	/*
	 * What stands for the next kernel: copied to where its entry is. Keeps the registers and the PSW mask
	 * at absolute 0xd00, goes to 64-bit addresses and to the address that follows it. Runs in 31-bit mode
	 * too.
	 */
	.balign 8
	.globl next_kernel
	.globl next_kernel_arrival
	.globl next_kernel_end
next_kernel:
	stmg	%r0, %r15, 0xd00(%r0)
	epsw	%r1, %r2
	st	%r1, 0xd80(%r0)
	st	%r2, 0xd84(%r0)
	sam64
	basr	%r1, 0
0:	lg	%r1, next_kernel_arrival - 0b(%r1)
	br	%r1
	.balign 8
next_kernel_arrival:
	.quad	0
next_kernel_end:

	.globl arrive
arrive:
	larl	%r15, stack_end - 160
	brasl	%r14, bare_arrived
	j	bare_end

	.section .rodata
	.balign 16
	.globl purgatory_start
	.globl purgatory_end
purgatory_start:
	.incbin PURGATORY_BIN
purgatory_end:

	.data
	.balign 16
wait_psw:
	.quad	0x0002000180000000, 0

	.bss
	.balign 16
own_registers:
	.skip	16 * 8
	.globl call_purgatory_in
call_purgatory_in:
	.skip	16 * 8
	.globl call_purgatory_out
call_purgatory_out:
	.skip	16 * 8
	.balign 16
	.skip	16384
stack_end:
	.section .note.GNU-stack, "", @progbits
