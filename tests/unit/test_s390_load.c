/* SPDX-License-Identifier: GPL-2.0-only */
/* The s390 loader: where things go, what is refused and in which words. */
#include "check.h"

#include "made_s390.h"
#include "meminfo.h"

#define MIB UINT64_C(0x100000)

static void set_up(struct scene *s, enum load_target target)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	made_machine(&s->machine, 1024 * MIB, (struct range){ 758 * MIB, 1014 * MIB });
	s->request = made_request(target, "root=/dev/ram0");
	s->arch = made_s390_arch();
	check_ok(image_from_blob(&s->image, "image", made_s390_image(&s->arena, 3 * MIB + 5, 4096), &s->err), &s->err);
}

static bool load(struct scene *s)
{
	const struct loader *loader = arch_find_loader(&s->arch, &s->request, &s->image, &s->err);

	return plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err) && loader &&
	       loader->load(&s->request, &s->machine, &s->image, &s->plan, &s->err);
}

static void tear_down(struct scene *s)
{
	plan_release(&s->plan);
	image_release(&s->image);
	arena_release(&s->machine.arena);
	arena_release(&s->arena);
}

static uint64_t head_field(const struct plan *plan, uint64_t address)
{
	const struct segment *head = plan_segment(plan, SEGMENT_PARMAREA);
	struct be64 v;

	memcpy(&v, head->data.data + (address - S390_IMAGE_START), sizeof(v));
	return be64_get(v);
}

static void check_at(const struct plan *plan, enum segment_role role, uint64_t start, uint64_t end)
{
	const struct segment *s = plan_segment(plan, role);

	assert_non_null(s);
	assert_int_equal(s->range.start, start);
	assert_int_equal(s->range.end, end);
}

TEST(crash_layout)
{
	struct scene s;
	uint64_t base = 758 * MIB;
	uint8_t initrd[100] = { 1 };

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	s.image.initrd = (struct blob){ initrd, sizeof(initrd) };
	check_ok(load(&s), &s.err);
	assert_int_equal(s.plan.segment_count, 5);
	check_at(&s.plan, SEGMENT_MEMINFO, base + 0xf000, base + 0x10000);
	check_at(&s.plan, SEGMENT_PARMAREA, base + 0x10000, base + 0x12000);
	check_at(&s.plan, SEGMENT_KERNEL, base + 0x12000, base + 3 * MIB + 0x1000);
	check_at(&s.plan, SEGMENT_INITRD, base + 8 * MIB, base + 8 * MIB + 0x1000);

	const struct segment *purgatory = plan_segment(&s.plan, SEGMENT_PURGATORY);

	assert_int_equal(purgatory->range.end, base + 0xf000);
	assert_true(purgatory->range.start >= base + 0x2000);
	assert_int_equal(s.plan.entry, purgatory->range.start + 0x100);
	assert_int_equal(head_field(&s.plan, S390_INITRD_START), 8 * MIB);
	assert_int_equal(head_field(&s.plan, S390_INITRD_SIZE), 100);
	assert_int_equal(head_field(&s.plan, S390_OLDMEM_BASE), base);
	assert_int_equal(head_field(&s.plan, S390_OLDMEM_SIZE), 256 * MIB);
	assert_int_equal(s.plan.purgatory.handoff[PURGATORY_S390_ENTRY], S390_KDUMP_ENTRY);
	tear_down(&s);
}

/* The file is mapped, so all but the two changed pages must be the caller's own bytes. */
TEST(kernel_is_not_copied)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	check_ok(load(&s), &s.err);
	assert_ptr_equal(plan_segment(&s.plan, SEGMENT_KERNEL)->data.data, s.image.data.data + 0x12000);
	tear_down(&s);
}

TEST(normal_layout)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_NORMAL);
	check_ok(load(&s), &s.err);
	check_at(&s.plan, SEGMENT_PARMAREA, 0x10000, 0x12000);
	check_at(&s.plan, SEGMENT_KERNEL, 0x12000, 3 * MIB + 0x1000);
	assert_null(plan_segment(&s.plan, SEGMENT_MEMINFO));
	assert_null(plan_segment(&s.plan, SEGMENT_INITRD));
	assert_int_equal(plan_segment(&s.plan, SEGMENT_PURGATORY)->range.end, 0x10000);
	assert_int_equal(s.plan.entry, plan_segment(&s.plan, SEGMENT_PURGATORY)->range.start + 0x200);
	assert_int_equal(head_field(&s.plan, S390_OLDMEM_BASE), 0);
	assert_int_equal(head_field(&s.plan, S390_INITRD_START), 0);
	assert_int_equal(s.plan.purgatory.handoff[PURGATORY_S390_ENTRY], S390_IMAGE_START);
	tear_down(&s);
}

