/* SPDX-License-Identifier: GPL-2.0-only */
/* What is found before registering, from filled structs; the default boot entry, from a made /boot. */
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "kexec/base/file.h"
#include "kexec/boot_entry.h"
#include "kexec/fadump_preflight.h"

#define MIB (UINT64_C(1) << 20)

struct scene {
	struct arena arena;
	struct fadump fadump;
	struct machine machine;
	struct fadump_wish wish;
	struct fadump_preflight result;
};

/* A healthy machine of pSeries: 4 GiB, 512 MiB of boot memory, registered, RTAS low. */
static void make(struct scene *s)
{
	*s = (struct scene){
		.fadump = { .present = true,
			    .enabled = true,
			    .registered = true,
			    .pseries = true,
			    .has_mem_reserved = true,
			    .mem_reserved = 512 * MIB + 0x10000 + 0x1b0,
			    .has_hotplug_ready = true,
			    .hotplug_ready = true,
			    .bootargs_append = "",
			    .has_rtas = true,
			    .rtas_start = 0xfff0000,
			    .rtas_size = 0x1000 },
		.machine = { .page_size = 65536, .release = "6.12.0", .cmdline = "root=/dev/sda2 fadump=on crashkernel=512M" },
		.wish = { .entry_release = "6.12.0", .entry_source = "/boot/vmlinux" },
	};
	arena_init(&s->arena);
	ranges_init(&s->machine.ram, &s->arena);
	ranges_append(&s->machine.ram, (struct range){ 0, 4096 * MIB });
	ranges_normalize(&s->machine.ram);
}

static void look(struct scene *s)
{
	fadump_preflight(&s->result, &s->arena, &s->fadump, &s->machine, &s->wish);
}

static bool found(const struct scene *s, enum fadump_grade grade, const char *words)
{
	for (const struct fadump_finding *f = s->result.findings; f; f = f->next)
		if (f->grade == grade && strstr(f->text, words))
			return true;
	return false;
}

static const char *worse_than_note(const struct scene *s)
{
	for (const struct fadump_finding *f = s->result.findings; f; f = f->next)
		if (f->grade != FADUMP_NOTE)
			return f->text;
	return "";
}

TEST(a_healthy_machine_is_not_complained_of)
{
	BEGIN_TEST();
	struct scene s;

	make(&s);
	look(&s);
	assert_string_equal(worse_than_note(&s), "");
	assert_null(s.result.bootargs);
	assert_true(s.result.boot_memory == 512 * MIB);
	assert_true(found(&s, FADUMP_NOTE, "by /boot/vmlinux the default boot entry starts 6.12.0, which is running"));
	s.fadump.hotplug_ready = false;
	s.wish.entry_release = NULL;
	look(&s);
	assert_string_equal(worse_than_note(&s), "");
	assert_true(found(&s, FADUMP_NOTE, "not ready for hotplug"));
	assert_true(found(&s, FADUMP_NOTE, "could not be seen"));
	s.wish.entry_release = "6.1.0";
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "starts 6.1.0, and 6.12.0 is running"));
	arena_release(&s.arena);
}

TEST(boot_memory_is_found)
{
	BEGIN_TEST();
	static const uint8_t sections[] = { 0, 0, 0, 1, 0, 0, 0, 0, 0, 0x20, 0, 0, /* 2 MiB of CPU state */
					    0, 0, 0, 2, 0, 0, 0, 0, 0, 0,    0, 0, 0xff };
	static const struct {
		const char *region;
		uint64_t memory;
	} regions[] = {
		{ "CPU :[0x00000020000000-0x0000002000050f] 0x510 bytes, Dumped: 0x510\n"
		  "DUMP: Src: 0x00000000000000, Dest: 0x00000020010000, Size: 0x20000000, Dumped: 0x0 bytes\n",
		  512 * MIB },
		{ "DUMP: Src: 0x0, Dest: 0x9, Size: 0x10000000, Dumped: 0x0 bytes\n"
		  "DUMP: Src: 0x20000000, Dest: 0x9, Size: 0x10000000, Dumped: 0x0 bytes",
		  768 * MIB },
		{ "DUMP: Src: 0x0\nSize: 0x10000000\n", 510 * MIB },
		{ "DUMP: Src: 0xffffffffffffff00, Dest: 0x9, Size: 0x20000000, Dumped: 0x0 bytes\n", 510 * MIB },
		{ "DUMP: Src: 0x20000000, Dest: 0x9, Size: 0xffffffffffffffff, Dumped: 0x0 bytes\n"
		  "DUMP: Src: 0x0, Dest: 0x9, Size: 0x10000000, Dumped: 0x0 bytes\n",
		  256 * MIB },
		{ "DUMP:\n", 510 * MIB },
		{ "", 510 * MIB },
		{ NULL, 510 * MIB },
	};
	struct scene s;

	for (size_t i = 0; i < sizeof(regions) / sizeof(regions[0]); i++) {
		make(&s);
		s.fadump.section_sizes = (struct blob){ sections, sizeof(sections) };
		s.fadump.region = regions[i].region;
		look(&s);
		if (s.result.boot_memory != regions[i].memory)
			fail_msg("%zu: %llu", i, (unsigned long long)s.result.boot_memory);
		arena_release(&s.arena);
	}
	make(&s);
	s.fadump.mem_reserved = 0;
	look(&s);
	assert_true(s.result.boot_memory == 0);
	arena_release(&s.arena);
}

