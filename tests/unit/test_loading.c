/* SPDX-License-Identifier: GPL-2.0-only */
/* What is loaded on machines of each distribution, from trees of files: kernel, initrd, command line, fingerprint. */
#include "check.h"
#include "machine_tree.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <utime.h>

#include "kdump/service/loading.h"

#define RELEASE "6.1.0-53-amd64"

/* What ends in a boot of the machine where the root file system, or the initrd that mounts it, does not. */
#define FAILSAFE_ROOT "systemd.mask=rescue.target systemd.crash_reboot fsck.mode=skip"
#define FAILSAFE FAILSAFE_ROOT " rd.shell=0 rd.emergency=reboot"

struct scene {
	struct machine_tree tree;
	struct arena arena;
	struct conf conf;
	struct conf_mistakes mistakes;
	struct loading_machine machine;
	struct loading loading;
	const char *kexec; /* below the root of the tree, or NULL */
	struct err err;
};

/* A machine with memory reserved, and no file of a kernel yet. */
static void begin(struct scene *s, const char *machine, const char *release, const char *command_line)
{
	machine_tree_make(&s->tree);
	arena_init(&s->arena);
	s->mistakes = (struct conf_mistakes){ NULL, 0 };
	s->kexec = NULL;
	conf_defaults(&s->conf, &s->arena, machine);
	machine_tree_write(&s->tree, "proc/sys/kernel/arch", arena_printf(&s->arena, "%s\n", machine));
	machine_tree_write(&s->tree, "proc/sys/kernel/osrelease", arena_printf(&s->arena, "%s\n", release));
	machine_tree_write(&s->tree, "proc/sys/kernel/random/boot_id", "00000000-1111-2222-3333-444444444444\n");
	machine_tree_write(&s->tree, "proc/cmdline", arena_printf(&s->arena, "%s\n", command_line));
	machine_tree_write(&s->tree, "proc/iomem",
			   "00001000-0009ffff : System RAM\n"
			   "00100000-3fffffff : System RAM\n"
			   "  01000000-01ffffff : Kernel code\n"
			   "fee00000-fee00fff : Local APIC\n");
	machine_tree_write(&s->tree, "sys/kernel/kexec_crash_size", "268435456\n");
	machine_tree_write(&s->tree, "sys/kernel/kexec_crash_loaded", "0\n");
	machine_tree_write(&s->tree, "sys/devices/system/cpu/present", "0-3\n");
	machine_tree_write(&s->tree, "sys/devices/system/memory/memory0/state", "online\n");
	machine_tree_write(&s->tree, "sys/devices/system/memory/memory1/state", "online\n");
	machine_tree_write(&s->tree, "etc/machine-id", "0123456789abcdef0123456789abcdef\n");
}

static void end(struct scene *s)
{
	arena_release(&s->arena);
	machine_tree_remove(&s->tree);
}

static void configure(struct scene *s, const char *text)
{
	conf_parse(&s->conf, &s->mistakes, &s->arena, "a.conf", text, strlen(text));
	if (s->mistakes.count)
		fail_msg("%s", s->mistakes.all[0].text);
}

static void file(struct scene *s, const char *name)
{
	machine_tree_write(&s->tree, name, name);
}

static bool try(struct scene *s)
{
	check_ok(loading_machine_read(&s->machine, &s->arena, s->tree.root, &s->err), &s->err);
	if (s->kexec)
		s->machine.kexec = arena_printf(&s->arena, "%s/%s", s->tree.root, s->kexec);
	return loading_find(&s->loading, &s->arena, &s->conf, &s->machine, &s->err);
}

static void find(struct scene *s)
{
	check_ok(try(s), &s->err);
}

/* A path without the root of the tree. */
static const char *inside(struct scene *s, const char *path)
{
	size_t length = strlen(s->tree.root);

	if (!path)
		return "-";
	if (strncmp(path, s->tree.root, length) != 0)
		fail_msg("%s is not below %s", path, s->tree.root);
	return path + length;
}

static const char *all_arguments(struct scene *s)
{
	const char *text = "";

	for (size_t i = 0; s->loading.arguments[i]; i++)
		text = arena_printf(&s->arena, "%s[%s]", text, s->loading.arguments[i]);
	return text;
}

static bool has_word(struct scene *s, const char *word)
{
	return strstr(arena_printf(&s->arena, " %s ", s->loading.command_line),
		      arena_printf(&s->arena, " %s ", word));
}

static void has(struct scene *s, const char *word)
{
	if (!has_word(s, word))
		fail_msg("no %s in %s", word, s->loading.command_line);
}

static void has_not(struct scene *s, const char *word)
{
	if (has_word(s, word))
		fail_msg("%s in %s", word, s->loading.command_line);
}

