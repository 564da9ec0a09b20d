/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ELF cores: /proc/vmcore and /proc/kcore (Linux fs/proc/{vmcore,kcore}.c), what makedumpfile -E, QEMU's
 * dump-guest-memory and s390's zgetdump write. The segments' physical addresses count; each byte of memory is taken
 * from one segment, for kernels give their text a segment of its own beside that of the RAM it lies in.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "elf_wire.h"
#include "kdump/dump/elf_pages.h"

/* Of e_flags, makedumpfile's: "the dump was cut for want of space". No kernel sets it in a core. */
#define FLAG_INCOMPLETE 0x1u

/* Sixteen times what the largest machines have. With PN_XNUM it is a 32-bit number. */
#define MAX_HEADERS (UINT32_C(1) << 24)

/* 20,000 CPUs of s390 with their vector registers take 50 MiB. */
#define MAX_NOTES (UINT64_C(128) << 20)

#define BATCH 256u

struct elf_open {
	struct dump *dump;
	struct arena *arena;
	const struct dump_file *file;
	bool class64;
	uint64_t phoff, shoff;
	uint32_t flags, count, section_count;
	uint16_t phentsize;

	struct elf_part *parts;
	size_t part_count, part_capacity;
	size_t mapping_capacity;
	struct range *notes; /* in the file */
	size_t note_count, note_capacity;
	uint64_t end; /* of the file, as far as its headers speak of it */
	uint32_t loads, loads_at_zero;
};

/* Room for one more of what *v points to. */
static void *grown(struct arena *arena, void *v, size_t count, size_t *capacity, size_t size)
{
	if (count < *capacity)
		return v;
	*capacity = *capacity ? *capacity * 2 : 64;

	void *larger = arena_array(arena, *capacity, size);

	if (count)
		memcpy(larger, v, count * size);
	return larger;
}

static void parse_header(struct elf_open *open, struct blob head)
{
	struct dump *dump = open->dump;
	enum order order = dump->order;

	if (open->class64) {
		const struct elf64_header *h = blob_at(head, 0, sizeof(*h));

		dump->elf_machine = raw16_get(h->machine, order);
		open->phoff = raw64_get(h->phoff, order);
		open->shoff = raw64_get(h->shoff, order);
		open->flags = raw32_get(h->flags, order);
		open->phentsize = raw16_get(h->phentsize, order);
		open->count = raw16_get(h->phnum, order);
		open->section_count = raw16_get(h->shnum, order);
	} else {
		const struct elf32_header *h = blob_at(head, 0, sizeof(*h));

		dump->elf_machine = raw16_get(h->machine, order);
		open->phoff = raw32_get(h->phoff, order);
		open->shoff = raw32_get(h->shoff, order);
		open->flags = raw32_get(h->flags, order);
		open->phentsize = raw16_get(h->phentsize, order);
		open->count = raw16_get(h->phnum, order);
		open->section_count = raw16_get(h->shnum, order);
	}

	/* A 32-bit kernel with more than 4 GiB has 64-bit headers (kexec-tools' --elf64-core-headers); notes differ not. */
	uint16_t machine = dump->elf_machine;

	dump->is64 = open->class64 && machine != EM_386 && machine != EM_ARM && machine != EM_PPC && machine != EM_SH;
}

