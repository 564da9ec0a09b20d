/* SPDX-License-Identifier: GPL-2.0-only */
#include "meminfo.h"

#include <string.h>

#include "arch.h"
#include "cksm.h"
#include "kexec/plan/internal.h"

bool plan_add_meminfo(struct plan *plan, uint64_t address, struct range vmcoreinfo, bool indirect, const char *why,
		      struct err *err)
{
	size_t most = plan->arch->max_segments + 3u;
	uint64_t size = align_up(sizeof(struct meminfo_header) + most * sizeof(struct meminfo_record),
				 plan->page_size);

	plan->meminfo = (struct plan_meminfo){
		.present = true,
		.page = arena_alloc(&plan->arena, (size_t)size),
		.size = size,
		.vmcoreinfo = vmcoreinfo,
		.vmcoreinfo_indirect = indirect,
	};
	return plan_put(plan,
			&(struct placement){
				.role = SEGMENT_MEMINFO,
				.data = { plan->meminfo.page, (size_t)size },
				.why = why,
			},
			address, err);
}

struct writer {
	struct meminfo_record *next;
	enum order order;
	uint32_t count;
};

static void add(struct writer *w, uint32_t type, uint32_t subtype, struct range range, uint32_t flags,
		uint32_t checksum, uint64_t aux)
{
	enum order order = w->order;

	*w->next++ = (struct meminfo_record){
		.type = raw32_make(type, order),
		.subtype = raw32_make(subtype, order),
		.address = raw64_make(range.start, order),
		.size = raw64_make(range_size(range), order),
		.checksum = raw32_make(checksum, order),
		.flags = raw32_make(flags, order),
		.aux = raw64_make(aux, order),
	};
	w->count++;
}

void plan_fill_meminfo(struct plan *plan)
{
	enum order order = plan->arch->order;
	struct meminfo_header *header = (struct meminfo_header *)plan->meminfo.page;
	struct writer w = { (struct meminfo_record *)(header + 1), order, 0 };

	add(&w, MEMINFO_CRASHKERNEL, 0, plan->crash, 0, 0, 0);
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *s = &plan->segments[i];

		add(&w, MEMINFO_SEGMENT, s->role, s->range, s->checksummed ? MEMINFO_RECORD_CHECKSUM : 0,
		    s->checksummed ? s->checksum : 0, s->data.size);
	}
	if (!range_is_empty(plan->meminfo.vmcoreinfo))
		add(&w, MEMINFO_VMCOREINFO, 0, plan->meminfo.vmcoreinfo,
		    plan->meminfo.vmcoreinfo_indirect ? MEMINFO_RECORD_INDIRECT : 0, 0, 0);
	if (plan->purgatory.present)
		add(&w, MEMINFO_DIGEST, 0,
		    (struct range){ plan->purgatory.digest_address,
				    plan->purgatory.digest_address + sizeof(plan->digest) },
		    0, 0, 0);

	uint32_t size = (uint32_t)(sizeof(*header) + w.count * sizeof(struct meminfo_record));

	*header = (struct meminfo_header){
		.magic = raw64_make(MEMINFO_MAGIC, order),
		.major = raw16_make(MEMINFO_MAJOR, order),
		.minor = raw16_make(MEMINFO_MINOR, order),
		.size = raw32_make(size, order),
		.record_count = raw32_make(w.count, order),
		.crash_start = raw64_make(plan->crash.start, order),
		.crash_size = raw64_make(range_size(plan->crash), order),
		/* Of purgatory, also where --entry makes the kernel pass it by: readers hold it against its header. */
		.entry = raw64_make(plan->purgatory.present ? plan->purgatory.entry : plan->entry, order),
		.time = raw64_make(plan->time, order),
		.flags = raw64_make(plan->elfcorehdr ? MEMINFO_FLAG_ELFCOREHDR : 0, order),
	};
	header->checksum = raw32_make(cksm(plan->meminfo.page + MEMINFO_CHECKSUM_FROM, size - MEMINFO_CHECKSUM_FROM, 0),
				      order);
}
