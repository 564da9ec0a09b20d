/* SPDX-License-Identifier: GPL-2.0-only */
/* Where dumps go: how much room there is, and what the last one was. */
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kdump/kdump-service/status.h"
#include "kdump/service/place.h"
#include "kexec/base/file.h"

static void look_into(struct status_dump *dump, struct arena *arena)
{
	/* What `save` calls them, here or over ssh, and whether that is the name of a whole one. */
	static const struct {
		const char *name;
		bool complete;
	} names[] = {
		{ "vmcore", true },
		{ "vmcore.flat", true },
		{ "vmcore.incomplete", false },
		{ "vmcore.flat.incomplete", false },
	};
	struct stat st;

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (stat(arena_printf(arena, "%s/%s", dump->path, names[i].name), &st) != 0)
			continue;
		dump->file = names[i].name;
		dump->complete = names[i].complete;
		dump->size = (uint64_t)st.st_size;
		dump->saved = (int64_t)st.st_mtime;
		return;
	}
}

static void find_dump(struct status_dump *dump, struct arena *arena, const char *folder)
{
	char newest[NAME_MAX + 1] = "";
	struct dirent *entry;
	DIR *dir = opendir(folder);

	/* Names begin with the time of the crash, so that the order of letters is that of time. */
	while (dir && (entry = readdir(dir)))
		if (place_name_is(entry->d_name, "") && strcmp(entry->d_name, newest) > 0)
			snprintf(newest, sizeof(newest), "%s", entry->d_name);
	if (dir)
		closedir(dir);
	if (!newest[0])
		return;
	dump->path = arena_printf(arena, "%s/%s", folder, newest);
	look_into(dump, arena);
}

/* The folder itself, or the nearest one above it: `save` makes what is missing, in the same file system. */
static void find_folder(struct status_target *target, struct arena *arena, const char *path)
{
	char *folder = arena_strdup(arena, path);
	struct stat st;

	target->exists = stat(folder, &st) == 0 && S_ISDIR(st.st_mode);
	while (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
		char *slash = strrchr(folder, '/');

		if (!slash || slash == folder) {
			folder[slash ? 1 : 0] = '\0';
			break;
		}
		*slash = '\0';
	}
	target->folder = folder[0] ? folder : ".";
}

void status_target_read(struct status_target *target, const struct service *service)
{
	const struct conf_target *wanted = &service->conf.save.target;
	struct arena *arena = service->arena;
	struct statvfs room;

	*target = (struct status_target){ .is_local = wanted->kind == CONF_TARGET_PATH };
	if (!target->is_local) {
		target->why_not = wanted->kind == CONF_TARGET_RAW ? "it is a device" : "it is on another machine";
		return;
	}
	find_folder(target, arena, file_below(arena, service->options->root, &wanted->path[1]));
	if (statvfs(target->folder, &room) != 0) {
		target->why_not = arena_printf(arena, "%s: %s", target->folder, strerror(errno));
		return;
	}
	target->has_free = true;
	/* Root writes the dump, and may use what is kept for it. */
	target->free = (uint64_t)room.f_bfree * room.f_frsize;
	target->total = (uint64_t)room.f_blocks * room.f_frsize;
	if (target->exists)
		find_dump(&target->dump, arena, target->folder);
}
