/* SPDX-License-Identifier: GPL-2.0-only */
/* /etc/kdump.conf as a text: every key, every mistake, and what is written reads back the same. */
#include "conf_fixture.h"

#include <ctype.h>

static void good(struct parsed *parsed, const char *text)
{
	parse(parsed, text);
	no_mistakes(parsed);
}

/* What is written reads back to what is written again, without a mistake. */
static void round_trip(struct parsed *parsed, const char *machine)
{
	const char *text = conf_write(&parsed->arena, &parsed->conf);
	struct parsed again;

	begin(&again, machine);
	add(&again, text, strlen(text));
	no_mistakes(&again);
	assert_string_equal(conf_write(&again.arena, &again.conf), text);
	end(&again);
}

static const char *words(struct arena *arena, const char *const *list)
{
	const char *text = "";

	for (; *list; list++)
		text = arena_printf(arena, "%s[%s]", text, *list);
	return text;
}

TEST(defaults)
{
	static const struct {
		const char *machine, *append;
	} machines[] = {
		{ "x86_64", "reset_devices nr_cpus=1 irqpoll usbcore.nousb acpi_no_memhotplug " },
		{ "i686", "reset_devices nr_cpus=1 irqpoll usbcore.nousb " },
		{ "s390x", "nr_cpus=1 panic" },
		{ "ppc64le", "reset_devices maxcpus=1 noirqdistrib irqpoll usbcore.nousb " },
		{ "ppc64", "reset_devices maxcpus=1 noirqdistrib irqpoll usbcore.nousb " },
		{ "aarch64", "reset_devices nr_cpus=1 irqpoll acpi_no_memhotplug panic" },
		{ "riscv64", "reset_devices nr_cpus=1 panic" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct parsed p;

		begin(&p, machines[i].machine);
		if (strncmp(p.conf.load.command_line_append, machines[i].append, strlen(machines[i].append)) != 0)
			fail_msg("%s: %s", machines[i].machine, p.conf.load.command_line_append);
		assert_non_null(strstr(p.conf.load.command_line_append, " panic=10"));
		assert_null(p.conf.load.kernel);
		assert_int_equal(p.conf.load.initrd, CONF_INITRD_AUTO);
		assert_null(p.conf.load.initrd_path);
		assert_false(p.conf.load.has_command_line);
		assert_string_equal(p.conf.load.command_line, "");
		assert_string_equal(p.conf.load.command_line_remove[0], "crashkernel");
		assert_int_equal(p.conf.load.syscall, CONF_SYSCALL_AUTO);
		assert_null(p.conf.load.kexec_arguments[0]);
		assert_int_equal(p.conf.save.target.kind, CONF_TARGET_PATH);
		assert_string_equal(p.conf.save.target.path, "/var/crash");
		assert_string_equal(p.conf.save.target.text, "/var/crash");
		assert_int_equal(p.conf.save.level_count, 1);
		assert_int_equal(p.conf.save.levels[0], 31);
		assert_int_equal(p.conf.save.compress, CONF_ZSTD);
		assert_int_equal(p.conf.save.compress_level, 0);
		assert_int_equal(p.conf.save.format, CONF_KDUMP);
		assert_int_equal(p.conf.save.threads, 0);
		assert_int_equal(p.conf.save.keep, 0);
		assert_true(p.conf.save.max_size == 0);
		assert_true(p.conf.save.dmesg);
		assert_true(p.conf.save.timeout == 60);
		assert_true(p.conf.save.stall_timeout == 900);
		assert_int_equal(p.conf.save.on_success, CONF_REBOOT);
		assert_int_equal(p.conf.save.on_failure, CONF_REBOOT);
		assert_string_equal(p.conf.save.mount_options, "");
		assert_string_equal(p.conf.save.network, "");
		assert_string_equal(p.conf.save.ssh_key, "");
		assert_string_equal(p.conf.save.ssh_known_hosts, "");
		assert_false(p.conf.has_file);
		round_trip(&p, machines[i].machine);
		end(&p);
	}
}

/* Each key is set to something that is not its default, and reset to that by an empty value. */
static const char full[] = "# a comment\n"
			   "[Load]\n"
			   "Kernel=/boot/vmlinuz-6.1\n"
			   "Initrd=/srv/capture.img\n"
			   "CommandLine=root=/dev/sda1 console=\"a b\" -- single\n"
			   "CommandLineAppend=console=ttyS0,115200 \\\n"
			   "; a comment in between\n"
			   "   earlycon nr_cpus=1\n"
			   "CommandLineRemove=audit 'isolcpus'\n"
			   "Syscall=kexec_load\n"
			   "KexecArguments=--mem-max=1G -d\n"
			   "KexecArguments=\"--module=/a file\" --no-checks\n"
			   "[Save]\n"
			   "Target=ssh://me@host.example:2222/var//crash/\n"
			   "MountOptions=noatime,soft\n"
			   "Network=ip=eth0:dhcp\n"
			   "SshKey=/root/.ssh/kdump\n"
			   "SshKnownHosts=/root/.ssh/hosts\n"
			   "Level=1, 31\n"
			   "Compress=zlib:6\n"
			   "Format=elf\n"
			   "Threads=4\n"
			   "Keep=3\n"
			   "MaxSize=10G\n"
			   "Dmesg=Off\n"
			   "Timeout=1min 30s\n"
			   "StallTimeout=5min\n"
			   "OnSuccess=poweroff\n"
			   "OnFailure=shell\n";

TEST(every_key)
{
	struct parsed p;

	BEGIN_TEST();
	good(&p, full);
	assert_string_equal(p.conf.load.kernel, "/boot/vmlinuz-6.1");
	assert_int_equal(p.conf.load.initrd, CONF_INITRD_FILE);
	assert_string_equal(p.conf.load.initrd_path, "/srv/capture.img");
	assert_true(p.conf.load.has_command_line);
	assert_string_equal(p.conf.load.command_line, "root=/dev/sda1 console=\"a b\" -- single");
	/* The default's nr_cpus=1 is given again, so it stands last. */
	assert_string_equal(p.conf.load.command_line_append,
			    "reset_devices irqpoll usbcore.nousb acpi_no_memhotplug panic=10 cgroup_disable=memory "
			    "transparent_hugepage=never console=ttyS0,115200 earlycon nr_cpus=1");
	assert_non_null(strstr(words(&p.arena, p.conf.load.command_line_remove), "[crashkernel]"));
	assert_non_null(strstr(words(&p.arena, p.conf.load.command_line_remove), "[audit][isolcpus]"));
	assert_int_equal(p.conf.load.syscall, CONF_SYSCALL_LOAD);
	assert_string_equal(words(&p.arena, p.conf.load.kexec_arguments),
			    "[--mem-max=1G][-d][--module=/a file][--no-checks]");
	assert_int_equal(p.conf.save.target.kind, CONF_TARGET_SSH);
	assert_string_equal(p.conf.save.target.text, "ssh://me@host.example:2222/var//crash/");
	assert_string_equal(p.conf.save.target.path, "/var/crash");
	assert_string_equal(p.conf.save.target.user, "me");
	assert_string_equal(p.conf.save.target.host, "host.example");
	assert_int_equal(p.conf.save.target.port, 2222);
	assert_string_equal(p.conf.save.mount_options, "noatime,soft");
	assert_string_equal(p.conf.save.network, "ip=eth0:dhcp");
	assert_string_equal(p.conf.save.ssh_key, "/root/.ssh/kdump");
	assert_string_equal(p.conf.save.ssh_known_hosts, "/root/.ssh/hosts");
	assert_int_equal(p.conf.save.level_count, 2);
	assert_int_equal(p.conf.save.levels[0], 1);
	assert_int_equal(p.conf.save.levels[1], 31);
	assert_int_equal(p.conf.save.compress, CONF_ZLIB);
	assert_int_equal(p.conf.save.compress_level, 6);
	assert_int_equal(p.conf.save.format, CONF_ELF);
	assert_int_equal(p.conf.save.threads, 4);
	assert_int_equal(p.conf.save.keep, 3);
	assert_true(p.conf.save.max_size == UINT64_C(10) << 30);
	assert_false(p.conf.save.dmesg);
	assert_true(p.conf.save.timeout == 90);
	assert_true(p.conf.save.stall_timeout == 300);
	assert_int_equal(p.conf.save.on_success, CONF_POWEROFF);
	assert_int_equal(p.conf.save.on_failure, CONF_SHELL);
	round_trip(&p, "x86_64");
	end(&p);
}

/* Line by line, so that a key that is added later is tested, too. */
TEST(empty_values)
{
	struct parsed set, p;
	const char *line, *written;

	BEGIN_TEST();
	begin(&p, "x86_64");
	written = conf_write(&p.arena, &p.conf);
	good(&set, full);
	for (line = written; *line; line += strcspn(line, "\n") + 1) {
		size_t key = strcspn(line, "=\n");
		const char *reset = arena_printf(&set.arena, "%.*s=\n", (int)key, line);
		static const char *section = "";

		if (*line == '[')
			section = arena_strndup(&set.arena, line, strcspn(line, "\n"));
		if (line[key] != '=')
			continue;
		reset = arena_printf(&set.arena, "%s\n%s", section, reset);
		add(&set, reset, strlen(reset));
	}
	no_mistakes(&set);

	/* A list is emptied, and then its default is no more. */
	assert_string_equal(set.conf.load.command_line_append, "");
	assert_null(set.conf.load.command_line_remove[0]);
	assert_null(set.conf.load.kexec_arguments[0]);
	assert_null(set.conf.load.initrd_path);
	round_trip(&set, "x86_64");
	set.conf.load.command_line_append = p.conf.load.command_line_append;
	set.conf.load.command_line_remove = p.conf.load.command_line_remove;
	assert_string_equal(conf_write(&set.arena, &set.conf), written);
	end(&set);
	end(&p);
}

TEST(values)
{
	static const struct {
		const char *text, *written; /* a line of conf_write() */
	} cases[] = {
		{ "[Load]\nKernel=auto", "Kernel=auto" },
		{ "[Load]\nInitrd=normal", "Initrd=normal" },
		{ "[Load]\nInitrd=none", "Initrd=none" },
		{ "[Load]\nInitrd=/a\nInitrd=auto", "Initrd=auto" },
		{ "[Load]\nSyscall=kexec_file_load", "Syscall=kexec_file_load" },
		{ "[Load]\nSyscall=auto", "Syscall=auto" },
		{ "[Load]\n  Syscall \t=\t kexec_load  \r", "Syscall=kexec_load" },
		{ "\xef\xbb\xbf[Load]\nSyscall=kexec_load", "Syscall=kexec_load" },
		{ "[Load]\r\nSyscall=kexec_\\\r\nload", "Syscall=auto" },
		{ "[Load]\nCommandLineAppend=\nCommandLineAppend=a b\nCommandLineAppend=c a",
		  "CommandLineAppend=b c a" },
		{ "[Load]\nCommandLineAppend=\nCommandLineAppend=x x y", "CommandLineAppend=x x y" },
		{ "[Load]\nCommandLineAppend=\nCommandLineAppend=a\\\nb", "CommandLineAppend=a b" },
		{ "[Load]\nCommandLineAppend=\nCommandLineAppend=a\\\n#c\\\n;d\nb", "CommandLineAppend=a b" },
		{ "[Load]\nCommandLineAppend=\nCommandLineAppend=a\\\\", "CommandLineAppend=a\\\\" },
		{ "[Load]\nCommandLineAppend=\nCommandLineAppend=d=\"x y\" #z", "CommandLineAppend=d=\"x y\" #z" },
		{ "[Load]\nCommandLineRemove=\nCommandLineRemove=a b\nCommandLineRemove=c a",
		  "CommandLineRemove=b c a" },
		{ "[Load]\nKexecArguments=--type=elf\\ file", "KexecArguments=\"--type=elf file\"" },
		{ "[Load]\nKexecArguments='--type=a\"\\b'", "KexecArguments=\"--type=a\\\"\\\\b\"" },
		{ "[Load]\nKexecArguments=--type=a'' -ttype", "KexecArguments=--type=a -ttype" },
		{ "[Save]\nLevel=0", "Level=0" },
		{ "[Save]\nLevel=0,1 ,\t2,31", "Level=0,1,2,31" },
		{ "[Save]\nCompress=zstd:19", "Compress=zstd:19" },
		{ "[Save]\nCompress=zstd:-7", "Compress=zstd:-7" },
		{ "[Save]\nCompress=zlib", "Compress=zlib" },
		{ "[Save]\nCompress=none", "Compress=none" },
		{ "[Save]\nFormat=kdump", "Format=kdump" },
		{ "[Save]\nThreads=1024", "Threads=1024" },
		{ "[Save]\nKeep=1000000", "Keep=1000000" },
		{ "[Save]\nMaxSize=0", "MaxSize=0" },
		{ "[Save]\nMaxSize=1023", "MaxSize=1023" },
		{ "[Save]\nMaxSize=1024", "MaxSize=1K" },
		{ "[Save]\nMaxSize=3M", "MaxSize=3M" },
		{ "[Save]\nMaxSize=5T", "MaxSize=5T" },
		{ "[Save]\nMaxSize=16777215T", "MaxSize=16777215T" },
		{ "[Save]\nMaxSize=18446744073709551615", "MaxSize=18446744073709551615" },
		{ "[Save]\nDmesg=0", "Dmesg=no" },
		{ "[Save]\nDmesg=N", "Dmesg=no" },
		{ "[Save]\nDmesg=f", "Dmesg=no" },
		{ "[Save]\nDmesg=false", "Dmesg=no" },
		{ "[Save]\nDmesg=no\nDmesg=T", "Dmesg=yes" },
		{ "[Save]\nDmesg=no\nDmesg=on", "Dmesg=yes" },
		{ "[Save]\nStallTimeout=infinity", "StallTimeout=0" },
		{ "[Save]\nStallTimeout=0", "StallTimeout=0" },
		{ "[Save]\nStallTimeout=1h 1", "StallTimeout=3601" },
		{ "[Save]\nTimeout=0", "Timeout=0" },
		{ "[Save]\nTimeout=86400", "Timeout=86400" },
		{ "[Save]\nTimeout=24h", "Timeout=86400" },
		{ "[Save]\nTimeout=1h1min1s", "Timeout=3661" },
		{ "[Save]\nTimeout=2 minutes 3", "Timeout=123" },
		{ "[Save]\nTimeout=1s 1sec 1second 1seconds", "Timeout=4" },
		{ "[Save]\nTimeout=1m 1min 1minute 1minutes", "Timeout=240" },
		{ "[Save]\nTimeout=1h 1hr 1hour 1hours", "Timeout=14400" },
		{ "[Save]\nOnSuccess=halt", "OnSuccess=halt" },
		{ "[Save]\nOnSuccess=continue", "OnSuccess=continue" },
		{ "[Save]\nOnFailure=poweroff", "OnFailure=poweroff" },
		{ "[Save]\nTarget=/", "Target=/" },
		{ "[Save]\nTarget=nfs://[fe80::1%eth0]:2049/a b", "Target=nfs://[fe80::1%eth0]:2049/a b" },
		{ "[Save]\nTarget=raw:/dev/disk/by-id/x", "Target=raw:/dev/disk/by-id/x" },
		{ "[Save]\n[Load]\n[Save]\nKeep=1\nKeep=2", "Keep=2" },
		{ "[X-Mine]\nKeep\n[Save]\nX-Keep=no\nKeep=7", "Keep=7" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct parsed p;
		const char *written, *line;

		parse(&p, cases[i].text);
		if (strcmp(cases[i].written, "Syscall=auto") != 0 || !strchr(cases[i].text, '\\'))
			no_mistakes(&p);
		written = conf_write(&p.arena, &p.conf);
		line = strstr(written, arena_printf(&p.arena, "\n%s\n", cases[i].written));
		if (!line)
			fail_msg("%s: \"%s\" is not in\n%s", cases[i].text, cases[i].written, written);
		round_trip(&p, "x86_64");
		end(&p);
	}
}

struct wrong {
	const char *text;
	unsigned int line;
	const char *found, *expected; /* words of the message */
};

/* Exactly one mistake each, and nothing is changed by it. */
static void check_wrong(const struct wrong *cases, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct parsed p, usual;

		begin(&usual, "x86_64");
		parse(&p, cases[i].text);
		if (p.mistakes.count != 1)
			fail_msg("%s: %zu mistakes", cases[i].text, p.mistakes.count);
		assert_string_equal(p.mistakes.all[0].file, "a.conf");
		if (p.mistakes.all[0].line != cases[i].line || !strstr(p.mistakes.all[0].text, cases[i].found) ||
		    !strstr(p.mistakes.all[0].text, cases[i].expected))
			fail_msg("%s: %u: %s", cases[i].text, p.mistakes.all[0].line, p.mistakes.all[0].text);
		assert_string_equal(conf_write(&p.arena, &p.conf), conf_write(&usual.arena, &usual.conf));
		end(&p);
		end(&usual);
	}
}

TEST(wrong_lines)
{
	static const struct wrong cases[] = {
		{ "Kernel=auto", 1, "\"Kernel=auto\" stands before the first section", "expected [Load] or [Save]" },
		{ "[Load]\nKernel", 2, "\"Kernel\"", "expected KEY=VALUE" },
		{ "[Load]\n=auto", 2, "\"=auto\"", "expected KEY=VALUE" },
		{ "[Load]\n\n# x\nKernel /x", 4, "\"Kernel /x\"", "expected KEY=VALUE" },
		{ "[load]\nKernel=/x\nnonsense\n", 1, "section [load] is not known", "did you mean [Load]?" },
		{ "[Sav]\nKeep=3", 1, "section [Sav] is not known", "did you mean [Save]?" },
		{ "[Install]\nKeep=3", 1, "section [Install] is not known", "expected [Load] or [Save];" },
		{ "[Save\nKeep=3", 1, "\"[Save\"", "with nothing behind it" },
		{ "[Save] x\nKeep=3", 1, "\"[Save] x\"", "with nothing behind it" },
		{ "[]\nKeep=3", 1, "section [] is not known", "passed over" },
		{ "[Load]\nCommandlineApend=x", 2, "CommandlineApend= is not known in [Load]",
		  "mean CommandLineAppend=?" },
		{ "[Load]\nCommandLineAppned=x", 2, "CommandLineAppned= is not known",
		  "did you mean CommandLineAppend=?" },
		{ "[Load]\nCommand Line=x", 2, "Command Line= is not known", "did you mean CommandLine=?" },
		{ "[Load]\nkernel=/x", 2, "kernel= is not known", "did you mean Kernel=?" },
		{ "[Load]\nArguments=x", 2, "Arguments= is not known", "did you mean KexecArguments=?" },
		{ "[Load]\nTarget=/x", 2, "Target= is not known in [Load]", "it belongs to [Save]" },
		{ "[Save]\nKernel=/x", 2, "Kernel= is not known in [Save]", "it belongs to [Load]" },
		{ "[Load]\nTragets=/x", 2, "Tragets= is not known", "did you mean Target= of [Save]?" },
		{ "[Save]\nColour=red", 2, "Colour= is not known in [Save]",
		  "expected Target=, MountOptions=, Network=" },
		{ "[Load]\nKernel=\x1b[31m", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/\xc3", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/\xc0\xaf", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/\xed\xa0\x80", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/\xe0\x9f\xbf", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/\xf0\x8f\xbf\xbf", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/\xf4\x90\x80\x80", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/a\rb", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/\xc2\x9b", 2, "bytes that are no text", "passed over" },
		{ "[Load]\nKernel=/x\\", 2, "a backslash at the end of the file", "expected" },
		{ "[Load]\nKernel=/x\\\n# c\n", 2, "a backslash at the end of the file", "expected" },
		{ "[Load]\nKernel=/x \\ \\\n\n", 2, "Kernel=/x \\", "single backslash" },
		{ "[Load]\n\nKernel=x\\\ny\\\nz", 3, "Kernel=x y z", "expected auto or an absolute path" },
	};

	BEGIN_TEST();
	check_wrong(cases, sizeof(cases) / sizeof(cases[0]));
}

TEST(wrong_values)
{
	static const struct wrong cases[] = {
		{ "[Load]\nKernel=vmlinuz", 2,
		  "Kernel=vmlinuz: ", "expected auto or an absolute path; Kernel=auto holds" },
		{ "[Load]\nInitrd=Normal", 2,
		  "Initrd=Normal: ", "normal, none or an absolute path; Initrd=auto holds" },
		{ "[Load]\nCommandLine=a=\"b", 2, "CommandLine=a=\"b: ", "expected a second \"" },
		{ "[Load]\nCommandLineAppend=\"a", 2, "CommandLineAppend=\"a: ", "expected a second \"" },
		{ "[Load]\nCommandLineAppend=a -- b", 2, "CommandLineAppend=a -- b: ", "without \"--\"" },
		{ "[Load]\nCommandLineRemove=a=b", 2, "CommandLineRemove=a=b: ", "names alone" },
		{ "[Load]\nCommandLineRemove='a b'", 2, "CommandLineRemove='a b': ", "names alone" },
		{ "[Load]\nCommandLineRemove=\"\"", 2, "CommandLineRemove=\"\": ", "names alone" },
		{ "[Load]\nCommandLineRemove='a", 2, "CommandLineRemove='a: ", "expected the quote '" },
		{ "[Load]\nSyscall=file", 2,
		  "Syscall=file: ", "auto, kexec_load or kexec_file_load; Syscall=auto holds" },
		{ "[Load]\nKexecArguments=\"-d", 2, "KexecArguments=\"-d: ", "expected the quote \"" },
		{ "[Load]\nKexecArguments=--x=\\n", 2, "KexecArguments=--x=\\n: ", "behind a backslash" },
		{ "[Load]\nKexecArguments=-d elf", 2, "found \"elf\"", "expected options of kexec(8)" },
		{ "[Load]\nKexecArguments=-", 2, "found \"-\"", "expected options of kexec(8)" },
		{ "[Load]\nKexecArguments=--", 2, "-- is none", "options that say how" },
		{ "[Load]\nKexecArguments=-e", 2, "-e is none", "options that say how" },
		{ "[Load]\nKexecArguments=-de", 2, "-de is none", "options that say how" },
		{ "[Load]\nKexecArguments=--exec", 2, "--exec is none", "options that say how" },
		{ "[Load]\nKexecArguments=--exe", 2, "--exe is none", "options that say how" },
		{ "[Load]\nKexecArguments=-l", 2, "-l is none", "options that say how" },
		{ "[Load]\nKexecArguments=-u", 2, "-u is none", "options that say how" },
		{ "[Load]\nKexecArguments=-f", 2, "-f is none", "options that say how" },
		{ "[Load]\nKexecArguments=-?", 2, "-? is none", "options that say how" },
		{ "[Load]\nKexecArguments=-s", 2, "-s is none", "options that say how" },
		{ "[Load]\nKexecArguments=--initrd=/x", 2, "--initrd=/x is none", "a key of its own" },
		{ "[Load]\nKexecArguments=--append=x", 2, "--append=x is none", "a key of its own" },
		{ "[Load]\nKexecArguments=--command-line=x", 2, "--command-line=x is none", "a key of its own" },
		{ "[Save]\nTarget=crash", 2, "Target=crash: ", "expected /FOLDER, nfs://HOST/EXPORT" },
		{ "[Save]\nMountOptions=a b", 2, "MountOptions=a b: ", "commas" },
		{ "[Save]\nMountOptions=-o", 2, "MountOptions=-o: ", "commas" },
		{ "[Save]\nNetwork=ip=\"", 2, "Network=ip=\": ", "expected a second \"" },
		{ "[Save]\nNetwork=ip=dhcp --", 2, "Network=ip=dhcp --: ", "without \"--\"" },
		{ "[Save]\nSshKey=id", 2, "SshKey=id: ", "absolute path" },
		{ "[Save]\nSshKnownHosts=~/x", 2, "SshKnownHosts=~/x: ", "absolute path" },
		{ "[Save]\nLevel=32", 2, "Level=32: ", "from 0 to 31, or at most 32 of them" },
		{ "[Save]\nLevel=-1", 2, "Level=-1: ", "; Level=31 holds instead" },
		{ "[Save]\nLevel=1,", 2, "Level=1,: ", "from 0 to 31" },
		{ "[Save]\nLevel=1 31", 2, "Level=1 31: ", "from 0 to 31" },
		{ "[Save]\nLevel=0x1f", 2, "Level=0x1f: ", "from 0 to 31" },
		{ "[Save]\nLevel=0000000031", 2, "Level=0000000031: ", "from 0 to 31" },
		{ "[Save]\nLevel=1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1", 2, "Level=1,1",
		  "at most 32" },
		{ "[Save]\nCompress=lzo", 2, "Compress=lzo: ", "expected zstd, zstd:N" },
		{ "[Save]\nCompress=zstd:", 2, "Compress=zstd:: ", "expected zstd, zstd:N" },
		{ "[Save]\nCompress=zstd:0", 2, "Compress=zstd:0: ", "expected zstd, zstd:N" },
		{ "[Save]\nCompress=zstd:20", 2, "Compress=zstd:20: ", "expected zstd, zstd:N" },
		{ "[Save]\nCompress=zstd:-8", 2, "Compress=zstd:-8: ", "expected zstd, zstd:N" },
		{ "[Save]\nCompress=zlib:10", 2, "Compress=zlib:10: ", "expected zstd, zstd:N" },
		{ "[Save]\nCompress=zlib:-1", 2, "Compress=zlib:-1: ", "expected zstd, zstd:N" },
		{ "[Save]\nCompress=none:1", 2, "Compress=none:1: ", "expected zstd, zstd:N" },
		{ "[Save]\nFormat=ELF", 2, "Format=ELF: ", "expected kdump or elf" },
		{ "[Save]\nThreads=1025", 2, "Threads=1025: ", "a number from 0 to 1024; Threads=0 holds" },
		{ "[Save]\nThreads=99999999999999999999", 2, "Threads=9999", "a number from 0 to 1024" },
		{ "[Save]\nKeep=-1", 2, "Keep=-1: ", "a number from 0 to 1000000" },
		{ "[Save]\nKeep=three", 2, "Keep=three: ", "a number from 0 to 1000000" },
		{ "[Save]\nMaxSize=10GB", 2, "MaxSize=10GB: ", "with K, M, G or T" },
		{ "[Save]\nMaxSize=10g", 2, "MaxSize=10g: ", "with K, M, G or T" },
		{ "[Save]\nMaxSize=16777216T", 2, "MaxSize=16777216T: ", "below 2^64" },
		{ "[Save]\nMaxSize=18446744073709551616", 2, "MaxSize=18446744073709551616: ", "below 2^64" },
		{ "[Save]\nDmesg=maybe", 2, "Dmesg=maybe: ", "expected yes or no; Dmesg=yes holds" },
		{ "[Save]\nStallTimeout=86401", 2, "StallTimeout=86401: ", "0 or infinity" },
		{ "[Save]\nStallTimeout=Infinity", 2, "StallTimeout=Infinity: ", "at most 86400 seconds" },
		{ "[Save]\nTimeout=infinity", 2, "Timeout=infinity: ", "at most 86400 seconds" },
		{ "[Save]\nTimeout=86401", 2, "Timeout=86401: ", "at most 86400 seconds" },
		{ "[Save]\nTimeout=24h1", 2, "Timeout=24h1: ", "at most 86400 seconds" },
		{ "[Save]\nTimeout=5 weeks", 2, "Timeout=5 weeks: ", "at most 86400 seconds" },
		{ "[Save]\nTimeout=18446744073709551615h", 2, "Timeout=1844", "at most 86400 seconds" },
		{ "[Save]\nOnSuccess=restart", 2,
		  "OnSuccess=restart: ", "reboot, poweroff, halt, shell or continue" },
		{ "[Save]\nOnFailure=Reboot", 2, "OnFailure=Reboot: ", "; OnFailure=reboot holds instead" },
	};

	BEGIN_TEST();
	check_wrong(cases, sizeof(cases) / sizeof(cases[0]));
}

/* Each word that would make kexec(8) do something else, and every beginning of it, which kexec takes as well. */
TEST(refused_arguments)
{
	static const char *const words[] = {
		"load",		"load-panic",	"force",	 "exec",	 "unload",	"status",
		"help",		"version",	"verify",	 "print-machine", "print-ckr-size", "dry-run",
		"realmem",	"memory",	"machine",	 "root",	 "arch",	"append",
		"command-line", "reuse-cmdline", "initrd",	 "ramdisk",	 "reuseinitrd", "kexec-syscall",
		"kexec-file-syscall", "kexec-syscall-auto", "discard-dump", "load-preserve-context",
		"load-jump-back-helper", "exec-live-update", "load-live-update",
	};
	struct parsed p;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		for (size_t length = 1; length <= strlen(words[i]); length++) {
			char text[64];

			snprintf(text, sizeof(text), "[Load]\nKexecArguments=--%.*s\n", (int)length, words[i]);
			parse(&p, text);
			if (p.mistakes.count != 1)
				fail_msg("%s: taken", text);
			assert_null(p.conf.load.kexec_arguments[0]);
			end(&p);
		}
	}
	for (const char *c = "lpfeuShv?acs"; *c; c++) {
		char text[64];

		snprintf(text, sizeof(text), "[Load]\nKexecArguments=-d%c\n", *c);
		parse(&p, text);
		if (p.mistakes.count != 1)
			fail_msg("-d%c: taken", *c);
		end(&p);
	}
	good(&p, "[Load]\nKexecArguments=--type=image --mem-max=1G --elf-headers=never --hotplug -i -d -tfile\n");
	end(&p);
}

