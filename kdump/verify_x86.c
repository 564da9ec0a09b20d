/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * On x86 nothing in memory leads to the crash reservation: the machine says where it is (/proc/iomem, or a machine
 * text), and its last page is meminfo's. Without a machine every page is looked at for a meminfo that names the
 * reservation whose last page it is.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "elf_wire.h"
#include "kdump/verify_state.h"
#include "plan.h"

#define PAGE UINT64_C(0x1000)
#define MIB UINT64_C(0x100000)
#define GAP_END (UINT64_C(4) << 30)

#define HEX64 "0x%" PRIx64

/*
 * QEMU's file of a PC's RAM has no gap where the PC has one for devices: what lies at 4 GiB follows at once on what
 * lies below the gap.
 */
static void close_gap(struct verify *verify, uint64_t below)
{
	struct memory *memory = verify->memory;
	uint64_t size = memory_end(memory);

	memory->parts = arena_array(verify->arena, 2, sizeof(*memory->parts));
	memory->parts[0] = (struct memory_part){ .range = { 0, below }, .offset = 0 };
	memory->parts[1] = (struct memory_part){ .range = { GAP_END, GAP_END + (size - below) }, .offset = below };
	memory->part_count = 2;
	finding_note(&verify->findings,
		     "%s is taken for a file of all RAM without the gap below 4 GiB: " HEX64 " bytes lie below it",
		     memory->path, below);
}

static bool is_gap(uint64_t below, uint64_t size)
{
	return below >= MIB && below < GAP_END && below < size && below % MIB == 0;
}

/* By the machine: all that its RAM above 4 GiB leaves of the file lies below. */
static void find_gap(struct verify *verify)
{
	const struct ranges *ram = &verify->machine->ram;
	uint64_t end = ram->count ? ram->v[ram->count - 1].end : 0, size = memory_end(verify->memory);

	if (verify->memory->kind != MEMORY_FLAT || end <= GAP_END || size >= end)
		return;
	end = align_up(end, MIB);
	if (end - GAP_END < size && is_gap(size - (end - GAP_END), size))
		close_gap(verify, size - (end - GAP_END));
}

static bool by_machine(struct verify *verify)
{
	const struct ranges *crash = &verify->machine->crash;

	if (crash->count == 0) {
		verify_nothing(verify,
			       "nothing loaded: %s has no memory reserved for a crash kernel (crashkernel=)",
			       verify->machine->origin);
		return false;
	}
	verify->crash = range_shrink(crash->v[crash->count - 1], PAGE);
	find_gap(verify);
	return true;
}

/* What a page with meminfo's magic says of where it lies. */
struct claim {
	uint64_t at; /* where it was found */
	struct range crash;
	bool whole;
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
		.whole = meminfo_read(&meminfo, (struct blob){ page, sizeof(page) }, verify->order, &fault) ==
			 MEMINFO_OK,
	};

	uint64_t size = raw64_get(header->crash_size, verify->order);

	claim->crash.end = size > UINT64_MAX - claim->crash.start ? 0 : claim->crash.start + size;
	return true;
}

/* 0 where the page lies where it says; the memory below the gap where one explains the difference. */
static bool fits(const struct verify *verify, const struct claim *claim, uint64_t *below)
{
	uint64_t page = claim->crash.end - PAGE, size = memory_end(verify->memory);

	*below = 0;
	if (claim->crash.start % PAGE || claim->crash.end % PAGE || range_size(claim->crash) <= PAGE)
		return false;
	if (page == claim->at)
		return true;
	if (verify->memory->kind != MEMORY_FLAT || page < GAP_END || page - claim->at >= GAP_END)
		return false;
	*below = GAP_END - (page - claim->at);
	return page > claim->at && is_gap(*below, size) && *below <= claim->at;
}

struct search {
	struct claim best;
	uint64_t below;
	size_t whole, damaged, astray;
	uint64_t stray; /* the first one that lies where it does not say */
};

