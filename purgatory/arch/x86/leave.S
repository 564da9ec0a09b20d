/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How the next kernel is entered: x86_leave_64, _32 and _16 (const struct x86_leave *), which lies in the
 * stack that is in use. Source for what a kernel expects: Linux Documentation/arch/x86/boot.rst, "64-bit
 * Boot Protocol", "32-bit Boot Protocol", "Running the Kernel"; Multiboot Specification 0.6.96, 3.2.
 */
#define LEAVE_ENTRY 0 /* struct x86_leave in machine.h */
#define LEAVE_RAX 8
#define LEAVE_RBX 16
#define LEAVE_RSI 24

#define CODE_SELECTOR 0x10
#define DATA_SELECTOR 0x18
#define CODE16_SELECTOR 0x20
#define DATA16_SELECTOR 0x28

#define CR0_PG 0x80000000
#define CR0_PE_ET 0x11
#define CR0_ET 0x10
#define MSR_EFER 0xc0000080
#define EFER_SCE_LME_NXE 0x901

	.section .text.leave, "ax", @progbits

	.code64
	.balign 16
	.globl x86_leave_64
	.type x86_leave_64, @function
x86_leave_64:
	pushq	$0
	pushq	$0
	lidt	(%rsp)
	popfq
	addq	$8, %rsp
	pushq	LEAVE_ENTRY(%rdi)
	movq	LEAVE_RAX(%rdi), %rax
	movq	LEAVE_RBX(%rdi), %rbx
	movq	LEAVE_RSI(%rdi), %rsi
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	.irp r, 8, 9, 10, 11, 12, 13, 14, 15
	xorl	%r\r\()d, %r\r\()d
	.endr
	ret

	/*
	 * To 32-bit code without paging, where edi, esp and eip keep their meaning: all of purgatory lies
	 * below 4 GiB then. Clearing CR0.PG leaves long mode (SDM volume 3, 9.8.5.4). Changes eax, ecx and
	 * edx.
	 */
	.macro	leave_long_mode
	.code64
	pushq	$0
	pushq	$0
	lidt	(%rsp)
	addq	$16, %rsp
	movabsq	$0x00cf9b000000ffff, %rax
	movq	%rax, x86_gdt + CODE_SELECTOR(%rip)
	leaq	1f(%rip), %rax
	pushq	$CODE_SELECTOR
	pushq	%rax
	lretq
	.code32
1:
	movl	%cr0, %eax
	andl	$~CR0_PG, %eax
	movl	%eax, %cr0
	movl	$MSR_EFER, %ecx
	rdmsr
	andl	$~EFER_SCE_LME_NXE, %eax
	wrmsr
	xorl	%eax, %eax
	movl	%eax, %cr4
	movl	%eax, %cr3
	movl	$CR0_PE_ET, %eax
	movl	%eax, %cr0
	.endm

	.balign 16
	.globl x86_leave_32
	.type x86_leave_32, @function
x86_leave_32:
	leave_long_mode
	movl	$DATA_SELECTOR, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	pushl	$0
	popfl
	pushl	LEAVE_ENTRY(%edi)
	movl	LEAVE_RAX(%edi), %eax
	movl	LEAVE_RBX(%edi), %ebx
	movl	LEAVE_RSI(%edi), %esi
	xorl	%ecx, %ecx
	xorl	%edx, %edx
	xorl	%edi, %edi
	xorl	%ebp, %ebp
	ret

	/*
	 * Real mode. All that runs or is read with 16-bit addresses lies behind `low`, which is the base of
	 * the two 16-bit segments, then of the real-mode one: offsets from it need no relocation.
	 */
	.code64
	.balign 16
	.globl x86_leave_16
	.type x86_leave_16, @function
x86_leave_16:
	movl	LEAVE_ENTRY(%rdi), %eax
	shrl	$4, %eax
	movw	%ax, segment(%rip)
	movl	LEAVE_RAX(%rdi), %eax
	movl	%eax, give_eax(%rip)
	movl	LEAVE_RBX(%rdi), %eax
	movl	%eax, give_ebx(%rip)
	movl	LEAVE_RSI(%rdi), %eax
	movl	%eax, give_esi(%rip)
	leaq	low(%rip), %rbx
	leaq	x86_gdt(%rip), %rdx
	movw	%bx, CODE16_SELECTOR + 2(%rdx)
	movw	%bx, DATA16_SELECTOR + 2(%rdx)
	movl	%ebx, %eax
	shrl	$16, %eax
	movb	%al, CODE16_SELECTOR + 4(%rdx)
	movb	%al, DATA16_SELECTOR + 4(%rdx)
	shrl	$4, %ebx
	movw	%bx, low_segment(%rip)
	leave_long_mode
	pushl	$CODE16_SELECTOR
	pushl	$(.Lprotected16 - low)
	lretl

	.balign 16
low:
	.code16
.Lprotected16:
	movw	$DATA16_SELECTOR, %ax
	movw	%ax, %ds
	movw	%ax, %es
	movw	%ax, %fs
	movw	%ax, %gs
	movw	%ax, %ss
	movl	$(low_stack_end - low), %esp
	lidtl	real_idt - low
	pushw	low_segment - low
	pushw	$(.Lreal - low)
	movl	$CR0_ET, %eax
	movl	%eax, %cr0
	lretw
.Lreal:
	movw	%cs, %ax
	movw	%ax, %ds
	xorl	%eax, %eax
	movl	%eax, %ecx
	movl	%eax, %edi
	movl	%eax, %ebp
	movw	segment - low, %dx
	movl	give_eax - low, %eax
	movl	give_ebx - low, %ebx
	movl	give_esi - low, %esi
	movw	%dx, %ss
	movl	$0xfffc, %esp
	pushw	$0
	popfw
	movw	%dx, %ds
	movw	%dx, %es
	movw	%dx, %fs
	movw	%dx, %gs
	addw	$0x20, %dx
	pushw	%dx
	pushw	$0
	xorl	%edx, %edx
	lretw

	.balign 4
real_idt:
	.word	0x3ff
	.long	0
	.balign 4
give_eax:
	.long	0
give_ebx:
	.long	0
give_esi:
	.long	0
segment:
	.word	0
low_segment:
	.word	0
	.skip	16
	.balign 4
low_stack_end:

	.section .note.GNU-stack, "", @progbits