TEST(earlier_line_holds)
{
	struct parsed p;

	BEGIN_TEST();
	parse(&p, "[Save]\nKeep=4\nKeep=x\nLevel=1\nLevel=99\n");
	assert_int_equal(p.mistakes.count, 2);
	assert_non_null(strstr(p.mistakes.all[0].text, "; Keep=4 holds instead"));
	assert_non_null(strstr(p.mistakes.all[1].text, "; Level=1 holds instead"));
	assert_int_equal(p.conf.save.keep, 4);
	assert_int_equal(p.conf.save.levels[0], 1);
	end(&p);
}

TEST(nul_bytes)
{
	static const char text[] = "[Save]\nKeep=3\0\nKeep=4\n\0";
	struct parsed p;

	BEGIN_TEST();
	begin(&p, "x86_64");
	add(&p, text, sizeof(text) - 1);
	assert_int_equal(p.mistakes.count, 2);
	assert_int_equal(p.mistakes.all[0].line, 2);
	assert_non_null(strstr(p.mistakes.all[0].text, "NUL byte"));
	assert_int_equal(p.mistakes.all[1].line, 4);
	assert_int_equal(p.conf.save.keep, 4);
	end(&p);
}

/* As doc/kdump.conf.5 has it. */
#define CONF_LINE 16384

