/* SPDX-License-Identifier: GPL-2.0-only */
/* Trees that are written anew: what is kept, left out, set and added, and that any damage ends in an error. */
#include "config.h"

#ifdef HAVE_LIBFDT

#include <stdlib.h>

#include "dts.h"
#include "image_fixture.h"
#include "kexec/base/fdt_write.h"
#include "kexec/plan/devtree.h"

static struct err err;

static char *text_of(struct blob tree)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	dts_write(out, tree);
	fclose(out);
	return text;
}

static void is_text(const struct devtree *tree, const char *wanted)
{
	char *text = text_of((struct blob){ tree->data, tree->size });

	assert_string_equal(text, wanted);
	free(text);
}

/* Two levels, a name twice, and as sysfs shows it. */
static struct blob make_small(struct arena *arena)
{
	uint8_t *fdt = arena_alloc(arena, 4096);
	int bad = 0;

	bad |= fdt_create(fdt, 4096);
	bad |= fdt_add_reservemap_entry(fdt, 0x1000, 0x2000);
	bad |= fdt_finish_reservemap(fdt);
	bad |= fdt_begin_node(fdt, "");
	bad |= fdt_property_string(fdt, "model", "made");
	bad |= fdt_property_u32(fdt, "#address-cells", 2);
	bad |= fdt_begin_node(fdt, "chosen");
	bad |= fdt_property_string(fdt, "bootargs", "old line");
	bad |= fdt_property(fdt, "empty", NULL, 0);
	bad |= fdt_end_node(fdt);
	bad |= fdt_begin_node(fdt, "cpus");
	bad |= fdt_property_u32(fdt, "l2-cache", 7);
	bad |= fdt_property_u32(fdt, "x#2", 8);
	bad |= fdt_begin_node(fdt, "l2-cache#1");
	bad |= fdt_property(fdt, "reg", "abc", 3);
	bad |= fdt_end_node(fdt);
	bad |= fdt_begin_node(fdt, "l2-cache#2");
	bad |= fdt_end_node(fdt);
	bad |= fdt_begin_node(fdt, "core#1");
	bad |= fdt_end_node(fdt);
	bad |= fdt_end_node(fdt);
	bad |= fdt_end_node(fdt);
	bad |= fdt_finish(fdt);
	assert_int_equal(bad, 0);
	return (struct blob){ fdt, fdt_totalsize(fdt) };
}

TEST(a_tree_without_changes_stays_as_it_is)
{
	static const char *const names[] = { "pseries", "pseries-radix", "powernv", "drconf-v1", "drconf-v2", "cpus1500",
					     "fadump-pending" };
	const struct devtree_changes none = { .slack = 0 };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct arena arena;
		struct devtree out;
		uint64_t address, size;

		arena_init(&arena);

		struct blob tree = fixture(&arena, "power", arena_printf(&arena, "%s.dtb", names[i]));

		check_ok(devtree_rewrite(tree, &none, &arena, &out, &err), &err);
		assert_int_equal(fdt_num_mem_rsv(out.data), 1);
		devtree_set_address(&out, 0x123456789000);
		assert_int_equal(fdt_get_mem_rsv(out.data, 0, &address, &size), 0);
		assert_true(address == 0x123456789000 && size == out.size && fdt_totalsize(out.data) == size);

		char *before = text_of(tree), *after = text_of((struct blob){ out.data, out.size });

		assert_string_equal(strstr(before, "/ {\n"), strstr(after, "/ {\n"));
		free(before);
		free(after);
		arena_release(&arena);
	}
}

static bool add_everywhere(void *context, const struct devtree_node *node, struct devtree_sink *sink, struct err *e)
{
	unsigned int *calls = context;

	(void)e;
	++*calls;
	if (strcmp(node->path, "/cpus/l2-cache") == 0)
		devtree_add(sink, "added", node->path, strlen(node->path) + 1);
	return true;
}

