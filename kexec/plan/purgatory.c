/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "arch.h"
#include "kexec/plan/internal.h"
#include "purgatory_abi.h"
#include "sha256.h"

/* No purgatory is larger; the numbers below come from a file of the build, yet a broken build shall say so. */
#define PURGATORY_MOST (UINT64_C(1) << 20)

struct facts {
	uint64_t file_size, memory_size, align, entry_crash, entry_normal, params;
};

static bool read_header(const struct arch *arch, struct blob image, struct facts *facts, struct err *err)
{
	const struct purgatory_header *h = blob_at(image, 0, sizeof(*h));
	const char *name = machine_arch_name(arch->id);
	enum order order = arch->order;

	if (image.size == 0)
		return err_set(err, ERR_UNSUPPORTED,
			       "this kexec was built without the purgatory for %s, so nothing can be loaded for it. Build "
			       "it where a compiler for %s is installed (configure --with-purgatory=%s)",
			       name, name, name);
	if (!h || memcmp(h->magic, PURGATORY_MAGIC, sizeof(h->magic)) != 0 ||
	    raw32_get(h->abi, order) != PURGATORY_ABI || raw32_get(h->header_size, order) != sizeof(*h) ||
	    raw64_get(h->params_size, order) != sizeof(struct purgatory_params))
		return err_set(err, ERR_INTERNAL,
			       "the purgatory for %s in this kexec is not one of ABI %d. Its build is broken", name,
			       PURGATORY_ABI);
	*facts = (struct facts){
		.file_size = raw64_get(h->file_size, order),
		.memory_size = raw64_get(h->memory_size, order),
		.align = raw64_get(h->align, order),
		.entry_crash = raw64_get(h->entry_crash, order),
		.entry_normal = raw64_get(h->entry_normal, order),
		.params = raw64_get(h->params_offset, order),
	};
	if (facts->file_size != image.size || facts->memory_size < facts->file_size ||
	    facts->memory_size > PURGATORY_MOST || facts->memory_size % 16 || !is_power_of_two(facts->align) ||
	    facts->entry_crash >= facts->file_size || facts->entry_normal >= facts->file_size ||
	    !blob_has(image, facts->params, sizeof(struct purgatory_params)))
		return err_set(err, ERR_INTERNAL,
			       "the header of the purgatory for %s contradicts itself (file size %" PRIu64 " of %zu, memory "
			       "%" PRIu64 ", parameters at %" PRIu64 "). Its build is broken",
			       name, facts->file_size, image.size, facts->memory_size, facts->params);
	return true;
}

bool plan_add_purgatory(struct plan *plan, struct range window, bool high, const char *why, struct err *err)
{
	struct blob image = plan->arch->purgatory();
	size_t capacity = plan->arch->max_segments;
	struct facts facts;

	if (!read_header(plan->arch, image, &facts, err))
		return false;

	uint64_t size = facts.memory_size + capacity * sizeof(struct purgatory_region);
	uint8_t *bytes = arena_alloc(&plan->arena, (size_t)size);
	uint64_t address;

	memcpy(bytes, image.data, image.size);
	if (!plan_place(plan,
			&(struct placement){
				.role = SEGMENT_PURGATORY,
				.data = { bytes, (size_t)size },
				.align = facts.align,
				.window = window,
				.high = high,
				.why = why,
			},
			&address, err))
		return false;
	plan->purgatory = (struct plan_purgatory){
		.present = true,
		.image = bytes,
		.size = size,
		.params_offset = facts.params,
		.regions_offset = facts.memory_size,
		.region_capacity = capacity,
		.entry = address + (plan->target == TARGET_CRASH ? facts.entry_crash : facts.entry_normal),
		.digest_address = address + facts.params + offsetof(struct purgatory_params, digest),
	};
	return true;
}

void plan_fill_purgatory(struct plan *plan)
{
	enum order order = plan->arch->order;
	struct purgatory_params *params = (struct purgatory_params *)(plan->purgatory.image + plan->purgatory.params_offset);
	struct purgatory_region *regions =
		(struct purgatory_region *)(plan->purgatory.image + plan->purgatory.regions_offset);
	uint32_t count = 0;

	/* plan_check() has bounded the number of segments by what the table was made for. */
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		if (s->role == SEGMENT_PURGATORY)
			continue;

		struct purgatory_region *region = &regions[count++];

		*region = (struct purgatory_region){
			.start = raw64_make(s->range.start, order),
			.length = raw64_make(range_size(s->range), order),
			.role = raw32_make(s->role, order),
			.flags = raw32_make(s->hashed ? PURGATORY_REGION_HASHED : 0, order),
		};
		if (s->hashed)
			memcpy(region->sha256, s->sha256, sizeof(region->sha256));
	}

	uint32_t flags = (plan->skip_checks ? PURGATORY_FLAG_SKIP_CHECKS : 0u) |
			 (plan->target == TARGET_CRASH ? PURGATORY_FLAG_CRASH : 0u);
	uint32_t on_corruption = plan->on_corruption == CORRUPTION_REBOOT ? PURGATORY_ON_CORRUPTION_REBOOT
									  : PURGATORY_ON_CORRUPTION_HALT;

	*params = (struct purgatory_params){
		.flags = raw32_make(flags, order),
		.on_corruption = raw32_make(on_corruption, order),
		.regions_offset = raw64_make(plan->purgatory.regions_offset, order),
		.region_count = raw32_make(count, order),
		.region_size = raw32_make(sizeof(*regions), order),
		.segment_size = raw64_make(plan->purgatory.size, order),
		.crash_start = raw64_make(plan->crash.start, order),
		.crash_end = raw64_make(plan->crash.end, order),
	};
	for (size_t i = 0; i < PURGATORY_HANDOFF; i++)
		params->handoff[i] = raw64_make(plan->purgatory.handoff[i], order);
	purgatory_digest(params, regions, count * sizeof(*regions), sha256_best(), plan->digest);
	memcpy(params->digest, plan->digest, sizeof(params->digest));
}
