/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/kcore.h"

#include <assert.h>
#include <string.h>

#include "arena.h"
#include "blob.h"
#include "bytes.h"
#include "kexec/machine/x86_addresses.h"

/* Layouts of the System V ABI, little endian as x86 has them. */
struct elf_ident {
	uint8_t magic[4];
	uint8_t class, data, version, abi[9];
};

struct ehdr64 {
	struct elf_ident ident;
	struct le16 type, machine;
	struct le32 version;
	struct le64 entry, phoff, shoff;
	struct le32 flags;
	struct le16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct ehdr32 {
	struct elf_ident ident;
	struct le16 type, machine;
	struct le32 version;
	struct le32 entry, phoff, shoff;
	struct le32 flags;
	struct le16 ehsize, phentsize, phnum, shentsize, shnum, shstrndx;
};

struct phdr64 {
	struct le32 type, flags;
	struct le64 offset, vaddr, paddr, filesz, memsz, align;
};

struct phdr32 {
	struct le32 type, offset, vaddr, paddr, filesz, memsz, flags, align;
};

struct nhdr {
	struct le32 namesz, descsz, type;
};

static_assert(sizeof(struct ehdr64) == 64 && sizeof(struct ehdr32) == 52, "ELF headers");
static_assert(sizeof(struct phdr64) == 56 && sizeof(struct phdr32) == 32, "program headers");

enum {
	CLASS_32 = 1,
	CLASS_64 = 2,
	DATA_LSB = 1,
	TYPE_CORE = 4,
	MACHINE_I386 = 3,
	MACHINE_X86_64 = 62,
	SEGMENT_LOAD = 1,
	SEGMENT_NOTE = 4,
	MANY = 0xffff, /* PN_XNUM: the number stands in section header 0, which no kcore has */
};

/* Notes of a kcore: registers of one process, its task_struct on older kernels, and a page of vmcoreinfo. */
#define NOTES_LIMIT (1 << 20)

/* Program headers in one read. */
#define BATCH 64

/* An address that a header says it does not know (Linux 6.12, fs/proc/kcore.c). */
#define UNKNOWN_64 UINT64_MAX
#define UNKNOWN_32 UINT32_MAX

struct segment {
	uint32_t type;
	uint64_t offset, virtual, physical, file_size, size;
};

struct segments {
	const struct kcore *kcore;
	uint64_t next; /* index */
	size_t in_batch, at;
	uint8_t batch[BATCH * sizeof(struct phdr64)];
};

bool kcore_open(struct kcore *kcore, struct err *err)
{
	bool wide = kcore->arch != ARCH_I386;
	uint16_t machine = wide ? MACHINE_X86_64 : MACHINE_I386;
	struct ehdr64 header = { .type = { { 0 } } };
	struct elf_ident *ident = &header.ident;

	if (!kcore->read(kcore->context, 0, &header, wide ? sizeof(struct ehdr64) : sizeof(struct ehdr32), err))
		return false;
	if (memcmp(ident->magic, "\177ELF", 4) != 0)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s begins with %02x %02x %02x %02x, expected an ELF file", kcore->name,
			       ident->magic[0], ident->magic[1], ident->magic[2], ident->magic[3]);
	if (ident->class != (wide ? CLASS_64 : CLASS_32) || ident->data != DATA_LSB)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s is ELF of class %u and data %u, expected class %d and data %d for %s",
			       kcore->name, ident->class, ident->data, wide ? CLASS_64 : CLASS_32, DATA_LSB,
			       machine_arch_name(kcore->arch));
	if (le16_get(header.type) != TYPE_CORE || le16_get(header.machine) != machine)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s is ELF of type %u for machine %u, expected a core (%d) for %s (%u)",
			       kcore->name, le16_get(header.type), le16_get(header.machine), TYPE_CORE,
			       machine_arch_name(kcore->arch), machine);

	uint16_t size;

	if (wide) {
		kcore->headers = le64_get(header.phoff);
		kcore->count = le16_get(header.phnum);
		kcore->header_size = sizeof(struct phdr64);
		size = le16_get(header.phentsize);
	} else {
		struct ehdr32 narrow;

		memcpy(&narrow, &header, sizeof(narrow));
		kcore->headers = le32_get(narrow.phoff);
		kcore->count = le16_get(narrow.phnum);
		kcore->header_size = sizeof(struct phdr32);
		size = le16_get(narrow.phentsize);
	}
	if (kcore->count == 0 || kcore->count == MANY || size != kcore->header_size ||
	    kcore->headers > UINT64_MAX - kcore->count * kcore->header_size)
		return err_set(err, ERR_BAD_MACHINE,
			       "%s has %llu program headers of %u bytes at offset 0x%llx, expected 1 to %d of "
			       "%zu bytes",
			       kcore->name, (unsigned long long)kcore->count, size,
			       (unsigned long long)kcore->headers, MANY - 1, kcore->header_size);
	return true;
}

