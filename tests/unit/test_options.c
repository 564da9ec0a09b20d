/* SPDX-License-Identifier: GPL-2.0-only */
#include "check.h"

#include "options_fixture.h"

TEST(modes_do_not_depend_on_order)
{
	BEGIN_TEST();
	static const struct {
		const char *line;
		enum options_mode mode;
		enum load_target target;
		bool execute, shutdown;
	} cases[] = {
		{ "-l k", MODE_LOAD, TARGET_NORMAL, false, false },
		{ "k -l", MODE_LOAD, TARGET_NORMAL, false, false },
		{ "-p k", MODE_LOAD, TARGET_CRASH, false, false },
		{ "k -p", MODE_LOAD, TARGET_CRASH, false, false },
		{ "-l -p k", MODE_LOAD, TARGET_CRASH, false, false },
		{ "-p -l k", MODE_LOAD, TARGET_CRASH, false, false },
		{ "k", MODE_LOAD, TARGET_NORMAL, false, true },
		{ "-f k", MODE_LOAD, TARGET_NORMAL, true, false },
		{ "-f -l k", MODE_LOAD, TARGET_NORMAL, true, false },
		{ "-l -f k", MODE_LOAD, TARGET_NORMAL, true, false },
		{ "-lf k", MODE_LOAD, TARGET_NORMAL, true, false },
		{ "-u", MODE_UNLOAD, TARGET_NORMAL, false, false },
		{ "-u -p", MODE_UNLOAD, TARGET_CRASH, false, false },
		{ "-p -u", MODE_UNLOAD, TARGET_CRASH, false, false },
		{ "-pu", MODE_UNLOAD, TARGET_CRASH, false, false },
		{ "-s -p -u", MODE_UNLOAD, TARGET_CRASH, false, false },
		{ "-u -l", MODE_UNLOAD, TARGET_NORMAL, false, false },
		{ "-e", MODE_EXEC, TARGET_NORMAL, false, false },
		{ "-e -f", MODE_EXEC, TARGET_NORMAL, false, false },
		{ "-f -e", MODE_EXEC, TARGET_NORMAL, false, false },
		{ "-e -f k", MODE_LOAD, TARGET_NORMAL, true, false },
		{ "k -f -e", MODE_LOAD, TARGET_NORMAL, true, false },
		{ "-S", MODE_STATUS, TARGET_CRASH, false, false },
		{ "-d -S", MODE_STATUS, TARGET_CRASH, false, false },
		{ "-S -d", MODE_STATUS, TARGET_CRASH, false, false },
		{ "-p -S", MODE_STATUS, TARGET_CRASH, false, false },
		{ "-S -p", MODE_STATUS, TARGET_CRASH, false, false },
		{ "-l -S", MODE_STATUS, TARGET_NORMAL, false, false },
		{ "-S -l", MODE_STATUS, TARGET_NORMAL, false, false },
		{ "-S -u", MODE_STATUS, TARGET_CRASH, false, false },
		{ "--status=verbose", MODE_STATUS, TARGET_CRASH, false, false },
		{ "-l --stat=verbose", MODE_STATUS, TARGET_NORMAL, false, false },
		{ "-p", MODE_LOAD, TARGET_CRASH, false, false },
		{ "--print-ckr-size", MODE_PRINT_CKR_SIZE, TARGET_NORMAL, false, false },
		{ "--print-machine", MODE_PRINT_MACHINE, TARGET_NORMAL, false, false },
		{ "--verify --memory m", MODE_VERIFY, TARGET_NORMAL, false, false },
		{ "--memory m -p --verify", MODE_VERIFY, TARGET_CRASH, false, false },
		{ "--load-preserve-context k --mem-max=0xffffff", MODE_LOAD, TARGET_NORMAL, false, false },
		{ "-f --mem-max=0xffffff k --load-preserve-context", MODE_LOAD, TARGET_NORMAL, true, false },
		{ "--load-jump-back-helper --entry=0x1000", MODE_JUMP_BACK_HELPER, TARGET_NORMAL, false, false },
		{ "--entry=0x1000 -l --load-jump-back-helper", MODE_JUMP_BACK_HELPER, TARGET_NORMAL, false, false },
		{ "-h", MODE_HELP, TARGET_NORMAL, false, false },
		{ "-v", MODE_VERSION, TARGET_NORMAL, false, false },
		{ "-?", MODE_HELP, TARGET_NORMAL, false, false },
		/* As in kexec-tools, what follows is not looked at, and what comes first must be right. */
		{ "--help --nonsense", MODE_HELP, TARGET_NORMAL, false, false },
		{ "-v --nonsense", MODE_VERSION, TARGET_NORMAL, false, false },
		{ "-vh", MODE_VERSION, TARGET_NORMAL, false, false },
		/* No kernel: run_load() says so, for that has an exit code of its own. */
		{ "", MODE_LOAD, TARGET_NORMAL, false, true },
		{ "-l", MODE_LOAD, TARGET_NORMAL, false, false },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse_good(&p, cases[i].line);
		if (p.options.mode != cases[i].mode || p.options.target != cases[i].target ||
		    p.options.execute != cases[i].execute || p.options.shutdown != cases[i].shutdown)
			fail_msg("\"%s\": mode %d, target %d, execute %d, shutdown %d", cases[i].line,
				 (int)p.options.mode, (int)p.options.target, p.options.execute,
				 p.options.shutdown);
		if (p.options.bad_help != (strcmp(cases[i].line, "-?") == 0))
			fail_msg("\"%s\": bad_help", cases[i].line);
		options_release(&p.options);
	}
}

