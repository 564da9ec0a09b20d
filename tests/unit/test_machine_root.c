/* SPDX-License-Identifier: GPL-2.0-only */
#include "machine_support.h"
#include "machine_tree.h"

#define IOMEM "proc/iomem"
#define CMDLINE "proc/cmdline"
#define RELEASE "proc/sys/kernel/osrelease"
#define MEMORY "sys/devices/system/memory"
#define BLOCK_SIZE MEMORY "/block_size_bytes"
#define CPU "sys/devices/system/cpu"
#define VMCOREINFO "sys/kernel/vmcoreinfo"
#define ELFCOREHDR "sys/kernel/crash_elfcorehdr_size"

static const char iomem[] = "00000000-2f5fffff : System RAM\n"
			    "  00100000-008c0fff : Kernel code\n"
			    "2f600000-3f5fffff : Crash kernel\n"
			    "3f600000-3fffffff : System RAM\n";

static void make_full(struct machine_tree *tree)
{
	machine_tree_make(tree);
	machine_tree_write(tree, IOMEM, iomem);
	machine_tree_write(tree, CMDLINE, "root=/dev/ram0 crashkernel=256M\n");
	machine_tree_write(tree, RELEASE, "6.12.117\n");
	machine_tree_write(tree, BLOCK_SIZE, "8000000\n");
	machine_tree_write(tree, MEMORY "/memory0/state", "online\n");
	machine_tree_write(tree, MEMORY "/memory1/state", "offline\n");
	machine_tree_write(tree, MEMORY "/memory10/state", "offline\n");
	machine_tree_write(tree, MEMORY "/memory2/state", "going-offline\n");
	machine_tree_write(tree, MEMORY "/memory3/state", "online\n");
	machine_tree_write(tree, MEMORY "/auto_online_blocks", "offline\n");
	machine_tree_write(tree, MEMORY "/memory/state", "nonsense\n");
	machine_tree_write(tree, CPU "/cpu0/crash_notes", "1fa2c00\n");
	machine_tree_write(tree, CPU "/cpu0/crash_notes_size", "368\n");
	machine_tree_write(tree, CPU "/cpu10/crash_notes", "1fc6c00\n");
	machine_tree_write(tree, CPU "/cpu10/crash_notes_size", "368\n");
	machine_tree_write(tree, CPU "/cpu2/crash_notes", "1fb4c00\n");
	machine_tree_write(tree, CPU "/cpu2/crash_notes_size", "400\n");
	machine_tree_write(tree, CPU "/cpu3/online", "0\n");
	machine_tree_write(tree, CPU "/cpufreq/crash_notes", "nonsense\n");
	machine_tree_write(tree, VMCOREINFO, "0x00000000013ad000 1024\n");
	machine_tree_write(tree, ELFCOREHDR, "4096\n");
}

static void read_ok(const struct machine_tree *tree, struct machine *machine)
{
	struct err err;

	check_ok(machine_read_root(machine, tree->root, ARCH_S390X, &err), &err);
}

/* Fails, names the file in question, says these words, and leaves nothing allocated. */
static void refuse_as(const struct machine_tree *tree, enum err_code code, const char *name,
		      const char *words)
{
	struct machine machine;
	struct err err;
	char path[512];

	check_fails(machine_read_root(&machine, tree->root, ARCH_S390X, &err), &err, code, words);
	machine_tree_path(tree, name, path, sizeof(path));
	if (!strstr(err.text, path))
		fail_msg("\"%s\" does not name %s", err.text, path);
	assert_null(machine.arena.blocks);
}

static void refuse(const struct machine_tree *tree, const char *name, const char *words)
{
	refuse_as(tree, ERR_BAD_MACHINE, name, words);
}