TEST(debian)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "x86_64", RELEASE,
	      "BOOT_IMAGE=/boot/vmlinuz-" RELEASE
	      " root=UUID=1-2 ro quiet crashkernel=256M hugepages=10 console=ttyS0");
	file(&s, "boot/vmlinuz-" RELEASE);
	file(&s, "boot/initrd.img-" RELEASE);
	file(&s, "boot/vmlinuz-6.1.0-54-amd64");
	file(&s, "boot/initrd.img-6.1.0-54-amd64");
	find(&s);
	assert_string_equal(s.machine.release, RELEASE);
	assert_string_equal(s.machine.machine, "x86_64");
	assert_true(s.machine.reserved == 268435456);
	assert_false(s.machine.loaded || s.machine.fadump || s.machine.in_capture || s.machine.hotplug_by_kernel);
	assert_int_equal(s.loading.way, LOADING_BY_TARGET);
	assert_string_equal(inside(&s, s.loading.kernel), "/boot/vmlinuz-" RELEASE);
	assert_string_equal(inside(&s, s.loading.initrd), "/boot/initrd.img-" RELEASE);
	assert_false(s.loading.initrd_is_capture);
	assert_string_equal(s.loading.command_line,
			    "root=UUID=1-2 ro console=ttyS0 " FAILSAFE " reset_devices nr_cpus=1 irqpoll usbcore.nousb "
			    "acpi_no_memhotplug panic=10 cgroup_disable=memory transparent_hugepage=never "
			    "systemd.unit=kdump-capture.target");
	assert_string_equal(all_arguments(&s),
			    arena_printf(&s.arena, "[-p][--root=%s][-a][--command-line=%s][--initrd=%s][%s]",
					 s.tree.root, s.loading.command_line, s.loading.initrd, s.loading.kernel));
	assert_int_equal(strlen(s.loading.fingerprint), 64);

	/* With an initrd of ours, which saves by itself. */
	file(&s, "var/lib/kdump/initrd-" RELEASE ".img");
	find(&s);
	assert_int_equal(s.loading.way, LOADING_BY_INITRD);
	assert_true(s.loading.initrd_is_capture);
	assert_string_equal(inside(&s, s.loading.initrd), "/var/lib/kdump/initrd-" RELEASE ".img");
	has(&s, "boot=kdump");
	has_not(&s, "systemd.unit=kdump-capture.target");
	has_not(&s, "systemd.crash_reboot");
	has_not(&s, "rd.shell=0");

	configure(&s, "[Load]\nInitrd=normal\n");
	find(&s);
	assert_int_equal(s.loading.way, LOADING_BY_TARGET);
	assert_string_equal(inside(&s, s.loading.initrd), "/boot/initrd.img-" RELEASE);
	configure(&s, "[Load]\nInitrd=none\n");
	find(&s);
	assert_int_equal(s.loading.way, LOADING_BY_TARGET);
	assert_null(s.loading.initrd);
	assert_null(strstr(all_arguments(&s), "--initrd"));
	has(&s, "systemd.unit=kdump-capture.target");
	has(&s, FAILSAFE_ROOT);
	has_not(&s, "rd.shell=0");
	configure(&s, "[Load]\nInitrd=/srv/rd\n");
	check_fails(try(&s), &s.err, ERR_SYSTEM, "Initrd=/srv/rd: there is no such file");
	file(&s, "srv/rd");
	find(&s);
	assert_int_equal(s.loading.way, LOADING_BY_INITRD);
	assert_string_equal(inside(&s, s.loading.initrd), "/srv/rd");
	end(&s);
}

TEST(kernel_by_path)
{
	struct scene s;
	char path[512];

	BEGIN_TEST();
	begin(&s, "x86_64", RELEASE, "root=/dev/sda1");
	file(&s, "boot/vmlinuz-" RELEASE);
	file(&s, "boot/initrd.img-" RELEASE);
	file(&s, "var/lib/kdump/initrd-" RELEASE ".img");
	configure(&s, "[Load]\nKernel=/boot/vmlinuz-6.9\n");
	check_fails(try(&s), &s.err, ERR_SYSTEM, "Kernel=/boot/vmlinuz-6.9: there is no such file");
	file(&s, "boot/vmlinuz-6.9");
	check_fails(try(&s), &s.err, ERR_SYSTEM, "no initrd of kernel 6.9 was found");
	file(&s, "boot/initrd.img-6.9");
	find(&s);
	assert_string_equal(inside(&s, s.loading.kernel), "/boot/vmlinuz-6.9");
	assert_string_equal(inside(&s, s.loading.initrd), "/boot/initrd.img-6.9");
	assert_int_equal(s.loading.way, LOADING_BY_TARGET);
	file(&s, "var/lib/kdump/initrd-6.9.img");
	find(&s);
	assert_string_equal(inside(&s, s.loading.initrd), "/var/lib/kdump/initrd-6.9.img");
	assert_true(s.loading.initrd_is_capture);

	configure(&s, "[Load]\nKernel=/usr/lib/modules/6.9/vmlinuz\n");
	file(&s, "usr/lib/modules/6.9/vmlinuz");
	find(&s);
	assert_string_equal(inside(&s, s.loading.initrd), "/var/lib/kdump/initrd-6.9.img");

	/* A name that says nothing of its release is taken for the kernel that runs. */
	configure(&s, "[Load]\nKernel=/boot/capture\n");
	file(&s, "boot/capture");
	find(&s);
	assert_string_equal(inside(&s, s.loading.initrd), "/var/lib/kdump/initrd-" RELEASE ".img");

	/* A link is of the kernel that it leads to. */
	machine_tree_path(&s.tree, "vmlinuz", path, sizeof(path));
	assert_int_equal(symlink("boot/vmlinuz-6.9", path), 0);
	configure(&s, "[Load]\nKernel=/vmlinuz\n");
	find(&s);
	assert_string_equal(inside(&s, s.loading.kernel), "/vmlinuz");
	assert_string_equal(inside(&s, s.loading.initrd), "/var/lib/kdump/initrd-6.9.img");

	/* A folder is no kernel. */
	configure(&s, "[Load]\nKernel=/boot\n");
	check_fails(try(&s), &s.err, ERR_SYSTEM, "Kernel=/boot: there is no such file");
	end(&s);
}

