/* SPDX-License-Identifier: GPL-2.0-only */
#include <errno.h>

#include "bytes.h"
#include "kexec/machine/kallsyms.h"
#include "kexec/machine/kcore.h"
#include "machine_support.h"

static const char *const names[] = {
	"plain", "kaslr",	"five-levels-encrypted", "many",	 "old",	 "two-texts", "two-texts-unknown",
	"nothing", "no-memory", "no-notes",		 "odd-physical", "i386", "i386-2g",
};

/* A file in memory, of which every byte read is counted. */
struct memory {
	struct blob bytes;
	uint64_t read;
	bool broken;
};

static bool read_memory(void *context, uint64_t offset, void *bytes, size_t size, struct err *err)
{
	struct memory *memory = context;
	const void *from = blob_at(memory->bytes, offset, size);

	if (memory->broken)
		return err_system(err, EIO, "cannot read t");
	if (!from && size)
		return err_set(err, ERR_BAD_MACHINE, "t is cut off");
	if (size)
		memcpy(bytes, from, size);
	memory->read += size;
	return true;
}

struct facts {
	struct kcore_map map;
	struct vmcoreinfo info;
};

static bool take(struct memory *memory, enum arch_id arch, uint64_t stext, struct facts *facts, struct err *err)
{
	struct kcore kcore = { .name = "t", .arch = arch, .read = read_memory, .context = memory };

	return kcore_open(&kcore, err) && kcore_vmcoreinfo(&kcore, &facts->info, err) &&
	       kcore_map(&kcore, facts->info.has_stext ? facts->info.stext : stext, &facts->map, err);
}

static struct blob kcore_fixture(struct arena *arena, const char *name, const char *suffix)
{
	struct blob blob;
	struct err err;

	check_ok(file_map(arena, arena_printf(arena, "%s/kcore/%s.%s", check_env("FIXTURES"), name, suffix), NULL,
			  &blob, &err),
		 &err);
	return blob;
}

/* One field of what is expected, as the facts have it. */
static void expect(const char **line, bool has, uint64_t value)
{
	char shown[20] = "-", wanted[20];
	int length = 0;

	if (has)
		snprintf(shown, sizeof(shown), "%" PRIx64, value);
	assert_int_equal(sscanf(*line, "%19s%n", wanted, &length), 1);
	assert_string_equal(shown, wanted);
	*line += length;
}

TEST(fixtures)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct arena arena;
		struct facts facts;
		struct err err;
		char arch[20];
		uint64_t stext;
		int length;

		arena_init(&arena);

		struct blob text = kcore_fixture(&arena, names[i], "expect");
		const char *line = arena_strndup(&arena, (const char *)text.data, text.size);
		struct memory memory = { .bytes = kcore_fixture(&arena, names[i], "kcore") };

		assert_int_equal(sscanf(line, "%19s %" SCNx64 "%n", arch, &stext, &length), 2);
		line += length;
		check_ok(take(&memory, machine_arch_by_name(arch), stext, &facts, &err), &err);
		print_message("%s\n", names[i]);
		expect(&line, facts.map.has_direct, facts.map.direct);
		expect(&line, facts.map.has_text, facts.map.text.start);
		expect(&line, facts.map.has_text, align_up(facts.map.text.end, 4096));
		expect(&line, facts.map.has_text_physical, facts.map.text_physical);
		expect(&line, true, facts.info.sme_mask);

		/* The program headers twice, the rest once. */
		assert_true(memory.read < 2 * memory.bytes.size);
		arena_release(&arena);
	}
}

TEST(vmcoreinfo_of_a_kernel)
{
	struct arena arena;
	struct facts facts;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);

	struct memory memory = { .bytes = kcore_fixture(&arena, "five-levels-encrypted", "kcore") };

	check_ok(take(&memory, ARCH_X86_64, 0, &facts, &err), &err);
	assert_true(facts.info.has_phys_base && facts.info.has_kernel_offset && facts.info.has_stext);
	assert_int_equal(facts.info.phys_base, -UINT64_C(0x18400000));
	assert_int_equal(facts.info.kernel_offset, 0x1b400000);
	assert_int_equal(facts.info.stext, UINT64_C(0xffffffff9c400000));
	memory.bytes = kcore_fixture(&arena, "old", "kcore");
	check_ok(take(&memory, ARCH_X86_64, 0, &facts, &err), &err);
	assert_false(facts.info.has_phys_base || facts.info.has_kernel_offset || facts.info.has_stext);
	arena_release(&arena);
}

