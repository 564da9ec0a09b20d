/* SPDX-License-Identifier: GPL-2.0-only */
/* Which system call is used: by options, by the file, and after a refusal. */
#include <errno.h>

#include "options_fixture.h"

TEST(the_way_is_chosen)
{
	BEGIN_TEST();
	const struct arch plain = { .id = ARCH_X86_64 };
	const struct arch prefers = { .id = ARCH_S390X, .prefers_kexec_load_for_crash = true };
	const struct {
		const struct arch *arch;
		const char *line;
		enum err_code code;
		enum options_way first;
		bool has_second;
		const char *warning;
	} cases[] = {
		{ &plain, "-l k", ERR_NONE, WAY_FILE, true, NULL },
		{ &plain, "-p k", ERR_NONE, WAY_FILE, true, NULL },
		{ &prefers, "-l k", ERR_NONE, WAY_FILE, true, NULL },
		{ &prefers, "-p k", ERR_NONE, WAY_PLAN, true, NULL },
		{ &prefers, "-p k -s", ERR_NONE, WAY_FILE, false, NULL },
		{ &prefers, "-p k -c", ERR_NONE, WAY_PLAN, false, NULL },
		{ &prefers, "-l k -c", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k -t x", ERR_NONE, WAY_PLAN, true, NULL },
		{ &plain, "-l k --entry=0", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k --mem-min=1", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k --mem-max=1", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-p k --elf-headers=always", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-p k --elf-headers=never", ERR_NONE, WAY_FILE, true, NULL },
		{ &plain, "-l k --on-corruption=reboot", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-p k --realmem=f", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k --dry-run", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k --dry-run -s", ERR_NONE, WAY_FILE, false, NULL },
		{ &plain, "-l k -i", ERR_NONE, WAY_FILE, true, NULL },
		{ &plain, "-l k -i -s", ERR_NONE, WAY_FILE, false, "--no-checks is ignored" },
		{ &plain, "-l k -t x -s", ERR_NONE, WAY_FILE, false, "--type is ignored" },
		{ &plain, "-p k --elf-headers=always -s", ERR_USAGE, WAY_FILE, false, NULL },
		{ &plain, "-l k --on-corruption=reboot -s", ERR_USAGE, WAY_FILE, false, NULL },
		{ &plain, "-p k --realmem=f -s", ERR_USAGE, WAY_FILE, false, NULL },
		{ &plain, "-l k --real-mode", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k --real-mode -s", ERR_USAGE, WAY_FILE, false, NULL },
		{ &plain, "-l k --entry-32bit -s", ERR_USAGE, WAY_FILE, false, NULL },
		{ &plain, "-l k --dtb=x -s", ERR_USAGE, WAY_FILE, false, NULL },
		{ &plain, "-l k --module=x -s", ERR_USAGE, WAY_FILE, false, NULL },
		{ &plain, "-l k --reuseinitrd", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k --reuseinitrd -s", ERR_USAGE, WAY_FILE, false, NULL },
		{ &plain, "--load-preserve-context k --mem-max=9", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "--load-preserve-context k --mem-max=9 -s", ERR_USAGE, WAY_FILE, false, NULL },
		/* These are comforts: the file is loaded without them where there is no other way. */
		{ &plain, "-l k --reset-vga", ERR_NONE, WAY_PLAN, true, NULL },
		{ &plain, "-l k --console-serial --serial=ttyS1", ERR_NONE, WAY_PLAN, true, NULL },
		{ &plain, "-l k --noefi", ERR_NONE, WAY_PLAN, true, NULL },
		{ &plain, "-p k --elf32-core-headers", ERR_NONE, WAY_PLAN, true, NULL },
		{ &plain, "-p k --pass-memmap-cmdline -c", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k --reset-vga --mem-min=1", ERR_NONE, WAY_PLAN, false, NULL },
		{ &plain, "-l k --reset-vga -s", ERR_NONE, WAY_FILE, false, "--reset-vga is ignored" },
		{ &plain, "-l k --mem-max=9 --noefi -s", ERR_NONE, WAY_FILE, false, "--noefi is ignored" },
		{ &plain, "-p k --elf64-core-headers --args-linux", ERR_NONE, WAY_FILE, true, NULL },
		{ &prefers, "-l k --reset-vga --real-mode --serial=x", ERR_NONE, WAY_FILE, true, NULL },
		{ NULL, "-l k", ERR_NONE, WAY_FILE, false, NULL },
		{ NULL, "-l k -s", ERR_NONE, WAY_FILE, false, NULL },
		{ NULL, "-l k -c", ERR_UNSUPPORTED, WAY_FILE, false, NULL },
		{ NULL, "-l k --dry-run", ERR_UNSUPPORTED, WAY_FILE, false, NULL },
		{ NULL, "-p k --elf-headers=always", ERR_UNSUPPORTED, WAY_FILE, false, NULL },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options_ways ways;

		enum arch_id id = cases[i].arch ? cases[i].arch->id : ARCH_ARM64;

		parse_good(&p, cases[i].line);

		bool ok = options_choose_ways(&p.options, cases[i].arch, id, &ways, &p.err);

		if (ok != (cases[i].code == ERR_NONE) || p.err.code != cases[i].code)
			fail_msg("%zu \"%s\": code %d", i, cases[i].line, (int)p.err.code);
		if (ok &&
		    (ways.first != cases[i].first || ways.has_second != cases[i].has_second || !ways.why))
			fail_msg("%zu \"%s\": first %d, second %d", i, cases[i].line, (int)ways.first,
				 ways.has_second);
		if (cases[i].warning && !warned(&p.options, cases[i].warning))
			fail_msg("\"%s\": no warning \"%s\"", cases[i].line, cases[i].warning);
		if (ok && !cases[i].warning && p.options.warnings)
			fail_msg("\"%s\": warns of \"%s\"", cases[i].line, p.options.warnings->text);
		options_release(&p.options);
	}
}

TEST(only_some_refusals_are_tried_the_other_way)
{
	BEGIN_TEST();
	const struct options_ways file = { .first = WAY_FILE, .has_second = true };
	const struct options_ways plan = { .first = WAY_PLAN, .has_second = true };
	const struct options_ways only = { .first = WAY_FILE, .has_second = false };
	static const int retried[] = { ENOSYS, EINVAL, ENOEXEC, ENOTSUP };
	static const int final[] = { 0,	     EPERM,    EACCES, EKEYREJECTED,  ENOKEY, EBADMSG, ELIBBAD,
				     ENOPKG, EMSGSIZE, ENOMEM, EADDRNOTAVAIL, EBUSY,  ENOENT };

	for (size_t i = 0; i < sizeof(retried) / sizeof(retried[0]); i++) {
		assert_true(options_may_retry(&file, retried[i]));
		assert_false(options_may_retry(&only, retried[i]));
	}
	for (size_t i = 0; i < sizeof(final) / sizeof(final[0]); i++)
		assert_false(options_may_retry(&file, final[i]));
	assert_true(options_may_retry(&plan, EPERM));
	assert_true(options_may_retry(&plan, ENOSYS));
	assert_false(options_may_retry(&plan, EINVAL));
	assert_false(options_may_retry(&plan, EADDRNOTAVAIL));
	assert_false(options_may_retry(&plan, 0));
}

/* A bzImage as every distribution has it. */
static struct image bzimage(void)
{
	return (struct image){
		.fd = -1,
		.path = "/boot/k",
		.format = IMAGE_BZIMAGE,
		.bzimage = { .version = 0x20f, .loadflags = 1, .xloadflags = 3, .cmdline_size = 2047 },
	};
}

TEST(what_no_kernel_takes_as_a_file_goes_the_other_way)
{
	BEGIN_TEST();
	struct image good = bzimage(), old = bzimage(), low = bzimage(), only32 = bzimage();
	struct image elf = { .fd = -1, .path = "/boot/k", .format = IMAGE_ELF };
	struct image multiboot = { .fd = -1, .path = "/boot/k", .format = IMAGE_MULTIBOOT };
	struct image foreign = { .fd = -1, .path = "/boot/k", .format = IMAGE_LINUX_EFI };
	struct image s390 = { .fd = -1, .path = "/boot/k", .format = IMAGE_S390, .s390.max_command_line = 4096 };

	old.bzimage.version = 0x20b;
	low.bzimage.loadflags = 0;
	only32.bzimage.xloadflags = 2;

	const struct {
		enum arch_id arch;
		const struct image *image;
		size_t characters;
		const char *words; /* NULL: the file may go */
	} cases[] = {
		{ ARCH_X86_64, &good, 0, NULL },
		{ ARCH_X86_64, &good, 2016, NULL },
		{ ARCH_X86_64, &good, 2017, "has 2017 characters, and it passes at most 2016" },
		{ ARCH_X86_64, &old, 0, "64-bit entry" },
		{ ARCH_X86_64, &low, 0, "64-bit entry" },
		{ ARCH_X86_64, &only32, 0, "64-bit entry" },
		{ ARCH_X86_64, &elf, 0, "ELF" },
		{ ARCH_X86_64, &multiboot, 0, "multiboot" },
		{ ARCH_X86_64, &foreign, 0, NULL },
		{ ARCH_S390X, &elf, 0, NULL },
		{ ARCH_S390X, &s390, 4094, NULL },
		{ ARCH_S390X, &s390, 4095, "has 4095 characters, and it passes at most 4094" },
	};
	char cmdline[4100];
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options_ways ways = { .first = WAY_FILE, .has_second = true, .why = "" };

		memset(cmdline, 'x', cases[i].characters);
		cmdline[cases[i].characters] = 0;

		parse_good(&p, "-l k");
		check_ok(options_fit_image(&p.options, cases[i].arch, cases[i].image, cmdline, &ways, &p.err), &p.err);
		if ((ways.first == WAY_PLAN) != (cases[i].words != NULL) || ways.detour != (cases[i].words != NULL) ||
		    ways.has_second == (cases[i].words != NULL) || (cases[i].words && !strstr(ways.why, cases[i].words)))
			fail_msg("%zu: first %d, second %d: %s", i, (int)ways.first, ways.has_second, ways.why);

		/* Where the plan goes first, the file is no way out. */
		ways = (struct options_ways){ .first = WAY_PLAN, .has_second = true, .why = "" };
		check_ok(options_fit_image(&p.options, cases[i].arch, cases[i].image, cmdline, &ways, &p.err), &p.err);
		assert_true(ways.first == WAY_PLAN && ways.has_second == !cases[i].words);
		options_release(&p.options);

		parse_good(&p, "-l k -s");
		ways = (struct options_ways){ .first = WAY_FILE, .why = "" };
		if (cases[i].words)
			check_fails(options_fit_image(&p.options, cases[i].arch, cases[i].image, cmdline, &ways,
						      &p.err),
				    &p.err, ERR_UNSUPPORTED, cases[i].words);
		else
			check_ok(options_fit_image(&p.options, cases[i].arch, cases[i].image, cmdline, &ways, &p.err),
				 &p.err);
		options_release(&p.options);
	}
}

TEST(a_dump_that_is_over_is_not_handed_on)
{
	BEGIN_TEST();
	const struct arch arch = { .id = ARCH_PPC64LE };
	const struct options_ways file = { .first = WAY_FILE, .has_second = true, .why = "" };
	const struct options_ways plan = { .first = WAY_PLAN, .has_second = true, .why = "" };
	const struct {
		const char *line;
		bool has_arch, active, pending;
		struct options_ways before;
		enum options_way first;
		bool has_second, detour;
		const char *warning;
	} cases[] = {
		{ "-l k", true, false, false, file, WAY_FILE, true, false, NULL },
		{ "-l k", true, true, false, file, WAY_PLAN, false, true, NULL },
		{ "-p k", true, true, false, plan, WAY_PLAN, false, false, NULL },
		{ "-l k -s", true, true, false, file, WAY_FILE, true, false, "Without -s, kexec_load(2) is used" },
		{ "-l k", false, true, false, file, WAY_FILE, true, false, "Reboot through firmware" },
		{ "-l k", true, true, true, file, WAY_FILE, true, false, "waits to be saved" },
		{ "-l k", true, true, true, plan, WAY_PLAN, true, false, NULL },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct machine machine = { .power.dump_active = cases[i].active, .dump_pending = cases[i].pending };
		struct options_ways ways = cases[i].before;

		parse_good(&p, cases[i].line);
		options_fit_machine(&p.options, cases[i].has_arch ? &arch : NULL, &machine, &ways);
		if (ways.first != cases[i].first || ways.has_second != cases[i].has_second ||
		    ways.detour != cases[i].detour || !ways.why)
			fail_msg("%zu: first %d, second %d", i, (int)ways.first, ways.has_second);
		if (ways.detour && !strstr(ways.why, "the device tree still has it"))
			fail_msg("%zu: %s", i, ways.why);
		if (cases[i].warning ? !warned(&p.options, cases[i].warning) : p.options.warnings != NULL)
			fail_msg("%zu: warns of \"%s\"", i, p.options.warnings ? p.options.warnings->text : "nothing");
		options_release(&p.options);
	}
}

TEST(what_ppc64_needs_a_plan_for)
{
	BEGIN_TEST();
	const struct arch arch = { .id = ARCH_PPC64LE, .prefers_kexec_load_for_crash = true };
	static const struct {
		const char *line;
		enum err_code code;
		enum options_way first;
		bool has_second;
	} cases[] = {
		{ "-l k", ERR_NONE, WAY_FILE, true },
		{ "-p k", ERR_NONE, WAY_PLAN, true },
		{ "-l k --dtb=x", ERR_NONE, WAY_PLAN, false },
		{ "-l k --devicetreeblob=x", ERR_NONE, WAY_PLAN, false },
		{ "-l k --dtb=x -s", ERR_USAGE, WAY_FILE, false },
		{ "-l k --reuseinitrd", ERR_NONE, WAY_PLAN, false },
		{ "-l k --reuseinitrd -s", ERR_USAGE, WAY_FILE, false },
		{ "-l k --dt-no-old-root", ERR_NONE, WAY_FILE, true },
		{ "-l k --elf64-core-headers --args-linux -s", ERR_NONE, WAY_FILE, false },
		{ "-l k --reset-vga", ERR_NONE, WAY_FILE, true },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct options_ways ways;

		parse_good(&p, cases[i].line);

		bool ok = options_choose_ways(&p.options, &arch, ARCH_PPC64LE, &ways, &p.err);

		if (p.err.code != cases[i].code)
			fail_msg("%s: %s", cases[i].line, p.err.text);
		if (ok && (ways.first != cases[i].first || ways.has_second != cases[i].has_second))
			fail_msg("%s: first %d, second %d", cases[i].line, (int)ways.first, ways.has_second);
		options_release(&p.options);
	}
}

CHECK_MAIN(cmocka_unit_test(the_way_is_chosen), cmocka_unit_test(only_some_refusals_are_tried_the_other_way),
	   cmocka_unit_test(what_no_kernel_takes_as_a_file_goes_the_other_way),
	   cmocka_unit_test(a_dump_that_is_over_is_not_handed_on), cmocka_unit_test(what_ppc64_needs_a_plan_for))
