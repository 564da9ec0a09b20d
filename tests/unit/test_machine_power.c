/* SPDX-License-Identifier: GPL-2.0-only */
/* What a Power device tree says: made machines in full, then single changes, then all of them bent. */
#include "config.h"

#include "machine_support.h"

#include "bytes.h"
#include "kexec/machine/power.h"

#ifdef HAVE_LIBFDT

#include <libfdt.h>

#define GIB (UINT64_C(1) << 30)
#define MIB (UINT64_C(1) << 20)
#define LMB (256 * MIB)

struct scene {
	struct arena arena;
	void *fdt;
	size_t room;
	struct power_facts facts;
	struct err err;
};

/* A tree of power_trees.py that can be changed. */
static void open_scene(struct scene *scene, const char *kind)
{
	struct blob blob;

	memset(scene, 0, sizeof(*scene));
	arena_init(&scene->arena);

	const char *path = arena_printf(&scene->arena, "%s/power/%s.dtb", check_env("FIXTURES"), kind);

	check_ok(file_map(&scene->arena, path, NULL, &blob, &scene->err), &scene->err);
	scene->room = blob.size + 65536;
	scene->fdt = arena_alloc(&scene->arena, scene->room);
	assert_int_equal(fdt_open_into(blob.data, scene->fdt, (int)scene->room), 0);
}

static void close_scene(struct scene *scene)
{
	arena_release(&scene->arena);
}

static bool decode(struct scene *scene)
{
	return power_decode(&scene->facts, (struct blob){ scene->fdt, fdt_totalsize(scene->fdt) }, &scene->arena,
			    &scene->err);
}

static int at(const struct scene *scene, const char *path)
{
	int node = fdt_path_offset(scene->fdt, path);

	assert_true(node >= 0);
	return node;
}

static void set(struct scene *scene, const char *path, const char *name, const void *data, size_t size)
{
	assert_int_equal(fdt_setprop(scene->fdt, at(scene, path), name, data, (int)size), 0);
}

static void set_u32(struct scene *scene, const char *path, const char *name, uint32_t value)
{
	assert_int_equal(fdt_setprop_u32(scene->fdt, at(scene, path), name, value), 0);
}

static void set_u64(struct scene *scene, const char *path, const char *name, uint64_t value)
{
	assert_int_equal(fdt_setprop_u64(scene->fdt, at(scene, path), name, value), 0);
}

static void drop(struct scene *scene, const char *path, const char *name)
{
	assert_int_equal(fdt_delprop(scene->fdt, at(scene, path), name), 0);
}

#define check_range(range, from, to)                        \
	do {                                                \
		assert_int_equal((range).start, (uint64_t)(from)); \
		assert_int_equal((range).end, (uint64_t)(to));     \
	} while (0)

#define DECODES(scene) check_ok(decode(scene), &(scene)->err)
#define REFUSES(scene, words) check_fails(decode(scene), &(scene)->err, ERR_BAD_MACHINE, words)

TEST(pseries)
{
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "pseries");
	DECODES(&s);

	const struct machine_power *power = &s.facts.power;

	assert_true(power->present);
	assert_false(power->opal);
	check_range(power->kernel, 0, 0x35b0000);
	check_range(power->rma, 0, 2 * GIB);
	check_range(power->rtas, 0x2fff0000, 0x30000000);
	assert_int_equal(power->rtas_entry, 0x2fff0000);
	assert_true(power->has_rtas_reboot);
	assert_int_equal(power->rtas_reboot, 0x200a);
	assert_true(range_is_empty(power->opal_range));
	assert_int_equal(power->tce.count, 0);
	assert_true(range_is_empty(power->htab));
	assert_int_equal(power->reserved.count, 0);
	assert_int_equal(power->memory_limit, 0);
	assert_int_equal(power->lmb_size, 0);
	assert_true(power->has_terminal);
	assert_int_equal(power->terminal, 0x71000000);
	assert_int_equal(power->cpus_possible, 2);
	assert_true(power->has_vector_crypto);
	assert_false(power->dump_active);
	assert_int_equal(s.facts.memory.count, 1);
	check_range(s.facts.crash, 128 * MIB, 384 * MIB);
	assert_true(range_is_empty(s.facts.initrd));
	close_scene(&s);
}

