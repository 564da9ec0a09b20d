/* SPDX-License-Identifier: GPL-2.0-only */
/* Program headers and notes of an ELF core, as they lie in the file: what opening it passes over is found here. */
#include <elf.h>
#include <inttypes.h>

#include "kdump/dump/elf_pages.h"
#include "kdump/vmcore-save/verify_state.h"
#include "kdump/zeros.h"

#define SHOWN 5
#define MAX_NOTES (UINT64_C(128) << 20)

/*
 * Where what follows the last note that ends is not padding of zeros, but damage. Of notes that are cut the last one
 * does not end.
 */
static bool find_damage(const struct dump_file *file, enum order order, const struct elf_program *p, size_t *damage)
{
	struct arena scratch;
	struct err err;
	size_t got, at = 0;
	bool damaged = false;

	if (p->filesz > MAX_NOTES ||
	    (file->size && (p->offset > file->size || p->filesz > file->size - p->offset)))
		return false;
	arena_init(&scratch);

	uint8_t *bytes = arena_alloc(&scratch, (size_t)p->filesz);

	if (dump_file_read(file, p->offset, bytes, (size_t)p->filesz, &got, &err) && got == p->filesz) {
		at = dump_notes_length((struct blob){ bytes, got }, order);
		damaged = !zeros_only(bytes + at, got - at);
	}
	arena_release(&scratch);
	*damage = at;
	return damaged;
}

void verify_elf(struct verify *verify, struct finding *f)
{
	const struct elf_pages *elf = verify->dump->state;
	uint64_t cut = 0, odd = 0, size = elf->file->size;
	struct elf_program p;
	size_t damage;
	uint32_t i;

	for (i = 0; elf_read_program(elf, i, &p); i++) {
		if (p.type == PT_NOTE && find_damage(elf->file, elf->order, &p, &damage) && odd++ < SHOWN)
			finding_bad(&verify->findings, f,
				    "notes at 0x%" PRIx64 ": byte %zu of %" PRIu64 " begins no note that ends", p.offset,
				    damage, p.filesz);
		if (p.type != PT_LOAD && p.type != PT_NOTE)
			continue;
		if (p.type == PT_LOAD && p.memsz && p.memsz < p.filesz && odd++ < SHOWN)
			finding_bad(&verify->findings, f,
				    "program header %" PRIu32 " (physical 0x%" PRIx64 "): 0x%" PRIx64
				    " bytes in the file and 0x%" PRIx64 " in memory",
				    i, p.paddr, p.filesz, p.memsz);
		if (size && p.filesz && (p.offset > size || p.filesz > size - p.offset))
			cut++;
	}
	if (odd > SHOWN)
		finding_bad(&verify->findings, f, "and %" PRIu64 " more", odd - SHOWN);
	finding_good(&verify->findings, f, "%" PRIu32 " program headers", i);
	if (cut)
		finding_note(&verify->findings, "%" PRIu64 " of %" PRIu32 " program headers point behind the end of the file",
			     cut, elf->header_count);
}
