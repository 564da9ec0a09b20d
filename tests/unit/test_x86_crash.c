/* SPDX-License-Identifier: GPL-2.0-only */
/* Crash loads on x86 against tests/mk/crash_x86.py, which knows the rules and not the code. */
#include <inttypes.h>
#include <unistd.h>

#include "check.h"
#include "kdump/memory.h"
#include "kexec/base/file.h"
#include "made_x86.h"

struct scene {
	struct arena arena;
	struct arch arch;
	struct machine machine;
	struct request request;
	struct plan plan;
	struct x86_crash crash;
	struct err err;
};

static struct blob fixture(struct scene *s, const char *name, const char *suffix)
{
	struct blob blob;
	const char *path = arena_printf(&s->arena, "%s/crash_x86/%s%s", check_env("FIXTURES"), name, suffix);

	check_ok(file_map(&s->arena, path, NULL, &blob, &s->err), &s->err);
	return blob;
}

static const char *fixture_text(struct scene *s, const char *name, const char *suffix)
{
	struct blob blob = fixture(s, name, suffix);

	return arena_strndup(&s->arena, (const char *)blob.data, blob.size);
}

static void set_up(struct scene *s, const char *name)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	s->arch = made_x86_arch();
	s->request = (struct request){
		.target = TARGET_CRASH, .mem_max = UINT64_MAX, .cmdline = "quiet", .meminfo = true
	};
	check_ok(machine_read_text(&s->machine, name, fixture(s, name, ".txt"), &s->err), &s->err);
}

static void start(struct scene *s)
{
	check_ok(plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err), &s->err);
}

static void place(struct scene *s)
{
	start(s);
	check_ok(x86_crash_place(&s->crash, &s->request, &s->machine, &s->plan, &s->err), &s->err);
}

static void tear_down(struct scene *s)
{
	plan_release(&s->plan);
	machine_release(&s->machine);
	arena_release(&s->arena);
}

/* The next line of *cursor as a text of its own, or NULL. */
static const char *next_line(struct scene *s, const char **cursor)
{
	const char *line = *cursor, *end = strchr(line, '\n');

	if (!end)
		return NULL;
	*cursor = end + 1;
	return arena_strndup(&s->arena, line, (size_t)(end - line));
}

/* The rest of the line of `name`.expect that begins with the word. */
static const char *fact(struct scene *s, const char *name, const char *word)
{
	const char *cursor = fixture_text(s, name, ".expect"), *line;
	size_t length = strlen(word);

	while ((line = next_line(s, &cursor)))
		if (strncmp(line, word, length) == 0 && line[length] == ' ')
			return line + length + 1;
	fail_msg("%s.expect has no line of %s", name, word);
	return NULL;
}

static void check_places(struct scene *s, const char *name, const char *word)
{
	uint64_t start_at, end_at, source, source_end, backup;

	assert_int_equal(sscanf(fact(s, name, word), "%" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, &start_at,
				&end_at, &source, &source_end, &backup),
			 5);
	if (s->crash.elfcorehdr.start != start_at || s->crash.elfcorehdr.end != end_at ||
	    s->crash.backup_source.start != source || s->crash.backup_source.end != source_end ||
	    s->crash.backup != backup)
		fail_msg("%s, %s: core header 0x%" PRIx64 "-0x%" PRIx64 ", backup of 0x%" PRIx64 "-0x%" PRIx64 " at 0x%" PRIx64
			 "; expected %s",
			 name, word, s->crash.elfcorehdr.start, s->crash.elfcorehdr.end, s->crash.backup_source.start,
			 s->crash.backup_source.end, s->crash.backup, fact(s, name, word));

	const struct segment *segment = plan_segment(&s->plan, SEGMENT_BACKUP);

	assert_int_equal(segment != NULL, source_end != 0);
	assert_int_equal(s->plan.backup.present, source_end != 0);
	if (segment) {
		assert_int_equal(segment->range.start, backup);
		assert_int_equal(segment->data.size, 0);
		assert_false(segment->hashed || segment->checksummed);
	}
	segment = plan_segment(&s->plan, SEGMENT_ELFCOREHDR);
	assert_int_equal(segment->range.start, start_at);
	assert_int_equal(segment->range.end, end_at);
	assert_int_equal(segment->hashed, !s->request.hotplug);
	assert_int_equal(segment->checksummed, !s->request.hotplug);
}

