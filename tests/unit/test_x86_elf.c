/* SPDX-License-Identifier: GPL-2.0-only */
/* ELF kernels on x86: where they go, which arguments they get, what is refused. Files of tests/mk/x86_elf.py. */
#include "check.h"

#include "config.h"
#include "image_fixture.h"
#include "made_x86.h"
#include "x86_scene.h"

static const char machine_text[] = "machine 1\narch x86_64\npage-size 4096\n"
				   "resource 0 0x1000 0x9fc00 \"System RAM\"\n"
				   "resource 0 0x100000 0x40000000 \"System RAM\"\n"
				   "resource 1 0x30000000 0x38000000 \"Crash kernel\"\n"
				   "resource 0 0x100000000 0x140000000 \"System RAM\"\nend\n";

static void set_up(struct scene *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	check_ok(machine_read_text(&s->machine, "made",
				   (struct blob){ (const uint8_t *)machine_text, sizeof(machine_text) - 1 }, &s->err),
		 &s->err);
	check_ok(image_from_blob(&s->image, "vmlinux", fixture(&s->arena, "x86_elf", name), &s->err), &s->err);
	s->request = (struct request){ .mem_max = UINT64_MAX, .cmdline = "root=/dev/vda1 quiet" };
	s->arch = x86_64_arch;
	s->arch.purgatory = made_x86_purgatory;
}

/* What lies at an address after loading: bytes of the data, zeros behind them. */
static uint8_t byte_at(const struct plan *plan, uint64_t address)
{
	for (size_t i = 0; i < plan->segment_count; i++) {
		const struct segment *g = &plan->segments[i];

		if (address >= g->range.start && address < g->range.end)
			return address - g->range.start < g->data.size ? g->data.data[address - g->range.start] : 0;
	}
	fail_msg("nothing is loaded at 0x%llx", (unsigned long long)address);
	return 0;
}

static uint64_t number_at(const struct plan *plan, uint64_t address, unsigned int size)
{
	uint64_t value = 0;

	while (size--)
		value = value << 8 | byte_at(plan, address + size);
	return value;
}

static void check_filler(const struct plan *plan, uint64_t address, size_t size, uint8_t seed)
{
	for (size_t i = 0; i < size; i++)
		if (byte_at(plan, address + i) != (uint8_t)(i * 13 + (i >> 8) * 5 + seed))
			fail_msg("byte 0x%zx of the part at 0x%llx is wrong", i, (unsigned long long)address);
}

static void check_vmlinux(const struct plan *plan)
{
	check_filler(plan, 0x1000000, 0x2345, 1);
	assert_int_equal(byte_at(plan, 0x1002345), 0);
	check_filler(plan, 0x1200000, 0x800, 2);
	assert_int_equal(byte_at(plan, 0x12008ff), 0);
	check_filler(plan, 0x1201000, 0x100, 3);
	check_filler(plan, 0x1202000, 0x1000, 4);
	assert_int_equal(byte_at(plan, 0x1281fff), 0);
}

static void check_text(const struct plan *plan, uint64_t address, const char *text)
{
	for (size_t i = 0; i <= strlen(text); i++)
		assert_int_equal(byte_at(plan, address + i), (uint8_t)text[i]);
}

/* The block's sum with its checksum in it is all ones; RFC 1071. */
static void check_notes(const struct plan *plan, uint64_t at)
{
	const struct {
		uint32_t type;
		const char *text;
	} notes[] = { { 2, "kexec" }, { 3, PACKAGE_VERSION }, { 4, plan->cmdline } };
	uint64_t size = number_at(plan, at + 4, 4), sum = 0, next = at + 12;

	assert_int_equal(at % 4, 0);
	assert_int_equal(number_at(plan, at, 4), 0x0e1fb007);
	assert_int_equal(number_at(plan, at + 10, 2), 3);
	for (size_t i = 0; i < 3; i++) {
		uint64_t length = strlen(notes[i].text) + 1;

		assert_int_equal(number_at(plan, next, 4), 0);
		assert_int_equal(number_at(plan, next + 4, 4), length);
		assert_int_equal(number_at(plan, next + 8, 4), notes[i].type);
		check_text(plan, next + 12, notes[i].text);
		next += 12 + (length + 3) / 4 * 4;
	}
	assert_int_equal(next, at + size);
	for (uint64_t i = 0; i < size; i += 2)
		sum += number_at(plan, at + i, 2);
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	assert_int_equal(sum, 0xffff);
}

