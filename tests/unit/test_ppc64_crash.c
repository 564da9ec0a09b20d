/* SPDX-License-Identifier: GPL-2.0-only */
/* Crash loads on Power against tests/mk/crash_ppc64.py, which knows the rules and not the code, in both byte orders. */
#include "config.h"

#ifdef HAVE_LIBFDT

#include <elf.h>
#include <inttypes.h>
#include <stdlib.h>
#include <unistd.h>

#include "check.h"
#include "elf_wire.h"
#include "kdump/memory.h"
#include "kexec/arch/ppc64/ppc64.h"
#include "kexec/base/file.h"

#define KERNEL_MEMORY 0x30000
#define MIB UINT64_C(0x100000)

struct scene {
	struct arena arena;
	const struct arch *arch;
	struct machine machine;
	struct request request;
	struct plan plan;
	struct ppc64_crash crash;
	uint8_t kernel[5001];
	uint64_t entry;
	struct err err;
};

static struct blob fixture(struct scene *s, const char *name, const char *suffix)
{
	struct blob blob;
	const char *path = arena_printf(&s->arena, "%s/crash_ppc64/%s%s", check_env("FIXTURES"), name, suffix);

	check_ok(file_map(&s->arena, path, NULL, &blob, &s->err), &s->err);
	return blob;
}

/* A file for each of the two architectures. */
static struct blob own_fixture(struct scene *s, const char *name, const char *suffix)
{
	return fixture(s, arena_printf(&s->arena, "%s-%s", machine_arch_name(s->arch->id), name), suffix);
}

static const char *fixture_text(struct scene *s, const char *name, const char *suffix)
{
	struct blob blob = fixture(s, name, suffix);

	return arena_strndup(&s->arena, (const char *)blob.data, blob.size);
}

static void set_up(struct scene *s, const char *name, const struct arch *arch)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	s->arch = arch;
	s->request = (struct request){
		.target = TARGET_CRASH, .mem_max = UINT64_MAX, .cmdline = "quiet", .meminfo = true, .time = 1795300000
	};
	for (size_t i = 0; i < sizeof(s->kernel); i++)
		s->kernel[i] = (uint8_t)(i * 13 + i / 4096);
	check_ok(machine_read_text(&s->machine, name, own_fixture(s, name, ".txt"), &s->err), &s->err);
}

/* As a loader does it: the kernel first. */
static void place_kernel(struct scene *s)
{
	struct placement what = {
		.role = SEGMENT_KERNEL,
		.data = { s->kernel, sizeof(s->kernel) },
		.memory_size = KERNEL_MEMORY,
		.align = 0x10000,
	};

	check_ok(plan_init(&s->plan, &s->request, &s->machine, s->arch, &s->err), &s->err);
	check_ok(ppc64_use_free_only(&s->machine, &s->plan, &s->err), &s->err);
	check_ok(plan_place(&s->plan, &what, &s->entry, &s->err), &s->err);
	s->plan.entry = s->entry;
}

static void place(struct scene *s)
{
	place_kernel(s);
	check_ok(ppc64_crash_place(&s->crash, &s->request, &s->machine, &s->plan, &s->err), &s->err);
}

static void tear_down(struct scene *s)
{
	plan_release(&s->plan);
	machine_release(&s->machine);
	arena_release(&s->arena);
}

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

static void each_machine(void (*run)(const char *name, const struct arch *arch))
{
	struct scene s;
	const char *names, *name;
	int count = 0;

	memset(&s, 0, sizeof(s));
	arena_init(&s.arena);
	names = fixture_text(&s, "names", "");
	while ((name = next_line(&s, &names))) {
		run(name, &ppc64_arch);
		run(name, &ppc64le_arch);
		count++;
	}
	assert_true(count >= 12);
	arena_release(&s.arena);
}

