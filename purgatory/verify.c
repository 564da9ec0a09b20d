/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whether what was loaded is still what was loaded. The parameters and the region table are proved first:
 * until then each number in them may be the very damage that is looked for, and none is followed further than
 * the given limit.
 */
#include "purgatory/env.h"

#include <stddef.h>

#include "purgatory/mem.h"

void purgatory_digest(const struct purgatory_params *params, const void *regions, uint64_t regions_size,
		      sha256_blocks_fn *blocks, uint8_t digest[SHA256_DIGEST_SIZE])
{
	struct sha256 sha;

	sha256_start(&sha, blocks);
	sha256_add(&sha, params, offsetof(struct purgatory_params, result));
	sha256_add(&sha, regions, (size_t)regions_size);
	sha256_finish(&sha, digest);
}

/* False where nothing can be read. */
static bool hash_memory(const struct purgatory_memory *memory, uint64_t start, uint64_t length,
			sha256_blocks_fn *blocks, uint8_t digest[SHA256_DIGEST_SIZE])
{
	struct sha256 sha;

	sha256_start(&sha, blocks);
	while (length) {
		uint64_t part = length;
		const uint8_t *bytes = memory->map(memory->cookie, start, &part);

		if (!part || part > length)
			return false;
		if (bytes)
			sha256_add(&sha, bytes, (size_t)part);
		else
			sha256_add_zeros(&sha, part);
		start += part;
		length -= part;
	}
	sha256_finish(&sha, digest);
	return true;
}

/* The parameters, or NULL where the header cannot be that of this ABI. */
static struct purgatory_params *find_params(uint8_t *image, uint64_t limit, enum order order)
{
	const struct purgatory_header *header = (const struct purgatory_header *)image;
	uint64_t size = sizeof(struct purgatory_params);
	uint64_t offset;

	if (limit < sizeof(*header) || raw64_get(header->params_size, order) != size)
		return NULL;
	offset = raw64_get(header->params_offset, order);
	if (offset > limit || limit - offset < size)
		return NULL;
	return (struct purgatory_params *)(image + offset);
}

/*
 * The region table, or NULL where it does not lie behind the image, in purgatory's own segment and below the
 * limit.
 */
static const struct purgatory_region *find_regions(const uint8_t *image, uint64_t limit,
						   const struct purgatory_params *params, enum order order)
{
	const struct purgatory_header *header = (const struct purgatory_header *)image;
	uint64_t offset = raw64_get(params->regions_offset, order);
	uint64_t segment_size = raw64_get(params->segment_size, order);
	uint64_t count = raw32_get(params->region_count, order);

	if (segment_size > limit || offset > segment_size || offset < raw64_get(header->memory_size, order) ||
	    raw32_get(params->region_size, order) != sizeof(struct purgatory_region) ||
	    count > (segment_size - offset) / sizeof(struct purgatory_region))
		return NULL;
	return (const struct purgatory_region *)(image + offset);
}

/* What a sound loader never writes. Held against a table whose digest is right. */
static bool regions_make_sense(const struct purgatory_params *params, const struct purgatory_region *regions,
			       uint64_t start, enum order order)
{
	uint64_t segment_size = raw64_get(params->segment_size, order);
	bool crash = raw32_get(params->flags, order) & PURGATORY_FLAG_CRASH;
	uint64_t lowest = crash ? raw64_get(params->crash_start, order) : 0;
	uint64_t end = crash ? raw64_get(params->crash_end, order) : UINT64_MAX;
	uint32_t count = raw32_get(params->region_count, order);

	if (lowest > end || segment_size > UINT64_MAX - start)
		return false;
	for (uint32_t i = 0; i < count; i++) {
		uint64_t from = raw64_get(regions[i].start, order);
		uint64_t length = raw64_get(regions[i].length, order);

		if (from < lowest || from > end || length > end - from)
			return false;
		if (from < start + segment_size && from + length > start)
			return false;
		lowest = from + length;
	}
	return true;
}

static struct purgatory_verdict check(const uint8_t *image, uint64_t limit, uint64_t start,
				      const struct purgatory_params *params,
				      const struct purgatory_memory *memory, sha256_blocks_fn *blocks)
{
	enum order order = memory->order;
	const struct purgatory_region *regions = find_regions(image, limit, params, order);
	uint32_t count = raw32_get(params->region_count, order);
	uint8_t digest[SHA256_DIGEST_SIZE];

	if (!regions)
		return (struct purgatory_verdict){ .result = PURGATORY_RESULT_TABLE_DAMAGED };
	purgatory_digest(params, regions, (uint64_t)count * sizeof(*regions), blocks, digest);
	if (memcmp(digest, params->digest, sizeof(digest)) != 0)
		return (struct purgatory_verdict){ .result = PURGATORY_RESULT_TABLE_DAMAGED };
	if (!regions_make_sense(params, regions, start, order))
		return (struct purgatory_verdict){ .result = PURGATORY_RESULT_MALFORMED };
	if (raw32_get(params->flags, order) & PURGATORY_FLAG_SKIP_CHECKS)
		return (struct purgatory_verdict){ .result = PURGATORY_RESULT_SKIPPED };
	for (uint32_t i = 0; i < count; i++) {
		uint64_t from = raw64_get(regions[i].start, order);
		uint64_t length = raw64_get(regions[i].length, order);

		if (!(raw32_get(regions[i].flags, order) & PURGATORY_REGION_HASHED))
			continue;
		if (!hash_memory(memory, from, length, blocks, digest) ||
		    memcmp(digest, regions[i].sha256, sizeof(digest)) != 0)
			return (struct purgatory_verdict){
				.result = PURGATORY_RESULT_REGION_DAMAGED,
				.region = i,
				.role = raw32_get(regions[i].role, order),
				.start = from,
				.length = length,
			};
	}
	return (struct purgatory_verdict){ .result = PURGATORY_RESULT_INTACT };
}

struct purgatory_verdict purgatory_verify(uint8_t *image, uint64_t limit, uint64_t start,
					  const struct purgatory_memory *memory, sha256_blocks_fn *blocks)
{
	struct purgatory_params *params = find_params(image, limit, memory->order);
	struct purgatory_verdict verdict;

	if (!params)
		return (struct purgatory_verdict){ .result = PURGATORY_RESULT_TABLE_DAMAGED };
	verdict = check(image, limit, start, params, memory, blocks);
	params->result = raw32_make(verdict.result, memory->order);
	params->result_region = raw32_make(verdict.region, memory->order);
	return verdict;
}
