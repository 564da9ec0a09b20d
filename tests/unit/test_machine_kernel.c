/* SPDX-License-Identifier: GPL-2.0-only */
/* What is known of the running kernel: made trees with a kcore of tests/mk/kcore.py. */
#include "bytes.h"
#include "kexec/machine/framebuffer.h"
#include "machine_support.h"
#include "machine_tree.h"

#define KCORE "proc/kcore"
#define KALLSYMS "proc/kallsyms"
#define IOMEM "proc/iomem"
#define CMDLINE "proc/cmdline"
#define BOOT_PARAMS "sys/kernel/boot_params/data"

static void write_iomem(const struct machine_tree *tree, uint64_t kernel_code)
{
	char text[300];

	snprintf(text, sizeof(text),
		 "00001000-0009efff : System RAM\n00100000-3fffffff : System RAM\n100000000-47e7fffff : System RAM\n"
		 "  %08" PRIx64 "-%08" PRIx64 " : Kernel code\n",
		 kernel_code, kernel_code + 0x14fffff);
	machine_tree_write(tree, IOMEM, text);
}

static void write_kcore(const struct machine_tree *tree, const char *name)
{
	struct arena arena;
	struct blob blob;
	struct err err;

	arena_init(&arena);
	check_ok(file_map(&arena, arena_printf(&arena, "%s/kcore/%s.kcore", check_env("FIXTURES"), name), NULL, &blob,
			  &err),
		 &err);
	machine_tree_write_bytes(tree, KCORE, blob.data, blob.size);
	arena_release(&arena);
}

static void make(struct machine_tree *tree, const char *kcore, uint64_t kernel_code)
{
	machine_tree_make(tree);
	write_iomem(tree, kernel_code);
	write_kcore(tree, kcore);
}

static void read_as(const struct machine_tree *tree, enum arch_id arch, struct machine *machine)
{
	struct err err;

	check_ok(machine_read_root(machine, tree->root, arch, &err), &err);
	machine_check_round_trip(machine);
}

static void read_ok(const struct machine_tree *tree, struct machine *machine)
{
	read_as(tree, ARCH_X86_64, machine);
	if (machine->kernel_map_problem)
		fail_msg("a problem that is none: %s", machine->kernel_map_problem);
}

/* The machine is read as if the kernel map were not there, and the reason names file and finding. */
static void without(const struct machine_tree *tree, const char *name, const char *words)
{
	static const struct machine_kernel_map unknown = { .has_direct = false };
	struct machine machine;
	char path[512];

	read_as(tree, ARCH_X86_64, &machine);
	machine_tree_path(tree, name, path, sizeof(path));
	if (!machine.kernel_map_problem)
		fail_msg("no problem with %s, which says something else than \"%s\"", path, words);
	if (!strstr(machine.kernel_map_problem, words) || !strstr(machine.kernel_map_problem, path))
		fail_msg("\"%s\" does not say \"%s\" of %s", machine.kernel_map_problem, words, path);
	assert_true(machine_same_kernel_map(&machine.kernel_map, &unknown));
	assert_int_equal(machine.memory_encryption, 0);
	assert_null(machine.firmware_problem);
	assert_true(machine.ram.count > 0);
	machine_release(&machine);
}

TEST(kernel_that_was_moved)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make(&tree, "kaslr", 0x2ed000000);
	read_ok(&tree, &machine);
	assert_true(machine.kernel_map.has_direct && machine.kernel_map.has_text);
	assert_int_equal(machine.kernel_map.direct, UINT64_C(0xffff96c8c0000000));
	assert_int_equal(machine.kernel_map.text.start, UINT64_C(0xffffffff9c400000));
	assert_int_equal(machine.kernel_map.text.end, UINT64_C(0xffffffff9f000000));
	assert_int_equal(machine.kernel_map.text_physical, 0x2ed000000);
	assert_int_equal(machine.memory_encryption, 0);
	machine_release(&machine);

	write_kcore(&tree, "five-levels-encrypted");
	write_iomem(&tree, 0x4000000);
	read_ok(&tree, &machine);
	assert_int_equal(machine.kernel_map.direct, UINT64_C(0xff2d3c8c80000000));
	assert_int_equal(machine.memory_encryption, UINT64_C(1) << 51);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

