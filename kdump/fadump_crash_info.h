/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The crash info header: what a kernel leaves for the one that will capture its dump, right behind the copy of boot
 * memory. In the crashed kernel's byte order, which its magic shows. Bytes and physical addresses.
 *
 *   since Linux 6.10, magic "FADMPSIG"            Linux 3.4 to 6.9, magic "FADMPINF"
 *     0  u64 magic                                  0  u64 magic
 *     8  u32 version, 1                             8  u64 address of the ELF core header
 *    12  u32 crashing CPU                          16  u32 crashing CPU, and 4 bytes of padding
 *    16  u64 address of the vmcoreinfo note        24  registers (struct pt_regs), 352 or 384 bytes
 *    24  u64 its size                               .  mask of the CPUs that were online
 *    32  u32 size of the registers
 *    36  u32 size of the mask
 *    40  registers (struct pt_regs)
 *     .  mask of CPUs, one bit each, in whole 64-bit words
 *
 * As an integer the magic has its letters from the top byte down, so that a little-endian kernel's reads GISPMDAF in
 * memory. A crashing CPU of 0xffffffff means that firmware, not the kernel, ended the system. The old header does not
 * say how large it is; the ELF core header that follows it does.
 *
 * Sources: Linux arch/powerpc/include/asm/fadump-internal.h and kernel/fadump.c, is_fadump_header_compatible() (6.12,
 * 7.2); arch/powerpc/include/asm/fadump.h (3.4 to 6.9).
 */
#ifndef KDUMP_FADUMP_CRASH_INFO_H
#define KDUMP_FADUMP_CRASH_INFO_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "bytes.h"
#include "err.h"
#include "kdump/finding.h"

#define FADUMP_MAGIC UINT64_C(0x4641444d50534947)     /* "FADMPSIG" */
#define FADUMP_OLD_MAGIC UINT64_C(0x4641444d50494e46) /* "FADMPINF" */
#define FADUMP_CPU_UNKNOWN UINT32_C(0xffffffff)

/* What is known of the kernel that is to capture the dump, for the sizes that have to be equal. 0 = not known. */
struct fadump_capture_kernel {
	bool has_order;
	enum order order;
	uint32_t nr_cpus;	 /* CONFIG_NR_CPUS */
	uint32_t registers_size; /* sizeof(struct pt_regs) */
};

struct fadump_crash_info {
	bool old;
	enum order order;
	uint32_t version; /* 0 for the old one */
	uint32_t crashing_cpu;
	uint64_t elfcorehdr;			  /* old only */
	uint64_t vmcoreinfo, vmcoreinfo_size;	  /* new only */
	uint32_t registers_size, mask_size;	  /* new only */
	struct blob registers, mask;		  /* new: as sized; old: registers are all that follows */
};

enum fadump_crash_info_result {
	FADUMP_CRASH_INFO_OK,
	FADUMP_CRASH_INFO_SHORT,   /* it does not end inside the bytes at hand */
	FADUMP_CRASH_INFO_CORRUPT, /* no such magic in either order */
};

/*
 * bytes: from the magic on, as much as there is. Sets info only on OK. err has a text, ERR_BAD_IMAGE, where the result
 * is another.
 */
enum fadump_crash_info_result fadump_crash_info_read(struct fadump_crash_info *info, struct blob bytes,
						     struct err *err) ERR_CHECKED;

/* Whether these 8 bytes are a magic. For a search. */
bool fadump_crash_info_is_magic(const uint8_t bytes[8]);

/* A header up to its registers is not longer, whichever it is. */
#define FADUMP_CRASH_INFO_FIXED 40

/*
 * Whether a header can begin with these FADUMP_CRASH_INFO_FIXED bytes at this address: by the limits of
 * fadump_crash_info_check, without its words. For a search, where each magic costs this much and no more.
 */
bool fadump_crash_info_may_begin(const uint8_t bytes[FADUMP_CRASH_INFO_FIXED], uint64_t address);

/*
 * What the capture kernel would say, in its words, or NULL where it would take the dump. Of what is not known in
 * `kernel` nothing is said.
 */
const char *fadump_crash_info_refusal(const struct fadump_crash_info *info, const struct fadump_capture_kernel *kernel);

/* A line with the facts, and what is impossible in them. address: where it lies, or UINT64_MAX where not known. */
void fadump_crash_info_check(const struct fadump_crash_info *info, uint64_t address,
			     const struct fadump_capture_kernel *kernel, struct findings *findings);

#endif
