/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The entry of a multiboot kernel of ours, with a header of either version. Position independent: version 2 may move
 * it. Entered in protected mode without paging, eax = magic, ebx = information.
 *
 * FLAT: the version 1 header has address fields, for the flat binary that is made of the same program.
 */

#define MB1_MAGIC 0x1badb002
#define MB2_MAGIC 0xe85250d6

#ifdef FLAT
#define MB1_FLAGS 0x00010003 /* modules on pages, memory information, addresses */
#else
#define MB1_FLAGS 0x00000003
#endif

	.section .multiboot, "a"
	.balign 8
header1:
	.long MB1_MAGIC
	.long MB1_FLAGS
	.long -(MB1_MAGIC + MB1_FLAGS)
#ifdef FLAT
	.long header1
	.long image_start
	.long image_data_end
	.long image_end
	.long start
#endif

	.balign 8
header2:
	.long MB2_MAGIC
	.long 0
	.long header2_end - header2
	.long -(MB2_MAGIC + (header2_end - header2))

	/* Relocatable: anywhere from 4 MiB on, on a 64 KiB boundary, as high as possible. */
	.short 10, 0
	.long 24
	.long 0x00400000, 0xffffffff, 0x10000, 2

	/* End. */
	.short 0, 0
	.long 8
header2_end:

	.text
	.globl start
start:
	/*
	 * Where this is only a call tells, and there is no stack yet: the first word of the information structure
	 * serves as one and is put back.
	 */
	movl (%ebx), %esi
	leal 4(%ebx), %esp
	call 1f
1:	popl %ebp
	movl %esi, (%ebx)
	leal stack_end - 1b(%ebp), %esp
	pushl %ebx
	pushl %eax
	call kernel_main
	cli
1:	hlt
	jmp 1b

	.bss
	.balign 16
	.skip 16384
stack_end:

	.section .note.GNU-stack, "", @progbits
