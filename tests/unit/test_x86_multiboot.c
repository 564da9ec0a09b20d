/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Multiboot loads, read as a kernel reads them: by address, with the specifications' offsets and not the loader's own
 * headers. The kernels are of tests/mk/multiboot_kernels.py.
 */
#include "check.h"

#include "image_fixture.h"
#include "made_x86.h"

struct scene {
	struct arena arena;
	struct machine machine;
	struct request request;
	struct arch arch;
	struct image image;
	struct plan plan;
	struct err err;
};

#define CRASH ((struct range){ 0x30000000, 0x38000000 })

static struct machine_firmware_range firmware[] = {
	{ { 0x1000, 0x9f000 }, "System RAM" },
	{ { 0x9f000, 0xa0000 }, "Reserved" },
	{ { 0x100000, 0x3fff0000 }, "System RAM" },
	{ { 0x3fff0000, 0x3fff8000 }, "ACPI Tables" },
	{ { 0x3fff8000, 0x40000000 }, "ACPI Non-volatile Storage" },
	{ { 0xfeffc000, 0xff000000 }, "Unusable memory" },
	{ { 0x100000000, 0x140000000 }, "System RAM" },
	{ { 0x140000000, 0x150000000 }, "Persistent Memory" },
};

static const uint32_t firmware_types[] = { 1, 2, 1, 3, 4, 5, 1, 2 };

#define FIRMWARE_COUNT (sizeof(firmware) / sizeof(firmware[0]))

static const struct machine_framebuffer screen = {
	.present = true, .id = "EFI VGA", .base = 0x1c0000000, .size = 0x300000,
	.width = 1024, .height = 768, .depth = 32, .pitch = 4096,
	.red_size = 8, .red_shift = 16, .green_size = 8, .green_shift = 8, .blue_size = 8, .blue_shift = 0,
	.rest_size = 8, .rest_shift = 24,
};

static void make_machine(struct machine *machine)
{
	*machine = (struct machine){
		.origin = "made machine", .arch = ARCH_X86_64, .page_size = 4096, .release = "", .cmdline = "",
		.firmware = firmware, .firmware_count = FIRMWARE_COUNT,
	};
	arena_init(&machine->arena);
	ranges_init(&machine->ram, &machine->arena);
	ranges_init(&machine->crash, &machine->arena);
	ranges_init(&machine->offline, &machine->arena);
	for (size_t i = 0; i < FIRMWARE_COUNT; i++)
		if (firmware_types[i] == 1)
			ranges_append(&machine->ram, firmware[i].range);
	machine->dumped = machine->ram;
	ranges_append(&machine->crash, CRASH);
}

static void set_up(struct scene *s, const char *kernel)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	make_machine(&s->machine);
	s->request = (struct request){ .mem_max = UINT64_MAX, .cmdline = "a=1 b" };
	s->arch = made_x86_arch();
	check_ok(image_from_blob(&s->image, "/boot/kernel", fixture(&s->arena, "multiboot_kernels", kernel), &s->err),
		 &s->err);
}

static void set_up_crash(struct scene *s, const char *kernel)
{
	set_up(s, kernel);
	s->request.target = TARGET_CRASH;
	s->request.meminfo = true;
}

static bool load(struct scene *s, x86_load_fn *loader)
{
	return plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err) &&
	       loader(&s->request, &s->machine, &s->image, &s->plan, &s->err);
}

static void tear_down(struct scene *s)
{
	plan_release(&s->plan);
	image_release(&s->image);
	arena_release(&s->machine.arena);
	arena_release(&s->arena);
}

static void add_module(struct scene *s, const char *text, size_t size)
{
	struct image_module *grown = arena_array(&s->arena, s->image.module_count + 1, sizeof(*grown));
	uint8_t *bytes = arena_alloc(&s->arena, size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 13 + s->image.module_count);
	if (s->image.module_count)
		memcpy(grown, s->image.modules, s->image.module_count * sizeof(*grown));
	grown[s->image.module_count++] = (struct image_module){ text, { bytes, size } };
	s->image.modules = grown;
}

