/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/verify_state.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "plan.h"
#include "sha256.h"

#define PAGE UINT64_C(0x1000)

/* More than any purgatory with its region table has; bounds what a damaged record can make us read. */
#define PURGATORY_MOST UINT64_C(0x100000)

/* Pages that begin like purgatory and are none of this load; bounds what a hostile image makes us read. */
#define CANDIDATES_MOST 64

#define HEX64 "0x%" PRIx64

void verify_purgatory_bad(struct verify *verify, const char *format, ...)
{
	struct verify_purgatory *p = &verify->purgatory;
	char text[512];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	p->bad = p->bad ? arena_printf(verify->arena, "%s; %s", p->bad, text) : arena_strdup(verify->arena, text);
}

/* A number of the header or the parameters against the one value it may have. */
static bool expect(struct verify *verify, const char *what, uint64_t found, uint64_t expected)
{
	if (found == expected)
		return true;
	verify_purgatory_bad(verify, "%s: found " HEX64 ", expected " HEX64, what, found, expected);
	return false;
}

static bool read_header(struct verify *verify)
{
	struct verify_purgatory *p = &verify->purgatory;
	const struct purgatory_header *h = blob_at(p->bytes, 0, sizeof(*h));
	enum order order = verify->order;

	if (!h) {
		verify_purgatory_bad(verify, "%zu bytes found, expected at least the header's %zu", p->bytes.size, sizeof(*h));
		return false;
	}
	if (memcmp(h->magic, PURGATORY_MAGIC, sizeof(h->magic)) != 0) {
		struct be64 found, expected;

		memcpy(&found, h->magic, sizeof(found));
		memcpy(&expected, PURGATORY_MAGIC, sizeof(expected));
		verify_purgatory_bad(verify, "magic: found " HEX64 ", expected " HEX64 " (\"" PURGATORY_MAGIC "\")", be64_get(found),
		    be64_get(expected));
		return false;
	}
	if (!expect(verify, "ABI version", raw32_get(h->abi, order), PURGATORY_ABI) ||
	    !expect(verify, "header size", raw32_get(h->header_size, order), sizeof(*h)) ||
	    !expect(verify, "size of the parameters", raw64_get(h->params_size, order),
		    sizeof(struct purgatory_params)))
		return false;

	uint64_t file_size = raw64_get(h->file_size, order), memory_size = raw64_get(h->memory_size, order);
	uint64_t align = raw64_get(h->align, order), entry = raw64_get(h->entry_crash, order);

	if (memory_size > p->bytes.size || file_size > memory_size || memory_size % 16) {
		verify_purgatory_bad(verify,
		    "sizes of image and memory: found " HEX64 " and " HEX64 ", expected at most 0x%zx, ascending, the "
		    "second a multiple of 16",
		    file_size, memory_size, p->bytes.size);
		return false;
	}
	if (!is_power_of_two(align) || p->start % align) {
		verify_purgatory_bad(verify, "alignment: found " HEX64 ", expected a power of two that divides its address", align);
		return false;
	}
	if (entry < sizeof(*h) || entry >= file_size) {
		verify_purgatory_bad(verify, "entry after a crash: found offset " HEX64 ", expected one in [0x%zx, " HEX64 ")", entry,
		    sizeof(*h), file_size);
		return false;
	}
	p->params_offset = raw64_get(h->params_offset, order);
	if (p->params_offset < sizeof(*h) ||
	    !blob_has(blob_part(p->bytes, 0, file_size), p->params_offset, sizeof(p->params))) {
		verify_purgatory_bad(verify, "parameters: found at offset " HEX64 ", expected inside the image's " HEX64 " bytes",
		    p->params_offset, file_size);
		return false;
	}
	memcpy(&p->params, p->bytes.data + p->params_offset, sizeof(p->params));
	p->entry_crash = p->start + entry;
	p->header_ok = true;
	return true;
}