TEST(what_is_wrong_is_refused)
{
	BEGIN_TEST();
	static const struct {
		const char *line, *words;
	} cases[] = {
		{ "--nonsense", "unrecognized option --nonsense" },
		{ "-Z", "unrecognized option -Z" },
		{ "-lZ k", "-Z in \"-lZ\"" },
		{ "-l k other", "\"k\" and \"other\"" },
		{ "-l k -- -p", "\"k\" and \"-p\"" },
		{ "-l --debug=1 k", "--debug takes no value" },
		{ "--status=loud", "Bad option value in --status=loud: expected verbose, or no value" },
		{ "--status=", "Bad option value in --status=" },
		{ "--status verbose more", "\"verbose\" and \"more\"" },
		{ "-l k --initrd", "--initrd requires an argument: FILE" },
		{ "-l k -t", "-t requires an argument" },
		{ "-l k --append", "--append requires an argument" },
		{ "-l k --initrd=", "--initrd: the value is empty" },
		{ "-l k --entry=", "the value is empty" },
		{ "-l k --entry=zwölf", "Bad option value in --entry=zwölf" },
		{ "-l k --entry=-1", "Bad option value in --entry=-1" },
		{ "-l k --entry=+1", "Bad option value" },
		{ "-l k --entry=0x", "Bad option value" },
		{ "-l k --entry=1k", "Bad option value" },
		{ "-l k --mem-min=08", "Bad option value in --mem-min=08" },
		{ "-l k --mem-max=0x10000000000000000", "Bad option value in --mem-max" },
		{ "-l k --mem-max=18446744073709551616", "Bad option value in --mem-max" },
		{ "-l k --mem-min=2 --mem-max=1", "--mem-min 0x2 lies above --mem-max 0x1" },
		{ "-l k --mem=1", "ambiguous" },
		{ "-l k --arch=vax", "Bad option value in --arch=vax: expected one of s390x, x86_64" },
		{ "-l k --elf-headers=perhaps",
		  "Bad option value in --elf-headers=perhaps: expected auto|always|never" },
		{ "-l k --elf-headers=a", "Bad option value" },
		{ "-l k --on-corruption=ignore", "expected halt|reboot" },
		{ "-l k --meminfo=always", "expected auto|never" },
		{ "-u -e", "--unload and --exec contradict" },
		{ "-e -u", "--unload and --exec contradict" },
		{ "-u -f k", "--unload and --force contradict" },
		{ "-e -l k", "--exec and --load contradict" },
		{ "-l -e k", "--exec and --load contradict" },
		{ "-p -e", "--exec and --load-panic contradict" },
		{ "-f -p k", "--force and --load-panic contradict" },
		{ "-p -f k", "--force and --load-panic contradict" },
		{ "-S --verify", "--status and --verify contradict" },
		{ "--print-machine --print-ckr-size", "contradict" },
		{ "-p k --memory=m", "--memory belongs to --verify" },
		{ "-l k --realmem=m", "--realmem is for crash kernels" },
		{ "-e --realmem=m", "--realmem is for crash kernels" },
		{ "-p k --realmem=m --entry=0", "--realmem and --entry contradict" },
		{ "-l k --machine=m --root=r", "--machine and --root" },
		{ "--load-preserve-context k", "--load-preserve-context needs --mem-max" },
		{ "--load-preserve-context -p k --mem-max=1", "--load-preserve-context and --load-panic contradict" },
		{ "--load-preserve-context -e --mem-max=1", "--load-preserve-context and --exec contradict" },
		{ "--load-preserve-context -u --mem-max=1", "--load-preserve-context and --unload contradict" },
		{ "--load-jump-back-helper", "--load-jump-back-helper needs --entry" },
		{ "--load-jump-back-helper -e --entry=1", "--load-jump-back-helper and --exec contradict" },
		{ "-f --load-jump-back-helper --entry=1", "--load-jump-back-helper and --force contradict" },
		{ "-l k --reuseinitrd --ramdisk=x", "--reuseinitrd and --ramdisk contradict" },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse(&p, cases[i].line);
		if (p.ok)
			fail_msg("\"%s\" was accepted", cases[i].line);
		if (p.err.code != ERR_USAGE || !strstr(p.err.text, cases[i].words))
			fail_msg("\"%s\": code %d, \"%s\" does not say \"%s\"", cases[i].line,
				 (int)p.err.code, p.err.text, cases[i].words);
		options_release(&p.options);
	}
}

