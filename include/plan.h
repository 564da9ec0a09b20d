/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is to be loaded where: the result of a loader, sealed and const before anything is done with it.
 *
 * A loader calls plan_init(), then plan_place() (find room) and plan_put() (fixed address) for each segment, then
 * plan_seal(). Sealing sorts the segments, checks every invariant (page granularity, inside usable memory, disjoint,
 * at most arch->max_segments, data not longer than memory) and reports all violations by segment name; then it
 * hashes everything once, fills meminfo and purgatory (in this order: segment checksums, meminfo, digests, purgatory),
 * and computes the entry. Limits are errors with the number in them, never warnings.
 */
#ifndef PLAN_H
#define PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "machine.h"
#include "range.h"
#include "request.h"

struct arch;

/* Also the subtype of meminfo records and the role of purgatory regions: numbers are ABI (doc/meminfo). */
enum segment_role {
	SEGMENT_KERNEL = 1,
	SEGMENT_INITRD = 2,
	SEGMENT_PURGATORY = 3,
	SEGMENT_ELFCOREHDR = 4,
	SEGMENT_MEMINFO = 5,
	SEGMENT_PARMAREA = 6, /* s390: the image's first pages with entry table, parameter area and command line */
	SEGMENT_BOOT_PARAMS = 7,     /* x86: boot_params, command line, setup_data */
	SEGMENT_BACKUP = 8,	     /* no data: low memory is saved there before the capture kernel uses it */
	SEGMENT_MODULE = 9,	     /* multiboot module */
	SEGMENT_MULTIBOOT_INFO = 10, /* multiboot information structure, with its texts and maps */
	SEGMENT_PRESERVED = 11,	     /* no data: memory that the kernel saves for a jump back */
	SEGMENT_DEVICE_TREE = 12,    /* flattened device tree */
};

/* The name in texts: "kernel", "initrd", ... Never NULL. */
const char *segment_role_name(enum segment_role role);

struct segment {
	enum segment_role role;
	struct range range; /* destination, absolute bytes, page aligned once sealed */
	struct blob data;   /* goes to range.start; the rest of range becomes zeros. Borrowed or in plan->arena */
	bool hashed;	    /* covered by purgatory's digest. All but purgatory itself */
	bool checksummed;   /* meminfo carries a checksum. All but purgatory and meminfo */
	const char *why;    /* why it lies there: one line for people */

	/* Filled by plan_seal(): over the whole of range, zero tail included. */
	uint8_t sha256[32];  /* where hashed */
	uint32_t checksum;   /* cksm.h, where checksummed */
};

/* What a loader asks room for. Members not set mean 0: no alignment beyond the page, the whole window. */
struct placement {
	enum segment_role role;
	struct blob data;
	uint64_t memory_size; /* bytes; at least data.size, 0 = data.size. Rounded up to pages */
	uint64_t align;	      /* power of two; 0 = page */
	struct range window;  /* where it may lie; {0, 0} = anywhere usable */
	bool high;	      /* the highest fitting place instead of the lowest */
	bool unhashed;	      /* excluded from purgatory's digest (parts that the kernel updates itself) */
	const char *why;
};

/* Purgatory's place in the plan, filled in by plan_seal(); see plan_add_purgatory(). */
struct plan_purgatory {
	bool present;
	uint8_t *image; /* the segment's bytes, writable until sealed: image, bss, then the region table */
	uint64_t size;	/* bytes of image */
	uint64_t params_offset;
	uint64_t regions_offset;
	size_t region_capacity;
	uint64_t handoff[16];
	uint64_t entry;		 /* absolute */
	uint64_t digest_address; /* absolute, of params.digest */
};

/* The meminfo segment; see plan_add_meminfo(). */
struct plan_meminfo {
	bool present;
	uint8_t *page; /* writable until sealed */
	uint64_t size;
	struct range vmcoreinfo; /* where the note, or a pointer to it, will be */
	bool vmcoreinfo_indirect;
};

/* Memory that a capture kernel overwrites, and where purgatory copies it before: the core header points there. */
struct plan_backup {
	bool present;
	struct range source;
	uint64_t address;
};

