/* SPDX-License-Identifier: GPL-2.0-only */
/* The device tree for the next kernel: read here as Linux reads it at boot. */
#include "config.h"

#ifdef HAVE_LIBFDT

#include "ppc64_scene.h"

#include "kexec/machine/power.h"

#define GIB (UINT64_C(1) << 30)
#define DYNAMIC "/ibm,dynamic-reconfiguration-memory"

static const char *bootargs(const struct ppc64_scene *s)
{
	struct blob value = ppc64_scene_value(s, "/chosen", "bootargs");

	assert_true(value.size && value.data[value.size - 1] == 0);
	return (const char *)value.data;
}

static bool has(const struct ppc64_scene *s, const char *path, const char *name)
{
	return ppc64_scene_value(s, path, name).data != NULL;
}

static bool has_anywhere(const struct ppc64_scene *s, const char *name)
{
	const void *fdt = ppc64_scene_tree(s).data;

	for (int node = 0; node >= 0; node = fdt_next_node(fdt, node, NULL))
		if (fdt_getprop(fdt, node, name, NULL))
			return true;
	return false;
}

static uint64_t number(struct blob data, size_t *at, unsigned int words)
{
	uint64_t value = 0;

	for (unsigned int i = 0; i < words; i++) {
		struct be32 word;

		assert_true(blob_has(data, *at, 4));
		memcpy(&word, data.data + *at, 4);
		value = value << 32 | be32_get(word);
		*at += 4;
	}
	return value;
}

/*
 * What a capture kernel takes for its memory, word for word as Linux reads it (early_init_dt_scan_memory(),
 * early_init_drmem_lmb(), Linux 7.2): a counter is read for assigned blocks only, none for the others.
 */
static void capture_memory(const struct ppc64_scene *s, struct ranges *memory)
{
	const void *fdt = ppc64_scene_tree(s).data;
	int node;

	ranges_init(memory, &((struct ppc64_scene *)(uintptr_t)s)->arena);
	fdt_for_each_subnode(node, fdt, 0)
	{
		const char *type = fdt_getprop(fdt, node, "device_type", NULL);
		int size;
		const uint8_t *data;

		if (!type || strcmp(type, "memory") != 0)
			continue;
		data = fdt_getprop(fdt, node, "linux,usable-memory", &size);
		assert_non_null(data);
		for (size_t at = 0; at < (size_t)size;) {
			uint64_t base = number((struct blob){ data, (size_t)size }, &at, 2);
			uint64_t length = number((struct blob){ data, (size_t)size }, &at, 2);

			ranges_append(memory, (struct range){ base, base + length });
		}
	}

	struct blob first = ppc64_scene_value(s, DYNAMIC, "ibm,dynamic-memory");
	struct blob second = ppc64_scene_value(s, DYNAMIC, "ibm,dynamic-memory-v2");
	struct blob usable = ppc64_scene_value(s, DYNAMIC, "linux,drconf-usable-memory");
	struct blob list = first.data ? first : second;
	size_t at = 0, seen = 0;

	if (list.data) {
		uint64_t entries = number(list, &at, 1);

		assert_non_null(usable.data);
		while (entries--) {
			uint64_t blocks = first.data ? 1 : number(list, &at, 1);

			number(list, &at, 2);
			number(list, &at, first.data ? 3 : 2);

			uint64_t flags = number(list, &at, 1);

			while (blocks--) {
				if ((flags & 0x80) || !(flags & 8))
					continue;
				for (uint64_t parts = number(usable, &seen, 2); parts; parts--) {
					uint64_t base = number(usable, &seen, 2), length = number(usable, &seen, 2);

					ranges_append(memory, (struct range){ base, base + length });
				}
			}
		}
		assert_int_equal(seen, usable.size);
	}
	ranges_normalize(memory);
}

