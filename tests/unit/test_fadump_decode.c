/* SPDX-License-Identifier: GPL-2.0-only */
/* The decoders of a fadump's parts against what tests/mk/fadump_images.py made, and against truncation. */
#include <inttypes.h>
#include <unistd.h>

#include "arena.h"
#include "check.h"
#include "kdump/fadump_cpu_state.h"
#include "kdump/fadump_crash_info.h"
#include "kdump/fadump_elfcore.h"
#include "kdump/fadump_opal.h"
#include "kdump/fadump_scratch.h"
#include "kexec/base/file.h"

#define THREAD_SIZE 1024
#define CRASH_TIME 1795257000
#define BUILD_ID "0123456789abcdef0123456789abcdef01234567"

static const struct fadump_capture_kernel unknown;

static struct blob read_fixture(struct arena *arena, const char *name)
{
	struct blob bytes;
	struct err err;

	check_ok(file_map(arena, arena_printf(arena, "%s/fadump/%s", check_env("FIXTURES"), name), NULL, &bytes, &err), &err);
	return bytes;
}

/* In memory of its own size, so that a sanitizer sees each byte too far. */
static struct blob own(struct blob all, size_t size)
{
	uint8_t *bytes = malloc(size ? size : 1);

	if (size)
		memcpy(bytes, all.data, size);
	return (struct blob){ bytes, size };
}

static bool decode_scratch(struct arena *arena, const char *name, struct findings *findings, struct err *err)
{
	struct fadump_scratch_request request = { .kernel = unknown };
	struct fadump_kernel_dump dump;
	struct fadump_scratch scratch;
	struct memory memory;
	const char *path = arena_printf(arena, "%s/fadump/%s", check_env("FIXTURES"), name);
	const char *property = arena_printf(arena, "%s.property", path);
	struct blob bytes;

	if (access(property, F_OK) == 0) {
		check_ok(file_map(arena, property, NULL, &bytes, err), err);
		check_ok(fadump_kernel_dump_read(&dump, bytes, err), err);
		request.kernel_dump = &dump;
	}
	check_ok(memory_open(&memory, arena, path, ORDER_BIG, 21, err), err);
	return fadump_scratch_check(&scratch, &memory, &request, findings, err);
}

static bool decode(struct arena *arena, const char *kind, const char *name, struct findings *findings, struct err *err)
{
	if (strcmp(kind, "scratch") == 0)
		return decode_scratch(arena, name, findings, err);

	struct blob mapped = read_fixture(arena, name), bytes = own(mapped, mapped.size);
	bool ok = false;

	if (strcmp(kind, "kernel_dump") == 0) {
		struct fadump_kernel_dump dump;

		ok = fadump_kernel_dump_read(&dump, bytes, err);
		if (ok)
			fadump_kernel_dump_check(&dump, findings);
	} else if (strcmp(kind, "cpu_state") == 0) {
		struct fadump_cpu_state state;

		ok = fadump_cpu_state_read(&state, bytes, err);
		if (ok)
			fadump_cpu_state_check(&state, findings);
	} else if (strcmp(kind, "opal") == 0) {
		struct fadump_opal_cpus cpus;

		ok = fadump_opal_read(&cpus, bytes, THREAD_SIZE, err);
		if (ok)
			fadump_opal_check(&cpus, findings);
	} else if (strcmp(kind, "crash_info") == 0) {
		struct fadump_crash_info info;

		ok = fadump_crash_info_read(&info, bytes, err) == FADUMP_CRASH_INFO_OK;
		if (ok)
			fadump_crash_info_check(&info, UINT64_MAX, &unknown, findings);
	} else if (strcmp(kind, "elfcore") == 0) {
		struct fadump_source source = fadump_source_bytes(name, bytes);
		struct fadump_elfcore core;

		ok = fadump_elfcore_read(&core, arena, &source, 0, false, err);
		if (ok)
			fadump_elfcore_check(&core, 0, findings);
	} else {
		fail_msg("%s is no kind", kind);
	}
	free((void *)(uintptr_t)bytes.data);
	return ok;
}