static bool read_header(struct elf_open *open, struct blob head, struct err *err)
{
	static const char *const types[] = { "no type", "an object file", "a program or kernel",
					     "a shared object or kernel" };
	const struct dump_file *file = open->file;
	const struct elf_ident *ident = blob_at(head, 0, sizeof(*ident));

	if (!ident)
		return err_set(err, ERR_BAD_IMAGE, "%s: an ELF file of %zu bytes, which ends in its header", file->path,
			       head.size);
	if ((ident->class != ELFCLASS32 && ident->class != ELFCLASS64) ||
	    (ident->data != ELFDATA2LSB && ident->data != ELFDATA2MSB))
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: ELF class %u and byte order %u found, each 1 or 2 expected: the header is damaged",
			       file->path, ident->class, ident->data);
	open->class64 = ident->class == ELFCLASS64;
	open->dump->order = ident->data == ELFDATA2MSB ? ORDER_BIG : ORDER_LITTLE;

	size_t size = open->class64 ? sizeof(struct elf64_header) : sizeof(struct elf32_header);
	const uint8_t *at = blob_at(head, 0, size);

	if (!at)
		return err_set(err, ERR_BAD_IMAGE, "%s ends after %zu bytes, inside its ELF header of %zu", file->path,
			       head.size, size);

	/* The type is at the same place in both classes. */
	const struct elf64_header *header = (const struct elf64_header *)at;
	uint16_t type = raw16_get(header->type, open->dump->order);

	if (type != ET_CORE)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: ELF type %u (%s) found, expected %u (core): it is no dump of memory", file->path, type,
			       type < sizeof(types) / sizeof(*types) ? types[type] : "unknown", ET_CORE);
	parse_header(open, head);
	if (open->count == 0 && open->section_count)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: an ELF core with sections and no program headers, as Xen's \"xl dump-core\" writes for "
			       "a guest: not supported. Let the guest dump itself with kdump",
			       file->path);

	size_t expected = open->class64 ? sizeof(struct elf64_program) : sizeof(struct elf32_program);

	if (open->phentsize != expected)
		return err_set(err, ERR_BAD_IMAGE, "%s: ELF program headers of %u bytes found, expected %zu", file->path,
			       open->phentsize, expected);
	if (open->flags & FLAG_INCOMPLETE)
		open->dump->incomplete = "its ELF header says that writing it was not finished";
	return true;
}

/* Above 0xfffe the number is in the first section header: System V ABI, PN_XNUM. */
static bool read_count(struct elf_open *open, struct err *err)
{
	if (open->count == PN_XNUM && open->shoff) {
		union {
			struct elf32_section s32;
			struct elf64_section s64;
		} first;

		if (!dump_file_exact(open->file, open->shoff, &first,
				     open->class64 ? sizeof(first.s64) : sizeof(first.s32),
				     "the ELF section header with the number of program headers", err))
			return false;
		open->count = raw32_get(open->class64 ? first.s64.info : first.s32.info, open->dump->order);
	}
	if (open->count > MAX_HEADERS)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: %" PRIu32 " ELF program headers found, at most %" PRIu32 " expected",
			       open->file->path, open->count, MAX_HEADERS);
	return true;
}

static struct elf_program parse_program(bool class64, enum order order, const uint8_t *at)
{
	struct elf_program p;

	if (class64) {
		const struct elf64_program *w = (const struct elf64_program *)at;

		p.type = raw32_get(w->type, order);
		p.offset = raw64_get(w->offset, order);
		p.vaddr = raw64_get(w->vaddr, order);
		p.paddr = raw64_get(w->paddr, order);
		p.filesz = raw64_get(w->filesz, order);
		p.memsz = raw64_get(w->memsz, order);
		p.no_paddr = p.paddr == UINT64_MAX;
	} else {
		const struct elf32_program *w = (const struct elf32_program *)at;

		p.type = raw32_get(w->type, order);
		p.offset = raw32_get(w->offset, order);
		p.vaddr = raw32_get(w->vaddr, order);
		p.paddr = raw32_get(w->paddr, order);
		p.filesz = raw32_get(w->filesz, order);
		p.memsz = raw32_get(w->memsz, order);
		p.no_paddr = p.paddr == UINT32_MAX;
	}
	return p;
}

bool elf_read_program(const struct elf_pages *elf, uint32_t index, struct elf_program *program)
{
	size_t size = elf->class64 ? sizeof(struct elf64_program) : sizeof(struct elf32_program), got;
	uint64_t at = elf->headers + (uint64_t)index * size;
	uint8_t bytes[sizeof(struct elf64_program)];
	struct err err;

	if (index >= elf->header_count || at < elf->headers ||
	    !dump_file_read(elf->file, at, bytes, size, &got, &err) || got < size)
		return false;
	*program = parse_program(elf->class64, elf->order, bytes);
	return true;
}

