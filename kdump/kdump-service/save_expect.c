/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In the machine's own root file system, not in a capture initrd: what the folder of the target is on was mounted by
 * this boot, or failed to be. A dump below the point of a mount that is not there is hidden from the next boot on.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kdump/kdump-service/save.h"
#include "kdump/save.h"
#include "kexec/base/file.h"

#define TRIES 3
#define PAUSE_SECONDS 5
#define MOUNT_SECONDS 90
#define FILE_MOST ((size_t)16 << 20)

/* What a dump leaves free of a file system that is not meant for it: a part of it. */
#define LEAVE_PART 20

/* An administrator's own unit; one that systemd makes of fstab is in there. */
#define UNITS "/etc/systemd/system"

static const char *read_below(const struct saving *saving, const char *path)
{
	struct err err;
	char *text;

	return file_read_text(saving->arena, file_below(saving->arena, saving->root, path), FILE_MOST, &text, &err) ? text
														    : "";
}

static bool has_unit(const struct saving *saving, const char *point)
{
	const char *path = arena_printf(saving->arena, UNITS "/%s", place_unit(saving->arena, point));
	struct stat st;

	/* A link to /dev/null switches one off. */
	return stat(file_below(saving->arena, saving->root, path), &st) == 0 && S_ISREG(st.st_mode);
}

static bool is_mounted(const struct saving *saving, const char *point)
{
	struct place_mount mount;

	return place_mount_find(&mount, saving->arena, read_below(saving, "/proc/self/mountinfo"), point) &&
	       strcmp(mount.point, point) == 0 && strcmp(mount.type, "autofs") != 0;
}

/* It begins to be mounted when something below it is looked at. */
static void touch_automount(const struct saving *saving, const char *point)
{
	int fd = open(arena_printf(saving->arena, "%s/.", file_below(saving->arena, saving->root, point)),
		      O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd >= 0)
		close(fd);
}

static bool try_mount(struct saving *saving, const char *const *words, struct err *err)
{
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1, .seconds = MOUNT_SECONDS };
	int status;

	save_step(saving, MOUNT_SECONDS, "mounting the target");
	if (!service_run(&status, NULL, saving->arena, &run, err))
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_SYSTEM, "%s failed (its message is above)", words[0]);
	return true;
}

static void mount_it(struct saving *saving, const char *point, bool by_fstab, const char *options)
{
	const char *const by_mount[] = { "mount", "--", point, NULL };
	const char *const by_unit[] = { "systemctl", "start", place_unit(saving->arena, point), NULL };
	struct timespec pause = { .tv_sec = PAUSE_SECONDS };
	struct err err;

	if (*saving->root) {
		service_say("would mount %s", point);
		return;
	}
	service_warning("%s should be mounted, and is not; trying to mount it", point);
	if (strstr(options, "_netdev"))
		save_start_network(saving);
	for (int i = 0; i < TRIES && !is_mounted(saving, point); i++) {
		if (i)
			nanosleep(&pause, NULL);
		if (!try_mount(saving, by_fstab ? by_mount : by_unit, &err))
			service_warning("%s", err.text);
	}
	if (!is_mounted(saving, point))
		return;
	service_say("mounted %s", point);
	/* Where the usual system comes behind this, that wants it. */
	if (saving->conf->save.on_success != CONF_CONTINUE && saving->conf->save.on_failure != CONF_CONTINUE)
		saving->mounted = point;
}

/* As far as it is there, links are followed: fstab has the names that these lead to. */
static const char *resolve(const struct saving *saving, const char *path)
{
	const char *there = save_existing(saving->arena, path);
	char real[PATH_MAX];

	if (*saving->root || !realpath(there, real))
		return path;
	return arena_printf(saving->arena, "%s%s", strcmp(real, "/") == 0 ? "" : real,
			    strcmp(there, "/") == 0 ? path : path + strlen(there));
}

static void leave_room(struct saving *saving, const char *folder)
{
	struct statvfs room;
	uint64_t keep, free;

	if (statvfs(save_existing(saving->arena, folder), &room) != 0)
		return;
	keep = (uint64_t)room.f_blocks * room.f_frsize / LEAVE_PART;
	free = (uint64_t)room.f_bfree * room.f_frsize;
	/* 0 would be no limit. */
	saving->most = free > keep ? free - keep : 1;
}

const char *save_expect(struct saving *saving, const char *path)
{
	const char *fstab = read_below(saving, "/etc/fstab"), *real = resolve(saving, path);

	for (const char *const *point = place_above(saving->arena, real); *point; point++) {
		const char *options = "", *aside;
		bool by_fstab = place_in_fstab(saving->arena, fstab, *point, &options);

		if (!by_fstab && !has_unit(saving, *point))
			continue;
		touch_automount(saving, *point);
		if (!is_mounted(saving, *point))
			mount_it(saving, *point, by_fstab, options);
		if (is_mounted(saving, *point))
			continue;
		aside = file_below(saving->arena, saving->root, place_aside(saving->arena, *point, real) + 1);
		service_error("%s is not mounted, so that the dump would be hidden in it from the next boot on: it goes to %s, "
			      "into the file system that this is on",
			      *point, aside);
		leave_room(saving, aside);
		return aside;
	}
	return file_below(saving->arena, saving->root, path + 1);
}