static void check_header(struct scene *s, const char *name, const char *suffix)
{
	struct blob wanted = fixture(s, name, suffix), found = plan_segment(&s->plan, SEGMENT_ELFCOREHDR)->data;

	for (size_t i = 0; i < wanted.size && i < found.size; i++)
		if (wanted.data[i] != found.data[i])
			fail_msg("%s%s: byte 0x%zx is 0x%02x, expected 0x%02x", name, suffix, i, found.data[i],
				 wanted.data[i]);
	assert_int_equal(found.size, wanted.size);
}

static void each_machine(void (*run)(const char *name))
{
	struct scene s;
	const char *names, *name;
	int count = 0;

	memset(&s, 0, sizeof(s));
	arena_init(&s.arena);
	names = fixture_text(&s, "names", "");
	while ((name = next_line(&s, &names))) {
		run(name);
		count++;
	}
	assert_true(count >= 9);
	arena_release(&s.arena);
}

static void run_places(const char *name)
{
	struct scene s;

	set_up(&s, name);
	place(&s);
	check_places(&s, name, "plain");
	check_header(&s, name, ".core");
	assert_int_equal(plan_segment(&s.plan, SEGMENT_MEMINFO)->range.start, strtoull(fact(&s, name, "meminfo"), NULL, 16));
	assert_true(plan_segment(&s.plan, SEGMENT_MEMINFO)->hashed);
	assert_false(s.plan.meminfo.vmcoreinfo_indirect);
	assert_int_equal(s.plan.meminfo.vmcoreinfo.start, s.machine.has_vmcoreinfo ? s.machine.vmcoreinfo.start : 0);
	tear_down(&s);

	set_up(&s, name);
	s.request.hotplug = true;
	s.machine.has_elfcorehdr_size = true;
	s.machine.elfcorehdr_size = 0x9000;
	place(&s);
	check_places(&s, name, "hotplug");
	tear_down(&s);

	set_up(&s, name);
	s.request.meminfo = false;
	place(&s);
	check_places(&s, name, "bare");
	assert_null(plan_segment(&s.plan, SEGMENT_MEMINFO));
	tear_down(&s);
}

TEST(parts_and_core_header_are_what_the_rules_say)
{
	BEGIN_TEST();
	each_machine(run_places);
}

/* With a kernel of known bytes and nothing else, so that the page is known to the last byte. */
static void run_meminfo(const char *name)
{
	struct scene s;
	uint8_t kernel[5001];

	for (size_t i = 0; i < sizeof(kernel); i++)
		kernel[i] = (uint8_t)(i * 13 + i / 4096);
	set_up(&s, name);
	s.request.time = 1795300000;
	place(&s);
	s.plan.entry = s.plan.crash.start;

	struct placement what = { .role = SEGMENT_KERNEL, .data = { kernel, sizeof(kernel) }, .memory_size = 0x3000 };

	check_ok(plan_put(&s.plan, &what, s.plan.entry, &s.err), &s.err);
	check_ok(plan_seal(&s.plan, &s.err), &s.err);

	struct blob wanted = fixture(&s, name, ".meminfo"), found = plan_segment(&s.plan, SEGMENT_MEMINFO)->data;

	assert_int_equal(found.size, wanted.size);
	for (size_t i = 0; i < wanted.size; i++)
		if (wanted.data[i] != found.data[i])
			fail_msg("%s.meminfo: byte 0x%zx is 0x%02x, expected 0x%02x", name, i, found.data[i],
				 wanted.data[i]);
	tear_down(&s);
}

TEST(meminfo_is_what_the_specification_says)
{
	BEGIN_TEST();
	each_machine(run_meminfo);
}

static void run_map(const char *name)
{
	struct scene s;
	struct x86_map map;
	const char *cursor, *line;
	size_t count = 0;

	set_up(&s, name);
	place(&s);
	check_ok(x86_crash_map(&map, &s.crash, &s.machine, &s.plan, &s.err), &s.err);
	cursor = fixture_text(&s, name, ".expect");
	while ((line = next_line(&s, &cursor))) {
		uint64_t from, to;
		int type;

		if (sscanf(line, "map %" SCNx64 " %" SCNx64 " %d", &from, &to, &type) != 3)
			continue;
		if (count >= map.count || map.v[count].range.start != from || map.v[count].range.end != to ||
		    (int)map.v[count].type != type)
			fail_msg("%s: entry %zu of the map is not \"%s\"", name, count, line);
		count++;
	}
	assert_int_equal(map.count, count);
	tear_down(&s);
}