TEST(every_truncation)
{
	struct arena arena;
	struct facts facts;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob whole = kcore_fixture(&arena, "kaslr", "kcore");

	for (size_t size = 0; size < whole.size; size++) {
		struct memory memory = { .bytes = machine_exact_copy(whole.data, size) };

		check_fails(take(&memory, ARCH_X86_64, 0, &facts, &err), &err, ERR_BAD_MACHINE, "t is cut off");
		free((void *)memory.bytes.data);
	}
	arena_release(&arena);
}

TEST(reading_fails)
{
	struct memory memory = { .broken = true };
	struct facts facts;
	struct err err;

	BEGIN_TEST();
	check_fails(take(&memory, ARCH_X86_64, 0, &facts, &err), &err, ERR_SYSTEM, "Input/output error");
}

/* A field of the file, little endian, gets another value. */
static void with_field(const char *name, size_t offset, size_t width, uint64_t value, const char *words)
{
	struct arena arena;
	struct facts facts;
	struct err err;

	arena_init(&arena);

	struct blob whole = kcore_fixture(&arena, name, "kcore");
	struct memory memory = { .bytes = machine_exact_copy(whole.data, whole.size) };

	assert_true(blob_has(whole, offset, width));
	struct le64 bytes = le64_make(value);

	memcpy((uint8_t *)memory.bytes.data + offset, bytes.b, width);
	if (words)
		check_fails(take(&memory, ARCH_X86_64, 0, &facts, &err), &err, ERR_BAD_MACHINE, words);
	else
		check_ok(take(&memory, ARCH_X86_64, 0, &facts, &err), &err);
	free((void *)memory.bytes.data);
	arena_release(&arena);
}

TEST(header_fields)
{
	BEGIN_TEST();
	with_field("kaslr", 0, 1, 0x7e, "begins with 7e 45 4c 46, expected an ELF file");
	with_field("kaslr", 4, 1, 1, "class 1 and data 1, expected class 2 and data 1 for x86_64");
	with_field("kaslr", 5, 1, 2, "class 2 and data 2");
	with_field("kaslr", 16, 2, 2, "of type 2 for machine 62, expected a core (4)");
	with_field("kaslr", 18, 2, 22, "for machine 22, expected a core (4) for x86_64 (62)");
	with_field("kaslr", 32, 8, UINT64_MAX, "program headers of 56 bytes at offset 0xffffffffffffffff");
	with_field("kaslr", 32, 8, UINT64_MAX - 11 * 56, "cut off");
	with_field("kaslr", 32, 8, 1 << 20, "cut off");
	with_field("kaslr", 54, 2, 55, "11 program headers of 55 bytes at offset 0x40, expected 1 to 65534 of 56");
	with_field("kaslr", 54, 2, 0, "of 0 bytes");
	with_field("kaslr", 56, 2, 0, "has 0 program headers");
	with_field("kaslr", 56, 2, 0xffff, "has 65535 program headers");
	with_field("kaslr", 56, 2, 0xfffe, "cut off");
	with_field("kaslr", 56, 2, 1, NULL);
}

/* Program header 0 has the notes, 2 the kernel, 5 memory. */
TEST(segment_fields)
{
	size_t notes = 64, text = 64 + 2 * 56, memory = 64 + 5 * 56;

	BEGIN_TEST();
	with_field("kaslr", notes + 8, 8, UINT64_MAX, "cut off");
	with_field("kaslr", notes + 32, 8, UINT64_MAX, "18446744073709551615 bytes of notes, expected at most 1048576");
	with_field("kaslr", notes + 32, 8, (1 << 20) + 1, "bytes of notes");
	with_field("kaslr", notes + 32, 8, 1 << 20, "cut off");
	with_field("kaslr", notes + 32, 8, 0, NULL);
	with_field("kaslr", text + 40, 8, UINT64_MAX, "program header 2: 0xffffffffffffffff bytes at 0xffffffff9c400000");
	with_field("kaslr", memory + 40, 8, UINT64_C(1) << 63, "program header 5: 0x8000000000000000 bytes");
	with_field("kaslr", memory + 16, 8, UINT64_MAX, "beyond the 64-bit address space");
	with_field("kaslr", memory + 40, 8, 0, NULL);
	with_field("kaslr", memory + 24, 8, UINT64_MAX, NULL);
	with_field("kaslr", text + 24, 8, 1, NULL);
}

