/* SPDX-License-Identifier: GPL-2.0-only */
/* Virtual memory of made kernels of every architecture and paging mode: tests/mk/kernel_paging.py. */
#include <ctype.h>
#include <inttypes.h>

#include "arena.h"
#include "check.h"
#include "kdump/kernel/translate.h"
#include "kexec/base/file.h"

struct subject {
	struct arena arena;
	struct dump dump;
	struct kernel kernel;
	struct kernel_view *view;
};

static void open_subject(struct subject *s, const char *name)
{
	struct err err;

	arena_init(&s->arena);
	check_ok(dump_open(&s->dump, &s->arena,
			   arena_printf(&s->arena, "%s/kernel_paging-%s.vmcore", check_env("FIXTURES"), name), &err),
		 &err);
	check_ok(kernel_open(&s->kernel, &s->arena, &s->dump, &err), &err);
	s->view = kernel_view_new(&s->kernel, &s->arena);
}

static size_t from_hex(const char *text, uint8_t *bytes, size_t room)
{
	size_t count = 0;

	for (; isxdigit((unsigned char)text[0]) && count < room; text += 2) {
		unsigned int byte;

		assert_int_equal(sscanf(text, "%2x", &byte), 1);
		bytes[count++] = (uint8_t)byte;
	}
	return count;
}

static void check_map(const struct subject *s, struct kernel_view *view, const char *name, const char *values)
{
	uint64_t vaddr, wanted, reach, physical, contiguous;
	struct err err;

	assert_int_equal(sscanf(values, "%" SCNx64 " %" SCNx64 " %" SCNx64, &vaddr, &wanted, &reach), 3);
	if (!kernel_translate(view, vaddr, &physical, &contiguous, &err))
		fail_msg("%s: %s: %s", name, values, err.text);
	if (physical != wanted || contiguous != reach)
		fail_msg("%s: %s: found physical 0x%" PRIx64 ", contiguous 0x%" PRIx64, name, values, physical, contiguous);
	check_ok(kernel_translate(view, vaddr, &physical, NULL, &err), &err);
	assert_ptr_equal(kernel_of_view(view), &s->kernel);
}

static void check_data(struct kernel_view *view, const char *name, const char *values)
{
	uint8_t wanted[16], found[16];
	uint64_t vaddr;
	int at;
	struct err err;

	assert_int_equal(sscanf(values, "%" SCNx64 " %n", &vaddr, &at), 1);

	size_t size = from_hex(values + at, wanted, sizeof(wanted));

	assert_true(size > 0);
	if (!kernel_read(view, vaddr, found, size, &err))
		fail_msg("%s: %s: %s", name, values, err.text);
	if (memcmp(found, wanted, size))
		fail_msg("%s: %s: found %02x %02x %02x %02x...", name, values, found[0], found[1], found[2], found[3]);
}

static void check_fail(struct kernel_view *view, const char *name, const char *values, bool translates)
{
	uint64_t vaddr, physical;
	uint8_t byte;
	int at;
	struct err err;

	assert_int_equal(sscanf(values, "%" SCNx64 " %n", &vaddr, &at), 1);
	if (translates)
		check_ok(kernel_translate(view, vaddr, &physical, NULL, &err), &err);
	else if (kernel_translate(view, vaddr, &physical, NULL, &err))
		fail_msg("%s: 0x%" PRIx64 " is translated to 0x%" PRIx64 ", expected: %s", name, vaddr, physical, values + at);
	if (kernel_read_u8(view, vaddr, &byte, &err))
		fail_msg("%s: 0x%" PRIx64 " is read, expected: %s", name, vaddr, values + at);
	if (!strstr(err.text, values + at))
		fail_msg("%s: 0x%" PRIx64 ": \"%s\" does not say \"%s\"", name, vaddr, err.text, values + at);
	if (err.code != ERR_BAD_IMAGE && err.code != ERR_UNSUPPORTED)
		fail_msg("%s: 0x%" PRIx64 ": error code %d", name, vaddr, (int)err.code);
}