static bool look_at(struct verify *verify, uint64_t at, struct search *search, struct err *err)
{
	struct raw64 magic;
	struct claim claim;
	uint64_t below;

	if (!memory_read(verify->memory, at, &magic, sizeof(magic), err))
		return false;
	if (raw64_get(magic, verify->order) != MEMINFO_MAGIC)
		return true;
	if (!read_claim(verify, at, &claim, err))
		return false;
	if (!fits(verify, &claim, &below)) {
		if (!search->astray++)
			search->stray = at;
		return true;
	}
	if (claim.whole ? !search->whole : !search->whole && !search->damaged) {
		search->best = claim;
		search->below = below;
	}
	if (claim.whole)
		search->whole++;
	else
		search->damaged++;
	return true;
}

/* False in *found where there is none to go by; verify->nothing then says why. */
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
	finding_note(&verify->findings, "the crash range is what meminfo says: no machine was given");
	if (search.below)
		close_gap(verify, search.below);
	*found = true;
	return true;
}

static bool check_range(struct verify *verify)
{
	struct finding *line;

	if (range_is_empty(verify->crash) || range_size(verify->crash) <= PAGE) {
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

static void check_handoff(struct verify *verify)
{
	const struct purgatory_params *params = &verify->purgatory.params;
	enum order order = verify->order;
	uint64_t mode = raw64_get(params->handoff[PURGATORY_X86_MODE], order);
	uint64_t target = raw64_get(params->handoff[PURGATORY_X86_BACKUP_TARGET], order);
	uint64_t size = raw64_get(params->handoff[PURGATORY_X86_BACKUP_SIZE], order);

	if (mode != 64 && mode != 32 && mode != 16)
		verify_purgatory_bad(verify, "mode: found %" PRIu64 ", expected 64, 32 or 16", mode);
	if (size && (size > UINT64_MAX - target ||
		     !range_contains(verify->crash, (struct range){ target, target + size })))
		verify_purgatory_bad(verify,
				     "backup: found " HEX64 " bytes at " HEX64 ", expected some inside the crash range "
				     HEX64 "-" HEX64,
				     size, target, verify->crash.start, verify->crash.end);
	for (int i = PURGATORY_X86_JUMP_BACK_ROOM + 1; i < PURGATORY_HANDOFF; i++) {
		uint64_t value = raw64_get(params->handoff[i], order);

		if (value)
			verify_purgatory_bad(verify, "hand-off value %d: found " HEX64 ", expected 0", i, value);
	}
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
	    raw16_get(wide.type, order) != ET_CORE || raw16_get(wide.machine, order) != EM_X86_64)
		finding_bad(&verify->findings, segment->finding,
			    "ELF header: found class %u, type %u, machine %u, expected one of a core of x86_64 (machine %u)",
			    wide.ident.class, raw16_get(wide.type, order), raw16_get(wide.machine, order), EM_X86_64);
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

static bool check(struct verify *verify, struct err *err)
{
	bool found;

	if (verify->machine)
		found = by_machine(verify);
	else if (!by_meminfo(verify, &found, err))
		return false;
	if (!found || !check_range(verify))
		return true;
	if (!verify_loaded_read(verify, verify->crash.end - PAGE, verify->crash, err))
		return false;
	if (!verify_loaded_known(verify))
		return verify->nothing ? true : nothing_known(verify);
	verify_segments_collect(verify);
	if (!verify_segments_check(verify, err) || !check_core_header(verify, err) ||
	    !verify_vmcoreinfo_check(verify, (struct meminfo_item){ .address = 0 }, err))
		return false;
	if (!verify->meminfo_expected)
		finding_note(&verify->findings, "loaded without meminfo: checked by purgatory's digest alone");
	look_for_replacement(verify);
	return true;
}

const struct verify_arch verify_x86 = {
	.id = ARCH_X86_64,
	.order = ORDER_LITTLE,
	.elf_machine = EM_X86_64,
	.by_machine = true,
	.purgatory_far = true,
	.note_align = 4,
	.check = check,
	.check_handoff = check_handoff,
};
