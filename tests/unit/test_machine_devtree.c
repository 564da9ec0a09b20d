/* SPDX-License-Identifier: GPL-2.0-only */
/* /proc/device-tree as one flattened tree, and as machine text: against trees that tests/mk/power_trees.py made. */
#include "config.h"

#include "machine_support.h"
#include "machine_tree.h"

#ifdef HAVE_LIBFDT

#include <libfdt.h>
#include <signal.h>
#include <sys/wait.h>

#include "bytes.h"

static const char *const small_kinds[] = {
	"pseries",	"pseries-radix", "powernv",	    "drconf-v1",	     "drconf-v2",    "fadump-off",
	"fadump-armed", "fadump-gone",	 "fadump-pending",  "fadump-pending-radix",  "fadump-legacy-pending",
	"fadump-pending-opal",
};

static struct blob file_of(struct arena *arena, const char *path)
{
	struct blob blob;
	struct err err;

	check_ok(file_map(arena, path, NULL, &blob, &err), &err);
	return blob;
}

static void read_kind(struct machine *machine, struct arena *arena, const char *kind, enum arch_id arch)
{
	struct err err;

	check_ok(machine_read_root(machine, arena_printf(arena, "%s/power/%s", check_env("FIXTURES"), kind), arch, &err),
		 &err);
	assert_null(machine->devicetree_problem);
	assert_true(machine->power.present);
}

/* The same nodes and properties in the same order: 0 mismatches is all that passes. */
static void compare_trees(struct blob ours, struct blob theirs)
{
	const void *a = ours.data, *b = theirs.data;
	int x = 0, y = 0, deep_x = 0, deep_y = 0;

	assert_int_equal(fdt_check_full(a, ours.size), 0);
	assert_int_equal(fdt_check_full(b, theirs.size), 0);
	while (deep_x >= 0 && deep_y >= 0) {
		int p = fdt_first_property_offset(a, x), q = fdt_first_property_offset(b, y);

		assert_string_equal(fdt_get_name(a, x, NULL), fdt_get_name(b, y, NULL));
		assert_int_equal(deep_x, deep_y);
		while (p >= 0 && q >= 0) {
			const char *name_p, *name_q;
			int size_p, size_q;
			const void *data_p = fdt_getprop_by_offset(a, p, &name_p, &size_p);
			const void *data_q = fdt_getprop_by_offset(b, q, &name_q, &size_q);

			assert_string_equal(name_p, name_q);
			assert_int_equal(size_p, size_q);
			assert_memory_equal(data_p, data_q, (size_t)size_p);
			p = fdt_next_property_offset(a, p);
			q = fdt_next_property_offset(b, q);
		}
		assert_int_equal(p, -FDT_ERR_NOTFOUND);
		assert_int_equal(q, -FDT_ERR_NOTFOUND);
		x = fdt_next_node(a, x, &deep_x);
		y = fdt_next_node(b, y, &deep_y);
	}
	assert_int_equal(deep_x, deep_y);
}

TEST(small_trees)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(small_kinds) / sizeof(small_kinds[0]); i++) {
		struct arena arena;
		struct machine machine;
		size_t size;

		arena_init(&arena);
		read_kind(&machine, &arena, small_kinds[i], ARCH_PPC64LE);

		const char *stem = arena_printf(&arena, "%s/power/%s", check_env("FIXTURES"), small_kinds[i]);
		struct blob text = file_of(&arena, arena_printf(&arena, "%s.txt", stem));
		char *ours = machine_text(&machine, &size);

		compare_trees(machine.devicetree, file_of(&arena, arena_printf(&arena, "%s.dtb", stem)));
		assert_int_equal(size, text.size);
		assert_memory_equal(ours, text.data, size);
		free(ours);
		machine_check_round_trip(&machine);
		machine_release(&machine);
		arena_release(&arena);
	}
}