static void judge(const char *name, bool ok, const struct findings *findings, const struct err *err, const char *wanted,
		  const char *words)
{
	const char *all = "";

	if (strcmp(wanted, "refused") == 0) {
		if (ok)
			fail_msg("%s: was read, should be refused", name);
		if (!strstr(err->text, words))
			fail_msg("%s: \"%s\" does not say \"%s\"", name, err->text, words);
		return;
	}
	if (!ok)
		fail_msg("%s: %s", name, err->text);
	for (const struct finding *f = findings->first; f; f = f->next)
		if (f->bad)
			all = arena_printf(findings->arena, "%s%s: %s\n", all, f->name, f->bad);
	if (strcmp(wanted, "sound") == 0 && *all)
		fail_msg("%s: should be sound: %s", name, all);
	if (strcmp(wanted, "damaged") == 0 && (!*all || !strstr(all, words)))
		fail_msg("%s: \"%s\" does not say \"%s\"", name, all, words);
}

TEST(each_case_gives_the_result_that_was_written_down)
{
	struct arena arena;
	struct blob list;
	int count = 0;

	BEGIN_TEST();
	arena_init(&arena);
	list = read_fixture(&arena, "cases");

	char *text = arena_strndup(&arena, (const char *)list.data, list.size);

	for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n"), count++) {
		struct findings findings;
		struct err err = { .code = ERR_NONE };
		char kind[32], name[96], wanted[16];
		int words = 0;
		struct arena own_arena;

		assert_int_equal(sscanf(line, "%31s %95s %15s %n", kind, name, wanted, &words), 3);
		arena_init(&own_arena);
		findings_init(&findings, &own_arena);

		bool ok = decode(&own_arena, kind, name, &findings, &err);

		judge(name, ok, &findings, &err, wanted, line + words);
		arena_release(&own_arena);
	}
	assert_true(count > 200);
	arena_release(&arena);
}

/* A good part, cut anywhere, is refused: nothing of it is taken for all of it. */
TEST(a_part_cut_short_is_refused_at_every_length)
{
	static const struct {
		const char *kind, *name;
		size_t tail; /* bytes behind what the part needs */
	} parts[] = {
		{ "kernel_dump", "kernel_dump-radix", 0 },
		{ "cpu_state", "cpu_state-two", 12 },
		{ "opal", "opal-two", 1024 },
		{ "crash_info", "crash_info-little", 0 },
		{ "crash_info", "crash_info-big-64-cpus", 0 },
	};

	BEGIN_TEST();
	for (size_t p = 0; p < sizeof(parts) / sizeof(parts[0]); p++) {
		struct arena arena;

		arena_init(&arena);

		struct blob good = read_fixture(&arena, parts[p].name);

		for (size_t size = 0; size < good.size - parts[p].tail; size++) {
			struct blob bytes = own(good, size);
			struct err err = { .code = ERR_NONE };
			bool ok;

			if (p == 0)
				ok = fadump_kernel_dump_read(&(struct fadump_kernel_dump){ 0 }, bytes, &err);
			else if (p == 1)
				ok = fadump_cpu_state_read(&(struct fadump_cpu_state){ 0 }, bytes, &err);
			else if (p == 2)
				ok = fadump_opal_read(&(struct fadump_opal_cpus){ 0 }, bytes, THREAD_SIZE, &err);
			else
				ok = fadump_crash_info_read(&(struct fadump_crash_info){ 0 }, bytes, &err) ==
				     FADUMP_CRASH_INFO_OK;
			if (ok || err.code == ERR_NONE || !err.text[0])
				fail_msg("%s of %zu bytes is taken", parts[p].name, size);
			free((void *)(uintptr_t)bytes.data);
		}
		arena_release(&arena);
	}
}

