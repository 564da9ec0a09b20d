/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The contract between the loader and the purgatory that it places: doc/purgatory-abi is the text to it.
 *
 * A purgatory is one position-independent flat image. At its offset 0 lies struct purgatory_header; it names
 * the entry points and where struct purgatory_params lies. All integers are in the order of the target.
 *
 * In memory:   start                                image, file_size bytes from the build
 *              start + file_size                    zeros up to memory_size (bss, stack)
 *              start + params.regions_offset        params.region_count * struct purgatory_region
 *              start + params.segment_size          end
 *
 * The digest is a tree, so that a mismatch can be named: each region has the SHA-256 of its bytes, and
 * params.digest is the SHA-256 of struct purgatory_params up to its member result, followed by the region
 * table, both as they lie in memory. It is always filled in and compared, with PURGATORY_FLAG_SKIP_CHECKS
 * too: that leaves out the regions alone.
 */
#ifndef PURGATORY_ABI_H
#define PURGATORY_ABI_H

#include <stddef.h>
#include <stdint.h>

#include "bytes.h"
#include "sha256.h"

#define PURGATORY_MAGIC "PURGATRY" /* 8 bytes, no NUL */
#define PURGATORY_ABI 1

struct purgatory_header {
	uint8_t magic[8];
	struct raw32 abi;	    /* PURGATORY_ABI */
	struct raw32 header_size;   /* of this struct */
	struct raw64 file_size;	    /* bytes of the image */
	struct raw64 memory_size;   /* file_size, bss and stack; a multiple of 16 */
	struct raw64 align;	    /* of the start address; a power of two */
	struct raw64 entry_crash;   /* offset: where the kernel enters after a crash */
	struct raw64 entry_normal;  /* offset: where the kernel enters on kexec -e */
	struct raw64 params_offset; /* of struct purgatory_params */
	struct raw64 params_size;   /* its size, for a check that both sides mean the same */
};

_Static_assert(sizeof(struct purgatory_header) == 72, "purgatory header layout");

#define PURGATORY_HANDOFF 16

enum {
	PURGATORY_FLAG_SKIP_CHECKS = 1, /* --no-checks: the regions' digests are not compared */
	PURGATORY_FLAG_CRASH = 2,	/* loaded for a crash */
};

enum {
	PURGATORY_ON_CORRUPTION_HALT = 0,
	PURGATORY_ON_CORRUPTION_REBOOT = 1,
};

/* params.result, for whoever looks into memory afterwards. */
enum {
	PURGATORY_RESULT_NOT_RUN = 0,
	PURGATORY_RESULT_INTACT = 1,
	PURGATORY_RESULT_TABLE_DAMAGED = 2,  /* parameters and region table do not match params.digest */
	PURGATORY_RESULT_REGION_DAMAGED = 3, /* region number params.result_region does not match */
	PURGATORY_RESULT_SKIPPED = 4,
	PURGATORY_RESULT_MALFORMED = 5,	     /* they match, and ask for what cannot be: a loader's bug */
};

struct purgatory_params {
	struct raw32 flags;
	struct raw32 on_corruption;
	struct raw64 regions_offset; /* from the image's start; not below header.memory_size */
	struct raw32 region_count;
	struct raw32 region_size;    /* sizeof(struct purgatory_region) */
	struct raw64 segment_size;   /* bytes from the image's start, up to the end of the table at least */
	struct raw64 crash_start;    /* the crash reservation, half open; 0, 0 on a normal load */
	struct raw64 crash_end;
	struct raw64 handoff[PURGATORY_HANDOFF]; /* how the next kernel is started: PURGATORY_<ARCH>_* */
	struct raw32 result;	     /* written by purgatory */
	struct raw32 result_region;
	uint8_t digest[32];
};

_Static_assert(offsetof(struct purgatory_params, result) == 176, "purgatory parameters layout");
_Static_assert(sizeof(struct purgatory_params) == 216, "purgatory parameters layout");

