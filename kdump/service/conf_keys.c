/* SPDX-License-Identifier: GPL-2.0-only */
/* The table of keys: how each is read and written. doc/kdump.conf.5 has them in words. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/service/conf_parts.h"
#include "kexec/base/cmdline.h"

/* As many as vmcore-save takes. */
#define THREADS_MOST 1024
#define KEEP_MOST 1000000

/* A machine that waits longer than a day for its disk is one that does not come back. */
#define TIMEOUT_MOST UINT64_C(86400)

/*
 * Longer than what a server or a disk that is gone is given before the kernel itself reports an error: NFS as it is
 * mounted for a dump takes up to 10.5 minutes, and drivers of disks repeat a command for some minutes.
 */
#define STALL_DEFAULT "900"

static const char *const initrds[] = { "auto", "normal", "none", NULL };
static const char *const syscalls[] = { "auto", "kexec_load", "kexec_file_load", NULL };
static const char *const formats[] = { "kdump", "elf", NULL };
static const char *const actions[] = { "reboot", "poweroff", "halt", "shell", "continue", NULL };

static bool is_auto(const char *value)
{
	return !*value || strcmp(value, "auto") == 0;
}

static bool read_kernel(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	if (is_auto(value)) {
		conf->load.kernel = NULL;
		return true;
	}
	if (*value != '/')
		return err_set(err, ERR_USAGE, "expected auto or an absolute path");
	return conf_read_path(&conf->load.kernel, arena, value, err);
}

static const char *write_kernel(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->load.kernel ? conf->load.kernel : "auto";
}

static bool read_initrd(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	unsigned int choice = CONF_INITRD_AUTO;

	if (*value == '/') {
		if (!conf_read_path(&conf->load.initrd_path, arena, value, err))
			return false;
		conf->load.initrd = CONF_INITRD_FILE;
		return true;
	}
	if (*value && !conf_read_choice(&choice, value, initrds, err))
		return err_set(err, ERR_USAGE, "expected auto, normal, none or an absolute path");
	conf->load.initrd = (enum conf_initrd)choice;
	conf->load.initrd_path = NULL;
	return true;
}

static const char *write_initrd(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->load.initrd == CONF_INITRD_FILE ? conf->load.initrd_path : initrds[conf->load.initrd];
}

static bool read_words_of_kernel(const char **out, struct arena *arena, const char *value, struct err *err)
{
	static const char *const none[] = { NULL };
	size_t quotes = 0;

	for (const char *c = value; *c; c++)
		quotes += *c == '"';
	if (quotes % 2)
		return err_set(err, ERR_USAGE, "expected a second \" for each, as the kernel does");
	if (strlen(value) > CONF_TEXT_MOST)
		return err_set(err, ERR_USAGE, "expected at most %d bytes", CONF_TEXT_MOST);
	/* One blank between words, however many the lines had that these were on. */
	*out = cmdline_without(arena, value, none);
	return true;
}

static bool read_command_line(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	if (!read_words_of_kernel(&conf->load.command_line, arena, value, err))
		return false;
	conf->load.has_command_line = *value;
	return true;
}

static const char *write_command_line(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->load.command_line;
}

static bool read_command_line_append(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	const char *words, *all = "";

	if (!read_words_of_kernel(&words, arena, value, err))
		return false;
	if (words[cmdline_kernel_part(words)])
		return err_set(
			err, ERR_USAGE,
			"expected words for the kernel, without \"--\": what is behind it is for init, and stays at the end");

	/* A word that is given again counts where it stands last, as for the kernel. */
	if (*words)
		all = cmdline_reuse(arena, conf->load.command_line_append, words);
	if (strlen(all) > CONF_TEXT_MOST)
		return err_set(err, ERR_USAGE, "expected at most %d bytes in all of the lines with this key",
			       CONF_TEXT_MOST);
	conf->load.command_line_append = all;
	return true;
}

static const char *write_command_line_append(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->load.command_line_append;
}

static bool add_words(const char *const **list, struct arena *arena, const char *const *words, struct err *err)
{
	const char *const *all = *words ? conf_join_words(arena, *list, words) : words;
	size_t count = 0;

	while (all[count])
		count++;
	if (count > CONF_WORDS_MOST || strlen(conf_write_words(arena, all)) > CONF_TEXT_MOST)
		return err_set(err, ERR_USAGE,
			       "expected at most %d words of %d bytes in all of the lines with this key",
			       CONF_WORDS_MOST, CONF_TEXT_MOST);
	*list = all;
	return true;
}