TEST(empty_arguments_are_no_kernel)
{
	BEGIN_TEST();
	char name[] = "kexec", load[] = "-l", empty[] = "";
	char *words[] = { name, load, empty, NULL };
	struct options options;
	struct err err;

	check_fails(options_parse(&options, 3, words, ARCH_S390X, &err), &err, ERR_USAGE,
		    "an argument is empty");
	options_release(&options);
	check_ok(options_parse(&options, 0, words + 3, ARCH_S390X, &err), &err);
	assert_null(options.kernel);
	options_release(&options);
}

TEST(values_arrive)
{
	BEGIN_TEST();
	static const char *const lines[] = {
		("-l -t image --entry=0x10000 --mem-min 4096 --mem-max=010 k --mem-max=0xffffffffffffffff "
		 "--initrd=a --ramdisk b -i"),
		"--initrd a k --load --type=image --ramdisk=b --no-checks --mem-min=0x1000 --entry 65536",
		"-ltimage -i --initrd a --initrd b --entry=65536 --mem-min=4096 -- k",
		"-lit image --initrd a --initrd b --entry=65536 --mem-min=4096 k",
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
		parse_good(&p, lines[i]);
		assert_string_equal(p.options.kernel, "k");
		assert_string_equal(p.options.type, "image");
		assert_true(p.options.has_entry && p.options.entry == 0x10000);
		assert_true(p.options.mem_min == 4096 && p.options.mem_max == UINT64_MAX);
		assert_int_equal(p.options.initrd_count, 2);
		assert_string_equal(p.options.initrds[0], "a");
		assert_string_equal(p.options.initrds[1], "b");
		assert_true(p.options.no_checks);
		options_release(&p.options);
	}

	parse_good(&p, "-p k --dry-run --arch=s390 --machine m --elf-headers=never --on-corruption=reboot "
		       "--meminfo=never");
	assert_true(p.options.dry_run && p.options.no_meminfo);
	assert_int_equal(p.options.arch, ARCH_S390X);
	assert_string_equal(p.options.machine, "m");
	assert_int_equal(p.options.elf_headers, ELF_HEADERS_NEVER);
	assert_int_equal(p.options.on_corruption, CORRUPTION_REBOOT);
	options_release(&p.options);

	parse_good(&p, "-dxyp k --root r --realmem=f --no-cma --hotplug --elf-headers=always");
	assert_true(p.options.debug && p.options.no_ifdown && p.options.no_sync && p.options.no_cma &&
		    p.options.hotplug);
	assert_string_equal(p.options.root, "r");
	assert_string_equal(p.options.realmem, "f");
	assert_int_equal(p.options.elf_headers, ELF_HEADERS_ALWAYS);
	options_release(&p.options);

	parse_good(&p, "-l k");
	assert_string_equal(p.options.root, "/");
	assert_true(p.options.mem_min == 0 && p.options.mem_max == UINT64_MAX && !p.options.has_entry);
	assert_int_equal(p.options.arch, ARCH_NONE);
	assert_int_equal(p.options.elf_headers, ELF_HEADERS_AUTO);
	assert_int_equal(p.options.on_corruption, CORRUPTION_HALT);
	options_release(&p.options);

	parse_good(&p, "-l k --module=a --dtb=x --elf32-core-headers --args-elf --module b --args-none --dtb=y");
	assert_int_equal(p.options.module_count, 2);
	assert_string_equal(p.options.modules[0], "a");
	assert_string_equal(p.options.modules[1], "b");
	assert_string_equal(p.options.dtb, "y");
	assert_int_equal(p.options.core_class, CORE_32);
	assert_int_equal(p.options.elf_args, ELF_ARGS_NONE);
	options_release(&p.options);

	parse_good(&p, "-l k --elf32-core-headers --args-elf --elf64-core-headers --args-linux");
	assert_int_equal(p.options.core_class, CORE_64);
	assert_int_equal(p.options.elf_args, ELF_ARGS_LINUX);
	options_release(&p.options);

	/* A value that looks like an option is a value, and "-" a file name, as with getopt. */
	parse_good(&p, "-l --append -p -");
	assert_string_equal(p.options.texts[0].text, "-p");
	assert_string_equal(p.options.kernel, "-");
	assert_int_equal(p.options.target, TARGET_NORMAL);
	options_release(&p.options);
}

