/* SPDX-License-Identifier: GPL-2.0-only */
/* The lines of a machine text that tell of firmware, screen and running kernel. */
#include <time.h>

#include "machine_support.h"

#define HEAD "machine 1\narch x86_64\npage-size 4096\n"
#define TAIL "\nend\n"

static void refuse(const char *text, size_t size, const char *words)
{
	struct machine machine;
	struct err err;

	check_fails(machine_try(&machine, text, size, &err), &err, ERR_BAD_MACHINE, words);
}

#define REFUSE_LINE(line, words) refuse(HEAD line TAIL, sizeof(HEAD line TAIL) - 1, words)

static void accept(struct machine *machine, const char *text, size_t size)
{
	struct err err;

	check_ok(machine_try(machine, text, size, &err), &err);
	machine_check_round_trip(machine);
}

#define ACCEPT_LINE(machine, line) accept(machine, HEAD line TAIL, sizeof(HEAD line TAIL) - 1)

/* Byte for byte, and in an order other than that of writing. */
TEST(form_of_what_is_written)
{
	static const char expected[] =
		"machine 1\n"
		"# Addresses are start and end; the end is one past the last byte.\n"
		"arch x86_64\n"
		"page-size 4096\n"
		"release \"\"\n"
		"cmdline \"\"\n"
		"firmware 0x0 0x9fc00 \"System RAM\"\n"
		"firmware 0xffff0000 0x100000000 \"a \\\"b\\\"\"\n"
		"firmware 0x1000 0x2000 \"Reserved\"\n"
		"boot-params 0x0 00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000\n"
		"boot-params 0x1c0 00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"01ab0000000000000000000000000000000000000000cdef\n"
		"boot-params 0x200 12000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000000\n"
		"boot-params 0xfc0 00000000000000000000000000000000000000000000000000000000000000000000000000000000"
		"000000000000000000000000000000000000000000000001\n"
		"efi\n"
		"efi-tables 0x7cb8c018 0x7d31ab98 0x7cb8b018\n"
		"efi-smbios 0x7cb88000\n"
		"efi-acpi20 0x7d5fe014\n"
		"efi-acpi 0x7d5fe000\n"
		"efi-range 11 0xe0000000 0xfffffffeee300000 65536 0x8000000000000001\n"
		"efi-range 5 0x7a9fe000 0xfffffffefe9fe000 705 0x800000000000000f\n"
		"framebuffer \"EFI VGA\" 0xc0000000 8294400 1920 1080 32 7680 8 16 8 8 8 0 1 24\n"
		"direct-map 0xffff96c8c0000000\n"
		"kernel-text 0xffffffff9c400000 0xffffffff9f000000 0x2ed000000\n"
		"initrd 0x31c85000 0x35737c40\n"
		"memory-encryption 0x8000000000000\n"
		"xen-dom0\n"
		"end\n";
	struct machine machine;
	size_t size;

	BEGIN_TEST();
	ACCEPT_LINE(&machine,
		    "xen-dom0\nmemory-encryption 0x8000000000000\ninitrd 0x31c85000 0x35737c40\n"
		    "kernel-text 0xffffffff9c400000 0xffffffff9f000000 0x2ed000000\ndirect-map 0xffff96c8c0000000\n"
		    "framebuffer \"EFI VGA\" 0xc0000000 0x7e9000 0x780 1080 32 7680 8 16 8 8 8 0 1 24\n"
		    "efi-range 0xb 0xe0000000 0xfffffffeee300000 0x10000 0x8000000000000001\n"
		    "efi-acpi 0x7d5fe000\nefi-smbios 0x7cb88000\nefi-acpi20 0x7d5fe014\n"
		    "efi-tables 0x7cb8c018 0x7d31ab98 0x7cb8b018\nefi\n"
		    "efi-range 5 0x7a9fe000 0xfffffffefe9fe000 705 0x800000000000000f\n"
		    "boot-params 0x1e8 01AB\nboot-params 0x1fe cdef12\nboot-params 0xfff 01\n"
		    "firmware 0x0 0x9fc00 \"System RAM\"\nfirmware 0xffff0000 0x100000000 \"a \\\"b\\\"\"\n"
		    "firmware 0x1000 0x2000 \"Reserved\"");
	assert_int_equal(machine.framebuffer.rest_size, 1);
	assert_int_equal(machine.framebuffer.rest_shift, 24);
	assert_int_equal(machine.framebuffer.red_shift, 16);

	char *text = machine_text(&machine, &size);

	assert_string_equal(text, expected);
	assert_int_equal(size, sizeof(expected) - 1);
	free(text);
	machine_release(&machine);
}