static void check_places(struct scene *s, const char *name, const char *word)
{
	uint64_t start, end, backup, meminfo;
	const struct segment *segment = plan_segment(&s->plan, SEGMENT_MEMINFO);

	assert_int_equal(sscanf(fact(s, name, word), "%" SCNx64 " %" SCNx64 " %" SCNx64 " %" SCNx64, &start, &end, &backup,
				&meminfo),
			 4);
	if (s->crash.elfcorehdr.start != start || s->crash.elfcorehdr.end != end || s->crash.backup != backup ||
	    (segment ? segment->range.start : 0) != meminfo)
		fail_msg("%s, %s: core header 0x%" PRIx64 "-0x%" PRIx64 ", backup at 0x%" PRIx64 ", meminfo at 0x%" PRIx64
			 "; expected %s",
			 name, word, s->crash.elfcorehdr.start, s->crash.elfcorehdr.end, s->crash.backup,
			 segment ? segment->range.start : 0, fact(s, name, word));
	if (segment) {
		assert_int_equal(range_size(segment->range), s->machine.page_size);
		assert_true(segment->hashed);
	}

	segment = plan_segment(&s->plan, SEGMENT_BACKUP);
	assert_int_equal(segment->range.start, backup);
	assert_int_equal(range_size(segment->range), 0x10000);
	assert_int_equal(segment->data.size, 0);
	assert_false(segment->hashed || segment->checksummed);
	assert_true(s->plan.backup.present);
	assert_int_equal(s->plan.backup.address, backup);
	assert_int_equal(s->plan.backup.source.start, 0);
	assert_int_equal(s->plan.backup.source.end, 0x10000);

	segment = plan_segment(&s->plan, SEGMENT_ELFCOREHDR);
	assert_int_equal(segment->range.start, start);
	assert_int_equal(segment->range.end, end);
	assert_int_equal(segment->hashed, !s->request.hotplug);
	assert_int_equal(segment->checksummed, !s->request.hotplug);
}

static void check_bytes(const char *what, const char *name, struct blob found, struct blob wanted)
{
	for (size_t i = 0; i < wanted.size && i < found.size; i++)
		if (wanted.data[i] != found.data[i])
			fail_msg("%s of %s: byte 0x%zx is 0x%02x, expected 0x%02x", what, name, i, found.data[i],
				 wanted.data[i]);
	assert_int_equal(found.size, wanted.size);
}

static unsigned int warnings(const struct scene *s, const char *words)
{
	unsigned int count = 0;

	for (const struct plan_warning *w = s->plan.warnings; w; w = w->next)
		count += strstr(w->text, words) != NULL;
	return count;
}

static void run_places(const char *name, const struct arch *arch)
{
	struct scene s;

	set_up(&s, name, arch);
	place(&s);
	check_places(&s, name, "plain");
	check_bytes("core header", name, plan_segment(&s.plan, SEGMENT_ELFCOREHDR)->data, own_fixture(&s, name, ".core"));
	assert_int_equal(warnings(&s, "no meminfo is written"), own_fixture(&s, name, ".meminfo").size == 0);
	assert_int_equal(warnings(&s, "has no vmcoreinfo"), !s.machine.has_vmcoreinfo);
	assert_int_equal(warnings(&s, "no crash notes of any CPU"), s.machine.cpu_count == 0);
	/* Nothing has to be found out about where the kernel maps memory. */
	assert_int_equal(warnings(&s, "kcore"), 0);
	tear_down(&s);

	set_up(&s, name, arch);
	s.request.hotplug = true;
	s.machine.has_elfcorehdr_size = true;
	s.machine.elfcorehdr_size = 0x29000;
	place(&s);
	check_places(&s, name, "hotplug");
	tear_down(&s);

	set_up(&s, name, arch);
	s.request.meminfo = false;
	place(&s);
	check_places(&s, name, "bare");
	assert_int_equal(warnings(&s, "meminfo"), 0);
	tear_down(&s);
}