/* Memory as the kernel finds it: `size` bytes that are in one segment's data. */
static const uint8_t *memory(const struct scene *s, uint64_t address, size_t size)
{
	for (size_t i = 0; i < s->plan.segment_count; i++) {
		const struct segment *g = &s->plan.segments[i];

		if (address >= g->range.start && address - g->range.start <= g->data.size &&
		    size <= g->data.size - (address - g->range.start))
			return g->data.data + (address - g->range.start);
	}
	fail_msg("nothing is loaded at 0x%llx, %zu bytes", (unsigned long long)address, size);
	return NULL;
}

static uint32_t get32(const struct scene *s, uint64_t address)
{
	struct le32 v;

	memcpy(&v, memory(s, address, sizeof(v)), sizeof(v));
	return le32_get(v);
}

static uint64_t get64(const struct scene *s, uint64_t address)
{
	return get32(s, address) | (uint64_t)get32(s, address + 4) << 32;
}

static const char *text_at(const struct scene *s, uint64_t address)
{
	size_t length = 0;

	while (*memory(s, address + length, 1))
		length++;
	return (const char *)memory(s, address, length + 1);
}

static void check_module(const struct scene *s, size_t i, uint32_t start, uint32_t end, const char *text)
{
	const struct image_module *m = &s->image.modules[i];

	assert_int_equal(start % 4096, 0);
	assert_int_equal(end - start, m->data.size);
	assert_string_equal(text, m->text);
	if (m->data.size)
		assert_memory_equal(memory(s, start, m->data.size), m->data.data, m->data.size);
}

static void check_map_entry(size_t i, uint64_t start, uint64_t length, uint32_t type)
{
	assert_true(i < FIRMWARE_COUNT);
	assert_int_equal(start, firmware[i].range.start);
	assert_int_equal(length, range_size(firmware[i].range));
	assert_int_equal(type, firmware_types[i]);
}

static uint64_t info_of(const struct scene *s, uint32_t magic, uint64_t entry)
{
	const uint64_t *handoff = s->plan.purgatory.handoff;

	assert_true(s->plan.sealed);
	assert_int_equal(handoff[PURGATORY_X86_MODE], 32);
	assert_int_equal(handoff[PURGATORY_X86_RAX], magic);
	assert_int_equal(handoff[PURGATORY_X86_ENTRY], entry);
	assert_int_equal(plan_segment(&s->plan, SEGMENT_MULTIBOOT_INFO)->range.start, handoff[PURGATORY_X86_RBX]);
	for (size_t i = 0; i < s->plan.segment_count; i++)
		assert_true(s->plan.segments[i].range.end <= UINT64_C(1) << 32);
	assert_int_equal(s->plan.entry, s->plan.purgatory.entry);
	return handoff[PURGATORY_X86_RBX];
}

/* Walks the structure of version 1. whole_map: the map is the firmware's. */
static void check_info1(const struct scene *s, uint64_t entry, const char *cmdline, bool whole_map)
{
	uint64_t info = info_of(s, 0x2badb002, entry);
	uint32_t flags = get32(s, info);

	assert_int_equal(flags & ~(1u << 12), 1u << 0 | 1u << 2 | 1u << 3 | 1u << 6 | 1u << 9);
	assert_string_equal(text_at(s, get32(s, info + 16)), cmdline);
	assert_string_equal(text_at(s, get32(s, info + 64)), "kexec");
	assert_int_equal(get32(s, info + 20), s->image.module_count);
	for (uint32_t i = 0; i < s->image.module_count; i++) {
		uint64_t at = get32(s, info + 24) + 16 * i;

		check_module(s, i, get32(s, at), get32(s, at + 4), text_at(s, get32(s, at + 8)));
		assert_int_equal(get32(s, at + 12), 0);
	}
	if (!whole_map)
		return;
	assert_int_equal(get32(s, info + 4), 0x9f000 / 1024);
	assert_int_equal(get32(s, info + 8), (0x3fff0000 - 0x100000) / 1024);

	uint64_t at = get32(s, info + 48), end = at + get32(s, info + 44);
	size_t count = 0;

	for (; at < end; at += get32(s, at) + 4, count++)
		check_map_entry(count, get64(s, at + 4), get64(s, at + 12), get32(s, at + 20));
	assert_int_equal(at, end);
	assert_int_equal(count, FIRMWARE_COUNT);
}