static void check_linux_params(const struct plan *plan, uint64_t at, unsigned int ranges)
{
	uint64_t line = number_at(plan, at + 0x228, 4) | number_at(plan, at + 0xc8, 4) << 32;

	assert_int_equal(at % 4096, 0);
	assert_int_equal(number_at(plan, at + 0x202, 4), 0x53726448);
	assert_int_equal(number_at(plan, at + 0x206, 2), 0x20c);
	assert_int_equal(number_at(plan, at + 0x210, 2), 0x01d0);
	assert_int_equal(number_at(plan, at + 0x1e8, 1), ranges);
	check_text(plan, line, plan->cmdline);
}

static const uint64_t *handoff(const struct scene *s)
{
	return s->plan.purgatory.handoff;
}

TEST(vmlinux_gets_both_kinds_of_arguments)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "vmlinux");
	s.image.initrd = (struct blob){ (const uint8_t *)"initrd", 6 };
	s.request.has_seed = true;
	check_ok(load(&s), &s.err);
	check_vmlinux(&s.plan);
	assert_int_equal(handoff(&s)[PURGATORY_X86_MODE], 64);
	assert_int_equal(handoff(&s)[PURGATORY_X86_ENTRY], 0x1000040);
	assert_int_equal(handoff(&s)[PURGATORY_X86_RAX], 0x0e1fb007);
	check_notes(&s.plan, handoff(&s)[PURGATORY_X86_RBX]);

	uint64_t boot = handoff(&s)[PURGATORY_X86_RSI];
	uint64_t initrd = number_at(&s.plan, boot + 0x218, 4) | number_at(&s.plan, boot + 0xc0, 4) << 32;

	check_linux_params(&s.plan, boot, 3);
	assert_int_equal(initrd, plan_segment(&s.plan, SEGMENT_INITRD)->range.start);
	assert_true(initrd >= 0x100000000);
	assert_int_equal(number_at(&s.plan, boot + 0x21c, 4), 6);
	assert_int_equal(number_at(&s.plan, number_at(&s.plan, boot + 0x250, 8) + 8, 4), 9);
	assert_null(s.plan.warnings);
	tear_down(&s);
}

TEST(arguments_of_choice)
{
	static const struct {
		enum elf_args args;
		bool linux_params, notes;
		const char *warning;
	} cases[] = {
		{ ELF_ARGS_LINUX, true, false, NULL },
		{ ELF_ARGS_NOTES, false, true, "--args-elf" },
		{ ELF_ARGS_NONE, false, false, "--args-none" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s;

		set_up(&s, "vmlinux");
		s.image.initrd = (struct blob){ (const uint8_t *)"initrd", 6 };
		s.request.elf_args = cases[i].args;
		check_ok(load(&s), &s.err);
		check_vmlinux(&s.plan);
		assert_int_equal(handoff(&s)[PURGATORY_X86_RAX], cases[i].notes ? 0x0e1fb007 : 0);
		assert_int_equal(handoff(&s)[PURGATORY_X86_RBX] != 0, cases[i].notes);
		assert_int_equal(handoff(&s)[PURGATORY_X86_RSI] != 0, cases[i].linux_params);
		if (cases[i].notes)
			check_notes(&s.plan, handoff(&s)[PURGATORY_X86_RBX]);
		if (cases[i].linux_params)
			check_linux_params(&s.plan, handoff(&s)[PURGATORY_X86_RSI], 3);
		assert_int_equal(plan_segment(&s.plan, SEGMENT_INITRD) != NULL, cases[i].linux_params);
		assert_int_equal(plan_segment(&s.plan, SEGMENT_BOOT_PARAMS) != NULL,
				 cases[i].linux_params || cases[i].notes);
		if (cases[i].warning) {
			assert_non_null(s.plan.warnings);
			assert_non_null(strstr(s.plan.warnings->text, cases[i].warning));
		} else {
			assert_null(s.plan.warnings);
		}
		tear_down(&s);
	}
}

TEST(a_virtual_entry_is_translated)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "virtual-entry");
	check_ok(load(&s), &s.err);
	assert_int_equal(handoff(&s)[PURGATORY_X86_ENTRY], 0x1000040);
	tear_down(&s);
}

TEST(a_relocatable_file_is_moved_as_a_whole)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "moved");
	check_ok(load(&s), &s.err);
	/* At the largest alignment of its parts, 0x1000 behind a multiple of it, as it was. */
	check_filler(&s.plan, 0x201000, 0x300, 5);
	check_filler(&s.plan, 0x203000, 0x300, 6);
	assert_int_equal(handoff(&s)[PURGATORY_X86_ENTRY], 0x201080);
	plan_release(&s.plan);

	s.request.target = TARGET_CRASH;
	check_ok(load(&s), &s.err);
	assert_int_equal(handoff(&s)[PURGATORY_X86_ENTRY], 0x30001080);
	check_filler(&s.plan, 0x30003000, 0x300, 6);
	tear_down(&s);
}