TEST(changes_are_made_where_they_belong)
{
	static const char *const drop[] = { "/cpus/core#1", "/nowhere", NULL };
	static const struct devtree_edit edits[] = {
		{ "/chosen", "bootargs", "new", 4 },	    { "/chosen", "not there", NULL, 0 },
		{ "/made", "first", "1", 2 },		    { NULL, "empty", NULL, 0 },
		{ "/", "model", NULL, 0 },		    { "/made", "second", "", 0 },
		{ "/cpus/l2-cache", "reg", "abcdefgh", 8 }, { "/gone", "absent", NULL, 0 },
	};
	static const struct range reserved[] = { { 0x8000, 0x9000 }, { 5, 5 }, { 0x10000, 0x10003 } };
	unsigned int calls = 0;
	const struct devtree_changes changes = {
		.edits = edits, .edit_count = sizeof(edits) / sizeof(edits[0]), .drop_nodes = drop,
		.node = add_everywhere, .context = &calls, .restore_names = true,
		.reserved = reserved, .reserved_count = 3, .slack = 1000, .boot_cpu = 77,
	};
	struct arena arena;
	struct devtree out;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(devtree_rewrite(make_small(&arena), &changes, &arena, &out, &err), &err);
	devtree_set_address(&out, 0xabc000);
	assert_int_equal(fdt_boot_cpuid_phys(out.data), 77);
	is_text(&out, arena_printf(&arena,
				   "/dts-v1/;\n/memreserve/ 0xabc000 0x%zx;\n/memreserve/ 0x8000 0x1000;\n"
				   "/memreserve/ 0x10000 0x3;\n"
				   "/ {\n\t#address-cells = <0x2>;\n"
				   "\tchosen {\n\t\tbootargs = \"new\";\n\t};\n"
				   "\tcpus {\n\t\tl2-cache = <0x7>;\n\t\tx#2 = <0x8>;\n"
				   "\t\tl2-cache {\n\t\t\treg = <0x61626364 0x65666768>;\n"
				   "\t\t\tadded = \"/cpus/l2-cache\";\n\t\t};\n"
				   "\t\tl2-cache {\n\t\t\treg = <0x61626364 0x65666768>;\n"
				   "\t\t\tadded = \"/cpus/l2-cache\";\n\t\t};\n\t};\n"
				   "\tmade {\n\t\tfirst = \"1\";\n\t\tsecond;\n\t};\n};\n",
				   out.size));
	/* The root, chosen, cpus and two below it: what is left out or made is not asked about. */
	assert_int_equal(calls, 5);

	/* The slack is for libfdt to use: what the kernel does on CPU hotplug. */
	int node = fdt_path_offset(out.data, "/cpus");
	uint8_t large[900] = { 0 };

	assert_true(node > 0);
	assert_int_equal(fdt_setprop(out.data, node, "fits", large, sizeof(large)), 0);
	assert_int_equal(fdt_setprop(out.data, node, "does not", large, 200), -FDT_ERR_NOSPACE);
	arena_release(&arena);
}

TEST(names_are_restored_only_where_one_stands_for_two)
{
	struct arena arena;
	struct devtree out;
	struct devtree_changes changes = { .restore_names = false };

	BEGIN_TEST();
	arena_init(&arena);

	struct blob tree = make_small(&arena);

	check_ok(devtree_rewrite(tree, &changes, &arena, &out, &err), &err);
	assert_true(fdt_path_offset(out.data, "/cpus/l2-cache#1") > 0);
	assert_true(fdt_path_offset(out.data, "/cpus/core#1") > 0);
	changes.restore_names = true;
	check_ok(devtree_rewrite(tree, &changes, &arena, &out, &err), &err);
	assert_true(fdt_path_offset(out.data, "/cpus/l2-cache") > 0);
	assert_int_equal(fdt_path_offset(out.data, "/cpus/l2-cache#1"), -FDT_ERR_NOTFOUND);
	assert_true(fdt_path_offset(out.data, "/cpus/core#1") > 0);
	assert_non_null(fdt_getprop(out.data, fdt_path_offset(out.data, "/cpus"), "x#2", NULL));
	arena_release(&arena);
}

/* A property of a node that stands only below another one that is missing cannot be set: that is a loader's mistake. */
TEST(what_cannot_be_set_is_an_error)
{
	static const struct devtree_edit deep = { "/a/b", "x", "", 1 }, anywhere = { NULL, "x", "", 1 };
	struct arena arena;
	struct devtree out;

	BEGIN_TEST();
	arena_init(&arena);
	check_fails(devtree_rewrite(make_small(&arena), &(struct devtree_changes){ .edits = &deep, .edit_count = 1 },
				    &arena, &out, &err),
		    &err, ERR_INTERNAL, "cannot be made");
	/* Everywhere is everywhere. */
	check_ok(devtree_rewrite(make_small(&arena), &(struct devtree_changes){ .edits = &anywhere, .edit_count = 1 },
				 &arena, &out, &err),
		 &err);
	assert_non_null(fdt_getprop(out.data, fdt_path_offset(out.data, "/cpus/core#1"), "x", NULL));
	arena_release(&arena);
}

