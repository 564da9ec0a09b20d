/* SPDX-License-Identifier: GPL-2.0-only */
/* From a configuration and a machine to the arguments of kexec(8). */
#include "kdump/service/loading.h"

#include <string.h>
#include <unistd.h>

#include "kdump/service/loading_parts.h"
#include "kexec/base/cmdline.h"
#include "kexec/base/file.h"

/* What says nothing to another kernel than the one that runs: as kexec --reuse-cmdline, and for the same reasons. */
static const char *const never[] = { "BOOT_IMAGE", "elfcorehdr", "kexec_jump_back_entry", NULL };

/* Our word for initramfs-tools: /scripts/kdump of the capture initrd. The running kernel's may be another one. */
static const char *const boot[] = { "boot", NULL };

/*
 * systemd takes the last of these for what it boots into, also behind "--": a machine that was started with one of
 * them, into its rescue shell for instance, would never save.
 */
static const char *const modes[] = { "emergency", "-b", "rescue", "single", "-s", "s", "S", "1", "2", "3", "4", "5",
				     NULL };

/*
 * A root file system that a crash left without what is needed, or an initrd that cannot find it, is to end in a boot of
 * the machine, not in a shell that waits for someone. systemd goes to rescue.target where it cannot load what it was
 * told to boot into, and stops (with systemd.crash_reboot: boots again) where it cannot load that either. dracut needs
 * both of its words; initramfs-tools boots again with panic=, which is in the default of CommandLineAppend=.
 *
 * systemd-fsck waits without limit for a disk that hangs, and a large file system takes hours; what has a journal does
 * not need it (systemd-fsck@.service(8)).
 */
#define FAILSAFE_ROOT "systemd.mask=rescue.target systemd.crash_reboot fsck.mode=skip"
#define FAILSAFE_INITRD "rd.shell=0 rd.emergency=reboot"

static bool is_remote(const struct conf *conf)
{
	return conf->save.target.kind == CONF_TARGET_NFS || conf->save.target.kind == CONF_TARGET_SSH;
}

static bool has_word(const char *line, const char *key)
{
	struct cmdline_word word;

	while (cmdline_next(&line, &word)) {
		if (cmdline_word_is(word, key))
			return true;
	}
	return false;
}

/* With a root file system of its own the capture kernel gets its network from that, unless Network= says more. */
static const char *network_words(struct arena *arena, const struct conf *conf, enum loading_way way, const char *line)
{
	const char *words = conf->save.network;

	if (!is_remote(conf))
		return "";
	if (way != LOADING_BY_INITRD)
		return words;
	if (!*words && !has_word(line, "ip") && !has_word(conf->load.command_line_append, "ip"))
		words = "ip=dhcp";

	/* dracut brings the network up only where something asks for it. */
	return cmdline_join(arena, words, "rd.neednet=1");
}

/*
 * A quote that is not closed reaches to the end of the line, so what is put there would be part of the last value: the
 * kernel that saves would see none of it.
 */
static const char *close_quote(struct arena *arena, const char *line)
{
	bool open = false;

	for (const char *c = line; *c; c++)
		open ^= *c == '"';
	return open ? arena_printf(arena, "%s\"", line) : line;
}

const char *loading_command_line(struct arena *arena, const struct conf *conf, const struct loading_machine *machine,
				 enum loading_way way)
{
	const char *line = conf->load.command_line;

	if (!conf->load.has_command_line) {
		line = cmdline_without(arena, machine->command_line, never);
		line = cmdline_without(arena, line, conf->load.command_line_remove);
		line = cmdline_without_exactmap(arena, line);
		line = cmdline_without(arena, line, way == LOADING_BY_INITRD ? boot : modes);
		line = close_quote(arena, line);
	}

	const char *words = "";

	/* The last one counts: what is configured comes behind these. */
	if (way == LOADING_BY_TARGET)
		words = FAILSAFE_ROOT;
	if (way == LOADING_BY_TARGET && conf->load.initrd != CONF_INITRD_NONE)
		words = cmdline_join(arena, words, FAILSAFE_INITRD);
	words = cmdline_join(arena, words, conf->load.command_line_append);
	words = cmdline_join(arena, words, network_words(arena, conf, way, line));
	words = cmdline_join(arena, words,
			     way == LOADING_BY_INITRD ? "boot=kdump" : "systemd.unit=kdump-capture.target");
	return cmdline_insert(arena, line, words);
}

