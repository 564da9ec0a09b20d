/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/verify_state.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cksm.h"
#include "plan.h"
#include "sha256.h"

#define PAGE UINT64_C(0x1000)

/* A multiple of 4, so that checksums of chunks add up (cksm.h). */
#define CHUNK ((size_t)1 << 20)

#define HEX64 "0x%" PRIx64
#define HEX32 "0x%08" PRIx32

const char *verify_role_name(uint32_t role)
{
	switch (role) {
	case SEGMENT_KERNEL:
		return "kernel";
	case SEGMENT_INITRD:
		return "initrd";
	case SEGMENT_PURGATORY:
		return "purgatory";
	case SEGMENT_ELFCOREHDR:
		return "elfcorehdr";
	case SEGMENT_MEMINFO:
		return "meminfo";
	case SEGMENT_PARMAREA:
		return "parmarea";
	case SEGMENT_BOOT_PARAMS:
		return "boot-params";
	case SEGMENT_BACKUP:
		return "backup";
	case SEGMENT_MODULE:
		return "module";
	case SEGMENT_MULTIBOOT_INFO:
		return "multiboot-info";
	case SEGMENT_PRESERVED:
		return "preserved";
	case SEGMENT_DEVICE_TREE:
		return "device-tree";
	}
	return NULL;
}

const char *verify_hex(struct verify *verify, const uint8_t digest[SHA256_DIGEST_SIZE])
{
	char *text = arena_alloc(verify->arena, 2 * SHA256_DIGEST_SIZE + 1);

	for (size_t i = 0; i < SHA256_DIGEST_SIZE; i++)
		snprintf(text + 2 * i, 3, "%02x", digest[i]);
	return text;
}

struct verify_segment *verify_segment_of_role(struct verify *verify, uint32_t role)
{
	for (size_t i = 0; i < verify->segment_count; i++)
		if (verify->segments[i].role == role)
			return &verify->segments[i];
	return NULL;
}

static struct verify_segment *at_address(struct verify *verify, uint64_t address)
{
	for (size_t i = 0; i < verify->segment_count; i++)
		if (verify->segments[i].address == address)
			return &verify->segments[i];
	return NULL;
}

static struct verify_segment *add(struct verify *verify, uint32_t role, uint64_t address, uint64_t size)
{
	struct verify_segment *segment = &verify->segments[verify->segment_count++];

	*segment = (struct verify_segment){ .role = role, .address = address, .size = size };
	return segment;
}

static void add_from_meminfo(struct verify *verify)
{
	struct meminfo_item item;

	for (uint32_t i = 0; meminfo_item(&verify->meminfo, i, &item); i++) {
		if (item.type != MEMINFO_SEGMENT)
			continue;

		struct verify_segment *segment = add(verify, item.subtype, item.address, item.size);

		segment->in_meminfo = true;
		segment->index = i;
		segment->has_checksum = item.flags & MEMINFO_RECORD_CHECKSUM;
		segment->checksum = item.checksum;
		segment->data_size = item.aux;
	}
}

static void add_from_table(struct verify *verify)
{
	const struct verify_purgatory *p = &verify->purgatory;

	for (uint32_t i = 0; i < p->region_count; i++) {
		const struct purgatory_region *region = &p->regions[i];
		uint64_t start = raw64_get(region->start, verify->order);
		struct verify_segment *segment = at_address(verify, start);

		/* Two regions at one address are two segments, so that their overlap is told. */
		if (!segment || segment->in_table)
			segment = add(verify, raw32_get(region->role, verify->order), start,
				      raw64_get(region->length, verify->order));
		segment->in_table = true;
		segment->table_size = raw64_get(region->length, verify->order);
		segment->table_role = raw32_get(region->role, verify->order);
		segment->hashed = raw32_get(region->flags, verify->order) & PURGATORY_REGION_HASHED;
		memcpy(segment->sha256, region->sha256, sizeof(segment->sha256));
	}
}

static int by_address(const void *a, const void *b)
{
	const struct verify_segment *left = a, *right = b;

	if (left->address != right->address)
		return left->address < right->address ? -1 : 1;
	/* qsort() is not stable; lines must come in the same order every time. */
	if (left->in_meminfo != right->in_meminfo)
		return left->in_meminfo ? -1 : 1;
	return left->index < right->index ? -1 : left->index > right->index;
}

/* Without a record of it: what it says of itself, where that can be believed. */
static uint64_t purgatory_size(const struct verify *verify)
{
	const struct verify_purgatory *p = &verify->purgatory;
	uint64_t page = verify->page_size ? verify->page_size : PAGE;

	return p->table_ok ? align_up(raw64_get(p->params.segment_size, verify->order), page) : p->bytes.size;
}

void verify_segments_collect(struct verify *verify)
{
	bool meminfo = verify->meminfo_result == MEMINFO_OK;
	size_t most = (meminfo ? verify->meminfo.record_count : 0) + (size_t)verify->purgatory.region_count + 2;

	verify->segments = arena_array(verify->arena, most, sizeof(*verify->segments));
	if (meminfo)
		add_from_meminfo(verify);
	if (verify->purgatory.table_ok)
		add_from_table(verify);

	/* What is known to be there gets its line even where the lists do not name it. */
	struct verify_segment *page = verify_segment_of_role(verify, SEGMENT_MEMINFO);

	if (verify->meminfo_expected && !page)
		add(verify, SEGMENT_MEMINFO, verify->page_address, verify->page.size);

	struct verify_segment *purgatory = verify_segment_of_role(verify, SEGMENT_PURGATORY);

	if (verify->purgatory.found && !purgatory)
		add(verify, SEGMENT_PURGATORY, verify->purgatory.start, purgatory_size(verify));

	if (verify->segment_count)
		qsort(verify->segments, verify->segment_count, sizeof(*verify->segments), by_address);
	for (size_t i = 0; i < verify->segment_count; i++) {
		struct verify_segment *s = &verify->segments[i];
		const char *name = verify_role_name(s->role);

		if (!name)
			name = arena_printf(verify->arena, "of unknown role %" PRIu32, s->role);
		if (s->size <= UINT64_MAX - s->address)
			s->finding = finding_begin(&verify->findings, "segment %s " HEX64 "-" HEX64, name, s->address,
						   s->address + s->size);
		else
			s->finding = finding_begin(&verify->findings, "segment %s " HEX64 "+" HEX64, name, s->address,
						   s->size);
	}
}

