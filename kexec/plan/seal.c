/* SPDX-License-Identifier: GPL-2.0-only */
#include <stdlib.h>

#include "cksm.h"
#include "kexec/plan/internal.h"
#include "sha256.h"

/* Both sums over one piece while it is in the cache. A multiple of 4, as cksm() asks. */
#define PIECE ((size_t)128 * 1024)

static void digest_segment(struct segment *segment, sha256_blocks_fn *blocks)
{
	struct sha256 sha;
	const uint8_t *data = segment->data.data;
	size_t left = segment->data.size;

	if (!segment->hashed && !segment->checksummed)
		return;
	sha256_start(&sha, blocks);
	segment->checksum = 0;
	while (left) {
		size_t piece = left < PIECE ? left : PIECE;

		if (segment->checksummed)
			segment->checksum = cksm(data, piece, segment->checksum);
		if (segment->hashed)
			sha256_add(&sha, data, piece);
		data += piece;
		left -= piece;
	}
	if (!segment->hashed)
		return;
	/* Zeros do not change the checksum, and the digest only by their number. */
	sha256_add_zeros(&sha, range_size(segment->range) - segment->data.size);
	sha256_finish(&sha, segment->sha256);
}

static int compare_address(const void *a, const void *b)
{
	const struct segment *x = a, *y = b;

	return x->range.start < y->range.start ? -1 : x->range.start > y->range.start;
}

bool plan_seal(struct plan *plan, struct err *err)
{
	sha256_blocks_fn *blocks = sha256_best();

	if (plan->segment_count)
		qsort(plan->segments, plan->segment_count, sizeof(*plan->segments), compare_address);
	if (!plan_check(plan, err))
		return false;

	/* meminfo holds the others' checksums, and purgatory everyone's digests: hence this order. */
	for (size_t i = 0; i < plan->segment_count; i++)
		if (plan->segments[i].role != SEGMENT_MEMINFO)
			digest_segment(&plan->segments[i], blocks);
	if (plan->meminfo.present) {
		plan_fill_meminfo(plan);
		for (size_t i = 0; i < plan->segment_count; i++)
			if (plan->segments[i].role == SEGMENT_MEMINFO)
				digest_segment(&plan->segments[i], blocks);
	}
	if (plan->purgatory.present)
		plan_fill_purgatory(plan);
	plan->sealed = true;
	return true;
}