struct seen2 {
	const char *cmdline, *loader;
	size_t modules, map_entries;
	uint32_t load_base, cmdline_size;
	uint64_t framebuffer; /* address of the tag */
	bool memory, map;
};

static void see_tag(const struct scene *s, uint64_t tag, uint32_t size, struct seen2 *seen)
{
	switch (get32(s, tag)) {
	case 1:
		seen->cmdline = text_at(s, tag + 8);
		seen->cmdline_size = size - 8;
		return;
	case 2:
		seen->loader = text_at(s, tag + 8);
		assert_int_equal(size, 8 + strlen(seen->loader) + 1);
		return;
	case 3:
		assert_true(seen->modules < s->image.module_count);
		check_module(s, seen->modules, get32(s, tag + 8), get32(s, tag + 12), text_at(s, tag + 16));
		assert_int_equal(size, 16 + strlen(s->image.modules[seen->modules].text) + 1);
		seen->modules++;
		return;
	case 4:
		assert_int_equal(size, 16);
		seen->memory = true;
		if (s->plan.target == TARGET_CRASH)
			return;
		assert_int_equal(get32(s, tag + 8), 0x9f000 / 1024);
		assert_int_equal(get32(s, tag + 12), (0x3fff0000 - 0x100000) / 1024);
		return;
	case 6:
		assert_int_equal(get32(s, tag + 8), 24);
		assert_int_equal(get32(s, tag + 12), 0);
		assert_int_equal((size - 16) % 24, 0);
		seen->map = true;
		for (uint64_t at = tag + 16; at < tag + size && s->plan.target == TARGET_NORMAL; at += 24) {
			check_map_entry(seen->map_entries++, get64(s, at), get64(s, at + 8), get32(s, at + 16));
			assert_int_equal(get32(s, at + 20), 0);
		}
		return;
	case 8:
		assert_int_equal(size, 8 + 30);
		seen->framebuffer = tag;
		return;
	case 21:
		assert_int_equal(size, 12);
		seen->load_base = get32(s, tag + 8);
		return;
	default:
		fail_msg("tag of type %u", get32(s, tag));
	}
}

static struct seen2 check_info2(const struct scene *s, uint64_t entry)
{
	uint64_t info = info_of(s, 0x36d76289, entry), tag = info + 8, end = info + get32(s, info);
	struct seen2 seen = { .modules = 0 };

	assert_int_equal(info % 8, 0);
	assert_int_equal(get32(s, info + 4), 0);
	while (get32(s, tag) != 0) {
		see_tag(s, tag, get32(s, tag + 4), &seen);
		tag += (get32(s, tag + 4) + 7) & ~(uint64_t)7;
		assert_true(tag < end);
	}
	assert_int_equal(get32(s, tag + 4), 8);
	assert_int_equal(tag + 8, end);
	assert_int_equal(seen.modules, s->image.module_count);
	assert_true(seen.memory && seen.map && seen.cmdline && seen.loader);
	assert_string_equal(seen.loader, "kexec");
	return seen;
}

static void check_extent(const struct scene *s, enum segment_role role, uint64_t start, uint64_t end)
{
	const struct segment *g = plan_segment(&s->plan, role);

	assert_non_null(g);
	assert_int_equal(g->range.start, start);
	assert_int_equal(g->range.end, end);
}