TEST(initrd_behind_a_large_kernel)
{
	struct scene s;
	uint8_t initrd[1] = { 1 };

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	image_release(&s.image);
	check_ok(image_from_blob(&s.image, "image", made_s390_image(&s.arena, 9 * MIB + 1, 4096), &s.err), &s.err);
	s.image.initrd = (struct blob){ initrd, 1 };
	check_ok(load(&s), &s.err);
	check_at(&s.plan, SEGMENT_INITRD, 768 * MIB, 768 * MIB + 0x1000);
	tear_down(&s);
}

TEST(command_line_is_written_and_bounded)
{
	struct scene s;
	char *text;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	text = arena_alloc(&s.arena, 4097);
	memset(text, 'a', 4095);
	s.request.cmdline = text;
	check_ok(load(&s), &s.err);

	const struct segment *head = plan_segment(&s.plan, SEGMENT_PARMAREA);

	assert_memory_equal(head->data.data + 0x480, text, 4096);
	plan_release(&s.plan);
	text[4095] = 'a';
	check_fails(load(&s), &s.err, ERR_USAGE, "4096 characters, and image takes at most 4095");
	plan_release(&s.plan);

	/* Old kernels have no field for it: 896 bytes. */
	image_release(&s.image);
	check_ok(image_from_blob(&s.image, "image", made_s390_image(&s.arena, MIB, 0), &s.err), &s.err);
	text[896] = 0;
	check_fails(load(&s), &s.err, ERR_USAGE, "at most 895");
	plan_release(&s.plan);
	text[895] = 0;
	check_ok(load(&s), &s.err);
	plan_release(&s.plan);

	/* CONFIG_COMMAND_LINE_SIZE at its highest. */
	image_release(&s.image);
	check_ok(image_from_blob(&s.image, "image", made_s390_image(&s.arena, 3 * MIB, MIB), &s.err), &s.err);
	check_ok(load(&s), &s.err);
	check_at(&s.plan, SEGMENT_PARMAREA, 758 * MIB + 0x10000, 758 * MIB + 0x111000);
	tear_down(&s);
}

/* ELF64 by offsets (elf(5)), big endian. */
static uint64_t core_number(const struct segment *core, size_t offset, size_t size)
{
	uint64_t value = 0;

	for (size_t i = 0; i < size; i++)
		value = value << 8 | core->data.data[offset + i];
	return value;
}

static uint64_t core_phdr(const struct segment *core, size_t index, size_t field)
{
	return core_number(core, 64 + index * 56 + field, 8);
}

TEST(elf_headers_on_request)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	s.request.elf_headers = ELF_HEADERS_ALWAYS;
	s.machine.cpus = arena_array(&s.arena, 2, sizeof(*s.machine.cpus));
	s.machine.cpus[0] = (struct machine_cpu){ 0, 0x1000000, 0x200 };
	s.machine.cpus[1] = (struct machine_cpu){ 7, 0x1001000, 0x200 };
	s.machine.cpu_count = 2;
	s.machine.has_vmcoreinfo = true;
	s.machine.vmcoreinfo = (struct range){ 0x2000000, 0x2001000 };
	check_ok(load(&s), &s.err);

	const struct segment *core = plan_segment(&s.plan, SEGMENT_ELFCOREHDR);

	assert_non_null(core);
	assert_string_equal(s.plan.cmdline, "root=/dev/ram0 elfcorehdr=0x1000@0x2f901000");
	assert_int_equal(core->range.start, 0x2f901000);

	/* Two CPUs, vmcoreinfo, and the RAM below and above the reservation. */
	assert_int_equal(core_number(core, 56, 2), 5);
	assert_int_equal(core_phdr(core, 1, 24), 0x1001000);
	assert_int_equal(core_phdr(core, 1, 32), 0x200);
	assert_int_equal(core_phdr(core, 2, 8), 0x2000000);
	assert_int_equal(core_phdr(core, 3, 24), 0);
	assert_int_equal(core_phdr(core, 3, 40), 758 * MIB);
	assert_int_equal(core_phdr(core, 4, 8), 1014 * MIB);
	tear_down(&s);
}