/* `depth` nodes, one in the other. */
static struct blob make_deep(struct arena *arena, int depth)
{
	uint8_t *fdt = arena_alloc(arena, 4096);
	int bad = fdt_create(fdt, 4096) | fdt_finish_reservemap(fdt);

	for (int i = 0; i < depth; i++)
		bad |= fdt_begin_node(fdt, i ? "n#1" : "");
	for (int i = 0; i < depth; i++)
		bad |= fdt_end_node(fdt);
	bad |= fdt_finish(fdt);
	assert_int_equal(bad, 0);
	return (struct blob){ fdt, fdt_totalsize(fdt) };
}

TEST(limits_of_the_writer_are_errors)
{
	static const uint8_t byte;
	const struct devtree_edit large = { "/", "large", &byte, FDT_WRITE_PROPERTY_MOST + 1 };
	const struct range reserved = { 0x1000, 0x2000 };
	struct devtree_changes changes = { .restore_names = true, .reserved = &reserved, .reserved_count = 1 };
	struct arena arena;
	struct devtree out;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(devtree_rewrite(make_deep(&arena, FDT_WRITE_DEPTH), &changes, &arena, &out, &err), &err);
	assert_int_equal(fdt_version(out.data), 17);
	assert_int_equal(fdt_last_comp_version(out.data), 16);
	check_fails(devtree_rewrite(make_deep(&arena, FDT_WRITE_DEPTH + 1), &changes, &arena, &out, &err), &err,
		    ERR_BAD_MACHINE, "one level more than there can be");
	changes.slack = FDT_WRITE_MOST + (size_t)1;
	check_fails(devtree_rewrite(make_small(&arena), &changes, &arena, &out, &err), &err, ERR_BAD_MACHINE,
		    "more than the 67108864 bytes");
	changes.slack = 0;
	changes.edits = &large;
	changes.edit_count = 1;
	check_fails(devtree_rewrite(make_small(&arena), &changes, &arena, &out, &err), &err, ERR_BAD_MACHINE,
		    "the property \"large\" has 16777217 bytes");
	arena_release(&arena);
}

/* Many ranges do not fit into the writer's first buffer. */
TEST(any_number_of_ranges_is_reserved)
{
	enum { COUNT = 20000 };
	struct arena arena;
	struct devtree out;
	uint64_t address, size;

	BEGIN_TEST();
	arena_init(&arena);

	struct range *reserved = arena_array(&arena, COUNT, sizeof(*reserved));

	for (uint64_t i = 0; i < COUNT; i++)
		reserved[i] = (struct range){ i << 16, (i << 16) + i + 1 };
	check_ok(devtree_rewrite(make_small(&arena),
				 &(struct devtree_changes){ .reserved = reserved, .reserved_count = COUNT }, &arena, &out,
				 &err),
		 &err);
	assert_int_equal(fdt_num_mem_rsv(out.data), COUNT + 1);
	for (int i = 0; i < COUNT; i++) {
		assert_int_equal(fdt_get_mem_rsv(out.data, i + 1, &address, &size), 0);
		assert_true(address == reserved[i].start && size == range_size(reserved[i]));
	}
	arena_release(&arena);
}

/* Any bytes: a tree that passes the library's full check, or an error that is nobody's but the tree's. */
static void try_bytes(struct blob tree)
{
	static const struct devtree_edit edits[] = { { "/chosen", "bootargs", "new", 4 }, { NULL, "reg", NULL, 0 } };
	const struct devtree_changes changes = { .edits = edits, .edit_count = 2, .restore_names = true };
	struct blob copy = exact_copy(tree);
	struct arena arena;
	struct devtree out;

	arena_init(&arena);
	err.code = ERR_NONE;
	if (devtree_rewrite(copy, &changes, &arena, &out, &err)) {
		assert_int_equal(fdt_check_full(out.data, out.size), 0);
		assert_non_null(fdt_getprop(out.data, fdt_path_offset(out.data, "/chosen"), "bootargs", NULL));
	} else {
		if (err.code != ERR_BAD_MACHINE)
			fail_msg("code %d: %s", (int)err.code, err.text);
		assert_non_null(strstr(err.text, "damaged device tree"));
	}
	arena_release(&arena);
	free_copy(copy);
}

