/* SPDX-License-Identifier: GPL-2.0-only */
#include "machine_support.h"

/* Lines around the one of interest, so that it is line 4. */
#define HEAD "machine 1\narch s390x\npage-size 4096\n"
#define TAIL "\nend\n"

static void refuse(const char *text, size_t size, const char *words)
{
	struct machine machine;
	struct err err;

	check_fails(machine_try(&machine, text, size, &err), &err, ERR_BAD_MACHINE, words);
}

#define REFUSE(text, words) refuse(text, sizeof(text) - 1, words)
#define REFUSE_LINE(line, words) REFUSE(HEAD line TAIL, words)

static void accept(struct machine *machine, const char *text, size_t size)
{
	struct err err;

	check_ok(machine_try(machine, text, size, &err), &err);
	machine_check_round_trip(machine);
}

#define ACCEPT(machine, text) accept(machine, text, sizeof(text) - 1)
#define ACCEPT_LINE(machine, line) ACCEPT(machine, HEAD line TAIL)

/* Sums of what firmware and running kernel said, as the other program makes them. */
struct sums {
	uint64_t firmware, types, boot_params, ranges, screen;
};

static struct sums sum_up(const struct machine *machine)
{
	const struct machine_framebuffer *f = &machine->framebuffer;
	struct sums sums = { .firmware = 0 };

	for (size_t i = 0; i < machine->firmware_count; i++) {
		sums.firmware += range_size(machine->firmware[i].range);
		sums.types += strlen(machine->firmware[i].type);
	}
	for (size_t i = 0; i < machine->boot_params.size; i++)
		sums.boot_params += (i + 1) * machine->boot_params.data[i];
	for (size_t i = 0; i < machine->efi.map_count; i++) {
		const struct machine_efi_range *range = &machine->efi.map[i];

		sums.ranges += range->type + range->physical + range->mapped + range->pages + range->attribute;
	}
	sums.screen = f->base + f->size + f->width + f->height + f->depth + f->pitch + f->red_size + f->red_shift +
		      f->green_size + f->green_shift + f->blue_size + f->blue_shift + f->rest_size + f->rest_shift;
	return sums;
}

/* Whether the line tells one of these values, which then must be right. */
static bool compare_platform(const struct machine *machine, const char *line)
{
	const struct machine_efi *efi = &machine->efi;
	const struct machine_kernel_map *map = &machine->kernel_map;
	const struct sums sums = sum_up(machine);
	const struct {
		const char *word;
		uint64_t value;
	} values[] = {
		{ "direct-map", map->direct },
		{ "kernel-text", map->text.start + 2 * map->text.end + 3 * map->text_physical },
		{ "initrd", machine->initrd.start + 2 * machine->initrd.end },
		{ "efi-tables", efi->fw_vendor + 2 * efi->runtime + 3 * efi->config_table },
		{ "efi-smbios", efi->smbios },
		{ "efi-acpi20", efi->acpi20 },
		{ "efi-acpi", efi->acpi },
		{ "memory-encryption", machine->memory_encryption },
	};
	uint64_t a, b;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		size_t length = strlen(values[i].word);

		if (strncmp(line, values[i].word, length) != 0 || line[length] != ' ')
			continue;
		assert_int_equal(sscanf(line + length, " 0x%" SCNx64, &a), 1);
		assert_int_equal(a, values[i].value);
		return true;
	}
	if (sscanf(line, "firmware %" SCNu64 " 0x%" SCNx64, &a, &b) == 2) {
		assert_int_equal(machine->firmware_count, a);
		assert_int_equal(sums.firmware, b);
	} else if (sscanf(line, "firmware-types %" SCNu64, &a) == 1) {
		assert_int_equal(sums.types, a);
	} else if (sscanf(line, "boot-params %" SCNu64, &a) == 1) {
		assert_int_equal(sums.boot_params, a);
		assert_int_equal(machine->boot_params.size, a ? 4096 : 0);
	} else if (sscanf(line, "efi-ranges %" SCNu64 " 0x%" SCNx64, &a, &b) == 2) {
		assert_int_equal(efi->map_count, a);
		assert_int_equal(sums.ranges, b);
	} else if (sscanf(line, "screen %" SCNu64, &a) == 1) {
		assert_int_equal(sums.screen, a);
	} else if (strncmp(line, "present ", 8) == 0) {
		assert_int_equal(efi->present, line[8] == '1');
		assert_int_equal(machine->framebuffer.present, line[9] == '1');
		assert_int_equal(machine->is_xen_dom0, line[10] == '1');
		assert_int_equal(machine->has_initrd, line[11] == '1');
	} else {
		return false;
	}
	return true;
}