TEST(parts_and_core_header_are_what_the_rules_say)
{
	BEGIN_TEST();
	each_machine(run_places);
}

static void run_meminfo(const char *name, const struct arch *arch)
{
	struct scene s;
	const struct segment *segment;

	set_up(&s, name, arch);
	place(&s);
	check_ok(plan_seal(&s.plan, &s.err), &s.err);
	segment = plan_segment(&s.plan, SEGMENT_MEMINFO);
	if (segment)
		check_bytes("meminfo", name, segment->data, own_fixture(&s, name, ".meminfo"));
	else
		assert_int_equal(own_fixture(&s, name, ".meminfo").size, 0);
	tear_down(&s);
}

TEST(meminfo_is_what_the_specification_says)
{
	BEGIN_TEST();
	each_machine(run_meminfo);
}

static void run_usable(const char *name, const struct arch *arch)
{
	struct scene s;
	const char *cursor, *line;
	size_t count = 0;

	set_up(&s, name, arch);
	place(&s);
	cursor = fixture_text(&s, name, ".expect");
	while ((line = next_line(&s, &cursor))) {
		uint64_t from, to;

		if (sscanf(line, "usable %" SCNx64 " %" SCNx64, &from, &to) != 2)
			continue;
		if (count >= s.crash.usable.count || s.crash.usable.v[count].start != from || s.crash.usable.v[count].end != to)
			fail_msg("%s: usable range %zu is not \"%s\"", name, count, line);
		count++;
	}
	assert_int_equal(s.crash.usable.count, count);
	tear_down(&s);
}

TEST(the_capture_kernel_may_use_what_the_rules_say)
{
	BEGIN_TEST();
	each_machine(run_usable);
}

/* The header as a file: the reader of memory images finds the RAM of the machine in it, and firmware. */
static void run_read_back(const char *name, const struct arch *arch)
{
	struct scene s;
	struct memory memory;
	struct ranges kept, shown;
	char path[512];

	set_up(&s, name, arch);
	place(&s);

	struct blob header = plan_segment(&s.plan, SEGMENT_ELFCOREHDR)->data;

	snprintf(path, sizeof(path), "%s/core-XXXXXX", check_env("FIXTURES"));

	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, header.data, header.size), header.size);
	close(fd);
	check_ok(memory_open(&memory, &s.arena, path, arch->order, EM_PPC64, &s.err), &s.err);
	unlink(path);
	ranges_subtract(&kept, &s.arena, &s.machine.dumped, &s.machine.crash);
	ranges_init(&shown, &s.arena);
	for (size_t i = 0; i < memory.part_count; i++)
		ranges_append(&shown, memory.parts[i].range);
	ranges_normalize(&shown);
	for (size_t i = 0; i < kept.count; i++)
		assert_true(ranges_contain(&shown, kept.v[i]));
	for (size_t i = 0; i < s.plan.core_firmware.count; i++)
		assert_true(ranges_contain(&shown, s.plan.core_firmware.v[i]));
	assert_int_equal(memory.parts[0].range.start, 0);
	assert_int_equal(memory.parts[0].offset, s.crash.backup);
	tear_down(&s);
}

TEST(the_core_header_is_read_back)
{
	BEGIN_TEST();
	each_machine(run_read_back);
}

static const char *cmdline_of(struct scene *s, const char *text)
{
	s->plan.cmdline = text;
	check_ok(ppc64_crash_cmdline(&s->crash, &s->plan, &s->err), &s->err);
	return s->plan.cmdline;
}

static void run_cmdline(const char *name, const struct arch *arch)
{
	struct scene s;

	set_up(&s, name, arch);
	place(&s);
	assert_string_equal(cmdline_of(&s, "quiet"), fact(&s, name, "cmdline"));
	tear_down(&s);
}