TEST(damage_is_an_error_at_worst)
{
	struct arena arena;
	uint32_t random = 4;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob tree = make_small(&arena);
	uint8_t *bytes = arena_alloc(&arena, tree.size);

	for (size_t size = 0; size < tree.size; size++)
		try_bytes(blob_part(tree, 0, size));
	for (size_t at = 0; at < tree.size; at++) {
		static const uint8_t values[] = { 0, 1, 2, 3, 4, 9, 0x7f, 0x80, 0xff };

		for (size_t i = 0; i < sizeof(values); i++) {
			memcpy(bytes, tree.data, tree.size);
			bytes[at] = values[i];
			try_bytes((struct blob){ bytes, tree.size });
		}
	}
	for (size_t round = 0; round < 20000; round++) {
		memcpy(bytes, tree.data, tree.size);
		for (unsigned int i = 0; i < 4; i++) {
			random = random * 1664525u + 1013904223u;
			bytes[(random >> 8) % tree.size] = (uint8_t)(random >> 24);
		}
		try_bytes((struct blob){ bytes, tree.size });
	}
	arena_release(&arena);
}

TEST(errors_name_the_place)
{
	struct arena arena;
	struct devtree out;
	const struct devtree_changes none = { .slack = 0 };

	BEGIN_TEST();
	arena_init(&arena);

	struct blob tree = make_small(&arena);
	uint8_t *bytes = arena_alloc(&arena, tree.size);

	memcpy(bytes, tree.data, tree.size);

	int chosen = fdt_path_offset(bytes, "/chosen");

	/* A tag that does not exist, where the first property of the node begins. */
	bytes[fdt_off_dt_struct(bytes) + (uint32_t)chosen + 15] = 0x55;
	check_fails(devtree_rewrite((struct blob){ bytes, tree.size }, &none, &arena, &out, &err), &err, ERR_BAD_MACHINE,
		    arena_printf(&arena, "at offset %d of its structure, in node /chosen", chosen + 12));
	arena_release(&arena);
}

/* Readers for loaders. */
TEST(nodes_and_values_are_found)
{
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);

	struct blob tree = make_small(&arena);
	int cpus = devtree_find(tree, "/cpus"), count = 0;

	assert_true(cpus > 0 && devtree_find(tree, "/none") == -1);
	assert_string_equal(devtree_name(tree, cpus), "cpus");
	for (int node = devtree_first(tree, cpus); node >= 0; node = devtree_next(tree, node))
		count++;
	assert_int_equal(count, 3);
	assert_int_equal(devtree_value(tree, cpus, "l2-cache").size, 4);
	assert_null(devtree_value(tree, cpus, "none").data);
	assert_null(devtree_value(tree, -1, "l2-cache").data);
	/* "l2-cache#1" with its property of three bytes. */
	assert_int_equal(devtree_size(tree, devtree_first(tree, cpus)), 4 + 12 + 12 + 4 + 4);
	assert_true(devtree_has_text((struct blob){ (const uint8_t *)"one\0two", 8 }, "two"));
	assert_true(devtree_has_text((struct blob){ (const uint8_t *)"one\0two", 8 }, "one"));
	assert_false(devtree_has_text((struct blob){ (const uint8_t *)"one\0two", 7 }, "two"));
	assert_false(devtree_has_text((struct blob){ (const uint8_t *)"one\0two", 8 }, "tw"));
	assert_false(devtree_has_text((struct blob){ NULL, 0 }, ""));
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(a_tree_without_changes_stays_as_it_is),
	   cmocka_unit_test(changes_are_made_where_they_belong),
	   cmocka_unit_test(names_are_restored_only_where_one_stands_for_two),
	   cmocka_unit_test(what_cannot_be_set_is_an_error), cmocka_unit_test(limits_of_the_writer_are_errors),
	   cmocka_unit_test(any_number_of_ranges_is_reserved), cmocka_unit_test(damage_is_an_error_at_worst),
	   cmocka_unit_test(errors_name_the_place), cmocka_unit_test(nodes_and_values_are_found))

#else
#include "no_libfdt.h"
#endif