TEST(limits)
{
	struct parsed p;
	struct arena arena;
	char *text;

	BEGIN_TEST();
	arena_init(&arena);

	/* A line, alone and in pieces. */
	parse(&p, repeated(&arena, "[Load]\nKernel=/", "a", 17000));
	assert_int_equal(p.mistakes.count, 1);
	assert_int_equal(p.mistakes.all[0].line, 2);
	assert_non_null(strstr(p.mistakes.all[0].text, "more than 16384 bytes"));
	end(&p);
	parse(&p, arena_printf(&arena, "%s\n[Save]\nKeep=3\n",
			       repeated(&arena, "[Load]\nCommandLineAppend=", "aaaaaaa\\\n", 9 * 2500)));
	assert_int_equal(p.mistakes.count, 1);
	assert_int_equal(p.mistakes.all[0].line, 2);
	assert_non_null(strstr(p.mistakes.all[0].text, "more than 16384 bytes"));
	assert_int_equal(p.conf.save.keep, 3);
	end(&p);

	text = repeated(&arena, "X-Line=", "a", CONF_LINE - 7);
	parse(&p, arena_printf(&arena, "[Load]\n%s\n", text));
	no_mistakes(&p);
	end(&p);
	parse(&p, arena_printf(&arena, "[Load]\n%sa\n", text));
	assert_int_equal(p.mistakes.count, 1);
	end(&p);

	/* Paths and texts. */
	parse(&p, repeated(&arena, "[Load]\nKernel=/", "a", 4094));
	no_mistakes(&p);
	end(&p);
	parse(&p, repeated(&arena, "[Load]\nKernel=/", "a", 4095));
	assert_int_equal(p.mistakes.count, 1);
	end(&p);
	parse(&p, repeated(&arena, "[Save]\nTarget=/", "a", 4095));
	assert_int_equal(p.mistakes.count, 1);
	end(&p);
	parse(&p, repeated(&arena, "[Load]\nCommandLine=", "a", 8192));
	no_mistakes(&p);
	round_trip(&p, "x86_64");
	end(&p);
	parse(&p, repeated(&arena, "[Load]\nCommandLine=", "a", 8193));
	assert_int_equal(p.mistakes.count, 1);
	end(&p);

	/* What is collected from many lines. */
	text = "[Load]\n";
	for (int i = 0; i < 300; i++)
		text = arena_printf(&arena, "%sKexecArguments=--type=%d\n", text, i);
	parse(&p, text);
	assert_int_equal(p.mistakes.count, 300 - 256);
	assert_non_null(strstr(p.mistakes.all[0].text, "at most 256 words"));
	round_trip(&p, "x86_64");
	end(&p);
	text = "[Load]\n";
	for (int i = 0; i < 20; i++)
		text = arena_printf(&arena, "%sCommandLineAppend=%.4s%s\n", text, "x",
				    repeated(&arena, "", i % 2 ? "a" : "b", 1000u + (unsigned)i));
	parse(&p, text);
	assert_true(p.mistakes.count > 5);
	assert_non_null(strstr(p.mistakes.all[0].text, "in all of the lines with this key"));
	round_trip(&p, "x86_64");
	end(&p);

	/* Mistakes are told up to a number, and settings taken. */
	parse(&p, repeated(&arena, "[Save]\n", "Keep=x\n", 7 * 1000));
	assert_int_equal(p.mistakes.count, 101);
	assert_int_equal(p.mistakes.all[99].line, 101);
	assert_int_equal(p.mistakes.all[100].line, 0);
	assert_non_null(strstr(p.mistakes.all[100].text, "not listed"));
	end(&p);
	parse(&p, repeated(&arena, "[Save]\n", "Keep=7\n", 7 * 4097));
	assert_int_equal(p.mistakes.count, 1);
	assert_int_equal(p.mistakes.all[0].line, 4098);
	assert_non_null(strstr(p.mistakes.all[0].text, "4096"));
	end(&p);
	arena_release(&arena);
}

