/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF files made by tests/mk/elf.py, and the same ones bent, field by field. */
#include "check.h"

#include <inttypes.h>

#include "image_fixture.h"
#include "kexec/image/elf.h"
#include "elf_wire.h"

static struct arena arena;
static struct err err;

static void check_facts(char *name)
{
	struct arena local;
	struct elf elf;

	arena_init(&local);

	struct blob file = exact_copy(fixture(&local, "elf", name));

	if (elf_probe(&elf, file, &local, &err) != PROBE_MINE)
		fail_msg("%s: %s", name, err.text);

	const char *path = fixture_path(&local, "elf", arena_printf(&local, "%s.facts", name));
	FILE *facts = fopen(path, "r");
	unsigned int bits, type, machine;
	uint64_t entry;
	size_t count;
	char order[8];

	if (!facts)
		fail_msg("no fixture %s", path);
	assert_int_equal(
		fscanf(facts, "%u %7s %u %u %" SCNu64 " %zu", &bits, order, &type, &machine, &entry, &count),
		6);
	assert_int_equal(elf.is64, bits == 64);
	assert_int_equal(elf.order, strcmp(order, "big") == 0 ? ORDER_BIG : ORDER_LITTLE);
	assert_int_equal(elf.type, type);
	assert_int_equal(elf.machine, machine);
	assert_int_equal(elf.entry, entry);
	assert_int_equal(elf.segment_count, count);
	for (size_t i = 0; i < count; i++) {
		const struct elf_segment *s = &elf.segments[i];
		struct elf_segment w = { 0 };

		assert_int_equal(fscanf(facts,
					"%" SCNu32 " %" SCNu32 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64
					" %" SCNu64 " %" SCNu64,
					&w.type, &w.flags, &w.offset, &w.file_size, &w.vaddr, &w.paddr,
					&w.memory_size, &w.align),
				 8);
		if (s->type != w.type || s->flags != w.flags || s->offset != w.offset ||
		    s->file_size != w.file_size || s->vaddr != w.vaddr || s->paddr != w.paddr ||
		    s->memory_size != w.memory_size || s->align != w.align)
			fail_msg("%s: program header %zu differs", name, i);
	}
	fclose(facts);
	free_copy(file);
	arena_release(&local);
}

TEST(facts_are_read_in_both_classes_and_orders)
{
	BEGIN_TEST();
	each_line("elf", 12, check_facts);
}

static const char *const small[] = { "s390x", "x86_64", "ppc", "i386" };

#define SMALL (sizeof(small) / sizeof(small[0]))

TEST(every_cut_is_refused)
{
	BEGIN_TEST();
	for (size_t i = 0; i < SMALL; i++) {
		struct blob whole = fixture(&arena, "elf", small[i]);

		for (size_t size = 0; size < whole.size; size++) {
			struct blob cut = exact_copy(blob_part(whole, 0, size));
			struct elf elf;

			err.text[0] = 0;

			enum probe result = elf_probe(&elf, cut, &arena, &err);

			if (result != (size < 4 ? PROBE_NOT_MINE : PROBE_BAD))
				fail_msg("%s cut to %zu bytes: %d", small[i], size, (int)result);
			if (result == PROBE_BAD && (err.code != ERR_BAD_IMAGE || !strstr(err.text, "bytes")))
				fail_msg("%s cut to %zu bytes: \"%s\"", small[i], size, err.text);
			free_copy(cut);
		}
	}
}

/* What holds for every file that is accepted, however bent. */
static void check_bounds(const struct elf *elf)
{
	for (size_t i = 0; i < elf->segment_count; i++) {
		const struct elf_segment *s = &elf->segments[i];
		struct range r = elf_physical(s);

		if (s->type == 0)
			continue;
		assert_true(s->file_size == 0 || blob_has(elf->file, s->offset, s->file_size));
		if (s->type != 1)
			continue;
		assert_true(s->file_size <= s->memory_size);
		assert_true(r.start <= r.end);
		assert_true(elf->is64 || r.end <= UINT64_C(1) << 32);
	}
}

static void put(uint8_t *at, size_t width, enum order order, uint64_t value)
{
	for (size_t i = 0; i < width; i++)
		at[order == ORDER_BIG ? width - 1 - i : i] = (uint8_t)(value >> 8 * i);
}

