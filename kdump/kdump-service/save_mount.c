/* SPDX-License-Identifier: GPL-2.0-only */
/* The file system that a dump goes to: found, mounted by mount(2), for an initrd need have no more, and let go. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kdump/kdump-service/save.h"
#include "kdump/save.h"
#include "kexec/base/file.h"

#define NFS_PORT 2049

/* A server that is gone ends the dump after some minutes; for ever would keep the machine from its OnFailure=. */
#define NFS_PATIENCE "soft,timeo=300,retrans=5"

/* How long syncing and unmounting may take. */
#define SETTLE_SECONDS 300

/* Words of mount(8) that are flags of mount(2), and those that are only for programs. */
static const struct {
	const char *name;
	unsigned long set, clear;
} words[] = {
	{ "ro", MS_RDONLY, 0 },
	{ "rw", 0, MS_RDONLY },
	{ "sync", MS_SYNCHRONOUS, 0 },
	{ "async", 0, MS_SYNCHRONOUS },
	{ "dirsync", MS_DIRSYNC, 0 },
	{ "noatime", MS_NOATIME, 0 },
	{ "atime", 0, MS_NOATIME },
	{ "nodiratime", MS_NODIRATIME, 0 },
	{ "relatime", MS_RELATIME, 0 },
	{ "strictatime", MS_STRICTATIME, 0 },
	{ "lazytime", MS_LAZYTIME, 0 },
	{ "nosuid", MS_NOSUID, 0 },
	{ "suid", 0, MS_NOSUID },
	{ "nodev", MS_NODEV, 0 },
	{ "dev", 0, MS_NODEV },
	{ "noexec", MS_NOEXEC, 0 },
	{ "exec", 0, MS_NOEXEC },
	{ "defaults", 0, 0 },
	{ "auto", 0, 0 },
	{ "noauto", 0, 0 },
	{ "nofail", 0, 0 },
	{ "_netdev", 0, 0 },
	{ "user", 0, 0 },
	{ "nouser", 0, 0 },
	{ "users", 0, 0 },
	{ "group", 0, 0 },
	{ "owner", 0, 0 },
};

struct options {
	unsigned long flags;
	const char *data; /* the rest, for the file system */
};

static bool take_word(struct options *options, const char *word, size_t length)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strlen(words[i].name) != length || strncmp(words[i].name, word, length) != 0)
			continue;
		options->flags = (options->flags & ~words[i].clear) | words[i].set;
		return true;
	}
	return length == 0 || (length > 1 && strncmp(word, "x-", 2) == 0) ||
	       (length > 7 && strncmp(word, "comment", 7) == 0);
}

static void add_options(struct options *options, struct arena *arena, const char *text)
{
	for (const char *word = text; word && *word;) {
		size_t length = strcspn(word, ",");

		if (!take_word(options, word, length))
			options->data = arena_printf(arena, "%s%s%.*s", options->data, *options->data ? "," : "",
						     (int)length, word);
		word += length + (word[length] == ',');
	}
}

static struct options begin_options(struct saving *saving, const char *text)
{
	struct options options = { .flags = MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME, .data = "" };

	add_options(&options, saving->arena, text);
	add_options(&options, saving->arena, saving->conf->save.mount_options);
	return options;
}

static bool make_mount_point(struct saving *saving, struct err *err)
{
	const char *parent = save_folder(saving->arena, SAVE_MOUNT_POINT);

	if ((mkdir(parent, 0755) != 0 && errno != EEXIST) || (mkdir(SAVE_MOUNT_POINT, 0700) != 0 && errno != EEXIST))
		return err_system(err, errno, "cannot make the folder %s to mount the target on", SAVE_MOUNT_POINT);
	return true;
}

/* What the kernel says of a mount that it refuses is in its log only. */
static bool mount_failed(struct err *err, int errnum, const char *source, const char *type,
			 const struct options *options)
{
	err_system(err, errnum, "cannot mount %s (%s%s%s)", source, type, *options->data ? ", " : "", options->data);
	if (errnum == ENODEV) {
		const struct err cause = *err;

		return err_set(err, cause.code, "%s: the capture kernel has no driver for %s; make the capture initrd again "
						"(kdump-service build)",
			       cause.text, type);
	}
	return false;
}

static bool mount_device(struct saving *saving, const char **folder, struct err *err)
{
	const struct place *place = &saving->place;
	struct options options = begin_options(saving, place->options ? place->options : "");
	const char *device;

	*folder = arena_printf(saving->arena, "%s%s%s", SAVE_MOUNT_POINT, *place->path == '/' ? "" : "/", place->path);
	if (!save_wait_device(saving, &device, err) || !make_mount_point(saving, err))
		return false;
	if (mount(device, SAVE_MOUNT_POINT, place->type, options.flags, options.data) != 0)
		return mount_failed(err, errno, device, place->type, &options);
	saving->mounted = SAVE_MOUNT_POINT;
	service_say("mounted %s (%s)", device, place->type);
	return true;
}

static bool says_version(const char *options)
{
	return strstr(options, "vers=") != NULL;
}

static const char *nfs_options(struct saving *saving, const char *version, const char *address, bool ipv6)
{
	uint16_t port = saving->conf->save.target.port;
	const char *text = arena_printf(saving->arena, "%s%s%saddr=%s,proto=%s," NFS_PATIENCE, version ? "vers=" : "",
					version ? version : "", version ? "," : "", address, ipv6 ? "tcp6" : "tcp");

	if (port)
		text = arena_printf(saving->arena, "%s,port=%u", text, port);
	/* Nobody runs statd here, and mountd is asked by the kernel. */
	if (version ? strcmp(version, "3") == 0 : strstr(saving->conf->save.mount_options, "vers=3") != NULL)
		text = arena_printf(saving->arena, "%s,nolock,mountaddr=%s,mountproto=%s", text, address, ipv6 ? "tcp6" : "tcp");
	return text;
}

