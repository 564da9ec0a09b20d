/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where Linux enters, and what C cannot say: exceptions, a way back from them, and the last halt.
 * doc/purgatory-abi tells the state of the machine at each point; leave.S is how purgatory leaves.
 */
#define CODE_SELECTOR 0x10
#define DATA_SELECTOR 0x18
#define VECTOR_NMI 2

	.section .entry, "ax", @progbits
	.code64

	/*
	 * Long mode, identity mapped, interrupts off; the GDT and the IDT belong to a kernel that is gone.
	 * The quadword at (rsp) is where a jump back would go, or 0.
	 */
	.balign 16
	.globl entry_crash
	.type entry_crash, @function
	.globl entry_normal
	.type entry_normal, @function
entry_crash:
entry_normal:
	cli
	cld
	movq	(%rsp), %rbx

	/* The loader's zeros may have been written over since. */
	leaq	purgatory_file_end(%rip), %rdi
	leaq	purgatory_memory_end(%rip), %rcx
	subq	%rdi, %rcx
	xorl	%eax, %eax
	rep stosb

	leaq	x86_stack_end(%rip), %rsp
	leaq	x86_gdt(%rip), %rax
	pushq	%rax
	pushw	$(x86_gdt_end - x86_gdt - 1)
	lgdt	(%rsp)
	leaq	x86_stack_end(%rip), %rsp

	leaq	.Lreloaded(%rip), %rax
	pushq	$CODE_SELECTOR
	pushq	%rax
	lretq
.Lreloaded:
	movl	$DATA_SELECTOR, %eax
	movl	%eax, %ds
	movl	%eax, %es
	movl	%eax, %fs
	movl	%eax, %gs
	movl	%eax, %ss
	movq	%rbx, %rdi
	xorl	%ebp, %ebp
	call	x86_start

	/*
	 * bool x86_guarded(void (*work)(void *), void *argument): false where an exception ended it.
	 */
	.balign 16
	.globl x86_guarded
	.type x86_guarded, @function
x86_guarded:
	pushq	%rbx
	pushq	%rbp
	pushq	%r12
	pushq	%r13
	pushq	%r14
	pushq	%r15
	movq	%rsp, recover_stack(%rip)
	subq	$8, %rsp
	movq	%rdi, %rax
	movq	%rsi, %rdi
	call	*%rax
	addq	$8, %rsp
	movl	$1, %eax
.Lguard_ends:
	movq	$0, recover_stack(%rip)
	popq	%r15
	popq	%r14
	popq	%r13
	popq	%r12
	popq	%rbp
	popq	%rbx
	ret

	/* One gate for each exception, X86_GATE_SIZE (machine.h) bytes apart; all come to look alike. */
	.balign 16
	.globl x86_exception_gates
	.type x86_exception_gates, @function
x86_exception_gates:
	.set	vector, 0
	.rept	32
	.balign 16
	/* 8, 10-14, 17, 21, 29 and 30 push an error code: SDM volume 3, table 6-1; APM volume 2, 8.2. */
	.if	!((1 << vector) & 0x60227d00)
	pushq	$0
	.endif
	pushq	$vector
	jmp	.Lexception
	.set	vector, vector + 1
	.endr

	.balign 16
.Lexception:
	cmpq	$VECTOR_NMI, (%rsp)
	je	.Lignore
	movq	recover_stack(%rip), %rax
	testq	%rax, %rax
	jz	.Lfatal
	movq	%rax, %rsp
	xorl	%eax, %eax
	cld
	jmp	.Lguard_ends
.Lignore:
	addq	$16, %rsp
	iretq
.Lfatal:
	movq	(%rsp), %rdi
	movq	16(%rsp), %rsi
	movq	%cr2, %rdx
	leaq	x86_stack_end(%rip), %rsp
	cld
	call	x86_exception

	/*
	 * x86_halt(code, start, end): stays, with these in rax, rbx and rcx for whoever looks from outside.
	 * An NMI ends each hlt.
	 */
	.balign 16
	.globl x86_halt
	.type x86_halt, @function
x86_halt:
	movq	%rdi, %rax
	movq	%rsi, %rbx
	movq	%rdx, %rcx
.Lhalted:
	cli
	hlt
	jmp	.Lhalted

	/*
	 * Flat segments, already marked as accessed. Linux' boot protocol names the two selectors and wants
	 * the same ones in protected mode: leave.S changes the kind of the first.
	 */
	.section .data.gdt, "aw", @progbits
	.balign 16
	.globl x86_gdt
	.globl x86_gdt_end
	.hidden x86_gdt
	.hidden x86_gdt_end
x86_gdt:
	.quad	0
	.quad	0
	.quad	0x00af9b000000ffff	/* 0x10: code, 64 bits */
	.quad	0x00cf93000000ffff	/* 0x18: data, 4 GiB */
	.quad	0x00009b000000ffff	/* 0x20: code, 16 bits, 64 KiB; leave.S fills in where */
	.quad	0x000093000000ffff	/* 0x28: data, 64 KiB, there too */
x86_gdt_end:

	.section .bss.entry, "aw", @nobits
	.balign 16
recover_stack:
	.skip	8
	.balign 16
	.skip	8192
	.globl x86_stack_end
	.hidden x86_stack_end
x86_stack_end:

	.section .note.GNU-stack, "", @progbits