TEST(the_last_system_call_counts)
{
	BEGIN_TEST();
	static const struct {
		const char *line;
		enum options_syscall syscall;
	} cases[] = {
		{ "-l k", SYSCALL_AUTO },	{ "-l k -s", SYSCALL_FILE },
		{ "-l k -c", SYSCALL_LOAD },	{ "-l k -s -s", SYSCALL_FILE },
		{ "-l k -c -a", SYSCALL_AUTO }, { "-c -l k -s", SYSCALL_FILE },
		{ "-asc -l k", SYSCALL_LOAD },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse_good(&p, cases[i].line);
		assert_int_equal(p.options.syscall, cases[i].syscall);
		options_release(&p.options);
	}
}

TEST(abbreviations_are_those_of_the_machine)
{
	BEGIN_TEST();
	static const struct {
		enum arch_id running;
		const char *word;
		enum option_id id; /* OPTION_COUNT: ambiguous */
	} cases[] = {
		{ ARCH_S390X, "--deb", OPTION_DEBUG },
		{ ARCH_S390X, "--app=x", OPTION_APPEND },
		{ ARCH_S390X, "--com=x", OPTION_COMMAND_LINE },
		{ ARCH_S390X, "--init=x", OPTION_INITRD },
		{ ARCH_S390X, "--ram=x", OPTION_INITRD },
		{ ARCH_S390X, "--load-pan", OPTION_LOAD_PANIC },
		{ ARCH_S390X, "--load", OPTION_LOAD },
		{ ARCH_S390X, "--loa", OPTION_COUNT },
		{ ARCH_S390X, "--unl", OPTION_UNLOAD },
		{ ARCH_S390X, "--stat", OPTION_STATUS },
		{ ARCH_S390X, "--reuse-c", OPTION_REUSE_CMDLINE },
		{ ARCH_S390X, "--kexec-syscall", OPTION_LOAD_SYSCALL },
		{ ARCH_S390X, "--kexec-f", OPTION_FILE_SYSCALL },
		{ ARCH_S390X, "--kexec-s", OPTION_COUNT },
		{ ARCH_S390X, "--mem-mi=1", OPTION_MEM_MIN },
		{ ARCH_S390X, "--mem-m=1", OPTION_COUNT },
		/* --debug was the only one there, and on s390 still is: --dtb, --dry-run came with other
		   lists. */
		{ ARCH_S390X, "--d", OPTION_DEBUG },
		{ ARCH_X86_64, "--d", OPTION_COUNT },
		{ ARCH_S390X, "--ver", OPTION_VERSION },
		{ ARCH_S390X, "--veri", OPTION_VERIFY },
		{ ARCH_S390X, "--entry=1", OPTION_ENTRY },
		{ ARCH_S390X, "--entr=1", OPTION_ENTRY },
		{ ARCH_X86_64, "--entr=1", OPTION_COUNT },
		{ ARCH_X86_64, "--serial-b=1", OPTION_SERIAL_BAUD },
		{ ARCH_X86_64, "--serial=1", OPTION_SERIAL },
		{ ARCH_X86_64, "--pass", OPTION_PASS_MEMMAP_CMDLINE },
		/* Known elsewhere only. */
		{ ARCH_S390X, "--reset", OPTION_RESET_VGA },
		{ ARCH_S390X, "--console-v", OPTION_CONSOLE_VGA },
		{ ARCH_S390X, "--dry", OPTION_DRY_RUN },
		{ ARCH_NONE, "--print-m", OPTION_PRINT_MACHINE },
		{ ARCH_NONE, "--print-c", OPTION_PRINT_CKR_SIZE },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse_on(&p, cases[i].running, cases[i].word);
		if (cases[i].id == OPTION_COUNT) {
			if (p.ok || !strstr(p.err.text, "ambiguous"))
				fail_msg("%s: not ambiguous", cases[i].word);
		} else if (!p.ok) {
			fail_msg("%s: %s", cases[i].word, p.err.text);
		} else if (!p.options.seen[cases[i].id] &&
			   !(cases[i].id == OPTION_VERSION && p.options.mode == MODE_VERSION)) {
			fail_msg("%s: means something else", cases[i].word);
		}
		options_release(&p.options);
	}
}