/* Pages are what is mapped: the end is that of a page. */
TEST(text_ends_with_a_page)
{
	struct machine_tree tree;
	struct machine machine;
	const struct le64 size = le64_make(1);
	char path[512];

	BEGIN_TEST();
	make(&tree, "no-memory", 0x1000000);
	machine_tree_path(&tree, KCORE, path, sizeof(path));

	FILE *file = fopen(path, "r+");

	/* p_memsz of the second program header. */
	assert_non_null(file);
	assert_int_equal(fseek(file, 64 + 56 + 40, SEEK_SET), 0);
	assert_int_equal(fwrite(size.b, sizeof(size.b), 1, file), 1);
	assert_int_equal(fclose(file), 0);
	read_ok(&tree, &machine);
	assert_true(machine_same_range(machine.kernel_map.text,
				       (struct range){ UINT64_C(0xffffffff81000000), UINT64_C(0xffffffff81001000) }));
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(sources_that_disagree)
{
	struct machine_tree tree;

	BEGIN_TEST();
	make(&tree, "kaslr", 0x2ed100000);
	without(&tree, KCORE, "the kernel begins at physical address 0x2ed000000 by");
	without(&tree, IOMEM, "and at 0x2ed100000 by");

	/* With a mask of encrypted memory, which goes with the map. */
	write_kcore(&tree, "five-levels-encrypted");
	without(&tree, KCORE, "these do not describe one running kernel");
	machine_tree_remove(&tree);
}

/* The same with one digit of the vmcoreinfo changed. */
static void change_note(const struct machine_tree *tree, const char *from, const char *to)
{
	char path[512];
	char bytes[4096];

	write_kcore(tree, "kaslr");
	machine_tree_path(tree, KCORE, path, sizeof(path));

	FILE *file = fopen(path, "r");

	assert_non_null(file);

	size_t size = fread(bytes, 1, sizeof(bytes), file);
	char *at = memmem(bytes, size, from, strlen(from));

	fclose(file);
	assert_non_null(at);
	assert_int_equal(strlen(from), strlen(to));
	memcpy(at, to, strlen(to));
	machine_tree_write_bytes(tree, KCORE, bytes, size);
}

TEST(vmcoreinfo_that_disagrees)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make(&tree, "kaslr", 0x2ed000000);
	change_note(&tree, "NUMBER(phys_base)=", "number(phys_base)=");
	read_ok(&tree, &machine);
	machine_release(&machine);
	change_note(&tree, "NUMBER(phys_base)=1", "NUMBER(phys_base)=2");
	without(&tree, KCORE, "by the vmcoreinfo in");
	change_note(&tree, "KERNELOFFSET=1b", "KERNELOFFSET=1d");
	without(&tree, KCORE, "says that it was moved by 0x1d400000, which is beyond");
	change_note(&tree, "KERNELOFFSET=1b", "KERNELOFFSET=1x");
	without(&tree, KCORE, "\"KERNELOFFSET=1x400000\" found in its vmcoreinfo");
	machine_tree_remove(&tree);
}