TEST(limits)
{
	BEGIN_TEST();
	struct scene s;

	make(&s);
	s.fadump.mem_reserved = 319 * MIB + 0x101b0;
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "319 MiB, and the capture kernel needs at least 320 MiB"));
	s.fadump.mem_reserved = 320 * MIB + 0x101b0;
	look(&s);
	assert_string_equal(worse_than_note(&s), "");
	s.fadump.opal = true;
	s.fadump.pseries = false;
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "320 MiB, and the capture kernel needs at least 768 MiB"));
	s.fadump.opal = false;
	s.machine.power.opal = true;
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "at least 768 MiB"));
	arena_release(&s.arena);
}

TEST(the_quarter_of_ram)
{
	BEGIN_TEST();
	static const struct {
		const char *value;
		bool too_much; /* of 4 GiB */
	} values[] = {
		{ "1G", false },
		{ "1025M", true },
		{ "0x40000001", true },
		{ "2G@16M", true },
		{ "1G-4G:2G,4G-:1G", false },
		{ "1G-4G:1G,4G-:2G@1M", true },
		{ "1G-5G:2G,5G-:1G", true },
		{ "5G-:2G", false },
		{ "auto", false },
		{ "", false },
		{ "-", false },
		{ "1G-", false },
		{ "1G-:", false },
		{ "0", false },
		{ "99999999999999999999G", false },
		{ "16777216E", false },
		{ "512M crashkernel=2G,high", false },
		{ "512M crashkernel=2G", true },
		{ "2G crashkernel=512M", false },
	};
	struct scene s;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		make(&s);
		s.machine.cmdline = arena_printf(&s.arena, "fadump=on crashkernel=%s", values[i].value);
		look(&s);
		if (found(&s, FADUMP_WARNING, "at most a quarter of the 4096 MiB") != values[i].too_much)
			fail_msg("crashkernel=%s: %s", values[i].value, worse_than_note(&s));
		arena_release(&s.arena);
	}
}

TEST(after_a_release)
{
	BEGIN_TEST();
	struct scene s;

	make(&s);
	s.fadump.has_release = true;
	look(&s);
	assert_true(found(&s, FADUMP_REFUSAL, "--force-fadump registers nevertheless"));
	s.fadump.registered = false;
	look(&s);
	assert_true(found(&s, FADUMP_REFUSAL, "--force-fadump registers nevertheless"));
	s.wish.force = true;
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "(--force-fadump)"));

	/* RTAS ends with boot memory, or a byte above, or nothing is known of it. */
	s.fadump.rtas_start = 512 * MIB - 0x1000;
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "(--force-fadump)"));
	s.fadump.rtas_start++;
	look(&s);
	assert_true(found(&s, FADUMP_REFUSAL, "the firmware code that registering calls"));
	s.fadump.rtas_start = 0;
	s.fadump.mem_reserved = 0;
	look(&s);
	assert_true(found(&s, FADUMP_REFUSAL, "the firmware code that registering calls"));
	s.fadump.has_rtas = false;
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "(--force-fadump)"));

	s.fadump.has_vmcore = true;
	s.fadump.tree_active = true;
	look(&s);
	assert_true(found(&s, FADUMP_REFUSAL, "a dump waits in /proc/vmcore"));
	arena_release(&s.arena);

	make(&s);
	s.fadump.rtas_start = 0x2fff0000;
	look(&s);
	assert_string_equal(worse_than_note(&s), "");
	assert_true(found(&s, FADUMP_NOTE, "RTAS ends at 0x2fff1000, above the 512 MiB"));
	arena_release(&s.arena);
}

