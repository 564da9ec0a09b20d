/* SPDX-License-Identifier: GPL-2.0-only */
/* Every state that /sys/kernel/fadump can show, from made roots, and what makes no sense there. */
#include "machine_support.h"
#include "machine_tree.h"

#include "fadump.h"

static void read_kind(struct fadump *fadump, struct arena *arena, const char *kind)
{
	struct err err;

	arena_init(arena);
	fadump_read(fadump, arena, arena_printf(arena, "%s/power/%s", check_env("FIXTURES"), kind));
	check_ok(fadump_is_clear(fadump, &err), &err);
}

TEST(states)
{
	static const struct {
		const char *kind;
		enum fadump_state state;
		bool legacy, pseries, opal, active, vmcore;
		uint64_t crash_size;
		size_t dump; /* bytes of ibm,kernel-dump */
	} kinds[] = {
		{ "fadump-unsupported", FADUMP_UNSUPPORTED, false, false, false, false, false, 0x10000000, 0 },
		{ "fadump-off", FADUMP_OFF, false, true, false, false, false, 0, 0 },
		{ "fadump-off-kdump", FADUMP_OFF, false, true, false, false, false, 0x10000000, 0 },
		{ "fadump-armed", FADUMP_ARMED, false, true, false, false, false, 0, 0 },
		{ "fadump-disarmed", FADUMP_DISARMED, false, true, false, false, false, 0, 0 },
		{ "fadump-pending", FADUMP_PENDING, false, true, false, true, true, 0, 160 },
		{ "fadump-pending-radix", FADUMP_PENDING, false, true, false, true, true, 0, 200 },
		{ "fadump-gone", FADUMP_GONE, false, true, false, true, false, 0, 160 },
		{ "fadump-released-armed", FADUMP_RELEASED_ARMED, false, true, false, true, false, 0, 160 },
		{ "fadump-legacy", FADUMP_ARMED, true, true, false, false, false, 0, 0 },
		{ "fadump-legacy-pending", FADUMP_PENDING, true, true, false, true, true, 0, 160 },
		{ "fadump-pending-opal", FADUMP_PENDING, false, false, true, true, true, 0, 0 },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct arena arena;
		struct fadump fadump;

		read_kind(&fadump, &arena, kinds[i].kind);
		assert_int_equal(fadump_state(&fadump), kinds[i].state);
		assert_int_equal(fadump.present, kinds[i].state != FADUMP_UNSUPPORTED);
		assert_int_equal(fadump.legacy_names, kinds[i].legacy);
		assert_int_equal(fadump.pseries, kinds[i].pseries);
		assert_int_equal(fadump.opal, kinds[i].opal);
		assert_int_equal(fadump.tree_active, kinds[i].active);
		assert_int_equal(fadump.has_vmcore, kinds[i].vmcore);
		assert_true(fadump.has_crash_size);
		assert_int_equal(fadump.crash_size, kinds[i].crash_size);
		assert_int_equal(fadump.kernel_dump.size, kinds[i].dump);
		arena_release(&arena);
	}
}

TEST(armed_in_full)
{
	struct arena arena;
	struct fadump fadump;

	BEGIN_TEST();
	read_kind(&fadump, &arena, "fadump-armed");
	assert_true(fadump.enabled && fadump.registered && !fadump.has_release);
	assert_true(fadump.has_mem_reserved);
	assert_int_equal(fadump.mem_reserved, 0x200101b0);
	assert_true(fadump.has_hotplug_ready && fadump.hotplug_ready);
	assert_string_equal(fadump.bootargs_append, "nr_cpus=1 fadtest=1");
	assert_int_equal(fadump.section_sizes.size, 24);
	assert_true(fadump.has_rtas);
	assert_int_equal(fadump.rtas_start, 0x2fff0000);
	assert_int_equal(fadump.rtas_size, 0x10000);
	assert_null(fadump.region);
	assert_string_equal(fadump_control(&fadump, &arena, "registered"), "sys/kernel/fadump/registered");
	arena_release(&arena);
}

TEST(old_names)
{
	struct arena arena;
	struct fadump fadump;

	BEGIN_TEST();
	read_kind(&fadump, &arena, "fadump-legacy");
	assert_false(fadump.has_mem_reserved);
	assert_false(fadump.has_hotplug_ready);
	assert_null(fadump.bootargs_append);
	assert_string_equal(fadump_control(&fadump, &arena, "release_mem"), "sys/kernel/fadump_release_mem");
	arena_release(&arena);
}

