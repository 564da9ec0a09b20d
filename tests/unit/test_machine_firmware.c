/* SPDX-License-Identifier: GPL-2.0-only */
/* What firmware and boot loader left below /sys, read from made trees. */
#include "machine_support.h"
#include "machine_tree.h"

#define MEMMAP "sys/firmware/memmap"
#define EFI "sys/firmware/efi"
#define RUNTIME EFI "/runtime-map"
#define BOOT_PARAMS "sys/kernel/boot_params/data"
#define DEBUG_PARAMS "sys/kernel/debug/boot_params/data"

static void make_iomem(struct machine_tree *tree)
{
	machine_tree_make(tree);
	machine_tree_write(tree, "proc/iomem", "00001000-3fffffff : System RAM\n");
}

static void write_entry(const struct machine_tree *tree, unsigned int number, const char *start, const char *end,
			const char *type)
{
	char name[100];

	snprintf(name, sizeof(name), MEMMAP "/%u/start", number);
	machine_tree_write(tree, name, start);
	snprintf(name, sizeof(name), MEMMAP "/%u/end", number);
	machine_tree_write(tree, name, end);
	snprintf(name, sizeof(name), MEMMAP "/%u/type", number);
	machine_tree_write(tree, name, type);
}

static void write_runtime(const struct machine_tree *tree, unsigned int number, const char *const values[5])
{
	static const char *const fields[] = { "type", "phys_addr", "virt_addr", "num_pages", "attribute" };
	char name[100];

	for (size_t i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), RUNTIME "/%u/%s", number, fields[i]);
		machine_tree_write(tree, name, values[i]);
	}
}

static void make_full(struct machine_tree *tree)
{
	uint8_t params[4096];

	make_iomem(tree);
	write_entry(tree, 0, "0x0\n", "0x9fbff\n", "System RAM\n");
	write_entry(tree, 1, "0x9fc00\n", "0x9ffff\n", "Reserved\n");
	write_entry(tree, 10, "0xfffc0000\n", "0xffffffff\n", "ACPI Non-volatile Storage\n");
	write_entry(tree, 2, "0x100000\n", "0x3fffffff\n", "System RAM\n");
	machine_tree_write(tree, MEMMAP "/nonsense/start", "x");
	for (size_t i = 0; i < sizeof(params); i++)
		params[i] = (uint8_t)(i % 251);
	machine_tree_write_bytes(tree, BOOT_PARAMS, params, sizeof(params));
	machine_tree_write(tree, EFI "/systab",
			   "ACPI20=0x7d5fe014\nACPI=0x7d5fe000\nSMBIOS3=0x7cb86000\nSMBIOS=0x7cb88000\nUGA=odd\n");
	machine_tree_write(tree, EFI "/fw_vendor", "0x7cb8c018\n");
	machine_tree_write(tree, EFI "/runtime", "0x7d31ab98\n");
	machine_tree_write(tree, EFI "/config_table", "0x7cb8b018\n");
	write_runtime(tree, 1,
		      (const char *const[]){ "0xb\n", "0xe0000000\n", "0xfffffffeee300000\n", "0x10000\n",
					     "0x8000000000000001\n" });
	write_runtime(tree, 0,
		      (const char *const[]){ "0x5\n", "0x7a9fe000\n", "0xfffffffefe9fe000\n", "0x2c1\n",
					     "0x800000000000000f\n" });
}

static void read_ok(const struct machine_tree *tree, struct machine *machine)
{
	struct err err;

	check_ok(machine_read_root(machine, tree->root, ARCH_X86_64, &err), &err);
	machine_check_round_trip(machine);
	if (machine->firmware_problem)
		fail_msg("a problem that is none: %s", machine->firmware_problem);
}

enum part {
	FIRMWARE = 1,
	PARAMS = 2,
	TABLES = 4,
};

/* Of what make_full() makes, `lost` is as if it were not there; the rest is. The reason names file and finding. */
static void without(const struct machine_tree *tree, unsigned int lost, const char *name, const char *words)
{
	static const struct machine_efi bare = { .present = true };
	struct machine machine;
	struct err err;
	char path[512];

	check_ok(machine_read_root(&machine, tree->root, ARCH_X86_64, &err), &err);
	machine_check_round_trip(&machine);
	machine_tree_path(tree, name, path, sizeof(path));
	if (!machine.firmware_problem)
		fail_msg("no problem with %s, which says something else than \"%s\"", path, words);
	if (!strstr(machine.firmware_problem, words) || !strstr(machine.firmware_problem, path))
		fail_msg("\"%s\" does not say \"%s\" of %s", machine.firmware_problem, words, path);
	assert_int_equal(machine.firmware_count == 0, (lost & FIRMWARE) != 0);
	assert_int_equal(machine.boot_params.size == 0, (lost & PARAMS) != 0);
	assert_int_equal(machine_same_efi(&machine.efi, &bare), (lost & TABLES) != 0);
	assert_null(machine.kernel_map_problem);
	machine_release(&machine);
}