static bool read_command_line_remove(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	const char *const *words;

	if (!conf_read_words(&words, arena, value, err))
		return false;
	for (size_t i = 0; words[i]; i++) {
		if (!*words[i] || strpbrk(words[i], "=\" \t"))
			return err_set(
				err, ERR_USAGE,
				"expected names alone, such as quiet or hugepages: every word NAME or NAME=... is left out");
	}
	return add_words(&conf->load.command_line_remove, arena, words, err);
}

static const char *write_command_line_remove(struct arena *arena, const struct conf *conf)
{
	return conf_write_words(arena, conf->load.command_line_remove);
}

static bool read_syscall(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	unsigned int choice = CONF_SYSCALL_AUTO;

	(void)arena;
	if (*value && !conf_read_choice(&choice, value, syscalls, err))
		return false;
	conf->load.syscall = (enum conf_syscall)choice;
	return true;
}

static const char *write_syscall(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return syscalls[conf->load.syscall];
}

/*
 * What is loaded, how and for what has keys of its own; and an option that makes kexec(8) do something else than load
 * (start what is loaded, say) must not come from here. It takes beginnings of long names, so those count, too.
 */
static bool is_refused(const char *word)
{
	static const char *const names[] = {
		"load",
		"load-panic",
		"force",
		"exec",
		"unload",
		"status",
		"help",
		"version",
		"verify",
		"print-machine",
		"print-ckr-size",
		"dry-run",
		"realmem",
		"memory",
		"machine",
		"root",
		"arch",
		"append",
		"command-line",
		"reuse-cmdline",
		"initrd",
		"ramdisk",
		"reuseinitrd",
		"kexec-syscall",
		"kexec-file-syscall",
		"kexec-syscall-auto",
		"discard-dump",
		"load-preserve-context",
		"load-jump-back-helper",
		"exec-live-update",
		"load-live-update",
	};

	if (word[1] != '-')
		return strcspn(word + 1, "lpfeuShv?acs") < strcspn(word + 1, "t");

	size_t length = strcspn(word + 2, "=");

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strncmp(word + 2, names[i], length) == 0)
			return true;
	}
	return false;
}

static bool read_kexec_arguments(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	const char *const *words;

	if (!conf_read_words(&words, arena, value, err))
		return false;
	for (size_t i = 0; words[i]; i++) {
		if (words[i][0] != '-' || !words[i][1])
			return err_set(err, ERR_USAGE,
				       "expected options of kexec(8), found \"%s\" (a value is joined: --mem-max=1G)",
				       conf_shown(arena, words[i]));
		if (is_refused(words[i]))
			return err_set(err, ERR_USAGE,
				       "expected options that say how a crash kernel is loaded; %s is none, or has a "
				       "key of its own in [Load]",
				       conf_shown(arena, words[i]));
	}
	return add_words(&conf->load.kexec_arguments, arena, words, err);
}

static const char *write_kexec_arguments(struct arena *arena, const struct conf *conf)
{
	return conf_write_words(arena, conf->load.kexec_arguments);
}

static bool read_target(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	return conf_target_read(&conf->save.target, arena, *value ? value : "/var/crash", err);
}

static const char *write_target(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->save.target.text;
}

static bool read_mount_options(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	if (strpbrk(value, " \t") || *value == '-')
		return err_set(err, ERR_USAGE,
			       "expected options of mount(8) with commas between them, such as noatime,soft");
	conf->save.mount_options = arena_strdup(arena, value);
	return true;
}

static const char *write_mount_options(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->save.mount_options;
}

static bool read_network(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	const char *words;

	if (!read_words_of_kernel(&words, arena, value, err))
		return false;
	if (words[cmdline_kernel_part(words)])
		return err_set(err, ERR_USAGE,
			       "expected words for the kernel's command line such as ip=dhcp, without \"--\"");
	conf->save.network = words;
	return true;
}

static const char *write_network(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->save.network;
}

static bool read_optional_path(const char **out, struct arena *arena, const char *value, struct err *err)
{
	if (*value)
		return conf_read_path(out, arena, value, err);
	*out = "";
	return true;
}

static bool read_ssh_key(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	return read_optional_path(&conf->save.ssh_key, arena, value, err);
}