TEST(the_map_is_what_the_rules_say)
{
	BEGIN_TEST();
	each_machine(run_map);
}

static void check_cmdline(const char *name, const char *word, bool efi, bool memmap)
{
	struct scene s;
	struct x86_map map;

	set_up(&s, name);
	s.request.pass_memmap = memmap;
	place(&s);
	check_ok(x86_crash_map(&map, &s.crash, &s.machine, &s.plan, &s.err), &s.err);
	check_ok(x86_crash_cmdline(&s.crash, &s.request, &s.machine, &map, efi, &s.plan, &s.err), &s.err);
	assert_string_equal(s.plan.cmdline, fact(&s, name, word));
	tear_down(&s);
}

static void run_cmdline(const char *name)
{
	check_cmdline(name, "cmdline", false, false);
	check_cmdline(name, "cmdline-efi", true, false);
	check_cmdline(name, "cmdline-memmap", false, true);
}

TEST(the_command_line_is_what_the_rules_say)
{
	BEGIN_TEST();
	each_machine(run_cmdline);
}

static void run_core32(const char *name)
{
	struct scene s;

	set_up(&s, name);
	s.request.core_class = CORE_32;
	start(&s);
	if (fixture(&s, name, ".core32").size == 0) {
		check_ok(x86_crash_place(&s.crash, &s.request, &s.machine, &s.plan, &s.err), &s.err);
		assert_non_null(s.plan.warnings);
		assert_non_null(strstr(s.plan.warnings->text, "ends above 4 GiB. The header has 64 bits"));
		check_header(&s, name, ".core");
	} else {
		check_ok(x86_crash_place(&s.crash, &s.request, &s.machine, &s.plan, &s.err), &s.err);
		check_header(&s, name, ".core32");
	}
	tear_down(&s);
}

TEST(a_header_of_32_bits_is_right_or_has_64)
{
	BEGIN_TEST();
	each_machine(run_core32);
}

/* The header as a file: the reader of memory images finds the RAM of the machine in it, and no more. */
static void run_read_back(const char *name)
{
	struct scene s;
	struct memory memory;
	char path[512];

	set_up(&s, name);
	place(&s);

	struct blob header = plan_segment(&s.plan, SEGMENT_ELFCOREHDR)->data;

	snprintf(path, sizeof(path), "%s/core-XXXXXX", check_env("FIXTURES"));

	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, header.data, header.size), header.size);
	close(fd);
	check_ok(memory_open(&memory, &s.arena, path, ORDER_LITTLE, 62, &s.err), &s.err);
	unlink(path);

	/* Beside the RAM, only the kernel's own mapping, which lies in it on machines that make sense. */
	struct ranges kept, shown;

	ranges_subtract(&kept, &s.arena, &s.machine.dumped, &s.machine.crash);
	ranges_init(&shown, &s.arena);
	for (size_t i = 0; i < memory.part_count; i++)
		ranges_append(&shown, memory.parts[i].range);
	ranges_normalize(&shown);
	for (size_t i = 0; i < kept.count && strcmp(name, "gart") != 0; i++)
		assert_true(ranges_contain(&shown, kept.v[i]));
	for (size_t i = 0; i < s.machine.crash.count; i++)
		assert_false(ranges_touch(&shown, s.machine.crash.v[i]));
	tear_down(&s);
}

TEST(the_core_header_is_read_back)
{
	BEGIN_TEST();
	each_machine(run_read_back);
}

static unsigned int warnings(const struct scene *s, const char *words)
{
	unsigned int count = 0;

	for (const struct plan_warning *w = s->plan.warnings; w; w = w->next)
		count += strstr(w->text, words) != NULL;
	return count;
}

TEST(what_is_not_known_is_told)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "kaslr");
	place(&s);
	assert_null(s.plan.warnings);
	tear_down(&s);

	set_up(&s, "small");
	place(&s);
	assert_int_equal(warnings(&s, "where the kernel's text is"), 1);
	assert_int_equal(warnings(&s, "virtual addresses"), 0);
	tear_down(&s);

	set_up(&s, "blind");
	place(&s);
	assert_int_equal(warnings(&s, "has no virtual addresses"), 1);
	assert_int_equal(warnings(&s, "no crash notes of any CPU"), 1);
	tear_down(&s);
}