TEST(version1_elf)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "one.elf");
	assert_true(x86_multiboot1_accepts(&s.image));
	assert_false(x86_multiboot2_accepts(&s.image));
	add_module(&s, "/boot/rd root=/dev/x", 5000);
	add_module(&s, "/boot/nothing", 0);
	add_module(&s, "/boot/one", 1);
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	check_info1(&s, 0x100010, "/boot/kernel a=1 b", true);
	assert_string_equal(s.plan.cmdline, "/boot/kernel a=1 b");
	/* Two pieces that share a page; modules and information behind. */
	check_extent(&s, SEGMENT_KERNEL, 0x100000, 0x108000);
	check_extent(&s, SEGMENT_MODULE, 0x108000, 0x10a000);
	check_extent(&s, SEGMENT_MULTIBOOT_INFO, 0x10c000, 0x10d000);
	assert_int_equal(s.plan.segment_count, 6);
	assert_memory_equal(memory(&s, 0x100000, 16), s.image.data.data + 0x1000, 16);
	assert_memory_equal(memory(&s, 0x101800, 0x100), s.image.data.data + 0x3000, 0x100);
	tear_down(&s);
}

TEST(version1_without_texts_and_modules)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "one.elf");
	s.request.cmdline = "";
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	check_info1(&s, 0x100010, "/boot/kernel", true);
	tear_down(&s);
}

/* Entries that are virtual addresses, as of kernels which are linked high. */
TEST(virtual_entries)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "one-high.elf");
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	check_info1(&s, 0x100010, "/boot/kernel a=1 b", true);
	tear_down(&s);
	set_up(&s, "one-64.elf");
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	check_info1(&s, 0x101810, "/boot/kernel a=1 b", true);
	tear_down(&s);
	set_up(&s, "one-lost.elf");
	check_fails(load(&s, x86_multiboot1_load), &s.err, ERR_BAD_IMAGE, "the entry 0x900000 lies in none");
	tear_down(&s);
}

TEST(version1_flat)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "one.flat");
	assert_int_equal(s.image.format, IMAGE_MULTIBOOT);
	add_module(&s, "m", 10);
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	check_info1(&s, 0x202080, "/boot/kernel a=1 b", true);
	check_extent(&s, SEGMENT_KERNEL, 0x202000, 0x208000);
	/* It needs no copy. */
	assert_ptr_equal(memory(&s, 0x202000, 0x1234), s.image.data.data);
	tear_down(&s);
}

TEST(framebuffer_where_asked_for_and_known)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "one-video.elf");
	s.machine.framebuffer = screen;
	check_ok(load(&s, x86_multiboot1_load), &s.err);

	uint64_t info = info_of(&s, 0x2badb002, 0x100010);

	assert_int_equal(get32(&s, info) >> 12 & 1, 1);
	assert_int_equal(get64(&s, info + 88), 0x1c0000000);
	assert_int_equal(get32(&s, info + 96), 4096);
	assert_int_equal(get32(&s, info + 100), 1024);
	assert_int_equal(get32(&s, info + 104), 768);
	assert_memory_equal(memory(&s, info + 108, 8), "\x20\x01\x10\x08\x08\x08\x00\x08", 8);
	tear_down(&s);

	set_up(&s, "one-video.elf");
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	assert_int_equal(get32(&s, info_of(&s, 0x2badb002, 0x100010)) >> 12 & 1, 0);
	tear_down(&s);

	/* Drivers of the hardware show no address. */
	set_up(&s, "one-video.elf");
	s.machine.framebuffer = screen;
	s.machine.framebuffer.base = 0;
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	assert_int_equal(get32(&s, info_of(&s, 0x2badb002, 0x100010)) >> 12 & 1, 0);
	tear_down(&s);

	set_up(&s, "one.elf");
	s.machine.framebuffer = screen;
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	assert_int_equal(get32(&s, info_of(&s, 0x2badb002, 0x100010)) >> 12 & 1, 0);
	tear_down(&s);

	set_up(&s, "two-fixed.elf");
	s.machine.framebuffer = screen;
	check_ok(load(&s, x86_multiboot2_load), &s.err);

	struct seen2 seen = check_info2(&s, 0x200010);

	assert_int_equal(get64(&s, seen.framebuffer + 8), 0x1c0000000);
	assert_int_equal(get32(&s, seen.framebuffer + 16), 4096);
	assert_int_equal(get32(&s, seen.framebuffer + 20), 1024);
	assert_int_equal(get32(&s, seen.framebuffer + 24), 768);
	assert_memory_equal(memory(&s, seen.framebuffer + 28, 10), "\x20\x01\0\0\x10\x08\x08\x08\x00\x08", 10);
	tear_down(&s);
}