/* What another program understood of the same text. */
static void compare_with_expected(const struct machine *machine, const char *expected)
{
	size_t ram = 0, crash = 0;
	uint64_t notes = 0, a, b;
	char line[100];

	for (size_t i = 0; i < machine->cpu_count; i++)
		notes += machine->cpus[i].notes;

	for (const char *at = expected; *at; at = strchr(at, '\n') + 1) {
		/* sscanf() measures all that follows first: let that be one line. */
		snprintf(line, sizeof(line), "%.*s", (int)strcspn(at, "\n"), at);
		if (sscanf(line, "ram 0x%" SCNx64 " 0x%" SCNx64, &a, &b) == 2) {
			assert_true(ram < machine->ram.count);
			assert_true(machine_same_range(machine->ram.v[ram++], (struct range){ a, b }));
		} else if (sscanf(line, "crash 0x%" SCNx64 " 0x%" SCNx64, &a, &b) == 2) {
			assert_true(crash < machine->crash.count);
			assert_true(machine_same_range(machine->crash.v[crash++], (struct range){ a, b }));
		} else if (sscanf(line, "resources %" SCNu64, &a) == 1) {
			assert_int_equal(machine->resource_count, a);
		} else if (sscanf(line, "cpus %" SCNu64, &a) == 1) {
			assert_int_equal(machine->cpu_count, a);
		} else if (sscanf(line, "notes 0x%" SCNx64, &a) == 1) {
			assert_int_equal(notes, a);
		} else if (sscanf(line, "ram-total 0x%" SCNx64, &a) == 1) {
			assert_int_equal(ranges_total(&machine->ram), a);
		} else if (!compare_platform(machine, line)) {
			fail_msg("unknown expectation: %s", line);
		}
	}
	assert_int_equal(ram, machine->ram.count);
	assert_int_equal(crash, machine->crash.count);
}

TEST(fixtures)
{
	BEGIN_TEST();
	for (size_t i = 0; i < MACHINE_FIXTURES; i++) {
		struct arena arena;
		struct machine machine;

		arena_init(&arena);

		struct blob text = machine_fixture(&arena, machine_fixtures[i], "txt");
		struct blob expected = machine_fixture(&arena, machine_fixtures[i], "expect");

		accept(&machine, (const char *)text.data, text.size);
		compare_with_expected(&machine,
				      arena_strndup(&arena, (const char *)expected.data, expected.size));
		machine_release(&machine);
		arena_release(&arena);
	}
}

TEST(qemu_guest_in_full)
{
	struct arena arena;
	struct machine machine;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(machine_read_text(&machine, "s390x-qemu.txt", machine_fixture(&arena, "s390x-qemu", "txt"),
				   &err),
		 &err);
	assert_string_equal(machine.origin, "s390x-qemu.txt");
	assert_int_equal(machine.arch, ARCH_S390X);
	assert_int_equal(machine.page_size, 4096);
	assert_string_equal(machine.release, "6.12.117");
	assert_string_equal(machine.cmdline, "root=/dev/ram0 console=ttysclp0 crashkernel=256M");
	assert_int_equal(machine.resource_count, 6);
	assert_string_equal(machine.resources[1].name, "Kernel code");
	assert_int_equal(machine.resources[1].depth, 1);
	assert_int_equal(machine.crash.count, 1);
	assert_int_equal(machine.crash.v[0].start, 0x2f600000);
	assert_int_equal(machine.crash.v[0].end, 0x3f600000);
	assert_int_equal(machine.ram.count, 2);
	assert_int_equal(machine.cpu_count, 2);
	assert_int_equal(machine.cpus[1].id, 1);
	assert_int_equal(machine.cpus[1].notes, 0x1fb4c00);
	assert_int_equal(machine.cpus[1].notes_size, 368);
	assert_true(machine.has_vmcoreinfo);
	assert_int_equal(range_size(machine.vmcoreinfo), 0x1024);
	assert_false(machine.has_elfcorehdr_size);
	machine_release(&machine);
	arena_release(&arena);
}