/* Each place of kernels and initrds alone. */
TEST(places)
{
	static const struct {
		const char *machine, *kernel, *initrd;
	} places[] = {
		{ "x86_64", "boot/vmlinuz-6.8", "boot/initramfs-6.8.img" },
		{ "x86_64", "usr/lib/modules/6.8/vmlinuz", "boot/initramfs-6.8.img" },
		{ "x86_64", "lib/modules/6.8/vmlinuz", "boot/initramfs-6.8" },
		{ "x86_64", "boot/kernel-6.8", "boot/initramfs-6.8" },
		{ "x86_64", "boot/vmlinuz-6.8", "boot/initrd-6.8" },
		{ "s390x", "boot/image-6.8", "boot/initrd-6.8" },
		{ "s390x", "boot/vmlinuz-6.8", "boot/initrd.img-6.8" },
		{ "aarch64", "boot/Image-6.8", "boot/initrd-6.8" },
		{ "ppc64le", "boot/vmlinux-6.8", "boot/initrd-6.8" },
		{ "ppc64le", "boot/vmlinux-6.8", "boot/initrd.img-6.8" },
		{ "x86_64", "boot/0123456789abcdef0123456789abcdef/6.8/linux",
		  "boot/0123456789abcdef0123456789abcdef/6.8/initrd" },
		{ "x86_64", "efi/0123456789abcdef0123456789abcdef/6.8/linux",
		  "efi/0123456789abcdef0123456789abcdef/6.8/initrd" },
		{ "x86_64", "boot/efi/EFI/Linux/0123456789abcdef0123456789abcdef-6.8.efi", "boot/initrd.img-6.8" },
		{ "x86_64", "usr/lib/modules/6.8/vmlinuz", "usr/lib/modules/6.8/initramfs.img" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		struct scene s;

		begin(&s, places[i].machine, "6.8", "root=/dev/sda1");
		check_fails(try(&s), &s.err, ERR_SYSTEM, "looked for /boot/vmlinuz-6.8, /boot/image-6.8, ");
		assert_non_null(strstr(s.err.text, "Kernel= in [Load]"));
		file(&s, places[i].kernel);
		check_fails(try(&s), &s.err, ERR_SYSTEM,
			    "no initrd of kernel 6.8 was found; looked for "
			    "/var/lib/kdump/initrd-6.8.img, /boot/initrd.img-6.8, ");
		assert_non_null(strstr(s.err.text, "kdump-service build 6.8"));
		file(&s, places[i].initrd);
		find(&s);
		assert_string_equal(inside(&s, s.loading.kernel) + 1, places[i].kernel);
		assert_string_equal(inside(&s, s.loading.initrd) + 1, places[i].initrd);
		end(&s);
	}
}

/* A link of SUSE's leads to the kernel of the modules' folder. */
TEST(links)
{
	struct scene s;
	char path[512];

	BEGIN_TEST();
	begin(&s, "s390x", "6.4.0-default", "root=/dev/dasda1");
	file(&s, "usr/lib/modules/6.4.0-default/image");
	machine_tree_path(&s.tree, "boot/image-6.4.0-default", path, sizeof(path));
	assert_int_equal(symlink("../usr/lib/modules/6.4.0-default/image", path), 0);
	file(&s, "boot/initrd-6.4.0-default");
	find(&s);
	assert_string_equal(inside(&s, s.loading.kernel), "/boot/image-6.4.0-default");
	assert_string_equal(s.loading.command_line, "root=/dev/dasda1 " FAILSAFE " nr_cpus=1 panic=10 cgroup_disable=memory "
						    "transparent_hugepage=never systemd.unit=kdump-capture.target");
	end(&s);
}

TEST(booted_by)
{
	static const struct {
		const char *image, *kernel; /* NULL: not taken */
	} images[] = {
		{ "(hd0,gpt2)/ostree/fedora-12/vmlinuz-6.8", "boot/ostree/fedora-12/vmlinuz-6.8" },
		{ "/ostree/fedora-12/vmlinuz-6.8", "boot/ostree/fedora-12/vmlinuz-6.8" },
		{ "/srv/vmlinuz-6.8", "srv/vmlinuz-6.8" },
		{ "/srv/vmlinuz", NULL },
		{ "/srv/vmlinuz-6.8.1", NULL },
		{ "/srv/vmlinuz-16.8", NULL },
		{ "/srv/../srv/vmlinuz-6.8", NULL },
		{ "vmlinuz-6.8", NULL },
		{ "(hd0", NULL },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(images) / sizeof(images[0]); i++) {
		struct scene s;

		begin(&s, "x86_64", "6.8", "");
		machine_tree_write(&s.tree, "proc/cmdline",
				   arena_printf(&s.arena, "BOOT_IMAGE=%s ro\n", images[i].image));
		file(&s, "srv/vmlinuz");
		file(&s, "srv/vmlinuz-6.8.1");
		file(&s, "srv/vmlinuz-16.8");
		file(&s, "vmlinuz-6.8");
		if (images[i].kernel) {
			const char *folder =
				arena_strndup(&s.arena, images[i].kernel,
					      (size_t)(strrchr(images[i].kernel, '/') - images[i].kernel));

			file(&s, images[i].kernel);
			file(&s, arena_printf(&s.arena, "%s/initramfs-6.8.img", folder));
			find(&s);
			assert_string_equal(inside(&s, s.loading.kernel) + 1, images[i].kernel);
			/* And the initrd beside it. */
			assert_string_equal(inside(&s, s.loading.initrd) + 1,
					    arena_printf(&s.arena, "%s/initramfs-6.8.img", folder));
		} else {
			file(&s, "srv/vmlinuz-6.8");
			check_fails(try(&s), &s.err, ERR_SYSTEM, "(6.8) was not found");
		}
		end(&s);
	}
}

TEST(command_lines)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "x86_64", "6.8",
	      "BOOT_IMAGE=/vmlinuz elfcorehdr=1 root=/dev/sda1 boot=live memmap=1G memmap=exactmap memmap=2G@1G "
	      "systemd.unit=a rd.systemd.unit=b foo=\"a b\" quiet fadump=on hugepagesz=2M hugepages=9 default_hugepagesz=1G "
	      "slub_debug=P crashkernel=1G,high crashkernel=72M,low -- single quiet");
	file(&s, "boot/vmlinuz-6.8");
	file(&s, "boot/initrd-6.8");
	configure(&s, "[Load]\nCommandLineAppend=\nCommandLineAppend=x=1 y\n");
	find(&s);
	assert_string_equal(s.loading.command_line, "root=/dev/sda1 boot=live memmap=1G foo=\"a b\" " FAILSAFE " x=1 y "
						    "systemd.unit=kdump-capture.target --");
	file(&s, "var/lib/kdump/initrd-6.8.img");
	find(&s);
	assert_string_equal(s.loading.command_line,
			    "root=/dev/sda1 memmap=1G foo=\"a b\" x=1 y boot=kdump -- single");

	configure(&s, "[Load]\nCommandLineRemove=foo y\n");
	find(&s);
	assert_string_equal(s.loading.command_line, "root=/dev/sda1 memmap=1G x=1 y boot=kdump -- single");
	configure(&s, "[Load]\nCommandLineRemove=\n");
	find(&s);
	has(&s, "quiet");
	has(&s, "crashkernel=1G,high");
	has_not(&s, "memmap=exactmap");
	has_not(&s, "elfcorehdr=1");

	/* Names as the kernel compares them, and shells that were once wanted. */
	machine_tree_write(&s.tree, "proc/cmdline",
			   "ro crash-kernel=1 slub-debug=P panic-on-warn log-buf-len=1M resume-offset=3 default-hugepagesz=2M "
			   "break=premount rd.break breakpoint=1 break a-b=1 \"hugetlb-cma=1 2\"\n");
	configure(&s, "[Load]\nCommandLineRemove=\nCommandLineRemove=a_b panic-on_warn\n");
	find(&s);
	assert_string_equal(s.loading.command_line,
			    "ro crash-kernel=1 slub-debug=P log-buf-len=1M resume-offset=3 default-hugepagesz=2M break=premount "
			    "rd.break breakpoint=1 break \"hugetlb-cma=1 2\" x=1 y boot=kdump");
	conf_defaults(&s.conf, &s.arena, "x86_64");
	configure(&s, "[Load]\nCommandLineAppend=\n");
	find(&s);
	assert_string_equal(s.loading.command_line, "ro crash-kernel=1 breakpoint=1 a-b=1 boot=kdump");

	/* What systemd was to boot into, wherever it stands. */
	machine_tree_write(&s.tree, "proc/cmdline", "ro single S=1 rescue -- emergency 3 quiet s -b\n");
	find(&s);
	assert_string_equal(s.loading.command_line, "ro single S=1 rescue boot=kdump -- emergency 3 s -b");
	configure(&s, "[Load]\nInitrd=none\n");
	find(&s);
	assert_string_equal(s.loading.command_line,
			    "ro " FAILSAFE_ROOT " systemd.unit=kdump-capture.target --");
	configure(&s, "[Load]\nInitrd=auto\nCommandLineAppend=x=1 y\n");

	/* What is written is taken as it is. */
	configure(&s, "[Load]\nCommandLine=root=/dev/sdb quiet boot=mine\n");
	find(&s);
	assert_string_equal(s.loading.command_line, "root=/dev/sdb quiet boot=mine x=1 y boot=kdump");

	/* What is added does not end up in an open quote. */
	machine_tree_write(&s.tree, "proc/cmdline", "root=/dev/sda1 foo=1 a=\"b -- c\n");
	configure(&s, "[Load]\nCommandLine=\n");
	find(&s);
	assert_string_equal(s.loading.command_line, "root=/dev/sda1 foo=1 a=\"b -- c\" x=1 y boot=kdump");
	configure(&s, "[Load]\nCommandLineRemove=a\n");
	find(&s);
	assert_string_equal(s.loading.command_line, "root=/dev/sda1 foo=1 x=1 y boot=kdump");
	end(&s);
}