TEST(the_command_line_names_the_core_header)
{
	struct scene s;
	char longest[2048];

	BEGIN_TEST();
	each_machine(run_cmdline);
	set_up(&s, "plain", &ppc64le_arch);
	place(&s);
	s.crash.elfcorehdr = (struct range){ 0x27f00000, 0x27f10000 };
	assert_string_equal(cmdline_of(&s, ""), "elfcorehdr=654336K");
	assert_string_equal(cmdline_of(&s, "elfcorehdr=7K ro"), "elfcorehdr=7K ro elfcorehdr=654336K");
	/* Behind "--" all belongs to init. */
	assert_string_equal(cmdline_of(&s, "ro -- single elfcorehdr=2"), "ro elfcorehdr=654336K -- single elfcorehdr=2");
	assert_string_equal(cmdline_of(&s, "a=\"x -- y\""), "a=\"x -- y\" elfcorehdr=654336K");

	/* 2047 characters in all are read, 2048 are not. */
	memset(longest, 'x', sizeof(longest));
	longest[2047 - strlen(" elfcorehdr=654336K")] = '\0';
	assert_int_equal(strlen(cmdline_of(&s, longest)), 2047);
	longest[2047 - strlen(" elfcorehdr=654336K")] = 'x';
	longest[2048 - strlen(" elfcorehdr=654336K")] = '\0';
	s.plan.cmdline = longest;
	check_fails(ppc64_crash_cmdline(&s.crash, &s.plan, &s.err), &s.err, ERR_USAGE, "2048 characters with elfcorehdr=");

	s.plan.cmdline = "";
	s.crash.elfcorehdr = (struct range){ 0, 0 };
	check_fails(ppc64_crash_cmdline(&s.crash, &s.plan, &s.err), &s.err, ERR_INTERNAL, "core header");
	tear_down(&s);
}

TEST(a_reservation_over_the_vectors_is_refused)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, "plain", &ppc64_arch);
	s.machine.crash.v[0] = (struct range){ 0, 256 * MIB };
	place_kernel(&s);
	check_fails(ppc64_crash_place(&s.crash, &s.request, &s.machine, &s.plan, &s.err), &s.err, ERR_BAD_MACHINE,
		    "interrupt vectors");
	tear_down(&s);
}

TEST(no_room_is_told)
{
	struct scene s;

	BEGIN_TEST();
	/* For the kernel and meminfo alone, and then for the backup, too. */
	for (uint64_t more = 0; more <= 0x10000; more += 0x10000) {
		set_up(&s, "plain", &ppc64le_arch);
		s.machine.crash.v[0] = (struct range){ 128 * MIB, 128 * MIB + KERNEL_MEMORY + 0x10000 + more };
		place_kernel(&s);
		check_fails(ppc64_crash_place(&s.crash, &s.request, &s.machine, &s.plan, &s.err), &s.err, ERR_NO_ROOM,
			    more ? "no room for segment elfcorehdr" : "no room for segment backup");
		tear_down(&s);
	}
	set_up(&s, "plain", &ppc64le_arch);
	s.request.mem_max = 128 * MIB + 0x7fffff;
	place(&s);
	assert_null(plan_segment(&s.plan, SEGMENT_MEMINFO));
	assert_int_equal(warnings(&s, "belongs to 0x17ff0000, the last page of the crash reservation"), 1);
	tear_down(&s);
}

/* Memory in `pieces` pieces of 64 KiB, as many CPUs. */
static bool place_large(struct scene *s, size_t pieces, unsigned int cpus)
{
	set_up(s, "plain", &ppc64le_arch);
	s->machine.cpus = arena_array(&s->arena, cpus, sizeof(*s->machine.cpus));
	for (unsigned int i = 0; i < cpus; i++)
		s->machine.cpus[i] = (struct machine_cpu){ i, (UINT64_C(1) << 40) + i * UINT64_C(0x40000), 552 };
	s->machine.cpu_count = cpus;
	ranges_init(&s->machine.dumped, &s->arena);
	ranges_append(&s->machine.dumped, (struct range){ 0, 2048 * MIB });
	for (size_t i = 1; i < pieces; i++)
		ranges_append(&s->machine.dumped,
			      (struct range){ (UINT64_C(1) << 40) + i * 0x20000, (UINT64_C(1) << 40) + i * 0x20000 + 0x10000 });
	ranges_normalize(&s->machine.dumped);
	place_kernel(s);
	return ppc64_crash_place(&s->crash, &s->request, &s->machine, &s->plan, &s->err);
}

