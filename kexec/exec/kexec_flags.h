/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flags of the two system calls: include/uapi/linux/kexec.h. Spelled out here because the newer ones are not
 * in the headers of every system that this is built on, and an older kernel refuses them by itself.
 * KEXEC_DEBUG and KEXEC_FILE_DEBUG are left out: a kernel that does not know them refuses the load.
 */
#ifndef EXEC_KEXEC_FLAGS_H
#define EXEC_KEXEC_FLAGS_H

#include <stdint.h>

/* kexec_load(2); bits 16-31 are the architecture. */
#define LOAD_ON_CRASH UINT64_C(0x1)
#define LOAD_PRESERVE_CONTEXT UINT64_C(0x2)
#define LOAD_UPDATE_ELFCOREHDR UINT64_C(0x4)	  /* Linux 6.6 */
#define LOAD_CRASH_HOTPLUG_SUPPORT UINT64_C(0x8) /* Linux 6.10 */

/* kexec_file_load(2) */
#define FILE_LOAD_UNLOAD UINT64_C(0x1)
#define FILE_LOAD_ON_CRASH UINT64_C(0x2)
#define FILE_LOAD_NO_INITRAMFS UINT64_C(0x4)
#define FILE_LOAD_NO_CMA UINT64_C(0x10)
#define FILE_LOAD_FORCE_DTB UINT64_C(0x20)

#endif
