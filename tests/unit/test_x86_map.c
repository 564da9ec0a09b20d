/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory map for the next kernel: where it comes from, and what becomes of ranges that overlap. */
#include "check.h"

#include "kexec/arch/x86/x86.h"

#define SPACE 64

/* From the most to the least usable. */
static const enum x86_memory_type types[] = {
	X86_RAM, X86_SOFT_RESERVED, X86_PRAM, X86_PMEM, X86_ACPI, X86_NVS, X86_RESERVED, X86_UNUSABLE,
};

#define TYPES (sizeof(types) / sizeof(types[0]))

struct scene {
	struct machine machine;
	struct x86_map map;
	struct err err;
};

static void set_up(struct scene *s)
{
	memset(s, 0, sizeof(*s));
	s->machine = (struct machine){ .origin = "made machine", .cmdline = "quiet" };
	arena_init(&s->machine.arena);
	s->machine.resources = arena_array(&s->machine.arena, 16, sizeof(*s->machine.resources));
	s->machine.firmware = arena_array(&s->machine.arena, 16, sizeof(*s->machine.firmware));
}

static void resource(struct scene *s, uint64_t start, uint64_t end, unsigned int depth, const char *name)
{
	s->machine.resources[s->machine.resource_count++] =
		(struct machine_resource){ { start, end }, depth, name };
}

static void firmware(struct scene *s, uint64_t start, uint64_t end, const char *type)
{
	s->machine.firmware[s->machine.firmware_count++] = (struct machine_firmware_range){ { start, end }, type };
}

static bool make(struct scene *s)
{
	return x86_map_normal(&s->map, &s->machine.arena, &s->machine, &s->err);
}

static void check_entry(const struct scene *s, size_t i, uint64_t start, uint64_t end, enum x86_memory_type type)
{
	assert_true(i < s->map.count);
	assert_int_equal(s->map.v[i].range.start, start);
	assert_int_equal(s->map.v[i].range.end, end);
	assert_int_equal(s->map.v[i].type, type);
}

static void tear_down(struct scene *s)
{
	arena_release(&s->machine.arena);
}

TEST(the_firmware_is_asked_first)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s);
	resource(&s, 0, 0x10000, 0, "System RAM");
	firmware(&s, 0x200000, 0x300000, "System RAM");
	firmware(&s, 0, 0x9fc00, "System RAM");
	firmware(&s, 0x300000, 0x301000, "Unknown E820 type");
	firmware(&s, 0x301000, 0x302000, "reserved");
	firmware(&s, 0x302000, 0x303000, "ACPI Tables");
	firmware(&s, 0x303000, 0x304000, "ACPI Non-volatile Storage");
	firmware(&s, 0x304000, 0x305000, "Persistent Memory");
	firmware(&s, 0x305000, 0x306000, "Persistent Memory (legacy)");
	firmware(&s, 0x306000, 0x307000, "Unusable memory");
	firmware(&s, 0x307000, 0x308000, "Soft Reserved");
	check_ok(make(&s), &s.err);
	assert_int_equal(s.map.count, 9);
	check_entry(&s, 0, 0, 0x9fc00, X86_RAM);
	check_entry(&s, 1, 0x200000, 0x300000, X86_RAM);
	check_entry(&s, 2, 0x300000, 0x302000, X86_RESERVED);
	check_entry(&s, 3, 0x302000, 0x303000, X86_ACPI);
	check_entry(&s, 4, 0x303000, 0x304000, X86_NVS);
	check_entry(&s, 5, 0x304000, 0x305000, X86_PMEM);
	check_entry(&s, 6, 0x305000, 0x306000, X86_PRAM);
	check_entry(&s, 7, 0x306000, 0x307000, X86_UNUSABLE);
	check_entry(&s, 8, 0x307000, 0x308000, X86_SOFT_RESERVED);
	tear_down(&s);
}