/* As kexec-tools 2.0.32 spells them, on all its architectures: reference for the table, made by hand. '='
 * takes a value. */
static const char *const reference[] = {
	"help",
	"version",
	"debug",
	"load",
	"load-panic",
	"unload",
	"exec",
	"exec-live-update",
	"force",
	"no-ifdown",
	"no-sync",
	"no-checks",
	"type=",
	"entry=",
	"mem-min=",
	"mem-max=",
	"reuseinitrd",
	"print-ckr-size",
	"load-preserve-context",
	"load-jump-back-helper",
	"load-live-update",
	"kexec-file-syscall",
	"kexec-syscall",
	"kexec-syscall-auto",
	"status",
	"hotplug",
	"no-cma",
	"force-dtb",
	"reset-vga",
	"serial=",
	"serial-baud=",
	"console-vga",
	"console-serial",
	"elf32-core-headers",
	"elf64-core-headers",
	"pass-memmap-cmdline",
	"noefi",
	"reuse-video-type",
	"append=",
	"command-line=",
	"reuse-cmdline",
	"initrd=",
	"ramdisk=",
	"args-elf",
	"args-linux",
	"args-none",
	"module=",
	"real-mode",
	"entry-32bit",
	"dtb=",
	"devicetreeblob=",
	"dt-no-old-root",
	"gamecube=",
	"reuse-node=",
	"atags",
	"image-size=",
	"page-offset=",
	"bootinfo=",
	"empty-zero=",
	"howto=",
	"miniroot=",
	"noio",
	"vmm=",
};

static const struct option_row *row_named(const char *name, size_t length)
{
	for (const struct option_row *row = options_table; row->name; row++) {
		if (strlen(row->name) == length && strncmp(row->name, name, length) == 0)
			return row;
	}
	return NULL;
}

TEST(every_option_of_kexec_tools_is_known)
{
	BEGIN_TEST();
	static const char letters[] = "hvdfixyluetpscaS";
	struct parsed p;
	size_t own = 0, rows = 0;

	for (size_t i = 0; i < sizeof(reference) / sizeof(reference[0]); i++) {
		size_t length = strcspn(reference[i], "=");
		const struct option_row *row = row_named(reference[i], length);
		char line[64];

		if (!row || row->own || (row->value != NULL) != (reference[i][length] == '='))
			fail_msg("--%s is missing or takes another number of values", reference[i]);
		snprintf(line, sizeof(line), "--entry=1 --mem-max=1 --%s%s", reference[i], row->value ? "1" : "");
		parse(&p, line);
		if (!p.ok)
			fail_msg("%s: %s", line, p.err.text);
		options_release(&p.options);
	}
	for (size_t i = 0; letters[i]; i++) {
		char line[8];

		snprintf(line, sizeof(line), "-%c%s", letters[i], letters[i] == 't' ? " x" : "");
		parse(&p, line);
		if (!p.ok)
			fail_msg("%s: %s", line, p.err.text);
		options_release(&p.options);
	}
	for (const struct option_row *row = options_table; row->name; row++) {
		rows++;
		own += row->own;
		assert_true((row->archs == OPTION_ALL) == (row->family == NULL));
		assert_true((row->done != 0) == (row->help != NULL));
		assert_true((row->done != OPTION_ALL) == (row->refusal != NULL));
		assert_true(!row->own || !row->letter);
	}
	assert_int_equal(rows - own, sizeof(reference) / sizeof(reference[0]));
}