/* Captured with root's rights from a guest of OVMF with a framebuffer, and KASLR at five levels of page tables. */
TEST(uefi_guest_in_full)
{
	struct arena arena;
	struct machine machine;
	struct err err;

	BEGIN_TEST();
	arena_init(&arena);
	check_ok(machine_read_text(&machine, "u", machine_fixture(&arena, "x86_64-qemu-uefi", "txt"), &err), &err);
	assert_int_equal(machine.arch, ARCH_X86_64);
	assert_int_equal(machine.cpu_count, 4);
	assert_int_equal(machine.crash.count, 1);
	assert_int_equal(range_size(machine.crash.v[0]), 256 << 20);
	assert_int_equal(machine.elfcorehdr_size, 917616);
	assert_int_equal(machine.boot_params.size, 4096);
	/* The EFI stub makes boot parameters of its own, without the mark of the header. */
	assert_int_equal(machine.boot_params.data[0x1e8], machine.firmware_count);
	assert_memory_equal(machine.boot_params.data + 0x1c0, "EL64", 4);
	assert_true(machine.efi.present && machine.efi.has_systab);
	assert_int_equal(machine.efi.acpi20, 0x7fb7e014);
	assert_int_equal(machine.efi.map_count, 6);
	assert_true(machine.framebuffer.present);
	assert_string_equal(machine.framebuffer.id, "EFI VGA");
	assert_int_equal(machine.framebuffer.pitch, 5120);
	assert_int_equal(machine.kernel_map.direct, UINT64_C(0xff13060180000000));
	assert_int_equal(machine.kernel_map.text_physical, 0x113a00000);
	assert_true(machine.has_initrd);
	assert_true(ranges_contain(&machine.ram, machine.initrd));
	machine_release(&machine);
	arena_release(&arena);
}

TEST(least_text)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT(&machine, "machine 1\narch x86_64\npage-size 4096\nend");
	assert_int_equal(machine.arch, ARCH_X86_64);
	assert_string_equal(machine.release, "");
	assert_string_equal(machine.cmdline, "");
	assert_int_equal(machine.ram.count, 0);
	assert_int_equal(machine.crash.count, 0);
	assert_false(machine.has_vmcoreinfo);
	machine_release(&machine);
}

TEST(blanks_comments_and_line_ends)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT(&machine,
	       "machine 1\r\n\r\n  # \xff comment\r\n\tarch\t s390x  # trailing\r\npage-size 0x1000\r\n"
	       "  release \"6.12 # no comment\"   \r\nend # of it\r\n\r\n# behind\r\n");
	assert_string_equal(machine.release, "6.12 # no comment");
	machine_release(&machine);
}

TEST(crash_reservations_of_every_shape)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "resource 0 0x0 0x40000000 \"System RAM\"\n"
			      "resource 1 0x1000000 0x2000000 \"Crash kernel\"\n"
			      "resource 2 0x1800000 0x1900000 \"Crash kernel\"\n"
			      "resource 1 0x8000000 0x9000000 \"Crash kernel\"\n"
			      "resource 0 0x50000000 0x60000000 \"Crash kernel\"\n"
			      "resource 0 0x60000000 0x70000000 \"Crash kernel \"\n"
			      "resource 0 0x70000000 0x80000000 \"System RAM (virtio_mem)\"\n"
			      "resource 1 0x70000000 0x71000000 \"System RAM\"");
	assert_int_equal(machine.crash.count, 3);
	assert_int_equal(machine.crash.v[0].end, 0x2000000);
	assert_int_equal(machine.crash.v[1].start, 0x8000000);
	assert_int_equal(machine.crash.v[2].start, 0x50000000);
	assert_int_equal(machine.ram.count, 2);
	assert_int_equal(ranges_total(&machine.ram), 0x41000000);
	/* What a driver manages is no place for a kernel, and is part of a dump. */
	assert_int_equal(ranges_total(&machine.dumped), 0x50000000);
	machine_release(&machine);
}

TEST(offline_memory_is_no_ram)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "resource 0 0x0 0x40000000 \"System RAM\"\n"
			      "offline 0x30000000 0x38000000\n"
			      "offline 0x10000000 0x18000000\noffline 0x18000000 0x20000000");
	assert_int_equal(machine.offline.count, 2);
	assert_int_equal(machine.ram.count, 3);
	assert_int_equal(machine.ram.v[0].end, 0x10000000);
	assert_int_equal(machine.ram.v[1].start, 0x20000000);
	assert_int_equal(machine.ram.v[1].end, 0x30000000);
	assert_int_equal(machine.ram.v[2].start, 0x38000000);
	assert_int_equal(ranges_total(&machine.dumped), ranges_total(&machine.ram));
	machine_release(&machine);
}

