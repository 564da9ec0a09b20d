/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ELF core header of a Power dump. Two shapes of it exist:
 *
 *   /proc/vmcore    offsets are in the file; one PT_NOTE with the notes of all CPUs and VMCOREINFO
 *   in memory       as kernels before Linux 6.10 left it behind the crash info header: offsets are physical
 *                   addresses, of boot memory those of its copy; a PT_NOTE for the CPUs, empty until the capture
 *                   kernel fills it, one for VMCOREINFO
 *
 * ELF, 64 bit, ET_CORE, EM_PPC64 (21), e_flags 0 to 2 (the ABI of the crashed kernel). PT_LOADs need not begin on a
 * page: memory behind the reserved area begins where that ends. NT_PRSTATUS has 504 bytes (struct elf_prstatus).
 *
 * Sources: Linux arch/powerpc/kernel/fadump.c (3.4, 6.12, 7.2), fs/proc/vmcore.c, include/linux/elfcore.h,
 * kernel/crash_core.c for VMCOREINFO.
 */
#ifndef KDUMP_FADUMP_ELFCORE_H
#define KDUMP_FADUMP_ELFCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "bytes.h"
#include "err.h"
#include "kdump/fadump_source.h"
#include "kdump/finding.h"
#include "range.h"
#include "sha256.h"

#define FADUMP_PRSTATUS_SIZE 504

struct fadump_load {
	uint64_t address, memory_size; /* physical */
	uint64_t offset, file_size;
};

/* Of VMCOREINFO; texts are printable, or NULL where the key is not there. */
struct fadump_vmcoreinfo {
	uint32_t size; /* of the text */
	const char *osrelease, *build_id;
	bool has_crash_time;
	int64_t crash_time; /* seconds since 1970 */
};

struct fadump_elfcore {
	bool in_memory;
	enum order order;
	uint16_t type, machine;
	uint32_t flags;
	uint64_t headers_end; /* of the program headers, from the ELF header on */
	uint64_t end;	      /* of the last byte that a program header names */
	struct fadump_load *loads;
	size_t load_count;
	size_t note_segments, empty_note_segments;
	uint64_t notes_size; /* of all of them, bytes */
	uint8_t notes_digest[SHA256_DIGEST_SIZE]; /* SHA-256 of all bytes of the PT_NOTEs, one after the other */
	size_t prstatus, odd_prstatus; /* notes of CPUs, and those of another size */
	uint32_t odd_size;	       /* of the last odd one */
	size_t vmcoreinfo_count;
	struct fadump_vmcoreinfo vmcoreinfo; /* the first */
	const char *damage;		     /* notes that do not end: what, or NULL */
};

/*
 * Reads the header at `offset` with its notes. Errors: ERR_BAD_IMAGE where there is no 64-bit ELF core, or its program
 * headers cannot be walked; ERR_SYSTEM, ERR_DENIED where reading fails. What can be walked and is wrong is left for the
 * check.
 */
bool fadump_elfcore_read(struct fadump_elfcore *core, struct arena *arena, const struct fadump_source *source,
			 uint64_t offset, bool in_memory, struct err *err) ERR_CHECKED;

/* Lines for the header, the notes, VMCOREINFO and memory. cpus: how many notes are expected, or 0. */
void fadump_elfcore_check(const struct fadump_elfcore *core, uint64_t cpus, struct findings *findings);

#endif
