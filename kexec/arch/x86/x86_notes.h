/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef X86_NOTES_H
#define X86_NOTES_H

#include "arena.h"
#include "blob.h"

/*
 * A block of ELF boot notes, as Etherboot, coreboot and kexec-tools have passed them (Biederman, "About the ELF boot
 * proposal"): which loader it was, and the command line. Independent of its address; a multiple of 4 bytes.
 */
struct blob x86_notes_make(struct arena *arena, const char *cmdline);

/* In eax, with the address of the block in ebx. */
#define X86_NOTES_MAGIC UINT32_C(0x0e1fb007)

#endif
