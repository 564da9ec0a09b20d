/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * systemd.generator(7): after a firmware-assisted dump firmware boots what it always boots, with the usual command
 * line. Services of a whole system would start, and be cut off when the dump is saved. So that boot goes to
 * kdump-capture.target instead, as one for kdump does by its command line. systemd's own generator for offline updates
 * does it the same way.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "fadump.h"
#include "kdump/kdump-service/service.h"
#include "kexec/base/file.h"

#define SAVE_UNIT "vmcore-save.service"
#define CAPTURE_TARGET "kdump-capture.target"

/* Where systemd looks for units, what counts most first (systemd.unit(5)). */
static const char *const folders[] = {
	"/etc/systemd/system",	       "/run/systemd/system", "/usr/local/lib/systemd/system",
	"/usr/lib/systemd/system",     "/lib/systemd/system",
};

#define FOLDERS (sizeof(folders) / sizeof(folders[0]))

/* The path of a unit, without root; NULL where it is not there, or masked. */
static const char *find_unit(struct arena *arena, const char *root, const char *name)
{
	for (size_t i = 0; i < FOLDERS; i++) {
		const char *path = arena_printf(arena, "%s/%s", folders[i], name);
		const char *below = file_below(arena, root, path + 1);
		char to[sizeof("/dev/null")];
		struct stat st;

		if (lstat(below, &st) != 0)
			continue;
		if (readlink(below, to, sizeof(to)) == (ssize_t)strlen("/dev/null") &&
		    memcmp(to, "/dev/null", strlen("/dev/null")) == 0)
			return NULL;
		return path;
	}
	return NULL;
}

static bool ends_with(const char *name, const char *end)
{
	size_t length = strlen(name), rest = strlen(end);

	return length > rest && strcmp(name + length - rest, end) == 0;
}

/* Enabled: something wants it. */
static bool is_enabled(struct arena *arena, const char *root, const char *name)
{
	bool found = false;

	for (size_t i = 0; i < FOLDERS && !found; i++) {
		const char *path = file_below(arena, root, folders[i] + 1);
		DIR *folder = opendir(path);

		for (struct dirent *entry; folder && !found && (entry = readdir(folder));) {
			struct stat st;

			if (!ends_with(entry->d_name, ".wants") && !ends_with(entry->d_name, ".requires"))
				continue;
			found = lstat(arena_printf(arena, "%s/%s/%s", path, entry->d_name, name), &st) == 0;
		}
		if (folder)
			closedir(folder);
	}
	return found;
}

/* Whether this boot is to go to *target. */
static bool is_wanted(const char **target, struct arena *arena, const char *root, const char *config,
		      const char *machine)
{
	struct conf_mistakes mistakes;
	struct fadump fadump;
	struct conf conf;

	/* It boots by its own command line in an initrd; and the usual system comes behind it. */
	if (access(file_below(arena, root, "etc/initrd-release"), F_OK) == 0)
		return false;
	fadump_read(&fadump, arena, root);
	if (fadump_state(&fadump) != FADUMP_PENDING)
		return false;
	*target = find_unit(arena, root, CAPTURE_TARGET);
	if (!*target || !find_unit(arena, root, SAVE_UNIT) || !is_enabled(arena, root, SAVE_UNIT))
		return false;
	/* Then it is to go on with the usual boot: nothing comes behind kdump-capture.target. */
	conf_read(&conf, &mistakes, arena, root, config, machine);
	return conf.save.on_success != CONF_CONTINUE && conf.save.on_failure != CONF_CONTINUE;
}

static bool generate(struct arena *arena, const char *root, const char *config, const char *machine, const char *early,
		     struct err *err)
{
	const char *link = arena_printf(arena, "%s/default.target", early), *target;

	if (!is_wanted(&target, arena, root, config, machine))
		return true;
	if (symlink(target, link) == 0)
		return true;
	return err_system(err, errno, "cannot have this boot go to " CAPTURE_TARGET ": %s", link);
}

int service_generate(int argc, char *argv[])
{
	struct utsname here;
	struct arena arena;
	struct err err;
	bool done;

	/* Three folders, the second one for what counts more than /etc. Older ones gave one or none. */
	if (argc != 4) {
		service_error("%s is for systemd to start: three folders are expected", argv[0]);
		return SERVICE_USAGE;
	}
	arena_init(&arena);
	done = generate(&arena, "", CONF_PATH, uname(&here) == 0 ? here.machine : "", argv[2], &err);
	if (!done)
		service_error("%s", err.text);
	arena_release(&arena);
	return done ? SERVICE_DONE : SERVICE_FAILED;
}
