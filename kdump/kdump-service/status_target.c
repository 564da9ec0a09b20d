/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where dumps go: how much room there is, and what the last one was. All that looks at it does so in a child, for a
 * server or a disk that is gone keeps who asks it waiting for ever.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "kdump/kdump-service/status.h"
#include "kdump/service/place.h"
#include "kexec/base/file.h"

/* A disk that was switched off to save power is there again by then. */
#define ANSWER_SECONDS 10

struct found {
	char path[PATH_MAX]; /* "": none */
	const char *file;    /* one of our own words */
	bool complete;
	uint64_t size;
	int64_t saved;
};

/* What the child finds: no pointers but to what both had before. */
struct answer {
	const char *const *asides; /* folders of dumps that found the target not mounted; ends with NULL */
	char folder[PATH_MAX], real[PATH_MAX];
	bool exists, has_room, read_only;
	int room_errno, access_errno;
	uint64_t free, total;
	struct found dump, aside;
};

static void look_into(struct found *found)
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
	int folder = open(found->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct stat st;

	for (size_t i = 0; folder >= 0 && !found->file && i < sizeof(names) / sizeof(names[0]); i++) {
		if (fstatat(folder, names[i].name, &st, 0) != 0)
			continue;
		found->file = names[i].name;
		found->complete = names[i].complete;
		found->size = (uint64_t)st.st_size;
		found->saved = (int64_t)st.st_mtime;
	}
	if (folder >= 0)
		close(folder);
}

static void find_dump(struct found *found, const char *folder)
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
	if (!newest[0] || snprintf(found->path, PATH_MAX, "%s/%s", folder, newest) >= PATH_MAX)
		return;
	look_into(found);
}

/* The folder itself, or the nearest one above it: `save` makes what is missing, in the same file system. */
static void find_folder(struct answer *answer)
{
	char *folder = answer->folder;
	struct stat st;

	answer->exists = stat(folder, &st) == 0 && S_ISDIR(st.st_mode);
	while (stat(folder, &st) != 0 || !S_ISDIR(st.st_mode)) {
		char *slash = strrchr(folder, '/');

		if (!slash || slash == folder) {
			folder[slash ? 1 : 0] = '\0';
			break;
		}
		*slash = '\0';
	}
	if (!folder[0])
		snprintf(folder, PATH_MAX, ".");
}

/* In the child. */
static void look(void *data)
{
	struct answer *answer = data;
	struct statvfs room;

	find_folder(answer);
	if (!realpath(answer->folder, answer->real))
		answer->real[0] = '\0';
	if (statvfs(answer->folder, &room) != 0) {
		answer->room_errno = errno;
	} else {
		answer->has_room = true;
		answer->read_only = room.f_flag & ST_RDONLY;
		/* Root writes the dump, and may use what is kept for it. */
		answer->free = (uint64_t)room.f_bfree * room.f_frsize;
		answer->total = (uint64_t)room.f_blocks * room.f_frsize;
	}
	if (faccessat(AT_FDCWD, answer->folder, W_OK | X_OK, AT_EACCESS) != 0)
		answer->access_errno = errno;
	if (answer->exists)
		find_dump(&answer->dump, answer->folder);
	for (const char *const *aside = answer->asides; *aside && !answer->aside.path[0]; aside++)
		find_dump(&answer->aside, *aside);
}

static const char *const *asides(struct arena *arena, const char *root, const char *path)
{
	const char *const *above = place_above(arena, path);
	const char **all;
	size_t count = 0;

	while (above[count])
		count++;
	all = arena_array(arena, count + 1, sizeof(*all));
	for (size_t i = 0; i < count; i++)
		all[i] = file_below(arena, root, place_aside(arena, above[i], path) + 1);
	return all;
}

static struct status_dump as_dump(struct arena *arena, const struct found *found)
{
	return (struct status_dump){ .path = found->path[0] ? arena_strdup(arena, found->path) : NULL,
				     .file = found->file,
				     .complete = found->complete,
				     .size = found->size,
				     .saved = found->saved };
}

static void take(struct status_target *target, struct arena *arena, const struct answer *answer)
{
	target->exists = answer->exists;
	target->folder = arena_strdup(arena, answer->folder);
	target->real = answer->real[0] ? arena_strdup(arena, answer->real) : NULL;
	target->has_free = answer->has_room;
	target->read_only = answer->read_only;
	target->access_errno = answer->access_errno;
	target->free = answer->free;
	target->total = answer->total;
	if (!answer->has_room)
		target->why_not = arena_printf(arena, "%s: %s", target->folder, strerror(answer->room_errno));
	target->dump = as_dump(arena, &answer->dump);
	target->aside = as_dump(arena, &answer->aside);
}

void status_target_read(struct status_target *target, const struct service *service)
{
	const struct conf_target *wanted = &service->conf.save.target;
	const char *root = service->options->root;
	struct arena *arena = service->arena;
	struct answer *answer;
	const char *path;

	*target = (struct status_target){ .is_local = wanted->kind == CONF_TARGET_PATH };
	if (!target->is_local) {
		target->why_not = wanted->kind == CONF_TARGET_RAW ? "it is a device" : "it is on another machine";
		return;
	}
	path = file_below(arena, root, &wanted->path[1]);
	target->folder = path;
	answer = service_share(sizeof(*answer));
	if (!answer || snprintf(answer->folder, PATH_MAX, "%s", path) >= PATH_MAX) {
		target->why_not = answer ? strerror(ENAMETOOLONG) : strerror(ENOMEM);
		return;
	}
	answer->asides = asides(arena, root, wanted->path);
	if (service_answers(look, answer, ANSWER_SECONDS)) {
		take(target, arena, answer);
		return;
	}
	target->hangs = true;
	target->why_not = arena_printf(arena,
				       "%s does not answer within %d s: the disk or server that it is on hangs. The kernel's log "
				       "(dmesg) may say why; `umount -l` lets go of what is mounted, to mount it again",
				       path, ANSWER_SECONDS);
}