/* Purgatory is passed by, and that is said; meminfo still has purgatory's own entry. */
TEST(entry_on_request)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	s.request.has_entry = true;
	s.request.entry = 758 * MIB + S390_KDUMP_ENTRY;
	check_ok(load(&s), &s.err);
	assert_int_equal(s.plan.entry, 758 * MIB + S390_KDUMP_ENTRY);
	assert_non_null(s.plan.warnings);
	assert_non_null(strstr(s.plan.warnings->text, "without being verified"));

	const struct segment *page = plan_segment(&s.plan, SEGMENT_MEMINFO);
	struct meminfo_header header;

	memcpy(&header, page->data.data, sizeof(header));
	assert_int_equal(raw64_get(header.entry, ORDER_BIG), s.plan.purgatory.entry);
	plan_release(&s.plan);

	s.request.entry = 1;
	check_fails(load(&s), &s.err, ERR_NO_ROOM, "the entry 0x1 lies in no segment");
	tear_down(&s);
}

TEST(never_is_fine_where_the_capture_kernel_makes_them)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	s.request.elf_headers = ELF_HEADERS_NEVER;
	check_ok(load(&s), &s.err);
	plan_release(&s.plan);
	s.arch.capture_makes_elf_headers = false;
	check_fails(load(&s), &s.err, ERR_USAGE, "--elf-headers=never");
	tear_down(&s);
}

TEST(refusals)
{
	struct scene s;
	uint8_t initrd[1] = { 1 };

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	s.machine.crash.count = 0;
	check_fails(load(&s), &s.err, ERR_BAD_MACHINE, "Memory for crashkernel is not reserved");
	plan_release(&s.plan);

	/* 8 MiB: the initrd begins just behind. */
	s.machine.crash.count = 1;
	s.machine.crash.v[0] = (struct range){ 758 * MIB, 766 * MIB };
	s.image.initrd = (struct blob){ initrd, 1 };
	check_fails(load(&s), &s.err, ERR_NO_ROOM, "Not enough crashkernel memory");
	plan_release(&s.plan);

	/* Lower than its own size: cannot be exchanged with [0, size). */
	s.machine.crash.v[0] = (struct range){ 100 * MIB, 300 * MIB };
	check_fails(load(&s), &s.err, ERR_BAD_MACHINE, "below its own size");
	plan_release(&s.plan);

	/* RAM that does not begin at 0. */
	s.request.target = TARGET_NORMAL;
	s.machine.ram.v[0].start = MIB;
	check_fails(load(&s), &s.err, ERR_NO_ROOM, "");
	plan_release(&s.plan);

	s.request.type = "bzImage64";
	assert_null(arch_find_loader(&s.arch, &s.request, &s.image, &s.err));
	assert_non_null(strstr(s.err.text, "Unsupported kernel type bzImage64"));
	s.request.type = "elf-s390x";
	assert_null(arch_find_loader(&s.arch, &s.request, &s.image, &s.err));
	assert_non_null(strstr(s.err.text, "it is of type image"));
	plan_init(&s.plan, &s.request, &s.machine, &s.arch, &s.err) ? (void)0 : fail();
	tear_down(&s);
}

TEST(no_purgatory_in_this_build)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);

	struct blob none(void);

	s.arch.purgatory = none;
	check_fails(load(&s), &s.err, ERR_UNSUPPORTED, "without the purgatory for s390x");
	tear_down(&s);
}

struct blob none(void);

struct blob none(void)
{
	return (struct blob){ NULL, 0 };
}

static struct image elf_image(struct arena *arena, struct elf_segment *segments, size_t count, struct blob file)
{
	(void)arena;
	return (struct image){
		.path = "vmlinux",
		.fd = -1,
		.format = IMAGE_ELF,
		.elf = { .file = file, .is64 = true, .order = ORDER_BIG, .type = 2, .machine = 22, .segments = segments,
			 .segment_count = count },
	};
}