TEST(kernels_before_vmcoreinfo_in_kcore)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make(&tree, "old", 0x2ed000000);
	machine_tree_write(&tree, KALLSYMS, "0000000000000000 A percpu\nffffffff91c00000 T _stext\n");
	read_ok(&tree, &machine);
	assert_int_equal(machine.kernel_map.direct, UINT64_C(0xffff9a1b40000000));
	assert_int_equal(machine.kernel_map.text.start, UINT64_C(0xffffffff91c00000));
	assert_int_equal(machine.kernel_map.text_physical, 0x2ed000000);
	machine_release(&machine);

	/* Hidden, and not there at all: the area where kernels lie. */
	machine_tree_write(&tree, KALLSYMS, "0000000000000000 A percpu\n0000000000000000 T _stext\n");
	read_ok(&tree, &machine);
	assert_int_equal(machine.kernel_map.text.start, UINT64_C(0xffffffff91c00000));
	machine_release(&machine);
	machine_tree_block(&tree, KALLSYMS);
	read_ok(&tree, &machine);
	assert_true(machine.kernel_map.has_text);
	machine_release(&machine);
	machine_tree_drop(&tree, KALLSYMS);
	read_ok(&tree, &machine);
	assert_true(machine.kernel_map.has_text);
	machine_release(&machine);
	machine_tree_write(&tree, KALLSYMS, "nonsense\n");
	without(&tree, KALLSYMS, ":1: \"nonsense\" found");

	/* Nobody knows where in memory. */
	machine_tree_drop(&tree, KALLSYMS);
	machine_tree_write(&tree, IOMEM, "00001000-3fffffff : System RAM\n");
	read_ok(&tree, &machine);
	assert_true(machine.kernel_map.has_direct);
	assert_false(machine.kernel_map.has_text);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

/* Where vmcoreinfo has the symbol, 10 MB of others are not read. */
TEST(symbols_are_read_where_they_are_needed)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make(&tree, "kaslr", 0x2ed000000);
	machine_tree_write(&tree, KALLSYMS, "nonsense\n");
	read_ok(&tree, &machine);
	assert_true(machine.kernel_map.has_text);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

TEST(kcore_that_cannot_be_read)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make(&tree, "kaslr", 0x2ed000000);
	machine_tree_block(&tree, KCORE);
	without(&tree, KCORE, "Is a directory");
	machine_tree_drop(&tree, KCORE);
	read_ok(&tree, &machine);
	assert_false(machine.kernel_map.has_direct || machine.kernel_map.has_text);
	machine_release(&machine);
	machine_tree_write(&tree, KCORE, "");
	without(&tree, KCORE, "the file is cut off");
	machine_tree_write(&tree, KCORE, "\177ELF");
	without(&tree, KCORE, "ends before offset 0x0 + 64");
	machine_tree_remove(&tree);
}

TEST(architectures)
{
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make(&tree, "i386", 0x1000000);
	read_as(&tree, ARCH_I386, &machine);
	assert_int_equal(machine.kernel_map.direct, 0xc0000000);
	assert_false(machine.kernel_map.has_text);
	machine_release(&machine);
	without(&tree, KCORE, "is ELF of class 1 and data 1, expected class 2 and data 1 for x86_64");

	/* Others have no use for it yet, so it is not opened. */
	machine_tree_write(&tree, KCORE, "nonsense");
	read_as(&tree, ARCH_S390X, &machine);
	assert_false(machine.kernel_map.has_direct);
	machine_release(&machine);
	machine_tree_remove(&tree);
}

static void write_initrd(const struct machine_tree *tree, uint64_t start, uint64_t size)
{
	uint8_t bytes[4096] = { 0 };

	memcpy(bytes + 0x218, le32_make((uint32_t)start).b, 4);
	memcpy(bytes + 0x21c, le32_make((uint32_t)size).b, 4);
	memcpy(bytes + 0xc0, le32_make((uint32_t)(start >> 32)).b, 4);
	memcpy(bytes + 0xc4, le32_make((uint32_t)(size >> 32)).b, 4);
	machine_tree_write_bytes(tree, BOOT_PARAMS, bytes, sizeof(bytes));
}

static void expect_initrd(const struct machine_tree *tree, bool expected)
{
	struct machine machine;

	read_ok(tree, &machine);
	assert_int_equal(machine.has_initrd, expected);
	if (!expected)
		assert_int_equal(machine.initrd.end, 0);
	machine_release(&machine);
}