TEST(network)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "x86_64", "6.8", "root=/dev/sda1");
	file(&s, "boot/vmlinuz-6.8");
	file(&s, "boot/initrd-6.8");
	file(&s, "var/lib/kdump/initrd-6.8.img");
	configure(&s, "[Save]\nNetwork=ip=eth1:dhcp a\n");
	find(&s);
	has_not(&s, "ip=eth1:dhcp");
	configure(&s, "[Save]\nTarget=nfs://h/x\n");
	find(&s);
	has(&s, "ip=eth1:dhcp a rd.neednet=1 boot=kdump");
	has_not(&s, "ip=dhcp");
	configure(&s, "[Save]\nTarget=ssh://h/x\nNetwork=\n");
	find(&s);
	has(&s, "ip=dhcp rd.neednet=1 boot=kdump");
	configure(&s, "[Load]\nCommandLineAppend=ip=eth0:dhcp\n");
	find(&s);
	has(&s, "ip=eth0:dhcp rd.neednet=1 boot=kdump");
	has_not(&s, "ip=dhcp");
	configure(&s, "[Load]\nCommandLineAppend=\n");
	machine_tree_write(&s.tree, "proc/cmdline", "root=/dev/nfs ip=10.0.0.2 -- single\n");
	find(&s);
	has(&s, "ip=10.0.0.2");
	has_not(&s, "ip=dhcp");
	has(&s, "rd.neednet=1 boot=kdump -- single");

	/* The root file system brings its own network. */
	configure(&s, "[Load]\nInitrd=normal\n");
	find(&s);
	has_not(&s, "rd.neednet=1");
	configure(&s, "[Save]\nNetwork=ifname=a:b\n");
	find(&s);
	has(&s, "ifname=a:b systemd.unit=kdump-capture.target");
	end(&s);
}