TEST(powernv)
{
	const uint64_t far = UINT64_C(1) << 45;
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "powernv");
	DECODES(&s);

	const struct machine_power *power = &s.facts.power;

	assert_true(power->opal);
	check_range(power->rma, 0, 16 * GIB);
	check_range(power->opal_range, 0x30000000, 0x32c50000);
	assert_int_equal(power->opal_entry, 0x300050c0);
	assert_true(range_is_empty(power->rtas));
	assert_false(power->has_rtas_reboot);
	assert_int_equal(power->tce.count, 1);
	check_range(power->tce.v[0], 0x3e8000000, 0x3e9000000);
	check_range(power->htab, 0x3f0000000, 0x3f8000000);
	assert_int_equal(power->reserved.count, 2);
	check_range(power->reserved.v[0], 0x30000000, 0x32c50000);
	check_range(power->reserved.v[1], 0x3ffdc0000, 0x3ffec0000);
	assert_int_equal(power->memory_limit, 48 * GIB);
	assert_false(power->has_terminal);
	assert_int_equal(power->cpus_possible, 8);
	assert_true(power->has_vector_crypto);
	assert_int_equal(s.facts.memory.count, 3);
	check_range(s.facts.memory.v[0], 0, 16 * GIB);
	check_range(s.facts.memory.v[1], far, far + 16 * GIB);
	check_range(s.facts.memory.v[2], far + 32 * GIB, far + 48 * GIB);
	check_range(s.facts.initrd, 0x3ec000000, 0x3ed800000);
	close_scene(&s);
}

/* 8 GiB without block 20, which is not there, and block 24, which is the hypervisor's. */
static void check_drconf(const struct scene *s)
{
	assert_int_equal(s->facts.power.lmb_size, LMB);
	check_range(s->facts.power.rma, 0, LMB);
	assert_int_equal(s->facts.memory.count, 3);
	check_range(s->facts.memory.v[0], 0, 20 * LMB);
	check_range(s->facts.memory.v[1], 21 * LMB, 24 * LMB);
	check_range(s->facts.memory.v[2], 25 * LMB, 32 * LMB);
	assert_int_equal(s->facts.power.cpus_possible, 16);
}

TEST(dynamic_memory)
{
	static const char *const kinds[] = { "drconf-v1", "drconf-v2" };

	BEGIN_TEST();
	for (size_t i = 0; i < 2; i++) {
		struct scene s;

		open_scene(&s, kinds[i]);
		DECODES(&s);
		check_drconf(&s);
		close_scene(&s);
	}
}

TEST(large_machines)
{
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "tb16");
	DECODES(&s);
	assert_int_equal(s.facts.memory.count, 1);
	check_range(s.facts.memory.v[0], 0, UINT64_C(16) << 40);
	check_range(s.facts.power.rma, 0, LMB);
	close_scene(&s);
	open_scene(&s, "cpus1500");
	DECODES(&s);
	assert_int_equal(s.facts.power.cpus_possible, 1536 * 8);
	close_scene(&s);
}

#define DRCONF "/ibm,dynamic-reconfiguration-memory"

/* Of a set, the number of blocks comes from firmware: no work may be done for each of them. */
TEST(sets_of_any_size)
{
	struct {
		struct be32 sets, blocks;
		struct be64 base;
		struct be32 index, associativity, flags;
	} sets = { be32_make(1), be32_make(UINT32_MAX), be64_make(LMB), be32_make(1), be32_make(0), be32_make(8) };
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "drconf-v2");
	set(&s, DRCONF, "ibm,dynamic-memory-v2", &sets, sizeof(sets));
	DECODES(&s);
	check_range(s.facts.memory.v[0], 0, (UINT32_MAX + UINT64_C(1)) * LMB);
	set_u64(&s, DRCONF, "ibm,lmb-size", UINT64_C(1) << 33);
	REFUSES(&s, "device tree: ibm,dynamic-memory-v2 of /ibm,dynamic-reconfiguration-memory");
	set_u64(&s, DRCONF, "ibm,lmb-size", 0);
	REFUSES(&s, "ibm,lmb-size");
	close_scene(&s);
}