static void check_line(const struct subject *s, struct kernel_view *view, const char *name, const char *line)
{
	const char *values = strchr(line, ' ') + 1;

	if (strncmp(line, "arch ", 5) == 0)
		assert_string_equal(s->kernel.arch ? s->kernel.arch->name : "none", values);
	else if (strncmp(line, "tables ", 7) == 0) {
		if ((*values == '1') != kernel_translation(&s->kernel)->tables)
			fail_msg("%s: tables are%s walked: %s", name, *values == '1' ? " not" : "",
				 s->kernel.translation ? s->kernel.translation : "no reason given");
		assert_true((*values == '1') == !s->kernel.translation);
	} else if (strncmp(line, "why ", 4) == 0) {
		assert_non_null(s->kernel.translation);
		if (!strstr(s->kernel.translation, values))
			fail_msg("%s: \"%s\" does not say \"%s\"", name, s->kernel.translation, values);
	} else if (strncmp(line, "map ", 4) == 0)
		check_map(s, view, name, values);
	else if (strncmp(line, "data ", 5) == 0)
		check_data(view, name, values);
	else if (strncmp(line, "fail ", 5) == 0)
		check_fail(view, name, values, false);
	else if (strncmp(line, "unread ", 7) == 0)
		check_fail(view, name, values, true);
	else
		fail_msg("%s: a line that is not known: %s", name, line);
}

typedef void line_user(const struct subject *s, struct kernel_view *view, const char *name, const char *line);

/* Calls use for each line; dumps are opened and closed on the way. */
static void for_each_line(line_user *use, bool fresh_views)
{
	struct arena arena;
	struct blob file;
	struct err err;
	struct subject subject;
	char name[64] = "";
	unsigned int lines = 0;

	arena_init(&arena);
	check_ok(file_map(&arena, arena_printf(&arena, "%s/kernel_paging-expect.txt", check_env("FIXTURES")), NULL, &file,
			  &err),
		 &err);

	char *text = arena_strndup(&arena, (const char *)file.data, file.size);

	for (char *line = text, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		if (sscanf(line, "dump %63s", name) == 1) {
			open_subject(&subject, name);
		} else if (strcmp(line, "end") == 0) {
			arena_release(&subject.arena);
		} else if (fresh_views) {
			struct arena scratch;

			arena_init(&scratch);
			use(&subject, kernel_view_new(&subject.kernel, &scratch), name, line);
			arena_release(&scratch);
			lines++;
		} else {
			use(&subject, subject.view, name, line);
			lines++;
		}
	}
	assert_true(lines > 300);
	arena_release(&arena);
}

TEST(each_address_is_where_the_tables_say)
{
	BEGIN_TEST();
	for_each_line(check_line, true);
}

TEST(caches_change_nothing)
{
	BEGIN_TEST();
	for_each_line(check_line, false);
}

/* Reads in one go what lies around, in pieces of every size up to 9: pieces cross pages and mappings. */
static void read_in_pieces(const struct subject *s, struct kernel_view *view, const char *name, const char *line)
{
	uint8_t whole[64], pieces[64];
	uint64_t vaddr;
	struct err err;

	(void)s;
	if (sscanf(line, "data %" SCNx64, &vaddr) != 1 || !kernel_read(view, vaddr - 7, whole, sizeof(whole), &err))
		return;
	for (size_t size = 1; size < 10; size++) {
		for (size_t at = 0; at < sizeof(whole); at += size) {
			size_t part = sizeof(whole) - at < size ? sizeof(whole) - at : size;

			check_ok(kernel_read(view, vaddr - 7 + at, pieces + at, part, &err), &err);
		}
		if (memcmp(whole, pieces, sizeof(whole)))
			fail_msg("%s: %s: pieces of %zu bytes differ", name, line, size);
	}
}

TEST(reading_in_pieces_gives_the_same)
{
	BEGIN_TEST();
	for_each_line(read_in_pieces, false);
}

