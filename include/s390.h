/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * s390 layouts that Linux and the dump tools hold fixed. Sources: Linux 6.12 arch/s390/include/asm/{lowcore,os_info,
 * setup}.h and arch/s390/boot/head.S; Principles of Operation for the lowcore.
 */
#ifndef S390_H
#define S390_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"

/* Offsets in the image and, after loading, absolute addresses of the running kernel. */
#define S390_IMAGE_START 0x10000	/* entry of a normal start; what lies below is not loaded */
#define S390_ENTRY_TABLE 0x10008	/* "S390EP", 0, number of entries */
#define S390_KDUMP_ENTRY 0x10010
#define S390_PARMAREA 0x10400
#define S390_INITRD_START 0x10408
#define S390_INITRD_SIZE 0x10410
#define S390_OLDMEM_BASE 0x10418
#define S390_OLDMEM_SIZE 0x10420
#define S390_MAX_COMMAND_LINE 0x10430	/* u64; 0 in old kernels: 896 */
#define S390_COMMAND_LINE 0x10480
#define S390_LEGACY_COMMAND_LINE 896
#define S390_COMMAND_LINE_MOST (1 << 20) /* of CONFIG_COMMAND_LINE_SIZE: arch/s390/Kconfig */

#define S390_ENTRY_MAGIC "S390EP" /* with its NUL: 7 bytes */

/* Absolute lowcore, fixed for dump tools. */
#define S390_LOWCORE_VMCOREINFO 0xe0c /* u64, unaligned: physical address of the note; odd or 0 = not set */
#define S390_LOWCORE_OS_INFO 0xe18    /* u64 */

#define S390_OS_INFO_MAGIC UINT64_C(0x4f53494e464f535a) /* "OSINFOSZ" */
#define S390_OS_INFO_MAJOR 1
#define S390_OS_INFO_SIZE 4096
#define S390_OS_INFO_CHECKSUM_FROM 12

struct s390_os_info {
	struct be64 magic;
	struct be32 checksum; /* cksm.h over [12, 4096) */
	struct be16 major;
	struct be16 minor;
	struct be64 crashkernel_address;
	struct be64 crashkernel_size;
	uint8_t rest[4096 - 32]; /* entries of 20 bytes: not needed here */
};

_Static_assert(sizeof(struct s390_os_info) == S390_OS_INFO_SIZE, "os_info layout");

/* Alignment of the crash reservation: KEXEC_CRASH_MEM_ALIGN, 1 MiB. */
#define S390_CRASH_ALIGN UINT64_C(0x100000)

#endif
