/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where nothing in memory leads to the crash reservation (x86, Power): the machine says where it is (/proc/iomem, the
 * device tree, or a machine text), and its last page is meminfo's. Without a machine every page is looked at for a
 * meminfo that names the reservation whose last page it is.
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

/* What a page says of where it lies. */
struct claim {
	uint64_t at; /* where it was found */
	struct range crash;
	bool magic, whole;
};

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

	uint64_t size = raw64_get(header->crash_size, verify->order);

	claim->crash.end = size > UINT64_MAX - claim->crash.start ? 0 : claim->crash.start + size;
	return true;
}

static void take_reservation(struct verify *verify, struct range reservation, uint64_t page_size)
{
	verify->page_size = page_size;
	verify->crash = range_shrink(reservation, page_size);
}

/*
 * Where the architecture has pages of more than one size, a captured tree does not tell which: where the machine's
 * says nothing, a whole meminfo does.
 */
static bool find_page_size(struct verify *verify, struct range reservation, struct err *err)
{
	const uint64_t *sizes = verify->arch->pages;
	uint64_t own = sizes[0];

	for (size_t i = 0; sizes[i]; i++)
		if (sizes[i] == verify->machine->page_size)
			own = sizes[i];
	take_reservation(verify, reservation, own);
	for (size_t i = 0; sizes[1] && sizes[i]; i++) {
		/* First the machine's own size, which then settles it, whole or not. */
		uint64_t size = i == 0 ? own : sizes[i] == own ? sizes[0] : sizes[i];
		struct range crash = range_shrink(reservation, size);
		struct claim claim;

		if (range_size(crash) <= size ||
		    !memory_has(verify->memory, (struct range){ crash.end - size, crash.end }))
			continue;
		if (!read_claim(verify, crash.end - size, &claim, err))
			return false;
		if (i == 0 && claim.magic)
			return true;
		if (claim.whole && claim.crash.start == crash.start && claim.crash.end == crash.end) {
			take_reservation(verify, reservation, size);
			return true;
		}
	}
	return true;
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
	return find_page_size(verify, crash->v[crash->count - 1], err);
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
				      "is; say where the reservation is with --machine",
				      search.stray, memory->path);
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
	for (size_t i = 0; i < verify->page.size; i++)
		if (verify->page.data[i])
			return verify_nothing(verify,
					      "not checkable: the crash range " HEX64 "-" HEX64 " holds neither meminfo, in "
					      "its last page, nor a purgatory that was made for it. What is loaded, if "
					      "anything, is so by kexec_file_load(2) or another program",
					      verify->crash.start, verify->crash.end);
	return verify_nothing(verify,
			      "not checkable: the last page of the crash range " HEX64 "-" HEX64 " reads as zeros, and no "
			      "purgatory was found. Nothing is loaded, or by kexec_file_load(2) or another program, or the "
			      "range is hidden from readers",
			      verify->crash.start, verify->crash.end);
}

bool verify_last_page_check(struct verify *verify, struct err *err)
{
	bool found;

	if (!(verify->machine ? by_machine(verify, &found, err) : by_meminfo(verify, &found, err)))
		return false;
	if (!found || !check_range(verify))
		return true;
	if (!verify_loaded_read(verify, verify->crash.end - verify->page_size, verify->crash, err))
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