TEST(a_capture_kernel_sees_the_usable_memory_only)
{
	static const char *const machines[] = { "pseries", "pseries-radix", "powernv", "drconf-v1", "drconf-v2", "tb16",
						"cpus1500" };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct ppc64_scene s;
		struct ranges memory, wanted, all, usable;
		const struct machine_power *power = &s.machine.power;

		ppc64_scene_begin(&s, false, machines[i], "le", TARGET_CRASH);
		check_ok(ppc64_scene_load(&s), &s.err);
		capture_memory(&s, &memory);

		ranges_init(&usable, &s.arena);
		ranges_append(&usable, (struct range){ 0, s.plan.crash.end });
		ranges_append(&usable, power->rtas);
		ranges_append(&usable, power->opal_range);
		for (size_t k = 0; k < power->tce.count; k++)
			ranges_append(&usable, power->tce.v[k]);
		ranges_normalize(&usable);

		/* The machine's own memory comes from another reader, and knows no limit set by the running kernel. */
		struct power_facts facts;

		check_ok(power_decode(&facts, s.machine.devicetree, &s.arena, &s.err), &s.err);
		all = facts.memory;
		ranges_intersect(&wanted, &s.arena, &usable, &all);
		assert_int_equal(memory.count, wanted.count);
		for (size_t k = 0; k < wanted.count; k++)
			if (memory.v[k].start != wanted.v[k].start || memory.v[k].end != wanted.v[k].end)
				fail_msg("%s: 0x%" PRIx64 "-0x%" PRIx64 ", wanted 0x%" PRIx64 "-0x%" PRIx64, machines[i],
					 memory.v[k].start, memory.v[k].end, wanted.v[k].start, wanted.v[k].end);

		/* And the crashed kernel's part of it is reserved, all but the vectors, which purgatory saves. */
		assert_true(ppc64_scene_reserves(&s, (struct range){ 0x10000, s.plan.crash.start }));
		assert_true(range_is_empty(power->rtas) || ppc64_scene_reserves(&s, power->rtas));
		assert_true(ppc64_scene_reserves(&s, plan_segment(&s.plan, SEGMENT_BACKUP)->range));
		assert_true(ppc64_scene_reserves(&s, plan_segment(&s.plan, SEGMENT_ELFCOREHDR)->range));
		ppc64_scene_end(&s);
	}
}

/* QEMU's RTAS has 20 bytes. Whatever else lies in its page is to be dumped, and the capture kernel gets whole pages. */
TEST(a_capture_kernel_leaves_the_whole_pages_of_firmware_alone)
{
	struct ppc64_scene s;
	struct range page;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_CRASH);
	s.machine.power.rtas.start += 8;
	s.machine.power.rtas.end = s.machine.power.rtas.start + 20;
	check_ok(ppc64_scene_load(&s), &s.err);
	page.start = align_down(s.machine.power.rtas.start, s.plan.page_size);
	page.end = page.start + s.plan.page_size;
	assert_true(ppc64_scene_reserves(&s, page));
	ppc64_scene_end(&s);
}

TEST(chosen_says_what_was_asked_for)
{
	static const char *const gone[] = { "linux,kernel-end", "linux,memory-limit", "linux,crashkernel-base",
					    "linux,crashkernel-size", "rng-seed", "kaslr-seed", "linux,elfcorehdr",
					    "linux,initrd-start", "linux,initrd-end" };
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, true, "powernv", "be", TARGET_NORMAL);
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(has(&s, "/chosen", "linux,booted-from-kexec"));
	for (size_t i = 0; i < sizeof(gone) / sizeof(gone[0]); i++)
		if (has(&s, "/chosen", gone[i]))
			fail_msg("%s is there", gone[i]);
	assert_false(has_anywhere(&s, "linux,htab-base"));
	assert_false(has_anywhere(&s, "name"));
	assert_true(has(&s, "/chosen", "linux,stdout-path"));
	/* What firmware says of a GPU's memory stays. */
	assert_true(has(&s, "/memory@242000000000", "linux,usable-memory"));
	plan_release(&s.plan);

	ppc64_scene_initrd(&s, 123457);
	s.request.has_seed = true;
	memset(s.request.seed, 0x11, 8);
	memset(s.request.seed + 8, 0x22, 24);
	check_ok(ppc64_scene_load(&s), &s.err);

	const struct range initrd = plan_segment(&s.plan, SEGMENT_INITRD)->range;

	assert_true(ppc64_scene_number(&s, "/chosen", "linux,initrd-start", 0) == initrd.start);
	assert_true(ppc64_scene_number(&s, "/chosen", "linux,initrd-end", 0) == initrd.start + 123457);
	assert_true(ppc64_scene_reserves(&s, (struct range){ initrd.start, initrd.start + 123457 }));
	assert_true(ppc64_scene_number(&s, "/chosen", "kaslr-seed", 0) == UINT64_C(0x1111111111111111));
	assert_int_equal(ppc64_scene_value(&s, "/chosen", "rng-seed").size, 24);
	assert_true(ppc64_scene_number(&s, "/chosen", "rng-seed", 2) == UINT64_C(0x2222222222222222));

	/* Its own place, which it was told last. */
	const struct segment *tree = plan_segment(&s.plan, SEGMENT_DEVICE_TREE);

	assert_true(ppc64_scene_reserves(&s, (struct range){ tree->range.start, tree->range.start + tree->data.size }));
	assert_true(ppc64_scene_reserves(&s, s.machine.power.opal_range));
	assert_true(ppc64_scene_reserves(&s, s.machine.power.tce.v[0]));
	ppc64_scene_end(&s);
}