TEST(no_field_at_its_extremes_breaks_the_bounds)
{
	BEGIN_TEST();
	for (size_t i = 0; i < SMALL; i++) {
		struct blob whole = fixture(&arena, "elf", small[i]);
		size_t headers = whole.data[4] == 2 ? 64 + 6 * 56 : 52 + 6 * 32;

		for (size_t at = 0; at < headers; at++)
			for (size_t width = 1; width <= 8 && at + width <= headers; width *= 2) {
				const uint64_t values[] = {
					0, 1, 2, 0x7f, 0x80, 0xfffe, 0xffff, 0x7fffffff, 0x80000000,
					0xffffffff, UINT64_MAX, UINT64_MAX - 1, INT64_MAX,
					UINT64_C(1) << 63, whole.size, whole.size - 1, whole.size + 1,
				};

				for (size_t v = 0; v < sizeof(values) / sizeof(values[0]); v++) {
					struct blob bent = exact_copy(whole);
					struct arena local;
					struct elf elf;

					arena_init(&local);
					put((uint8_t *)(uintptr_t)bent.data + at, width,
					    whole.data[5] == 2 ? ORDER_BIG : ORDER_LITTLE, values[v]);
					err.text[0] = 0;

					enum probe result = elf_probe(&elf, bent, &local, &err);

					if (result == PROBE_MINE)
						check_bounds(&elf);
					else if (result == PROBE_BAD)
						assert_int_not_equal(err.text[0], 0);
					arena_release(&local);
					free_copy(bent);
				}
			}
	}
}

/* One field of one file is wrong, and the error says which. */
struct bend {
	const char *file;
	size_t at;
	size_t width;
	uint64_t value;
	const char *words;
};

#define EH64(field) offsetof(struct elf64_header, field), sizeof(((struct elf64_header *)0)->field)
#define EH32(field) offsetof(struct elf32_header, field), sizeof(((struct elf32_header *)0)->field)
#define PH64(n, field) \
	64 + (n)*56 + offsetof(struct elf64_program, field), sizeof(((struct elf64_program *)0)->field)
#define PH32(n, field) \
	52 + (n)*32 + offsetof(struct elf32_program, field), sizeof(((struct elf32_program *)0)->field)
#define SH64(field) 64 + offsetof(struct elf64_section, field), sizeof(((struct elf64_section *)0)->field)

static const struct bend bends[] = {
	{ "s390x", EH64(ident.class), 3, "EI_CLASS" },
	{ "s390x", EH64(ident.data), 0, "EI_DATA" },
	{ "s390x", EH64(ident.version), 0, "EI_VERSION" },
	{ "s390x", EH64(version), 2, "e_version is 2" },
	{ "s390x", EH64(ehsize), 63, "e_ehsize is 63, expected 64" },
	{ "s390x", EH64(phentsize), 32, "e_phentsize is 32, expected 56" },
	{ "s390x", EH64(phentsize), 0, "e_phentsize is 0, expected 56" },
	{ "ppc", EH32(phentsize), 56, "e_phentsize is 56, expected 32" },
	{ "s390x", EH64(phoff), UINT64_MAX, "e_phoff 0xffffffffffffffff" },
	{ "x86_64", EH64(phnum), 0xfffe, "65534 program headers" },
	{ "s390x", EH64(phnum), 0xffff, "PN_XNUM" },
	{ "many64big", EH64(shoff), 0, "e_shoff is 0x0" },
	{ "many64big", EH64(shoff), UINT64_MAX - 3, "section header 0" },
	{ "many64big", EH64(shentsize), 40, "e_shentsize 40, expected 64" },
	{ "many64big", SH64(info), 0, "sh_info of section header 0 is 0" },
	{ "many64big", SH64(info), 65534, "at least 65535" },
	{ "many64big", SH64(info), 0xffffffff, "4294967295 program headers" },
	{ "s390x", PH64(1, offset), UINT64_MAX,
	  "program header 1: p_filesz 0x24 at p_offset 0xffffffffffffffff" },
	{ "s390x", PH64(1, filesz), UINT64_MAX, "program header 1: p_filesz 0xffffffffffffffff" },
	{ "s390x", PH64(1, memsz), 0x23, "more than p_memsz 0x23" },
	{ "s390x", PH64(0, paddr), UINT64_MAX - 0x3f + 1, "p_paddr 0xffffffffffffffc1 reaches beyond" },
	{ "s390x", PH64(0, memsz), UINT64_MAX, "program header 0: p_memsz" },
	{ "ppc", PH32(0, paddr), 0xffffffc1, "p_paddr 0xffffffc1 reaches beyond" },
	{ "i386", PH32(2, memsz), 0xffffffff, "program header 2: p_memsz" },
	{ "i386", PH32(0, align), 3, "p_align 0x3 is not a power of two" },
	{ "s390x", PH64(4, offset), 0x10000, "program header 4: p_filesz 0x10" },
};