TEST(order_and_presence)
{
	BEGIN_TEST();
	REFUSE("", "t is empty");
	REFUSE("\n", "t:1: \"\" found, expected the first line");
	REFUSE("machine", "t:1:");
	REFUSE("machine 2\n", "t:1: \"machine 2\" found");
	REFUSE("machine 1 \n", "t:1:");
	REFUSE("# machine 1\nmachine 1\n", "t:1:");
	REFUSE("\xef\xbb\xbfmachine 1\n", "t:1: \"\\xef\\xbb\\xbfmachine 1\"");
	REFUSE("machine 1\nend\n", "\"arch ...\" is missing");
	REFUSE("machine 1\narch s390x\nend\n", "\"page-size ...\" is missing");
	REFUSE(HEAD, "t:3: the line \"end\" is missing");
	REFUSE(HEAD "en", "t:4: the keyword \"en\" is not known");
	REFUSE_LINE("end", "t:5: \"end\" found behind \"end\" in line 4");
	REFUSE_LINE("arch s390x", "t:4: \"arch\" is given a second time, first in line 2");
	REFUSE_LINE("release \"a\"\nrelease \"a\"",
		    "t:5: \"release\" is given a second time, first in line 4");
	REFUSE_LINE("cmdline \"a\"\ncmdline \"a\"", "second time");
	REFUSE_LINE("vmcoreinfo 0x0 0x1\nvmcoreinfo 0x0 0x1", "second time");
	REFUSE_LINE("elfcorehdr-size 1\nelfcorehdr-size 1", "second time");
	REFUSE_LINE("machine 1", "t:4: the keyword \"machine\" is not known");
	REFUSE_LINE("Resource 0 0x0 0x1 \"\"", "t:4: the keyword \"Resource\" is not known");
	REFUSE_LINE("ramdisk", "t:4: the keyword \"ramdisk\" is not known");
	REFUSE_LINE("offline 0x0 0x1 0x2", "t:4: offline: \"0x2\" found where the line should end");
	REFUSE_LINE("end 1", "t:4: end: \"1\" found where the line should end");
	REFUSE_LINE("offline 0x0", "t:4: offline: the line ends where an end is expected");
	REFUSE_LINE("offline", "t:4: offline: the line ends where a start is expected");
	REFUSE_LINE("elfcorehdr-size", "t:4: elfcorehdr-size: the line ends where a size is expected");
	REFUSE_LINE("resource", "t:4: resource: the line ends where a level is expected");
	REFUSE_LINE("resource x 0x0 0x1 \"\"", "t:4: resource: \"x\" found, expected a level");
	REFUSE_LINE("cpu", "t:4: cpu: the line ends where a CPU number is expected");
	REFUSE_LINE("cpu 0 0x1", "t:4: cpu: the line ends where the size of its notes is expected");
	REFUSE("machine 1\narch\n", "t:2: arch: the line ends where an architecture is expected");
	REFUSE("machine 1\npage-size x\n", "t:2: page-size: \"x\" found, expected a page size");
	REFUSE_LINE("release", "t:4: release: \"\" found, expected a text in double quotes");
	REFUSE_LINE("resource 0 0x0 0x1", "t:4: resource: \"\" found, expected a text in double quotes");
	REFUSE_LINE("offline 0x0 0x1\0", "t:4: a NUL byte");
	REFUSE_LINE("# \0", "t:4: a NUL byte");
}

TEST(levels)
{
	struct machine machine;

	BEGIN_TEST();
	REFUSE_LINE("resource 1 0x0 0x1 \"\"", "t:4: resource: level 1 found, but at most 0");
	REFUSE_LINE("resource 0 0x0 0x1 \"\"\nresource 2 0x0 0x1 \"\"",
		    "t:5: resource: level 2 found, but at most 1");
	REFUSE_LINE("resource 0xffffffffffffffff 0x0 0x1 \"\"", "level 18446744073709551615");
	ACCEPT_LINE(&machine, "resource 0 0x0 0x1 \"\"\nresource 1 0x0 0x1 \"\"\nresource 2 0x0 0x1 \"\"\n"
			      "resource 0 0x1 0x2 \"\"");
	machine_release(&machine);
}

TEST(numbers)
{
	static const char *const bad[] = {
		"-1",	"+1",	   "-0x1", "0x-1", "0x",       "x1",
		"0X1",	"0x1g",	   "1.0",  "1e3",  "0x1,",     "0x10000000000000000",
		"0x 1", "\"0x1\"", "ffff", "10",   "010",      "1k",
		"0x1k", "",	   "''",   "0x+1", "\xd9\xa1",
	};
	static const char *const bad_decimal[] = {
		"-1",
		"+1",
		"1.0",
		"010",
		"00",
		"1k",
		"1_0",
		"18446744073709551616",
		"99999999999999999999999",
		"0x",
		"ff",
		"0b1",
		"0o7",
		"1e3",
	};
	struct machine machine;
	struct err err;
	char text[256];

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), HEAD "offline 0x0 %s" TAIL, bad[i]);
		check_fails(machine_try(&machine, text, strlen(text), &err), &err, ERR_BAD_MACHINE,
			    "t:4: offline: ");
		snprintf(text, sizeof(text), HEAD "cpu 0 %s 1" TAIL, bad[i]);
		check_fails(machine_try(&machine, text, strlen(text), &err), &err, ERR_BAD_MACHINE,
			    "t:4: cpu: ");
	}
	for (size_t i = 0; i < sizeof(bad_decimal) / sizeof(bad_decimal[0]); i++) {
		snprintf(text, sizeof(text), HEAD "elfcorehdr-size %s" TAIL, bad_decimal[i]);
		check_fails(machine_try(&machine, text, strlen(text), &err), &err, ERR_BAD_MACHINE,
			    "t:4: elfcorehdr-size: ");
	}
	ACCEPT_LINE(&machine, "elfcorehdr-size 18446744073709551615");
	assert_int_equal(machine.elfcorehdr_size, UINT64_MAX);
	machine_release(&machine);
	ACCEPT_LINE(&machine, "elfcorehdr-size 0xFFFFffffFFFFffff\ncpu 4294967295 0x0000000000000000001 0xf");
	assert_int_equal(machine.elfcorehdr_size, UINT64_MAX);
	assert_int_equal(machine.cpus[0].id, UINT32_MAX);
	assert_int_equal(machine.cpus[0].notes, 1);
	assert_int_equal(machine.cpus[0].notes_size, 15);
	machine_release(&machine);
}