TEST(a_kept_initrd_is_used_and_reserved)
{
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "powernv", "le", TARGET_NORMAL);
	s.request.reuse_initrd = true;
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(ppc64_scene_number(&s, "/chosen", "linux,initrd-start", 0) == s.machine.initrd.start);
	assert_true(ppc64_scene_number(&s, "/chosen", "linux,initrd-end", 0) == s.machine.initrd.end);
	assert_true(ppc64_scene_reserves(&s, s.machine.initrd));
	assert_null(plan_segment(&s.plan, SEGMENT_INITRD));
	ppc64_scene_end(&s);
}

/* A tree of which /chosen has this line. */
static struct blob with_bootargs(struct ppc64_scene *s, struct blob tree, const char *line)
{
	size_t room = tree.size + strlen(line) + 4096;
	uint8_t *copy = arena_alloc(&s->arena, room);

	assert_int_equal(fdt_open_into(tree.data, copy, (int)room), 0);
	assert_int_equal(fdt_setprop(copy, fdt_path_offset(copy, "/chosen"), "bootargs", line, (int)strlen(line) + 1), 0);
	return (struct blob){ copy, room };
}

TEST(the_old_root_is_taken_over_where_there_is_none)
{
	static const struct {
		const char *old, *given;
		bool refused;
		const char *wanted;
	} rows[] = {
		{ "quiet root=/dev/sda2 ro", "debug", false, "debug root=/dev/sda2" },
		{ "quiet root=/dev/sda2 ro", "", false, "root=/dev/sda2" },
		{ "quiet root=/dev/sda2 ro", "debug", true, "debug" },
		{ "quiet root=/dev/sda2 ro", "root=/dev/vda1", false, "root=/dev/vda1" },
		{ "quiet root=/dev/sda2 ro", "nfsroot=10.0.0.1:/x", false, "nfsroot=10.0.0.1:/x" },
		{ "quiet root=/dev/sda2 ro", "debug -- single", false, "debug root=/dev/sda2 -- single" },
		{ "nfsroot=10.0.0.1:/x", "debug", false, "debug" },
		{ "root=\"a b\" root=c", "debug", false, "debug root=\"a b\"" },
		{ "", "debug", false, "debug" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ppc64_scene s;

		ppc64_scene_begin(&s, false, "pseries", "le", TARGET_NORMAL);
		s.machine.devicetree = with_bootargs(&s, s.machine.devicetree, rows[i].old);
		s.request.cmdline = rows[i].given;
		s.request.no_old_root = rows[i].refused;
		check_ok(ppc64_scene_load(&s), &s.err);
		assert_string_equal(bootargs(&s), rows[i].wanted);
		assert_string_equal(s.plan.cmdline, rows[i].wanted);
		ppc64_scene_end(&s);
	}
}

TEST(a_line_that_is_too_long_is_refused)
{
	char line[2100];
	struct ppc64_scene s;

	BEGIN_TEST();
	memset(line, 'x', sizeof(line));
	line[2047] = 0;
	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_NORMAL);
	s.request.cmdline = line;
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_string_equal(bootargs(&s), line);
	plan_release(&s.plan);
	line[2047] = 'x';
	line[2048] = 0;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_USAGE, "2048 characters, and a kernel on Power reads at most 2047");
	plan_release(&s.plan);

	/* elfcorehdr= counts, too. */
	line[2040] = 0;
	s.request.target = TARGET_CRASH;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_USAGE, "reads at most 2047");
	ppc64_scene_end(&s);
}