/* Headers and notes lie in the first part of the file; behind it, memory is only named. */
TEST(an_elf_core_cut_in_its_headers_is_refused_or_damaged)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob good = read_fixture(&arena, "elfcore-big");

	for (size_t size = 0; size < 64 + 56 * 3 + 20 + 504 + 12; size++) {
		struct arena inner;
		struct blob bytes = own(good, size);
		struct fadump_source source = fadump_source_bytes("cut", bytes);
		struct fadump_elfcore core;
		struct err err = { .code = ERR_NONE };

		arena_init(&inner);
		if (fadump_elfcore_read(&core, &inner, &source, 0, false, &err))
			fail_msg("%zu bytes are taken", size);
		assert_int_equal(err.code, ERR_BAD_IMAGE);
		arena_release(&inner);
		free((void *)(uintptr_t)bytes.data);
	}
	arena_release(&arena);
}

TEST(the_kernel_dump_gives_its_numbers)
{
	struct arena arena;
	struct err err;
	struct fadump_kernel_dump dump;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(fadump_kernel_dump_read(&dump, read_fixture(&arena, "kernel_dump-two-regions"), &err), &err);
	assert_int_equal(dump.count, 4);
	assert_int_equal(dump.status, 0xc000);
	assert_int_equal(fadump_kernel_dump_find(&dump, FADUMP_CPU_STATE)->dumped, 0x510);
	assert_int_equal(fadump_kernel_dump_find(&dump, FADUMP_HPTE)->destination, 0x20000510);
	assert_null(fadump_kernel_dump_find(&dump, FADUMP_PARAMETERS));
	assert_int_equal(fadump_kernel_dump_top(&dump), 0x28000000);
	assert_int_equal(fadump_kernel_dump_boot_size(&dump), 0x20000000);
	arena_release(&arena);
}

TEST(cpus_give_their_numbers_and_registers)
{
	struct arena arena;
	struct err err;
	struct fadump_cpu_state state;
	struct fadump_cpu cpu;
	size_t at = 0;
	uint64_t value;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(fadump_cpu_state_read(&state, read_fixture(&arena, "cpu_state-high-bits"), &err), &err);
	assert_int_equal(state.cpu_count, 2);
	for (uint32_t i = 0; i < 2; i++) {
		assert_true(fadump_cpu_state_next(&state, &at, &cpu));
		assert_int_equal(cpu.number, i);
		assert_true(fadump_cpu_register(&cpu, "GPR31", &value));
		assert_int_equal(value, 0xc000000000000000 + (i << 16) + 31 * 8);
		assert_true(fadump_cpu_register(&cpu, "NIA", &value));
		assert_int_equal(value, 0xc000000000000000 + (i << 16) + 32 * 8);
		assert_false(fadump_cpu_register(&cpu, "GPR3", &value));
	}
	assert_false(fadump_cpu_state_next(&state, &at, &cpu));
	arena_release(&arena);
}

static const char *refusal(struct arena *arena, const char *name, struct fadump_capture_kernel kernel)
{
	struct fadump_crash_info info;
	struct err err;

	assert_int_equal(fadump_crash_info_read(&info, read_fixture(arena, name), &err), FADUMP_CRASH_INFO_OK);
	return fadump_crash_info_refusal(&info, &kernel);
}

TEST(a_capture_kernel_refuses_in_its_own_words)
{
	const struct fadump_capture_kernel little = { .has_order = true, .order = ORDER_LITTLE };
	const struct fadump_capture_kernel big = { .has_order = true, .order = ORDER_BIG };
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	assert_null(refusal(&arena, "crash_info-little", unknown));
	assert_null(refusal(&arena, "crash_info-little", little));
	assert_null(refusal(&arena, "crash_info-big", big));
	assert_string_equal(refusal(&arena, "crash_info-little", big),
			    "Endianness mismatch between the crashed and fadump kernels.");
	assert_string_equal(refusal(&arena, "crash_info-big", little),
			    "Endianness mismatch between the crashed and fadump kernels.");
	assert_string_equal(refusal(&arena, "crash_info-big-old", big), "Old magic number, can't process the dump.");
	assert_string_equal(refusal(&arena, "crash_info-big-old", little), "Fadump header is corrupted.");
	/* A mask of 256 bytes is that of 1985 to 2048 CPUs. */
	assert_null(refusal(&arena, "crash_info-big", (struct fadump_capture_kernel){ .nr_cpus = 2048 }));
	assert_null(refusal(&arena, "crash_info-big", (struct fadump_capture_kernel){ .nr_cpus = 1985 }));
	assert_string_equal(refusal(&arena, "crash_info-big", (struct fadump_capture_kernel){ .nr_cpus = 1984 }),
			    "Fadump header size mismatch.");
	assert_string_equal(refusal(&arena, "crash_info-big", (struct fadump_capture_kernel){ .nr_cpus = 8192 }),
			    "Fadump header size mismatch.");
	assert_null(refusal(&arena, "crash_info-big", (struct fadump_capture_kernel){ .registers_size = 384 }));
	assert_string_equal(refusal(&arena, "crash_info-big", (struct fadump_capture_kernel){ .registers_size = 352 }),
			    "Fadump header size mismatch.");
	arena_release(&arena);
}