static struct segment decode(const struct kcore *kcore, const uint8_t *bytes)
{
	struct phdr64 wide;
	struct phdr32 narrow;

	if (kcore->header_size == sizeof(wide)) {
		memcpy(&wide, bytes, sizeof(wide));
		return (struct segment){ le32_get(wide.type),	le64_get(wide.offset), le64_get(wide.vaddr),
					 le64_get(wide.paddr), le64_get(wide.filesz), le64_get(wide.memsz) };
	}
	memcpy(&narrow, bytes, sizeof(narrow));

	uint32_t physical = le32_get(narrow.paddr);

	return (struct segment){ le32_get(narrow.type),
				 le32_get(narrow.offset),
				 le32_get(narrow.vaddr),
				 physical == UNKNOWN_32 ? UNKNOWN_64 : physical,
				 le32_get(narrow.filesz),
				 le32_get(narrow.memsz) };
}

/* The next segment of that type. *found is false behind the last one. */
static bool next_segment(struct segments *segments, uint32_t type, struct segment *segment, bool *found,
			 struct err *err)
{
	const struct kcore *kcore = segments->kcore;

	for (;;) {
		if (segments->at == segments->in_batch) {
			uint64_t left = kcore->count - segments->next;
			size_t count = left < BATCH ? (size_t)left : BATCH;

			*found = count != 0;
			if (!*found)
				return true;
			if (!kcore->read(kcore->context, kcore->headers + segments->next * kcore->header_size,
					 segments->batch, count * kcore->header_size, err))
				return false;
			segments->next += count;
			segments->in_batch = count;
			segments->at = 0;
		}
		*segment = decode(kcore, segments->batch + segments->at++ * kcore->header_size);
		if (segment->type == type)
			return true;
	}
}

/* The text of the note "VMCOREINFO", or size 0. */
static bool find_note(const struct kcore *kcore, struct blob notes, struct blob *text, struct err *err)
{
	static const char wanted[] = "VMCOREINFO";
	uint64_t at = 0;

	*text = (struct blob){ NULL, 0 };
	while (at < notes.size) {
		struct nhdr header;
		const void *bytes = blob_at(notes, at, sizeof(header));

		if (bytes)
			memcpy(&header, bytes, sizeof(header));
		else
			header = (struct nhdr){ .namesz = le32_make(UINT32_MAX) };

		uint64_t name = at + sizeof(header);
		uint64_t description = align_up(name + le32_get(header.namesz), 4);
		uint32_t size = le32_get(header.descsz);

		if (!bytes || !blob_has(notes, name, le32_get(header.namesz)) ||
		    !blob_has(notes, description, size))
			return err_set(err, ERR_BAD_MACHINE,
				       "%s: the note at 0x%llx of its %zu bytes of notes ends beyond them",
				       kcore->name, (unsigned long long)at, notes.size);
		if (le32_get(header.namesz) == sizeof(wanted) &&
		    blob_matches(notes, name, wanted, sizeof(wanted))) {
			*text = blob_part(notes, description, size);
			return true;
		}
		at = align_up(description + size, 4);
	}
	return true;
}

bool kcore_vmcoreinfo(const struct kcore *kcore, struct vmcoreinfo *info, struct err *err)
{
	struct segments segments = { .kcore = kcore };
	struct segment segment;
	struct blob text;
	bool found;

	*info = (struct vmcoreinfo){ .has_stext = false };
	if (!next_segment(&segments, SEGMENT_NOTE, &segment, &found, err))
		return false;
	if (!found)
		return true;
	if (segment.file_size > NOTES_LIMIT)
		return err_set(err, ERR_BAD_MACHINE, "%s has %llu bytes of notes, expected at most %d",
			       kcore->name, (unsigned long long)segment.file_size, NOTES_LIMIT);

	struct arena arena;

	arena_init(&arena);

	size_t size = (size_t)segment.file_size;
	uint8_t *bytes = arena_alloc(&arena, size);
	bool ok = kcore->read(kcore->context, segment.offset, bytes, size, err) &&
		  find_note(kcore, (struct blob){ bytes, size }, &text, err) &&
		  vmcoreinfo_parse(info, kcore->name, text, err);

	arena_release(&arena);
	return ok;
}

