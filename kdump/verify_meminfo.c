/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/verify_state.h"

#include <inttypes.h>
#include <time.h>

#include "plan.h"
#include "s390.h"

#define HEX64 "0x%" PRIx64
#define HEX32 "0x%08" PRIx32

static void expect(struct verify *verify, struct verify_segment *segment, const char *what, uint64_t found,
		   uint64_t expected)
{
	if (found != expected)
		finding_bad(&verify->findings, segment->finding, "%s: found " HEX64 ", expected " HEX64, what, found,
			    expected);
}

static void check_crash_record(struct verify *verify, struct verify_segment *segment)
{
	const struct meminfo *meminfo = &verify->meminfo;
	struct meminfo_item item;
	uint32_t seen = 0;

	for (uint32_t i = 0; meminfo_item(meminfo, i, &item); i++) {
		if (item.type != MEMINFO_CRASHKERNEL)
			continue;
		seen++;
		expect(verify, segment, "address in the crashkernel record", item.address, verify->crash.start);
		expect(verify, segment, "size in the crashkernel record", item.size, range_size(verify->crash));
	}
	if (seen != 1)
		finding_bad(&verify->findings, segment->finding, "crashkernel records: found %" PRIu32 ", expected 1", seen);
}

static uint32_t count_of_role(const struct verify *verify, uint32_t role)
{
	uint32_t count = 0;

	for (size_t i = 0; i < verify->segment_count; i++)
		count += verify->segments[i].in_meminfo && verify->segments[i].role == role;
	return count;
}

static void check_roles(struct verify *verify, struct verify_segment *segment)
{
	static const uint32_t once[] = { SEGMENT_PURGATORY, SEGMENT_MEMINFO };

	for (size_t i = 0; i < sizeof(once) / sizeof(once[0]); i++) {
		uint32_t count = count_of_role(verify, once[i]);

		if (count != 1)
			finding_bad(&verify->findings, segment->finding,
				    "records of a %s segment: found %" PRIu32 ", expected 1", verify_role_name(once[i]),
				    count);
	}
	if (count_of_role(verify, SEGMENT_KERNEL) + count_of_role(verify, SEGMENT_PARMAREA) == 0)
		finding_bad(&verify->findings, segment->finding, "records of a kernel segment: found 0, expected some");

	bool flag = verify->meminfo.flags & MEMINFO_FLAG_ELFCOREHDR;
	uint32_t headers = count_of_role(verify, SEGMENT_ELFCOREHDR);

	if (flag != (headers > 0))
		finding_bad(&verify->findings, segment->finding,
			    "flags: found " HEX64 ", which does not fit the %" PRIu32 " elfcorehdr records",
			    verify->meminfo.flags, headers);
}

static void note_unknown_records(struct verify *verify)
{
	struct meminfo_item item;

	for (uint32_t i = 0; meminfo_item(&verify->meminfo, i, &item); i++) {
		if (item.type < MEMINFO_CRASHKERNEL || item.type > MEMINFO_DIGEST)
			finding_note(&verify->findings,
				     "meminfo: record %" PRIu32 " has the unknown type %" PRIu32 " and is skipped", i,
				     item.type);
	}
}

/* The page behind the records is written as zeros. */
static void check_tail(struct verify *verify, struct verify_segment *segment)
{
	for (size_t i = verify->meminfo.size; i < verify->page.size; i++) {
		if (verify->page.data[i]) {
			finding_bad(&verify->findings, segment->finding,
				    "byte 0x%zx, behind the records: found 0x%02x, expected 0x00", i,
				    verify->page.data[i]);
			return;
		}
	}
}

static void note_time(struct verify *verify)
{
	uint64_t seconds = verify->meminfo.time;
	time_t when = (time_t)seconds;
	struct tm parts;
	char text[40];

	if (seconds == 0)
		return;
	if ((uint64_t)when != seconds || when < 0 || !gmtime_r(&when, &parts) ||
	    strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &parts) == 0)
		finding_note(&verify->findings, "meminfo: loaded %" PRIu64 " seconds after 1970", seconds);
	else
		finding_note(&verify->findings, "meminfo: loaded at %s", text);
}

void verify_meminfo_check(struct verify *verify, struct verify_segment *segment)
{
	const struct meminfo *meminfo = &verify->meminfo;

	if (verify->meminfo_result != MEMINFO_OK) {
		finding_bad(&verify->findings, segment->finding, "%s: found " HEX64 ", expected " HEX64,
			    meminfo_result_name(verify->meminfo_result), verify->meminfo_fault.found,
			    verify->meminfo_fault.expected);
		return;
	}
	expect(verify, segment, "address in its own record", segment->address, verify->page_address);
	expect(verify, segment, "crash range start", meminfo->crash_start, verify->crash.start);
	expect(verify, segment, "crash range size", meminfo->crash_size, range_size(verify->crash));
	check_crash_record(verify, segment);
	check_roles(verify, segment);
	check_tail(verify, segment);
	finding_good(&verify->findings, segment->finding,
		     "version %u.%u, %" PRIu32 " records, checksum of header and records " HEX32, meminfo->major,
		     meminfo->minor, meminfo->record_count, meminfo->checksum);
	note_time(verify);
	note_unknown_records(verify);
}