TEST(everything_there)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	read_ok(&tree, &machine);
	assert_int_equal(machine.firmware_count, 4);
	assert_true(machine_same_range(machine.firmware[0].range, (struct range){ 0, 0x9fc00 }));
	assert_true(machine_same_range(machine.firmware[2].range, (struct range){ 0x100000, 0x40000000 }));
	assert_true(machine_same_range(machine.firmware[3].range,
				       (struct range){ 0xfffc0000, UINT64_C(0x100000000) }));
	assert_string_equal(machine.firmware[1].type, "Reserved");
	assert_string_equal(machine.firmware[3].type, "ACPI Non-volatile Storage");
	assert_int_equal(machine.boot_params.size, 4096);
	assert_int_equal(machine.boot_params.data[0], 0);
	assert_int_equal(machine.boot_params.data[4095], 4095 % 251);
	assert_true(machine.efi.present && machine.efi.has_systab);
	assert_int_equal(machine.efi.fw_vendor, 0x7cb8c018);
	assert_int_equal(machine.efi.runtime, 0x7d31ab98);
	assert_int_equal(machine.efi.config_table, 0x7cb8b018);
	assert_int_equal(machine.efi.smbios, 0x7cb88000);
	assert_int_equal(machine.efi.acpi20, 0x7d5fe014);
	assert_int_equal(machine.efi.acpi, 0x7d5fe000);
	assert_int_equal(machine.efi.map_count, 2);
	assert_int_equal(machine.efi.map[0].type, 5);
	assert_int_equal(machine.efi.map[0].pages, 0x2c1);
	assert_int_equal(machine.efi.map[1].physical, 0xe0000000);
	assert_int_equal(machine.efi.map[1].mapped, UINT64_C(0xfffffffeee300000));
	assert_int_equal(machine.efi.map[1].attribute, UINT64_C(0x8000000000000001));
	assert_false(machine.framebuffer.present);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(nothing_there)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_iomem(&tree);
	read_ok(&tree, &machine);
	assert_int_equal(machine.firmware_count, 0);
	assert_int_equal(machine.boot_params.size, 0);
	assert_false(machine.efi.present);
	assert_int_equal(machine.efi.map_count, 0);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

