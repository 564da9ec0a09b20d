/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/meminfo_read.h"

#include "cksm.h"

/* All that a size must be before the checksum can be summed over it. */
static bool size_fits(const struct meminfo_header *wire, struct blob page, enum order order,
		      struct meminfo_fault *fault)
{
	uint64_t counted = sizeof(*wire) +
			   (uint64_t)raw32_get(wire->record_count, order) * sizeof(struct meminfo_record);

	if (counted > page.size)
		*fault = (struct meminfo_fault){ counted, page.size };
	else
		*fault = (struct meminfo_fault){ raw32_get(wire->size, order), counted };
	return fault->found == fault->expected;
}

static uint32_t sum(const struct meminfo_header *wire, struct blob page, enum order order)
{
	return cksm(page.data + MEMINFO_CHECKSUM_FROM, raw32_get(wire->size, order) - MEMINFO_CHECKSUM_FROM, 0);
}

enum meminfo_result meminfo_read(struct meminfo *meminfo, struct blob page, enum order order,
				 struct meminfo_fault *fault)
{
	const struct meminfo_header *wire = blob_at(page, 0, sizeof(*wire));

	if (!wire) {
		*fault = (struct meminfo_fault){ page.size, sizeof(*wire) };
		return MEMINFO_SHORT;
	}
	if (raw64_get(wire->magic, order) != MEMINFO_MAGIC) {
		*fault = (struct meminfo_fault){ raw64_get(wire->magic, order), MEMINFO_MAGIC };
		return MEMINFO_NOT_MINE;
	}
	if (raw16_get(wire->major, order) != MEMINFO_MAJOR) {
		*fault = (struct meminfo_fault){ raw16_get(wire->major, order), MEMINFO_MAJOR };
		return MEMINFO_VERSION;
	}

	if (!size_fits(wire, page, order, fault))
		return MEMINFO_SIZE;
	if (raw32_get(wire->checksum, order) != sum(wire, page, order)) {
		*fault = (struct meminfo_fault){ raw32_get(wire->checksum, order), sum(wire, page, order) };
		return MEMINFO_DAMAGED;
	}
	*meminfo = (struct meminfo){
		.page = page,
		.order = order,
		.major = raw16_get(wire->major, order),
		.minor = raw16_get(wire->minor, order),
		.size = raw32_get(wire->size, order),
		.record_count = raw32_get(wire->record_count, order),
		.checksum = raw32_get(wire->checksum, order),
		.crash_start = raw64_get(wire->crash_start, order),
		.crash_size = raw64_get(wire->crash_size, order),
		.entry = raw64_get(wire->entry, order),
		.time = raw64_get(wire->time, order),
		.flags = raw64_get(wire->flags, order),
	};
	return MEMINFO_OK;
}

bool meminfo_item(const struct meminfo *meminfo, uint32_t index, struct meminfo_item *item)
{
	if (index >= meminfo->record_count)
		return false;

	const struct meminfo_record *wire = blob_at(
		meminfo->page, sizeof(struct meminfo_header) + (uint64_t)index * sizeof(*wire), sizeof(*wire));

	if (!wire)
		return false;
	*item = (struct meminfo_item){
		.type = raw32_get(wire->type, meminfo->order),
		.subtype = raw32_get(wire->subtype, meminfo->order),
		.address = raw64_get(wire->address, meminfo->order),
		.size = raw64_get(wire->size, meminfo->order),
		.checksum = raw32_get(wire->checksum, meminfo->order),
		.flags = raw32_get(wire->flags, meminfo->order),
		.aux = raw64_get(wire->aux, meminfo->order),
	};
	return true;
}

bool meminfo_sum_holds(struct blob page, enum order order)
{
	const struct meminfo_header *wire = blob_at(page, 0, sizeof(*wire));

	/* A header alone is never written, and the checksum of a page of zeros would be right for it. */
	if (!wire || raw32_get(wire->size, order) <= sizeof(*wire) || raw32_get(wire->size, order) > page.size)
		return false;
	return raw32_get(wire->checksum, order) == sum(wire, page, order);
}

const char *meminfo_result_name(enum meminfo_result result)
{
	switch (result) {
	case MEMINFO_OK:
		return "no fault";
	case MEMINFO_SHORT:
		return "bytes";
	case MEMINFO_NOT_MINE:
		return "magic";
	case MEMINFO_VERSION:
		return "major version";
	case MEMINFO_SIZE:
		return "size";
	case MEMINFO_DAMAGED:
		return "checksum";
	}
	return "unknown fault";
}