TEST(large_trees)
{
	static const char *const kinds[] = { "tb16", "cpus1500" };

	BEGIN_TEST();
	for (size_t i = 0; i < 2; i++) {
		struct arena arena;
		struct machine machine;

		arena_init(&arena);
		read_kind(&machine, &arena, kinds[i], ARCH_PPC64);
		compare_trees(machine.devicetree, file_of(&arena, arena_printf(&arena, "%s/power/%s.dtb",
									       check_env("FIXTURES"), kinds[i])));
		machine_check_round_trip(&machine);
		machine_release(&machine);
		arena_release(&arena);
	}
}

/* `power_trees.py --machines tests/machines` writes those again. */
TEST(committed_machines)
{
	static const struct {
		const char *kind, *arch;
		enum arch_id id;
	} committed[] = {
		{ "pseries", "ppc64", ARCH_PPC64 }, { "pseries", "ppc64le", ARCH_PPC64LE },
		{ "powernv", "ppc64", ARCH_PPC64 }, { "powernv", "ppc64le", ARCH_PPC64LE },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(committed) / sizeof(committed[0]); i++) {
		struct arena arena;
		struct machine machine;
		size_t size;

		arena_init(&arena);
		read_kind(&machine, &arena, committed[i].kind, committed[i].id);

		struct blob text = file_of(&arena, arena_printf(&arena, "%s/tests/machines/%s-%s.txt", check_env("SRCDIR"),
								committed[i].arch, committed[i].kind));
		char *ours = machine_text(&machine, &size);

		assert_int_equal(size, text.size);
		assert_memory_equal(ours, text.data, size);
		free(ours);
		machine_release(&machine);
		arena_release(&arena);
	}
}

#define BASE "proc/device-tree"

static void make_root(struct machine_tree *tree)
{
	static const uint8_t cells[] = { 0, 0, 0, 2 };
	static const uint8_t reg[] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0, 0, 0 };

	machine_tree_make(tree);
	machine_tree_write(tree, "proc/iomem", "00000000-3fffffff : System RAM\n");
	machine_tree_write_bytes(tree, BASE "/#address-cells", cells, sizeof(cells));
	machine_tree_write_bytes(tree, BASE "/#size-cells", cells, sizeof(cells));
	machine_tree_write_bytes(tree, BASE "/memory@0/device_type", "memory", 7);
	machine_tree_write_bytes(tree, BASE "/memory@0/reg", reg, sizeof(reg));
}

static void read_tree(struct machine *machine, const struct machine_tree *tree)
{
	struct err err;

	check_ok(machine_read_root(machine, tree->root, ARCH_PPC64LE, &err), &err);
	assert_int_equal(machine->ram.count, 1);
	assert_int_equal(machine->ram.v[0].end, 0x40000000);
}

/* The tree is left out as a whole, and words say why; memory is then what /proc/iomem shows. */
static void expect_problem(struct machine_tree *tree, const char *words)
{
	struct machine machine;

	read_tree(&machine, tree);
	assert_int_equal(machine.devicetree.size, 0);
	assert_false(machine.power.present);
	assert_non_null(machine.devicetree_problem);
	if (!strstr(machine.devicetree_problem, words))
		fail_msg("\"%s\" does not say \"%s\"", machine.devicetree_problem, words);
	machine_check_round_trip(&machine);
	machine_release(&machine);
	machine_tree_remove(tree);
}