static const char *write_ssh_key(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->save.ssh_key;
}

static bool read_ssh_known_hosts(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	return read_optional_path(&conf->save.ssh_known_hosts, arena, value, err);
}

static const char *write_ssh_known_hosts(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->save.ssh_known_hosts;
}

static bool read_level(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	unsigned int levels[CONF_LEVELS];
	size_t count = 0;
	const char *at = *value ? value : "31";

	for (;; at++) {
		char number[4];

		at += strspn(at, " \t");

		size_t length = strspn(at, "0123456789");

		if (length == 0 || length >= sizeof(number) || count == CONF_LEVELS)
			break;
		memcpy(number, at, length);
		number[length] = 0;
		if (!conf_read_number(&levels[count++], number, 31, err))
			break;
		at += length;
		at += strspn(at, " \t");
		if (*at && *at != ',')
			break;
		if (!*at) {
			memcpy(conf->save.levels, levels, count * sizeof(*levels));
			conf->save.level_count = count;
			return true;
		}
	}
	(void)arena;
	return err_set(
		err, ERR_USAGE,
		"expected a number from 0 to 31, or at most %d of them with commas between: 1,31 takes 31 where 1 does not "
		"fit",
		CONF_LEVELS);
}

static const char *write_level(struct arena *arena, const struct conf *conf)
{
	const char *text = "";

	for (size_t i = 0; i < conf->save.level_count; i++)
		text = arena_printf(arena, "%s%s%u", text, i ? "," : "", conf->save.levels[i]);
	return text;
}

static const struct {
	const char *name;
	int least, most;
} packers[] = {
	[CONF_ZSTD] = { "zstd", -7, 19 },
	[CONF_ZLIB] = { "zlib", 1, 9 },
	[CONF_NONE] = { "none", 0, 0 },
};

static bool read_compress(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	const char *text = *value ? value : "zstd";
	size_t length = strcspn(text, ":");

	(void)arena;
	for (unsigned int i = 0; i < sizeof(packers) / sizeof(packers[0]); i++) {
		const char *level = text[length] ? text + length + 1 : NULL;
		unsigned int number = 0;
		bool minus = level && *level == '-';

		if (strlen(packers[i].name) != length || memcmp(packers[i].name, text, length) != 0)
			continue;
		if (level && !conf_read_number(&number, level + minus, 19, err))
			break;

		int wanted = minus ? -(int)number : (int)number;

		/* 0 is what "not given" is inside. */
		if (level && (wanted < packers[i].least || wanted > packers[i].most || wanted == 0))
			break;
		conf->save.compress = (enum conf_compress)i;
		conf->save.compress_level = wanted;
		return true;
	}
	return err_set(err, ERR_USAGE, "expected zstd, zstd:N (-7 to -1, 1 to 19), zlib, zlib:N (1 to 9) or none");
}

static const char *write_compress(struct arena *arena, const struct conf *conf)
{
	const char *name = packers[conf->save.compress].name;

	return conf->save.compress_level ? arena_printf(arena, "%s:%d", name, conf->save.compress_level) : name;
}

static bool read_format(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	unsigned int choice = CONF_KDUMP;

	(void)arena;
	if (*value && !conf_read_choice(&choice, value, formats, err))
		return false;
	conf->save.format = (enum conf_format)choice;
	return true;
}

static const char *write_format(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return formats[conf->save.format];
}

static bool read_threads(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	(void)arena;
	return conf_read_number(&conf->save.threads, *value ? value : "0", THREADS_MOST, err);
}

static const char *write_threads(struct arena *arena, const struct conf *conf)
{
	return arena_printf(arena, "%u", conf->save.threads);
}

static bool read_keep(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	(void)arena;
	return conf_read_number(&conf->save.keep, *value ? value : "0", KEEP_MOST, err);
}

static const char *write_keep(struct arena *arena, const struct conf *conf)
{
	return arena_printf(arena, "%u", conf->save.keep);
}

static bool read_max_size(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	(void)arena;
	return conf_read_size(&conf->save.max_size, *value ? value : "0", err);
}

static const char *write_max_size(struct arena *arena, const struct conf *conf)
{
	static const char units[] = "KMGT";
	uint64_t size = conf->save.max_size;
	size_t unit = 0;

	for (; size && size % 1024 == 0 && unit < 4; unit++)
		size /= 1024;
	return unit ? arena_printf(arena, "%" PRIu64 "%c", size, units[unit - 1])
		    : arena_printf(arena, "%" PRIu64, size);
}