/* A capture kernel: of block 1 nothing, of 2 all, of 3 two pieces; of block 4 the property has no more. */
TEST(usable_blocks)
{
	const uint64_t numbers[] = { 0, 1, 2 * LMB, LMB, 2, 3 * LMB, MIB, 3 * LMB + 2 * MIB, MIB };
	struct be64 usable[64] = { 0 };
	size_t used = sizeof(numbers) / sizeof(numbers[0]);
	struct scene s;

	BEGIN_TEST();
	for (size_t i = 0; i < used; i++)
		usable[i] = be64_make(numbers[i]);
	open_scene(&s, "drconf-v1");
	set(&s, DRCONF, "linux,drconf-usable-memory", usable, used * sizeof(usable[0]));
	REFUSES(&s, "it ends before the last block");
	set(&s, DRCONF, "linux,drconf-usable-memory", usable, 4 * sizeof(usable[0]) + 12 * sizeof(usable[0]));
	REFUSES(&s, "linux,drconf-usable-memory");

	/* 31 blocks are listed, of which 29 are assigned and not reserved: three were told of. */
	set(&s, DRCONF, "linux,drconf-usable-memory", usable, (used + 26) * sizeof(usable[0]));
	DECODES(&s);
	assert_int_equal(s.facts.memory.count, 3);
	check_range(s.facts.memory.v[0], 0, LMB);
	check_range(s.facts.memory.v[1], 2 * LMB, 3 * LMB + MIB);
	check_range(s.facts.memory.v[2], 3 * LMB + 2 * MIB, 3 * LMB + 3 * MIB);
	close_scene(&s);
	open_scene(&s, "drconf-v2");
	set(&s, DRCONF, "linux,drconf-usable-memory", usable, (used + 26) * sizeof(usable[0]));
	DECODES(&s);
	assert_int_equal(s.facts.memory.count, 3);
	close_scene(&s);
}

TEST(memory_nodes)
{
	const struct be64 reg[] = { be64_make(GIB), be64_make(GIB), be64_make(8 * GIB), be64_make(0) };
	const struct be64 high[] = { be64_make(UINT64_MAX - 5), be64_make(6) };
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "pseries");
	set(&s, "/memory@0", "linux,usable-memory", reg, sizeof(reg));
	DECODES(&s);
	assert_int_equal(s.facts.memory.count, 1);
	check_range(s.facts.memory.v[0], GIB, 2 * GIB);
	drop(&s, "/memory@0", "linux,usable-memory");

	set(&s, "/memory@0", "status", "disabled", 9);
	REFUSES(&s, "no memory");
	set(&s, "/memory@0", "status", "okay", 5);
	DECODES(&s);
	set(&s, "/memory@0", "compatible", "ibm,coherent-device-memory", 27);
	REFUSES(&s, "no memory");
	drop(&s, "/memory@0", "compatible");
	set(&s, "/memory@0", "device_type", "memories", 9);
	REFUSES(&s, "no memory");
	set(&s, "/memory@0", "device_type", "memory", 7);

	set(&s, "/memory@0", "reg", high, sizeof(high));
	REFUSES(&s, "device tree: reg of /memory@0: a range ends beyond");
	set(&s, "/memory@0", "reg", reg, 12);
	REFUSES(&s, "device tree: reg of /memory@0");

	/* With cells of one word each the same bytes are others. */
	set_u32(&s, "/", "#address-cells", 1);
	set_u32(&s, "/", "#size-cells", 1);
	set(&s, "/memory@0", "reg", "\0\0\0\0\x40\0\0\0", 8);
	DECODES(&s);
	check_range(s.facts.power.rma, 0, GIB);
	drop(&s, "/", "#address-cells");
	drop(&s, "/", "#size-cells");
	DECODES(&s);
	check_range(s.facts.power.rma, 0, GIB);
	close_scene(&s);
}