TEST(ranges_at_the_limits)
{
	struct machine machine;

	BEGIN_TEST();
	REFUSE_LINE("offline 0x1000 0x1000", "t:4: offline: the end 0x1000 is not above the start 0x1000");
	REFUSE_LINE("offline 0x1000 0x0", "is not above");
	REFUSE_LINE("offline 0xffffffffffffffff 0x0", "is not above");
	REFUSE_LINE("vmcoreinfo 0x2 0x1", "t:4: vmcoreinfo: the end");
	REFUSE_LINE("resource 0 0x2 0x1 \"\"", "t:4: resource: the end");
	REFUSE_LINE("cpu 0 0x1000 0", "t:4: cpu: 0x1000 with a size of 0 bytes is no range of memory");
	REFUSE_LINE("cpu 0 0xffffffffffffffff 1", "is no range of memory");
	REFUSE_LINE("cpu 0 0x1 0xffffffffffffffff", "is no range of memory");
	REFUSE_LINE("cpu 4294967296 0x0 1", "t:4: cpu: 4294967296 found, expected a CPU number");
	REFUSE_LINE("cpu 1 0x0 1\ncpu 1 0x0 1", "t:5: cpu: CPU 1 cannot follow CPU 1");
	REFUSE_LINE("cpu 2 0x0 1\ncpu 1 0x0 1", "t:5: cpu: CPU 1 cannot follow CPU 2");
	ACCEPT_LINE(&machine, "resource 0 0x0 0xffffffffffffffff \"System RAM\"\n"
			      "resource 1 0xffffffffffffffff 0xffffffffffffffff \"last byte\"\n"
			      "offline 0x0 0x1\noffline 0xfffffffffffffffe 0xffffffffffffffff\n"
			      "cpu 0 0xfffffffffffffffe 1\nvmcoreinfo 0x0 0xffffffffffffffff");
	assert_int_equal(machine.ram.count, 1);
	assert_int_equal(machine.ram.v[0].start, 1);
	assert_int_equal(machine.ram.v[0].end, UINT64_MAX - 1);
	machine_release(&machine);
}

TEST(architecture_and_pages)
{
	struct machine machine;

	BEGIN_TEST();
	REFUSE("machine 1\narch vax\npage-size 512\nend\n", "t:2: arch: \"vax\" is no architecture");
	REFUSE("machine 1\narch none\npage-size 4096\nend\n", "t:2: arch: \"none\"");
	REFUSE("machine 1\narch arm64\npage-size 0\nend\n", "t:3: page-size: 0 found");
	REFUSE("machine 1\narch arm64\npage-size 4095\nend\n", "t:3: page-size: 4095 found");
	REFUSE("machine 1\narch arm64\npage-size 2048\nend\n", "t:3: page-size: 2048 found");
	REFUSE("machine 1\narch arm64\npage-size 2097152\nend\n", "t:3: page-size: 2097152 found");
	REFUSE("machine 1\npage-size 65536\narch s390x\nend\n",
	       "t:2: page-size: 65536 found, but pages of s390x have 4096 bytes");
	ACCEPT(&machine, "machine 1\narch aarch64\npage-size 65536\nend\n");
	assert_int_equal(machine.arch, ARCH_ARM64);
	assert_int_equal(machine.page_size, 65536);
	machine_release(&machine);
	ACCEPT(&machine, "machine 1\narch ppc64\npage-size 1048576\nend\n");
	machine_release(&machine);
}

