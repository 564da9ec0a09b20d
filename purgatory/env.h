/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The seam between verify.c and where it runs: in a purgatory on the target, or on a host with a copy of the
 * target's memory, where an address of the target is no pointer (paper machine, tests).
 */
#ifndef PURGATORY_ENV_H
#define PURGATORY_ENV_H

#include <stdint.h>

#include "bytes.h"
#include "purgatory_abi.h"
#include "sha256.h"

/*
 * The bytes at `address` of the target. *length comes in as what is wanted, at least 1, and goes out as how
 * many lie there in one piece, at most that. NULL: they are all zeros, without being anywhere. *length = 0:
 * nothing can be read there, which counts as damage.
 */
typedef const uint8_t *purgatory_map_fn(const void *cookie, uint64_t address, uint64_t *length);

/* The target's memory. */
struct purgatory_memory {
	enum order order;
	purgatory_map_fn *map;
	const void *cookie; /* for map */
};

struct purgatory_verdict {
	uint32_t result; /* PURGATORY_RESULT_* */
	uint32_t region; /* which one is damaged: number in the table, role, address, bytes */
	uint32_t role;
	uint64_t start;
	uint64_t length;
};

static inline bool purgatory_may_start(struct purgatory_verdict verdict)
{
	return verdict.result == PURGATORY_RESULT_INTACT || verdict.result == PURGATORY_RESULT_SKIPPED;
}

/*
 * Verifies what purgatory was given. `image` is purgatory itself, as it lies at `start` in the target's
 * memory; no byte from image + limit on is touched, whatever it says. Writes params.result and
 * params.result_region, nothing else.
 */
struct purgatory_verdict purgatory_verify(uint8_t *image, uint64_t limit, uint64_t start,
					  const struct purgatory_memory *memory, sha256_blocks_fn *blocks);

#endif