static size_t count_warnings(const struct scene *s)
{
	size_t count = 0;

	for (const struct plan_warning *w = s->plan.warnings; w; w = w->next)
		count++;
	return count;
}

/* Each with its reason and once; of where the kernel lies only where a dump asks for it. */
TEST(what_makes_no_sense_is_told)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "kaslr");
	s.machine.kernel_map = (struct machine_kernel_map){ .has_direct = false };
	s.machine.kernel_map_problem = "/x/kcore is cut off";
	s.machine.firmware_problem = "/x/systab: odd";
	place(&s);
	assert_int_equal(count_warnings(&s), 2);
	assert_int_equal(warnings(&s, "has no virtual addresses"), 1);
	assert_int_equal(warnings(&s, "is not used: /x/kcore is cut off"), 1);
	assert_int_equal(warnings(&s, "its firmware is not used where it makes no sense: /x/systab: odd"), 1);
	plan_release(&s.plan);
	s.request.target = TARGET_NORMAL;
	start(&s);
	assert_int_equal(count_warnings(&s), 1);
	assert_int_equal(warnings(&s, "/x/systab: odd"), 1);
	tear_down(&s);
}

static const char *cmdline_of(struct scene *s, const char *text)
{
	struct x86_map map = { NULL, 0 };

	s->plan.cmdline = text;
	check_ok(x86_crash_cmdline(&s->crash, &s->request, &s->machine, &map, false, &s->plan, &s->err), &s->err);
	return s->plan.cmdline;
}

TEST(the_users_words_stay)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "small");
	place(&s);
	s.crash.elfcorehdr = (struct range){ 0x27f00000, 0x27f01000 };
	s.machine.cmdline = "root=/dev/sda acpi_rsdp=0xf52b0";
	assert_string_equal(cmdline_of(&s, ""), "acpi_rsdp=0xf52b0 elfcorehdr=654336K");
	assert_string_equal(cmdline_of(&s, "acpi_rsdp=0x1000 quiet"), "acpi_rsdp=0x1000 quiet elfcorehdr=654336K");
	assert_string_equal(cmdline_of(&s, "elfcorehdr=7K"), "elfcorehdr=7K acpi_rsdp=0xf52b0 elfcorehdr=654336K");
	/* Behind "--" all belongs to init. */
	assert_string_equal(cmdline_of(&s, "ro -- single acpi_rsdp=0x2"),
			    "ro acpi_rsdp=0xf52b0 elfcorehdr=654336K -- single acpi_rsdp=0x2");
	assert_string_equal(cmdline_of(&s, "--"), "acpi_rsdp=0xf52b0 elfcorehdr=654336K --");
	assert_string_equal(cmdline_of(&s, "a=\"x -- y\""), "a=\"x -- y\" acpi_rsdp=0xf52b0 elfcorehdr=654336K");
	s.crash.elfcorehdr = (struct range){ 0, 0 };
	check_fails(x86_crash_cmdline(&s.crash, &s.request, &s.machine, &(struct x86_map){ NULL, 0 }, false, &s.plan, &s.err),
		    &s.err, ERR_INTERNAL, "core header");
	tear_down(&s);
}

TEST(the_rsdp_is_the_start_up_codes_or_efis_or_the_users)
{
	uint8_t params[4096] = { 0 };
	struct machine machine = { .cmdline = "acpi_rsdp=7ff" };

	BEGIN_TEST();
	assert_int_equal(x86_rsdp(&machine), 0x7ff);
	machine.boot_params = (struct blob){ params, 0x77 };
	assert_int_equal(x86_rsdp(&machine), 0x7ff);
	machine.boot_params.size = sizeof(params);
	assert_int_equal(x86_rsdp(&machine), 0x7ff);
	machine.efi.acpi = 0x1000;
	assert_int_equal(x86_rsdp(&machine), 0x1000);
	machine.efi.acpi20 = 0x2014;
	assert_int_equal(x86_rsdp(&machine), 0x2014);
	params[0x70] = 0xb0;
	params[0x77] = 0x12;
	assert_int_equal(x86_rsdp(&machine), UINT64_C(0x12000000000000b0));
	machine = (struct machine){ .cmdline = "noacpi_rsdp=4 acpi_rsdp=" };
	assert_int_equal(x86_rsdp(&machine), 0);
	machine.cmdline = NULL;
	assert_int_equal(x86_rsdp(&machine), 0);
}