/*
 * Ascending by start, disjoint, outside purgatory itself, and inside the crash reservation where there is
 * one.
 */
struct purgatory_region {
	struct raw64 start;  /* absolute address */
	struct raw64 length; /* bytes, zero tail included */
	struct raw32 role;   /* enum segment_role */
	struct raw32 flags;
	uint8_t sha256[32];  /* zeros where not PURGATORY_REGION_HASHED */
};

_Static_assert(sizeof(struct purgatory_region) == 56, "purgatory region layout");

enum {
	PURGATORY_REGION_HASHED = 1,
};

/* What params.digest must be. All of params before result, and the table, must be filled in. */
void purgatory_digest(const struct purgatory_params *params, const void *regions, uint64_t regions_size,
		      sha256_blocks_fn *blocks, uint8_t digest[SHA256_DIGEST_SIZE]);

/* handoff[] on s390: */
enum {
	PURGATORY_S390_ENTRY = 0, /* address to branch to, after the swap: 0x10000 or 0x10010 */
};

/* handoff[] on x86-64. After verification, in this order: VGA reset, backup, jump-back text, entry. */
enum {
	PURGATORY_X86_MODE = 0,	 /* 64: long mode, identity-mapped as found; 32: protected, no paging; 16: real mode */
	PURGATORY_X86_ENTRY = 1, /* linear address. Mode 16: of the real-mode kernel header; entered at its 0x200 */
	PURGATORY_X86_RAX = 2,	 /* registers; all others are 0 but rsp, which is purgatory's own stack */
	PURGATORY_X86_RBX = 3,
	PURGATORY_X86_RSI = 4,
	PURGATORY_X86_CONSOLE = 5, /* PURGATORY_X86_CONSOLE_*, serial port in bits 16-31 */
	PURGATORY_X86_BAUD = 6,	   /* 0: the port stays as it is set up */
	PURGATORY_X86_BACKUP_SOURCE = 7,
	PURGATORY_X86_BACKUP_TARGET = 8,
	PURGATORY_X86_BACKUP_SIZE = 9, /* 0: none */

	/*
	 * Where the return address that the old kernel left for a jump back is appended to the new one's command
	 * line, as " kexec_jump_back_entry=0x..." and NUL, and how many bytes there are for it; 0: not at all.
	 */
	PURGATORY_X86_JUMP_BACK = 10,
	PURGATORY_X86_JUMP_BACK_ROOM = 11,
};

/* KEXEC_SEGMENT_MAX of Linux on x86: a larger table is taken for a damaged one. */
enum {
	PURGATORY_X86_REGIONS_MOST = 16,
};

enum {
	PURGATORY_X86_CONSOLE_VGA = 1,	  /* also tell what goes well, not damage alone */
	PURGATORY_X86_CONSOLE_SERIAL = 2,
	PURGATORY_X86_CONSOLE_RESET_VGA = 4,
};

/*
 * handoff[] on ppc64 and ppc64le, whose purgatory is the same program in the order of the running kernel, which is the
 * one that it is entered in. Entry: translation off, r3 = hardware id of this CPU, r4 = where it was entered.
 *
 * The entry (both header.entry_*) is a block of 0x100 bytes, 0x100-aligned. Linux (arch/powerpc/kernel/misc_64.S,
 * kexec_sequence, 7.2) copies it to address 0 before it enters; all other CPUs wait at 0x60 of that copy. So the loader
 * replaces all of it but its first word by the same bytes of the new kernel, which lets go of them later.
 *
 * After verification, in this order: backup; the CPU's id into the device tree (boot_cpuid_phys at offset 28, big
 * endian); the word at KERNEL + 0x5c; caches made coherent; entry with r3 = device tree, r4 = kernel, r5 = 0, r8 and
 * r9 = OPAL base and entry.
 */
