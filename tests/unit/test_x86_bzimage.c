/* SPDX-License-Identifier: GPL-2.0-only */
/* bzImages beyond what test_x86_load.c compares: crash loads, jumping back, consoles, and what is refused how. */
#include "check.h"

#include "image_fixture.h"
#include "made_x86.h"
#include "x86_scene.h"

#define MIB UINT64_C(0x100000)

static const char low_text[] = "machine 1\narch x86_64\npage-size 4096\ncmdline \"quiet\"\n"
			       "resource 0 0x1000 0x9fc00 \"System RAM\"\n"
			       "resource 0 0x9fc00 0xa0000 \"Reserved\"\n"
			       "resource 0 0x100000 0x40000000 \"System RAM\"\n"
			       "resource 1 0x30000000 0x38000000 \"Crash kernel\"\n"
			       "cpu 0 0x3fc00000 368\nvmcoreinfo 0x2000000 0x2001000\n"
			       "direct-map 0xffff888000000000\n"
			       "kernel-text 0xffffffff81000000 0xffffffff83800000 0x1000000\nend\n";

static const char high_text[] = "machine 1\narch x86_64\npage-size 4096\n"
				"resource 0 0x1000 0x9f000 \"System RAM\"\n"
				"resource 0 0x100000 0x40000000 \"System RAM\"\n"
				"resource 0 0x100000000 0x240000000 \"System RAM\"\n"
				"resource 1 0x200000000 0x210000000 \"Crash kernel\"\nend\n";

static void set_up(struct scene *s, const char *kernel, const char *machine)
{
	const char *path = arena_printf(&s->arena, "%s.kernel", kernel);

	check_ok(machine_read_text(&s->machine, "made",
				   (struct blob){ (const uint8_t *)machine, strlen(machine) }, &s->err),
		 &s->err);
	check_ok(image_from_blob(&s->image, "bzImage", fixture(&s->arena, "x86_load", path), &s->err), &s->err);
	s->request = (struct request){ .mem_max = UINT64_MAX, .cmdline = "root=/dev/vda1" };
	s->arch = x86_64_arch;
	s->arch.purgatory = made_x86_purgatory;
}

static struct scene begin(const char *kernel, const char *machine)
{
	struct scene s = { .request = { 0 } };

	arena_init(&s.arena);
	set_up(&s, kernel, machine);
	return s;
}

static uint64_t field(const struct plan *plan, size_t offset, unsigned int size)
{
	struct blob boot = plan_segment(plan, SEGMENT_BOOT_PARAMS)->data;
	uint64_t value = 0;

	assert_true(blob_has(boot, offset, size));
	while (size--)
		value = value << 8 | boot.data[offset + size];
	return value;
}

static const char *cmdline_in(const struct plan *plan)
{
	const struct segment *boot = plan_segment(plan, SEGMENT_BOOT_PARAMS);
	uint64_t address = field(plan, 0x228, 4) | field(plan, 0xc8, 4) << 32;

	assert_true(address > boot->range.start && address < boot->range.start + boot->data.size);
	return (const char *)boot->data.data + (address - boot->range.start);
}

static const char *repeated(struct scene *s, size_t length)
{
	char *text = arena_alloc(&s->arena, length + 1);

	memset(text, 'x', length);
	return text;
}

static void check_warning(const struct scene *s, const char *words)
{
	for (const struct plan_warning *w = s->plan.warnings; w; w = w->next)
		if (strstr(w->text, words))
			return;
	fail_msg("no warning says \"%s\"", words);
}