struct plan_warning {
	struct plan_warning *next;
	const char *text;
};

struct plan {
	struct arena arena;
	const struct arch *arch;
	enum load_target target;
	uint64_t page_size;
	struct ranges usable; /* where segments may lie: RAM, or the chosen crash reservation; --mem-min/max applied */
	struct range crash;   /* the crash reservation, for TARGET_CRASH */
	const char *room_advice; /* for TARGET_CRASH: what to do where room is lacking; NULL = to reserve more */
	struct segment *segments; /* ascending addresses once sealed */
	size_t segment_count;
	size_t segment_capacity;
	uint64_t entry;
	const char *cmdline; /* final, for texts */
	bool elfcorehdr;     /* an ELF core header is among the segments */
	uint64_t time;
	bool skip_checks;
	enum corruption_policy on_corruption;
	struct plan_purgatory purgatory;
	struct plan_meminfo meminfo;
	struct plan_backup backup; /* set before plan_add_elfcorehdr() */
	struct ranges core_firmware; /* goes into the core header even inside the crash reservation: RTAS, OPAL */
	bool core32;		   /* 32-bit ELF core header: from the request */
	uint8_t digest[32]; /* purgatory_abi.h: over all regions */
	struct plan_warning *warnings; /* in the order they came */
	bool sealed;
};

/*
 * Empty plan. For TARGET_CRASH the reservation used is the last (highest) one, shrunk to pages.
 * Errors: ERR_BAD_MACHINE "Memory for crashkernel is not reserved" and what to do; ERR_NO_ROOM for an empty window.
 * Warns of what the load would use and the machine could not make sense of.
 */
bool plan_init(struct plan *plan, const struct request *request, const struct machine *machine,
	       const struct arch *arch, struct err *err) ERR_CHECKED;
void plan_release(struct plan *plan);

/* Adds a segment at the given address. Only page alignment and overflow are checked here, the rest when sealing. */
bool plan_put(struct plan *plan, const struct placement *what, uint64_t address, struct err *err) ERR_CHECKED;

/* What is usable and not taken by any segment so far. */
void plan_find_room(const struct plan *plan, struct arena *arena, struct ranges *room);

/*
 * Finds room among what is usable and not taken, adds the segment and gives its address. Error: ERR_NO_ROOM with the
 * size wanted, the window and the largest free range in it.
 */
bool plan_place(struct plan *plan, const struct placement *what, uint64_t *address, struct err *err) ERR_CHECKED;

/*
 * Adds the architecture's purgatory with room for `region_capacity` regions (arch->max_segments), in window. The
 * loader then sets plan->purgatory.handoff[]. ERR_UNSUPPORTED where this build has none for the architecture.
 */
bool plan_add_purgatory(struct plan *plan, struct range window, bool high, const char *why,
			struct err *err) ERR_CHECKED;

/*
 * Adds the meminfo segment (meminfo.h), one page, at a fixed address. vmcoreinfo: where the note is, or, when
 * indirect, where 8 bytes will point to it; empty = unknown.
 */
bool plan_add_meminfo(struct plan *plan, uint64_t address, struct range vmcoreinfo, bool indirect, const char *why,
		      struct err *err) ERR_CHECKED;

/*
 * Adds an ELF core header: notes of each CPU and vmcoreinfo, one PT_LOAD for the kernel's text where machine->text is
 * known, one for each RAM range outside the crash reservations, that of plan->backup.source pointing to the backup.
 * Sets plan->elfcorehdr and gives the address and the size of its memory.
 */
bool plan_add_elfcorehdr(struct plan *plan, const struct machine *machine, const struct placement *where,
			 uint64_t *address, uint64_t *size, struct err *err) ERR_CHECKED;

bool plan_seal(struct plan *plan, struct err *err) ERR_CHECKED;

void plan_warn(struct plan *plan, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The first segment of that role, or NULL. */
const struct segment *plan_segment(const struct plan *plan, enum segment_role role);

/* Writes a sealed plan as text (doc/plan-text). False and ERR_SYSTEM where the stream fails. */
bool plan_write_text(const struct plan *plan, FILE *out, struct err *err) ERR_CHECKED;

#endif
