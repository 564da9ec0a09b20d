/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/kdump_header.h"

#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "kdump/dump/kdump_wire.h"
#include "kdump/write/vmcoreinfo_note.h"

/* The s390 clock counts from 1900 on, in steps of 2^-12 microseconds (z/Architecture Principles of Operation, TOD). */
#define TOD_PER_MICROSECOND_SHIFT 12
#define TOD_SECONDS_TO_1970 INT64_C(2208988800)

/* Notes for many thousands of CPUs are some MiB; a file that says of more lies. */
#define NOTES_MAX (UINT64_C(1) << 30)

struct facts {
	char uts[KDUMP_UTS_FIELDS][KDUMP_UTS_LENGTH];
	int64_t seconds, microseconds;
	uint64_t phys_base;
	uint32_t cpu_count;
	struct vmcoreinfo_note note;
};

static const char *machine_name(const struct dump *dump)
{
	bool big = dump->order == ORDER_BIG;

	switch (dump->elf_machine) {
	case EM_X86_64:
		return "x86_64";
	case EM_386:
		return "i686";
	case EM_S390:
		return dump->is64 ? "s390x" : "s390";
	case EM_PPC64:
		return big ? "ppc64" : "ppc64le";
	case EM_PPC:
		return "ppc";
	case EM_AARCH64:
		return big ? "aarch64_be" : "aarch64";
	case EM_ARM:
		return big ? "armv7b" : "armv7l";
	case EM_RISCV:
		return dump->is64 ? "riscv64" : "riscv32";
	default:
		return "";
	}
}

static void put_text(char *field, const char *text)
{
	memset(field, 0, KDUMP_UTS_LENGTH);
	memcpy(field, text, strnlen(text, KDUMP_UTS_LENGTH - 1));
}

/* struct new_utsname of the first namespace, with which the kernel boots. */
static bool uts_of_memory(char uts[KDUMP_UTS_FIELDS][KDUMP_UTS_LENGTH], const struct kernel *kernel)
{
	struct arena arena;
	struct err err;
	uint64_t symbol, offset;
	bool ok = kernel_info_symbol(&kernel->info, "init_uts_ns", &symbol) &&
		  kernel_info_offset(&kernel->info, "uts_namespace.name", &offset);

	if (!ok)
		return false;
	arena_init(&arena);
	ok = kernel_read(kernel_view_new(kernel, &arena), symbol + offset, uts, KDUMP_UTS_FIELDS * KDUMP_UTS_LENGTH, &err) &&
	     memcmp(uts[0], "Linux", sizeof("Linux")) == 0;
	for (size_t i = 0; ok && i < KDUMP_UTS_FIELDS; i++)
		ok = memchr(uts[i], '\0', KDUMP_UTS_LENGTH) != NULL;
	arena_release(&arena);
	return ok;
}

/* What is not known from the kernel's memory, VMCOREINFO and the ELF header tell in part. */
static void find_uts(struct facts *facts, const struct write_request *request)
{
	const struct dump *dump = request->dump;
	const char *release = NULL;

	if (request->kernel && uts_of_memory(facts->uts, request->kernel))
		return;
	memset(facts->uts, 0, sizeof(facts->uts));
	if (dump->format == DUMP_KDUMP && dump->kdump.uts[0][0]) {
		for (size_t i = 0; i < KDUMP_UTS_FIELDS; i++)
			put_text(facts->uts[i], dump->kdump.uts[i]);
		return;
	}
	if (request->kernel)
		release = kernel_info_text(&request->kernel->info, "OSRELEASE");
	put_text(facts->uts[0], "Linux");
	put_text(facts->uts[2], release ? release : "");
	put_text(facts->uts[KDUMP_UTS_MACHINE], machine_name(dump));
}

static void find_time(struct facts *facts, const struct write_request *request)
{
	const struct dump *dump = request->dump;
	uint64_t seconds;

	if (request->kernel && kernel_info_decimal(&request->kernel->info, "CRASHTIME", &seconds) &&
	    seconds <= INT64_MAX) {
		facts->seconds = (int64_t)seconds;
	} else if (dump->format == DUMP_KDUMP) {
		facts->seconds = dump->kdump.seconds;
		facts->microseconds = dump->kdump.microseconds;
	} else if (dump->format == DUMP_S390 && dump->s390.tod) {
		uint64_t microseconds = dump->s390.tod >> TOD_PER_MICROSECOND_SHIFT;

		facts->seconds = (int64_t)(microseconds / 1000000) - TOD_SECONDS_TO_1970;
		facts->microseconds = (int64_t)(microseconds % 1000000);
	}
}