TEST(errors_name_header_and_field)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(bends) / sizeof(bends[0]); i++) {
		const struct bend *b = &bends[i];
		struct blob bent = exact_copy(fixture(&arena, "elf", b->file));
		enum order order = bent.data[5] == 2 ? ORDER_BIG : ORDER_LITTLE;
		struct elf elf;

		put((uint8_t *)(uintptr_t)bent.data + b->at, b->width, order, b->value);
		if (elf_probe(&elf, bent, &arena, &err) != PROBE_BAD)
			fail_msg("case %zu (%s) was not refused", i, b->words);
		assert_int_equal(err.code, ERR_BAD_IMAGE);
		if (!strstr(err.text, b->words))
			fail_msg("case %zu: \"%s\" does not say \"%s\"", i, err.text, b->words);
		free_copy(bent);
	}
}

TEST(what_is_no_elf_is_no_error)
{
	struct elf elf;

	BEGIN_TEST();
	assert_int_equal(elf_probe(&elf, (struct blob){ NULL, 0 }, &arena, &err), PROBE_NOT_MINE);
	assert_int_equal(elf_probe(&elf,
				   (struct blob){ (const uint8_t *)"\x7f"
								   "ELf....",
						  8 },
				   &arena, &err),
			 PROBE_NOT_MINE);
}

TEST(questions_about_segments)
{
	struct elf elf;

	BEGIN_TEST();
	assert_int_equal(elf_probe(&elf, fixture(&arena, "elf", "s390x"), &arena, &err), PROBE_MINE);

	struct range span = elf_physical_span(&elf);

	assert_int_equal(span.start, 0x100000);
	assert_int_equal(span.end, 0x300010);

	assert_ptr_equal(elf_find_load(&elf, (struct range){ 0x100000, 0x100040 }), &elf.segments[0]);
	assert_null(elf_find_load(&elf, (struct range){ 0x100000, 0x100041 }));
	assert_ptr_equal(elf_find_load(&elf, (struct range){ 0x208fff, 0x209000 }), &elf.segments[1]);
	assert_ptr_equal(elf_find_type(&elf, 4, 0), &elf.segments[4]);
	assert_null(elf_find_type(&elf, 4, 5));

	struct blob part = elf_physical_bytes(&elf, 0x100010, 4);

	assert_int_equal(part.size, 4);
	assert_memory_equal(part.data, "\x10\x11\x12\x13", 4);
	assert_int_equal(elf_physical_bytes(&elf, 0x200020, 4).size, 4);
	assert_int_equal(elf_physical_bytes(&elf, 0x200021, 4).size, 0); /* the last byte is bss */
	assert_int_equal(elf_physical_bytes(&elf, UINT64_MAX - 2, 4).size, 0);
	assert_int_equal(elf_bytes(&elf, &elf.segments[1]).size, 36);

	assert_int_equal(elf_probe(&elf, fixture(&arena, "elf", "empty"), &arena, &err), PROBE_MINE);
	span = elf_physical_span(&elf);
	assert_true(range_is_empty(span));
	assert_null(elf_find_type(&elf, 1, 0));

	/* Memory without a byte in the file, at an offset that the file does not have. */
	assert_int_equal(elf_probe(&elf, fixture(&arena, "elf", "nofile"), &arena, &err), PROBE_MINE);
	assert_int_equal(elf_bytes(&elf, &elf.segments[0]).size, 0);
	assert_int_equal(elf_physical_bytes(&elf, 0x1000, 0).size, 0);
	assert_int_equal(elf_physical_bytes(&elf, 0x1000, 1).size, 0);
}

static int start(void **state)
{
	(void)state;
	arena_init(&arena);
	return 0;
}

static int stop(void **state)
{
	(void)state;
	arena_release(&arena);
	return 0;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, start, stop)

CHECK_MAIN(CASE(facts_are_read_in_both_classes_and_orders), CASE(every_cut_is_refused),
	   CASE(no_field_at_its_extremes_breaks_the_bounds), CASE(errors_name_header_and_field),
	   CASE(what_is_no_elf_is_no_error), CASE(questions_about_segments))