TEST(elf_of_pieces)
{
	struct scene s;
	struct blob flat;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	image_release(&s.image);
	flat = made_s390_image(&s.arena, 0x40000, 4096);

	/* One piece from 0 (clipped), one on its own page with bss, one that shares a page with it. */
	struct elf_segment segments[] = {
		{ .type = 1, .offset = 0x30010, .paddr = 0x30010, .file_size = 0x20, .memory_size = 0x20 },
		{ .type = 1, .offset = 0, .paddr = 0, .file_size = 0x20000, .memory_size = 0x20000 },
		{ .type = 1, .offset = 0x20000, .paddr = 0x20000, .file_size = 0x8000, .memory_size = 0x10008 },
		{ .type = 4, .offset = 0, .paddr = 0x50000, .file_size = 0x10, .memory_size = 0x10 },
	};

	s.image = elf_image(&s.arena, segments, 4, flat);
	check_ok(load(&s), &s.err);

	const struct segment *kernel = plan_segment(&s.plan, SEGMENT_KERNEL);

	check_at(&s.plan, SEGMENT_KERNEL, 758 * MIB + 0x12000, 758 * MIB + 0x31000);
	assert_memory_equal(kernel->data.data, flat.data + 0x12000, 0x16000);
	for (size_t i = 0x16000; i < 0x1e010; i++)
		assert_int_equal(kernel->data.data[i], 0);
	assert_memory_equal(kernel->data.data + 0x1e010, flat.data + 0x30010, 0x20);
	plan_release(&s.plan);

	/* Without the last one, pages are not shared: two segments, mapped. */
	s.image = elf_image(&s.arena, segments + 1, 2, flat);
	check_ok(load(&s), &s.err);
	assert_ptr_equal(plan_segment(&s.plan, SEGMENT_KERNEL)->data.data, flat.data + 0x12000);
	plan_release(&s.plan);

	/* Overlap, and no entry table. */
	segments[2].paddr = 0x1f000;
	check_fails(load(&s), &s.err, ERR_BAD_IMAGE, "same address");
	plan_release(&s.plan);
	s.image = elf_image(&s.arena, segments + 2, 1, flat);
	check_fails(load(&s), &s.err, ERR_BAD_IMAGE, "entry table");
	plan_release(&s.plan);

	/* A size from the file that no machine has. */
	segments[1].memory_size = 0x20000;
	segments[2] = (struct elf_segment){ .type = 1, .offset = 0x20000, .paddr = 0x20008, .file_size = 8,
					    .memory_size = UINT64_C(1) << 60 };
	s.request.target = TARGET_NORMAL;
	s.image = elf_image(&s.arena, segments + 1, 2, flat);
	check_fails(load(&s), &s.err, ERR_NO_ROOM, "not all of that is usable");
	plan_release(&s.plan);

	/* An end so high that what lies behind it would wrap around to the start of memory. */
	uint8_t initrd[2 * MIB] = { 1 };

	segments[2].paddr = 0 - 2 * MIB;
	segments[2].memory_size = MIB;
	s.request.target = TARGET_CRASH;
	s.image = elf_image(&s.arena, segments + 1, 2, flat);
	s.image.initrd = (struct blob){ initrd, sizeof(initrd) };
	check_fails(load(&s), &s.err, ERR_BAD_IMAGE, "ends at 0xfffffffffff00000, where no machine has memory");
	s.image = (struct image){ .fd = -1 };
	tear_down(&s);
}

TEST(own_command_line_stays_where_none_is_given)
{
	struct scene s;
	const char *cmdline = NULL;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);

	uint8_t *bytes = arena_alloc(&s.arena, MIB);
	struct blob made = made_s390_image(&s.arena, MIB, 4096);

	memcpy(bytes, made.data, MIB);
	memset(bytes + S390_COMMAND_LINE, 0, 4096);
	memcpy(bytes + S390_COMMAND_LINE, "own=1", 5);
	image_release(&s.image);
	check_ok(image_from_blob(&s.image, "image", (struct blob){ bytes, MIB }, &s.err), &s.err);
	s.request.cmdline = "";
	s.request.keep_cmdline = true;
	s.request.elf_headers = ELF_HEADERS_ALWAYS;
	check_ok(load(&s), &s.err);
	cmdline = (const char *)plan_segment(&s.plan, SEGMENT_PARMAREA)->data.data + 0x480;
	assert_memory_equal(cmdline, "own=1 elfcorehdr=0x", 19);
	assert_string_equal(cmdline, s.plan.cmdline);
	plan_release(&s.plan);

	/* An empty text is a text. */
	s.request.keep_cmdline = false;
	s.request.elf_headers = ELF_HEADERS_AUTO;
	check_ok(load(&s), &s.err);
	assert_string_equal(plan_segment(&s.plan, SEGMENT_PARMAREA)->data.data + 0x480, "");
	plan_release(&s.plan);

	/* One that does not end is refused, not read on. */
	memset(bytes + S390_COMMAND_LINE, 'a', 4096);
	s.request.keep_cmdline = true;
	check_fails(load(&s), &s.err, ERR_USAGE, "4096 characters, and image takes at most 4095");
	tear_down(&s);
}

CHECK_MAIN(cmocka_unit_test(crash_layout), cmocka_unit_test(kernel_is_not_copied), cmocka_unit_test(normal_layout),
	   cmocka_unit_test(initrd_behind_a_large_kernel), cmocka_unit_test(command_line_is_written_and_bounded),
	   cmocka_unit_test(elf_headers_on_request), cmocka_unit_test(entry_on_request),
	   cmocka_unit_test(never_is_fine_where_the_capture_kernel_makes_them), cmocka_unit_test(refusals),
	   cmocka_unit_test(no_purgatory_in_this_build), cmocka_unit_test(elf_of_pieces),
	   cmocka_unit_test(own_command_line_stays_where_none_is_given))