/* The defect that made this program: a dump that was saved long ago must not be shown to the next kernel. */
TEST(a_dump_is_told_of_only_while_it_waits)
{
	static const struct {
		const char *machine;
		bool stays;
	} rows[] = {
		{ "fadump-pending", true },   { "fadump-pending-radix", true }, { "fadump-released-armed", false },
		{ "fadump-gone", false },     { "fadump-armed", false },	{ "fadump-legacy-pending", true },
	};
	struct ppc64_scene s;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ppc64_scene_begin(&s, i % 2, rows[i].machine, "le", TARGET_NORMAL);
		check_ok(ppc64_scene_load(&s), &s.err);
		if (has(&s, "/rtas", "ibm,kernel-dump") != rows[i].stays)
			fail_msg("%s: ibm,kernel-dump is %sthere", rows[i].machine, rows[i].stays ? "not " : "");
		/* That firmware can do it is another matter. */
		assert_true(has(&s, "/rtas", "ibm,configure-kernel-dump"));
		ppc64_scene_end(&s);
	}
	ppc64_scene_begin(&s, false, "fadump-pending-opal", "le", TARGET_NORMAL);
	assert_true(fdt_path_offset(s.machine.devicetree.data, "/ibm,opal/dump") > 0);
	s.machine.dump_pending = false;
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_false(has(&s, "/ibm,opal/dump", "mpipl-boot"));
	assert_true(ppc64_scene_node(&s, "/ibm,opal/dump") > 0);
	assert_int_equal(ppc64_scene_node(&s, "/ibm,opal/dump/mpipl-boot"), -FDT_ERR_NOTFOUND);
	ppc64_scene_end(&s);
}

/* From a capture kernel the whole machine is given to the next one, but for what firmware itself keeps back. */
TEST(a_normal_load_from_a_capture_kernel_gets_all_memory)
{
	struct ppc64_scene crash, s;

	BEGIN_TEST();
	ppc64_scene_begin(&crash, false, "powernv", "le", TARGET_CRASH);
	check_ok(ppc64_scene_load(&crash), &crash.err);
	ppc64_scene_begin(&s, false, "powernv", "le", TARGET_NORMAL);
	s.machine.devicetree = ppc64_scene_tree(&crash);
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_false(has(&s, "/memory@0", "linux,usable-memory"));
	assert_true(has(&s, "/memory@242000000000", "linux,usable-memory"));
	assert_false(has(&s, "/chosen", "linux,elfcorehdr"));
	ppc64_scene_end(&s);
	ppc64_scene_end(&crash);

	ppc64_scene_begin(&crash, false, "drconf-v2", "le", TARGET_CRASH);
	check_ok(ppc64_scene_load(&crash), &crash.err);
	ppc64_scene_begin(&s, false, "drconf-v2", "le", TARGET_NORMAL);
	s.machine.devicetree = ppc64_scene_tree(&crash);
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_false(has(&s, DYNAMIC, "linux,drconf-usable-memory"));
	assert_true(has(&s, DYNAMIC, "ibm,dynamic-memory-v2"));
	ppc64_scene_end(&s);
	ppc64_scene_end(&crash);
}

static size_t slack_of(struct blob tree)
{
	return tree.size - fdt_off_dt_strings(tree.data) - fdt_size_dt_strings(tree.data);
}

/* 1,500 cores are there, 1,536 may be. */
TEST(hotplug_gets_room_for_all_cpus)
{
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "cpus1500", "le", TARGET_CRASH);
	check_ok(ppc64_scene_load(&s), &s.err);

	struct blob tree = ppc64_scene_tree(&s);
	int cpus = fdt_path_offset(tree.data, "/cpus"), first = fdt_first_subnode(tree.data, cpus), count = 0, node;
	size_t size = (size_t)(fdt_next_subnode(tree.data, first) - first);

	fdt_for_each_subnode(node, tree.data, cpus)
		count++;
	assert_int_equal(count, 1500);
	assert_in_range(slack_of(tree), 4096, 4096 + 8);
	plan_release(&s.plan);
	s.request.hotplug = true;
	check_ok(ppc64_scene_load(&s), &s.err);
	tree = ppc64_scene_tree(&s);
	assert_in_range(slack_of(tree), 4096 + 36 * size, 4096 + 36 * (size + 64));
	ppc64_scene_end(&s);
}

static void set_memory(struct blob tree, uint64_t size)
{
	const struct be64 reg[] = { be64_make(0), be64_make(size) };
	int node = fdt_path_offset(tree.data, "/memory@0");

	assert_int_equal(fdt_setprop_inplace((void *)(uintptr_t)tree.data, node, "reg", reg, sizeof(reg)), 0);
}