TEST(what_is_passed_on)
{
	BEGIN_TEST();
	static const struct {
		const char *append, *bootargs;
	} texts[] = {
		{ NULL, NULL },
		{ "", "" },
		{ "nr_cpus=1", "nr_cpus=1" },
		{ "  nr_cpus=1   quiet ", "nr_cpus=1 quiet" },
		{ "root=/dev/sda2 nr_cpus=1 root=/dev/sda", "nr_cpus=1 root=/dev/sda" },
		{ "root=/dev/sda2", "" },
		{ "BOOT_IMAGE=x elfcorehdr=1 crashkernel=2G fadump=off fadump_reserve_mem=1G y", "y" },
		{ "x=\"a b\" z", "x=\"a b\" z" },
	};
	struct scene s;

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		make(&s);
		s.wish.append = texts[i].append;
		look(&s);
		if (!texts[i].bootargs != !s.result.bootargs ||
		    (texts[i].bootargs && strcmp(texts[i].bootargs, s.result.bootargs) != 0))
			fail_msg("%zu: \"%s\"", i, s.result.bootargs ? s.result.bootargs : "none");
		assert_int_equal(found(&s, FADUMP_WARNING, "are left out"), i == 6);
		arena_release(&s.arena);
	}

	make(&s);
	s.wish.append = "a\tb";
	look(&s);
	assert_true(found(&s, FADUMP_REFUSAL, "control characters") && !s.result.bootargs);
	s.wish.append = "x";
	s.fadump.bootargs_append = NULL;
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "no bootargs_append") && !s.result.bootargs);
	s.fadump.bootargs_append = "";
	s.fadump.has_release = true;
	look(&s);
	assert_true(found(&s, FADUMP_WARNING, "the memory for it was freed") && !s.result.bootargs);
	arena_release(&s.arena);
}

TEST(the_length_that_a_kernel_takes)
{
	BEGIN_TEST();
	struct scene s;
	char text[2100];

	make(&s);

	size_t rest = 2046 - strlen(s.machine.cmdline);

	memset(text, 'x', rest + 1);
	text[rest] = 0;
	s.wish.append = text;
	look(&s);
	assert_non_null(s.result.bootargs);
	text[rest] = 'x';
	text[rest + 1] = 0;
	look(&s);
	assert_null(s.result.bootargs);
	assert_true(found(&s, FADUMP_REFUSAL, "would have 2047 characters"));
	arena_release(&s.arena);
}

TEST(why_it_is_off)
{
	BEGIN_TEST();
	static const struct {
		const char *cmdline;
		uint64_t ram;
		const char *words; /* NULL: nothing to explain */
	} cases[] = {
		{ "root=/dev/sda", 4096, NULL },
		{ "fadump=off crashkernel=256M", 4096, NULL },
		{ "fadump=on fadump=off", 4096, NULL },
		{ "fadump", 4096, NULL },
		{ "fadump=on crashkernel=256M", 4096,
		  "crashkernel=256M gives 256 MiB of boot memory, and this platform needs 320 MiB. Boot with crashkernel=320M or "
		  "more" },
		{ "fadump=nocma crashkernel=512M", 1024,
		  "crashkernel=512M, of which a quarter of the 1024 MiB of RAM is the most, gives 256 MiB" },
		{ "fadump=on crashkernel=512M", 1024, "gets that only without crashkernel=" },
		{ "fadump=on fadump_reserve_mem=128M", 4096, "fadump_reserve_mem= gives 128 MiB" },
		{ "fadump=on crashkernel=512M", 4096, "see dmesg for fadump:" },
		{ "fadump=on", 4096, "see dmesg for fadump:" },
		{ "fadump=on crashkernel=auto", 4096, "see dmesg for fadump:" },
	};
	struct scene s;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		make(&s);
		s.fadump.enabled = false;
		s.machine.cmdline = cases[i].cmdline;
		s.machine.ram.count = 0;
		ranges_append(&s.machine.ram, (struct range){ 0, cases[i].ram * MIB });
		ranges_normalize(&s.machine.ram);

		const char *why = fadump_preflight_why_off(&s.arena, &s.fadump, &s.machine);

		if (!why != !cases[i].words || (why && !strstr(why, cases[i].words)))
			fail_msg("%s: %s", cases[i].cmdline, why ? why : "nothing");
		arena_release(&s.arena);
	}

	make(&s);
	assert_null(fadump_preflight_why_off(&s.arena, &s.fadump, &s.machine));
	s.fadump.enabled = s.fadump.present = false;
	assert_non_null(strstr(fadump_preflight_why_off(&s.arena, &s.fadump, &s.machine), "CONFIG_FA_DUMP"));
	s.fadump.pseries = false;
	assert_non_null(strstr(fadump_preflight_why_off(&s.arena, &s.fadump, &s.machine), "firmware has no such"));
	s.fadump.present = s.fadump.pseries = s.fadump.has_crash_size = true;
	s.fadump.crash_size = 256 * MIB;
	s.machine.cmdline = "fadump=on crashkernel=256M";
	assert_non_null(
		strstr(fadump_preflight_why_off(&s.arena, &s.fadump, &s.machine), "reserved 256 MiB for kdump instead"));
	arena_release(&s.arena);
}

