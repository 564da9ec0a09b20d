/* SPDX-License-Identifier: GPL-2.0-only */
/* What a device is made of, as sysfs has it. */
#include <dirent.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kdump/kdump-service/build.h"
#include "kexec/base/file.h"

/* Deeper than any stack of devices that works. */
#define DEPTH 16

static const char *text_of(struct arena *arena, const char *path)
{
	struct err err;
	char *text;

	if (!file_read_text(arena, path, 4096, &text, &err))
		return "";
	text[strcspn(text, "\n")] = 0;
	return text;
}

static bool is_there(struct arena *arena, const char *folder, const char *name)
{
	return access(arena_printf(arena, "%s/%s", folder, name), F_OK) == 0;
}

static const char *folder_of(struct arena *arena, const char *sysfs, dev_t device)
{
	return arena_printf(arena, "%s/dev/block/%u:%u", sysfs, major(device), minor(device));
}

static bool folder_is_encrypted(struct arena *arena, const char *sysfs, const char *folder, int depth);

static bool any_is_encrypted(struct arena *arena, const char *sysfs, const char *list, int depth)
{
	DIR *open = depth < DEPTH ? opendir(list) : NULL;
	bool found = false;

	for (struct dirent *entry; open && !found && (entry = readdir(open));)
		if (entry->d_name[0] != '.')
			found = folder_is_encrypted(arena, sysfs, arena_printf(arena, "%s/%s", list, entry->d_name), depth + 1);
	if (open)
		closedir(open);
	return found;
}

/* A partition has no list of parts: the disk that it is on has, in the folder above. */
static bool folder_is_encrypted(struct arena *arena, const char *sysfs, const char *folder, int depth)
{
	char found[PATH_MAX];

	if (strncmp(text_of(arena, arena_printf(arena, "%s/dm/uuid", folder)), "CRYPT-", 6) == 0)
		return true;
	if (is_there(arena, folder, "partition") && realpath(folder, found) && depth < DEPTH)
		return folder_is_encrypted(arena, sysfs, arena_printf(arena, "%s/..", found), depth + 1);
	return any_is_encrypted(arena, sysfs, arena_printf(arena, "%s/slaves", folder), depth);
}

bool build_stack_is_encrypted(struct arena *arena, const char *sysfs, dev_t device)
{
	return folder_is_encrypted(arena, sysfs, folder_of(arena, sysfs, device), 0);
}

bool build_stack_btrfs_is_encrypted(struct arena *arena, const char *sysfs, const char *uuid)
{
	return any_is_encrypted(arena, sysfs, arena_printf(arena, "%s/fs/btrfs/%s/devices", sysfs, uuid), 0);
}

const char *build_stack_name(struct arena *arena, const char *sysfs, dev_t device, const char *node)
{
	const char *folder = folder_of(arena, sysfs, device);
	const char *mapped = text_of(arena, arena_printf(arena, "%s/dm/name", folder));
	char found[PATH_MAX];

	if (*mapped)
		return arena_printf(arena, "/dev/mapper/%s", mapped);
	if (is_there(arena, folder, "md"))
		return node;
	/* /dev/md0p1 */
	if (is_there(arena, folder, "partition") && realpath(folder, found) &&
	    is_there(arena, arena_printf(arena, "%s/..", found), "md"))
		return node;
	return NULL;
}
