/* SPDX-License-Identifier: GPL-2.0-only */
/* Defaults, files and drop-ins. */
#include "kdump/service/conf.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kdump/service/conf_parts.h"
#include "kexec/base/file.h"

#define FILE_MOST ((size_t)1 << 20)
#define DROP_INS_MOST 1024

/*
 * What the capture kernel does without, by what distributions give theirs; doc/kdump.conf.5 says what each word is
 * for. nr_cpus=1 is not for ppc64, whose kernels could for long not start with it on a CPU other than the first.
 */
static const char *append_default(const char *machine)
{
	static const struct {
		const char *machine, *words;
	} defaults[] = {
		{ "x86_64", "reset_devices nr_cpus=1 irqpoll usbcore.nousb acpi_no_memhotplug" },
		{ "i386", "reset_devices nr_cpus=1 irqpoll usbcore.nousb" },
		{ "i486", "reset_devices nr_cpus=1 irqpoll usbcore.nousb" },
		{ "i586", "reset_devices nr_cpus=1 irqpoll usbcore.nousb" },
		{ "i686", "reset_devices nr_cpus=1 irqpoll usbcore.nousb" },
		{ "s390x", "nr_cpus=1" },
		{ "ppc64le", "reset_devices maxcpus=1 noirqdistrib irqpoll usbcore.nousb" },
		{ "ppc64", "reset_devices maxcpus=1 noirqdistrib irqpoll usbcore.nousb" },
		{ "aarch64", "reset_devices nr_cpus=1 irqpoll acpi_no_memhotplug" },
	};

	for (size_t i = 0; i < sizeof(defaults) / sizeof(defaults[0]); i++) {
		if (strcmp(machine, defaults[i].machine) == 0)
			return defaults[i].words;
	}
	return "reset_devices nr_cpus=1";
}

/* On every machine: a capture kernel that panics is to start the machine again, and memory is short there. */
#define APPEND_ALWAYS "panic=10 cgroup_disable=memory transparent_hugepage=never"

/* doc/kdump.conf.5 has the reason for each. */
#define REMOVE_DEFAULT                                                                                               \
	"crashkernel fadump hugepages hugepagesz default_hugepagesz hugetlb_cma cma swiotlb log_buf_len slub_debug " \
	"quiet panic_on_warn resume resume_offset break rd.break systemd.unit rd.systemd.unit"

void conf_defaults(struct conf *conf, struct arena *arena, const char *machine)
{
	static const char *const none[] = { NULL };
	struct err err = { .code = ERR_NONE };
	bool ok = true;

	*conf = (struct conf){ 0 };
	conf->load.command_line_append = "";
	conf->load.command_line_remove = none;
	conf->load.kexec_arguments = none;
	for (const struct conf_key *key = conf_keys; key->name; key++) {
		const char *value = "";

		if (strcmp(key->name, "CommandLineAppend") == 0)
			value = arena_printf(arena, "%s %s", append_default(machine), APPEND_ALWAYS);
		else if (strcmp(key->name, "CommandLineRemove") == 0)
			value = REMOVE_DEFAULT;
		ok = ok && key->read(conf, arena, value, &err);
	}
	if (!ok)
		abort();
}

/* ERR_SYSTEM with ENOENT where there is none. */
static bool read_file(struct conf *conf, struct conf_mistakes *mistakes, struct arena *arena, const char *path,
		      struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	struct stat st;
	size_t size = 0;
	ssize_t got = 0;

	if (fd < 0)
		return err_system(err, errno, "cannot be opened, and nothing of it holds");

	/* /dev/null is how systemd's files are switched off; nothing else but a file makes sense. */
	if (fstat(fd, &st) != 0 || S_ISDIR(st.st_mode) || S_ISFIFO(st.st_mode)) {
		close(fd);
		return err_system(err, EISDIR, "cannot be read, and nothing of it holds, for it is no file");
	}

	char *text = malloc(FILE_MOST + 1);

	if (!text) {
		close(fd);
		return err_system(err, ENOMEM, "cannot be read, and nothing of it holds");
	}
	while (size <= FILE_MOST) {
		got = read(fd, text + size, FILE_MOST + 1 - size);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			break;
		size += (size_t)got;
	}

	int errnum = errno;
	bool ok = true;

	close(fd);
	if (got < 0)
		ok = err_system(err, errnum, "cannot be read, and nothing of it holds");
	else if (size > FILE_MOST)
		ok = err_set(err, ERR_BAD_IMAGE,
			     "has more than the %zu bytes expected at most, and nothing of it holds", FILE_MOST);
	else
		conf_parse(conf, mistakes, arena, path, text, size);
	free(text);
	return ok;
}