TEST(page_sizes_that_kernels_can_have)
{
	static const struct {
		const char *arch;
		bool only_4096;
	} kernels[] = {
		{ "s390x", true },    { "x86_64", true }, { "i386", true },    { "ppc64", false },
		{ "ppc64le", false }, { "arm64", false }, { "riscv64", true }, { "loongarch64", false },
	};
	struct machine machine;
	struct err err;
	char text[100];

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(kernels) / sizeof(kernels[0]); i++) {
		snprintf(text, sizeof(text), "machine 1\narch %s\npage-size 16384\nend\n", kernels[i].arch);
		assert_int_equal(machine_try(&machine, text, strlen(text), &err), !kernels[i].only_4096);
		machine_release(&machine);
		snprintf(text, sizeof(text), "machine 1\narch %s\npage-size 4096\nend\n", kernels[i].arch);
		check_ok(machine_try(&machine, text, strlen(text), &err), &err);
		machine_release(&machine);
	}
}

/* Byte for byte, for people compare these texts and attach them to reports. */
TEST(form_of_what_is_written)
{
	static const char expected[] = "machine 1\n"
				       "# Addresses are start and end; the end is one past the last byte.\n"
				       "arch s390x\n"
				       "page-size 4096\n"
				       "release \"6.12\"\n"
				       "cmdline \"a b\\\\ \\\"c\\\" ~\\n\\t\\x1f\\x7f\\xff\"\n"
				       "resource 0 0x0 0x40000000 \"System RAM\"\n"
				       "resource 1 0x1000 0x2000 \"Kernel code\"\n"
				       "offline 0x8000000 0x18000000\n"
				       "cpu 0 0x1fa2c00 368\n"
				       "cpu 5 0x1fb4c00 368\n"
				       "vmcoreinfo 0x13ad000 0x13ae024\n"
				       "elfcorehdr-size 4096\n"
				       "end\n";
	struct machine machine;
	size_t size;

	BEGIN_TEST();
	ACCEPT(&machine,
	       "machine 1\nelfcorehdr-size 0x1000\nvmcoreinfo 0x13ad000 0x13ae024\ncpu 0 0x1fa2c00 0x170\n"
	       "cpu 5 0x1fb4c00 368\ncmdline \"a b\\\\ \\\"c\\\" ~\\x0a\\x09\\x1f\\x7f\\xFF\"\n"
	       "offline 0x10000000 0x18000000\noffline 0x8000000 0x10000000\n"
	       "resource 0 0x0 0x40000000 \"System RAM\"\nrelease \"6.12\"\n"
	       "resource 1 0x1000 0x2000 \"Kernel code\"\narch s390\npage-size 0x1000\nend");

	char *text = machine_text(&machine, &size);

	assert_string_equal(text, expected);
	assert_int_equal(size, sizeof(expected) - 1);
	free(text);
	machine_release(&machine);
}

TEST(strings)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "cmdline \"a\\\\b \\\"q\\\" \\n\\t\\x01\\x7f\\xFF \xc3\xa4#\"");
	assert_string_equal(machine.cmdline, "a\\b \"q\" \n\t\x01\x7f\xff \xc3\xa4#");
	machine_release(&machine);
	REFUSE_LINE("cmdline a", "t:4: cmdline: \"a\" found, expected a text in double quotes");
	REFUSE_LINE("cmdline \"a", "t:4: cmdline: the text \"a has no closing quote");
	REFUSE_LINE("cmdline \"a\\\"", "no closing quote");
	REFUSE_LINE("cmdline \"a\\", "no closing quote");
	REFUSE_LINE("cmdline \"", "no closing quote");
	REFUSE_LINE("cmdline \"\\x00\"", "is no escape");
	REFUSE_LINE("cmdline \"\\x0\"", "is no escape");
	REFUSE_LINE("cmdline \"\\x\"", "is no escape");
	REFUSE_LINE("cmdline \"\\xg0\"", "\"\\xg0\" is no escape");
	REFUSE_LINE("cmdline \"\\r\"", "\"\\r\" is no escape");
	REFUSE_LINE("cmdline \"\\ \"", "is no escape");
	REFUSE_LINE("cmdline \"\t\"", "the byte 0x09 in a text must be written as \\x09");
	REFUSE_LINE("cmdline \"\x7f\"", "the byte 0x7f");
	REFUSE_LINE("cmdline \"a\"b", "\"b\" found behind a closing quote");
	REFUSE_LINE("cmdline \"a\"\"b\"", "behind a closing quote");
	REFUSE_LINE("cmdline \"a\"#", "behind a closing quote");
	REFUSE_LINE("cmdline \"a\" b", "where the line should end");
}