TEST(arguments)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "x86_64", "6.8", "ro");
	file(&s, "boot/vmlinuz-6.8");
	configure(&s,
		  "[Load]\nInitrd=none\nCommandLineAppend=\nSyscall=kexec_load\nKexecArguments=-d '--type=a b'\n");
	find(&s);
	assert_string_equal(
		all_arguments(&s),
		arena_printf(&s.arena,
			     "[-p][--root=%s][-c][--command-line=ro " FAILSAFE_ROOT " systemd.unit=kdump-capture.target][-d]"
			     "[--type=a b][%s/boot/vmlinuz-6.8]",
			     s.tree.root, s.tree.root));
	configure(&s, "[Load]\nSyscall=kexec_file_load\n");
	find(&s);
	assert_non_null(strstr(all_arguments(&s), "[-s][--command-line="));

	/* Where the kernel can follow CPUs, it is asked to; whether it does is seen later. */
	machine_tree_write(&s.tree, "sys/devices/system/cpu/crash_hotplug", "0\n");
	find(&s);
	assert_null(strstr(all_arguments(&s), "--hotplug"));
	machine_tree_write(&s.tree, "sys/kernel/crash_elfcorehdr_size", "24576\n");
	find(&s);
	assert_non_null(strstr(all_arguments(&s), "[-s][--hotplug][--command-line="));
	assert_false(s.machine.hotplug_by_kernel);
	end(&s);
}

TEST(hotplug)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "x86_64", "6.8", "ro");
	file(&s, "boot/vmlinuz-6.8");
	configure(&s, "[Load]\nInitrd=none\n");
	machine_tree_write(&s.tree, "sys/devices/system/cpu/crash_hotplug", "1\n");
	find(&s);
	assert_false(s.machine.hotplug_by_kernel);
	machine_tree_write(&s.tree, "sys/devices/system/memory/crash_hotplug", "0\n");
	find(&s);
	assert_false(s.machine.hotplug_by_kernel);
	machine_tree_write(&s.tree, "sys/devices/system/memory/crash_hotplug", "1\n");
	find(&s);
	assert_true(s.machine.hotplug_by_kernel);
	machine_tree_write(&s.tree, "sys/devices/system/cpu/crash_hotplug", "0\n");
	find(&s);
	assert_false(s.machine.hotplug_by_kernel);
	machine_tree_drop(&s.tree, "sys/devices/system/cpu/crash_hotplug");
	find(&s);
	assert_false(s.machine.hotplug_by_kernel);
	end(&s);
}