TEST(everything_there)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	read_ok(&tree, &machine);
	assert_string_equal(machine.origin, tree.root);
	assert_int_equal(machine.arch, ARCH_S390X);
	assert_int_equal(machine.page_size, 4096);
	assert_string_equal(machine.release, "6.12.117");
	assert_string_equal(machine.cmdline, "root=/dev/ram0 crashkernel=256M");
	assert_int_equal(machine.resource_count, 4);

	/* Blocks 1 and 2 touch; 10 is beyond the memory there is. */
	assert_int_equal(machine.offline.count, 2);
	assert_true(machine_same_range(machine.offline.v[0], (struct range){ 0x8000000, 0x18000000 }));
	assert_true(machine_same_range(machine.offline.v[1], (struct range){ 0x50000000, 0x58000000 }));
	assert_int_equal(machine.ram.count, 3);
	assert_true(machine_same_range(machine.ram.v[0], (struct range){ 0, 0x8000000 }));
	assert_true(machine_same_range(machine.ram.v[1], (struct range){ 0x18000000, 0x2f600000 }));
	assert_true(machine_same_range(machine.ram.v[2], (struct range){ 0x3f600000, 0x40000000 }));
	assert_int_equal(machine.crash.count, 1);
	assert_true(machine_same_range(machine.crash.v[0], (struct range){ 0x2f600000, 0x3f600000 }));

	assert_int_equal(machine.cpu_count, 3);
	assert_int_equal(machine.cpus[0].id, 0);
	assert_int_equal(machine.cpus[1].id, 2);
	assert_int_equal(machine.cpus[1].notes, 0x1fb4c00);
	assert_int_equal(machine.cpus[1].notes_size, 400);
	assert_int_equal(machine.cpus[2].id, 10);
	assert_true(machine.has_vmcoreinfo);
	assert_true(machine_same_range(machine.vmcoreinfo, (struct range){ 0x13ad000, 0x13ae024 }));
	assert_true(machine.has_elfcorehdr_size);
	assert_int_equal(machine.elfcorehdr_size, 4096);
	machine_check_round_trip(&machine);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(only_iomem)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	machine_tree_make(&tree);
	machine_tree_write(&tree, IOMEM, iomem);
	read_ok(&tree, &machine);
	assert_string_equal(machine.release, "");
	assert_string_equal(machine.cmdline, "");
	assert_int_equal(machine.offline.count, 0);
	assert_int_equal(machine.cpu_count, 0);
	assert_false(machine.has_vmcoreinfo);
	assert_false(machine.has_elfcorehdr_size);
	machine_check_round_trip(&machine);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(slashes_behind_the_root)
{
	struct machine_tree tree;
	struct machine machine;
	struct err err;
	char root[300];

	BEGIN_TEST();
	make_full(&tree);
	snprintf(root, sizeof(root), "%s//", tree.root);
	check_ok(machine_read_root(&machine, root, ARCH_S390X, &err), &err);
	assert_string_equal(machine.origin, root);
	machine_release(&machine);
	machine_tree_drop(&tree, IOMEM);
	check_fails(machine_read_root(&machine, root, ARCH_S390X, &err), &err, ERR_SYSTEM, tree.root);
	assert_null(strstr(err.text, "//"));
	machine_tree_remove(&tree);
}

/* What a captured tree cannot tell: the usual size of its architecture, whatever this computer has. */
TEST(page_size_of_a_captured_tree)
{
	static const struct {
		enum arch_id arch;
		uint64_t size;
	} usual[] = {
		{ ARCH_S390X, 4096 },	{ ARCH_X86_64, 4096 },	     { ARCH_I386, 4096 },
		{ ARCH_PPC64, 65536 },	{ ARCH_PPC64LE, 65536 },     { ARCH_ARM64, 4096 },
		{ ARCH_RISCV64, 4096 }, { ARCH_LOONGARCH64, 16384 },
	};
	struct machine_tree tree;
	struct machine machine;
	struct err err;

	BEGIN_TEST();
	make_full(&tree);
	for (size_t i = 0; i < sizeof(usual) / sizeof(usual[0]); i++) {
		check_ok(machine_read_root(&machine, tree.root, usual[i].arch, &err), &err);
		assert_int_equal(machine.page_size, usual[i].size);
		machine_release(&machine);
	}
	machine_tree_remove(&tree);
}

TEST(nothing_to_read)
{
	struct machine_tree tree;
	struct machine machine;
	struct err err;

	BEGIN_TEST();
	machine_tree_make(&tree);
	refuse_as(&tree, ERR_SYSTEM, IOMEM, "No such file");
	check_fails(machine_read_root(&machine, tree.root, ARCH_NONE, &err), &err, ERR_UNSUPPORTED, "--arch");
	check_fails(machine_read_root(&machine, "", ARCH_S390X, &err), &err, ERR_USAGE, "is empty");
	machine_tree_remove(&tree);
}

TEST(unreadable_files)
{
	static const char *const names[] = {
		IOMEM,
		CMDLINE,
		RELEASE,
		BLOCK_SIZE,
		MEMORY "/memory0/state",
		CPU "/cpu0/crash_notes",
		VMCOREINFO,
		ELFCOREHDR,
		CPU "/cpu0/crash_notes_size",
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct machine_tree tree;

		make_full(&tree);
		machine_tree_block(&tree, names[i]);
		refuse_as(&tree, ERR_SYSTEM, names[i], "Is a directory");
		machine_tree_remove(&tree);
	}
}