TEST(crash_loads_lie_in_the_reservation)
{
	struct scene s = begin("plain", low_text);
	uint64_t ram = 0;

	BEGIN_TEST();
	s.request.target = TARGET_CRASH;
	s.request.meminfo = true;
	s.image.initrd = (struct blob){ (const uint8_t *)"initrd", 6 };
	check_ok(load(&s), &s.err);
	assert_int_equal(s.plan.segment_count, 7);
	for (size_t i = 0; i < s.plan.segment_count; i++)
		assert_true(range_contains((struct range){ 0x30000000, 0x38000000 }, s.plan.segments[i].range));

	const uint64_t *handoff = s.plan.purgatory.handoff;

	assert_int_equal(handoff[PURGATORY_X86_MODE], 64);
	assert_int_equal(handoff[PURGATORY_X86_ENTRY], plan_segment(&s.plan, SEGMENT_KERNEL)->range.start + 0x200);
	assert_int_equal(handoff[PURGATORY_X86_BACKUP_SOURCE], 0x1000);
	assert_int_equal(handoff[PURGATORY_X86_BACKUP_SIZE], 0x9ec00);
	assert_int_equal(handoff[PURGATORY_X86_BACKUP_TARGET], plan_segment(&s.plan, SEGMENT_BACKUP)->range.start);
	assert_int_equal(handoff[PURGATORY_X86_JUMP_BACK_ROOM], 0);
	assert_int_equal(s.plan.entry, plan_segment(&s.plan, SEGMENT_PURGATORY)->range.start + 0x100);
	assert_string_equal(cmdline_in(&s.plan), s.plan.cmdline);
	assert_non_null(strstr(s.plan.cmdline, "elfcorehdr="));
	for (size_t i = 0; i < field(&s.plan, 0x1e8, 1); i++)
		if (field(&s.plan, 0x2d0 + 20 * i + 16, 4) == X86_RAM)
			ram += field(&s.plan, 0x2d0 + 20 * i + 8, 8);
	assert_true(ram < 0x8000000 + 0xa0000);

	/* With memmap=exactmap in the text, boot_params have the whole map. */
	s.request.pass_memmap = true;
	check_ok(load(&s), &s.err);
	assert_non_null(strstr(s.plan.cmdline, "memmap=exactmap"));
	assert_int_equal(field(&s.plan, 0x1e8, 1), 3);
	assert_int_equal(field(&s.plan, 0x2d0 + 40, 8), 0x100000);
	assert_int_equal(field(&s.plan, 0x2d0 + 48, 8), 0x40000000 - 0x100000);
	tear_down(&s);
}

TEST(the_command_line_is_bounded_with_numbers)
{
	struct scene s = begin("plain", low_text);

	BEGIN_TEST();
	s.request.cmdline = repeated(&s, 2047);
	check_ok(load(&s), &s.err);
	assert_int_equal(strlen(cmdline_in(&s.plan)), 2047);
	s.request.cmdline = repeated(&s, 2048);
	check_fails(load(&s), &s.err, ERR_USAGE, "the command line has 2048 characters, and bzImage takes at most 2047");
	s.request.cmdline = repeated(&s, 2040);
	s.request.target = TARGET_CRASH;
	check_fails(load(&s), &s.err, ERR_USAGE, "with what a crash load adds, and bzImage takes at most 2047");
	tear_down(&s);

	s = begin("i386-2.01", low_text);
	s.request.cmdline = repeated(&s, 255);
	check_ok(load(&s), &s.err);
	s.request.cmdline = repeated(&s, 256);
	check_fails(load(&s), &s.err, ERR_USAGE, "takes at most 255");
	tear_down(&s);
}

TEST(a_way_back_has_room_behind_the_command_line)
{
	struct scene s = begin("plain", low_text);
	const uint64_t *handoff = s.plan.purgatory.handoff;

	BEGIN_TEST();
	s.request.preserve_context = true;
	s.request.mem_max = 0x1fffffff;
	check_ok(load(&s), &s.err);

	const struct segment *boot = plan_segment(&s.plan, SEGMENT_BOOT_PARAMS);
	uint64_t at = handoff[PURGATORY_X86_JUMP_BACK] - boot->range.start;

	assert_int_equal(handoff[PURGATORY_X86_JUMP_BACK_ROOM], 64);
	assert_true(at + 64 <= boot->data.size);
	assert_memory_equal(boot->data.data + at - strlen("root=/dev/vda1"), "root=/dev/vda1", 15);
	assert_non_null(plan_segment(&s.plan, SEGMENT_PRESERVED));
	s.request.cmdline = repeated(&s, 2047 - 63);
	check_ok(load(&s), &s.err);
	s.request.cmdline = repeated(&s, 2047 - 62);
	check_fails(load(&s), &s.err, ERR_USAGE, "--load-preserve-context needs for the way back");
	tear_down(&s);
}