struct boot {
	struct arena arena;
	char root[64];
};

static const char *below(struct boot *boot, const char *name)
{
	return file_below(&boot->arena, boot->root, name);
}

static void put(struct boot *boot, const char *name, const char *text)
{
	int fd = open(below(boot, name), O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static void says(struct boot *boot, const char *release, const char *file)
{
	const char *source = NULL;
	const char *found_release = boot_entry_release(&boot->arena, boot->root, &source);

	if (!release != !found_release || (release && strcmp(release, found_release) != 0))
		fail_msg("release %s, expected %s", found_release ? found_release : "none", release ? release : "none");
	if (release)
		assert_string_equal(source, below(boot, file));
}

TEST(the_default_boot_entry)
{
	BEGIN_TEST();
	struct boot boot = { .root = "/tmp/boot-entry-test-XXXXXX" };
	static const char *const folders[] = { "boot", "boot/grub", "boot/loader", "boot/loader/entries" };

	arena_init(&boot.arena);
	assert_non_null(mkdtemp(boot.root));
	says(&boot, NULL, NULL);
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++)
		assert_int_equal(mkdir(below(&boot, folders[i]), 0700), 0);
	assert_int_equal(symlink("boot/vmlinux-6.1.0-1-powerpc64le", below(&boot, "vmlinux")), 0);
	says(&boot, "6.1.0-1-powerpc64le", "vmlinux");
	assert_int_equal(symlink("custom", below(&boot, "boot/vmlinux")), 0);
	says(&boot, "6.1.0-1-powerpc64le", "vmlinux");

	put(&boot, "boot/grub/grubenv", "# GRUB\nsaved_entry=id\nx=1\n###");
	says(&boot, "6.1.0-1-powerpc64le", "vmlinux");
	put(&boot, "boot/loader/entries/id.conf", "title t\nversion 1\nlinux  /vmlinuz-6.12.1\noptions quiet\n");
	says(&boot, "6.12.1", "boot/loader/entries/id.conf");
	put(&boot, "boot/loader/entries/id.conf", "linuxefi /vmlinuz-6.12.2\nlinux\t/vmlinuz-6.12.3\n");
	says(&boot, "6.12.3", "boot/loader/entries/id.conf");
	put(&boot, "boot/loader/entries/id.conf", "linux\n/vmlinuz-6.12.4\n");
	says(&boot, "6.1.0-1-powerpc64le", "vmlinux");
	put(&boot, "boot/loader/entries/id.conf", "title t\nlinux /linux\n");
	says(&boot, "6.1.0-1-powerpc64le", "vmlinux");
	put(&boot, "boot/grub/grubenv", "saved_entry=../../../etc/passwd\n");
	says(&boot, "6.1.0-1-powerpc64le", "vmlinux");
	put(&boot, "boot/grub/grubenv", "saved_entry=\n");
	says(&boot, "6.1.0-1-powerpc64le", "vmlinux");

	unlink(below(&boot, "boot/loader/entries/id.conf"));
	unlink(below(&boot, "boot/grub/grubenv"));
	unlink(below(&boot, "boot/vmlinux"));
	unlink(below(&boot, "vmlinux"));
	for (size_t i = sizeof(folders) / sizeof(folders[0]); i > 0; i--)
		assert_int_equal(rmdir(below(&boot, folders[i - 1])), 0);
	assert_int_equal(rmdir(boot.root), 0);
	arena_release(&boot.arena);
}

CHECK_MAIN(cmocka_unit_test(a_healthy_machine_is_not_complained_of), cmocka_unit_test(boot_memory_is_found),
	   cmocka_unit_test(limits), cmocka_unit_test(the_quarter_of_ram), cmocka_unit_test(after_a_release),
	   cmocka_unit_test(what_is_passed_on), cmocka_unit_test(the_length_that_a_kernel_takes),
	   cmocka_unit_test(why_it_is_off), cmocka_unit_test(the_default_boot_entry))