TEST(encrypted_memory_is_told_of)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "small");
	s.machine.memory_encryption = UINT64_C(1) << 47;
	place(&s);
	cmdline_of(&s, "mem_encrypt=on");
	assert_int_equal(warnings(&s, "encrypts its memory"), 0);
	cmdline_of(&s, "quiet");
	assert_int_equal(warnings(&s, "mask 0x800000000000"), 1);
	assert_int_equal(warnings(&s, "mem_encrypt=on"), 1);
	tear_down(&s);
}

TEST(meminfo_is_left_out_where_its_page_is_not_to_be_used)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "small");
	s.request.mem_max = 0x27ffefff;
	place(&s);
	assert_null(plan_segment(&s.plan, SEGMENT_MEMINFO));
	assert_int_equal(warnings(&s, "no meminfo is written"), 1);
	assert_int_equal(s.crash.backup + 0x9e000, 0x27fff000);
	tear_down(&s);

	set_up(&s, "small");
	s.request.mem_max = 0x2007ffff;
	start(&s);
	check_fails(x86_crash_place(&s.crash, &s.request, &s.machine, &s.plan, &s.err), &s.err, ERR_NO_ROOM,
		    "no room for segment backup");
	tear_down(&s);
}

TEST(a_reservation_that_is_reserved_is_refused)
{
	struct scene s;
	struct x86_map map;

	BEGIN_TEST();
	set_up(&s, "no-low");
	place(&s);
	for (size_t i = 0; i < s.machine.resource_count; i++)
		s.machine.resources[i].name = "Reserved";
	check_fails(x86_crash_map(&map, &s.crash, &s.machine, &s.plan, &s.err), &s.err, ERR_BAD_MACHINE,
		    "no RAM is left for the capture kernel");
	tear_down(&s);
}

/* 65,534 is what fits into the field that the capture kernel reads. */
TEST(more_headers_than_the_capture_kernel_reads_are_refused)
{
	struct scene s;
	uint64_t address, size;

	BEGIN_TEST();
	set_up(&s, "small");
	start(&s);
	ranges_init(&s.machine.dumped, &s.machine.arena);
	for (uint64_t i = 0; i < 65531; i++)
		ranges_append(&s.machine.dumped, (struct range){ 0x100000000 + i * 0x2000, 0x100001000 + i * 0x2000 });
	check_ok(plan_add_elfcorehdr(&s.plan, &s.machine, &(struct placement){ .high = true }, &address, &size, &s.err),
		 &s.err);
	assert_int_equal(size, align_up(64 + 65534 * 56, 4096));
	ranges_append(&s.machine.dumped, (struct range){ 0x900000000, 0x900001000 });
	check_fails(plan_add_elfcorehdr(&s.plan, &s.machine, &(struct placement){ .high = true }, &address, &size, &s.err),
		    &s.err, ERR_NO_ROOM, "65535 program headers (2 of them for CPUs), and the capture kernel reads at most 65534");
	tear_down(&s);
}

CHECK_MAIN(cmocka_unit_test(parts_and_core_header_are_what_the_rules_say),
	   cmocka_unit_test(meminfo_is_what_the_specification_says), cmocka_unit_test(the_map_is_what_the_rules_say),
	   cmocka_unit_test(the_command_line_is_what_the_rules_say),
	   cmocka_unit_test(a_header_of_32_bits_is_right_or_has_64), cmocka_unit_test(the_core_header_is_read_back),
	   cmocka_unit_test(what_is_not_known_is_told), cmocka_unit_test(what_makes_no_sense_is_told),
	   cmocka_unit_test(the_users_words_stay),
	   cmocka_unit_test(the_rsdp_is_the_start_up_codes_or_efis_or_the_users),
	   cmocka_unit_test(encrypted_memory_is_told_of),
	   cmocka_unit_test(meminfo_is_left_out_where_its_page_is_not_to_be_used),
	   cmocka_unit_test(a_reservation_that_is_reserved_is_refused),
	   cmocka_unit_test(more_headers_than_the_capture_kernel_reads_are_refused))
