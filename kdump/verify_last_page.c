/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where nothing in memory leads to the crash reservation (x86, Power): the machine says where it is (/proc/iomem, the
 * device tree, or a machine text), and its last page is meminfo's. On Power firmware may have that one, and meminfo is
 * in the last one that can be used. Without a machine every page is looked at for a meminfo that names the reservation
 * in which it is, and its own place there.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "elf_wire.h"
#include "kdump/verify_state.h"
#include "plan.h"

/* The smallest page: what meminfo uses of a larger one, too. */
#define PAGE UINT64_C(0x1000)

#define HEX64 "0x%" PRIx64

/* How far down from the end of the reservation meminfo is looked for: RTAS and OPAL have tens of MiB at most. */
#define SEARCH_MOST (UINT64_C(64) << 20)

/* What a page says of where it lies. */
struct claim {
	uint64_t at; /* where it was found */
	struct range crash;
	bool magic, whole;
	uint64_t page_size; /* by the record of meminfo itself, where that is whole and says `at`; else 0 */
	bool twice;	    /* a record says the same of the crash range, damaged or not */
};

static bool says_twice(const struct claim *claim, struct blob page, enum order order)
{
	/* Of the bytes as they are: where there is nothing else, two places that agree are believed. */
	const struct meminfo all = { .page = page, .order = order, .record_count = (uint32_t)page.size };
	struct meminfo_item item;

	for (uint32_t i = 0; meminfo_item(&all, i, &item); i++)
		if (item.type == MEMINFO_CRASHKERNEL)
			return item.address == claim->crash.start && item.size == range_size(claim->crash);
	return false;
}

static uint64_t own_page_size(const struct meminfo *meminfo, uint64_t at)
{
	struct meminfo_item item;

	for (uint32_t i = 0; meminfo_item(meminfo, i, &item); i++)
		if (item.type == MEMINFO_SEGMENT && item.subtype == SEGMENT_MEMINFO)
			return item.address == at ? item.size : 0;
	return 0;
}

static bool read_claim(struct verify *verify, uint64_t at, struct claim *claim, struct err *err)
{
	uint8_t page[PAGE];
	struct meminfo meminfo;
	struct meminfo_fault fault;
	const struct meminfo_header *header = (const struct meminfo_header *)page;

	if (!memory_read(verify->memory, at, page, sizeof(page), err))
		return false;
	*claim = (struct claim){
		.at = at,
		.crash.start = raw64_get(header->crash_start, verify->order),
		.magic = raw64_get(header->magic, verify->order) == MEMINFO_MAGIC,
		.whole = meminfo_read(&meminfo, (struct blob){ page, sizeof(page) }, verify->order, &fault) ==
			 MEMINFO_OK,
	};
	if (claim->whole)
		claim->page_size = own_page_size(&meminfo, at);

	uint64_t size = raw64_get(header->crash_size, verify->order);

	claim->crash.end = size > UINT64_MAX - claim->crash.start ? 0 : claim->crash.start + size;
	claim->twice = says_twice(claim, (struct blob){ page, sizeof(page) }, verify->order);
	return true;
}

static uint64_t expected_page(const struct verify *verify, struct range crash, uint64_t page_size)
{
	uint64_t page;

	if (verify->machine && verify->arch->meminfo_page &&
	    verify->arch->meminfo_page(verify, crash, page_size, &page))
		return page;
	return crash.end - page_size;
}

static void take_reservation(struct verify *verify, struct range reservation, uint64_t page_size)
{
	verify->page_size = page_size;
	verify->crash = range_shrink(reservation, page_size);
	if (range_size(verify->crash) > page_size)
		verify->meminfo_at = expected_page(verify, verify->crash, page_size);
}

static bool names(const struct claim *claim, struct range crash)
{
	return claim->whole && claim->crash.start == crash.start && claim->crash.end == crash.end;
}

/*
 * Where the machine does not tell what firmware uses, or not what it used at loading: downward from the end. Only what
 * is whole and says that it is meminfo of this reservation at that address is believed. False in *found: none is.
 */