/* Links that lead back to themselves cannot be opened, and are not the same as nothing. */
TEST(directories_that_cannot_be_listed)
{
	static const char *const names[] = { MEMORY, CPU };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct machine_tree tree;
		char path[512];

		machine_tree_make(&tree);
		machine_tree_write(&tree, IOMEM, iomem);
		machine_tree_path(&tree, names[i], path, sizeof(path));
		assert_int_equal(symlink(path, path), 0);
		refuse_as(&tree, ERR_SYSTEM, names[i], "cannot open the directory");
		machine_tree_remove(&tree);
	}
}

/* Optional files that are there must make sense. */
TEST(malformed_numbers)
{
	static const char *const bad_hex[] = { "",	"\n",	  "-1\n", "+1\n", " 1\n",
					       "1 \n",	"1\n1\n", "g\n",  "0x\n", "10000000000000000\n",
					       "1\n\n", "1\r\n" };
	static const char *const bad_decimal[] = {
		"",	"\n",	  "-1\n", "+1\n",  " 1\n",
		"1 \n", "0x10\n", "ff\n", "010\n", "18446744073709551616\n",
		"1.5\n"
	};
	struct machine_tree tree;

	BEGIN_TEST();
	make_full(&tree);
	for (size_t i = 0; i < sizeof(bad_hex) / sizeof(bad_hex[0]); i++) {
		machine_tree_write(&tree, BLOCK_SIZE, bad_hex[i]);
		refuse(&tree, BLOCK_SIZE, "expected one hexadecimal number");
	}
	machine_tree_write(&tree, BLOCK_SIZE, "8000000\n");
	for (size_t i = 0; i < sizeof(bad_hex) / sizeof(bad_hex[0]); i++) {
		machine_tree_write(&tree, CPU "/cpu2/crash_notes", bad_hex[i]);
		refuse(&tree, CPU "/cpu2/crash_notes", "expected one hexadecimal number");
	}
	machine_tree_write(&tree, CPU "/cpu2/crash_notes", "0\n");
	for (size_t i = 0; i < sizeof(bad_decimal) / sizeof(bad_decimal[0]); i++) {
		machine_tree_write(&tree, CPU "/cpu2/crash_notes_size", bad_decimal[i]);
		refuse(&tree, CPU "/cpu2/crash_notes_size", "expected one decimal number");
	}
	machine_tree_write(&tree, CPU "/cpu2/crash_notes_size", "1\n");
	for (size_t i = 0; i < sizeof(bad_decimal) / sizeof(bad_decimal[0]); i++) {
		machine_tree_write(&tree, ELFCOREHDR, bad_decimal[i]);
		refuse(&tree, ELFCOREHDR, "expected one decimal number");
	}
	machine_tree_write(&tree, ELFCOREHDR, "18446744073709551615");

	struct machine machine;

	read_ok(&tree, &machine);
	assert_int_equal(machine.elfcorehdr_size, UINT64_MAX);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(block_sizes)
{
	static const char *const bad[] = { "0\n", "800\n", "8000001\n", "ffffffffffffffff\n" };
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		machine_tree_write(&tree, BLOCK_SIZE, bad[i]);
		refuse(&tree, BLOCK_SIZE, "expected a power of two of at least one page");
	}
	machine_tree_write(&tree, BLOCK_SIZE, "1000\n");
	read_ok(&tree, &machine);
	assert_int_equal(machine.offline.v[0].start, 0x1000);
	machine_release(&machine);
	machine_tree_drop(&tree, BLOCK_SIZE);
	refuse(&tree, BLOCK_SIZE, "is missing");
	machine_tree_write(&tree, BLOCK_SIZE, "8000000000000000\n");
	refuse(&tree, MEMORY "/memory1/state", "beyond the 64-bit address space");
	machine_tree_write(&tree, BLOCK_SIZE, "100000000000000\n");
	read_ok(&tree, &machine);
	assert_true(machine_same_range(machine.offline.v[1], (struct range){ UINT64_C(0xa00000000000000),
									     UINT64_C(0xb00000000000000) }));
	machine_release(&machine);
	machine_tree_write(&tree, MEMORY "/memory18446744073709551615/state", "online\n");
	refuse(&tree, MEMORY "/memory18446744073709551615/state", "beyond the 64-bit address space");
	machine_tree_remove(&tree);
}