TEST(version2_goes_where_it_wants)
{
	static const struct {
		const char *kernel;
		uint64_t base;
	} cases[] = {
		{ "two-high.elf", 0x3fe00000 },
		{ "two-low.elf", 0x280000 },
		{ "two-linked.elf", 0x200000 },
		{ "two-elsewhere.elf", 0x1000000 },
		{ "two-tight.elf", 0x1800000 },
		{ "two-bottom.elf", 0x1000 },
	};
	struct scene s;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		set_up(&s, cases[i].kernel);
		assert_true(x86_multiboot2_accepts(&s.image));
		add_module(&s, "/boot/rd", 5000);
		add_module(&s, "/boot/other 2", 3);
		check_ok(load(&s, x86_multiboot2_load), &s.err);

		struct seen2 seen = check_info2(&s, cases[i].base + 0x10);

		assert_int_equal(seen.load_base, cases[i].base);
		assert_string_equal(seen.cmdline, "/boot/kernel a=1 b");
		assert_int_equal(seen.cmdline_size, strlen(seen.cmdline) + 1);
		assert_int_equal(seen.map_entries, FIRMWARE_COUNT);
		assert_int_equal(seen.framebuffer, 0);
		assert_memory_equal(memory(&s, cases[i].base, 16), s.image.data.data + 0x1000, 16);
		assert_memory_equal(memory(&s, cases[i].base + 0x4000, 0x100), s.image.data.data + 0x3000, 0x100);
		tear_down(&s);
	}
	set_up(&s, "two-nowhere.elf");
	check_fails(load(&s, x86_multiboot2_load), &s.err, ERR_NO_ROOM, "between 0x60000000 and 0x7fffffff");
	tear_down(&s);
}

TEST(version2_fixed_and_flat)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "two-fixed.elf");
	check_ok(load(&s, x86_multiboot2_load), &s.err);
	assert_int_equal(check_info2(&s, 0x200010).load_base, 0);
	tear_down(&s);
	set_up(&s, "two-entry.elf");
	check_ok(load(&s, x86_multiboot2_load), &s.err);
	check_info2(&s, 0x204010);
	tear_down(&s);
	set_up(&s, "two.flat");
	check_ok(load(&s, x86_multiboot2_load), &s.err);
	/* 0x6000 bytes at the end of what is RAM below 4 GiB. */
	assert_int_equal(check_info2(&s, 0x3fff0000 - 0x6000 + 0x100).load_base, 0x3fff0000 - 0x6000);
	tear_down(&s);
}

TEST(one_file_may_have_both)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "both.elf");
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	check_info1(&s, 0x100010, "/boot/kernel a=1 b", true);
	plan_release(&s.plan);
	check_ok(load(&s, x86_multiboot2_load), &s.err);
	check_info2(&s, 0x100010);
	tear_down(&s);
}

TEST(many_modules_share_a_segment)
{
	struct scene s;

	BEGIN_TEST();
	/* 16 segments: kernel, information, purgatory, and 13 modules. */
	set_up(&s, "one.elf");
	for (size_t i = 0; i < 13; i++)
		add_module(&s, "m", 100 + i * 1000);
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	assert_int_equal(s.plan.segment_count, 16);
	check_info1(&s, 0x100010, "/boot/kernel a=1 b", true);
	plan_release(&s.plan);
	add_module(&s, "last", 0);
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	assert_int_equal(s.plan.segment_count, 4);
	check_info1(&s, 0x100010, "/boot/kernel a=1 b", true);
	plan_release(&s.plan);
	for (size_t i = 0; i < 400; i++)
		add_module(&s, "/boot/many and a text", i);
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	check_info1(&s, 0x100010, "/boot/kernel a=1 b", true);
	tear_down(&s);

	set_up(&s, "two-high.elf");
	for (size_t i = 0; i < 20; i++)
		add_module(&s, "", 0);
	check_ok(load(&s, x86_multiboot2_load), &s.err);
	check_info2(&s, 0x3fe00010);
	tear_down(&s);
}