static bool take_load(struct elf_open *open, uint32_t index, struct elf_program p, struct err *err)
{
	struct dump *dump = open->dump;

	/* Some writers leave memsz 0. */
	if (p.memsz < p.filesz)
		p.memsz = p.filesz;
	if (p.memsz == 0 || p.no_paddr)
		return true;
	if (p.memsz > UINT64_MAX - p.paddr || p.filesz > UINT64_MAX - p.offset)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: program header %" PRIu32 " has offset 0x%" PRIx64 ", physical address 0x%" PRIx64
			       ", 0x%" PRIx64 " bytes in the file and 0x%" PRIx64 " in memory: beyond what 64 bits hold",
			       open->file->path, index, p.offset, p.paddr, p.filesz, p.memsz);
	open->loads++;
	if (p.paddr == 0 && p.vaddr)
		open->loads_at_zero++;
	ranges_append(&dump->memory, (struct range){ p.paddr, p.paddr + p.memsz });

	dump->mappings = grown(open->arena, dump->mappings, dump->mapping_count, &open->mapping_capacity,
			       sizeof(*dump->mappings));
	dump->mappings[dump->mapping_count++] = (struct dump_mapping){ p.vaddr, p.paddr, p.memsz };
	if (p.filesz == 0)
		return true;
	open->parts = grown(open->arena, open->parts, open->part_count, &open->part_capacity, sizeof(*open->parts));
	open->parts[open->part_count++] = (struct elf_part){ p.paddr, p.paddr + p.filesz, p.offset };
	if (p.offset + p.filesz > open->end)
		open->end = p.offset + p.filesz;
	return true;
}

static bool take_note(struct elf_open *open, uint32_t index, struct elf_program p, struct err *err)
{
	if (p.filesz > UINT64_MAX - p.offset)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: program header %" PRIu32 " has notes of 0x%" PRIx64 " bytes at 0x%" PRIx64
			       ", beyond what 64 bits hold",
			       open->file->path, index, p.filesz, p.offset);
	open->notes = grown(open->arena, open->notes, open->note_count, &open->note_capacity, sizeof(*open->notes));
	open->notes[open->note_count++] = (struct range){ p.offset, p.offset + p.filesz };
	return true;
}

/* In batches: a number that the file does not hold ends at the first header that is missing, before it costs memory. */
static bool read_programs(struct elf_open *open, struct err *err)
{
	uint8_t batch[BATCH * sizeof(struct elf64_program)];

	for (uint32_t i = 0; i < open->count;) {
		uint32_t wanted = open->count - i < BATCH ? open->count - i : BATCH;
		uint64_t at = open->phoff + (uint64_t)i * open->phentsize;
		size_t got = 0;

		if (at >= open->phoff &&
		    !dump_file_read(open->file, at, batch, (size_t)wanted * open->phentsize, &got, err))
			return err_prefix(err, "the ELF program headers");

		uint32_t whole = (uint32_t)(got / open->phentsize);

		for (uint32_t k = 0; k < whole; k++) {
			struct elf_program p = parse_program(open->class64, open->dump->order,
							 batch + (size_t)k * open->phentsize);

			if (p.type == PT_LOAD && !take_load(open, i + k, p, err))
				return false;
			if (p.type == PT_NOTE && p.filesz && !take_note(open, i + k, p, err))
				return false;
		}
		i += whole;
		if (whole < wanted) {
			open->dump->incomplete =
				arena_printf(open->arena, "the file ends inside its program headers: %" PRIu32
							  " of %" PRIu32 " are there", i, open->count);
			break;
		}
	}
	return true;
}

/* Bytes of the PT_NOTE that are in the file: it may be cut before them. */
static bool note_size(struct elf_open *open, struct range note, uint64_t *size, struct err *err)
{
	const struct dump_file *file = open->file;
	uint64_t length = range_size(note);
	uint8_t last;
	size_t got;

	*size = length;
	if (file->size) {
		uint64_t there = note.start < file->size ? file->size - note.start : 0;

		if (there < length)
			*size = there;
	} else {
		/* Where nothing says how large the file is, a size that it does not hold must not cost memory. */
		if (!dump_file_read(file, note.end - 1, &last, 1, &got, err))
			return err_prefix(err, "the notes");
		if (!got)
			*size = 0;
	}
	if (*size < length && !open->dump->incomplete)
		open->dump->incomplete = "the file ends before or in its notes";
	return true;
}