/* For readers of bug reports: no line end in it can make a line that is read. */
TEST(problems_are_comments)
{
	static const char *const wanted[] = {
		"\n# Firmware facts not used: \"a \\\"b\\\"\\nend\\x0d\\nxen-dom0\"\n",
		"\n# Kernel map not used: \"/x # y\\n\"\n",
	};
	struct machine machine;
	size_t size;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "efi");
	machine.firmware_problem = "a \"b\"\nend\r\nxen-dom0";
	machine.kernel_map_problem = "/x # y\n";
	machine_check_round_trip(&machine);

	char *text = machine_text(&machine, &size);

	for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++)
		if (!strstr(text, wanted[i]))
			fail_msg("no %s in %s", wanted[i], text);
	free(text);
	machine_release(&machine);
}

TEST(nothing_known)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "");
	assert_int_equal(machine.firmware_count, 0);
	assert_int_equal(machine.boot_params.size, 0);
	assert_false(machine.efi.present || machine.efi.has_systab || machine.framebuffer.present);
	assert_false(machine.kernel_map.has_direct || machine.kernel_map.has_text || machine.has_initrd);
	assert_false(machine.is_xen_dom0);
	assert_int_equal(machine.memory_encryption, 0);
	machine_release(&machine);
}

/* Zeros that are known are not the same as nothing that is known. */
TEST(zeros)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "boot-params 0x800 00\nefi\nefi-tables 0x0 0x0 0x0\nefi-smbios 0x0\nefi-range 0 0x0 0x0 0 0x0\n"
			      "direct-map 0x0\nframebuffer \"\" 0x0 0 0 0 0 0 0 0 0 0 0 0 0 0\nmemory-encryption 0x0");
	assert_int_equal(machine.boot_params.size, 4096);
	assert_true(machine.efi.has_systab);
	assert_int_equal(machine.efi.map_count, 1);
	assert_true(machine.framebuffer.present);
	assert_true(machine.kernel_map.has_direct);
	machine_release(&machine);
	ACCEPT_LINE(&machine, "efi");
	assert_true(machine.efi.present);
	assert_false(machine.efi.has_systab);
	machine_release(&machine);
}

TEST(boot_params)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "boot-params 0x0 ff\nboot-params 0x1 fe\nboot-params 0xfff fd");
	assert_int_equal(machine.boot_params.data[0], 0xff);
	assert_int_equal(machine.boot_params.data[1], 0xfe);
	assert_int_equal(machine.boot_params.data[2], 0);
	assert_int_equal(machine.boot_params.data[4095], 0xfd);
	machine_release(&machine);
	REFUSE_LINE("boot-params 0x1000 00", "t:4: boot-params: 1 bytes at 0x1000 end beyond the 4096");
	REFUSE_LINE("boot-params 0xfff 0000", "2 bytes at 0xfff end beyond");
	REFUSE_LINE("boot-params 0xffffffffffffffff 00", "end beyond");
	REFUSE_LINE("boot-params 0x1 00\nboot-params 0x1 00", "t:5: boot-params: 0x1 cannot follow bytes up to 0x2");
	REFUSE_LINE("boot-params 0x4 00\nboot-params 0x0 00", "the offsets ascend");
	REFUSE_LINE("boot-params 0x0 0000\nboot-params 0x1 00", "cannot follow");
	REFUSE_LINE("boot-params 0 00", "expected an offset: a hexadecimal number with 0x");
	REFUSE_LINE("boot-params 0x0", "the line ends where bytes is expected");
	REFUSE_LINE("boot-params 0x0 0", "\"0\" found, expected 1 to 64 bytes");
	REFUSE_LINE("boot-params 0x0 000", "expected 1 to 64 bytes");
	REFUSE_LINE("boot-params 0x0 0x", "expected 1 to 64 bytes");
	REFUSE_LINE("boot-params 0x0 0g", "expected 1 to 64 bytes");
	REFUSE_LINE("boot-params 0x0 00 00", "\"00\" found where the line should end");
	REFUSE_LINE("boot-params 0x0 "
		    "00000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
		    "00000000000000000000000000000000",
		    "expected 1 to 64 bytes");
}