static uint32_t find_cpu_count(const struct dump *dump)
{
	if (dump->prstatus_count && dump->prstatus_count <= INT32_MAX)
		return (uint32_t)dump->prstatus_count;
	if (dump->format == DUMP_KDUMP && dump->kdump.cpu_count > 0)
		return (uint32_t)dump->kdump.cpu_count;
	if (dump->format == DUMP_S390 && dump->s390.cpu_count)
		return dump->s390.cpu_count;
	/* Readers take 0 for a damaged header. */
	return 1;
}

/* Where the kernel's image was loaded (x86-64), or where memory begins (the others that have such a number). */
static uint64_t find_phys_base(const struct write_request *request)
{
	const struct dump *dump = request->dump;
	const char *name = dump->elf_machine == EM_X86_64  ? "phys_base"
			   : dump->elf_machine == EM_AARCH64 ? "PHYS_OFFSET"
			   : dump->elf_machine == EM_RISCV   ? "phys_ram_base"
							     : NULL;
	int64_t number;

	if (name && request->kernel && kernel_info_number(&request->kernel->info, name, &number))
		return (uint64_t)number;
	if (dump->format == DUMP_KDUMP)
		return dump->kdump.phys_base;
	if (dump->elf_machine == EM_ARM && dump->memory.count)
		return dump->memory.v[0].start;
	return 0;
}