/* --dtb takes the place of the machine's tree, and is held against its memory. */
TEST(a_given_tree_is_the_base)
{
	struct ppc64_scene s, other;
	struct blob tree;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_CRASH);
	tree = with_bootargs(&s, s.machine.devicetree, "root=/dev/given");
	assert_int_equal(fdt_setprop((void *)(uintptr_t)tree.data, 0, "model", "given", 6), 0);
	s.image.dtb = tree;
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_string_equal((const char *)ppc64_scene_value(&s, "/", "model").data, "given");
	assert_non_null(strstr(bootargs(&s), "root=/dev/given elfcorehdr="));
	assert_true(has(&s, "/memory@0", "linux,usable-memory"));
	ppc64_scene_end(&s);

	/* One of a smaller machine, of one with other firmware, and one with it elsewhere. */
	ppc64_scene_begin(&other, false, "drconf-v1", "le", TARGET_NORMAL);
	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_NORMAL);
	tree = with_bootargs(&s, s.machine.devicetree, "");
	set_memory(tree, 0);
	s.image.dtb = tree;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_IMAGE, "--dtb: ");
	plan_release(&s.plan);
	set_memory(tree, 0x10000000);
	check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_IMAGE, "--dtb: the device tree has no memory at 0x7fff0000");
	ppc64_scene_end(&s);
	ppc64_scene_begin(&s, false, "powernv", "le", TARGET_NORMAL);
	s.image.dtb = other.machine.devicetree;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_IMAGE, "--dtb: the device tree is that of a machine without OPAL");
	ppc64_scene_end(&s);
	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_NORMAL);
	s.image.dtb = other.machine.devicetree;
	s.request.mem_min = 0x18000000;
	check_ok(ppc64_scene_load(&s), &s.err);
	plan_release(&s.plan);
	s.machine.power.rtas.start += 0x1000;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_IMAGE,
		    "has RTAS at 0x2fff0000-0x30000000, and on this machine it is at 0x2fff1000");
	ppc64_scene_end(&s);
	ppc64_scene_end(&other);

	/* One without anything. */
	ppc64_scene_begin(&s, false, "powernv", "le", TARGET_NORMAL);

	void *empty = arena_alloc(&s.arena, 256);

	assert_int_equal(fdt_create_empty_tree(empty, 256), 0);
	s.image.dtb = (struct blob){ empty, 256 };
	check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_IMAGE, "--dtb: ");
	ppc64_scene_end(&s);
}

/* Numbers in the lists of blocks that cannot be: an error that says which. */
TEST(impossible_blocks_are_refused)
{
	static const struct {
		const char *machine, *property;
		size_t at; /* of the byte to change */
		uint8_t value;
		const char *words;
	} rows[] = {
		{ "drconf-v1", "ibm,dynamic-memory", 0, 0xff, "blocks of 24 bytes each" },
		{ "drconf-v2", "ibm,dynamic-memory-v2", 0, 0xff, "sets of blocks of 24 bytes each" },
		{ "drconf-v2", "ibm,dynamic-memory-v2", 4, 0xff, "more than 4194304 blocks" },
		{ "drconf-v1", "ibm,dynamic-memory", 4, 0xff, "" },
		{ "drconf-v1", "ibm,lmb-size", 7, 0x01, "power of two" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ppc64_scene s;

		ppc64_scene_begin(&s, false, rows[i].machine, "le", TARGET_CRASH);

		uint8_t *copy = arena_alloc(&s.arena, s.machine.devicetree.size);
		int size;

		memcpy(copy, s.machine.devicetree.data, s.machine.devicetree.size);

		uint8_t *value = fdt_getprop_w(copy, fdt_path_offset(copy, DYNAMIC), rows[i].property, &size);

		assert_non_null(value);
		value[rows[i].at] = rows[i].value;
		s.machine.devicetree.data = copy;
		if (i == 3) {
			/* A block that ends just above the address space. */
			memset(value + 4, 0xff, 8);
			check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_MACHINE, "runs over the end of the address space");
		} else {
			check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_MACHINE, rows[i].words);
		}
		ppc64_scene_end(&s);
	}
}

CHECK_MAIN(cmocka_unit_test(a_capture_kernel_sees_the_usable_memory_only),
	   cmocka_unit_test(a_capture_kernel_leaves_the_whole_pages_of_firmware_alone),
	   cmocka_unit_test(chosen_says_what_was_asked_for), cmocka_unit_test(a_kept_initrd_is_used_and_reserved),
	   cmocka_unit_test(the_old_root_is_taken_over_where_there_is_none),
	   cmocka_unit_test(a_line_that_is_too_long_is_refused), cmocka_unit_test(a_dump_is_told_of_only_while_it_waits),
	   cmocka_unit_test(a_normal_load_from_a_capture_kernel_gets_all_memory),
	   cmocka_unit_test(hotplug_gets_room_for_all_cpus), cmocka_unit_test(a_given_tree_is_the_base),
	   cmocka_unit_test(impossible_blocks_are_refused))

#else
#include "no_libfdt.h"
#endif