static bool mount_nfs(struct saving *saving, struct err *err)
{
	static const char *const versions[] = { "4.2", "4.1", "4.0", "3" };
	const struct conf_target *target = &saving->conf->save.target;
	bool given = says_version(saving->conf->save.mount_options), ipv6;
	const char *source, *address;
	struct err reason;

	if (!save_wait_host(saving, target->port ? target->port : NFS_PORT, &address, &ipv6, err) ||
	    !make_mount_point(saving, err))
		return false;
	source = arena_printf(saving->arena, strchr(target->host, ':') ? "[%s]:%s" : "%s:%s", target->host, target->path);
	for (size_t i = 0; i < (given ? 1 : sizeof(versions) / sizeof(versions[0])); i++) {
		const char *version = given ? NULL : versions[i];
		struct options options = begin_options(saving, nfs_options(saving, version, address, ipv6));

		if (mount(source, SAVE_MOUNT_POINT, "nfs", options.flags, options.data) == 0) {
			saving->mounted = SAVE_MOUNT_POINT;
			service_say("mounted %s (NFS%s%s)", source, version ? " " : "", version ? version : "");
			return true;
		}
		/* The first is what the server would be expected to have. */
		mount_failed(i ? &reason : err, errno, source, "nfs", &options);
	}
	return false;
}

const char *save_existing(struct arena *arena, const char *path)
{
	struct stat st;

	while (strcmp(path, "/") != 0 && stat(path, &st) != 0)
		path = save_folder(arena, path);
	return path;
}

static bool use_path(struct saving *saving, const char **folder, struct err *err)
{
	const char *path = save_expect(saving, saving->conf->save.target.path);

	*folder = path;
	if (save_is_in_memory(saving->arena, arena_printf(saving->arena, "%s/.", save_existing(saving->arena, path))))
		return err_set(err, ERR_UNSUPPORTED,
			       "%s lies in memory, which the next boot does not have. A capture initrd that was made by kdump-service "
			       "build has " PLACE_PATH ", which tells it where to find the file system; this one has not",
			       path);
	return true;
}

bool save_mount(struct saving *saving, const char **folder, struct err *err)
{
	const struct conf_target *target = &saving->conf->save.target;

	if (*saving->root) {
		const bool nfs = target->kind == CONF_TARGET_NFS;

		if (nfs)
			service_say("would mount %s", target->text);
		else if (saving->place.type && (saving->place.uuid || saving->place.device))
			service_say("would mount %s", saving->place.uuid ? saving->place.uuid : saving->place.device);
		if (nfs || saving->has_place)
			*folder = file_below(saving->arena, saving->root, (nfs ? SAVE_MOUNT_POINT : target->path) + 1);
		else
			*folder = save_expect(saving, target->path);
		return true;
	}
	if (target->kind == CONF_TARGET_NFS) {
		*folder = SAVE_MOUNT_POINT;
		return mount_nfs(saving, err);
	}
	if (saving->place.type && saving->place.path && (saving->place.uuid || saving->place.device))
		return mount_device(saving, folder, err);
	return use_path(saving, folder, err);
}

static bool find_mount(struct saving *saving, struct place_mount *mount, const char *folder)
{
	char found[PATH_MAX], *text;
	struct err err;

	return realpath(folder, found) &&
	       file_read_text(saving->arena, "/proc/self/mountinfo", (size_t)16 << 20, &text, &err) &&
	       place_mount_find(mount, saving->arena, text, found);
}

bool save_make_writable(struct saving *saving, const char *folder, struct err *err)
{
	struct place_mount target;

	if (*saving->root || !find_mount(saving, &target, save_existing(saving->arena, folder)))
		return err_system(err, EROFS, "cannot write to %s", folder);
	if (mount(NULL, target.point, NULL, MS_REMOUNT, NULL) != 0)
		return err_system(err, errno, "cannot make %s writable, on which %s is", target.point, folder);
	service_say("made %s writable", target.point);
	saving->existing = target.point;
	return true;
}

/* In a child: what hangs here must not keep the machine from being started again. */
static int settle(const struct saving *saving)
{
	int code = 0;

	sync();
	if (saving->mounted && umount2(saving->mounted, 0) != 0)
		code = umount2(saving->mounted, MNT_DETACH) != 0;
	if (saving->existing && mount(NULL, saving->existing, NULL, MS_REMOUNT | MS_RDONLY, NULL) != 0)
		code = 1;
	sync();
	return code;
}

void save_settle(struct saving *saving)
{
	struct timespec step = { .tv_nsec = 100000000 };
	int status = 0, pid;
	pid_t ended;

	if (*saving->root) {
		if (saving->mounted)
			service_say("would unmount it");
		return;
	}
	save_step(saving, SETTLE_SECONDS, "syncing and unmounting the target");
	pid = fork();
	if (pid == 0)
		_exit(settle(saving));
	if (pid < 0) {
		settle(saving);
		return;
	}
	for (int i = 0; i < SETTLE_SECONDS * 10; i++) {
		ended = waitpid(pid, &status, WNOHANG);
		if (ended == pid || (ended < 0 && errno != EINTR)) {
			if (ended == pid && (!WIFEXITED(status) || WEXITSTATUS(status)))
				service_warning("the target is synced, and could not be unmounted or made read-only");
			return;
		}
		nanosleep(&step, NULL);
	}
	kill(pid, SIGKILL);
	service_error("the target did not sync within %d s: what was saved last may not be on it", SETTLE_SECONDS);
}