static bool search_down(struct verify *verify, struct range reservation, bool *found, struct err *err)
{
	struct range all = range_shrink(reservation, PAGE);
	uint64_t least = range_size(all) > SEARCH_MOST ? all.end - SEARCH_MOST : all.start;

	*found = false;
	for (uint64_t at = all.end; at > least;) {
		struct raw64 magic;
		struct claim claim;

		at -= PAGE;
		if (!memory_has(verify->memory, (struct range){ at, at + PAGE }))
			continue;
		if (!memory_read(verify->memory, at, &magic, sizeof(magic), err))
			return false;
		if (raw64_get(magic, verify->order) != MEMINFO_MAGIC)
			continue;
		if (!read_claim(verify, at, &claim, err))
			return false;
		for (const uint64_t *size = verify->arch->pages; *size; size++) {
			if (claim.page_size != *size || !names(&claim, range_shrink(reservation, *size)))
				continue;
			take_reservation(verify, reservation, *size);
			verify->meminfo_at = at;
			*found = true;
			return true;
		}
	}
	return true;
}

/*
 * Where the architecture has pages of more than one size, a captured tree does not tell which: where the machine's
 * says nothing, a whole meminfo does.
 */
static bool find_meminfo(struct verify *verify, struct range reservation, struct err *err)
{
	const uint64_t *sizes = verify->arch->pages;
	uint64_t own = sizes[0];
	bool found;

	for (size_t i = 0; sizes[i]; i++)
		if (sizes[i] == verify->machine->page_size)
			own = sizes[i];
	take_reservation(verify, reservation, own);
	for (size_t i = 0; sizes[1] && sizes[i]; i++) {
		/* First the machine's own size, which then settles it, whole or not. */
		uint64_t size = i == 0 ? own : sizes[i] == own ? sizes[0] : sizes[i];
		struct range crash = range_shrink(reservation, size);
		struct claim claim;

		if (range_size(crash) <= size)
			continue;

		uint64_t page = expected_page(verify, crash, size);

		if (!memory_has(verify->memory, (struct range){ page, page + size }))
			continue;
		if (!read_claim(verify, page, &claim, err))
			return false;
		if (i == 0 && claim.magic)
			return true;
		if (names(&claim, crash)) {
			take_reservation(verify, reservation, size);
			return true;
		}
	}
	return !verify->arch->meminfo_page || search_down(verify, reservation, &found, err);
}

/* False in *found where there is none to go by; verify->nothing then says why. */
static bool by_machine(struct verify *verify, bool *found, struct err *err)
{
	const struct ranges *crash = &verify->machine->crash;

	*found = crash->count > 0;
	if (!*found)
		return verify_nothing(verify,
				      "nothing loaded: %s has no memory reserved for a crash kernel (crashkernel=)",
				      verify->machine->origin);
	if (verify->arch->gap)
		verify->arch->gap->by_machine(verify);
	return find_meminfo(verify, crash->v[crash->count - 1], err);
}

/* Whether the page lies where it says, or a gap explains the difference: below is then not 0. */
static bool fits(const struct verify *verify, const struct claim *claim, uint64_t *page_size, uint64_t *below)
{
	const struct verify_gap *gap = verify->arch->gap;

	for (const uint64_t *size = verify->arch->pages; *size; size++) {
		uint64_t page = claim->crash.end - *size;

		*below = 0;
		*page_size = *size;
		if (claim->crash.start % *size || claim->crash.end % *size || range_size(claim->crash) <= *size)
			continue;
		if (page == claim->at || (gap && gap->explains(verify, claim->at, page, below)))
			return true;
		/* Where it need not be the last page, its own record proves that it is no copy, if it is whole. */
		if (verify->arch->meminfo_page && claim->at % *size == 0 && claim->at >= claim->crash.start &&
		    claim->at < page && (claim->whole ? claim->page_size == *size : claim->twice))
			return true;
	}
	return false;
}

struct search {
	struct claim best;
	uint64_t page_size, below;
	size_t whole, damaged, astray;
	uint64_t stray; /* the first one that lies where it does not say */
};

static bool look_at(struct verify *verify, uint64_t at, struct search *search, struct err *err)
{
	struct raw64 magic;
	struct claim claim;
	uint64_t page_size, below;

	if (!memory_read(verify->memory, at, &magic, sizeof(magic), err))
		return false;
	if (raw64_get(magic, verify->order) != MEMINFO_MAGIC)
		return true;
	if (!read_claim(verify, at, &claim, err))
		return false;
	if (!fits(verify, &claim, &page_size, &below)) {
		if (!search->astray++)
			search->stray = at;
		return true;
	}
	if (claim.whole ? !search->whole : !search->whole && !search->damaged) {
		search->best = claim;
		search->page_size = page_size;
		search->below = below;
	}
	if (claim.whole)
		search->whole++;
	else
		search->damaged++;
	return true;
}