/* Looks again after each change: the fingerprint is another one exactly where it should be. */
static void changes(struct scene *s, bool expected, const char *what)
{
	const char *before = s->loading.fingerprint;

	find(s);
	if ((strcmp(before, s->loading.fingerprint) != 0) != expected)
		fail_msg("%s: the fingerprint is %s", what, expected ? "the same" : "another one");
}

static void touch(struct scene *s, const char *name, time_t at)
{
	char path[512];
	struct utimbuf times = { at, at };

	machine_tree_path(&s->tree, name, path, sizeof(path));
	assert_int_equal(utime(path, &times), 0);
}

TEST(fingerprint)
{
	struct scene s;
	char path[512], copy[512];

	BEGIN_TEST();
	begin(&s, "x86_64", "6.8", "ro");
	file(&s, "boot/vmlinuz-6.8");
	file(&s, "boot/initrd-6.8");
	touch(&s, "boot/vmlinuz-6.8", 1000);
	find(&s);
	changes(&s, false, "nothing");
	file(&s, "boot/other");
	changes(&s, false, "another file");
	touch(&s, "boot/vmlinuz-6.8", 2000);
	changes(&s, true, "time of the kernel");
	machine_tree_write(&s.tree, "boot/initrd-6.8", "of another size");
	changes(&s, true, "size of the initrd");

	/* The same bytes and times in another file. */
	machine_tree_path(&s.tree, "boot/vmlinuz-6.8", path, sizeof(path));
	machine_tree_path(&s.tree, "boot/new", copy, sizeof(copy));
	file(&s, "boot/new");
	touch(&s, "boot/new", 2000);
	assert_int_equal(rename(copy, path), 0);
	changes(&s, true, "inode of the kernel");

	machine_tree_write(&s.tree, "proc/cmdline", "ro a\n");
	changes(&s, true, "command line");
	machine_tree_write(&s.tree, "proc/cmdline", "ro a quiet\n");
	changes(&s, false, "what is not handed on of the command line");
	configure(&s, "[Load]\nKexecArguments=--no-checks\n");
	changes(&s, true, "arguments");
	s.kexec = "sbin/kexec";
	file(&s, "sbin/kexec");
	changes(&s, true, "that kexec is known");
	changes(&s, false, "the same kexec");
	touch(&s, "sbin/kexec", 1000);
	changes(&s, true, "time of kexec");
	machine_tree_write(&s.tree, "sbin/kexec", "of another size");
	changes(&s, true, "size of kexec");
	configure(&s, "[Save]\nLevel=1\n");
	changes(&s, false, "what only the capture initrd has");
	machine_tree_write(&s.tree, "proc/sys/kernel/random/boot_id", "00000000-1111-2222-3333-444444444445\n");
	changes(&s, true, "boot");
	machine_tree_write(&s.tree, "sys/kernel/kexec_crash_loaded", "1\n");
	changes(&s, false, "that it is loaded");

	machine_tree_write(&s.tree, "sys/devices/system/cpu/present", "0-4\n");
	changes(&s, true, "a CPU");
	machine_tree_write(&s.tree, "sys/devices/system/memory/memory1/state", "offline\n");
	changes(&s, true, "a block of memory");
	machine_tree_write(&s.tree, "sys/devices/system/memory/memory11/state", "online\n");
	changes(&s, true, "another block of memory");
	machine_tree_write(&s.tree, "sys/devices/system/memory/memory12/state", "going-offline\n");
	machine_tree_write(&s.tree, "sys/devices/system/memory/memoryx/state", "online\n");
	machine_tree_write(&s.tree, "sys/devices/system/memory/power/state", "online\n");
	changes(&s, false, "what is no block");
	machine_tree_write(&s.tree, "proc/iomem",
			   "00001000-0009ffff : System RAM\n"
			   "00100000-3fffffff : System RAM\n"
			   "  02000000-02ffffff : Kernel code\n"
			   "fee00000-fee00fff : Local APIC\n"
			   "fef00000-fef00fff : A device\n");
	changes(&s, false, "devices");
	machine_tree_write(&s.tree, "proc/iomem",
			   "00001000-0009ffff : System RAM\n"
			   "00100000-4fffffff : System RAM\n");
	changes(&s, true, "memory");

	/* Where the kernel follows, it is not our business. */
	machine_tree_write(&s.tree, "sys/devices/system/cpu/crash_hotplug", "1\n");
	machine_tree_write(&s.tree, "sys/devices/system/memory/crash_hotplug", "1\n");
	find(&s);
	machine_tree_write(&s.tree, "sys/devices/system/cpu/present", "0-5\n");
	machine_tree_write(&s.tree, "sys/devices/system/memory/memory12/state", "online\n");
	changes(&s, false, "a CPU and memory that the kernel follows");
	end(&s);
}