/* Nested resources that are no memory of a kind of their own leave it as it is; nested reservations do not. */
TEST(resources_where_the_firmware_does_not_know_all)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s);
	firmware(&s, 0, 0x9fc00, "System RAM");
	resource(&s, 0x100000, 0x800000, 0, "System RAM");
	resource(&s, 0x200000, 0x300000, 1, "Kernel code");
	resource(&s, 0x400000, 0x500000, 1, "Crash kernel");
	resource(&s, 0x600000, 0x601000, 1, "Reserved");
	resource(&s, 0x900000, 0xa00000, 0, "PCI Bus 0000:00");
	resource(&s, 0x980000, 0x990000, 1, "Reserved");
	resource(&s, 0xb00000, 0xc00000, 0, "System RAM (virtio_mem)");
	s.machine.cmdline = "a=1 add_efi_memmap quiet";
	check_ok(make(&s), &s.err);
	assert_int_equal(s.map.count, 4);
	check_entry(&s, 0, 0x100000, 0x600000, X86_RAM);
	check_entry(&s, 1, 0x600000, 0x601000, X86_RESERVED);
	check_entry(&s, 2, 0x601000, 0x800000, X86_RAM);
	check_entry(&s, 3, 0x980000, 0x990000, X86_RESERVED);

	s.machine.cmdline = "xadd_efi_memmap add_efi_memmapx";
	check_ok(make(&s), &s.err);
	assert_int_equal(s.map.count, 1);
	check_entry(&s, 0, 0, 0x9fc00, X86_RAM);

	s.machine.firmware_count = 0;
	check_ok(make(&s), &s.err);
	assert_int_equal(s.map.count, 4);
	tear_down(&s);
}

TEST(a_map_without_ram_is_refused)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s);
	check_fails(make(&s), &s.err, ERR_BAD_MACHINE, "no \"System RAM\" in /proc/iomem");
	firmware(&s, 0, 0x1000, "Reserved");
	check_fails(make(&s), &s.err, ERR_BAD_MACHINE, "no \"System RAM\" in /sys/firmware/memmap");
	tear_down(&s);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525u + 1013904223u;
	return *state >> 16;
}

static size_t rank(enum x86_memory_type type)
{
	for (size_t i = 0; i < TYPES; i++)
		if (types[i] == type)
			return i + 1;
	return 0;
}

/* model[i]: 0 = nothing there, else 1 + the place in types of the least usable one. */
static void check_model(const struct x86_map *map, const size_t *model)
{
	size_t seen[SPACE] = { 0 };

	for (size_t i = 0; i < map->count; i++) {
		const struct x86_memory *m = &map->v[i];

		assert_true(m->range.start < m->range.end && m->range.end <= SPACE);
		if (i) {
			assert_true(m[-1].range.end <= m->range.start);
			assert_false(m[-1].range.end == m->range.start && m[-1].type == m->type);
		}
		for (uint64_t at = m->range.start; at < m->range.end; at++)
			seen[at] = rank(m->type);
	}
	assert_memory_equal(seen, model, sizeof(seen));
}

TEST(any_list_becomes_disjoint_and_joined)
{
	uint32_t state = 20240601;

	BEGIN_TEST();
	for (int round = 0; round < 5000; round++) {
		size_t model[SPACE] = { 0 };
		struct x86_memory list[12];
		struct x86_map map = { .v = list, .count = next_random(&state) % 13 };
		struct arena arena;

		arena_init(&arena);
		for (size_t i = 0; i < map.count; i++) {
			uint64_t start = next_random(&state) % SPACE;
			uint64_t end = start + next_random(&state) % (SPACE - start + 1);
			size_t kind = next_random(&state) % TYPES;

			list[i] = (struct x86_memory){ { start, end }, types[kind] };
			for (uint64_t at = start; at < end; at++)
				if (model[at] < kind + 1)
					model[at] = kind + 1;
		}
		x86_map_normalize(&map, &arena);
		check_model(&map, model);
		arena_release(&arena);
	}
}

CHECK_MAIN(cmocka_unit_test(the_firmware_is_asked_first),
	   cmocka_unit_test(resources_where_the_firmware_does_not_know_all),
	   cmocka_unit_test(a_map_without_ram_is_refused), cmocka_unit_test(any_list_becomes_disjoint_and_joined))