TEST(what_is_left_out)
{
	struct machine_tree tree;
	struct machine machine;
	char path[512];

	BEGIN_TEST();
	make_root(&tree);
	machine_tree_write_bytes(&tree, BASE "/name", "", 1);
	machine_tree_write_bytes(&tree, BASE "/memory@0/name", "memory", 7);
	machine_tree_path(&tree, BASE "/a-link", path, sizeof(path));
	assert_int_equal(symlink("memory@0/reg", path), 0);
	machine_tree_path(&tree, BASE "/b-link", path, sizeof(path));
	assert_int_equal(symlink(".", path), 0);
	machine_tree_path(&tree, BASE "/pipe", path, sizeof(path));
	assert_int_equal(mkfifo(path, 0600), 0);
	read_tree(&machine, &tree);
	assert_null(machine.devicetree_problem);

	const void *fdt = machine.devicetree.data;
	int memory = fdt_path_offset(fdt, "/memory@0");
	int size;

	assert_true(memory > 0);
	assert_null(fdt_getprop(fdt, 0, "name", &size));
	assert_null(fdt_getprop(fdt, 0, "a-link", &size));
	assert_null(fdt_getprop(fdt, 0, "pipe", &size));
	assert_true(fdt_subnode_offset(fdt, 0, "b-link") < 0);
	assert_null(fdt_getprop(fdt, memory, "name", &size));
	assert_int_equal(fdt_next_node(fdt, memory, NULL), -FDT_ERR_NOTFOUND);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(nodes_by_unit_address)
{
	static const char *const wanted[] = { "cpus", "cpu@0", "cpu@8", "cpu@10", "cpu@a0", "cpu@100", "cpu-map" };
	static const char *const written[] = { "cpu@100", "cpu@8", "cpu@a0", "cpu-map", "cpu@10", "cpu@0" };
	struct machine_tree tree;
	struct machine machine;
	char path[512];

	BEGIN_TEST();
	make_root(&tree);
	for (size_t i = 0; i < sizeof(written) / sizeof(written[0]); i++) {
		snprintf(path, sizeof(path), BASE "/cpus/%s/reg", written[i]);
		machine_tree_write_bytes(&tree, path, "\0\0\0\1", 4);
	}
	read_tree(&machine, &tree);

	const void *fdt = machine.devicetree.data;
	int node = fdt_path_offset(fdt, "/cpus");

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
		assert_string_equal(fdt_get_name(fdt, node, NULL), wanted[i]);
		node = fdt_next_node(fdt, node, NULL);
	}
	machine_release(&machine);
	machine_tree_remove(&tree);
}

