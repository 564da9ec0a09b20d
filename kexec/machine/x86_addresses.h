/* SPDX-License-Identifier: GPL-2.0-only */
/* Where Linux maps what on x86; source: Documentation/arch/x86/x86_64/mm.rst of Linux 6.12. */
#ifndef MACHINE_X86_ADDRESSES_H
#define MACHINE_X86_ADDRESSES_H

#include <stdint.h>

/* The lowest virtual address of the kernel, with page tables of five levels; with four it is higher. */
#define X86_64_KERNEL_MIN UINT64_C(0xff00000000000000)

/* The kernel image lies in the first GiB from here (512 MiB without KASLR, then modules). */
#define X86_64_TEXT_BASE UINT64_C(0xffffffff80000000)
#define X86_64_TEXT_END UINT64_C(0xffffffffc0000000)

/* The lowest PAGE_OFFSET that a 32-bit kernel can be configured for (CONFIG_VMSPLIT_1G). */
#define I386_DIRECT_MIN UINT64_C(0x40000000)

/* Physical addresses have at most 52 bits. */
#define X86_PHYSICAL_END (UINT64_C(1) << 52)

#endif