TEST(cell_counts)
{
	static const uint32_t wrong[] = { 0, 3, 4, 0x7fffffff, 0x80000000, UINT32_MAX };
	static const char *const names[] = { "#address-cells", "#size-cells" };

	BEGIN_TEST();
	for (size_t i = 0; i < 2; i++) {
		for (size_t j = 0; j < sizeof(wrong) / sizeof(wrong[0]); j++) {
			struct scene s;

			open_scene(&s, "powernv");
			set_u32(&s, "/", names[i], wrong[j]);
			REFUSES(&s, names[i]);
			close_scene(&s);
		}
	}
}

/* Linux writes numbers of both widths, and reads both. */
TEST(widths)
{
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "pseries");
	set_u64(&s, "/rtas", "linux,rtas-base", 0x2fff0000);
	set_u64(&s, "/rtas", "rtas-size", 0x10000);
	set_u32(&s, "/chosen", "linux,kernel-end", 0x35b0000);
	DECODES(&s);
	check_range(s.facts.power.rtas, 0x2fff0000, 0x30000000);
	check_range(s.facts.power.kernel, 0, 0x35b0000);
	set(&s, "/rtas", "rtas-size", "\0\0\0", 3);
	REFUSES(&s, "device tree: rtas-size of /rtas: expected one number of 4 or 8 bytes (it has 3 bytes)");
	set_u64(&s, "/rtas", "rtas-size", UINT64_MAX);
	REFUSES(&s, "rtas-size of /rtas");
	drop(&s, "/rtas", "rtas-size");
	DECODES(&s);
	assert_true(range_is_empty(s.facts.power.rtas));
	set_u64(&s, "/rtas", "system-reboot", UINT64_C(1) << 32);
	REFUSES(&s, "system-reboot of /rtas");
	close_scene(&s);
}

TEST(reserved_memory)
{
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "powernv");
	drop(&s, "/", "reserved-ranges");
	DECODES(&s);
	assert_int_equal(s.facts.power.reserved.count, 2);
	set(&s, "/reserved-memory/ibm,slw-image@3ffdc0000", "reg", "", 0);
	DECODES(&s);
	assert_int_equal(s.facts.power.reserved.count, 1);
	set_u32(&s, "/reserved-memory", "#size-cells", 1);
	DECODES(&s);
	assert_int_equal(s.facts.power.reserved.count, 0);
	assert_int_equal(fdt_add_mem_rsv(s.fdt, 0x1000, 0x2000), 0);
	DECODES(&s);
	assert_int_equal(s.facts.power.reserved.count, 1);
	check_range(s.facts.power.reserved.v[0], 0x1000, 0x3000);
	assert_int_equal(fdt_add_mem_rsv(s.fdt, UINT64_MAX, 2), 0);
	REFUSES(&s, "entry 1 of the memory reservation block");
	close_scene(&s);
}

TEST(terminal)
{
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "pseries");
	set(&s, "/chosen", "linux,stdout-path", "/vdevice/vty@71000000:115200n8", 31);
	DECODES(&s);
	assert_true(s.facts.power.has_terminal);
	set(&s, "/chosen", "linux,stdout-path", "/vdevice/vty@71000001", 22);
	DECODES(&s);
	assert_false(s.facts.power.has_terminal);
	drop(&s, "/chosen", "linux,stdout-path");
	DECODES(&s);
	assert_true(s.facts.power.has_terminal);
	set(&s, "/vdevice/vty@71000000", "compatible", "hvterm-protocol", 16);
	DECODES(&s);
	assert_false(s.facts.power.has_terminal);
	close_scene(&s);
}