TEST(note_fields)
{
	size_t notes = 64 + 11 * 56;

	BEGIN_TEST();
	with_field("kaslr", notes, 4, UINT32_MAX, "the note at 0x0 of its 2008 bytes of notes ends beyond them");
	with_field("kaslr", notes + 4, 4, UINT32_MAX, "the note at 0x0");
	with_field("kaslr", notes + 4, 4, 4000, "ends beyond them");
	with_field("kaslr", notes + 4, 4, 2008 - 20, NULL);
	with_field("kaslr", notes + 4, 4, 2008 - 20 - 8, "the note at 0x7d0");
}

TEST(no_note_of_vmcoreinfo_ends_early)
{
	struct arena arena;
	struct facts facts;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob whole = kcore_fixture(&arena, "two-texts", "kcore");
	uint8_t *copy = malloc(whole.size + 40);

	/* The note segment is empty there: give it a note without name, then one that is our own. */
	assert_non_null(copy);
	memcpy(copy, whole.data, whole.size);
	memset(copy + whole.size, 0, 40);
	copy[whole.size + 12] = 11;
	copy[whole.size + 16] = 0;
	memcpy(copy + whole.size + 24, "VMCOREINFO", 11);
	memcpy(copy + 64 + 32, le64_make(40).b, 8);

	struct memory memory = { .bytes = { copy, whole.size + 40 } };

	check_ok(take(&memory, ARCH_X86_64, UINT64_C(0xffffffff88000000), &facts, &err), &err);
	assert_false(facts.info.has_stext);
	assert_int_equal(facts.map.text.start, UINT64_C(0xffffffff88000000));
	free(copy);
	arena_release(&arena);
}

static bool parse_info(struct vmcoreinfo *info, const char *text, struct err *err)
{
	struct blob copy = machine_exact_copy(text, strlen(text));
	bool ok = vmcoreinfo_parse(info, "t", copy, err);

	free((void *)copy.data);
	return ok;
}

TEST(vmcoreinfo_lines)
{
	static const char *const bad[] = {
		"NUMBER(phys_base)=",	 "NUMBER(phys_base)=0x1",
		"NUMBER(phys_base)=-",	 "NUMBER(phys_base)=--1",
		"NUMBER(phys_base)= 1",	 "NUMBER(phys_base)=-9223372036854775809",
		"NUMBER(phys_base)=18446744073709551616",
		"KERNELOFFSET=",	 "KERNELOFFSET=0x1",
		"KERNELOFFSET=g",	 "KERNELOFFSET=10000000000000000",
		"SYMBOL(_stext)=",	 "SYMBOL(_stext)=-1",
		"NUMBER(sme_mask)=f",	 "NUMBER(sme_mask)=1\nNUMBER(sme_mask)=",
	};
	struct vmcoreinfo info;
	struct err err;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check_fails(parse_info(&info, bad[i], &err), &err, ERR_BAD_MACHINE, "found in its vmcoreinfo");
	check_ok(parse_info(&info, "", &err), &err);
	assert_false(info.has_phys_base || info.has_stext || info.has_kernel_offset || info.sme_mask);
	check_ok(parse_info(&info,
			    "XNUMBER(phys_base)=z\nNUMBER(phys_base)=-9223372036854775808\n\nSYMBOL(_stextra)=z\r\n"
			    "SYMBOL(_stext)=ffffffffffffffff\nKERNELOFFSET=0\nNUMBER(sme_mask)=140737488355328",
			    &err),
		 &err);
	assert_int_equal(info.phys_base, UINT64_C(1) << 63);
	assert_int_equal(info.stext, UINT64_MAX);
	assert_true(info.has_kernel_offset && info.kernel_offset == 0);
	assert_int_equal(info.sme_mask, UINT64_C(1) << 47);
}