enum {
	PURGATORY_PPC64_KERNEL = 0,	 /* physical address of the kernel's first byte, where it is entered */
	PURGATORY_PPC64_DEVICE_TREE = 1, /* of the flattened device tree; its segment is not changed otherwise */
	PURGATORY_PPC64_RUN_AT_LOAD = 2, /* 1: the kernel is to run where it lies and not to copy itself to 0 */
	PURGATORY_PPC64_BACKUP_SOURCE = 3,
	PURGATORY_PPC64_BACKUP_TARGET = 4,
	PURGATORY_PPC64_BACKUP_SIZE = 5,  /* 0: none */
	PURGATORY_PPC64_CONSOLE = 6,	  /* PURGATORY_PPC64_CONSOLE_* */
	PURGATORY_PPC64_TERMINAL = 7,	  /* unit of the hypervisor's, or OPAL's, terminal */
	PURGATORY_PPC64_OPAL_BASE = 8,	  /* 0: no OPAL */
	PURGATORY_PPC64_OPAL_ENTRY = 9,
	PURGATORY_PPC64_CPU_FEATURES = 10, /* PURGATORY_PPC64_CPU_* */
	PURGATORY_PPC64_RTAS_BASE = 11,	   /* 0: no RTAS, or no way to reboot by it */
	PURGATORY_PPC64_RTAS_ENTRY = 12,
	PURGATORY_PPC64_RTAS_REBOOT = 13, /* token of system-reboot */
};

enum {
	PURGATORY_PPC64_CONSOLE_NONE = 0,
	PURGATORY_PPC64_CONSOLE_HVTERM = 1, /* hypercall H_PUT_TERM_CHAR */
	PURGATORY_PPC64_CONSOLE_OPAL = 2,   /* OPAL_CONSOLE_WRITE */
};

enum {
	PURGATORY_PPC64_CPU_VSHASIGMA = 1, /* may be tried: ISA 2.07 with Altivec on every CPU */
};

/* KEXEC_SEGMENT_MAX of Linux on ppc64: a larger table is taken for a damaged one. */
enum {
	PURGATORY_PPC64_REGIONS_MOST = 16,
};

/* r3 of the CPU that stays in a purgatory on ppc64; r4 and r5: the damaged range. */
enum {
	PURGATORY_PPC64_HALT_MALFORMED = 0x4b5802,
	PURGATORY_PPC64_HALT_TABLE = 0x4b5803,
	PURGATORY_PPC64_HALT_NO_REBOOT = 0x4b5804,
	PURGATORY_PPC64_HALT_REGION = 0x4b5840, /* plus the role of the damaged region, at most 0x3f */
};

/*
 * The PSW address of the disabled wait in which a purgatory ends on s390 where it can neither return nor
 * reboot.
 */
enum {
	PURGATORY_S390_WAIT_PROGRAM_CHECK = 0x4b5801, /* in purgatory itself: its code is damaged */
	PURGATORY_S390_WAIT_MALFORMED = 0x4b5802,
	PURGATORY_S390_WAIT_TABLE = 0x4b5803,
	PURGATORY_S390_WAIT_NO_REBOOT = 0x4b5804, /* policy: reboot, and the machine refused to */
	PURGATORY_S390_WAIT_REGION = 0x4b5840,	  /* plus the role of the damaged region, at most 0x3f */
};

/* rax of the CPU that halts in a purgatory on x86-64; rbx and rcx: the damaged range, or where the exception was. */
enum {
	PURGATORY_X86_HALT_EXCEPTION = 0x4b5801, /* in purgatory itself: its code is damaged, or memory is gone */
	PURGATORY_X86_HALT_MALFORMED = 0x4b5802,
	PURGATORY_X86_HALT_TABLE = 0x4b5803,
	PURGATORY_X86_HALT_REGION = 0x4b5840, /* plus the role of the damaged region, at most 0x3f */
};

#endif