TEST(vector_crypto)
{
	static const struct {
		uint32_t version;
		bool has;
	} versions[] = {
		{ 0x0f000003, false }, { 0x0f000004, true }, { 0x0f000006, true },  { 0x003f0201, false },
		{ 0x004a0201, false }, { 0x004b0201, true }, { 0x004d0200, true },  { 0x00801200, true },
		{ 0x00820100, true },  { 0x00700100, false }, { 0x00000000, false },
	};
	static const char cpu[] = "/cpus/PowerPC,POWER9@1";
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "pseries");
	for (size_t i = 0; i < sizeof(versions) / sizeof(versions[0]); i++) {
		set_u32(&s, cpu, "cpu-version", versions[i].version);
		DECODES(&s);
		assert_int_equal(s.facts.power.has_vector_crypto, versions[i].has);
	}
	set_u32(&s, cpu, "cpu-version", 0x004e1202);
	set_u32(&s, cpu, "ibm,vmx", 0);
	DECODES(&s);
	assert_false(s.facts.power.has_vector_crypto);
	close_scene(&s);

	/* Where features are listed, they count and not the version. */
	open_scene(&s, "powernv");
	set_u32(&s, "/cpus/PowerPC,POWER9@0", "cpu-version", 0);
	DECODES(&s);
	assert_true(s.facts.power.has_vector_crypto);
	assert_int_equal(fdt_del_node(s.fdt, at(&s, "/cpus/ibm,powerpc-cpu-features/vector-crypto")), 0);
	DECODES(&s);
	assert_false(s.facts.power.has_vector_crypto);
	close_scene(&s);
}

TEST(possible_cpus)
{
	static const char info[] = "\0\0\0\2CPU\0CPU \0\x10\0\0\0\0\0\0\0\0\0\0\5\0\0\0\1\0\0\0\0"
				   "MEM\0LMB \0\x80\0\0\0\0\0\0\0\0\0\1\0\0\0\0\1\0\0\0\0";
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "drconf-v1");
	set(&s, "/cpus", "ibm,drc-info", info, sizeof(info) - 1);
	DECODES(&s);
	assert_int_equal(s.facts.power.cpus_possible, 5 * 8);
	for (size_t size = 1; size < sizeof(info) - 1; size++) {
		set(&s, "/cpus", "ibm,drc-info", info, size);
		REFUSES(&s, "ibm,drc-info of /cpus");
	}
	set_u32(&s, "/cpus", "ibm,drc-indexes", 1);
	REFUSES(&s, "ibm,drc-indexes of /cpus");
	close_scene(&s);
}

TEST(dump_active)
{
	static const struct {
		const char *kind;
		bool active;
	} kinds[] = {
		{ "pseries", false },	     { "powernv", false },	       { "fadump-armed", false },
		{ "fadump-pending", true },  { "fadump-pending-radix", true }, { "fadump-gone", true },
		{ "fadump-pending-opal", true }, { "fadump-handed-on-opal", true },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct scene s;

		open_scene(&s, kinds[i].kind);
		DECODES(&s);
		assert_int_equal(s.facts.power.dump_active, kinds[i].active);
		close_scene(&s);
	}
}

/* What holds of any tree: a decoded machine that makes sense, or an error that says where. */
static void check_any(struct scene *s)
{
	struct arena arena = s->arena;

	arena_init(&s->arena);
	if (!decode(s)) {
		assert_int_equal(s->err.code, ERR_BAD_MACHINE);
		assert_int_equal(strncmp(s->err.text, "device tree: ", 13), 0);
	} else {
		const struct machine_power *power = &s->facts.power;

		assert_true(s->facts.memory.count > 0);
		for (size_t i = 1; i < s->facts.memory.count; i++)
			assert_true(s->facts.memory.v[i].start > s->facts.memory.v[i - 1].end);
		assert_true(ranges_contain(&s->facts.memory, power->rma));
		assert_false(range_is_empty(power->rma));
	}
	arena_release(&s->arena);
	s->arena = arena;
}