TEST(efi)
{
	struct machine machine;

	BEGIN_TEST();
	REFUSE_LINE("efi-tables 0x1 0x2 0x3", "t:4: efi-tables: the line \"efi\" is missing");
	REFUSE_LINE("efi-smbios 0x1", "t:4: efi-smbios: the line \"efi\" is missing");
	REFUSE_LINE("efi-acpi20 0x1", "efi-acpi20: the line \"efi\"");
	REFUSE_LINE("efi-acpi 0x1", "efi-acpi: the line \"efi\"");
	REFUSE_LINE("efi-range 1 0x0 0x0 1 0x0", "efi-range: the line \"efi\"");
	REFUSE_LINE("efi\nefi", "t:5: \"efi\" is given a second time");
	REFUSE_LINE("efi 1", "t:4: efi: \"1\" found where the line should end");
	REFUSE_LINE("efi\nefi-tables 0x1 0x2", "the line ends where the address of the configuration tables");
	REFUSE_LINE("efi\nefi-tables 0x1 0x2 0x3\nefi-tables 0x1 0x2 0x3", "second time");
	REFUSE_LINE("efi\nefi-smbios 1", "expected an address: a hexadecimal number with 0x");
	REFUSE_LINE("efi\nefi-range 4294967296 0x0 0x0 1 0x0", "4294967296 found, expected a type of at most 4294967295");
	REFUSE_LINE("efi\nefi-range 1 0x1000 0x0 0xfffffffffffff 0x0",
		    "4503599627370495 pages of 4096 bytes at 0x1000 end beyond the 64-bit address space");
	REFUSE_LINE("efi\nefi-range 1 0x0 0x0 0xffffffffffffffff 0x0", "end beyond");
	REFUSE_LINE("efi\nefi-range 1 0x0 0x0 1", "the line ends where an attribute is expected");
	ACCEPT_LINE(&machine, "efi\nefi-range 0xffffffff 0xfff 0xffffffffffffffff 0xfffffffffffff 0xffffffffffffffff");
	assert_int_equal(machine.efi.map[0].pages, UINT64_C(0xfffffffffffff));
	machine_release(&machine);
}

TEST(screen)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "framebuffer \"x\" 0xfffffffffffffffe 1 4294967295 4294967295 4294967295 4294967295 "
			      "255 255 255 255 255 255 255 255");
	assert_int_equal(machine.framebuffer.width, UINT32_MAX);
	assert_int_equal(machine.framebuffer.rest_shift, 255);
	machine_release(&machine);
	REFUSE_LINE("framebuffer \"x\" 0xffffffffffffffff 1 0 0 0 0 0 0 0 0 0 0 0 0", "1 bytes at 0xffffffffffffffff end");
	REFUSE_LINE("framebuffer \"x\" 0x0 1 4294967296 0 0 0 0 0 0 0 0 0 0 0", "expected a width of at most 4294967295");
	REFUSE_LINE("framebuffer \"x\" 0x0 1 0 0 0 4294967296 0 0 0 0 0 0 0 0", "expected bytes of a line of at most");
	REFUSE_LINE("framebuffer \"x\" 0x0 1 0 0 0 0 256 0 0 0 0 0 0 0", "expected bits of red of at most 255");
	REFUSE_LINE("framebuffer \"x\" 0x0 1 0 0 0 0 0 0 0 0 0 0 0 256", "expected the lowest bit of the rest of at most");
	REFUSE_LINE("framebuffer \"x\" 0x0 1 0 0 0 0 0 0 0 0 0 0 0", "the line ends where the lowest bit of the rest");
	REFUSE_LINE("framebuffer x", "expected a text in double quotes");
}