TEST(fingerprint_s390)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "s390x", "6.8", "ro");
	file(&s, "boot/image-6.8");
	file(&s, "boot/initrd-6.8");
	find(&s);
	machine_tree_write(&s.tree, "sys/devices/system/cpu/present", "0-5\n");
	machine_tree_write(&s.tree, "sys/devices/system/memory/memory1/state", "offline\n");
	changes(&s, false, "CPUs and memory, which the capture kernel sees by itself");
	touch(&s, "boot/image-6.8", 1000);
	changes(&s, true, "the kernel");
	end(&s);
}

TEST(nothing_reserved)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "x86_64", "6.8", "ro");
	file(&s, "boot/vmlinuz-6.8");
	file(&s, "boot/initrd-6.8");
	machine_tree_write(&s.tree, "sys/kernel/kexec_crash_size", "0\n");
	check_fails(try(&s), &s.err, ERR_BAD_MACHINE, "add crashkernel=SIZE to the kernel's command line");
	machine_tree_write(&s.tree, "proc/cmdline", "ro crashkernel=4T\n");
	check_fails(try(&s), &s.err, ERR_BAD_MACHINE, "crashkernel= is on the kernel's command line, but");
	machine_tree_drop(&s.tree, "sys/kernel/kexec_crash_size");
	check_fails(try(&s), &s.err, ERR_BAD_MACHINE, "this kernel (6.8) cannot load a crash kernel");
	machine_tree_write(&s.tree, "sys/kernel/kexec_crash_size", "lots\n");
	check_fails(loading_machine_read(&s.machine, &s.arena, s.tree.root, &s.err), &s.err, ERR_BAD_MACHINE,
		    "found \"lots\", expected a number");
	end(&s);
}

TEST(odd_machines)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "x86_64", "6.8", "ro");
	machine_tree_write(&s.tree, "proc/sys/kernel/osrelease", "../../etc\n");
	check_fails(loading_machine_read(&s.machine, &s.arena, s.tree.root, &s.err), &s.err, ERR_BAD_MACHINE,
		    "without a slash");
	machine_tree_write(&s.tree, "proc/sys/kernel/osrelease", "6.8\n");
	machine_tree_drop(&s.tree, "proc/cmdline");
	check_fails(loading_machine_read(&s.machine, &s.arena, s.tree.root, &s.err), &s.err, ERR_SYSTEM,
		    "proc/cmdline");
	machine_tree_write(&s.tree, "proc/cmdline", "ro\nmore");
	machine_tree_write(&s.tree, "proc/vmcore", "core");
	check_ok(loading_machine_read(&s.machine, &s.arena, s.tree.root, &s.err), &s.err);
	assert_string_equal(s.machine.command_line, "ro");
	assert_true(s.machine.in_capture);

	/* Kernels before 6.1 have no name of their machine there; this host's is taken. */
	machine_tree_drop(&s.tree, "proc/sys/kernel/arch");
	check_ok(loading_machine_read(&s.machine, &s.arena, s.tree.root, &s.err), &s.err);
	assert_true(*s.machine.machine);
	end(&s);
}

TEST(fadump)
{
	struct scene s;

	BEGIN_TEST();
	begin(&s, "ppc64le", "6.8", "ro fadump=on crashkernel=1G");
	machine_tree_write(&s.tree, "sys/kernel/fadump/enabled", "1\n");
	machine_tree_write(&s.tree, "sys/kernel/fadump/registered", "0\n");
	check_fails(try(&s), &s.err, ERR_BAD_MACHINE, "no memory is reserved for firmware-assisted dumps");
	machine_tree_write(&s.tree, "sys/kernel/fadump/mem_reserved", "1073741824\n");

	/* No file of a kernel is looked for. */
	find(&s);
	assert_true(s.machine.fadump);
	assert_false(s.machine.loaded || s.machine.hotplug_by_kernel);
	assert_true(s.machine.reserved == 1073741824);
	assert_int_equal(s.loading.way, LOADING_FADUMP);
	assert_null(s.loading.kernel);
	assert_null(s.loading.initrd);
	assert_string_equal(s.loading.command_line, "");
	assert_string_equal(all_arguments(&s), arena_printf(&s.arena, "[-p][--root=%s]", s.tree.root));
	configure(&s, "[Load]\nKexecArguments=--force-fadump\n");
	changes(&s, true, "arguments");
	assert_string_equal(all_arguments(&s),
			    arena_printf(&s.arena, "[-p][--root=%s][--force-fadump]", s.tree.root));
	machine_tree_write(&s.tree, "sys/devices/system/memory/memory7/state", "online\n");
	changes(&s, true, "memory");
	machine_tree_write(&s.tree, "sys/kernel/fadump/registered", "1\n");
	machine_tree_write(&s.tree, "sys/kernel/fadump/hotplug_ready", "1\n");
	find(&s);
	assert_true(s.machine.loaded && s.machine.hotplug_by_kernel);
	machine_tree_write(&s.tree, "sys/devices/system/memory/memory8/state", "online\n");
	changes(&s, false, "memory, for a kernel that is ready for hotplug");

	/* Supported and not used: as everywhere. */
	machine_tree_write(&s.tree, "sys/kernel/fadump/enabled", "0\n");
	machine_tree_write(&s.tree, "sys/kernel/fadump/registered", "0\n");
	file(&s, "boot/vmlinux-6.8");
	file(&s, "boot/initrd.img-6.8");
	find(&s);
	assert_false(s.machine.fadump);
	assert_int_equal(s.loading.way, LOADING_BY_TARGET);
	has(&s, "maxcpus=1");
	has_not(&s, "fadump=on");
	end(&s);
}