static const char *const bent_kinds[] = { "pseries", "powernv", "drconf-v1", "drconf-v2", "fadump-pending" };
#define BENT (sizeof(bent_kinds) / sizeof(bent_kinds[0]))

/* Calls change() for each property of each node, with its data as they were. */
static void each_property(struct scene *s, void (*change)(struct scene *, int, const char *, const uint8_t *, int))
{
	int count = 0;

	for (int node = 0; node >= 0; node = fdt_next_node(s->fdt, node, NULL), count++) {
		int property;

		fdt_for_each_property_offset(property, s->fdt, node) {
			static uint8_t before[4096];
			char name[64]; /* where it stands moves with each change of a size */
			const char *found;
			int size;
			const void *data = fdt_getprop_by_offset(s->fdt, property, &found, &size);

			assert_true(size <= (int)sizeof(before));
			assert_true((size_t)snprintf(name, sizeof(name), "%s", found) < sizeof(name));
			memcpy(before, data, (size_t)size);
			change(s, node, name, before, size);
			assert_int_equal(fdt_setprop(s->fdt, node, name, before, size), 0);
		}
	}
	assert_true(count > 10);
}

static void truncate_it(struct scene *s, int node, const char *name, const uint8_t *data, int size)
{
	for (int i = 0; i < size; i++) {
		assert_int_equal(fdt_setprop(s->fdt, node, name, data, i), 0);
		check_any(s);
	}
}

static void bend_it(struct scene *s, int node, const char *name, const uint8_t *data, int size)
{
	static const uint32_t extremes[] = { 0, 1, 0x7fffffff, 0x80000000, UINT32_MAX };

	for (int i = 0; i + 4 <= size; i += 4) {
		for (size_t j = 0; j < sizeof(extremes) / sizeof(extremes[0]); j++) {
			struct be32 value = be32_make(extremes[j]);
			int length;
			uint8_t *cell = fdt_getprop_w(s->fdt, node, name, &length);

			assert_int_equal(length, size);
			memcpy(cell + i, &value, sizeof(value));
			check_any(s);
			memcpy(cell, data, (size_t)size);
		}
	}
}

TEST(every_property_truncated)
{
	BEGIN_TEST();
	for (size_t i = 0; i < BENT; i++) {
		struct scene s;

		open_scene(&s, bent_kinds[i]);
		each_property(&s, truncate_it);
		DECODES(&s);
		close_scene(&s);
	}
}

TEST(every_cell_extreme)
{
	BEGIN_TEST();
	for (size_t i = 0; i < BENT; i++) {
		struct scene s;

		open_scene(&s, bent_kinds[i]);
		each_property(&s, bend_it);
		DECODES(&s);
		close_scene(&s);
	}
}

/* The flattened tree itself, cut at every length. */
TEST(every_tree_truncated)
{
	struct scene s;

	BEGIN_TEST();
	open_scene(&s, "pseries");

	size_t size = fdt_totalsize(s.fdt) - 65536;

	for (size_t i = 0; i < size; i++) {
		struct blob copy = machine_exact_copy(s.fdt, i);
		struct arena arena;

		arena_init(&arena);
		check_fails(power_decode(&s.facts, copy, &arena, &s.err), &s.err, ERR_BAD_MACHINE, "device tree: ");
		arena_release(&arena);
		free((void *)copy.data);
	}
	close_scene(&s);
}

/* From here on whole machines: what is made of the facts. */
static void with_text(struct machine *machine, const char *kind, const char *from, const char *to)
{
	struct arena arena;
	struct blob text;
	struct err err;

	arena_init(&arena);

	const char *path = arena_printf(&arena, "%s/power/%s.txt", check_env("FIXTURES"), kind);

	check_ok(file_map(&arena, path, NULL, &text, &err), &err);

	const char *whole = arena_strndup(&arena, (const char *)text.data, text.size);
	const char *found = strstr(whole, from);

	assert_non_null(found);
	whole = arena_printf(&arena, "%.*s%s%s", (int)(found - whole), whole, to, found + strlen(from));
	check_ok(machine_try(machine, whole, strlen(whole), &err), &err);
	machine_check_round_trip(machine);
	arena_release(&arena);
}