TEST(kernel)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "kernel-text 0xfffffffffffffffe 0xffffffffffffffff 0xfffffffffffffffe\n"
			      "direct-map 0xffffffffffffffff\ninitrd 0x0 0x1");
	assert_int_equal(machine.kernel_map.text_physical, UINT64_MAX - 1);
	machine_release(&machine);
	REFUSE_LINE("kernel-text 0x1000 0x1000 0x0", "is not above the start");
	REFUSE_LINE("kernel-text 0xffffffffffffffff 0xffffffffffffffff 0x0",
		    "a text of 0x0 bytes at 0x0 is no range of memory");
	REFUSE_LINE("kernel-text 0x0 0x2 0xfffffffffffffffe", "a text of 0x2 bytes at 0xfffffffffffffffe");
	REFUSE_LINE("kernel-text 0x0 0x2", "the line ends where a physical address is expected");
	REFUSE_LINE("direct-map 4096", "expected a virtual address");
	REFUSE_LINE("direct-map 0x1\ndirect-map 0x1", "second time");
	REFUSE_LINE("initrd 0x2 0x1", "t:4: initrd: the end");
	REFUSE_LINE("initrd 0x1 0x2\ninitrd 0x1 0x2", "second time");
	REFUSE_LINE("memory-encryption", "the line ends where a mask is expected");
	REFUSE_LINE("xen-dom0 1", "t:4: xen-dom0: \"1\" found where the line should end");
	REFUSE_LINE("xen-dom0\nxen-dom0", "second time");
	REFUSE_LINE("xen-domu", "the keyword \"xen-domu\" is not known");
	REFUSE_LINE("firmware 0x0 0x0 \"\"", "t:4: firmware: the end");
	REFUSE_LINE("firmware 0x0 0x1", "t:4: firmware: \"\" found, expected a text in double quotes");
}

static double seconds_to_read(size_t count)
{
	struct machine machine;
	struct timespec from, to;
	struct err err;
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	fputs(HEAD "efi\n", out);
	for (size_t i = 0; i < count; i++) {
		size_t at = (i * 7919) % count * 0x2000; /* in no order */

		fprintf(out, "firmware 0x%zx 0x%zx \"System RAM\"\n", at, at + 0x1000);
		fprintf(out, "resource 0 0x%zx 0x%zx \"System RAM\"\n", at, at + 0x1000);
		fprintf(out, "efi-range 7 0x%zx 0x%zx 1 0xf\n", at, at);
	}
	fputs("end\n", out);
	assert_int_equal(fclose(out), 0);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &from);
	check_ok(machine_read_text(&machine, "t", (struct blob){ (const uint8_t *)text, size }, &err), &err);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &to);
	assert_int_equal(machine.firmware_count, count);
	assert_int_equal(machine.efi.map_count, count);
	assert_int_equal(machine.ram.count, count);
	machine_release(&machine);
	free(text);
	return (double)(to.tv_sec - from.tv_sec) + (double)(to.tv_nsec - from.tv_nsec) / 1e9;
}

/* 100,000 of each cost about ten times as much as 10,000; by the square it would be a hundred times. */
TEST(many_entries)
{
	BEGIN_TEST();

	double few = seconds_to_read(10000), many = seconds_to_read(100000);

	print_message("10,000 entries: %.3f s, 100,000: %.3f s\n", few, many);
	assert_true(many < 40 * few + 0.05);
}

CHECK_MAIN(cmocka_unit_test(form_of_what_is_written), cmocka_unit_test(problems_are_comments),
	   cmocka_unit_test(nothing_known), cmocka_unit_test(zeros),
	   cmocka_unit_test(boot_params), cmocka_unit_test(efi), cmocka_unit_test(screen), cmocka_unit_test(kernel),
	   cmocka_unit_test(many_entries))