TEST(line_of_any_length)
{
	enum { LENGTH = 1000000 };
	struct machine machine;
	struct err err;
	char *text = malloc(LENGTH + 100);

	BEGIN_TEST();

	size_t used = (size_t)sprintf(text, HEAD "cmdline \"");

	memset(text + used, 'c', LENGTH);
	used += LENGTH;
	used += (size_t)sprintf(text + used, "\"" TAIL);
	accept(&machine, text, used);
	assert_int_equal(strlen(machine.cmdline), LENGTH);
	machine_release(&machine);
	check_fails(machine_try(&machine, text, used - 10, &err), &err, ERR_BAD_MACHINE, "ccc...");
	assert_true(strlen(err.text) < 400);
	free(text);
}

TEST(full_disk)
{
	struct machine machine;
	struct err err;
	FILE *out = fopen("/dev/full", "w");

	BEGIN_TEST();
	if (!out) {
		print_message("SKIP: this system has no /dev/full\n");
		skip();
	}
	ACCEPT_LINE(&machine, "");
	check_fails(machine_write_text(&machine, out, &err), &err, ERR_SYSTEM,
		    "cannot write the machine text");
	assert_true(err.errnum != 0);
	fclose(out);
	machine_release(&machine);
}

#ifdef HAVE_LIBFDT

#define ROOT "dt-node 0 \"/\"\n"

TEST(device_tree_lines)
{
	/* Texts, bytes and both; a property without data; lines that go on; other lines between them. */
	static const char text[] = HEAD ROOT "dt-property \"model\" \"a \\\"b\\\"\" # a comment\n"
				   "dt-property \"mixed\" \"text\" 0102 \"\" 03 04050607\n"
				   "dt-property \"empty\"\n"
				   "dt-property \"long\" 00112233\n"
				   "cmdline \"quiet\"\n"
				   "dt-more 44 55667788\n"
				   "dt-more\n"
				   "dt-more \"end\"\n"
				   "dt-node 1 \"a@0\"\n"
				   "dt-node 2 \"b\"\n"
				   "dt-node 1 \"c\"\n"
				   "dt-property \"d\" ff\n"
				   "dump-pending" TAIL;
	struct machine machine;
	size_t size;

	BEGIN_TEST();
	ACCEPT(&machine, text);
	assert_true(machine.dump_pending);

	char *written = machine_text(&machine, &size);

	assert_non_null(strstr(written, "dt-node 0 \"/\"\n"
					"dt-property \"model\" \"a \\\"b\\\"\"\n"
					"dt-property \"mixed\" 74657874 00010200 03040506 07\n"
					"dt-property \"empty\"\n"
					"dt-property \"long\" 00112233 44556677 88656e64 00\n"
					"dt-node 1 \"a@0\"\n"
					"dt-node 2 \"b\"\n"
					"dt-node 1 \"c\"\n"
					"dt-property \"d\" ff\n"
					"dump-pending\n"
					"end\n"));
	free(written);
	machine_release(&machine);
}

TEST(device_tree_of_one_node)
{
	struct machine machine;

	BEGIN_TEST();
	ACCEPT_LINE(&machine, "dt-node 0 \"/\"");
	assert_true(machine.devicetree.size > 0);
	assert_false(machine.dump_pending);
	machine_release(&machine);
}

TEST(bad_device_tree_lines)
{
	BEGIN_TEST();
	REFUSE_LINE("dt-node", "t:4: dt-node: ");
	REFUSE_LINE("dt-node 0", "t:4: dt-node: ");
	REFUSE_LINE("dt-node 0 \"\"", "t:4: dt-node: \"\" found, expected \"/\" at level 0");
	REFUSE_LINE("dt-node 0 \"/a\"", "expected \"/\" at level 0");
	REFUSE_LINE("dt-node 1 \"a\"", "level 1 found, but at most 0 can follow");
	REFUSE_LINE(ROOT ROOT, "t:5: dt-node: a second root");
	REFUSE_LINE(ROOT "dt-node 2 \"a\"", "t:5: dt-node: level 2 found, but at most 1 can follow");
	REFUSE_LINE(ROOT "dt-node 1 \"a\"\ndt-node 1 \"b\"\ndt-node 3 \"c\"", "level 3 found, but at most 2");
	REFUSE_LINE(ROOT "dt-node 1 \"\"", "expected a name of 1 to 255 bytes");
	REFUSE_LINE(ROOT "dt-node 1 \"a/b\"", "without a slash");
	REFUSE_LINE(ROOT "dt-node 1 \"a\" b", "t:5: dt-node: ");
	REFUSE_LINE(ROOT "dt-node 18446744073709551616 \"a\"", "t:5: dt-node: ");
	REFUSE_LINE("dt-property \"a\"", "t:4: dt-property: a property without a node");
	REFUSE_LINE(ROOT "dt-property", "t:5: dt-property: ");
	REFUSE_LINE(ROOT "dt-property \"\"", "expected a name of 1 to 255 bytes");
	REFUSE_LINE(ROOT "dt-property \"a/b\" 00", "without a slash");
	REFUSE_LINE(ROOT "dt-property \"a\" 0", "\"0\" found, expected bytes of two hexadecimal digits");
	REFUSE_LINE(ROOT "dt-property \"a\" 012", "expected bytes of two");
	REFUSE_LINE(ROOT "dt-property \"a\" 0x00", "expected bytes of two");
	REFUSE_LINE(ROOT "dt-property \"a\" \"b", "no closing quote");
	REFUSE_LINE("dt-more 00", "t:4: dt-more: there is no property to go on with");
	REFUSE_LINE(ROOT "dt-more 00", "t:5: dt-more: there is no property to go on with");
	REFUSE_LINE(ROOT "dt-property \"a\" 00\ndt-node 1 \"b\"\ndt-more 00", "t:7: dt-more: ");
	REFUSE_LINE("dump-pending 1", "t:4: dump-pending: ");
	REFUSE_LINE("dump-pending\ndump-pending", "given a second time");
}