TEST(large_machines_have_a_header_of_every_piece)
{
	struct scene s;

	BEGIN_TEST();
	/* Notes of CPUs and vmcoreinfo, the first piece in two parts and cut by the reservation: 1500 + 1 + 3 + 50000 - 1. */
	check_ok(place_large(&s, 50000, 1500), &s.err);

	const struct segment *header = plan_segment(&s.plan, SEGMENT_ELFCOREHDR);
	const struct elf64_header *ehdr = blob_at(header->data, 0, sizeof(*ehdr));

	assert_int_equal(raw16_get(ehdr->phnum, ORDER_LITTLE), 51503);
	assert_int_equal(header->data.size, 64 + 56 * 51503);
	tear_down(&s);

	/* The capture kernel reads 16 bits of the number, and 0xffff means "elsewhere": 65534 are the most. */
	check_ok(place_large(&s, 65534 - 1503, 1500), &s.err);
	header = plan_segment(&s.plan, SEGMENT_ELFCOREHDR);
	ehdr = blob_at(header->data, 0, sizeof(*ehdr));
	assert_int_equal(raw16_get(ehdr->phnum, ORDER_LITTLE), 65534);
	tear_down(&s);
	check_fails(place_large(&s, 65534 - 1503 + 1, 1500), &s.err, ERR_NO_ROOM,
		    "65535 program headers (1500 of them for CPUs)");
	tear_down(&s);
	check_fails(place_large(&s, 100000, 1500), &s.err, ERR_NO_ROOM, "101503 program headers");
	tear_down(&s);
}

TEST(a_header_of_32_bits_is_right_or_has_64)
{
	struct scene s;
	const struct elf_ident *ident;

	BEGIN_TEST();
	set_up(&s, "plain", &ppc64_arch);
	s.request.core_class = CORE_32;
	place(&s);
	ident = blob_at(plan_segment(&s.plan, SEGMENT_ELFCOREHDR)->data, 0, sizeof(*ident));
	assert_int_equal(ident->class, ELFCLASS32);
	assert_int_equal(ident->data, ELFDATA2MSB);
	assert_null(s.plan.warnings);
	tear_down(&s);

	set_up(&s, "gap", &ppc64_arch);
	s.request.core_class = CORE_32;
	place(&s);
	check_bytes("core header", "gap", plan_segment(&s.plan, SEGMENT_ELFCOREHDR)->data, own_fixture(&s, "gap", ".core"));
	assert_int_equal(warnings(&s, "ends above 4 GiB. The header has 64 bits"), 1);
	tear_down(&s);
}

CHECK_MAIN(cmocka_unit_test(parts_and_core_header_are_what_the_rules_say),
	   cmocka_unit_test(meminfo_is_what_the_specification_says),
	   cmocka_unit_test(the_capture_kernel_may_use_what_the_rules_say),
	   cmocka_unit_test(the_core_header_is_read_back), cmocka_unit_test(the_command_line_names_the_core_header),
	   cmocka_unit_test(a_reservation_over_the_vectors_is_refused), cmocka_unit_test(no_room_is_told),
	   cmocka_unit_test(large_machines_have_a_header_of_every_piece),
	   cmocka_unit_test(a_header_of_32_bits_is_right_or_has_64))

#else
#include "no_libfdt.h"
#endif