TEST(options_of_other_architectures_warn_and_unsupported_ones_fail)
{
	BEGIN_TEST();
	static const struct {
		enum arch_id arch;
		const char *line;
		const char *warning; /* NULL: none; "" with code: the error says so */
		enum err_code code;
		const char *words;
	} cases[] = {
		{ ARCH_S390X, "-l k --reset-vga", "--reset-vga is for x86", ERR_NONE, "" },
		{ ARCH_S390X, "-l k --dtb=x", "--dtb is for", ERR_NONE, "" },
		{ ARCH_S390X, "-l k --atags --vmm=x", "--vmm is for ia64", ERR_NONE, "" },
		{ ARCH_S390X, "-l k --force-dtb", "--force-dtb is for x86", ERR_NONE, "" },
		{ ARCH_S390X, "-p k --args-linux", NULL, ERR_NONE, "" },
		{ ARCH_S390X, "-p k --ramdisk=x --reuse-cmdline --no-cma", NULL, ERR_NONE, "" },
		{ ARCH_S390X, "-l k --real-mode", "--real-mode is for x86 and ignored", ERR_NONE, "" },
		{ ARCH_X86_64, "-l k --real-mode --dtb=x --module=x --noefi", NULL, ERR_NONE, "" },
		{ ARCH_X86_64, "-l k --reset-vga --serial=ttyS0 --serial-baud=9600", NULL, ERR_NONE, "" },
		{ ARCH_X86_64, "-l k --console-vga --console-serial --args-elf", NULL, ERR_NONE, "" },
		{ ARCH_X86_64, "-p k --elf32-core-headers --pass-memmap-cmdline", NULL, ERR_NONE, "" },
		{ ARCH_X86_64, "-l k --reuse-video-type --reuseinitrd --force-dtb", NULL, ERR_NONE, "" },
		{ ARCH_X86_64, "-l k --args-none --args-linux --entry-32bit", NULL, ERR_NONE, "" },
		{ ARCH_X86_64, "-l k --entry-32bit --real-mode", NULL, ERR_USAGE, "contradict" },
		{ ARCH_S390X, "-l k --entry-32bit --real-mode", "--entry-32bit is for x86", ERR_NONE, "" },
		{ ARCH_X86_64, "--load-preserve-context k --mem-max=1", NULL, ERR_NONE, "" },
		{ ARCH_X86_64, "--load-jump-back-helper --entry=1", NULL, ERR_NONE, "" },
		{ ARCH_X86_64, "--load-jump-back-helper --entry=1 --append=x",
		  "--append has no effect with --load-jump-back-helper", ERR_NONE, "" },
		{ ARCH_X86_64, "-u --serial=x", "--serial has no effect with --unload", ERR_NONE, "" },
		{ ARCH_ARM64, "-l k --serial=ttyAMA0", NULL, ERR_UNSUPPORTED, "--serial is not supported" },
		{ ARCH_ARM64, "-l k --dtb=x", NULL, ERR_UNSUPPORTED, "--dtb is not supported" },
		{ ARCH_ARM64, "-l k --reuseinitrd", NULL, ERR_UNSUPPORTED, "--reuseinitrd is not supported" },
		{ ARCH_PPC64LE, "-l k --dtb=x --dt-no-old-root --args-linux --ramdisk=x", NULL, ERR_NONE, "" },
		{ ARCH_PPC64, "-l k --devicetreeblob=x --reuseinitrd --reuse-cmdline", NULL, ERR_NONE, "" },
		{ ARCH_PPC64LE, "-p k --elf64-core-headers --hotplug --force-fadump", NULL, ERR_NONE, "" },
		{ ARCH_PPC64LE, "-l k --elf32-core-headers", "--elf32-core-headers is for x86", ERR_NONE, "" },
		{ ARCH_PPC64LE, "-l k --reuse-node=x", "--reuse-node is for ppc and", ERR_NONE, "" },
		{ ARCH_PPC64LE, "-e --discard-dump", NULL, ERR_NONE, "" },
		{ ARCH_PPC64LE, "-e --force-fadump", "--force-fadump has no effect with --exec", ERR_NONE, "" },
		{ ARCH_X86_64, "-e --discard-dump", "--discard-dump is for Power", ERR_NONE, "" },
		{ ARCH_X86_64, "-l k --dt-no-old-root", "--dt-no-old-root is for ppc64", ERR_NONE, "" },
		{ ARCH_X86_64, "-l k --elf64-core-headers", NULL, ERR_NONE, "" },
		{ ARCH_S390X, "--load-preserve-context k --mem-max=1", NULL, ERR_UNSUPPORTED,
		  "--load-preserve-context is not" },
		{ ARCH_S390X, "--load-jump-back-helper --entry=1", NULL, ERR_UNSUPPORTED,
		  "--load-jump-back-helper" },
		{ ARCH_S390X, "--load-live-update k", NULL, ERR_UNSUPPORTED, "Xen" },
		{ ARCH_S390X, "--exec-live-update", NULL, ERR_UNSUPPORTED, "Xen" },
		{ ARCH_S390X, "-l k --reuseinitrd", NULL, ERR_UNSUPPORTED, "but on x86" },
		{ ARCH_S390X, "-u --append=x", "--append has no effect with --unload", ERR_NONE, "" },
		{ ARCH_S390X, "-e k", "k is not looked at with --exec", ERR_NONE, "" },
		{ ARCH_S390X, "-S -u", "--unload is ignored: --status only looks", ERR_NONE, "" },
		{ ARCH_S390X, "-p -u -s -d", NULL, ERR_NONE, "" },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse_good(&p, cases[i].line);

		bool ok = options_check(&p.options, cases[i].arch, &p.err);

		if (ok != (cases[i].code == ERR_NONE) || p.err.code != cases[i].code ||
		    (!ok && !strstr(p.err.text, cases[i].words)))
			fail_msg("\"%s\": %d %s", cases[i].line, (int)p.err.code, ok ? "" : p.err.text);
		if (cases[i].warning && !warned(&p.options, cases[i].warning))
			fail_msg("\"%s\": no warning \"%s\"", cases[i].line, cases[i].warning);
		if (ok && !cases[i].warning && p.options.warnings)
			fail_msg("\"%s\": warns of \"%s\"", cases[i].line, p.options.warnings->text);
		options_release(&p.options);
	}
}