/*
 * The direct map begins at a multiple of this: KASLR moves it by whole entries of the third page table level
 * (Linux 6.12, arch/x86/mm/kaslr.c), and every choice of CONFIG_PAGE_OFFSET of i386 is a multiple of 128 MiB.
 */
static uint64_t direct_alignment(enum arch_id arch)
{
	return arch == ARCH_I386 ? UINT64_C(1) << 27 : UINT64_C(1) << 30;
}

static bool is_direct(const struct kcore *kcore, const struct segment *segment)
{
	if (kcore->arch == ARCH_I386)
		return segment->virtual >= I386_DIRECT_MIN;
	return segment->virtual >= X86_64_KERNEL_MIN && segment->virtual < X86_64_TEXT_BASE;
}

/*
 * Linux before 4.11 says 0 of every segment, and since then UNKNOWN of what is no memory. The page at 0 is never among
 * the segments: x86 keeps it for the BIOS.
 */
static bool has_physical(const struct segment *segment)
{
	return segment->physical != 0 && segment->physical < X86_PHYSICAL_END;
}

/* The segment with _stext, or the lowest of the area, which it is on all kernels so far. */
struct text_choice {
	struct segment segment;
	bool found, exact;
};

static void consider_text(struct text_choice *choice, const struct segment *segment, uint64_t stext)
{
	bool exact = stext >= segment->virtual && stext - segment->virtual < segment->size;

	if (segment->virtual < X86_64_TEXT_BASE || segment->virtual >= X86_64_TEXT_END || segment->size == 0 ||
	    segment->physical == UNKNOWN_64)
		return;
	if (choice->found && (choice->exact > exact ||
			      (choice->exact == exact && choice->segment.virtual <= segment->virtual)))
		return;
	*choice = (struct text_choice){ *segment, true, exact };
}

bool kcore_map(const struct kcore *kcore, uint64_t stext, struct kcore_map *map, struct err *err)
{
	struct segments segments = { .kcore = kcore };
	struct text_choice text = { .found = false };
	uint64_t known = UINT64_MAX, lowest = UINT64_MAX;
	struct segment segment;
	bool found;

	*map = (struct kcore_map){ .has_direct = false };
	for (;;) {
		if (!next_segment(&segments, SEGMENT_LOAD, &segment, &found, err))
			return false;
		if (!found)
			break;
		if (segment.size > UINT64_MAX - segment.virtual)
			return err_set(err, ERR_BAD_MACHINE,
				       "%s: program header %llu: 0x%llx bytes at 0x%llx end beyond the 64-bit "
				       "address space",
				       kcore->name,
				       (unsigned long long)(segments.next - segments.in_batch + segments.at - 1),
				       (unsigned long long)segment.size, (unsigned long long)segment.virtual);
		if (!is_direct(kcore, &segment)) {
			if (kcore->arch != ARCH_I386)
				consider_text(&text, &segment, stext);
			continue;
		}

		uint64_t offset = segment.virtual - segment.physical;

		if (segment.virtual < lowest)
			lowest = segment.virtual;
		if (has_physical(&segment) && offset % direct_alignment(kcore->arch) == 0 &&
		    segment.virtual < known) {
			known = segment.virtual;
			map->direct = offset;
		}
	}
	map->has_direct = lowest != UINT64_MAX;

	/* Memory begins in the first GiB. */
	if (map->has_direct && known == UINT64_MAX)
		map->direct = align_down(lowest, UINT64_C(1) << 30);
	map->has_text = text.found;
	if (map->has_text) {
		map->text = (struct range){ text.segment.virtual, text.segment.virtual + text.segment.size };
		map->has_text_physical = has_physical(&text.segment);
		map->text_physical = map->has_text_physical ? text.segment.physical : 0;
	}
	return true;
}
