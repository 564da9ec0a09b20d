/* SPDX-License-Identifier: GPL-2.0-only */
/* What the parts of the verification share. Private to kdump/verify*.c. */
#ifndef KDUMP_VERIFY_STATE_H
#define KDUMP_VERIFY_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "kdump/finding.h"
#include "kdump/meminfo_read.h"
#include "kdump/memory.h"
#include "kdump/verify.h"
#include "machine.h"
#include "purgatory_abi.h"
#include "range.h"

/* One loaded segment, by what meminfo, purgatory's region table, or both say of it. */
struct verify_segment {
	uint32_t role;
	uint64_t address, size; /* claimed: bounded only where `bounded` */
	bool bounded;		/* page aligned, not empty, inside the crash range, in order */

	bool in_meminfo;
	uint32_t index; /* of the meminfo record */
	bool has_checksum;
	uint32_t checksum;
	uint64_t data_size;

	bool in_table;
	uint64_t table_size; /* what the table says where both know it */
	uint32_t table_role;
	bool hashed;
	uint8_t sha256[32];

	struct finding *finding;
};

struct verify_purgatory {
	bool found; /* the magic is there, or meminfo says where it should be */
	uint64_t start;
	struct blob bytes; /* a copy of the segment */
	struct purgatory_params params;
	uint64_t params_offset;
	uint64_t entry_crash;	/* absolute */
	bool header_ok;		/* params and entry_crash are set */
	bool table_ok;		/* regions match the digest */
	const struct purgatory_region *regions;
	uint32_t region_count;
	const char *bad; /* all that is wrong with it, or NULL */
};

struct verify;

/* How a flat file differs from memory by what lies in a gap, and is not in it. */
struct verify_gap {
	/* Where the machine's memory and the file's size show one, memory->parts become what they really are. */
	void (*by_machine)(struct verify *verify);

	/* Whether one explains that what belongs to `page` was found at `at`; below: how much lies below it. */
	bool (*explains)(const struct verify *verify, uint64_t at, uint64_t page, uint64_t *below);
	void (*close)(struct verify *verify, uint64_t below);
};

/* What differs between architectures. */
struct verify_arch {
	enum arch_id id;
	enum order order;
	uint16_t elf_machine;	/* of an ELF core of its memory */
	bool by_machine;	/* the crash range is known from the machine, not from memory */
	bool purgatory_far;	/* purgatory may lie anywhere in the crash range, so its magic alone proves nothing */
	uint64_t note_align;	/* of ELF notes */

	/* For verify_last_page_check(): what sizes a page may have, ends with 0; NULL = files have no gap. */
	const uint64_t *pages;
	const struct verify_gap *gap;

	/*
	 * Of the page where meminfo belongs, by verify->machine; false = there is none. NULL: always the last one.
	 * Otherwise it is looked for below, too: what the machine says need not be what it said at loading.
	 */
	bool (*meminfo_page)(const struct verify *verify, struct range crash, uint64_t page_size, uint64_t *page);

	/* The same, behind the segments: what else must hold. NULL = nothing. */
	bool (*check_more)(struct verify *verify, struct err *err);

	/* The way to the loaded parts, and everything behind it. */
	bool (*check)(struct verify *verify, struct err *err);

	/* Purgatory's hand-off values; what is wrong with them goes to verify_purgatory_bad(). */
	void (*check_handoff)(struct verify *verify);
};

/* NULL where memory of this architecture cannot be checked. */
const struct verify_arch *verify_arch_by_id(enum arch_id id);

struct verify {
	struct arena *arena;
	struct memory *memory;
	const struct machine *machine; /* NULL where only memory is given */
	struct findings findings;
	const struct verify_arch *arch;
	enum order order;
	struct range crash;
	uint64_t page_size; /* of the kernel that loaded, where meminfo is near the end of the crash range */
	uint64_t meminfo_at; /* there */

	enum meminfo_result meminfo_result;
	struct meminfo_fault meminfo_fault;
	struct meminfo meminfo; /* where the result is MEMINFO_OK */
	struct blob page;	/* the page where meminfo belongs */
	uint64_t page_address;
	bool meminfo_expected; /* the page, or purgatory, shows that meminfo was written */

	struct verify_purgatory purgatory;
	struct verify_segment *segments;
	size_t segment_count;
	const char *nothing; /* why there is no verdict, or NULL */
};

extern const struct verify_arch verify_s390, verify_x86, verify_ppc64, verify_ppc64le;

/*
 * For verify_arch.check: meminfo is the last page of the crash range, or the last one that firmware leaves free. The
 * machine or meminfo itself tells where that is.
 */
bool verify_last_page_check(struct verify *verify, struct err *err) ERR_CHECKED;

/* Sets verify->nothing, and gives true. */
bool verify_nothing(struct verify *verify, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reads the page where meminfo belongs, and purgatory where that says, or else somewhere in `purgatory`. */
bool verify_loaded_read(struct verify *verify, uint64_t page, struct range purgatory, struct err *err) ERR_CHECKED;

/*
 * Whether there is anything to check: sets meminfo_expected. False where meminfo was not written and purgatory not
 * found; and with verify->nothing set where meminfo is of a later version.
 */
bool verify_loaded_known(struct verify *verify);

/* vmcoreinfo: where meminfo's record says, or else `item`. */
bool verify_vmcoreinfo_check(struct verify *verify, struct meminfo_item item, struct err *err) ERR_CHECKED;

/* Prints findings and verdict. */
bool verify_conclude(struct verify *verify, FILE *out, enum verify_result *result, struct err *err) ERR_CHECKED;

/* Looks for purgatory at the place meminfo names, or, where meminfo is of no use, between from and to. */
bool verify_purgatory_read(struct verify *verify, struct range where, bool certain, struct err *err) ERR_CHECKED;
void verify_purgatory_check(struct verify *verify, struct verify_segment *segment);

/* One more thing that is wrong with purgatory. */
void verify_purgatory_bad(struct verify *verify, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Collects verify->segments from meminfo and the region table, begins a finding for each, checks their bytes. */
void verify_segments_collect(struct verify *verify);
bool verify_segments_check(struct verify *verify, struct err *err) ERR_CHECKED;
struct verify_segment *verify_segment_of_role(struct verify *verify, uint32_t role);
const char *verify_role_name(uint32_t role);
const char *verify_hex(struct verify *verify, const uint8_t digest[SHA256_DIGEST_SIZE]);

/* The meminfo page itself: header, and the records that concern the whole. */
void verify_meminfo_check(struct verify *verify, struct verify_segment *segment);

/* The loaded image of s390: entry table, OLDMEM fields, initrd. */
bool verify_image_check(struct verify *verify, struct err *err) ERR_CHECKED;

#endif