TEST(initrd)
{
	static const char *const kept[] = { "retain_initrd\n", "a retain_initrd b\n", "quiet retain_initrd -- x" };
	static const char *const lost[] = { "", "quiet\n", "retain_initrd=1\n", "noretain_initrd\n", "retain_initrdx\n",
					    "quiet -- retain_initrd\n", "a=\"x retain_initrd\"\n" };
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	make(&tree, "kaslr", 0x2ed000000);
	write_initrd(&tree, 0x31c85000, 0x3ab2c41);
	expect_initrd(&tree, false);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		machine_tree_write(&tree, CMDLINE, kept[i]);
		read_ok(&tree, &machine);
		assert_true(machine.has_initrd);
		assert_true(machine_same_range(machine.initrd, (struct range){ 0x31c85000, 0x35737c41 }));
		machine_release(&machine);
	}
	for (size_t i = 0; i < sizeof(lost) / sizeof(lost[0]); i++) {
		machine_tree_write(&tree, CMDLINE, lost[i]);
		expect_initrd(&tree, false);
	}
	machine_tree_write(&tree, CMDLINE, "retain_initrd\n");
	write_initrd(&tree, UINT64_C(0x2345678000), UINT64_C(0x100));
	expect_initrd(&tree, false);
	write_initrd(&tree, UINT64_C(0x345678000), UINT64_C(0x100000001));
	read_ok(&tree, &machine);
	assert_true(machine_same_range(machine.initrd,
				       (struct range){ UINT64_C(0x345678000), UINT64_C(0x445678001) }));
	machine_release(&machine);
	write_initrd(&tree, 0, 0x1000);
	expect_initrd(&tree, false);
	write_initrd(&tree, 0x100000, 0);
	expect_initrd(&tree, false);
	write_initrd(&tree, UINT64_MAX, UINT64_MAX);
	expect_initrd(&tree, false);
	write_initrd(&tree, 0x3ffff000, 0x1001);
	expect_initrd(&tree, false);
	write_initrd(&tree, 0x3ffff000, 0x1000);
	expect_initrd(&tree, true);
	machine_tree_drop(&tree, BOOT_PARAMS);
	expect_initrd(&tree, false);
	machine_tree_remove(&tree);
}

TEST(xen)
{
	static const struct {
		const char *capabilities, *type;
		bool expected;
	} cases[] = {
		{ "control_d\n", "xen\n", true }, { "control_d\n", NULL, true },  { "", "xen\n", false },
		{ NULL, "xen\n", false },	  { "control_d\n", "kvm\n", false }, { NULL, NULL, false },
	};
	struct machine_tree tree;
	struct machine machine;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(&tree, "kaslr", 0x2ed000000);
		if (cases[i].capabilities)
			machine_tree_write(&tree, "proc/xen/capabilities", cases[i].capabilities);
		if (cases[i].type)
			machine_tree_write(&tree, "sys/hypervisor/type", cases[i].type);
		read_ok(&tree, &machine);
		assert_int_equal(machine.is_xen_dom0, cases[i].expected);
		machine_release(&machine);
		machine_tree_remove(&tree);
	}
}

/* What is no framebuffer is not present; what one says is seen in virtual machines only. */
TEST(screens_that_are_none)
{
	static const char *const paths[] = { "/dev/null", "/no/such/device", "/", "" };
	struct machine_framebuffer framebuffer;
	struct arena arena;

	BEGIN_TEST();
	arena_init(&arena);
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		memset(&framebuffer, 0xff, sizeof(framebuffer));
		framebuffer_read(&framebuffer, &arena, paths[i]);
		assert_false(framebuffer.present);
		assert_null(framebuffer.id);
	}
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(kernel_that_was_moved), cmocka_unit_test(text_ends_with_a_page),
	   cmocka_unit_test(sources_that_disagree), cmocka_unit_test(vmcoreinfo_that_disagrees),
	   cmocka_unit_test(kernels_before_vmcoreinfo_in_kcore),
	   cmocka_unit_test(symbols_are_read_where_they_are_needed), cmocka_unit_test(kcore_that_cannot_be_read),
	   cmocka_unit_test(architectures), cmocka_unit_test(initrd), cmocka_unit_test(xen),
	   cmocka_unit_test(screens_that_are_none))