/* On a running machine the first is an absolute link, which would lead out of a captured tree. */
TEST(link_in_proc)
{
	struct machine_tree tree;
	struct machine machine;
	char from[512], to[512];

	BEGIN_TEST();
	make_root(&tree);
	machine_tree_path(&tree, BASE, from, sizeof(from));
	machine_tree_path(&tree, "sys/firmware/devicetree/base", to, sizeof(to));
	assert_int_equal(rename(from, to), 0);
	assert_int_equal(symlink("/nowhere", from), 0);
	read_tree(&machine, &tree);
	assert_null(machine.devicetree_problem);
	assert_true(machine.power.present);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(no_tree)
{
	struct machine_tree tree;

	BEGIN_TEST();
	machine_tree_make(&tree);
	machine_tree_write(&tree, "proc/iomem", "00000000-3fffffff : System RAM\n");
	expect_problem(&tree, "there is no device tree");
}

TEST(other_architectures_have_none)
{
	struct machine_tree tree;
	struct machine machine;
	struct err err;

	BEGIN_TEST();
	make_root(&tree);
	check_ok(machine_read_root(&machine, tree.root, ARCH_ARM64, &err), &err);
	assert_int_equal(machine.devicetree.size, 0);
	assert_null(machine.devicetree_problem);
	assert_false(machine.power.present);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(too_deep)
{
	struct machine_tree tree;
	char name[512], path[512];
	size_t used = sizeof(BASE) - 1;

	BEGIN_TEST();
	make_root(&tree);
	memcpy(name, BASE, used);
	for (int i = 0; i < 64; i++, used += 2)
		memcpy(name + used, "/n", 3);
	machine_tree_path(&tree, name, path, sizeof(path));
	assert_int_equal(mkdir(path, 0755), 0);
	expect_problem(&tree, "more than 64 levels");
}

static void write_large(const struct machine_tree *tree, off_t size)
{
	char path[512];

	machine_tree_write(tree, BASE "/large", "");
	machine_tree_path(tree, BASE "/large", path, sizeof(path));
	assert_int_equal(truncate(path, size), 0);
}

TEST(large_property)
{
	struct machine_tree tree;
	struct machine machine;
	int size;

	BEGIN_TEST();
	make_root(&tree);
	write_large(&tree, 16 << 20);
	read_tree(&machine, &tree);
	assert_null(machine.devicetree_problem);
	assert_non_null(fdt_getprop(machine.devicetree.data, 0, "large", &size));
	assert_int_equal(size, 16 << 20);
	machine_release(&machine);
	write_large(&tree, (16 << 20) + 1);
	expect_problem(&tree, "large");
}

TEST(large_tree)
{
	struct machine_tree tree;
	char path[100];

	BEGIN_TEST();
	make_root(&tree);
	write_large(&tree, 16 << 20);
	for (int i = 0; i < 4; i++) {
		char from[512], to[512];

		snprintf(path, sizeof(path), BASE "/n%d/large", i);
		machine_tree_path(&tree, path, to, sizeof(to));
		machine_tree_path(&tree, BASE "/large", from, sizeof(from));
		assert_int_equal(link(from, to), 0);
	}
	expect_problem(&tree, "more than the 67108864 bytes");
}

/* Nodes and properties that come and go while the tree is read: each time it is whole without them, or with them. */
TEST(hotplug)
{
	struct machine_tree tree;
	struct machine machine;
	pid_t child;

	BEGIN_TEST();
	make_root(&tree);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		for (;;) {
			for (int i = 0; i < 8; i++) {
				char name[64];

				snprintf(name, sizeof(name), BASE "/cpus/cpu@%x/reg", i);
				machine_tree_write_bytes(&tree, name, "\0\0\0\1", 4);
			}
			for (int i = 0; i < 8; i++) {
				char name[64];

				snprintf(name, sizeof(name), BASE "/cpus/cpu@%x/reg", i);
				machine_tree_drop(&tree, name);
				snprintf(name, sizeof(name), BASE "/cpus/cpu@%x", i);
				machine_tree_drop(&tree, name);
			}
		}
	}
	for (size_t i = 0; i < 300 / check_stride(5); i++) {
		read_tree(&machine, &tree);
		if (machine.devicetree_problem)
			fail_msg("%s", machine.devicetree_problem);
		machine_release(&machine);
	}
	kill(child, SIGKILL);
	assert_int_equal(waitpid(child, NULL, 0), child);
	machine_tree_remove(&tree);
}

CHECK_MAIN(cmocka_unit_test(small_trees), cmocka_unit_test(large_trees), cmocka_unit_test(committed_machines),
	   cmocka_unit_test(what_is_left_out), cmocka_unit_test(nodes_by_unit_address), cmocka_unit_test(link_in_proc),
	   cmocka_unit_test(no_tree), cmocka_unit_test(other_architectures_have_none), cmocka_unit_test(too_deep),
	   cmocka_unit_test(large_property), cmocka_unit_test(large_tree), cmocka_unit_test(hotplug))

#else

/* Such a build reads no tree, and says so. */
TEST(no_libfdt)
{
	struct arena arena;
	struct machine machine;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(machine_read_root(&machine, arena_printf(&arena, "%s/power/pseries", check_env("FIXTURES")),
				   ARCH_PPC64LE, &err),
		 &err);
	assert_non_null(machine.devicetree_problem);
	assert_non_null(strstr(machine.devicetree_problem, "libfdt"));
	assert_int_equal(machine.devicetree.size, 0);
	assert_false(machine.power.present);
	assert_int_equal(machine.ram.count, 1);
	machine_release(&machine);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(no_libfdt))

#endif
