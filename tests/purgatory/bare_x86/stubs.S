/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stand for the next kernel, one section for each mode: they write down the state of the CPU as they find it,
 * and end the machine. tests/purgatory/bare_x86/state.py reads it; the order of what is written is known there.
 */
#define DUMP 0x400000
#define EXIT_PORT 0xf4
#define EXIT_64 0x20
#define EXIT_32 0x21
#define EXIT_16 0x22
#define MSR_EFER 0xc0000080
#define MSR_FS_BASE 0xc0000100
#define MSR_GS_BASE 0xc0000101

	.macro	put_msr number, address
	movl	$\number, %ecx
	rdmsr
	movl	%eax, \address
	movl	%edx, \address + 4
	.endm

	.section .stub64, "ax", @progbits
	.code64
	movq	%rax, DUMP
	movq	%rbx, DUMP + 8
	movq	%rcx, DUMP + 16
	movq	%rdx, DUMP + 24
	movq	%rsi, DUMP + 32
	movq	%rdi, DUMP + 40
	movq	%rbp, DUMP + 48
	movq	%rsp, DUMP + 56
	.irp r, 8, 9, 10, 11, 12, 13, 14, 15
	movq	%r\r, DUMP + 8 * \r
	.endr
	movl	$(DUMP + 0x1000), %esp
	pushfq
	popq	DUMP + 128
	.set	at, DUMP + 136
	.irp r, cs, ds, es, fs, gs, ss
	movl	%\r, %eax
	movq	%rax, at
	.set	at, at + 8
	.endr
	movq	%cr0, %rax
	movq	%rax, DUMP + 184
	movq	%cr3, %rax
	movq	%rax, DUMP + 192
	movq	%cr4, %rax
	movq	%rax, DUMP + 200
	put_msr	MSR_EFER, DUMP + 208
	put_msr	MSR_FS_BASE, DUMP + 216
	put_msr	MSR_GS_BASE, DUMP + 224
	sgdt	DUMP + 232
	sidt	DUMP + 248
	movq	%cr4, %rax
	orl	$0x200, %eax
	movq	%rax, %cr4
	.set	at, DUMP + 264
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movups	%xmm\i, at
	.set	at, at + 16
	.endr
	movl	$EXIT_64, %eax
	outl	%eax, $EXIT_PORT
1:	hlt
	jmp	1b

	.section .stub32, "ax", @progbits
	.code32
	movl	%eax, DUMP
	movl	%ebx, DUMP + 8
	movl	%ecx, DUMP + 16
	movl	%edx, DUMP + 24
	movl	%esi, DUMP + 32
	movl	%edi, DUMP + 40
	movl	%ebp, DUMP + 48
	movl	%esp, DUMP + 56
	movl	$(DUMP + 0x1000), %esp
	pushfl
	popl	DUMP + 128
	.set	at, DUMP + 136
	.irp r, cs, ds, es, fs, gs, ss
	movl	%\r, %eax
	movl	%eax, at
	.set	at, at + 8
	.endr
	movl	%cr0, %eax
	movl	%eax, DUMP + 184
	movl	%cr3, %eax
	movl	%eax, DUMP + 192
	movl	%cr4, %eax
	movl	%eax, DUMP + 200
	put_msr	MSR_EFER, DUMP + 208
	sgdt	DUMP + 232
	sidt	DUMP + 248
	movl	$EXIT_32, %eax
	outl	%eax, $EXIT_PORT
1:	hlt
	jmp	1b

	/* Written into its own segment, from 0x8000 on behind the code. */
	.section .stub16, "ax", @progbits
	.code16
	.set	DUMP16, 0x8000
	movl	%eax, %cs:DUMP16
	movl	%ebx, %cs:DUMP16 + 8
	movl	%ecx, %cs:DUMP16 + 16
	movl	%edx, %cs:DUMP16 + 24
	movl	%esi, %cs:DUMP16 + 32
	movl	%edi, %cs:DUMP16 + 40
	movl	%ebp, %cs:DUMP16 + 48
	movl	%esp, %cs:DUMP16 + 56
	pushfl
	popl	%cs:DUMP16 + 128
	.set	at, DUMP16 + 136
	.irp r, cs, ds, es, fs, gs, ss
	movw	%\r, %ax
	movw	%ax, %cs:at
	.set	at, at + 8
	.endr
	movl	%cr0, %eax
	movl	%eax, %cs:DUMP16 + 184
	movl	%cr4, %eax
	movl	%eax, %cs:DUMP16 + 200
	movl	$MSR_EFER, %ecx
	rdmsr
	movl	%eax, %cs:DUMP16 + 208
	sidtl	%cs:DUMP16 + 248
	/* The BIOS still answers, and its clock ticks by interrupts. */
	int	$0x12
	movw	%ax, %cs:DUMP16 + 256
	xorw	%ax, %ax
	movw	%ax, %es
	movl	%es:0x46c, %ebx
	sti
2:	hlt
	cmpl	%es:0x46c, %ebx
	je	2b
	cli
	movl	$EXIT_16, %eax
	outl	%eax, $EXIT_PORT
1:	hlt
	jmp	1b

	.section .note.GNU-stack, "", @progbits
