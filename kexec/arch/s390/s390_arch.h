/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef S390_ARCH_H
#define S390_ARCH_H

#include "arch.h"

extern const struct arch s390x_arch;

/*
 * What the kernel image puts at an absolute address, counted from 0 whatever the target. Ascending, disjoint, clipped
 * to what lies at or above S390_IMAGE_START.
 */
struct s390_piece {
	uint64_t address;
	uint64_t memory_size; /* bytes; those behind data are zeros */
	struct blob data;
};

/* The load for any image format, once it is told in pieces. */
bool s390_load_pieces(const struct request *request, const struct machine *machine, const struct image *image,
		      const struct s390_piece *pieces, size_t count, struct plan *plan, struct err *err) ERR_CHECKED;

#endif
