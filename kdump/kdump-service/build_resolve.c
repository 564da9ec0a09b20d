/* SPDX-License-Identifier: GPL-2.0-only */
/* Where the target is, in terms that another kernel with other device numbers understands. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kdump/kdump-service/build.h"
#include "kdump/save.h"
#include "kexec/base/file.h"

#define MOUNTINFO_LIMIT ((size_t)16 << 20)
#define SYSFS "/sys"

#define INSTEAD \
	"use another target, or [Load] Initrd=normal, with which the system mounts it (kdump.conf(5))"

/* Without links; what is not there yet, the save makes. */
static const char *real_path(struct arena *arena, const char *path)
{
	const char *part = path;
	char found[PATH_MAX];

	while (!realpath(part, found)) {
		if (strcmp(part, "/") == 0)
			return path;
		part = save_folder(arena, part);
	}

	const char *rest = path + (strcmp(part, "/") == 0 ? 0 : strlen(part));

	return *rest ? arena_printf(arena, "%s%s", strcmp(found, "/") == 0 ? "" : found, rest) : arena_strdup(arena, found);
}

/* As udev found it, for file systems whose header is not known here. */
static const char *uuid_by_udev(struct arena *arena, dev_t device)
{
	DIR *folder = opendir("/dev/disk/by-uuid");
	const char *uuid = NULL;
	struct stat st;

	for (struct dirent *entry; folder && !uuid && (entry = readdir(folder));)
		if (entry->d_name[0] != '.' &&
		    stat(arena_printf(arena, "/dev/disk/by-uuid/%s", entry->d_name), &st) == 0 && S_ISBLK(st.st_mode) &&
		    st.st_rdev == device)
			uuid = arena_strdup(arena, entry->d_name);
	if (folder)
		closedir(folder);
	return uuid;
}

static const char *uuid_of(struct arena *arena, const char *node, dev_t device)
{
	uint8_t *head = arena_alloc(arena, PLACE_PROBE_SIZE);
	struct place_content content;
	int fd = open(node, O_RDONLY | O_CLOEXEC);
	ssize_t got = fd >= 0 ? pread(fd, head, PLACE_PROBE_SIZE, 0) : -1;

	if (fd >= 0)
		close(fd);
	place_probe(&content, (struct blob){ head, got > 0 ? (size_t)got : 0 });
	return content.uuid[0] ? arena_strdup(arena, content.uuid) : uuid_by_udev(arena, device);
}

/* The node of what is mounted. Some file systems have no device number of their own, and name it. */
static bool find_node(const char **node, dev_t *device, struct arena *arena, const struct place_mount *mount,
		      const char *path, struct err *err)
{
	char found[PATH_MAX];
	struct stat st;

	*node = mount->major ? arena_printf(arena, "/dev/block/%u:%u", mount->major, mount->minor) : mount->source;
	if (**node == '/' && realpath(*node, found) && stat(found, &st) == 0 && S_ISBLK(st.st_mode)) {
		*node = arena_strdup(arena, found);
		*device = st.st_rdev;
		return true;
	}
	/* Without udev there is no /dev/block. */
	if (mount->major && mount->source[0] == '/' && stat(mount->source, &st) == 0 && S_ISBLK(st.st_mode)) {
		*node = mount->source;
		*device = st.st_rdev;
		return true;
	}
	return err_set(err, ERR_UNSUPPORTED,
		       "the target %s is on a file system of type %s (%s), which a capture initrd cannot mount: " INSTEAD, path,
		       mount->type, mount->source);
}

static bool refuse_encrypted(struct err *err, const char *path, const char *node)
{
	return err_set(err, ERR_UNSUPPORTED,
		       "the target %s is on an encrypted device (%s), and after a crash nobody types its passphrase: " INSTEAD,
		       path, node);
}

static bool resolve_path(struct build_target *target, struct arena *arena, const struct conf *conf, struct err *err)
{
	const char *path = real_path(arena, conf->save.target.path), *node;
	struct place *place = &target->place;
	struct place_mount mount;
	dev_t device;
	char *text;

	if (!file_read_text(arena, "/proc/self/mountinfo", MOUNTINFO_LIMIT, &text, err))
		return false;
	if (!place_mount_find(&mount, arena, text, path))
		return err_set(err, ERR_BAD_MACHINE, "no line of /proc/self/mountinfo is for %s, the target", path);
	if (strcmp(mount.type, "tmpfs") == 0 || strcmp(mount.type, "ramfs") == 0)
		return err_set(err, ERR_UNSUPPORTED, "the target %s lies in memory (%s), which is gone after a crash", path,
			       mount.type);
	if (strncmp(mount.type, "nfs", 3) == 0)
		return err_set(err, ERR_UNSUPPORTED, "the target %s is on NFS (%s): write it as Target=nfs://HOST/EXPORT", path,
			       mount.source);
	if (!find_node(&node, &device, arena, &mount, path, err))
		return false;
	if (build_stack_is_encrypted(arena, SYSFS, device))
		return refuse_encrypted(err, path, node);
	place->type = mount.type;
	place->path = place_inside(arena, &mount, path);
	place->device = build_stack_name(arena, SYSFS, device, node);
	place->stacked = place->device != NULL;
	place->uuid = uuid_of(arena, node, device);
	/* The top of it, whatever subvolume was mounted. */
	if (strcmp(mount.type, "btrfs") == 0) {
		place->options = "subvolid=5";
		/* It may have more devices than the one that mountinfo names. */
		if (place->uuid && build_stack_btrfs_is_encrypted(arena, SYSFS, place->uuid))
			return refuse_encrypted(err, path, node);
	}
	if (!place->uuid && !place->device)
		place->device = node;
	if (strchr(place->path, '\n'))
		return err_set(err, ERR_UNSUPPORTED, "the target's path has a line feed in it");
	target->device = node;
	return true;
}

/* It need not be there now; if it is, it must be one that comes up by itself, and what puts it together is known. */
static bool resolve_raw(struct build_target *target, struct arena *arena, const struct conf *conf, struct err *err)
{
	const char *path = conf->save.target.path;
	struct stat st;

	target->device = path;
	if (stat(path, &st) != 0 || !S_ISBLK(st.st_mode))
		return true;
	if (build_stack_is_encrypted(arena, SYSFS, st.st_rdev))
		return refuse_encrypted(err, path, real_path(arena, path));
	target->place.device = build_stack_name(arena, SYSFS, st.st_rdev, path);
	target->place.stacked = target->place.device != NULL;
	return true;
}

bool build_resolve(struct build_target *target, struct arena *arena, const struct conf *conf, struct err *err)
{
	struct utsname uts;

	*target = (struct build_target){ .device = "" };
	if (uname(&uts) == 0)
		target->place.host = place_host(arena, uts.nodename);
	switch (conf->save.target.kind) {
	case CONF_TARGET_PATH:
		return resolve_path(target, arena, conf, err);
	case CONF_TARGET_RAW:
		return resolve_raw(target, arena, conf, err);
	case CONF_TARGET_NFS:
	case CONF_TARGET_SSH:
		return true;
	}
	return true;
}
