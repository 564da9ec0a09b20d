/* SPDX-License-Identifier: GPL-2.0-only */
/* Between dump.c and the formats. */
#ifndef KDUMP_DUMP_FORMAT_H
#define KDUMP_DUMP_FORMAT_H

#include "kdump/dump/dump.h"

/*
 * The bytes of the file as the format sees them: of the file itself, or what a flattened stream puts together.
 * Thread safe. `got` is less than size where the file ends, or where a cut stream has a hole: then ERR is not set. A
 * hole of a whole stream reads as zeros, as in the file that makedumpfile -R makes of it.
 */
struct dump_file {
	int fd;
	uint64_t size; /* 0 = not known */
	const char *path;
	const struct flattened *flattened; /* or NULL */
	bool mappable; /* offsets are those of fd, and mmap(2) is worth a try (procfs) */
	uint64_t map_end; /* where mappable: what stat(2) says of the size, 0 = nothing */
};

bool dump_file_read(const struct dump_file *file, uint64_t offset, void *buffer, size_t size, size_t *got,
		    struct err *err) ERR_CHECKED;

/* As dump_file_read(); ERR_BAD_IMAGE where not all bytes are there: "what at offset N: found M bytes, expected K". */
bool dump_file_exact(const struct dump_file *file, uint64_t offset, void *buffer, size_t size, const char *what,
		     struct err *err) ERR_CHECKED;

struct dump_ops {
	enum dump_page_state (*page_state)(const struct dump *dump, uint64_t pfn);

	/* Reads nothing; may be NULL where page_state reads nothing either. */
	bool (*is_excluded)(const struct dump *dump, uint64_t pfn);

	/* Per-reader state of the format, in the reader's arena; may be NULL where none is needed. */
	void *(*reader_state)(const struct dump *dump, struct arena *arena, uint64_t window);

	enum dump_page_state (*page)(const struct dump *dump, void *reader_state, uint64_t pfn, const uint8_t **page,
				     struct err *err);

	/* How many pages from this one on, which page() just gave, lie one behind the other; may be NULL: 1. */
	uint64_t (*run)(const struct dump *dump, const void *reader_state, uint64_t pfn);
};

/*
 * "Not mine" is false with err->code ERR_NONE. file lives as long as the arena. head: the first bytes of the file, up
 * to 64 KiB.
 */
bool dump_elf_open(struct dump *dump, struct arena *arena, const struct dump_file *file, struct blob head,
		   struct err *err) ERR_CHECKED;
bool dump_kdump_open(struct dump *dump, struct arena *arena, const struct dump_file *file, struct blob head,
		     struct err *err) ERR_CHECKED;
bool dump_s390_open(struct dump *dump, struct arena *arena, const struct dump_file *file, struct blob head,
		    struct err *err) ERR_CHECKED;

/*
 * Walks the records of a flattened stream (16 bytes "makedumpfile", then records of offset, size, bytes). One without
 * an end record is cut: *cut says where, and *damaged that there is more behind a record that cannot be. Records that
 * overlap: the later one holds, as in makedumpfile -R. The index is sorted by offset; its memory is bounded by the
 * number of records in the file.
 */
bool flattened_open(const struct flattened **out, struct arena *arena, int fd, const char *path, uint64_t *size,
		    const char **cut, bool *damaged, struct err *err) ERR_CHECKED;
bool flattened_read(const struct flattened *flattened, int fd, uint64_t offset, void *buffer, size_t size,
		    size_t *got, struct err *err) ERR_CHECKED;

/*
 * Finds NT_PRSTATUS and VMCOREINFO in dump->notes (order and is64 are set) and sets prstatus_count, vmcoreinfo, and
 * page_size from it where page_size_known is not set. Notes that do not end are walked as far as they go.
 */
void dump_notes_walk(struct dump *dump);

/*
 * How many of these bytes are whole notes; what follows is padding of zeros or damage. A PT_NOTE is cut to this before
 * another is appended to it, for a walk ends there.
 */
size_t dump_notes_length(struct blob notes, enum order order);

/* The page size that a kernel of this ELF machine usually has. */
uint64_t dump_usual_page_size(uint16_t elf_machine);

/* EM_* of the machine name in a utsname ("x86_64", "s390x", "ppc64le", "aarch64", ...), or EM_NONE. */
uint16_t dump_machine_of_uts(const char *machine, enum order *order, bool *is64);

#endif
