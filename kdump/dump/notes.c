/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/dump/format.h"

#include <elf.h>
#include <string.h>

struct note_wire {
	struct raw32 name_size;
	struct raw32 data_size;
	struct raw32 type;
};

_Static_assert(sizeof(struct note_wire) == 12, "ELF note header");

#define NAME_CORE "CORE"
#define NAME_VMCOREINFO "VMCOREINFO"

/* Linux has pages from 4 KiB to 256 KiB; what is beyond this is damage. */
#define SMALLEST_PAGE UINT64_C(4096)
#define LARGEST_PAGE (UINT64_C(1) << 20)

struct note {
	struct blob name, data;
	uint32_t type;
};

/* Names and data are padded to 4 bytes, in 64-bit cores too: Linux's kernel/vmcore_info.c and binutils agree on it. */
static uint64_t padded(uint32_t size)
{
	return ((uint64_t)size + 3) & ~UINT64_C(3);
}

/* The note at *at, which moves behind it. The last one's padding may be missing. */
static bool next(struct blob notes, enum order order, size_t *at, struct note *note)
{
	const struct note_wire *wire = blob_at(notes, *at, sizeof(*wire));

	if (!wire)
		return false;

	uint32_t name_size = raw32_get(wire->name_size, order), data_size = raw32_get(wire->data_size, order);
	uint64_t name_at = *at + sizeof(*wire), data_at = name_at + padded(name_size);

	note->type = raw32_get(wire->type, order);
	/* The kernel ends its notes of a CPU with a header of zeros (append_elf_note and final_note). */
	if (name_size == 0 && data_size == 0 && note->type == 0)
		return false;
	if (!blob_has(notes, name_at, name_size) || !blob_has(notes, data_at, data_size))
		return false;
	note->name = blob_part(notes, name_at, name_size);
	note->data = blob_part(notes, data_at, data_size);

	uint64_t end = data_at + padded(data_size);

	*at = end < notes.size ? (size_t)end : notes.size;
	return true;
}

size_t dump_notes_length(struct blob notes, enum order order)
{
	size_t at = 0;
	struct note note;

	while (next(notes, order, &at, &note))
		;
	return at;
}

static bool is_named(const struct note *note, const char *wanted)
{
	size_t length = strlen(wanted);

	return blob_begins(note->name, wanted, length) && (note->name.size == length || note->name.data[length] == 0);
}

/* 0 where the text has no such line, or nonsense in it. */
static uint64_t page_size_of(struct blob text)
{
	static const char key[] = "PAGESIZE=";
	const size_t length = sizeof(key) - 1;

	for (size_t at = 0; at < text.size;) {
		const uint8_t *line = text.data + at;
		const uint8_t *newline = memchr(line, '\n', text.size - at);
		size_t size = newline ? (size_t)(newline - line) : text.size - at;

		if (size > length && memcmp(line, key, length) == 0) {
			uint64_t value = 0;

			for (size_t i = length; i < size; i++) {
				if (line[i] < '0' || line[i] > '9' || value > LARGEST_PAGE)
					return 0;
				value = value * 10 + (uint64_t)(line[i] - '0');
			}
			return is_power_of_two(value) && value >= SMALLEST_PAGE && value <= LARGEST_PAGE ? value : 0;
		}
		at += size + 1;
	}
	return 0;
}

void dump_notes_walk(struct dump *dump)
{
	size_t at = 0;
	struct note note;

	dump->prstatus_count = 0;
	while (next(dump->notes, dump->order, &at, &note)) {
		if (note.type == NT_PRSTATUS && is_named(&note, NAME_CORE)) {
			dump->prstatus_count++;
		} else if (note.type == 0 && note.data.size && !dump->vmcoreinfo.size &&
			   is_named(&note, NAME_VMCOREINFO)) {
			const uint8_t *end = memchr(note.data.data, 0, note.data.size);

			dump->vmcoreinfo = (struct blob){ note.data.data,
							  end ? (size_t)(end - note.data.data) : note.data.size };
		}
	}
	if (dump->page_size_known)
		return;

	uint64_t size = page_size_of(dump->vmcoreinfo);

	if (size) {
		dump->page_size = size;
		dump->page_size_known = true;
	}
}

uint64_t dump_usual_page_size(uint16_t elf_machine)
{
	switch (elf_machine) {
	case EM_PPC64:
		return UINT64_C(65536);
	case EM_IA_64:
	case EM_LOONGARCH:
		return UINT64_C(16384);
	case EM_SPARCV9:
	case EM_ALPHA:
		return UINT64_C(8192);
	default:
		return UINT64_C(4096);
	}
}

uint16_t dump_machine_of_uts(const char *machine, enum order *order, bool *is64)
{
	/* What uname(2) says: each architecture's UTS_MACHINE, and those that name the model at run time. */
	static const struct {
		const char *name;
		bool is_prefix;
		uint16_t elf_machine;
		bool is64, has_order;
		enum order order;
	} machines[] = {
		{ "x86_64", false, EM_X86_64, true, true, ORDER_LITTLE },
		{ "i386", false, EM_386, false, true, ORDER_LITTLE },
		{ "i486", false, EM_386, false, true, ORDER_LITTLE },
		{ "i586", false, EM_386, false, true, ORDER_LITTLE },
		{ "i686", false, EM_386, false, true, ORDER_LITTLE },
		{ "s390x", false, EM_S390, true, true, ORDER_BIG },
		{ "s390", false, EM_S390, false, true, ORDER_BIG },
		{ "ppc64le", false, EM_PPC64, true, true, ORDER_LITTLE },
		{ "ppc64", false, EM_PPC64, true, true, ORDER_BIG },
		{ "ppc", false, EM_PPC, false, true, ORDER_BIG },
		{ "aarch64", false, EM_AARCH64, true, true, ORDER_LITTLE },
		{ "aarch64_be", false, EM_AARCH64, true, true, ORDER_BIG },
		{ "riscv64", false, EM_RISCV, true, true, ORDER_LITTLE },
		{ "riscv32", false, EM_RISCV, false, true, ORDER_LITTLE },
		{ "loongarch64", false, EM_LOONGARCH, true, true, ORDER_LITTLE },
		{ "ia64", false, EM_IA_64, true, true, ORDER_LITTLE },
		{ "sparc64", false, EM_SPARCV9, true, true, ORDER_BIG },
		{ "alpha", false, EM_ALPHA, true, true, ORDER_LITTLE },
		/* One name for both orders. */
		{ "mips64", false, EM_MIPS, true, false, ORDER_BIG },
		{ "mips", false, EM_MIPS, false, false, ORDER_BIG },
		/* armv7l, armv5tejb: the last letter is the order. */
		{ "armv", true, EM_ARM, false, true, ORDER_LITTLE },
	};

	for (size_t i = 0; i < sizeof(machines) / sizeof(*machines); i++) {
		size_t length = strlen(machines[i].name);

		if (strncmp(machine, machines[i].name, length) != 0 || (machine[length] && !machines[i].is_prefix))
			continue;
		*is64 = machines[i].is64;
		if (machines[i].has_order)
			*order = machines[i].order;
		if (machines[i].elf_machine == EM_ARM && machine[strlen(machine) - 1] == 'b')
			*order = ORDER_BIG;
		return machines[i].elf_machine;
	}
	return EM_NONE;
}