/* A machine of another kind, or with nothing at all. */
TEST(nothing_there)
{
	struct machine_tree tree;
	struct arena arena;
	struct fadump fadump;
	struct err err;

	BEGIN_TEST();
	machine_tree_make(&tree);
	arena_init(&arena);
	fadump_read(&fadump, &arena, tree.root);
	check_ok(fadump_is_clear(&fadump, &err), &err);
	assert_int_equal(fadump_state(&fadump), FADUMP_UNSUPPORTED);
	assert_false(fadump.has_crash_size || fadump.has_vmcore || fadump.has_rtas || fadump.tree_active);
	assert_int_equal(fadump.kernel_dump.size, 0);
	arena_release(&arena);
	machine_tree_remove(&tree);
}

TEST(region)
{
	static const char text[] = "CPU :[0x00000020000000-0x0000002000050f] 0x510 bytes, Dumped: 0x510";
	struct machine_tree tree;
	struct arena arena;
	struct fadump fadump;
	struct err err;

	BEGIN_TEST();
	machine_tree_make(&tree);
	machine_tree_write(&tree, "sys/kernel/debug/powerpc/fadump_region", text);
	arena_init(&arena);
	fadump_read(&fadump, &arena, tree.root);
	check_ok(fadump_is_clear(&fadump, &err), &err);
	assert_string_equal(fadump.region, text);

	/* It is for people: where it cannot be read, nothing is lost. */
	machine_tree_block(&tree, "sys/kernel/debug/powerpc/fadump_region");
	fadump_read(&fadump, &arena, tree.root);
	check_ok(fadump_is_clear(&fadump, &err), &err);
	assert_null(fadump.region);
	arena_release(&arena);
	machine_tree_remove(&tree);
}

#define NEW "sys/kernel/fadump/"
#define RTAS "proc/device-tree/rtas/"

static void make_armed(struct machine_tree *tree)
{
	machine_tree_make(tree);
	machine_tree_write(tree, NEW "enabled", "1\n");
	machine_tree_write(tree, NEW "registered", "1\n");
}

/* What cannot be understood is a problem of the one kind, with its name, and none of the other. */
static struct fadump refuse(const struct machine_tree *tree, bool state, const char *words)
{
	struct arena arena;
	struct fadump fadump;
	struct err err;

	arena_init(&arena);
	fadump_read(&fadump, &arena, tree->root);
	check_fails(fadump_is_clear(&fadump, &err), &err, ERR_BAD_MACHINE, words);
	assert_int_equal(fadump.state_problem != NULL, state);
	assert_int_equal(fadump.problem != NULL, !state);
	arena_release(&arena);
	return fadump;
}

TEST(nonsense)
{
	static const struct {
		const char *name, *text, *words;
		bool state;
	} wrong[] = {
		{ NEW "enabled", "2\n", "fadump/enabled: 2 found, expected 0 or 1", true },
		{ NEW "enabled", "yes\n", "fadump/enabled", true },
		{ NEW "enabled", "", "fadump/enabled", true },
		{ NEW "registered", "-1\n", "fadump/registered", true },
		{ NEW "mem_reserved", "0x1000\n", "fadump/mem_reserved", false },
		{ NEW "mem_reserved", "18446744073709551616\n", "fadump/mem_reserved", false },
		{ NEW "hotplug_ready", "ready\n", "fadump/hotplug_ready", false },
		{ "sys/kernel/kexec_crash_size", "much\n", "kexec_crash_size", false },
		{ RTAS "rtas-size", "abc", "rtas/rtas-size of the device tree has 3 bytes, expected 4 or 8", false },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		struct machine_tree tree;

		make_armed(&tree);
		machine_tree_write(&tree, wrong[i].name, wrong[i].text);

		struct fadump fadump = refuse(&tree, wrong[i].state, wrong[i].words);

		/* As if it were not there; all else is known. */
		assert_false(fadump.has_mem_reserved || fadump.has_hotplug_ready || fadump.has_crash_size || fadump.has_rtas);
		if (!wrong[i].state)
			assert_int_equal(fadump_state(&fadump), FADUMP_ARMED);
		machine_tree_remove(&tree);
	}
}