/* As by_machine(). */
static bool by_meminfo(struct verify *verify, bool *found, struct err *err)
{
	const struct memory *memory = verify->memory;
	struct search search = { .below = 0 };

	*found = false;
	for (size_t i = 0; i < memory->part_count; i++) {
		struct range pages = range_shrink(memory->parts[i].range, PAGE);

		for (uint64_t at = pages.start; at < pages.end; at += PAGE)
			if (!look_at(verify, at, &search, err))
				return false;
	}
	if (search.whole + search.damaged == 0 && search.astray)
		return verify_nothing(verify,
				      "not checkable: meminfo at " HEX64 " of %s does not name a reservation whose last page it "
				      "is%s; say where the reservation is with --machine",
				      search.stray, memory->path,
				      verify->arch->meminfo_page ? ", or in which it is" : "");
	if (search.whole + search.damaged == 0)
		return verify_nothing(verify,
				      "not checkable: there is no meminfo in %s. Nothing is loaded, or by kexec_file_load(2) or "
				      "another program; --machine says where to look for more",
				      memory->path);
	if (search.whole > 1 || (!search.whole && search.damaged > 1))
		return verify_nothing(verify,
				      "not checkable: %zu pages of %s are meminfo, each of another reservation; say which one "
				      "it is with --machine",
				      search.whole ? search.whole : search.damaged, memory->path);
	verify->crash = search.best.crash;
	verify->page_size = search.page_size;
	verify->meminfo_at = search.below ? verify->crash.end - verify->page_size : search.best.at;
	finding_note(&verify->findings, "the crash range is what meminfo says: no machine was given");
	if (search.below)
		verify->arch->gap->close(verify, search.below);
	*found = true;
	return true;
}

static bool check_range(struct verify *verify)
{
	struct finding *line;

	if (range_size(verify->crash) <= verify->page_size) {
		verify_nothing(verify, "not checkable: the crash range " HEX64 "-" HEX64 " has no room for anything",
			       verify->crash.start, verify->crash.end);
		return false;
	}
	if (!memory_has(verify->memory, verify->crash)) {
		verify_nothing(verify,
			       "not checkable: the crash range " HEX64 "-" HEX64 " is not all in %s, which ends at " HEX64
			       " (a dump written by the crash kernel leaves it out)",
			       verify->crash.start, verify->crash.end, verify->memory->path,
			       memory_end(verify->memory));
		return false;
	}
	line = finding_begin(&verify->findings, "crashkernel " HEX64 "-" HEX64, verify->crash.start, verify->crash.end);
	finding_good(&verify->findings, line, "%" PRIu64 " MiB", range_size(verify->crash) >> 20);
	return true;
}

/* With --hotplug nobody has a checksum of it, for the kernel changes it: what it must be all the same. */
static bool check_core_header(struct verify *verify, struct err *err)
{
	struct verify_segment *segment = verify_segment_of_role(verify, SEGMENT_ELFCOREHDR);
	struct elf64_header wide;
	struct elf32_header narrow;
	enum order order = verify->order;

	if (!segment || !segment->bounded)
		return true;
	if (!memory_read(verify->memory, segment->address, &wide, sizeof(wide), err))
		return false;
	memcpy(&narrow, &wide, sizeof(narrow));

	bool is64 = wide.ident.class == ELFCLASS64;
	uint64_t count = raw16_get(is64 ? wide.phnum : narrow.phnum, order);
	uint64_t size = is64 ? sizeof(wide) + count * sizeof(struct elf64_program)
			     : sizeof(narrow) + count * sizeof(struct elf32_program);

	if (memcmp(wide.ident.magic, ELFMAG, SELFMAG) != 0 || (!is64 && wide.ident.class != ELFCLASS32) ||
	    raw16_get(wide.type, order) != ET_CORE || wide.ident.data != (order == ORDER_BIG ? ELFDATA2MSB : ELFDATA2LSB) ||
	    raw16_get(wide.machine, order) != verify->arch->elf_machine)
		finding_bad(&verify->findings, segment->finding,
			    "ELF header: found class %u, type %u, machine %u, expected one of a core of %s (machine %u)",
			    wide.ident.class, raw16_get(wide.type, order), raw16_get(wide.machine, order),
			    machine_arch_name(verify->arch->id), verify->arch->elf_machine);
	else if (size > segment->size || count == 0)
		finding_bad(&verify->findings, segment->finding,
			    "ELF header: found %" PRIu64 " program headers, expected some that fit into " HEX64 " bytes",
			    count, segment->size);
	else
		finding_good(&verify->findings, segment->finding, "%" PRIu64 " program headers", count);
	return true;
}