static const char *syscall_option(enum conf_syscall way)
{
	return way == CONF_SYSCALL_LOAD ? "-c" : way == CONF_SYSCALL_FILE ? "-s" : "-a";
}

/*
 * crash_hotplug says 1 only while such a kernel is loaded; that its file is there says that the kernel knows how. kexec
 * wants the other one, too.
 */
static bool knows_hotplug(struct arena *arena, const char *root)
{
	static const char *const names[] = { "sys/devices/system/cpu/crash_hotplug",
					     "sys/kernel/crash_elfcorehdr_size" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (access(file_below(arena, root, names[i]), F_OK) != 0)
			return false;
	}
	return true;
}

static const char *const *make_arguments(struct arena *arena, const struct conf *conf,
					 const struct loading_machine *machine, const struct loading *loading)
{
	const char *const *more = conf->load.kexec_arguments;
	size_t count = 0, i = 0;

	while (more[count])
		count++;

	const char **arguments = arena_array(arena, count + 8, sizeof(*arguments));

	arguments[i++] = "-p";

	/* Then kexec does nothing to the machine that it runs on. */
	if (*machine->root)
		arguments[i++] = arena_printf(arena, "--root=%s", machine->root);
	if (loading->way != LOADING_FADUMP) {
		arguments[i++] = syscall_option(conf->load.syscall);
		if (knows_hotplug(arena, machine->root))
			arguments[i++] = "--hotplug";
		arguments[i++] = arena_printf(arena, "--command-line=%s", loading->command_line);
		if (loading->initrd)
			arguments[i++] = arena_printf(arena, "--initrd=%s", loading->initrd);
	}
	while (*more)
		arguments[i++] = *more++;
	if (loading->kernel)
		arguments[i++] = loading->kernel;
	return arguments;
}

static bool check_reserved(const struct loading_machine *machine, struct arena *arena, struct err *err)
{
	if (machine->reserved > 0)
		return true;
	if (machine->fadump)
		return err_set(
			err, ERR_BAD_MACHINE,
			"no memory is reserved for firmware-assisted dumps (/sys/kernel/fadump/mem_reserved is 0 or not "
			"there): boot with fadump=on and crashkernel=SIZE, and more of it than now");
	if (access(file_below(arena, machine->root, "sys/kernel/kexec_crash_size"), F_OK) != 0)
		return err_set(
			err, ERR_BAD_MACHINE,
			"this kernel (%s) cannot load a crash kernel: it has no /sys/kernel/kexec_crash_size, so it was built "
			"without CONFIG_KEXEC and CONFIG_CRASH_DUMP",
			machine->release);
	return err_set(
		err, ERR_BAD_MACHINE,
		"no memory is reserved for a crash kernel (/sys/kernel/kexec_crash_size is 0): %s",
		has_word(machine->command_line, "crashkernel")
			? "crashkernel= is on the kernel's command line, but the kernel did not follow it; \"dmesg | grep "
			  "-i crash\" says why. Another size may fit"
			: "add crashkernel=SIZE to the kernel's command line (256M is enough for most machines; "
			  "kdump-service(8)), and boot again");
}

bool loading_find(struct loading *loading, struct arena *arena, const struct conf *conf,
		  const struct loading_machine *machine, struct err *err)
{
	const char *release;

	*loading =
		(struct loading){ .way = machine->fadump ? LOADING_FADUMP : LOADING_BY_INITRD, .command_line = "" };
	if (!check_reserved(machine, arena, err))
		return false;
	if (!machine->fadump) {
		if (!loading_find_kernel(&loading->kernel, &release, arena, conf, machine, err) ||
		    !loading_find_initrd(&loading->initrd, &loading->initrd_is_capture, arena, conf, machine,
					 loading->kernel, release, err))
			return false;
		if (conf->load.initrd != CONF_INITRD_FILE && !loading->initrd_is_capture)
			loading->way = LOADING_BY_TARGET;
		loading->command_line = loading_command_line(arena, conf, machine, loading->way);
	}
	loading->arguments = make_arguments(arena, conf, machine, loading);
	loading->fingerprint = loading_fingerprint(arena, loading, machine);
	return true;
}