TEST(memory_limit)
{
	static const char now[] = "\"linux,memory-limit\" 0000000c 00000000";
	const uint64_t far = UINT64_C(1) << 45;
	struct machine machine;

	BEGIN_TEST();

	/* An amount: 16 GiB from 0 on and 4 GiB of the next piece, but memory that Linux shows came later. */
	with_text(&machine, "powernv", now, "\"linux,memory-limit\" 00000005 00000000");
	assert_int_equal(machine.ram.count, 3);
	machine_release(&machine);
	with_text(&machine, "powernv", "resource 0 0x200000000000 0x200400000000 \"System RAM\"\n",
		  "resource 0 0x200000000000 0x200100000000 \"System RAM\"\n");
	assert_int_equal(machine.ram.count, 3);
	check_range(machine.ram.v[1], far, far + 16 * GIB);
	machine_release(&machine);
	with_text(&machine, "drconf-v1", "\"linux,memory-limit\" 00000000 00000000",
		  "\"linux,memory-limit\" 00000000 40000000");
	assert_int_equal(machine.ram.count, 3);
	machine_release(&machine);
	with_text(&machine, "pseries", "resource 0 0x0 0x80000000 \"System RAM\"\n",
		  "resource 0 0x0 0x30000000 \"System RAM\"\n");
	check_range(machine.ram.v[0], 0, 2 * GIB);
	machine_release(&machine);
}

TEST(memory_limit_cuts)
{
	struct machine machine;

	BEGIN_TEST();
	with_text(&machine, "pseries",
		  "\"linux,memory-limit\" 00000000 00000000", "\"linux,memory-limit\" 00000000 80000000");
	check_range(machine.ram.v[0], 0, 2 * GIB);
	machine_release(&machine);

	struct arena arena;
	struct blob text;
	struct err err;

	arena_init(&arena);
	check_ok(file_map(&arena, arena_printf(&arena, "%s/power/pseries.txt", check_env("FIXTURES")), NULL, &text, &err),
		 &err);

	char *whole = arena_strndup(&arena, (const char *)text.data, text.size);
	char *shown = strstr(whole, "0x80000000 \"System RAM\""), *limit = strstr(whole, "\"linux,memory-limit\" ");

	assert_non_null(shown);
	assert_non_null(limit);
	memcpy(shown, "0x40000000", 10);
	memcpy(strstr(limit, "00000000 00000000"), "00000000 40000000", 17);
	check_ok(machine_try(&machine, whole, text.size, &err), &err);
	assert_int_equal(machine.ram.count, 1);
	check_range(machine.ram.v[0], 0, GIB);
	machine_release(&machine);
	arena_release(&arena);
}

TEST(crash_reservation)
{
	static const char shown[] = "resource 1 0x8000000 0x18000000 \"Crash kernel\"\n";
	struct machine machine;

	BEGIN_TEST();

	/* Older kernels do not show it; where it is shown, it may have shrunk. */
	with_text(&machine, "pseries", shown, "");
	assert_int_equal(machine.crash.count, 1);
	check_range(machine.crash.v[0], 128 * MIB, 384 * MIB);
	machine_release(&machine);
	with_text(&machine, "pseries", shown, "resource 1 0x8000000 0x10000000 \"Crash kernel\"\n");
	assert_int_equal(machine.crash.count, 1);
	check_range(machine.crash.v[0], 128 * MIB, 256 * MIB);
	machine_release(&machine);
	with_text(&machine, "fadump-armed", "\nend\n", "\nend\n");
	assert_int_equal(machine.crash.count, 0);
	machine_release(&machine);
}