/* Everything beside a dump is odd, and it is one nevertheless. */
TEST(a_pending_dump_stays_one)
{
	static const char *const blocked[] = {
		NEW "enabled",	    NEW "registered",	  NEW "mem_reserved",	   NEW "hotplug_ready",
		NEW "bootargs_append", "sys/kernel/kexec_crash_size", RTAS "linux,rtas-base", RTAS "rtas-size",
		RTAS "ibm,kernel-dump", RTAS "ibm,configure-kernel-dump-sizes",
	};
	struct machine_tree tree;
	struct arena arena;
	struct fadump fadump;

	BEGIN_TEST();
	make_armed(&tree);
	for (size_t i = 0; i < sizeof(blocked) / sizeof(blocked[0]); i++)
		machine_tree_block(&tree, blocked[i]);
	machine_tree_write(&tree, NEW "release_mem", "");
	machine_tree_write(&tree, "proc/vmcore", "core");
	arena_init(&arena);
	fadump_read(&fadump, &arena, tree.root);
	assert_int_equal(fadump_state(&fadump), FADUMP_PENDING);
	for (size_t i = 0; i < sizeof(blocked) / sizeof(blocked[0]); i++) {
		const char *name = strrchr(blocked[i], '/') + 1;

		if (!strstr(i < 2 ? fadump.state_problem : fadump.problem, name))
			fail_msg("%s: not in \"%s\", \"%s\"", name, fadump.state_problem, fadump.problem);
	}
	assert_false(fadump.has_mem_reserved || fadump.has_hotplug_ready || fadump.has_crash_size || fadump.has_rtas);
	assert_null(fadump.bootargs_append);
	assert_int_equal(fadump.kernel_dump.size + fadump.section_sizes.size, 0);

	/* Without the file that only a kernel with a dump makes, nothing is guessed. */
	machine_tree_drop(&tree, NEW "release_mem");
	fadump_read(&fadump, &arena, tree.root);
	assert_int_equal(fadump_state(&fadump), FADUMP_OFF);
	arena_release(&arena);
	machine_tree_remove(&tree);
}

TEST(parts_missing)
{
	struct machine_tree tree;

	BEGIN_TEST();
	make_armed(&tree);
	machine_tree_drop(&tree, NEW "registered");
	refuse(&tree, true, "fadump/registered is missing");
	machine_tree_block(&tree, NEW "registered");
	refuse(&tree, true, "fadump/registered");
	machine_tree_drop(&tree, NEW "registered");
	machine_tree_drop(&tree, NEW "enabled");
	refuse(&tree, true, "fadump/enabled is missing");
	machine_tree_remove(&tree);
}

TEST(rtas_beyond)
{
	struct machine_tree tree;

	BEGIN_TEST();
	make_armed(&tree);
	machine_tree_write_bytes(&tree, RTAS "linux,rtas-base", "\xff\xff\xff\xff\xff\xff\xff\xf0", 8);
	machine_tree_write_bytes(&tree, RTAS "rtas-size", "\0\0\0\x20", 4);
	assert_false(refuse(&tree, false, "end beyond the 64-bit address space").has_rtas);
	machine_tree_remove(&tree);
}

/* What firmware left in the buffer of the command line may be any bytes. */
TEST(append_of_any_bytes)
{
	struct machine_tree tree;
	struct arena arena;
	struct fadump fadump;
	struct err err;

	BEGIN_TEST();
	make_armed(&tree);
	machine_tree_write(&tree, NEW "bootargs_append", "\xff\x01glibc\n");
	arena_init(&arena);
	fadump_read(&fadump, &arena, tree.root);
	check_ok(fadump_is_clear(&fadump, &err), &err);
	assert_string_equal(fadump.bootargs_append, "\xff\x01glibc");
	arena_release(&arena);
	machine_tree_remove(&tree);
}

TEST(names)
{
	BEGIN_TEST();
	for (int i = FADUMP_UNSUPPORTED; i <= FADUMP_RELEASED_ARMED; i++) {
		const char *name = fadump_state_name((enum fadump_state)i);

		assert_true(strlen(name) > 0 && strlen(name) < 24);
		for (int j = FADUMP_UNSUPPORTED; j < i; j++)
			assert_string_not_equal(name, fadump_state_name((enum fadump_state)j));
	}
	assert_string_equal(fadump_state_name(FADUMP_ARMED), "armed");
	assert_string_equal(fadump_state_name(FADUMP_PENDING), "capture pending");
}

CHECK_MAIN(cmocka_unit_test(states), cmocka_unit_test(armed_in_full), cmocka_unit_test(old_names),
	   cmocka_unit_test(nothing_there), cmocka_unit_test(region), cmocka_unit_test(nonsense),
	   cmocka_unit_test(a_pending_dump_stays_one), cmocka_unit_test(parts_missing), cmocka_unit_test(rtas_beyond),
	   cmocka_unit_test(append_of_any_bytes), cmocka_unit_test(names))