/* The caches against none, over addresses that fall on one slot. */
TEST(slots_are_shared_without_mixing)
{
	struct subject s;
	struct err err;

	BEGIN_TEST();
	open_subject(&s, "ppc64-radix4k");
	for (unsigned int round = 0; round < 3; round++) {
		for (uint64_t i = 0; i < 64; i++) {
			uint64_t vaddr = UINT64_C(0xc000000000000000) + i * 1024 * 4096 + 0x10, physical;

			check_ok(kernel_translate(s.view, vaddr, &physical, NULL, &err), &err);
			assert_true(physical == i * 1024 * 4096 + 0x10);
			check_ok(kernel_translate(s.view, UINT64_C(0xc008000000020008), &physical, NULL, &err), &err);
			assert_true(physical == 0x5000008);
		}
	}
	arena_release(&s.arena);
}

TEST(integers_have_the_order_and_width_of_the_kernel)
{
	static const char *const names[] = { "ppc64-hash64k", "ppc64le-hash64k", "i386" };

	BEGIN_TEST();
	for (size_t i = 0; i < 3; i++) {
		struct subject s;
		struct err err;
		uint64_t uts, offset, value64 = 0, value_long = 0;
		uint32_t value32 = 0;
		uint16_t value16 = 0;
		uint8_t value8 = 0, bytes[8];
		bool big = i == 0, is64 = i < 2;

		open_subject(&s, names[i]);
		assert_true(kernel_info_symbol(&s.kernel.info, "init_uts_ns", &uts));
		assert_true(kernel_info_offset(&s.kernel.info, "uts_namespace.name", &offset));
		uts += offset;
		check_ok(kernel_read_u8(s.view, uts, &value8, &err), &err);
		check_ok(kernel_read_u16(s.view, uts, &value16, &err), &err);
		check_ok(kernel_read_u32(s.view, uts, &value32, &err), &err);
		check_ok(kernel_read_u64(s.view, uts, &value64, &err), &err);
		check_ok(kernel_read_long(s.view, uts, &value_long, &err), &err);
		check_ok(kernel_read(s.view, uts, bytes, sizeof(bytes), &err), &err);
		assert_int_equal(value8, 'L');
		assert_int_equal(value16, big ? 0x4c69 : 0x694c);
		assert_int_equal(value32, big ? 0x4c696e75 : 0x756e694c);
		assert_true(value64 == (big ? UINT64_C(0x4c696e7578000000) : UINT64_C(0x00000078756e694c)));
		assert_true(value_long == (is64 ? value64 : value32));
		assert_int_equal(kernel_u16(&s.kernel, bytes), value16);
		assert_int_equal(kernel_u32(&s.kernel, bytes), value32);
		assert_true(kernel_u64(&s.kernel, bytes) == value64);
		assert_true(kernel_long(&s.kernel, bytes) == value_long);
		arena_release(&s.arena);
	}
}

/* What is read again and again is remembered; it must be forgotten when its page makes room for another. */
TEST(a_page_that_gave_way_is_read_anew)
{
	struct subject s;
	struct err err;
	uint8_t before[8], after[8], other;

	BEGIN_TEST();
	open_subject(&s, "ppc64-radix4k");
	check_ok(kernel_read(s.view, UINT64_C(0xc008000000020000), before, sizeof(before), &err), &err);
	for (uint64_t pfn = 0; pfn < 20; pfn++)
		check_ok(kernel_physical(s.view, 0x1000000 + pfn * 4096, &other, 1, &err), &err);
	check_ok(kernel_read(s.view, UINT64_C(0xc008000000020000), after, sizeof(after), &err), &err);
	assert_memory_equal(before, after, sizeof(before));
	arena_release(&s.arena);
}

/* A mapping need not begin or end with a page of the dump. */
TEST(nothing_beside_a_mapping_is_read)
{
	struct subject s;
	struct err err;
	uint8_t byte;

	BEGIN_TEST();
	open_subject(&s, "i386");
	s.dump.mappings = &(struct dump_mapping){ 0xc0200800, 0x200800, 0x400 };
	s.dump.mapping_count = 1;
	check_ok(kernel_open(&s.kernel, &s.arena, &s.dump, &err), &err);
	s.view = kernel_view_new(&s.kernel, &s.arena);
	check_ok(kernel_read_u8(s.view, 0xc0200900, &byte, &err), &err);
	check_ok(kernel_read_u8(s.view, 0xc0200800, &byte, &err), &err);
	check_ok(kernel_read_u8(s.view, 0xc0200bff, &byte, &err), &err);
	check_fails(kernel_read_u8(s.view, 0xc02007ff, &byte, &err), &err, ERR_BAD_IMAGE, "no program header");
	check_fails(kernel_read_u8(s.view, 0xc0200c00, &byte, &err), &err, ERR_BAD_IMAGE, "no program header");
	arena_release(&s.arena);
}