static bool read_notes(struct elf_open *open, struct err *err)
{
	uint64_t total = 0;

	for (size_t i = 0; i < open->note_count; i++) {
		uint64_t size;

		if (!note_size(open, open->notes[i], &size, err))
			return false;
		/* Each is padded, so that the next one begins where a note can begin. */
		open->notes[i].end = open->notes[i].start + size;
		if (size > MAX_NOTES || total + size + 4 > MAX_NOTES)
			return err_set(err, ERR_BAD_IMAGE,
				       "%s: more than 0x%" PRIx64 " bytes of notes found, at most that expected",
				       open->file->path, MAX_NOTES);
		total += size + 4;
	}

	uint8_t *bytes = arena_alloc(open->arena, (size_t)total);
	size_t used = 0;

	for (size_t i = 0; i < open->note_count; i++) {
		size_t got;

		if (!dump_file_read(open->file, open->notes[i].start, bytes + used, (size_t)range_size(open->notes[i]),
				    &got, err))
			return err_prefix(err, "the notes");

		size_t whole = dump_notes_length((struct blob){ bytes + used, got }, open->dump->order);

		/* What is behind the last whole note is padding, and must not be seen between this and the next one. */
		memset(bytes + used + whole, 0, got - whole);
		used += (whole + 3) & ~(size_t)3;
	}
	open->dump->notes = (struct blob){ bytes, used };
	return true;
}

static int compare_start(const void *a, const void *b)
{
	const struct elf_part *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	/* The longer one first: then the shorter is wholly inside and drops out. */
	if (x->end != y->end)
		return x->end > y->end ? -1 : 1;
	return x->offset < y->offset ? -1 : x->offset > y->offset;
}

static void sort_parts(struct elf_open *open)
{
	size_t kept = 0;

	if (open->part_count)
		qsort(open->parts, open->part_count, sizeof(*open->parts), compare_start);
	for (size_t i = 0; i < open->part_count; i++) {
		struct elf_part part = open->parts[i];
		uint64_t taken = kept ? open->parts[kept - 1].end : 0;

		if (part.end <= taken)
			continue;
		if (part.start < taken) {
			part.offset += taken - part.start;
			part.start = taken;
		}

		struct elf_part *before = kept ? &open->parts[kept - 1] : NULL;

		/* One piece of memory in one piece of the file, though in two headers. */
		if (before && before->end == part.start && before->offset + (before->end - before->start) == part.offset)
			before->end = part.end;
		else
			open->parts[kept++] = part;
	}
	open->part_count = kept;
}

static unsigned int shift_of(uint64_t page_size)
{
	unsigned int shift = 0;

	while (page_size >> shift > 1)
		shift++;
	return shift;
}

bool dump_elf_open(struct dump *dump, struct arena *arena, const struct dump_file *file, struct blob head,
		   struct err *err)
{
	struct elf_open open = { .dump = dump, .arena = arena, .file = file };

	if (!blob_begins(head, ELFMAG, SELFMAG)) {
		err->code = ERR_NONE;
		return false;
	}
	dump->format = DUMP_ELF;
	ranges_init(&dump->memory, arena);
	if (!read_header(&open, head, err) || !read_count(&open, err) || !read_programs(&open, err))
		return false;
	if (open.loads == 0)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s is an ELF core without any memory in it (%" PRIu32
			       " program headers, none a PT_LOAD with a physical address)%s%s",
			       file->path, open.count, dump->incomplete ? ": " : "",
			       dump->incomplete ? dump->incomplete : "");
	/* fs/binfmt_elf.c gives each segment of a process the physical address 0; /proc/kcore did so before Linux 4.12. */
	if (open.loads > 1 && open.loads_at_zero == open.loads)
		return err_set(err, ERR_BAD_IMAGE,
			       "%s: all of its %" PRIu32 " segments have the physical address 0: it is a core of a process, "
			       "not of a machine",
			       file->path, open.loads);
	if (!read_notes(&open, err))
		return false;
	dump_notes_walk(dump);
	if (!dump->page_size)
		dump->page_size = dump_usual_page_size(dump->elf_machine);
	ranges_normalize(&dump->memory);
	sort_parts(&open);

	uint64_t in_file = 0;

	for (size_t i = 0; i < open.part_count; i++)
		in_file += open.parts[i].end - open.parts[i].start;
	dump->nothing_excluded = in_file == ranges_total(&dump->memory);
	if (file->size && open.end > file->size && !dump->incomplete)
		dump->incomplete = arena_printf(arena, "the file has 0x%" PRIx64 " bytes, its headers speak of 0x%" PRIx64,
						file->size, open.end);

	struct elf_pages *elf = arena_alloc(arena, sizeof(*elf));

	*elf = (struct elf_pages){
		.file = file,
		.order = dump->order,
		.class64 = open.class64,
		.headers = open.phoff,
		.header_count = open.count,
		.parts = open.parts,
		.count = open.part_count,
		.page_shift = shift_of(dump->page_size),
	};
	dump->ops = &elf_pages_ops;
	dump->state = elf;
	return true;
}
