/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dump as input, whatever its format: an ELF core (/proc/vmcore, /proc/kcore, a file; either byte order and word
 * size), kdump-compressed (header versions 1 to 6, split parts too), either of these flattened, s390 stand-alone dumps.
 *
 * Opening reads headers only. A dump that ends early, or that says of itself that it is incomplete, opens; what is not
 * in it is known page by page. Nothing in the file is trusted before it is bounded by the size of the file.
 *
 * The struct is const after dump_open() and may be shared by threads; each thread has readers of its own.
 */
#ifndef KDUMP_DUMP_DUMP_H
#define KDUMP_DUMP_DUMP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "bytes.h"
#include "err.h"
#include "range.h"

enum dump_format {
	DUMP_ELF,
	DUMP_KDUMP,
	DUMP_S390,
};

/* What a program header says of virtual addresses: vaddr + i is physical + i, for i < size. */
struct dump_mapping {
	uint64_t vaddr, physical, size; /* size: bytes in memory */
};

#define DUMP_UTS_LENGTH 65
#define DUMP_UTS_FIELDS 6 /* sysname, nodename, release, version, machine, domainname */

/* Of the header of a kdump-compressed file, as found there. */
struct dump_kdump_facts {
	int32_t header_version;
	uint32_t status; /* bits of DUMP_STATUS_* */
	int32_t dump_level;
	int32_t cpu_count;
	int64_t seconds, microseconds;
	uint64_t phys_base;
	bool split;
	uint64_t start_pfn, end_pfn; /* of this part; end exclusive */
	char uts[DUMP_UTS_FIELDS][DUMP_UTS_LENGTH + 1]; /* NUL terminated here */
};

#define DUMP_STATUS_ZLIB 0x1u
#define DUMP_STATUS_LZO 0x2u
#define DUMP_STATUS_SNAPPY 0x4u
#define DUMP_STATUS_INCOMPLETE 0x8u
#define DUMP_STATUS_EXCLUDED_VMEMMAP 0x10u
#define DUMP_STATUS_ZSTD 0x20u

/* Of a header of an s390 dump. */
struct dump_s390_facts {
	uint32_t version;
	bool extended;
	uint16_t cpu_count;
	uint64_t tod;
};

struct dump_ops;

struct dump {
	const char *path;
	int fd;		    /* closed when the arena is released */
	uint64_t file_size; /* 0 where stat(2) does not say (/proc/vmcore does not) */
	enum dump_format format;
	bool flattened;
	const char *incomplete; /* why it is not all that it was to be, or NULL */
	bool damaged;		/* it is incomplete for damage in its middle, and not for an early end */
	enum order order;
	bool is64;
	uint16_t elf_machine; /* EM_*, EM_NONE where it is not known */

	/* Power of two. Of the header, of PAGESIZE= in vmcoreinfo, or else the architecture's usual one. */
	uint64_t page_size;
	bool page_size_known;

	/*
	 * RAM of the crashed machine as far as the dump speaks of it, physical, bytes, without aliases. Pages in it may
	 * be excluded, lost or unreadable nevertheless.
	 */
	struct ranges memory;
	bool nothing_excluded; /* known at once that no page of it is DUMP_PAGE_EXCLUDED */
	struct dump_mapping *mappings; /* in the order of the file */
	size_t mapping_count;
	struct blob notes;	  /* all bytes of the PT_NOTEs, one after the other */
	struct blob vmcoreinfo;	  /* text, inside notes or elsewhere; size 0 = none */
	size_t prstatus_count;	  /* NT_PRSTATUS notes */
	struct dump_kdump_facts kdump; /* where format is DUMP_KDUMP */
	struct dump_s390_facts s390;   /* where format is DUMP_S390 */

	const struct dump_ops *ops; /* format.h */
	const void *state;
};

/*
 * Errors: ERR_SYSTEM, ERR_DENIED; ERR_BAD_IMAGE where it is none of the formats or its headers cannot be walked;
 * ERR_UNSUPPORTED where it is a known format that is not read (and what to do).
 */
bool dump_open(struct dump *dump, struct arena *arena, const char *path, struct err *err) ERR_CHECKED;

/*
 * A dump in several files made by --split, opened as one: paths in any order. ERR_BAD_IMAGE where they are not the
 * parts of one dump. Parts that are not there make it incomplete.
 */
bool dump_open_parts(struct dump *dump, struct arena *arena, const char *const *paths, size_t count,
		     struct err *err) ERR_CHECKED;

const char *dump_format_name(const struct dump *dump); /* "ELF core", "kdump-compressed", ... "(flattened)" */

enum dump_page_state {
	DUMP_PAGE_HERE,
	DUMP_PAGE_ABSENT,     /* the machine has no such page */
	DUMP_PAGE_EXCLUDED,   /* a filter left it out */
	DUMP_PAGE_LOST,	      /* it should be in the file and is not: the dump was cut */
	DUMP_PAGE_UNREADABLE, /* an I/O error, or data that does not unpack */
};

/*
 * Reads pages in ascending order fast: maps (procfs) or reads windows of `window` bytes, at least a page. One for each
 * thread and each way of reading: a thread that jumps about and one that goes straight on want different windows.
 * The arena must be the thread's own. Anonymous memory: the window where the file cannot be mapped, and for packed
 * formats two pages and the decompressors' contexts.
 */
struct dump_reader;

#define DUMP_WINDOW_STRAIGHT (UINT64_C(64) << 10)
#define DUMP_WINDOW_JUMPING 0 /* a page */

struct dump_reader *dump_reader_new(const struct dump *dump, struct arena *arena, uint64_t window);

/*
 * Page number pfn (of dump->page_size bytes). *page is valid until the reader's next call. Where a page is only partly
 * in an ELF file's memory, the rest is zeros. err is set for DUMP_PAGE_UNREADABLE only.
 */
enum dump_page_state dump_reader_page(struct dump_reader *reader, uint64_t pfn, const uint8_t **page,
				      struct err *err) ERR_CHECKED;

/*
 * As dump_reader_page(), of *count pages (at least 1) from pfn on that are wanted. *count becomes how many of them are
 * at *pages, one behind the other, without a copy; 1 at least. The state is that of the first.
 */
enum dump_page_state dump_reader_pages(struct dump_reader *reader, uint64_t pfn, uint64_t *count,
				       const uint8_t **pages, struct err *err) ERR_CHECKED;

/*
 * The state alone, without reading the page; DUMP_PAGE_UNREADABLE is not found out, and no hole of a cut stream. May
 * read a descriptor from the file: not for very many pages.
 */
enum dump_page_state dump_page_state(const struct dump *dump, uint64_t pfn);

/* Whether the state is DUMP_PAGE_EXCLUDED, from what is in memory alone: for each page of a machine. */
bool dump_page_is_excluded(const struct dump *dump, uint64_t pfn);

/* Bytes at a physical address; false with ERR_BAD_IMAGE and the page's state in words where one is not to be had. */
bool dump_reader_bytes(struct dump_reader *reader, uint64_t physical, void *buffer, size_t size,
		       struct err *err) ERR_CHECKED;

#endif