static uint32_t narrow(uint64_t value)
{
	return value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

/* The numbers of the sub header, the same for each of its three layouts. */
struct sub_numbers {
	uint64_t phys_base;
	uint32_t level, split;
	uint64_t start_pfn, end_pfn, max_pfn;
	uint64_t vmcoreinfo_offset, vmcoreinfo_size, note_offset, note_size;
};

static void put_sub64(uint8_t *at, const struct sub_numbers *n, enum order order)
{
	struct kdump_sub_header64 sub = {
		.phys_base = raw64_make(n->phys_base, order),
		.dump_level = raw32_make(n->level, order),
		.split = raw32_make(n->split, order),
		.start_pfn = raw64_make(narrow(n->start_pfn), order),
		.end_pfn = raw64_make(narrow(n->end_pfn), order),
		.vmcoreinfo_offset = raw64_make(n->vmcoreinfo_offset, order),
		.vmcoreinfo_size = raw64_make(n->vmcoreinfo_size, order),
		.note_offset = raw64_make(n->note_offset, order),
		.note_size = raw64_make(n->note_size, order),
		.start_pfn_wide = raw64_make(n->start_pfn, order),
		.end_pfn_wide = raw64_make(n->end_pfn, order),
		.max_mapnr_wide = raw64_make(n->max_pfn, order),
	};

	memcpy(at, &sub, sizeof(sub));
}

#define PUT_SUB32(type)                                                                                              \
	struct type sub = {                                                                                          \
		.phys_base = raw32_make((uint32_t)n->phys_base, order),                                              \
		.dump_level = raw32_make(n->level, order),                                                           \
		.split = raw32_make(n->split, order),                                                                \
		.start_pfn = raw32_make(narrow(n->start_pfn), order),                                                \
		.end_pfn = raw32_make(narrow(n->end_pfn), order),                                                    \
		.vmcoreinfo_offset = raw64_make(n->vmcoreinfo_offset, order),                                        \
		.vmcoreinfo_size = raw32_make((uint32_t)n->vmcoreinfo_size, order),                                  \
		.note_offset = raw64_make(n->note_offset, order),                                                    \
		.note_size = raw32_make((uint32_t)n->note_size, order),                                              \
		.start_pfn_wide = raw64_make(n->start_pfn, order),                                                   \
		.end_pfn_wide = raw64_make(n->end_pfn, order),                                                       \
		.max_mapnr_wide = raw64_make(n->max_pfn, order),                                                     \
	};                                                                                                           \
	memcpy(at, &sub, sizeof(sub))

static void put_sub32_packed(uint8_t *at, const struct sub_numbers *n, enum order order)
{
	PUT_SUB32(kdump_sub_header32_packed);
}

static void put_sub32_aligned(uint8_t *at, const struct sub_numbers *n, enum order order)
{
	PUT_SUB32(kdump_sub_header32_aligned);
}

static size_t sub_size(const struct dump *dump)
{
	if (dump->is64)
		return sizeof(struct kdump_sub_header64);
	return dump->elf_machine == EM_386 ? sizeof(struct kdump_sub_header32_packed)
					   : sizeof(struct kdump_sub_header32_aligned);
}

static void put_sub(uint8_t *at, const struct sub_numbers *n, const struct dump *dump)
{
	if (dump->is64)
		put_sub64(at, n, dump->order);
	else if (dump->elf_machine == EM_386)
		put_sub32_packed(at, n, dump->order);
	else
		put_sub32_aligned(at, n, dump->order);
}

static void put_header(struct kdump_header *header, const struct facts *facts, const struct layout *layout,
		       uint64_t sub_blocks)
{
	const struct dump *dump = layout->request->dump;
	enum order order = dump->order;
	struct kdump_header_start start = { .version = raw32_make(KDUMP_VERSION_MAX, order) };
	struct kdump_header_rest rest = {
		.status = raw32_make(header->status | DUMP_STATUS_INCOMPLETE, order),
		.block_size = raw32_make((uint32_t)layout->page_size, order),
		.sub_blocks = raw32_make((uint32_t)sub_blocks, order),
		.bitmap_blocks = raw32_make((uint32_t)(2 * header->bitmap_size / layout->page_size), order),
		.max_mapnr = raw32_make(narrow(layout->kept.pages->end_pfn), order),
		.cpu_count = raw32_make(facts->cpu_count, order),
	};

	memcpy(start.signature, KDUMP_SIGNATURE, KDUMP_SIGNATURE_SIZE);
	memcpy(start.uts, facts->uts, sizeof(start.uts));
	if (dump->is64) {
		struct kdump_header64 wide = {
			.start = start,
			.seconds = raw64_make((uint64_t)facts->seconds, order),
			.microseconds = raw64_make((uint64_t)facts->microseconds, order),
			.rest = rest,
		};

		header->status_offset = offsetof(struct kdump_header64, rest);
		memcpy(header->bytes, &wide, sizeof(wide));
	} else {
		struct kdump_header32 thin = {
			.start = start,
			.seconds = raw32_make((uint32_t)facts->seconds, order),
			.microseconds = raw32_make((uint32_t)facts->microseconds, order),
			.rest = rest,
		};

		header->status_offset = offsetof(struct kdump_header32, rest);
		memcpy(header->bytes, &thin, sizeof(thin));
	}
	header->status_offset += offsetof(struct kdump_header_rest, status);
}

bool kdump_header_make(struct kdump_header *header, struct arena *arena, const struct layout *layout, struct err *err)
{
	const struct write_request *request = layout->request;
	const struct dump *dump = request->dump;
	uint64_t block = layout->page_size, pages = layout->kept.pages->end_pfn;
	struct facts facts = { .cpu_count = find_cpu_count(dump), .phys_base = find_phys_base(request) };

	if (block < KDUMP_BLOCK_MIN)
		return err_set(err, ERR_UNSUPPORTED,
			       "pages of %" PRIu64 " bytes: a kdump-compressed file has none smaller than %d; write ELF "
			       "(--format elf)",
			       block, KDUMP_BLOCK_MIN);
	if (dump->notes.size > NOTES_MAX || dump->vmcoreinfo.size > NOTES_MAX)
		return err_set(err, ERR_BAD_IMAGE, "%s: notes of %zu bytes: there are no CPUs for that many", dump->path,
			       dump->notes.size);
	find_uts(&facts, request);
	find_time(&facts, request);
	facts.note = vmcoreinfo_note_make(arena, dump);

	struct blob notes = facts.note.notes;
	uint64_t sub = sub_size(dump);
	uint64_t sub_blocks = align_up(sub + notes.size, block) / block;

	header->bitmap_size = align_up((pages + 7) / 8, block);
	if (2 * header->bitmap_size / block > INT32_MAX)
		return err_set(err, ERR_UNSUPPORTED,
			       "memory up to 0x%" PRIx64 ": more than the bitmaps of a kdump-compressed file can have bits for; "
			       "write ELF (--format elf)",
			       pages << layout->page_shift);
	header->status = layout->packed_flag;
	header->size = (1 + sub_blocks) * block;
	header->bytes = arena_alloc(arena, (size_t)header->size);
	put_header(header, &facts, layout, sub_blocks);

	struct sub_numbers numbers = {
		.phys_base = facts.phys_base,
		.level = request->level,
		.split = request->split,
		.start_pfn = request->split ? layout->kept.start_pfn : 0,
		.end_pfn = request->split ? layout->kept.end_pfn : 0,
		.max_pfn = pages,
		.note_offset = notes.size ? block + sub : 0,
		.note_size = notes.size,
		.vmcoreinfo_offset = dump->vmcoreinfo.size ? block + sub + facts.note.text_at : 0,
		.vmcoreinfo_size = dump->vmcoreinfo.size,
	};

	put_sub(header->bytes + block, &numbers, dump);
	if (notes.size)
		memcpy(header->bytes + block + sub, notes.data, notes.size);
	return true;
}
