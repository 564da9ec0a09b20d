/* SPDX-License-Identifier: GPL-2.0-only */
/* A page in each byte order: a reason, or records that lie inside and a header that says so. */
#include "tests/fuzz/fuzz.h"

#include "cksm.h"
#include "kdump/meminfo_read.h"

static void read_page(struct blob page, enum order order)
{
	struct meminfo meminfo;
	struct meminfo_item item;
	struct meminfo_fault fault = { 0, 0 };
	enum meminfo_result result = meminfo_read(&meminfo, page, order, &fault);

	fuzz_demand(meminfo_result_name(result)[0]);
	if (result != MEMINFO_OK) {
		fuzz_demand(fault.found != fault.expected);
		(void)meminfo_sum_holds(page, order);
		return;
	}
	fuzz_demand(meminfo.size <= page.size);
	fuzz_demand(meminfo.size ==
		    sizeof(struct meminfo_header) + (uint64_t)meminfo.record_count * sizeof(struct meminfo_record));
	fuzz_demand(meminfo.checksum ==
		    cksm(page.data + MEMINFO_CHECKSUM_FROM, meminfo.size - MEMINFO_CHECKSUM_FROM, 0));
	fuzz_demand(meminfo_sum_holds(page, order) == (meminfo.record_count > 0));
	for (uint32_t i = 0; i < meminfo.record_count; i++)
		fuzz_demand(meminfo_item(&meminfo, i, &item));
	fuzz_demand(!meminfo_item(&meminfo, meminfo.record_count, &item));
	fuzz_demand(!meminfo_item(&meminfo, UINT32_MAX, &item));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	read_page((struct blob){ data, size }, ORDER_BIG);
	read_page((struct blob){ data, size }, ORDER_LITTLE);
	return 0;
}