TEST(many_parts_become_few_segments)
{
	struct scene s;
	size_t kernels = 0;

	BEGIN_TEST();
	set_up(&s, "many");
	check_ok(load(&s), &s.err);
	for (size_t i = 0; i < s.plan.segment_count; i++)
		kernels += s.plan.segments[i].role == SEGMENT_KERNEL;
	assert_int_equal(kernels, 6);
	for (size_t i = 0; i < 20; i++)
		check_filler(&s.plan, 0x1000000 + i * 0x10000, 0x1000, (uint8_t)i);
	tear_down(&s);
}

TEST(files_of_32_bits_lie_low)
{
	static const char *const names[] = { "small32", "old486" };

	BEGIN_TEST();
	for (size_t i = 0; i < 2; i++) {
		struct scene s;

		set_up(&s, names[i]);
		s.image.initrd = (struct blob){ (const uint8_t *)"initrd", 6 };
		check_ok(load(&s), &s.err);
		assert_int_equal(handoff(&s)[PURGATORY_X86_MODE], 32);
		assert_int_equal(handoff(&s)[PURGATORY_X86_ENTRY], 0x100010);
		check_filler(&s.plan, 0x100000, 0x1234, 7);
		check_linux_params(&s.plan, handoff(&s)[PURGATORY_X86_RSI], 3);
		check_notes(&s.plan, handoff(&s)[PURGATORY_X86_RBX]);
		for (size_t k = 0; k < s.plan.segment_count; k++)
			assert_true(s.plan.segments[k].range.end <= 0x40000000);
		assert_true(plan_segment(&s.plan, SEGMENT_INITRD)->range.end <= 0x38000000);
		tear_down(&s);
	}
}

TEST(a_capture_kernel_of_fixed_addresses)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "in-reservation");
	s.request.target = TARGET_CRASH;
	s.request.meminfo = true;
	check_ok(load(&s), &s.err);
	check_filler(&s.plan, 0x30000000, 0x2345, 1);
	assert_non_null(strstr(s.plan.cmdline, "root=/dev/vda1 quiet elfcorehdr="));
	/* Low memory, and what of the reservation is not set aside. */
	check_linux_params(&s.plan, handoff(&s)[PURGATORY_X86_RSI], 2);
	assert_int_equal(handoff(&s)[PURGATORY_X86_BACKUP_SOURCE], 0x1000);
	assert_int_equal(handoff(&s)[PURGATORY_X86_BACKUP_SIZE], 0x9ec00);
	assert_int_equal(handoff(&s)[PURGATORY_X86_BACKUP_TARGET],
			 plan_segment(&s.plan, SEGMENT_BACKUP)->range.start);
	tear_down(&s);

	set_up(&s, "vmlinux");
	s.request.target = TARGET_CRASH;
	check_fails(load(&s), &s.err, ERR_BAD_IMAGE, "linked to run at 0x1000000-0x1282000");
	tear_down(&s);
}

TEST(what_is_no_kernel_is_refused)
{
	static const struct {
		const char *name;
		bool real_mode, entry_32bit;
		enum err_code code;
		const char *words;
	} cases[] = {
		{ "entry-nowhere", false, false, ERR_BAD_IMAGE, "its entry 0x5000 lies in no part" },
		{ "entry-in-bss", false, false, ERR_BAD_IMAGE, "its entry 0x1210000 lies in no part" },
		{ "program", false, false, ERR_BAD_IMAGE, "PT_INTERP" },
		{ "over-a-hole", false, false, ERR_NO_ROOM, "does not lie in usable RAM" },
		{ "vmlinux", true, false, ERR_USAGE, "--real-mode is for bzImages" },
		{ "vmlinux", false, true, ERR_USAGE, "--entry-32bit is for bzImages" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct scene s;

		set_up(&s, cases[i].name);
		s.request.real_mode = cases[i].real_mode;
		s.request.entry_32bit = cases[i].entry_32bit;
		check_fails(load(&s), &s.err, cases[i].code, cases[i].words);
		tear_down(&s);
	}
}

CHECK_MAIN(cmocka_unit_test(vmlinux_gets_both_kinds_of_arguments), cmocka_unit_test(arguments_of_choice),
	   cmocka_unit_test(a_virtual_entry_is_translated), cmocka_unit_test(a_relocatable_file_is_moved_as_a_whole),
	   cmocka_unit_test(many_parts_become_few_segments), cmocka_unit_test(files_of_32_bits_lie_low),
	   cmocka_unit_test(a_capture_kernel_of_fixed_addresses), cmocka_unit_test(what_is_no_kernel_is_refused))