/* The region table, once its place is bounded and its digest matches. */
static bool read_table(struct verify *verify)
{
	struct verify_purgatory *p = &verify->purgatory;
	const struct purgatory_header *h = blob_at(p->bytes, 0, sizeof(*h));
	enum order order = verify->order;
	uint64_t offset = raw64_get(p->params.regions_offset, order);
	uint32_t count = raw32_get(p->params.region_count, order);

	if (!expect(verify, "size of a region", raw32_get(p->params.region_size, order),
		    sizeof(struct purgatory_region)))
		return false;

	uint64_t size = (uint64_t)count * sizeof(struct purgatory_region);
	uint64_t segment_size = raw64_get(p->params.segment_size, order);

	if (offset % 16 || offset < raw64_get(h->memory_size, order) || count == 0 || segment_size > p->bytes.size ||
	    offset > segment_size || size > segment_size - offset) {
		verify_purgatory_bad(verify,
		    "region table: found %" PRIu32 " regions at offset " HEX64 " of " HEX64
		    " bytes, expected some at a multiple of 16 behind the image and its memory, inside at most 0x%zx bytes",
		    count, offset, segment_size, p->bytes.size);
		return false;
	}

	uint8_t digest[SHA256_DIGEST_SIZE];

	purgatory_digest(&p->params, p->bytes.data + offset, size, sha256_best(), digest);
	if (memcmp(digest, p->params.digest, sizeof(digest)) != 0) {
		verify_purgatory_bad(verify,
		    "digest of parameters and region table: found %s, expected %s (either of them, or the digest itself, is "
		    "damaged)",
		    verify_hex(verify, digest), verify_hex(verify, p->params.digest));
		return false;
	}
	p->regions = blob_at(p->bytes, offset, size);
	p->region_count = count;
	p->table_ok = true;
	return true;
}

static void read_params(struct verify *verify)
{
	struct verify_purgatory *p = &verify->purgatory;
	enum order order = verify->order;
	uint32_t flags = raw32_get(p->params.flags, order);
	uint32_t policy = raw32_get(p->params.on_corruption, order);
	uint32_t result = raw32_get(p->params.result, order);

	expect(verify, "crash range start", raw64_get(p->params.crash_start, order), verify->crash.start);
	expect(verify, "crash range end", raw64_get(p->params.crash_end, order), verify->crash.end);
	if (!(flags & PURGATORY_FLAG_CRASH) || flags & ~(uint32_t)(PURGATORY_FLAG_CRASH | PURGATORY_FLAG_SKIP_CHECKS))
		verify_purgatory_bad(verify, "flags: found 0x%" PRIx32 ", expected 0x%x, with or without 0x%x", flags,
		    PURGATORY_FLAG_CRASH, PURGATORY_FLAG_SKIP_CHECKS);
	if (policy != PURGATORY_ON_CORRUPTION_HALT && policy != PURGATORY_ON_CORRUPTION_REBOOT)
		verify_purgatory_bad(verify, "policy on corruption: found %" PRIu32 ", expected %d or %d", policy,
		    PURGATORY_ON_CORRUPTION_HALT, PURGATORY_ON_CORRUPTION_REBOOT);
	if (result > PURGATORY_RESULT_MALFORMED)
		verify_purgatory_bad(verify, "result: found %" PRIu32 ", expected at most %d", result, PURGATORY_RESULT_MALFORMED);
	verify->arch->check_handoff(verify);
}

/* Takes what lies there for purgatory. bytes: room for all of it. */
static bool take(struct verify *verify, struct range where, uint8_t *bytes, struct err *err)
{
	struct verify_purgatory *p = &verify->purgatory;

	*p = (struct verify_purgatory){ .found = true, .start = where.start };
	if (!memory_read(verify->memory, where.start, bytes, (size_t)range_size(where), err))
		return false;
	p->bytes = (struct blob){ bytes, (size_t)range_size(where) };
	if (read_header(verify) && read_table(verify))
		read_params(verify);
	return true;
}

/* Where another purgatory's bytes may lie: in an initrd, or left over. Only one that is of this load is believed. */
static bool is_of_this_load(const struct verify *verify)
{
	const struct verify_purgatory *p = &verify->purgatory;

	return p->header_ok && raw64_get(p->params.crash_start, verify->order) == verify->crash.start &&
	       raw64_get(p->params.crash_end, verify->order) == verify->crash.end;
}