/* In pieces of that size. Gives how many bytes were asked for. */
static size_t feed(struct kallsyms *kallsyms, const char *text, size_t size, size_t piece, bool *ok, struct err *err)
{
	size_t at = 0;

	*kallsyms = (struct kallsyms){ .name = "t", .symbol = "_stext" };
	for (*ok = true; *ok && !kallsyms->found && at < size;) {
		struct blob copy = machine_exact_copy(text + at, size - at < piece ? size - at : piece);

		at += copy.size;
		*ok = kallsyms_feed(kallsyms, copy, err);
		free((void *)copy.data);
	}
	return at;
}

TEST(symbols)
{
	static const char text[] = "0000000000000000 A fixed_percpu_data\n"
				   "ffffffff9c400000 T _stext_of_another\n"
				   "ffffffff9c400001 T __stext\n"
				   "ffffffff9c400002 t _stext\t[module]\n"
				   "ffffffff9c400003 T _stext\n"
				   "nonsense that nobody reads\n";
	struct kallsyms kallsyms;
	struct err err;
	bool ok;

	BEGIN_TEST();
	for (size_t piece = 1; piece <= sizeof(text); piece++) {
		size_t used = feed(&kallsyms, text, sizeof(text) - 1, piece, &ok, &err);

		check_ok(ok, &err);
		assert_true(kallsyms.found);
		assert_int_equal(kallsyms.address, UINT64_C(0xffffffff9c400003));
		assert_true(used < sizeof(text) - 27 + piece);
	}

	/* A line without its end is not one yet. */
	feed(&kallsyms, "1 T _stext", 10, 3, &ok, &err);
	assert_true(ok && !kallsyms.found);
}

static void refuse_symbols(const char *text, size_t size, const char *words)
{
	struct kallsyms kallsyms;
	struct err err;

	for (size_t piece = 1; piece <= size; piece = piece * 3 + 1) {
		bool ok;

		feed(&kallsyms, text, size, piece, &ok, &err);
		check_fails(ok, &err, ERR_BAD_MACHINE, words);
	}
	struct blob copy = machine_exact_copy(text, size);

	kallsyms = (struct kallsyms){ .name = "t", .symbol = "_stext" };
	check_fails(kallsyms_feed(&kallsyms, copy, &err), &err, ERR_BAD_MACHINE, words);
	free((void *)copy.data);
}

#define REFUSE_SYMBOLS(text, words) refuse_symbols(text, sizeof(text) - 1, words)

TEST(what_is_no_list_of_symbols)
{
	char *line = malloc(100000);

	BEGIN_TEST();
	REFUSE_SYMBOLS("\n", "t:1: \"\" found, expected \"ADDRESS TYPE NAME\"");
	REFUSE_SYMBOLS("0 T a\nffffffff9c400000\n", "t:2: \"ffffffff9c400000\" found");
	REFUSE_SYMBOLS(" T _stext\n", "t:1:");
	REFUSE_SYMBOLS("0 T \n", "t:1:");
	REFUSE_SYMBOLS("0 TT _stext\n", "t:1:");
	REFUSE_SYMBOLS("g T _stext\n", "expected a hexadecimal address");
	REFUSE_SYMBOLS("10000000000000000 T _stext\n", "expected a hexadecimal address");
	REFUSE_SYMBOLS("0x1 T _stext\n", "expected a hexadecimal address");

	/* No line end in sight: it must not be kept. */
	assert_non_null(line);
	memset(line, 'f', 100000);
	memcpy(line, "0 T a\n", 6);
	refuse_symbols(line, 100000, "t:2: a line of more than 1024 bytes");
	free(line);
}

CHECK_MAIN(cmocka_unit_test(fixtures), cmocka_unit_test(vmcoreinfo_of_a_kernel), cmocka_unit_test(every_truncation),
	   cmocka_unit_test(reading_fails), cmocka_unit_test(header_fields), cmocka_unit_test(segment_fields),
	   cmocka_unit_test(note_fields), cmocka_unit_test(no_note_of_vmcoreinfo_ends_early),
	   cmocka_unit_test(vmcoreinfo_lines), cmocka_unit_test(symbols),
	   cmocka_unit_test(what_is_no_list_of_symbols))
