/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Stands for the kernel of before: brings the CPU into the state in which Linux' relocate_kernel enters a
 * purgatory, with whatever it leaves undefined set to something odd. What to do lies at CONFIG, written by
 * tests/purgatory/bare_x86/machine.py, and so do the page tables.
 */
#define MULTIBOOT_MAGIC 0x1badb002
#define MULTIBOOT_ADDRESSES 0x10000
#define LOAD_ADDRESS 0x100000

#define CONFIG 0x200000
#define CONFIG_ENTRY 0	/* of purgatory */
#define CONFIG_RETURN 8 /* what is at (rsp) then */
#define CONFIG_CR3 16
#define CONFIG_STACK 24
#define CONFIG_COPIES 32 /* their number, then from, to, size each; then the number of bytes to ports, port, byte each */

#define CR0_PG_PE_ET 0x80000011
#define CR4_PAE 0x20
#define CR4_OSFXSR 0x200
#define MSR_EFER 0xc0000080
#define EFER_LME_SCE_NXE 0x901

	.text
	.code32
	.globl start
start:
	jmp	begin

	.balign 4
header:
	.long	MULTIBOOT_MAGIC
	.long	MULTIBOOT_ADDRESSES
	.long	-(MULTIBOOT_MAGIC + MULTIBOOT_ADDRESSES)
	.long	header
	.long	start
	.long	end
	.long	end
	.long	start

begin:
	cli
	cld
	movl	$CR4_PAE, %eax
	movl	%eax, %cr4
	movl	CONFIG + CONFIG_CR3, %eax
	movl	%eax, %cr3
	movl	$MSR_EFER, %ecx
	rdmsr
	orl	$EFER_LME_SCE_NXE, %eax
	wrmsr
	movl	$CR0_PG_PE_ET, %eax
	movl	%eax, %cr0
	lgdt	gdt_pointer
	ljmp	$0x30, $long_mode

	.code64
long_mode:
	movl	$0x38, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	movq	CONFIG + CONFIG_COPIES, %rdx
	movl	$(CONFIG + CONFIG_COPIES + 8), %ebx
1:	testq	%rdx, %rdx
	jz	2f
	movq	(%rbx), %rsi
	movq	8(%rbx), %rdi
	movq	16(%rbx), %rcx
	rep movsb
	addq	$24, %rbx
	decq	%rdx
	jmp	1b
2:
	movq	(%rbx), %rcx
1:	testq	%rcx, %rcx
	jz	2f
	movl	8(%rbx), %edx
	movb	16(%rbx), %al
	outb	%al, %dx
	addq	$16, %rbx
	decq	%rcx
	jmp	1b
2:
	movl	$(CR4_PAE | CR4_OSFXSR), %eax
	movq	%rax, %cr4
	.irp i, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15
	movl	$(0x1234500 + \i), %eax
	movd	%eax, %xmm\i
	pshufd	$0, %xmm\i, %xmm\i
	.endr
	movl	$CR4_PAE, %eax
	movq	%rax, %cr4
	lgdt	nothing
	lidt	nothing
	movq	CONFIG + CONFIG_STACK, %rsp
	pushq	CONFIG + CONFIG_RETURN
	pushq	CONFIG + CONFIG_ENTRY
	movq	$-1, %rax
	.irp r, rbx, rcx, rdx, rsi, rdi, rbp, r8, r9, r10, r11, r12, r13, r14, r15
	movq	%rax, %\r
	.endr
	std
	ret

	.balign 8
gdt:
	.quad	0, 0, 0, 0, 0, 0
	.quad	0x00af9b000000ffff
	.quad	0x00cf93000000ffff
gdt_pointer:
	.word	. - gdt - 1
	.long	gdt
nothing:
	.word	0
	.quad	0
end:

	.section .note.GNU-stack, "", @progbits