TEST(command_lines_add_up_as_their_architecture_does)
{
	BEGIN_TEST();
	static const struct {
		enum arch_id arch;
		const char *line, *running, *result;
	} cases[] = {
		{ ARCH_S390X, "-l k", "old=1", "" },
		{ ARCH_S390X, "-l k --append=a --command-line=b --append=c", "", "a b c" },
		{ ARCH_X86_64, "-l k --append=a --command-line=b --append=c", "", "c" },
		{ ARCH_ARM64, "-l k --append=a --command-line=b", "", "b" },
		{ ARCH_RISCV64, "-l k --append=a --command-line=b --append=c", "", "b c" },
		{ ARCH_X86_64, "-l k --append=a --append=", "", "" },
		/* Wherever it stands, the reused line comes first and nothing is lost. */
		{ ARCH_S390X, "-l k --append=a --reuse-cmdline --append=b", "BOOT_IMAGE=/x old=1",
		  "old=1 a b" },
		{ ARCH_S390X, "-l k --reuse-cmdline", "old=1 crashkernel=64M elfcorehdr=5",
		  "old=1 crashkernel=64M" },
		{ ARCH_S390X, "-p k --reuse-cmdline", "old=1 crashkernel=64M x", "old=1 x" },
		{ ARCH_S390X, "k --reuse-cmdline -p --append=nr_cpus=1", "nr_cpus=1 old crashkernel=1G,high",
		  "old nr_cpus=1" },
		{ ARCH_X86_64, "-l k --append=a --noefi --reuse-video-type --pass-memmap-cmdline", "", "a" },
		{ ARCH_X86_64, "-l k --reuse-cmdline", "BOOT_IMAGE=/v initrd=\\i root=/dev/vda",
		  "initrd=\\i root=/dev/vda" },
		{ ARCH_LOONGARCH64, "-l k --reuse-cmdline", "initrd=0x4000,12 root=/dev/vda", "root=/dev/vda" },
		{ ARCH_X86_64, "-l k --reuse-cmdline",
		  "a acpi_rsdp=0x7fe0 elfcorehdr=77K kexec_jump_back_entry=0x5 initrdmem=x", "a acpi_rsdp=0x7fe0 initrdmem=x" },
		{ ARCH_X86_64, "-l k --reuse-cmdline",
		  "memmap=1M$2M a memmap=exactmap memmap=640K@0K b memmap=9M@16M elfcorehdr=9M",
		  "memmap=1M$2M a b" },
		{ ARCH_X86_64, "-p k --reuse-cmdline --append=b", "a memmap=1M$2M b crashkernel=1G", "a memmap=1M$2M b" },
	};
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct arena arena;

		arena_init(&arena);
		parse_good(&p, cases[i].line);
		assert_string_equal(options_cmdline(&p.options, &arena, cases[i].arch, cases[i].running),
				    cases[i].result);
		options_release(&p.options);
		arena_release(&arena);
	}
}

