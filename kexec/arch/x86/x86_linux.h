/* SPDX-License-Identifier: GPL-2.0-only */
/* The steps that loads of Linux kernels have in common, whatever the kernel's file is like; in this order. */
#ifndef X86_LINUX_H
#define X86_LINUX_H

#include "kexec/arch/x86/x86.h"
#include "kexec/arch/x86/x86_boot.h"

struct x86_linux {
	const struct request *request;
	const struct machine *machine;
	const struct image *image;
	struct plan *plan;

	/* To be filled in before x86_linux_begin(). */
	unsigned int mode;	   /* PURGATORY_X86_MODE */
	bool takes_efi;
	uint64_t initrd_end;	   /* no byte of an initrd may lie here or above */

	struct x86_crash crash;
	struct range initrd;	   /* in memory; empty = none */
	struct x86_boot boot;
};

/* Checks the request; places what a crash load has; makes the memory map and the command line. */
bool x86_linux_begin(struct x86_linux *l, struct err *err) ERR_CHECKED;

/* Purgatory and boot-params: before the kernel where that can lie anywhere, behind it where it cannot. */
bool x86_linux_place_handover(struct x86_linux *l, struct err *err) ERR_CHECKED;

/* The initrd, or the running kernel's own. */
bool x86_linux_place_initrd(struct x86_linux *l, struct err *err) ERR_CHECKED;

/* kernel: its address. Completes boot_params, sets the hand-off, seals. */
bool x86_linux_finish(struct x86_linux *l, uint64_t kernel, struct x86_start start, struct err *err) ERR_CHECKED;

#endif