TEST(an_elf_core_gives_its_facts_in_both_orders)
{
	static const char *const names[] = { "elfcore-little", "elfcore-big" };

	BEGIN_TEST();
	for (size_t i = 0; i < 2; i++) {
		struct arena arena;
		struct fadump_elfcore core;
		struct err err;

		arena_init(&arena);

		struct fadump_source source = fadump_source_bytes(names[i], read_fixture(&arena, names[i]));

		check_ok(fadump_elfcore_read(&core, &arena, &source, 0, false, &err), &err);
		assert_int_equal(core.order, i ? ORDER_BIG : ORDER_LITTLE);
		assert_int_equal(core.prstatus, 1);
		assert_int_equal(core.load_count, 2);
		assert_int_equal(core.loads[1].address, 0x400101b0);
		assert_int_equal(core.loads[1].file_size, 0x11e50);
		assert_int_equal(core.end, source.bytes.size);
		assert_string_equal(core.vmcoreinfo.osrelease, "6.12.0-test");
		assert_string_equal(core.vmcoreinfo.build_id, BUILD_ID);
		assert_true(core.vmcoreinfo.has_crash_time);
		assert_int_equal(core.vmcoreinfo.crash_time, CRASH_TIME);
		arena_release(&arena);
	}
}

static bool may_begin(struct arena *arena, const char *name, uint64_t address)
{
	return fadump_crash_info_may_begin(read_fixture(arena, name).data, address);
}

/* A search looks at so much before it reads the rest of a header: an image can be full of magics. */
TEST(a_header_is_known_by_its_first_bytes)
{
	static const char *const magics[] = { "FADMPSIG", "GISPMDAF", "FADMPINF", "FNIPMDAF" };
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	assert_true(may_begin(&arena, "crash_info-little", 0x1000));
	assert_true(may_begin(&arena, "crash_info-big", 0x1000));
	assert_true(may_begin(&arena, "crash_info-big-64-cpus", 0x1000));
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++) {
		uint8_t bytes[FADUMP_CRASH_INFO_FIXED];

		for (size_t at = 0; at < sizeof(bytes); at++)
			bytes[at] = (uint8_t)magics[i][at % 8];
		assert_true(fadump_crash_info_is_magic(bytes));
		assert_false(fadump_crash_info_may_begin(bytes, 0x1000));
	}

	/* Of the old header the place counts: the ELF core header is behind it, and not far. */
	struct fadump_crash_info info;
	struct err err;

	assert_int_equal(fadump_crash_info_read(&info, read_fixture(&arena, "crash_info-big-old"), &err),
			 FADUMP_CRASH_INFO_OK);
	assert_true(may_begin(&arena, "crash_info-big-old", info.elfcorehdr - 24 - 352 - 8));
	assert_false(may_begin(&arena, "crash_info-big-old", info.elfcorehdr - 24 - 352));
	assert_false(may_begin(&arena, "crash_info-big-old", info.elfcorehdr));
	arena_release(&arena);
}