/* Cut anywhere, a file gives a value that can be written and read back; a mistake is on its last line, if any. */
TEST(truncated)
{
	struct parsed whole;
	unsigned int last = 1;

	BEGIN_TEST();
	for (size_t size = 0; size < sizeof(full); size++) {
		struct parsed p;
		char *copy = malloc(size + 1);

		assert_non_null(copy);
		memcpy(copy, full, size);
		begin(&p, "ppc64le");
		add(&p, copy, size);
		free(copy);
		if (p.mistakes.count > 1)
			fail_msg("%zu: %zu mistakes", size, p.mistakes.count);
		/* A line that is continued is known by its first one, two above. */
		if (p.mistakes.count == 1 && (p.mistakes.all[0].line > last || p.mistakes.all[0].line + 2 < last))
			fail_msg("%zu: line %u, not %u", size, p.mistakes.all[0].line, last);
		round_trip(&p, "ppc64le");
		end(&p);
		last += full[size] == '\n';
	}
	good(&whole, full);
	end(&whole);
}

TEST(bit_flips)
{
	char copy[sizeof(full)];

	BEGIN_TEST();
	for (size_t bit = 0; bit < 8 * (sizeof(full) - 1); bit++) {
		struct parsed p;

		memcpy(copy, full, sizeof(full));
		copy[bit / 8] = (char)(copy[bit / 8] ^ (1 << bit % 8));
		begin(&p, "s390x");
		add(&p, copy, sizeof(full) - 1);
		round_trip(&p, "s390x");
		for (size_t i = 0; i < p.mistakes.count; i++) {
			for (const char *c = p.mistakes.all[i].text; *c; c++)
				assert_false(iscntrl((unsigned char)*c));
		}
		end(&p);
	}
}

CHECK_MAIN(cmocka_unit_test(defaults), cmocka_unit_test(every_key), cmocka_unit_test(empty_values),
	   cmocka_unit_test(values), cmocka_unit_test(wrong_lines), cmocka_unit_test(wrong_values),
	   cmocka_unit_test(refused_arguments), cmocka_unit_test(earlier_line_holds), cmocka_unit_test(nul_bytes),
	   cmocka_unit_test(limits), cmocka_unit_test(truncated), cmocka_unit_test(bit_flips))