/* Boot parameters are a thing of x86; what else is there is read on any machine. */
TEST(other_architectures)
{
	struct machine_tree tree;
	struct machine machine;
	struct err err;

	BEGIN_TEST();
	make_full(&tree);
	machine_tree_write(&tree, BOOT_PARAMS, "short");
	check_ok(machine_read_root(&machine, tree.root, ARCH_ARM64, &err), &err);
	assert_int_equal(machine.boot_params.size, 0);
	assert_int_equal(machine.firmware_count, 4);
	assert_true(machine.efi.has_systab);
	machine_check_round_trip(&machine);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(firmware_entries)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	write_entry(&tree, 1, "0x1000\n", "0xfff\n", "Reserved\n");
	without(&tree, FIRMWARE, MEMMAP "/1", "the end 0xfff is below the start 0x1000");
	write_entry(&tree, 1, "0x1000\n", "0x1000\n", "x \"odd\" \\ \x01\n");
	read_ok(&tree, &machine);
	assert_int_equal(range_size(machine.firmware[1].range), 1);
	assert_string_equal(machine.firmware[1].type, "x \"odd\" \\ \x01");
	machine_release(&machine);
	write_entry(&tree, 1, "0\n", "ffffffffffffffff\n", "\n");
	read_ok(&tree, &machine);
	assert_int_equal(machine.firmware[1].range.end, UINT64_MAX);
	assert_string_equal(machine.firmware[1].type, "");
	machine_release(&machine);
	write_entry(&tree, 1, "0\n", "0x10000000000000000\n", "Reserved\n");
	without(&tree, FIRMWARE, MEMMAP "/1/end", "expected one hexadecimal number");
	write_entry(&tree, 1, "0\n", "1\n", "");
	machine_tree_drop(&tree, MEMMAP "/1/end");
	without(&tree, FIRMWARE, MEMMAP "/1/end", "is missing, though other files");
	write_entry(&tree, 1, "0\n", "1\n", "");
	machine_tree_drop(&tree, MEMMAP "/1/start");
	without(&tree, FIRMWARE, MEMMAP "/1/start", "is missing, though other files");
	write_entry(&tree, 1, "0\n", "1\n", "");
	machine_tree_drop(&tree, MEMMAP "/1/type");
	without(&tree, FIRMWARE, MEMMAP "/1/type", "is missing, though other files");
	machine_tree_block(&tree, MEMMAP "/1/type");
	without(&tree, FIRMWARE, MEMMAP "/1/type", "Is a directory");
	machine_tree_drop(&tree, MEMMAP "/1/type");

	/* Unplugged since the directory was listed. */
	machine_tree_drop(&tree, MEMMAP "/1/start");
	machine_tree_drop(&tree, MEMMAP "/1/end");
	read_ok(&tree, &machine);
	assert_int_equal(machine.firmware_count, 3);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(boot_params)
{
	struct machine_tree tree;
	struct machine machine;
	uint8_t bytes[4097] = { 0 };

	BEGIN_TEST();
	make_full(&tree);
	machine_tree_write_bytes(&tree, BOOT_PARAMS, bytes, 4095);
	without(&tree, PARAMS, BOOT_PARAMS, "has 4095 bytes, expected 4096");
	machine_tree_write_bytes(&tree, BOOT_PARAMS, bytes, 4097);
	without(&tree, PARAMS, BOOT_PARAMS, "has 4097 bytes, expected 4096");
	machine_tree_write_bytes(&tree, BOOT_PARAMS, bytes, 0);
	without(&tree, PARAMS, BOOT_PARAMS, "has 0 bytes, expected 4096");
	machine_tree_block(&tree, BOOT_PARAMS);
	without(&tree, PARAMS, BOOT_PARAMS, "Is a directory");
	machine_tree_drop(&tree, BOOT_PARAMS);
	bytes[77] = 7;
	machine_tree_write_bytes(&tree, DEBUG_PARAMS, bytes, 4096);
	read_ok(&tree, &machine);
	assert_int_equal(machine.boot_params.size, 4096);
	assert_int_equal(machine.boot_params.data[77], 7);
	machine_release(&machine);
	machine_tree_write_bytes(&tree, DEBUG_PARAMS, bytes, 1);
	without(&tree, PARAMS, DEBUG_PARAMS, "has 1 bytes, expected 4096");

	/* All zero is not the same as none. */
	memset(bytes, 0, sizeof(bytes));
	machine_tree_write_bytes(&tree, BOOT_PARAMS, bytes, 4096);
	read_ok(&tree, &machine);
	assert_int_equal(machine.boot_params.size, 4096);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

/* Each of the three falls alone, and of several problems the first is kept. */
TEST(several_problems)
{
	struct machine_tree tree;

	BEGIN_TEST();
	make_full(&tree);
	machine_tree_write(&tree, EFI "/runtime", "odd\n");
	without(&tree, TABLES, EFI "/runtime", "expected one hexadecimal number");
	machine_tree_write(&tree, BOOT_PARAMS, "short");
	without(&tree, TABLES | PARAMS, BOOT_PARAMS, "has 5 bytes");
	machine_tree_write(&tree, MEMMAP "/10/end", "odd\n");
	without(&tree, TABLES | PARAMS | FIRMWARE, MEMMAP "/10/end", "expected one hexadecimal number");
	machine_tree_remove(&tree);
}

TEST(efi_tables)
{
	static const char *const files[] = { EFI "/systab", EFI "/fw_vendor", EFI "/runtime", EFI "/config_table" };
	struct machine machine;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		struct machine_tree tree;

		make_full(&tree);
		machine_tree_drop(&tree, files[i]);
		read_ok(&tree, &machine);
		assert_true(machine.efi.present);
		assert_false(machine.efi.has_systab);
		assert_int_equal(machine.efi.fw_vendor | machine.efi.runtime | machine.efi.config_table, 0);
		assert_int_equal(machine.efi.acpi20, i == 0 ? 0 : 0x7d5fe014);
		assert_int_equal(machine.efi.map_count, 2);
		machine_release(&machine);
		machine_tree_block(&tree, files[i]);
		without(&tree, TABLES, files[i], "Is a directory");
		machine_tree_drop(&tree, files[i]);
		machine_tree_write(&tree, files[i], i == 0 ? "ACPI20=\n" : "odd\n");
		without(&tree, TABLES, files[i], "found, expected");
		machine_tree_remove(&tree);
	}
}

TEST(systab_lines)
{
	static const char *const bad[] = { "ACPI=0x\n", "X=1\nACPI20=0x10000000000000000\n", "SMBIOS=-1\n",
					   "SMBIOS=0x1 \n", "SMBIOS= 0x1\n" };
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		machine_tree_write(&tree, EFI "/systab", bad[i]);
		without(&tree, TABLES, EFI "/systab", "expected a hexadecimal address behind");
	}
	machine_tree_write_bytes(&tree, EFI "/systab", "ACPI=0x1\n\0", 10);
	without(&tree, TABLES, EFI "/systab", "contains a NUL byte");

	/* One without a table of version 2: SMBIOS3= is not what a kernel asks for behind SMBIOS=. */
	machine_tree_write(&tree, EFI "/systab", "\nunknown\nSMBIOS3=0x123\nACPI=ffffffffffffffff");
	read_ok(&tree, &machine);
	assert_true(machine.efi.has_systab);
	assert_int_equal(machine.efi.smbios, 0);
	assert_int_equal(machine.efi.acpi20, 0);
	assert_int_equal(machine.efi.acpi, UINT64_MAX);
	machine_release(&machine);
	machine_tree_write(&tree, EFI "/systab", "");
	read_ok(&tree, &machine);
	assert_true(machine.efi.has_systab);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(runtime_map)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	write_runtime(&tree, 2, (const char *const[]){ "0x100000000\n", "0\n", "0\n", "1\n", "0\n" });
	without(&tree, TABLES, RUNTIME "/2",
		"type 0x100000000, 0x1 pages of 4096 bytes at 0x0: expected a type of 32 bits");
	write_runtime(&tree, 2, (const char *const[]){ "0\n", "0x1000\n", "0\n", "fffffffffffff\n", "0\n" });
	without(&tree, TABLES, RUNTIME "/2", "0xfffffffffffff pages of 4096 bytes at 0x1000");
	write_runtime(&tree, 2, (const char *const[]){ "ffffffff\n", "0xfff\n", "0\n", "fffffffffffff\n", "0\n" });
	read_ok(&tree, &machine);
	assert_int_equal(machine.efi.map_count, 3);
	assert_int_equal(machine.efi.map[2].type, UINT32_MAX);
	machine_release(&machine);
	write_runtime(&tree, 2, (const char *const[]){ "z\n", "0xfff\n", "0\n", "1\n", "0\n" });
	without(&tree, TABLES, RUNTIME "/2/type", "expected one hexadecimal number");
	machine_tree_drop(&tree, RUNTIME "/2/type");
	without(&tree, TABLES, RUNTIME "/2/type", "is missing");
	machine_tree_drop(&tree, RUNTIME "/2/phys_addr");
	machine_tree_drop(&tree, RUNTIME "/2/virt_addr");
	machine_tree_drop(&tree, RUNTIME "/2/num_pages");
	machine_tree_drop(&tree, RUNTIME "/2/attribute");
	read_ok(&tree, &machine);
	assert_int_equal(machine.efi.map_count, 2);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

/* Many entries, in the order of their numbers and not in that of the directory. */
TEST(many_entries)
{
	enum { COUNT = 1000 };
	struct machine_tree tree;
	struct machine machine;
	char start[32], end[32];

	BEGIN_TEST();
	make_iomem(&tree);
	for (unsigned int i = 0; i < COUNT; i++) {
		unsigned int number = (i * 237) % COUNT;

		snprintf(start, sizeof(start), "0x%x\n", number << 12);
		snprintf(end, sizeof(end), "0x%x\n", (number << 12) + 0xfff);
		write_entry(&tree, number, start, end, number % 2 ? "Reserved\n" : "System RAM\n");
	}
	read_ok(&tree, &machine);
	assert_int_equal(machine.firmware_count, COUNT);
	for (size_t i = 0; i < COUNT; i++)
		assert_int_equal(machine.firmware[i].range.start, i << 12);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

CHECK_MAIN(cmocka_unit_test(everything_there), cmocka_unit_test(nothing_there), cmocka_unit_test(other_architectures),
	   cmocka_unit_test(firmware_entries), cmocka_unit_test(boot_params),
	   cmocka_unit_test(several_problems), cmocka_unit_test(efi_tables), cmocka_unit_test(systab_lines),
	   cmocka_unit_test(runtime_map), cmocka_unit_test(many_entries))
