/* SPDX-License-Identifier: GPL-2.0-only */
/* I/O ports of a VGA in colour mode, and the memory of its text modes. */
#ifndef PURGATORY_X86_VGA_PORTS_H
#define PURGATORY_X86_VGA_PORTS_H

#include <stdint.h>

#define VGA_TEXT_MEMORY UINT64_C(0xb8000)
#define VGA_TEXT_CELLS 0x4000 /* 32 KiB, two bytes each */

enum {
	VGA_ATTRIBUTE = 0x3c0, /* index and data in turns; reading VGA_STATUS makes it an index */
	VGA_MISC_WRITE = 0x3c2,
	VGA_SEQUENCER = 0x3c4,
	VGA_PALETTE_MASK = 0x3c6,
	VGA_PALETTE_INDEX = 0x3c8,
	VGA_PALETTE_DATA = 0x3c9,
	VGA_MISC_READ = 0x3cc,
	VGA_GRAPHICS = 0x3ce,
	VGA_CRTC = 0x3d4,
	VGA_STATUS = 0x3da,
};

enum {
	VGA_CRTC_START = 0x0c, /* high byte; the low one follows */
	VGA_CRTC_CURSOR = 0x0e,
	VGA_CRTC_RETRACE_END = 0x11,
};

#endif
