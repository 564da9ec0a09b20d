/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The segment boot-params: all that a Linux kernel finds by one pointer.
 *
 *	boot_params      one page; in mode 16 the 64 KiB in which the real-mode code runs, its header filled in
 *	command line     with its NUL and room for what purgatory appends
 *	EFI memory map
 *	setup_data       each at a multiple of 16
 *	ELF boot notes
 */
#ifndef X86_BOOT_H
#define X86_BOOT_H

#include "kexec/arch/x86/x86.h"

struct x86_boot {
	const struct request *request;
	const struct machine *machine;
	struct plan *plan;

	/* What the loader knows before anything is placed. */
	unsigned int mode;	 /* PURGATORY_X86_MODE */
	const char *path;	 /* of the kernel, for messages */
	struct blob header;	 /* the setup header: of the kernel's file, or made */
	struct blob real_mode;	 /* mode 16: boot sector and setup */
	uint16_t version;	 /* of the boot protocol */
	uint64_t cmdline_most;	 /* characters */
	struct blob dtb;
	struct x86_map map;
	bool efi;
	bool params;		 /* boot_params, command line, setup_data */
	bool notes;		 /* ELF boot notes, alone or as well */
	struct range window;	 /* where it may lie */

	/* Filled in by x86_boot_place(). */
	uint64_t address;
	uint64_t cmdline;	 /* addresses */
	uint64_t cmdline_end;	 /* of its NUL */
	uint64_t elf_notes;	 /* 0 = none */
	uint8_t *bytes;		 /* may be changed until the plan is sealed */
};

/* Finds its place and writes it, but for what x86_boot_set_loaded() knows. */
bool x86_boot_place(struct x86_boot *boot, struct err *err) ERR_CHECKED;

/* kernel: its address, which modes 16 and 32 are told. initrd: empty = none. */
void x86_boot_set_loaded(struct x86_boot *boot, uint64_t kernel, struct range initrd);

/* For kernels without a header of their own (ELF): what such a one would have. */
struct blob x86_boot_made_header(struct arena *arena);
#define X86_BOOT_MADE_VERSION 0x020c
#define X86_BOOT_MADE_CMDLINE 2047

#endif