TEST(consoles_and_entry_are_passed_on)
{
	struct scene s = begin("plain", low_text);

	BEGIN_TEST();
	s.request.console = (struct request_console){ true, true, true, 0x2f8, 115200 };
	check_ok(load(&s), &s.err);
	assert_int_equal(s.plan.purgatory.handoff[PURGATORY_X86_CONSOLE], 0x2f80007);
	assert_int_equal(s.plan.purgatory.handoff[PURGATORY_X86_BAUD], 115200);

	s.request.has_entry = true;
	s.request.entry = plan_segment(&s.plan, SEGMENT_KERNEL)->range.start + 0x200;
	check_ok(load(&s), &s.err);
	assert_int_equal(s.plan.entry, s.request.entry);
	check_warning(&s, "without being verified");
	tear_down(&s);
}

TEST(a_unified_image_brings_its_command_line)
{
	struct scene s = begin("plain", low_text);

	BEGIN_TEST();
	s.image.wrap = WRAP_UKI;
	s.image.uki.cmdline = "root=LABEL=x crashkernel=256M quiet";
	s.request.cmdline = "";
	s.request.keep_cmdline = true;
	check_ok(load(&s), &s.err);
	assert_string_equal(cmdline_in(&s.plan), "root=LABEL=x crashkernel=256M quiet");
	assert_string_equal(s.plan.cmdline, "root=LABEL=x crashkernel=256M quiet");
	s.request.target = TARGET_CRASH;
	check_ok(load(&s), &s.err);
	assert_int_equal(strncmp(s.plan.cmdline, "root=LABEL=x quiet elfcorehdr=", 30), 0);
	s.request.target = TARGET_NORMAL;
	s.request.keep_cmdline = false;
	s.request.cmdline = "single";
	check_ok(load(&s), &s.err);
	assert_string_equal(cmdline_in(&s.plan), "single");
	s.request.type = "uki";
	check_ok(load(&s), &s.err);
	s.image.wrap = WRAP_NONE;
	check_fails(load(&s), &s.err, ERR_BAD_IMAGE, "is not of type uki");
	tear_down(&s);
}

TEST(types_by_name)
{
	struct scene s = begin("plain", low_text);

	BEGIN_TEST();
	s.request.type = "bzImage";
	check_ok(load(&s), &s.err);
	assert_int_equal(s.plan.purgatory.handoff[PURGATORY_X86_MODE], 32);
	s.request.type = "bzImage64";
	check_ok(load(&s), &s.err);
	assert_int_equal(s.plan.purgatory.handoff[PURGATORY_X86_MODE], 64);
	tear_down(&s);

	s = begin("i386-2.08", low_text);
	s.request.type = "bzImage64";
	check_fails(load(&s), &s.err, ERR_BAD_IMAGE, "bzImage is not of type bzImage64 for x86_64: it is of type bzImage");
	tear_down(&s);
}

TEST(five_levels_of_page_tables)
{
	struct scene s = begin("noefi", low_text);

	BEGIN_TEST();
	s.machine.kernel_map.direct = UINT64_C(0xff11000000000000);
	check_ok(load(&s), &s.err);
	s.image.bzimage.xloadflags &= (uint16_t)~0x20u;
	check_fails(load(&s), &s.err, ERR_UNSUPPORTED, "five levels");
	s.request.entry_32bit = true;
	check_ok(load(&s), &s.err);
	s.request.entry_32bit = false;
	s.machine.kernel_map.direct = UINT64_C(0xffff888000000000);
	check_ok(load(&s), &s.err);
	tear_down(&s);
}

/* A request that cannot be carried out says why, and what to do. */
struct refusal {
	const char *kernel, *machine;
	void (*change)(struct scene *s);
	enum err_code code;
	const char *words;
};

static void crash(struct scene *s)
{
	s->request.target = TARGET_CRASH;
}

