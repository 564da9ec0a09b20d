/* SPDX-License-Identifier: GPL-2.0-only */
/* What every architecture's way leads to: the page of meminfo, and purgatory. */
#include <inttypes.h>
#include <stdarg.h>

#include "kdump/verify_state.h"
#include "plan.h"

#define PAGE UINT64_C(0x1000)

#define HEX64 "0x%" PRIx64

bool verify_nothing(struct verify *verify, const char *format, ...)
{
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	verify->nothing = arena_strdup(verify->arena, text);
	return true;
}

/* Where the records say that purgatory is, as far as that can be. */
static bool purgatory_by_records(const struct verify *verify, struct range *where)
{
	struct meminfo_item item;

	for (uint32_t i = 0; meminfo_item(&verify->meminfo, i, &item); i++) {
		if (item.type != MEMINFO_SEGMENT || item.subtype != SEGMENT_PURGATORY ||
		    item.size > UINT64_MAX - item.address)
			continue;

		struct range claimed = { item.address, item.address + item.size };

		if (!range_is_empty(claimed) && range_contains(verify->crash, claimed)) {
			*where = claimed;
			return true;
		}
	}
	return false;
}

bool verify_loaded_read(struct verify *verify, uint64_t page, struct range purgatory, struct err *err)
{
	uint8_t *bytes = arena_alloc(verify->arena, PAGE);

	verify->page_address = page;
	if (!memory_read(verify->memory, page, bytes, PAGE, err))
		return false;
	verify->page = (struct blob){ bytes, PAGE };
	verify->meminfo_result = meminfo_read(&verify->meminfo, verify->page, verify->order, &verify->meminfo_fault);

	bool certain = verify->meminfo_result == MEMINFO_OK && purgatory_by_records(verify, &purgatory);

	return verify_purgatory_read(verify, purgatory, certain, err);
}

static bool table_names_meminfo(const struct verify *verify)
{
	const struct verify_purgatory *p = &verify->purgatory;

	for (uint32_t i = 0; i < p->region_count; i++)
		if (raw32_get(p->regions[i].role, verify->order) == SEGMENT_MEMINFO)
			return true;
	return false;
}

/*
 * One damaged byte in the page must not look like a page that was never written: the magic, the checksum and
 * purgatory's table each tell on their own that it was.
 */
bool verify_loaded_known(struct verify *verify)
{
	const struct verify_purgatory *p = &verify->purgatory;
	bool holds = meminfo_sum_holds(verify->page, verify->order);

	if (verify->meminfo_result == MEMINFO_VERSION && holds) {
		verify_nothing(verify,
			       "not checkable: meminfo at " HEX64 " is of major version %" PRIu64 ", and %" PRIu64
			       " is understood here",
			       verify->page_address, verify->meminfo_fault.found, verify->meminfo_fault.expected);
		return false;
	}
	verify->meminfo_expected = verify->meminfo_result != MEMINFO_NOT_MINE || holds ||
				   (p->found && (!p->table_ok || table_names_meminfo(verify)));
	return verify->meminfo_expected || p->found;
}