/* Everything about the numbers themselves. */
static void check_bounds(struct verify *verify, size_t i)
{
	struct verify_segment *s = &verify->segments[i];
	struct findings *findings = &verify->findings;

	s->bounded = true;
	if (s->size == 0 || s->size > UINT64_MAX - s->address ||
	    !range_contains(verify->crash, (struct range){ s->address, s->address + s->size })) {
		finding_bad(findings, s->finding, "place: found " HEX64 " bytes at " HEX64
						  ", expected some inside the crash range " HEX64 "-" HEX64,
			    s->size, s->address, verify->crash.start, verify->crash.end);
		s->bounded = false;
	} else if (s->address % PAGE || s->size % PAGE) {
		finding_bad(findings, s->finding, "alignment: found " HEX64 " bytes at " HEX64 ", expected multiples of "
						  HEX64,
			    s->size, s->address, PAGE);
		s->bounded = false;
	}

	/* Ascending by address, so an overlap is one with the segment before. */
	const struct verify_segment *before = i ? &verify->segments[i - 1] : NULL;

	if (before && before->bounded && before->address + before->size > s->address)
		finding_bad(findings, s->finding, "overlap: begins at " HEX64 ", where the segment before it ends at " HEX64,
			    s->address, before->address + before->size);
	if (before && before->in_meminfo && s->in_meminfo && before->index > s->index)
		finding_bad(findings, s->finding, "order: record %" PRIu32 " found behind one of a higher address, expected "
						  "ascending addresses",
			    s->index);
	if (s->in_meminfo && s->data_size > s->size)
		finding_bad(findings, s->finding, "data: found " HEX64 " bytes, expected at most the segment's " HEX64,
			    s->data_size, s->size);
	if (s->in_meminfo && s->in_table && (s->table_size != s->size || s->table_role != s->role))
		finding_bad(findings, s->finding,
			    "purgatory's region here: found " HEX64 " bytes of role %" PRIu32 ", expected " HEX64
			    " of role %" PRIu32 " by meminfo",
			    s->table_size, s->table_role, s->size, s->role);
}

struct sums {
	uint32_t checksum;
	uint8_t sha256[SHA256_DIGEST_SIZE];
};

/* One pass for both. */
static bool sum_memory(struct verify *verify, const struct verify_segment *s, uint8_t *buffer, struct sums *sums,
		       struct err *err)
{
	struct sha256 sha;

	sums->checksum = 0;
	sha256_start(&sha, sha256_best());
	for (uint64_t done = 0; done < s->size;) {
		size_t size = s->size - done < CHUNK ? (size_t)(s->size - done) : CHUNK;

		if (!memory_read(verify->memory, s->address + done, buffer, size, err))
			return false;
		if (s->has_checksum)
			sums->checksum = cksm(buffer, size, sums->checksum);
		if (s->hashed)
			sha256_add(&sha, buffer, size);
		done += size;
	}
	sha256_finish(&sha, sums->sha256);
	return true;
}

static bool check_bytes(struct verify *verify, struct verify_segment *s, uint8_t *buffer, struct err *err)
{
	struct findings *findings = &verify->findings;
	struct sums sums;

	if (!s->has_checksum && !s->hashed) {
		if (s->role != SEGMENT_PURGATORY)
			finding_good(findings, s->finding, "without checksum");
		return true;
	}
	if (!sum_memory(verify, s, buffer, &sums, err))
		return false;
	if (s->has_checksum && sums.checksum != s->checksum)
		finding_bad(findings, s->finding, "checksum: found " HEX32 ", expected " HEX32, sums.checksum, s->checksum);
	else if (s->has_checksum)
		finding_good(findings, s->finding, "checksum " HEX32, s->checksum);
	if (s->hashed && memcmp(sums.sha256, s->sha256, sizeof(sums.sha256)) != 0)
		finding_bad(findings, s->finding, "SHA-256: found %s, expected %s", verify_hex(verify, sums.sha256),
			    verify_hex(verify, s->sha256));
	else if (s->hashed)
		finding_good(findings, s->finding, "SHA-256 intact");
	return true;
}

bool verify_segments_check(struct verify *verify, struct err *err)
{
	uint8_t *buffer = arena_alloc(verify->arena, CHUNK);

	for (size_t i = 0; i < verify->segment_count; i++) {
		struct verify_segment *s = &verify->segments[i];

		check_bounds(verify, i);
		if (s->bounded && !check_bytes(verify, s, buffer, err))
			return err_prefix(err, "cannot check the segment at " HEX64, s->address);
		if (s->role == SEGMENT_PURGATORY && s->address == verify->purgatory.start)
			verify_purgatory_check(verify, s);
		if (s->role == SEGMENT_MEMINFO)
			verify_meminfo_check(verify, s);
	}
	return true;
}