TEST(a_dump_without_vmcoreinfo_is_no_kernel)
{
	struct subject s;
	struct kernel kernel;
	struct err err;

	BEGIN_TEST();
	open_subject(&s, "x86_64-4");
	s.dump.vmcoreinfo.size = 0;
	check_fails(kernel_open(&kernel, &s.arena, &s.dump, &err), &err, ERR_BAD_IMAGE, "no VMCOREINFO");
	arena_release(&s.arena);
}

TEST(a_page_size_that_cannot_be_gives_way_to_that_of_the_dump)
{
	static const char *const texts[] = { "PAGESIZE=4097\n", "PAGESIZE=0\n", "PAGESIZE=2097152\n", "PAGESIZE=x\n",
					     "A=1\n" };
	struct subject s;
	struct kernel kernel;
	struct err err;

	BEGIN_TEST();
	open_subject(&s, "x86_64-4");
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		s.dump.vmcoreinfo = (struct blob){ (const uint8_t *)texts[i], strlen(texts[i]) };
		check_ok(kernel_open(&kernel, &s.arena, &s.dump, &err), &err);
		assert_int_equal(kernel.page_size, 4096);
		assert_int_equal(kernel.page_shift, 12);
	}
	arena_release(&s.arena);
}

TEST(headers_that_overlap_are_cut)
{
	struct dump_mapping mappings[] = {
		{ 0xffff800000003000, 0x3000, 0x2000 },
		{ UINT64_MAX, 0x1000, 0x1000 },
		{ 0xffff800000000000, 0x10000, 0x4000 },
		{ 0xffff800000001000, 0x90000, 0x1000 }, /* inside the one before */
		{ 0xfffffffffffff000, 0x70000, 0x1000 }, /* to the end of the address space */
		{ 0xfffffffffffff800, 0x80000, 0x1000 }, /* beyond it */
		{ 0xffff900000000000, 0, 0 },
		{ 0x1000, 0x1000, 0x1000 },
	};
	struct dump dump = { .mappings = mappings, .mapping_count = sizeof(mappings) / sizeof(*mappings) };
	struct kernel_translation translation = { .facts = NULL };
	struct kernel_block block;
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	kernel_headers_index(&translation, &arena, &dump, true);
	assert_int_equal(translation.mapping_count, 3);
	assert_true(kernel_headers_find(&translation, 0xffff800000003fff, &block) && block.physical == 0x10000);
	assert_true(kernel_headers_find(&translation, 0xffff800000004000, &block));
	assert_true(block.vaddr == 0xffff800000004000 && block.physical == 0x4000 && block.size == 0x1000);
	assert_false(kernel_headers_find(&translation, 0xffff800000005000, &block));
	assert_false(kernel_headers_find(&translation, 0x1000, &block));
	assert_false(kernel_headers_find(&translation, 0, &block));
	assert_true(kernel_headers_find(&translation, UINT64_MAX, &block) && block.physical == 0x70000);
	kernel_headers_index(&translation, &arena, &dump, false);
	assert_true(kernel_headers_find(&translation, 0x1000, &block) && block.size == 0x1000);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(each_address_is_where_the_tables_say), cmocka_unit_test(caches_change_nothing),
	   cmocka_unit_test(reading_in_pieces_gives_the_same), cmocka_unit_test(slots_are_shared_without_mixing),
	   cmocka_unit_test(integers_have_the_order_and_width_of_the_kernel),
	   cmocka_unit_test(a_page_that_gave_way_is_read_anew), cmocka_unit_test(nothing_beside_a_mapping_is_read),
	   cmocka_unit_test(a_dump_without_vmcoreinfo_is_no_kernel),
	   cmocka_unit_test(a_page_size_that_cannot_be_gives_way_to_that_of_the_dump),
	   cmocka_unit_test(headers_that_overlap_are_cut))