/* What the first bytes let pass and what the check of all of it finds right is the same, byte by byte. */
TEST(the_first_bytes_are_judged_as_the_check_does)
{
	static const char *const names[] = { "crash_info-little", "crash_info-big", "crash_info-big-old" };

	BEGIN_TEST();
	for (size_t n = 0; n < sizeof(names) / sizeof(names[0]); n++) {
		struct arena arena;

		arena_init(&arena);

		struct blob good = read_fixture(&arena, names[n]);
		uint8_t bytes[16384] = { 0 };
		size_t passed = 0, refused = 0;
		const uint64_t address = 0x3000;

		assert_true(good.size <= sizeof(bytes));
		for (size_t at = 8; at < FADUMP_CRASH_INFO_FIXED; at++) {
			for (unsigned int value = 0; value < 256; value++) {
				struct fadump_crash_info info;
				struct findings findings;
				struct arena inner;
				struct err err;

				memcpy(bytes, good.data, good.size);
				bytes[at] = (uint8_t)value;
				arena_init(&inner);
				findings_init(&findings, &inner);

				bool may = fadump_crash_info_may_begin(bytes, address);
				bool ok = fadump_crash_info_read(&info, (struct blob){ bytes, sizeof(bytes) }, &err) ==
					  FADUMP_CRASH_INFO_OK;

				if (ok) {
					fadump_crash_info_check(&info, address, &unknown, &findings);
					ok = findings_damaged(&findings) == 0;
				}
				if (may != ok)
					fail_msg("%s with 0x%02x at %zu: %s, and the check says %s", names[n], value, at,
						 may ? "passed" : "refused", ok ? "sound" : "damaged");
				passed += may;
				refused += !may;
				arena_release(&inner);
			}
		}
		assert_true(refused > 0);
		if (n < 2)
			assert_true(passed > 0);
		arena_release(&arena);
	}
}

/* All notes count, in their order, and nothing else. */
TEST(the_notes_have_a_digest)
{
	struct arena arena;
	struct fadump_elfcore core;
	uint8_t first[SHA256_DIGEST_SIZE];
	struct sha256 sha;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob good = read_fixture(&arena, "elfcore-big"), bytes = own(good, good.size);
	struct fadump_source source = fadump_source_bytes("core", bytes);
	uint8_t *changed = (uint8_t *)(uintptr_t)bytes.data;

	check_ok(fadump_elfcore_read(&core, &arena, &source, 0, false, &err), &err);
	memcpy(first, core.notes_digest, sizeof(first));

	/* A PT_NOTE and two PT_LOADs: the notes are behind those. */
	const size_t at = 64 + 3 * 56;
	uint8_t wanted[SHA256_DIGEST_SIZE];

	sha256_start(&sha, sha256_blocks_portable);
	sha256_add(&sha, good.data + at, (size_t)core.notes_size);
	sha256_finish(&sha, wanted);
	assert_memory_equal(first, wanted, sizeof(first));

	/* One bit of one register. */
	changed[at + 20 + 200] ^= 1;
	check_ok(fadump_elfcore_read(&core, &arena, &source, 0, false, &err), &err);
	assert_memory_not_equal(core.notes_digest, first, sizeof(first));
	changed[at + 20 + 200] ^= 1;
	changed[bytes.size - 1] ^= 1;
	check_ok(fadump_elfcore_read(&core, &arena, &source, 0, false, &err), &err);
	assert_memory_equal(core.notes_digest, first, sizeof(first));
	free(changed);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(each_case_gives_the_result_that_was_written_down),
	   cmocka_unit_test(a_part_cut_short_is_refused_at_every_length),
	   cmocka_unit_test(an_elf_core_cut_in_its_headers_is_refused_or_damaged),
	   cmocka_unit_test(the_kernel_dump_gives_its_numbers), cmocka_unit_test(cpus_give_their_numbers_and_registers),
	   cmocka_unit_test(a_capture_kernel_refuses_in_its_own_words),
	   cmocka_unit_test(an_elf_core_gives_its_facts_in_both_orders),
	   cmocka_unit_test(a_header_is_known_by_its_first_bytes),
	   cmocka_unit_test(the_first_bytes_are_judged_as_the_check_does),
	   cmocka_unit_test(the_notes_have_a_digest))