TEST(initrd)
{
	struct machine machine;

	BEGIN_TEST();
	with_text(&machine, "powernv", "\nend\n", "\nend\n");
	assert_true(machine.has_initrd);
	check_range(machine.initrd, 0x3ec000000, 0x3ed800000);
	machine_release(&machine);
	with_text(&machine, "powernv", " retain_initrd", "");
	assert_false(machine.has_initrd);
	machine_release(&machine);
	with_text(&machine, "powernv", "\"linux,initrd-end\" 00000003 ed800000", "\"linux,initrd-end\" 00000007 00000000");
	assert_false(machine.has_initrd);
	machine_release(&machine);
}

TEST(offline_blocks)
{
	struct machine machine;

	BEGIN_TEST();
	with_text(&machine, "drconf-v2", "\nend\n", "\noffline 0x10000000 0x20000000\nend\n");
	assert_int_equal(machine.ram.count, 4);
	check_range(machine.ram.v[0], 0, LMB);
	check_range(machine.dumped.v[1], 2 * LMB, 20 * LMB);
	machine_release(&machine);
}

/* A tree that makes no sense is kept, for it is what the machine says, and not used. */
TEST(falls_back)
{
	struct machine machine;

	BEGIN_TEST();
	with_text(&machine, "pseries", "\"#address-cells\" 00000002\ndt-property \"#size",
		  "\"#address-cells\" 00000005\ndt-property \"#size");
	assert_false(machine.power.present);
	assert_true(machine.devicetree.size > 0);
	assert_non_null(strstr(machine.devicetree_problem, "#address-cells of /"));
	assert_int_equal(machine.ram.count, 1);
	assert_int_equal(machine.crash.count, 1);
	machine_release(&machine);
}

TEST(pending)
{
	static const struct {
		const char *kind;
		bool pending;
	} kinds[] = {
		{ "pseries", false },	     { "fadump-armed", false },		{ "fadump-gone", false },
		{ "fadump-pending", true },  { "fadump-legacy-pending", true }, { "fadump-released-armed", false },
		{ "fadump-pending-opal", true },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct arena arena;
		struct machine machine;
		struct err err;

		arena_init(&arena);
		check_ok(machine_read_root(&machine,
					   arena_printf(&arena, "%s/power/%s", check_env("FIXTURES"), kinds[i].kind),
					   ARCH_PPC64, &err),
			 &err);
		assert_int_equal(machine.dump_pending, kinds[i].pending);
		machine_check_round_trip(&machine);
		machine_release(&machine);
		arena_release(&arena);
	}
}

CHECK_MAIN(cmocka_unit_test(pseries), cmocka_unit_test(powernv), cmocka_unit_test(dynamic_memory),
	   cmocka_unit_test(large_machines), cmocka_unit_test(sets_of_any_size), cmocka_unit_test(usable_blocks),
	   cmocka_unit_test(memory_nodes), cmocka_unit_test(cell_counts), cmocka_unit_test(widths),
	   cmocka_unit_test(reserved_memory), cmocka_unit_test(terminal), cmocka_unit_test(vector_crypto),
	   cmocka_unit_test(possible_cpus), cmocka_unit_test(dump_active), cmocka_unit_test(every_property_truncated),
	   cmocka_unit_test(every_cell_extreme), cmocka_unit_test(every_tree_truncated), cmocka_unit_test(memory_limit),
	   cmocka_unit_test(memory_limit_cuts), cmocka_unit_test(crash_reservation), cmocka_unit_test(initrd),
	   cmocka_unit_test(offline_blocks), cmocka_unit_test(falls_back), cmocka_unit_test(pending))

#else

TEST(no_libfdt)
{
	struct power_facts facts;
	struct arena arena;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);
	check_fails(power_decode(&facts, (struct blob){ NULL, 0 }, &arena, &err), &err, ERR_UNSUPPORTED, "libfdt");
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(no_libfdt))

#endif