static bool is_blank(struct blob bytes)
{
	struct blob page = blob_part(bytes, 0, bytes.size < PAGE ? bytes.size : PAGE);

	for (size_t i = 0; i < page.size; i++)
		if (page.data[i])
			return false;
	return page.size > 0;
}

/*
 * The kernel erases nothing when a load takes the place of another. One by kexec_file_load(2) covers some of what one
 * by kexec_load(2) has left, with zeros where it wants memory only. So a page that must not be blank, and is, speaks
 * of that rather than of damage, and the rest of the findings is about what is not in force any more.
 */
static void look_for_replacement(struct verify *verify)
{
	const struct verify_purgatory *p = &verify->purgatory;
	bool purgatory = p->found && is_blank(p->bytes);

	if (!findings_damaged(&verify->findings) ||
	    (!purgatory && !(verify->meminfo_expected && is_blank(verify->page))))
		return;
	verify_nothing(verify,
		       "not checkable: %s at " HEX64 " reads as zeros. Either a load by kexec_file_load(2) has taken the place "
		       "of the one that this was part of, or a page of it was lost",
		       purgatory ? "purgatory" : "meminfo", purgatory ? p->start : verify->page_address);
}

/* A load that cannot be checked, and no load, look alike from here. */
static bool nothing_known(struct verify *verify)
{
	bool last = verify->page_address == verify->crash.end - verify->page_size;

	for (size_t i = 0; i < verify->page.size; i++)
		if (verify->page.data[i])
			return verify_nothing(verify,
					      "not checkable: the crash range " HEX64 "-" HEX64 " holds neither meminfo, in "
					      "its last page%s, nor a purgatory that was made for it. What is loaded, if "
					      "anything, is so by kexec_file_load(2) or another program",
					      verify->crash.start, verify->crash.end,
					      last ? "" : " that firmware leaves free");
	return verify_nothing(verify,
			      "not checkable: the last page of the crash range " HEX64 "-" HEX64 "%s reads as zeros, and no "
			      "purgatory was found. Nothing is loaded, or by kexec_file_load(2) or another program, or the "
			      "range is hidden from readers",
			      verify->crash.start, verify->crash.end, last ? "" : " that firmware leaves free");
}

/* Where meminfo is, by purgatory's region table. */
static bool table_page(const struct verify *verify, uint64_t *page)
{
	const struct verify_purgatory *p = &verify->purgatory;

	for (uint32_t i = 0; p->table_ok && i < p->region_count; i++) {
		*page = raw64_get(p->regions[i].start, verify->order);
		if (raw32_get(p->regions[i].role, verify->order) == SEGMENT_MEMINFO && *page <= UINT64_MAX - PAGE &&
		    range_contains(verify->crash, (struct range){ *page, *page + PAGE }))
			return true;
	}
	return false;
}

/* A damaged one is not found on the way down; that it is there, purgatory says. */
static bool read_loaded(struct verify *verify, struct err *err)
{
	uint64_t page;

	if (!verify_loaded_read(verify, verify->meminfo_at, verify->crash, err))
		return false;
	if (!verify->arch->meminfo_page || verify->meminfo_result == MEMINFO_OK || !table_page(verify, &page) ||
	    page == verify->meminfo_at)
		return true;
	verify->meminfo_at = page;
	return verify_loaded_read(verify, page, verify->crash, err);
}

bool verify_last_page_check(struct verify *verify, struct err *err)
{
	bool found;

	if (!(verify->machine ? by_machine(verify, &found, err) : by_meminfo(verify, &found, err)))
		return false;
	if (!found || !check_range(verify))
		return true;
	if (!read_loaded(verify, err))
		return false;
	if (!verify_loaded_known(verify))
		return verify->nothing ? true : nothing_known(verify);
	verify_segments_collect(verify);
	if (!verify_segments_check(verify, err) || !check_core_header(verify, err) ||
	    (verify->arch->check_more && !verify->arch->check_more(verify, err)) ||
	    !verify_vmcoreinfo_check(verify, (struct meminfo_item){ .address = 0 }, err))
		return false;
	if (!verify->meminfo_expected)
		finding_note(&verify->findings, "loaded without meminfo: checked by purgatory's digest alone");
	look_for_replacement(verify);
	return true;
}