/* Where nobody says where purgatory is: segments begin at pages, so it does too. */
static bool search(struct verify *verify, struct range where, struct err *err)
{
	uint8_t *bytes = NULL;
	unsigned int tried = 0;

	for (uint64_t at = where.start; at < where.end; at += PAGE) {
		uint64_t most = where.end - at < PURGATORY_MOST ? where.end - at : PURGATORY_MOST;
		uint8_t magic[8];

		if (!memory_read(verify->memory, at, magic, sizeof(magic), err))
			return false;
		if (memcmp(magic, PURGATORY_MAGIC, sizeof(magic)) != 0)
			continue;
		if (!bytes)
			bytes = arena_alloc(verify->arena, (size_t)PURGATORY_MOST);
		if (!take(verify, (struct range){ at, at + most }, bytes, err))
			return false;
		if (!verify->arch->purgatory_far || is_of_this_load(verify))
			return true;
		verify->purgatory = (struct verify_purgatory){ .start = 0 };
		if (++tried == CANDIDATES_MOST)
			break;
	}
	return true;
}

bool verify_purgatory_read(struct verify *verify, struct range where, bool certain, struct err *err)
{
	verify->purgatory = (struct verify_purgatory){ .start = where.start };
	if (!certain)
		return search(verify, where, err);
	if (range_size(where) > PURGATORY_MOST) {
		verify->purgatory.found = true;
		verify_purgatory_bad(verify, "size: found " HEX64 ", expected at most " HEX64, range_size(where),
				     PURGATORY_MOST);
		return true;
	}
	return take(verify, where, arena_alloc(verify->arena, (size_t)range_size(where)), err);
}

static const char *result_text(uint32_t result)
{
	switch (result) {
	case PURGATORY_RESULT_INTACT:
		return "it has run and found everything intact";
	case PURGATORY_RESULT_TABLE_DAMAGED:
		return "it has run and found its parameters or region table damaged";
	case PURGATORY_RESULT_REGION_DAMAGED:
		return "it has run and found a damaged region";
	case PURGATORY_RESULT_SKIPPED:
		return "it has run without checking";
	case PURGATORY_RESULT_MALFORMED:
		return "it has run and found its region table to make no sense";
	}
	return NULL;
}

/* The digest record: where purgatory's digest lies, as meminfo has it. */
static void check_digest_record(struct verify *verify, struct verify_segment *segment)
{
	struct verify_purgatory *p = &verify->purgatory;
	uint64_t expected = p->start + p->params_offset + offsetof(struct purgatory_params, digest);
	struct meminfo_item item;
	bool seen = false;

	for (uint32_t i = 0; meminfo_item(&verify->meminfo, i, &item); i++) {
		if (item.type != MEMINFO_DIGEST)
			continue;
		seen = true;
		if (item.address != expected || item.size != SHA256_DIGEST_SIZE)
			finding_bad(&verify->findings, segment->finding,
				    "digest by meminfo record %" PRIu32 ": found " HEX64 " bytes at " HEX64
				    ", expected 0x%x at " HEX64,
				    i, item.size, item.address, SHA256_DIGEST_SIZE, expected);
	}
	if (!seen)
		finding_bad(&verify->findings, segment->finding, "digest: no record of it in meminfo");
	if (verify->meminfo.entry != p->entry_crash)
		finding_bad(&verify->findings, segment->finding, "entry: found " HEX64 ", expected " HEX64 " by meminfo",
			    p->entry_crash, verify->meminfo.entry);
}

void verify_purgatory_check(struct verify *verify, struct verify_segment *segment)
{
	struct verify_purgatory *p = &verify->purgatory;
	struct findings *findings = &verify->findings;

	if (p->bad)
		finding_bad(findings, segment->finding, "%s", p->bad);
	if (!p->header_ok)
		return;
	if (verify->meminfo_result == MEMINFO_OK)
		check_digest_record(verify, segment);
	if (!p->table_ok)
		return;
	finding_good(findings, segment->finding, "header, parameters, digest of %" PRIu32 " regions (its code has no "
						 "checksum)",
		     p->region_count);
	if (raw32_get(p->params.flags, verify->order) & PURGATORY_FLAG_SKIP_CHECKS)
		finding_note(findings, "purgatory: told not to verify (--no-checks)");

	const char *result = result_text(raw32_get(p->params.result, verify->order));

	if (result)
		finding_note(findings, "purgatory: %s", result);
}