/* Depth, names and sizes have limits, in lines whose numbers are told. */
TEST(device_tree_limits)
{
	struct arena arena;
	struct machine machine;
	struct err err;
	const char *deep = HEAD ROOT;
	char name[257];

	BEGIN_TEST();
	arena_init(&arena);
	for (int i = 1; i < 64; i++)
		deep = arena_printf(&arena, "%sdt-node %d \"n\"\n", deep, i);

	const char *text = arena_printf(&arena, "%send\n", deep);

	accept(&machine, text, strlen(text));
	machine_release(&machine);
	text = arena_printf(&arena, "%sdt-node 64 \"n\"\nend\n", deep);
	refuse(text, strlen(text), "t:68: dt-node: the device tree has more than 64 levels");

	memset(name, 'n', 256);
	name[256] = 0;
	text = arena_printf(&arena, HEAD ROOT "dt-node 1 \"%s\"\nend\n", name);
	refuse(text, strlen(text), "t:5: dt-node: ");
	text = arena_printf(&arena, HEAD ROOT "dt-property \"%s\" 00\nend\n", name + 1);
	accept(&machine, text, strlen(text));
	machine_release(&machine);

	/* One line of 16 MiB and a byte. */
	size_t head = strlen(HEAD ROOT "dt-property \"a\" "), digits = 2 * ((16 << 20) + 1);
	char *large = arena_alloc(&arena, head + digits + 6);

	memcpy(large, HEAD ROOT "dt-property \"a\" ", head);
	memset(large + head, '0', digits);
	memcpy(large + head + digits, "\nend\n", 6);
	check_fails(machine_try(&machine, large, head + digits + 5, &err), &err, ERR_BAD_MACHINE,
		    "t:5: dt-property: the property \"a\" has more than the 16777216 bytes");
	arena_release(&arena);
}

#define DEVICE_TREE_TESTS                                                                         \
	cmocka_unit_test(device_tree_lines), cmocka_unit_test(device_tree_of_one_node),           \
		cmocka_unit_test(bad_device_tree_lines), cmocka_unit_test(device_tree_limits)

#else

TEST(no_libfdt)
{
	struct machine machine;
	struct err err;
	static const char text[] = HEAD "dt-node 0 \"/\"" TAIL;

	BEGIN_TEST();
	check_fails(machine_read_text(&machine, "t", (struct blob){ (const uint8_t *)text, sizeof(text) - 1 }, &err), &err,
		    ERR_UNSUPPORTED, "t:4: dt-node: this build cannot flatten a device tree");
}

#define DEVICE_TREE_TESTS cmocka_unit_test(no_libfdt)

#endif

CHECK_MAIN(DEVICE_TREE_TESTS, cmocka_unit_test(fixtures), cmocka_unit_test(qemu_guest_in_full),
	   cmocka_unit_test(uefi_guest_in_full), cmocka_unit_test(least_text),
	   cmocka_unit_test(blanks_comments_and_line_ends),
	   cmocka_unit_test(crash_reservations_of_every_shape), cmocka_unit_test(offline_memory_is_no_ram),
	   cmocka_unit_test(order_and_presence), cmocka_unit_test(levels), cmocka_unit_test(numbers),
	   cmocka_unit_test(ranges_at_the_limits), cmocka_unit_test(architecture_and_pages),
	   cmocka_unit_test(page_sizes_that_kernels_can_have), cmocka_unit_test(form_of_what_is_written),
	   cmocka_unit_test(strings), cmocka_unit_test(line_of_any_length), cmocka_unit_test(full_disk))