TEST(records)
{
	static const struct loading_record full = {
		.fingerprint = "0123",
		.syscall = "kexec_load",
		.kernel = "/boot/a kernel",
		.initrd = "/boot/rd",
		.command_line = "root=/dev/sda1 a=\"b c\"  d",
		.time = 1700000000,
		.verified = true,
	};
	struct loading_record record, broken = full;
	struct scene s;
	int lock;

	BEGIN_TEST();
	begin(&s, "x86_64", "6.8", "ro");
	check_ok(loading_record_read(&record, &s.arena, s.tree.root, &s.err), &s.err);
	assert_null(record.fingerprint);
	check_ok(loading_record_write(&full, &s.arena, s.tree.root, &s.err), &s.err);
	check_ok(loading_record_read(&record, &s.arena, s.tree.root, &s.err), &s.err);
	assert_string_equal(record.fingerprint, full.fingerprint);
	assert_string_equal(record.syscall, full.syscall);
	assert_string_equal(record.kernel, full.kernel);
	assert_string_equal(record.initrd, full.initrd);
	assert_string_equal(record.command_line, full.command_line);
	assert_true(record.time == full.time);
	assert_true(record.verified);

	/* What is not given is not there. */
	check_ok(loading_record_write(&(struct loading_record){ .fingerprint = "4" }, &s.arena, s.tree.root, &s.err),
		 &s.err);
	check_ok(loading_record_read(&record, &s.arena, s.tree.root, &s.err), &s.err);
	assert_string_equal(record.fingerprint, "4");
	assert_null(record.syscall);
	assert_null(record.kernel);
	assert_null(record.initrd);
	assert_null(record.command_line);
	assert_true(record.time == 0);
	assert_false(record.verified);

	/* No line can be forged by a name. */
	broken.kernel = "/boot/a\nverified yes";
	check_fails(loading_record_write(&broken, &s.arena, s.tree.root, &s.err), &s.err, ERR_INTERNAL,
		    "more than one line");

	machine_tree_write(&s.tree, "run/kdump/loaded",
			   "later thing\nfingerprint\ntime 12x\nverified maybe\nkernel /k\n\n \n");
	check_ok(loading_record_read(&record, &s.arena, s.tree.root, &s.err), &s.err);
	assert_null(record.fingerprint);
	assert_string_equal(record.kernel, "/k");
	assert_true(record.time == 0);
	assert_false(record.verified);
	machine_tree_write_bytes(&s.tree, "run/kdump/loaded", "a\0b", 3);
	check_fails(loading_record_read(&record, &s.arena, s.tree.root, &s.err), &s.err, ERR_BAD_MACHINE,
		    "not known");
	check_ok(loading_record_remove(&s.arena, s.tree.root, &s.err), &s.err);
	check_ok(loading_record_remove(&s.arena, s.tree.root, &s.err), &s.err);
	machine_tree_block(&s.tree, "run/kdump/loaded");
	check_fails(loading_record_read(&record, &s.arena, s.tree.root, &s.err), &s.err, ERR_SYSTEM,
		    "run/kdump/loaded");
	check_fails(loading_record_remove(&s.arena, s.tree.root, &s.err), &s.err, ERR_SYSTEM, "run/kdump/loaded");
	machine_tree_drop(&s.tree, "run/kdump/loaded");

	/* The second one waits until the first one lets go. */
	check_ok(loading_record_lock(&lock, &s.arena, s.tree.root, &s.err), &s.err);

	int ends[2];
	char byte;

	assert_int_equal(pipe(ends), 0);

	pid_t child = fork();

	assert_true(child >= 0);
	if (child == 0) {
		int second;
		bool ok;

		close(lock);
		ok = loading_record_lock(&second, &s.arena, s.tree.root, &s.err);
		_exit(write(ends[1], "x", 1) == 1 && ok ? 0 : 1);
	}
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	usleep(100000);
	assert_int_equal(read(ends[0], &byte, 1), -1);
	close(lock);

	int status;

	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	assert_int_equal(read(ends[0], &byte, 1), 1);
	close(ends[0]);
	close(ends[1]);
	end(&s);
}

CHECK_MAIN(cmocka_unit_test(debian), cmocka_unit_test(kernel_by_path), cmocka_unit_test(places),
	   cmocka_unit_test(links), cmocka_unit_test(booted_by), cmocka_unit_test(command_lines),
	   cmocka_unit_test(network), cmocka_unit_test(arguments), cmocka_unit_test(hotplug),
	   cmocka_unit_test(fingerprint), cmocka_unit_test(fingerprint_s390), cmocka_unit_test(nothing_reserved),
	   cmocka_unit_test(odd_machines), cmocka_unit_test(fadump), cmocka_unit_test(records))