static bool is_absent(const struct err *err)
{
	return err->code == ERR_SYSTEM && err->errnum == ENOENT;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* Names as in a folder of systemd: NAME.conf, not hidden, in the order of their bytes. */
static bool is_drop_in(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".conf") == 0;
}

static bool list_drop_ins(const char ***names, size_t *count, struct arena *arena, const char *folder,
			  struct err *err)
{
	DIR *open_folder = opendir(folder);
	struct dirent *entry;

	*count = 0;
	*names = arena_array(arena, DROP_INS_MOST, sizeof(**names));
	if (!open_folder && errno == ENOENT)
		return true;
	if (!open_folder)
		return err_system(err, errno, "cannot be opened, and none of its files holds");
	while (errno = 0, (entry = readdir(open_folder)) != NULL) {
		if (!is_drop_in(entry->d_name))
			continue;
		if (*count == DROP_INS_MOST) {
			qsort(*names, *count, sizeof(**names), by_name);
			closedir(open_folder);
			return err_set(err, ERR_BAD_IMAGE, "has more than the %d files expected at most, and some do not hold",
				       DROP_INS_MOST);
		}
		(*names)[(*count)++] = arena_strdup(arena, entry->d_name);
	}

	int errnum = errno;

	closedir(open_folder);
	qsort(*names, *count, sizeof(**names), by_name);
	if (errnum)
		return err_system(err, errnum, "cannot be read, and some of its files do not hold");
	return true;
}

void conf_read(struct conf *conf, struct conf_mistakes *mistakes, struct arena *arena, const char *root,
	       const char *path, const char *machine)
{
	const char *whole = *root ? file_below(arena, root, path + strspn(path, "/")) : path, **names;
	const char *folder = arena_printf(arena, "%s.d", whole);
	struct err err;
	size_t count;

	*mistakes = (struct conf_mistakes){ NULL, 0 };
	conf_defaults(conf, arena, machine);
	if (read_file(conf, mistakes, arena, whole, &err))
		conf->has_file = true;
	else if (!is_absent(&err))
		conf_add_mistake(mistakes, arena, whole, 0, arena_strdup(arena, err.text));
	if (!list_drop_ins(&names, &count, arena, folder, &err))
		conf_add_mistake(mistakes, arena, folder, 0, arena_strdup(arena, err.text));
	for (size_t i = 0; i < count; i++) {
		const char *file = arena_printf(arena, "%s/%s", folder, names[i]);

		/* One that is listed and leads nowhere is a mistake, too. */
		if (read_file(conf, mistakes, arena, file, &err))
			conf->has_file = true;
		else
			conf_add_mistake(mistakes, arena, file, 0, arena_strdup(arena, err.text));
	}
}

const char *conf_write(struct arena *arena, const struct conf *conf)
{
	const char *texts[64];
	size_t size = 1;

	for (size_t i = 0; conf_keys[i].name; i++) {
		const struct conf_key *key = &conf_keys[i];
		const char *value = key->write(arena, conf), *start = "";

		if (i == 0 || key->section != conf_keys[i - 1].section)
			start = arena_printf(arena, "%s[%s]\n", i ? "\n" : "", conf_section_name(key->section));

		/* An empty value first: a list begins with its default. */
		if (key->is_list && *value)
			start = arena_printf(arena, "%s%s=\n", start, key->name);
		texts[i] = arena_printf(arena, "%s%s=%s\n", start, key->name, value);
		size += strlen(texts[i]);
	}

	char *all = arena_alloc(arena, size), *at = all;

	for (size_t i = 0; conf_keys[i].name; i++)
		at = stpcpy(at, texts[i]);
	return all;
}