static bool read_dmesg(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	(void)arena;
	return conf_read_bool(&conf->save.dmesg, *value ? value : "yes", err);
}

static const char *write_dmesg(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return conf->save.dmesg ? "yes" : "no";
}

static bool read_timeout(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	(void)arena;
	return conf_read_seconds(&conf->save.timeout, *value ? value : "60", TIMEOUT_MOST, err);
}

static const char *write_timeout(struct arena *arena, const struct conf *conf)
{
	return arena_printf(arena, "%" PRIu64, conf->save.timeout);
}

static bool read_stall_timeout(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	(void)arena;
	if (strcmp(value, "infinity") == 0)
		value = "0";
	if (conf_read_seconds(&conf->save.stall_timeout, *value ? value : STALL_DEFAULT, TIMEOUT_MOST, err))
		return true;
	return err_set(err, ERR_USAGE,
		       "expected a time of at most %" PRIu64
		       " seconds: a number of seconds, or such as 90s, 5min or 1h 30min; 0 or infinity for no limit",
		       TIMEOUT_MOST);
}

static const char *write_stall_timeout(struct arena *arena, const struct conf *conf)
{
	return arena_printf(arena, "%" PRIu64, conf->save.stall_timeout);
}

static bool read_action(enum conf_action *action, const char *value, struct err *err)
{
	unsigned int choice = CONF_REBOOT;

	if (*value && !conf_read_choice(&choice, value, actions, err))
		return false;
	*action = (enum conf_action)choice;
	return true;
}

static bool read_on_success(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	(void)arena;
	return read_action(&conf->save.on_success, value, err);
}

static const char *write_on_success(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return actions[conf->save.on_success];
}

static bool read_on_failure(struct conf *conf, struct arena *arena, const char *value, struct err *err)
{
	(void)arena;
	return read_action(&conf->save.on_failure, value, err);
}

static const char *write_on_failure(struct arena *arena, const struct conf *conf)
{
	(void)arena;
	return actions[conf->save.on_failure];
}

const struct conf_key conf_keys[] = {
	{ CONF_LOAD, "Kernel", false, read_kernel, write_kernel },
	{ CONF_LOAD, "Initrd", false, read_initrd, write_initrd },
	{ CONF_LOAD, "CommandLine", false, read_command_line, write_command_line },
	{ CONF_LOAD, "CommandLineAppend", true, read_command_line_append, write_command_line_append },
	{ CONF_LOAD, "CommandLineRemove", true, read_command_line_remove, write_command_line_remove },
	{ CONF_LOAD, "Syscall", false, read_syscall, write_syscall },
	{ CONF_LOAD, "KexecArguments", true, read_kexec_arguments, write_kexec_arguments },
	{ CONF_SAVE, "Target", false, read_target, write_target },
	{ CONF_SAVE, "MountOptions", false, read_mount_options, write_mount_options },
	{ CONF_SAVE, "Network", false, read_network, write_network },
	{ CONF_SAVE, "SshKey", false, read_ssh_key, write_ssh_key },
	{ CONF_SAVE, "SshKnownHosts", false, read_ssh_known_hosts, write_ssh_known_hosts },
	{ CONF_SAVE, "Level", false, read_level, write_level },
	{ CONF_SAVE, "Compress", false, read_compress, write_compress },
	{ CONF_SAVE, "Format", false, read_format, write_format },
	{ CONF_SAVE, "Threads", false, read_threads, write_threads },
	{ CONF_SAVE, "Keep", false, read_keep, write_keep },
	{ CONF_SAVE, "MaxSize", false, read_max_size, write_max_size },
	{ CONF_SAVE, "Dmesg", false, read_dmesg, write_dmesg },
	{ CONF_SAVE, "Timeout", false, read_timeout, write_timeout },
	{ CONF_SAVE, "StallTimeout", false, read_stall_timeout, write_stall_timeout },
	{ CONF_SAVE, "OnSuccess", false, read_on_success, write_on_success },
	{ CONF_SAVE, "OnFailure", false, read_on_failure, write_on_failure },
	{ .name = NULL },
};

const char *conf_section_name(enum conf_section section)
{
	static const char *const names[] = { [CONF_LOAD] = "Load", [CONF_SAVE] = "Save" };

	return names[section];
}