TEST(block_states)
{
	static const char *const bad[] = { "",		 "\n",	       "offlin\n",
					   "offline \n", "online\n\n", "ERROR-UNKNOWN-2\n" };
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		machine_tree_write(&tree, MEMORY "/memory3/state", bad[i]);
		refuse(&tree, MEMORY "/memory3/state", "expected online, offline or going-offline");
	}

	/* Taken away between the listing and the reading. */
	machine_tree_drop(&tree, MEMORY "/memory3/state");
	read_ok(&tree, &machine);
	assert_int_equal(machine.offline.v[0].end, 0x20000000);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(cpus)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	machine_tree_drop(&tree, CPU "/cpu0/crash_notes_size");
	machine_tree_drop(&tree, CPU "/cpu2/crash_notes");
	read_ok(&tree, &machine);
	assert_int_equal(machine.cpu_count, 2);
	assert_int_equal(machine.cpus[0].notes_size, 1024);
	assert_int_equal(machine.cpus[1].id, 10);
	machine_release(&machine);

	machine_tree_write(&tree, CPU "/cpu10/crash_notes_size", "0\n");
	refuse(&tree, CPU "/cpu10/crash_notes", "is no range of memory");
	machine_tree_write(&tree, CPU "/cpu10/crash_notes", "0xffffffffffffff00\n");
	machine_tree_write(&tree, CPU "/cpu10/crash_notes_size", "256\n");
	refuse(&tree, CPU "/cpu10/crash_notes", "is no range of memory");
	machine_tree_write(&tree, CPU "/cpu10/crash_notes_size", "255\n");
	read_ok(&tree, &machine);
	machine_release(&machine);
	machine_tree_write(&tree, CPU "/cpu4294967295/crash_notes", "1000\n");
	read_ok(&tree, &machine);
	assert_int_equal(machine.cpus[machine.cpu_count - 1].id, UINT32_MAX);
	machine_release(&machine);
	machine_tree_write(&tree, CPU "/cpu4294967296/online", "1\n");
	refuse(&tree, CPU "/cpu4294967296", "at most 32 bits");
	machine_tree_remove(&tree);
}

TEST(vmcoreinfo)
{
	static const char *const bad[] = { "",
					   "\n",
					   "0x13ad000\n",
					   "0x13ad000 \n",
					   " 1024\n",
					   "1 2 3\n",
					   "0x1,1\n",
					   "g 1\n",
					   "1 g\n",
					   "1 0\n",
					   "1  2\n",
					   "-1 1\n",
					   "1 -1\n",
					   "0xffffffffffffffff 1\n",
					   "1 ffffffffffffffff\n",
					   "10000000000000000 1\n" };
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make_full(&tree);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		machine_tree_write(&tree, VMCOREINFO, bad[i]);
		refuse(&tree, VMCOREINFO, "expected a hexadecimal address and size");
	}
	machine_tree_write(&tree, VMCOREINFO, "0xffffffffffffff00 ff\n");
	read_ok(&tree, &machine);
	assert_int_equal(machine.vmcoreinfo.end, UINT64_MAX);
	machine_release(&machine);
	machine_tree_write(&tree, VMCOREINFO, "13ad000 1024");
	read_ok(&tree, &machine);
	assert_true(machine_same_range(machine.vmcoreinfo, (struct range){ 0x13ad000, 0x13ae024 }));
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(texts_that_are_none)
{
	static const char with_nul[] = "root=/dev/ram0\0quiet\n";
	struct machine_tree tree;

	BEGIN_TEST();
	make_full(&tree);
	machine_tree_write_bytes(&tree, CMDLINE, with_nul, sizeof(with_nul) - 1);
	refuse(&tree, CMDLINE, "contains a NUL byte");
	machine_tree_write(&tree, CMDLINE, "");
	machine_tree_write_bytes(&tree, ELFCOREHDR, "1\0", 2);
	refuse(&tree, ELFCOREHDR, "contains a NUL byte");
	machine_tree_remove(&tree);
}

TEST(command_line_of_the_greatest_size)
{
	enum { LENGTH = 1 << 20 };
	struct machine_tree tree;
	struct machine machine;
	char *text = malloc(LENGTH + 2);

	BEGIN_TEST();
	make_full(&tree);
	memset(text, 'c', LENGTH + 2);
	text[LENGTH] = '\n';
	machine_tree_write_bytes(&tree, CMDLINE, text, LENGTH + 1);
	read_ok(&tree, &machine);
	assert_int_equal(strlen(machine.cmdline), LENGTH);
	machine_check_round_trip(&machine);
	machine_release(&machine);
	machine_tree_write_bytes(&tree, CMDLINE, text, LENGTH + 2);
	refuse(&tree, CMDLINE, "more than");
	machine_tree_remove(&tree);
	free(text);
}