TEST(console_options_are_read)
{
	BEGIN_TEST();
	static const struct {
		const char *line, *words; /* NULL: accepted */
		uint16_t port;
		uint32_t baud;
	} cases[] = {
		{ "-l k", NULL, 0x3f8, 0 },
		{ "-l k --serial=ttyS0", NULL, 0x3f8, 0 },
		{ "-l k --serial=ttyS1 --serial-baud=9600", NULL, 0x2f8, 9600 },
		{ "-l k --serial=0x3e8 --serial-baud=115200", NULL, 0x3e8, 115200 },
		{ "-l k --serial=0xffff --serial-baud=38400", NULL, 0xffff, 38400 },
		{ "-l k --serial=0x10000", "serial port base in --serial=0x10000", 0, 0 },
		{ "-l k --serial=0xffffffffffffffffff", "serial port base", 0, 0 },
		{ "-l k --serial=0x", "serial port base", 0, 0 },
		{ "-l k --serial=1016", "serial port base", 0, 0 },
		{ "-l k --serial=ttyS", "serial port base", 0, 0 },
		{ "-l k --serial=0x3f8,", "serial port base", 0, 0 },
		{ "-l k --serial-baud=0", "baud rate in --serial-baud=0", 0, 0 },
		{ "-l k --serial-baud=-1", "baud rate", 0, 0 },
		{ "-l k --serial-baud=4800", "baud rate", 0, 0 },
		{ "-l k --serial-baud=115201", "baud rate", 0, 0 },
		{ "-l k --serial-baud=10000", "baud rate", 0, 0 },
		{ "-l k --serial-baud=fast", "baud rate", 0, 0 },
	};
	struct request_console console;
	struct parsed p;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		parse_good(&p, cases[i].line);

		bool ok = options_console(&p.options, ARCH_X86_64, &console, &p.err);

		if (ok != !cases[i].words || (!ok && (p.err.code != ERR_USAGE || !strstr(p.err.text, cases[i].words))))
			fail_msg("\"%s\": %d %s", cases[i].line, ok, ok ? "" : p.err.text);
		if (ok && (console.serial_port != cases[i].port || console.serial_baud != cases[i].baud))
			fail_msg("\"%s\": port 0x%x, %u baud", cases[i].line, console.serial_port,
				 (unsigned int)console.serial_baud);

		/* Elsewhere they mean nothing, so nothing about them is wrong. */
		assert_true(options_console(&p.options, ARCH_S390X, &console, &p.err));
		assert_true(console.serial_port == 0x3f8 && console.serial_baud == 0);
		options_release(&p.options);
	}
	parse_good(&p, "-l k --console-vga --console-serial --reset-vga");
	assert_true(options_console(&p.options, ARCH_X86_64, &console, &p.err));
	assert_true(console.vga && console.serial && console.reset_vga);
	assert_true(options_console(&p.options, ARCH_S390X, &console, &p.err));
	assert_false(console.vga || console.serial || console.reset_vga);
	options_release(&p.options);
}

TEST(help_names_every_option)
{
	BEGIN_TEST();
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	options_write_help(out);
	assert_int_equal(fclose(out), 0);
	for (const struct option_row *row = options_table; row->name; row++) {
		char spelling[64];

		snprintf(spelling, sizeof(spelling), "--%s", row->name);
		if (!strstr(text, spelling))
			fail_msg("help lacks %s", spelling);
	}
	free(text);
}

CHECK_MAIN(cmocka_unit_test(modes_do_not_depend_on_order), cmocka_unit_test(what_is_wrong_is_refused),
	   cmocka_unit_test(empty_arguments_are_no_kernel), cmocka_unit_test(values_arrive),
	   cmocka_unit_test(the_last_system_call_counts),
	   cmocka_unit_test(abbreviations_are_those_of_the_machine),
	   cmocka_unit_test(every_option_of_kexec_tools_is_known),
	   cmocka_unit_test(options_of_other_architectures_warn_and_unsupported_ones_fail),
	   cmocka_unit_test(command_lines_add_up_as_their_architecture_does),
	   cmocka_unit_test(console_options_are_read),
	   cmocka_unit_test(help_names_every_option))
