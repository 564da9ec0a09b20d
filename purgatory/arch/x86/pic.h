/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_X86_PIC_H
#define PURGATORY_X86_PIC_H

/* The interrupt controllers as a BIOS has them, for code that calls it: vectors 0x08 and 0x70. */
void pic_give_to_bios(void);

#endif
