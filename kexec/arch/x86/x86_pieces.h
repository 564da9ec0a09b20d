/* SPDX-License-Identifier: GPL-2.0-only */
/* A kernel that comes in pieces with addresses of their own: ELF segments, or a flat part of a file. */
#ifndef X86_PIECES_H
#define X86_PIECES_H

#include "arena.h"
#include "blob.h"
#include "err.h"
#include "image.h"
#include "plan.h"
#include "range.h"

struct x86_piece {
	uint64_t address;     /* physical, of any alignment */
	uint64_t memory_size; /* bytes; at least data.size, and not 0 */
	struct blob data;
};

struct x86_pieces {
	const char *path; /* of the file, for messages */
	struct x86_piece *v;
	size_t count;	    /* not 0 */
	struct range extent; /* from the first byte of all to the last */
};

/* The PT_LOAD segments at p_paddr. Error: none of them, overlapping ones, or one that ends above `limit`. */
bool x86_pieces_of_elf(struct x86_pieces *pieces, struct arena *arena, const char *path, const struct elf *elf,
		       uint64_t limit, struct err *err) ERR_CHECKED;

/* One piece. */
bool x86_pieces_of_flat(struct x86_pieces *pieces, struct arena *arena, const char *path, struct x86_piece piece,
			uint64_t limit, struct err *err) ERR_CHECKED;

/* Moves all of them by the same distance, so that the extent begins at start. */
void x86_pieces_move(struct x86_pieces *pieces, uint64_t start);

/*
 * Makes segments of them: one for each piece, mapped from the file; joined copies where two share a page or where
 * there would be more than `most` (at least 1).
 */
bool x86_pieces_put(const struct x86_pieces *pieces, size_t most, struct plan *plan, const char *why,
		    struct err *err) ERR_CHECKED;

#endif