/* A second try that succeeds leaves no word of the first. */
TEST(modules_go_below_where_there_is_no_room_behind)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "two-high.elf");
	s.request.mem_max = 0x3fe09fff;
	add_module(&s, "m", 0x3000);
	check_ok(load(&s, x86_multiboot2_load), &s.err);
	assert_int_equal(s.err.code, ERR_NONE);
	check_info2(&s, 0x3fe00010);
	check_extent(&s, SEGMENT_MODULE, 0x100000, 0x103000);
	tear_down(&s);
}

TEST(initrd_is_no_module)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "one.elf");
	s.image.initrd = (struct blob){ (const uint8_t *)"x", 1 };
	check_fails(load(&s, x86_multiboot1_load), &s.err, ERR_USAGE, "--module=");
	tear_down(&s);
}

TEST(memory_that_is_not_there)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "one-far.elf");
	check_fails(load(&s, x86_multiboot1_load), &s.err, ERR_NO_ROOM, "0x90000000-0x90005000 does not lie in usable RAM");
	tear_down(&s);

	/* All RAM is above 4 GiB, but for the kernel's place. */
	set_up(&s, "one.elf");
	s.request.mem_min = 0x100000;
	s.request.mem_max = 0x107fff;
	check_fails(load(&s, x86_multiboot1_load), &s.err, ERR_NO_ROOM, "no room for segment multiboot-info");
	tear_down(&s);
}

/* Where the kernel's own map and the firmware's differ, a kernel must lie in what it is told of. */
TEST(memory_that_the_kernel_is_not_told_of)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "two-high.elf");
	ranges_append(&s.machine.ram, (struct range){ 0x40000000, 0x50000000 });
	ranges_normalize(&s.machine.ram);
	check_ok(load(&s, x86_multiboot2_load), &s.err);
	for (size_t i = 0; i < s.plan.segment_count; i++)
		assert_true(s.plan.segments[i].range.end <= 0x3fff0000);
	tear_down(&s);
}

TEST(acpi_tables_on_efi_machines_are_warned_of)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "one.elf");
	s.machine.efi = (struct machine_efi){ .present = true, .has_systab = true, .acpi20 = 0x3fff1000 };
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	assert_non_null(s.plan.warnings);
	assert_non_null(strstr(s.plan.warnings->text, "0x3fff1000"));
	tear_down(&s);
	set_up(&s, "one.elf");
	check_ok(load(&s, x86_multiboot1_load), &s.err);
	assert_null(s.plan.warnings);
	tear_down(&s);
}

TEST(crash_load_of_a_kernel_that_can_be_there)
{
	struct scene s;

	BEGIN_TEST();
	set_up_crash(&s, "one-crash.elf");
	add_module(&s, "m", 100);
	check_ok(load(&s, x86_multiboot1_load), &s.err);

	const struct segment *elfcorehdr = plan_segment(&s.plan, SEGMENT_ELFCOREHDR);

	assert_non_null(elfcorehdr);
	assert_non_null(plan_segment(&s.plan, SEGMENT_BACKUP));
	assert_non_null(plan_segment(&s.plan, SEGMENT_MEMINFO));
	assert_non_null(strstr(s.plan.cmdline, "/boot/kernel a=1 b elfcorehdr="));
	check_info1(&s, 0x30000010, s.plan.cmdline, false);
	for (size_t i = 0; i < s.plan.segment_count; i++)
		assert_true(range_contains(CRASH, s.plan.segments[i].range));

	/* The rest of what was RAM holds what is to be looked at. */
	uint64_t info = info_of(&s, 0x2badb002, 0x30000010);
	uint64_t at = get32(&s, info + 48), end = at + get32(&s, info + 44);

	for (; at < end; at += get32(&s, at) + 4) {
		struct range r = { get64(&s, at + 4), get64(&s, at + 4) + get64(&s, at + 12) };

		if (get32(&s, at + 20) == 1 && r.start >= 0x100000)
			assert_true(range_contains(CRASH, r) && !range_overlaps(r, elfcorehdr->range));
	}
	tear_down(&s);

	set_up_crash(&s, "two-high.elf");
	check_ok(load(&s, x86_multiboot2_load), &s.err);

	uint64_t base = s.plan.purgatory.handoff[PURGATORY_X86_ENTRY] - 0x10;

	assert_true(range_contains(CRASH, (struct range){ base, base + 0x8000 }));
	assert_int_equal(base % 0x200000, 0);
	assert_int_equal(check_info2(&s, base + 0x10).load_base, base);
	tear_down(&s);
}