TEST(iomem_of_no_use)
{
	struct machine_tree tree;

	BEGIN_TEST();
	make_full(&tree);
	machine_tree_write(&tree, IOMEM,
			   "00000000-00000000 : System RAM\n  00000000-00000000 : Kernel code\n");
	refuse_as(&tree, ERR_DENIED, IOMEM, "root");
	machine_tree_write(&tree, IOMEM, "");
	refuse(&tree, IOMEM, "is empty");
	machine_tree_write(&tree, IOMEM, "00000000-00000fff : Reserved\n");
	refuse(&tree, IOMEM, "has no \"System RAM\" that is online");
	machine_tree_write(&tree, IOMEM, "08000000-17ffffff : System RAM\n");
	refuse(&tree, IOMEM, "has no \"System RAM\" that is online");
	machine_tree_write(&tree, IOMEM, "00000000-00000fff : Reserved\n0-x : System RAM\n");
	refuse(&tree, IOMEM, "proc/iomem:2: \"0-x : System RAM\" found");
	machine_tree_remove(&tree);
}

/* A tree whose parts came as links within it, as a capture of /sys/kernel/kexec/ has them. */
TEST(links_inside_the_tree)
{
	struct machine_tree tree;
	struct machine machine;
	char path[512];

	BEGIN_TEST();
	make_full(&tree);
	machine_tree_drop(&tree, ELFCOREHDR);
	machine_tree_write(&tree, "sys/kernel/kexec/crash_elfcorehdr_size", "8192\n");
	machine_tree_path(&tree, ELFCOREHDR, path, sizeof(path));
	assert_int_equal(symlink("kexec/crash_elfcorehdr_size", path), 0);
	read_ok(&tree, &machine);
	assert_int_equal(machine.elfcorehdr_size, 8192);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(status)
{
	static const char *const bad[] = { "", "\n", "2\n", "-1\n", "yes\n", "1 \n" };
	struct machine_tree tree;
	struct machine_status status;

	BEGIN_TEST();
	machine_tree_make(&tree);
	memset(&status, 0xff, sizeof(status));
	machine_read_status(&status, tree.root);
	assert_false(status.has_loaded || status.has_crash_loaded || status.has_crash_size);
	assert_false(status.loaded || status.crash_loaded);

	machine_tree_write(&tree, "sys/kernel/kexec_loaded", "0\n");
	machine_tree_write(&tree, "sys/kernel/kexec_crash_loaded", "1\n");
	machine_tree_write(&tree, "sys/kernel/kexec_crash_size", "268435456\n");
	machine_read_status(&status, tree.root);
	assert_true(status.has_loaded && !status.loaded);
	assert_true(status.has_crash_loaded && status.crash_loaded);
	assert_true(status.has_crash_size);
	assert_int_equal(status.crash_size, 268435456);

	machine_tree_write(&tree, "sys/kernel/kexec_loaded", "1\n");
	machine_tree_write(&tree, "sys/kernel/kexec_crash_loaded", "0\n");
	machine_tree_write(&tree, "sys/kernel/kexec_crash_size", "0x10\n");
	machine_read_status(&status, tree.root);
	assert_true(status.has_loaded && status.loaded);
	assert_true(status.has_crash_loaded && !status.crash_loaded);
	assert_false(status.has_crash_size);

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		machine_tree_write(&tree, "sys/kernel/kexec_loaded", bad[i]);
		machine_read_status(&status, tree.root);
		assert_false(status.has_loaded);
		assert_true(status.has_crash_loaded);
	}
	machine_tree_remove(&tree);
}

CHECK_MAIN(cmocka_unit_test(everything_there), cmocka_unit_test(only_iomem),
	   cmocka_unit_test(slashes_behind_the_root), cmocka_unit_test(page_size_of_a_captured_tree),
	   cmocka_unit_test(nothing_to_read), cmocka_unit_test(unreadable_files),
	   cmocka_unit_test(directories_that_cannot_be_listed), cmocka_unit_test(malformed_numbers),
	   cmocka_unit_test(block_sizes), cmocka_unit_test(block_states), cmocka_unit_test(cpus),
	   cmocka_unit_test(vmcoreinfo), cmocka_unit_test(texts_that_are_none),
	   cmocka_unit_test(command_line_of_the_greatest_size), cmocka_unit_test(iomem_of_no_use),
	   cmocka_unit_test(links_inside_the_tree), cmocka_unit_test(status))