static void crash_in_real_mode(struct scene *s)
{
	crash(s);
	s->request.real_mode = true;
}

static void crash_at_32_bits(struct scene *s)
{
	crash(s);
	s->request.entry_32bit = true;
}

static void crash_with_the_old_initrd(struct scene *s)
{
	crash(s);
	s->request.reuse_initrd = true;
}

static void the_old_initrd(struct scene *s)
{
	s->request.reuse_initrd = true;
}

static void two_initrds(struct scene *s)
{
	the_old_initrd(s);
	s->image.initrd = (struct blob){ (const uint8_t *)"initrd", 6 };
}

static void an_old_initrd_too_high(struct scene *s)
{
	the_old_initrd(s);
	s->request.entry_32bit = true;
	s->machine.has_initrd = true;
	s->machine.initrd = (struct range){ 0x80000000 - 4096, 0x80000000 + 1 };
}

static void real_mode(struct scene *s)
{
	s->request.real_mode = true;
}

static void real_mode_of_many_sectors(struct scene *s)
{
	real_mode(s);
	s->image.bzimage.real_mode.size = 0x8200;
}

static void device_tree(struct scene *s)
{
	s->image.dtb = (struct blob){ (const uint8_t *)"\xd0\x0d\xfe\xed", 4 };
}

static void little_memory(struct scene *s)
{
	s->request.mem_max = 0x11fffff;
}

static void large_initrd(struct scene *s)
{
	crash(s);
	s->image.initrd = (struct blob){ s->image.data.data, 0x7f00000 };
}

static const struct refusal refusals[] = {
	{ "plain", low_text, crash_in_real_mode, ERR_USAGE, "--real-mode with --load-panic" },
	{ "plain", high_text, crash_at_32_bits, ERR_NO_ROOM, "lies above 4 GiB" },
	{ "plain", high_text, crash_at_32_bits, ERR_NO_ROOM, "leave out --entry-32bit" },
	{ "i386-2.08", high_text, crash, ERR_NO_ROOM, "without \",high\"" },
	{ "plain", low_text, crash_with_the_old_initrd, ERR_USAGE, "--reuseinitrd with --load-panic" },
	{ "plain", low_text, the_old_initrd, ERR_BAD_MACHINE, "retain_initrd" },
	{ "plain", low_text, two_initrds, ERR_USAGE, "--reuseinitrd with --initrd" },
	{ "plain", low_text, an_old_initrd_too_high, ERR_NO_ROOM, "below 0x80000000 only" },
	{ "fixed", low_text, crash, ERR_BAD_IMAGE, "not relocatable: it runs at 0x1000000 only" },
	{ "i386-2.01", low_text, real_mode, ERR_UNSUPPORTED, "2.02 or newer" },
	{ "plain", low_text, real_mode_of_many_sectors, ERR_UNSUPPORTED, "and has 33280" },
	{ "i386-2.08", low_text, device_tree, ERR_UNSUPPORTED, "Leave out --dtb" },
	{ "plain", low_text, little_memory, ERR_NO_ROOM, "no room for segment kernel" },
	{ "plain", low_text, large_initrd, ERR_NO_ROOM, "no room for segment initrd" },
};

TEST(what_cannot_be_done_is_refused_in_words)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		const struct refusal *r = &refusals[i];
		struct scene s = begin(r->kernel, r->machine);

		r->change(&s);
		check_fails(load(&s), &s.err, r->code, r->words);
		assert_false(s.plan.sealed);
		tear_down(&s);
	}
}

CHECK_MAIN(cmocka_unit_test(crash_loads_lie_in_the_reservation),
	   cmocka_unit_test(the_command_line_is_bounded_with_numbers),
	   cmocka_unit_test(a_way_back_has_room_behind_the_command_line),
	   cmocka_unit_test(consoles_and_entry_are_passed_on),
	   cmocka_unit_test(a_unified_image_brings_its_command_line), cmocka_unit_test(types_by_name),
	   cmocka_unit_test(five_levels_of_page_tables), cmocka_unit_test(what_cannot_be_done_is_refused_in_words))