TEST(crash_load_of_a_kernel_that_cannot_be_there)
{
	struct scene s;

	BEGIN_TEST();
	set_up_crash(&s, "one.elf");
	check_fails(load(&s, x86_multiboot1_load), &s.err, ERR_UNSUPPORTED,
		    "runs at 0x100000-0x108000 alone, and a capture kernel must run inside");
	tear_down(&s);
	set_up_crash(&s, "two-fixed.elf");
	check_fails(load(&s, x86_multiboot2_load), &s.err, ERR_UNSUPPORTED, "relocatable header tag");
	tear_down(&s);
}

/* The kernel may jump back: all else that it may use is kept, and there is room to tell it where to. */
TEST(preserved_context)
{
	static x86_load_fn *const loaders[] = { x86_multiboot1_load, x86_multiboot2_load };
	struct scene s;

	BEGIN_TEST();
	for (size_t i = 0; i < 2; i++) {
		set_up(&s, "both.elf");
		s.request.preserve_context = true;
		s.request.mem_max = 0xffffff;
		add_module(&s, "m", 100);
		add_module(&s, "n", 100);
		check_ok(load(&s, loaders[i]), &s.err);

		uint64_t end = s.plan.purgatory.handoff[PURGATORY_X86_JUMP_BACK];
		uint64_t room = s.plan.purgatory.handoff[PURGATORY_X86_JUMP_BACK_ROOM];
		uint64_t kept = 0;

		assert_true(room >= sizeof(" kexec_jump_back_entry=0x0123456789abcdef"));
		assert_memory_equal(memory(&s, end - 3, 3), "1 b", 3);
		for (uint64_t at = 0; at < room; at++)
			assert_int_equal(*memory(&s, end + at, 1), 0);
		for (size_t k = 0; k < s.plan.segment_count; k++)
			kept += range_size(s.plan.segments[k].range);
		assert_int_equal(kept, 0x9f000 - 0x1000 + 0x1000000 - 0x100000);
		if (i)
			assert_true(check_info2(&s, 0x100010).cmdline_size >= strlen(s.plan.cmdline) + room);
		else
			check_info1(&s, 0x100010, "/boot/kernel a=1 b", true);
		tear_down(&s);
	}
}

CHECK_MAIN(cmocka_unit_test(version1_elf), cmocka_unit_test(version1_without_texts_and_modules),
	   cmocka_unit_test(virtual_entries), cmocka_unit_test(version1_flat),
	   cmocka_unit_test(framebuffer_where_asked_for_and_known), cmocka_unit_test(version2_goes_where_it_wants),
	   cmocka_unit_test(version2_fixed_and_flat), cmocka_unit_test(one_file_may_have_both),
	   cmocka_unit_test(many_modules_share_a_segment), cmocka_unit_test(initrd_is_no_module),
	   cmocka_unit_test(modules_go_below_where_there_is_no_room_behind),
	   cmocka_unit_test(memory_that_is_not_there),
	   cmocka_unit_test(memory_that_the_kernel_is_not_told_of),
	   cmocka_unit_test(acpi_tables_on_efi_machines_are_warned_of),
	   cmocka_unit_test(crash_load_of_a_kernel_that_can_be_there),
	   cmocka_unit_test(crash_load_of_a_kernel_that_cannot_be_there), cmocka_unit_test(preserved_context))
