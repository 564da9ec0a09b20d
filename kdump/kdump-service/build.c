/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A capture initrd, made by the distribution's tool with hooks of ours (kdump/initrd). What they need to know is in
 * variables KDUMP_*, so that no shell reads the configuration. A new image takes its place when it is whole: until
 * then, and where the tool fails, the one before stays.
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kdump/incomplete.h"
#include "kdump/kdump-service/build.h"
#include "kdump/kdump-service/save.h"
#include "kdump/kdump-service/service.h"
#include "kdump/save.h"
#include "kdump/service/loading.h"
#include "sha256.h"

#define INITRAMFS_TOOLS "share/kdump/initramfs-tools"
/* Pictures, waking up, passphrases, mounts that are not the target, shutting services down: none of these is wanted. */
#define DRACUT_OMIT "plymouth resume i18n usrmount crypt ifcfg shutdown overlay-root terminfo"

/*
 * Without a network nothing needs systemd. With it, 128 MiB were once too little to load the driver of xfs; without it
 * 122 MiB were enough (x86-64, Linux 6.1).
 */
#define DRACUT_OMIT_LOCAL DRACUT_OMIT " network systemd systemd-initrd dracut-systemd"

/* The first that unpacks zstd. While an image is unpacked it is in memory twice, and gzip's is a quarter larger. */
#define ZSTD_RELEASE "5.9"

#define DRACUT_MODULE "/usr/lib/dracut/modules.d/99vmcore-save/module-setup.sh"

struct build {
	struct service *service;
	struct arena *arena;
	const struct conf *conf;
	struct build_target target;
	bool dracut;
	const char *release;
	const char *output;
	const char *incomplete; /* where the tool writes */
	const char *scratch;	/* folder */
	const char *place_file, *conf_file;
	const char *text; /* of both: what the image depends on */
};

static bool has_program(struct arena *arena, const char *name)
{
	const char *path = getenv("PATH");
	const char *part = arena_printf(arena, "%s:/usr/sbin:/usr/bin:/sbin:/bin", path ? path : "");

	while (*part) {
		size_t length = strcspn(part, ":");

		if (*part == '/' && access(arena_printf(arena, "%.*s/%s", (int)length, part, name), X_OK) == 0)
			return true;
		part += length + (part[length] == ':');
	}
	return false;
}

static bool choose_tool(struct build *build, struct err *err)
{
	const char *tool = build->service->options->tool;
	bool initramfs_tools = has_program(build->arena, "mkinitramfs"), dracut = has_program(build->arena, "dracut");

	if (tool && strcmp(tool, "initramfs-tools") == 0)
		dracut = false;
	else if (tool && strcmp(tool, "dracut") == 0)
		initramfs_tools = false;
	else if (tool)
		return err_set(err, ERR_USAGE, "--tool=%s: expected initramfs-tools or dracut", tool);
	build->dracut = !initramfs_tools;
	if (initramfs_tools || dracut)
		return true;
	return err_set(err, ERR_UNSUPPORTED,
		       "no program to make a capture initrd with: %s installed. Install initramfs-tools or dracut; or use [Load] "
		       "Initrd=normal, which takes the initrd that the machine boots with",
		       tool ? arena_printf(build->arena, "%s is not", tool)
			    : "neither initramfs-tools (mkinitramfs) nor dracut is");
}

static bool choose_release(struct build *build, struct err *err)
{
	struct utsname uts;

	build->release = build->service->options->release;
	if (!build->release && uname(&uts) == 0)
		build->release = arena_strdup(build->arena, uts.release);
	if (!build->release || strchr(build->release, '/') || !*build->release || *build->release == '.')
		return err_set(err, ERR_USAGE, "\"%s\" is no release of a kernel", build->release ? build->release : "");
	if (access(arena_printf(build->arena, "/lib/modules/%s", build->release), F_OK) != 0)
		service_warning("there is no /lib/modules/%s: all drivers that the target needs must be in that kernel itself",
				build->release);
	return true;
}

/* Of an installation below any prefix: beside sbin. */
static const char *tools_folder(struct arena *arena)
{
	const char *given = getenv("KDUMP_INITRAMFS_TOOLS");
	char self[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *beside;

	if (given && *given)
		return given;
	self[length > 0 ? length : 0] = 0;
	beside = arena_printf(arena, "%s/%s", save_folder(arena, save_folder(arena, self)), INITRAMFS_TOOLS);
	return access(beside, F_OK) == 0 ? beside : "/usr/" INITRAMFS_TOOLS;
}

static const char *kind_name(enum conf_target_kind kind)
{
	static const char *const names[] = {
		[CONF_TARGET_PATH] = "path", [CONF_TARGET_NFS] = "nfs", [CONF_TARGET_SSH] = "ssh", [CONF_TARGET_RAW] = "raw",
	};

	return names[kind];
}

/* The address that the target's name has today, for a capture kernel whose name server does not answer. */
static const char *host_address(struct arena *arena, const char *host)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM }, *list;
	char text[NI_MAXHOST] = "";

	if (!host || getaddrinfo(host, NULL, &hints, &list) != 0)
		return "";
	getnameinfo(list->ai_addr, list->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
	freeaddrinfo(list);
	return strcmp(text, host) == 0 ? "" : arena_strdup(arena, text);
}

static bool has_action(const struct conf *conf, enum conf_action action)
{
	return conf->save.on_success == action || conf->save.on_failure == action;
}

static const char *const *variables(const struct build *build)
{
	const struct conf *conf = build->conf;
	const char **all = arena_array(build->arena, 20, sizeof(*all));
	const char *host = conf->save.target.host;
	size_t count = 0;

	const struct {
		const char *name, *value;
	} given[] = {
		{ "KDUMP_SBIN", save_folder(build->arena, save_program(build->arena, "kdump-service")) },
		{ "KDUMP_CONF", build->conf_file },
		{ "KDUMP_PLACE", build->place_file },
		{ "KDUMP_TARGET", kind_name(conf->save.target.kind) },
		{ "KDUMP_DEVICE", build->target.device },
		{ "KDUMP_TYPE", build->target.place.type ? build->target.place.type : "" },
		{ "KDUMP_STACKED", build->target.place.stacked ? build->target.place.device : "" },
		{ "KDUMP_HOST", host ? host : "" },
		{ "KDUMP_ADDRESS", host_address(build->arena, host) },
		{ "KDUMP_NETWORK", conf->save.network },
		{ "KDUMP_SSH_KEY", conf->save.ssh_key },
		{ "KDUMP_SSH_KNOWN_HOSTS", conf->save.ssh_known_hosts },
		{ "KDUMP_SHELL", has_action(conf, CONF_SHELL) ? "yes" : "" },
		{ "KDUMP_CONTINUE", has_action(conf, CONF_CONTINUE) ? "yes" : "" },
	};

	for (size_t i = 0; i < sizeof(given) / sizeof(given[0]); i++)
		all[count++] = arena_printf(build->arena, "%s=%s", given[i].name, given[i].value);
	return all;
}

static const char *const *initramfs_tools_words(const struct build *build)
{
	const char **words = arena_array(build->arena, 8, sizeof(*words));
	size_t count = 0;

	words[count++] = "mkinitramfs";
	words[count++] = "-d";
	words[count++] = tools_folder(build->arena);
	words[count++] = "-o";
	words[count++] = build->incomplete;
	words[count++] = build->release;
	return words;
}

static bool needs_network(const struct conf *conf)
{
	return conf->save.target.kind == CONF_TARGET_NFS || conf->save.target.kind == CONF_TARGET_SSH;
}

/*
 * No microcode: the CPU has it already. No programs that check file systems: nothing here does. Nothing of the command
 * line of this boot.
 */
static const char *const *dracut_words(const struct build *build)
{
	const char **words = arena_array(build->arena, 24, sizeof(*words));
	size_t count = 0;

	words[count++] = "dracut";
	words[count++] = "--force";
	words[count++] = "--quiet";
	words[count++] = "--hostonly";
	words[count++] = "--hostonly-mode=strict";
	words[count++] = "--no-hostonly-cmdline";
	words[count++] = "--no-early-microcode";
	words[count++] = "--nofscks";
	if (strverscmp(build->release, ZSTD_RELEASE) >= 0 && has_program(build->arena, "zstd"))
		words[count++] = "--zstd";
	words[count++] = needs_network(build->conf) ? "--omit=" DRACUT_OMIT : "--omit=" DRACUT_OMIT_LOCAL;
	words[count++] = "--add=vmcore-save";
	if (!has_action(build->conf, CONF_CONTINUE))
		words[count++] = "--no-hostonly-default-device";
	if (*build->target.device)
		words[count++] = arena_printf(build->arena, "--add-device=%s", build->target.device);
	words[count++] = build->incomplete;
	words[count++] = build->release;
	return words;
}

static bool write_files(struct build *build, struct err *err)
{
	const char *place = place_write(build->arena, &build->target.place);
	const char *conf = conf_write(build->arena, build->conf);

	build->place_file = arena_printf(build->arena, "%s/place", build->scratch);
	build->conf_file = arena_printf(build->arena, "%s/kdump.conf", build->scratch);
	build->text = arena_printf(build->arena, "%s\n%s", place, conf);
	return save_text(build->arena, build->place_file, place, strlen(place), err) &&
	       save_text(build->arena, build->conf_file, conf, strlen(conf), err);
}

static bool run_tool(const struct build *build, struct err *err)
{
	const char *const *words = build->dracut ? dracut_words(build) : initramfs_tools_words(build);
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1,
				   .variables = variables(build) };
	int status;

	service_say("making %s with %s ...", build->output, words[0]);
	if (!service_run(&status, NULL, build->arena, &run, err))
		return false;
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, ERR_SYSTEM, "%s ended with %s %d (its messages are above); %s stays as it was", words[0],
			       WIFEXITED(status) ? "exit code" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), build->output);
	return true;
}

static const char *fingerprint(const struct build *build)
{
	uint8_t digest[SHA256_DIGEST_SIZE];
	char *text = arena_alloc(build->arena, sizeof(digest) * 2 + 1);
	struct sha256 sha;

	sha256_start(&sha, sha256_best());
	sha256_add(&sha, build->text, strlen(build->text));
	sha256_finish(&sha, digest);
	for (size_t i = 0; i < sizeof(digest); i++)
		snprintf(text + i * 2, 3, "%02x", digest[i]);
	return text;
}

static bool put_in_place(const struct build *build, int fd, struct err *err)
{
	const char *record = arena_printf(build->arena, "%s.made", build->output);
	const char *text = arena_printf(build->arena, "fingerprint %s\nrelease %s\ntool %s\ntime %" PRId64 "\n",
					fingerprint(build), build->release, build->dracut ? "dracut" : "initramfs-tools",
					(int64_t)time(NULL));
	struct stat st;

	if (stat(build->incomplete, &st) != 0)
		return err_system(err, errno, "cannot look at %s, which was just made", build->incomplete);
	if (!S_ISREG(st.st_mode) || st.st_size == 0)
		return err_set(err, ERR_SYSTEM, "%s ended well and made nothing; %s stays as it was",
			       build->dracut ? "dracut" : "mkinitramfs", build->output);
	/* It may have a key for ssh. */
	if (chmod(build->incomplete, 0600) != 0 || fsync(fd) != 0)
		return err_system(err, errno, "cannot sync %s", build->incomplete);
	if (!incomplete_rename(build->incomplete, build->output, true, err) ||
	    !save_text(build->arena, record, text, strlen(text), err))
		return false;
	service_say("%s: %.1f MiB, for Linux %s", build->output, (double)st.st_size / 1048576, build->release);
	return true;
}

static bool make(struct build *build, struct err *err)
{
	int fd;
	bool done;

	if (!incomplete_open(&fd, build->incomplete, err))
		return false;
	done = write_files(build, err) && run_tool(build, err) && put_in_place(build, fd, err);
	if (!done)
		unlink(build->incomplete);
	close(fd);
	return done;
}

static void remove_scratch(const struct build *build)
{
	static const char *const names[] = { "place", "kdump.conf" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		unlink(arena_printf(build->arena, "%s/%s", build->scratch, names[i]));
	rmdir(build->scratch);
}

static bool prepare(struct build *build, struct err *err)
{
	const char *given = build->service->options->output;
	const char *temporary = getenv("TMPDIR");
	char *scratch = arena_printf(build->arena, "%s/kdump-build.XXXXXX", temporary && *temporary ? temporary : "/tmp");

	if (!choose_tool(build, err) || !choose_release(build, err) ||
	    !build_resolve(&build->target, build->arena, build->conf, err))
		return false;
	if (build->dracut && access(DRACUT_MODULE, F_OK) != 0)
		return err_system(err, errno, "cannot find our module for dracut, %s", DRACUT_MODULE);
	build->output = given ? given : arena_printf(build->arena, LOADING_INITRD_FOLDER "/initrd-%s.img", build->release);
	if (!given && mkdir(LOADING_INITRD_FOLDER, 0755) != 0 && errno != EEXIST)
		return err_system(err, errno, "cannot make the folder %s", LOADING_INITRD_FOLDER);
	build->incomplete = incomplete_name(build->arena, build->output);
	if (!mkdtemp(scratch))
		return err_system(err, errno, "cannot make the folder %s", scratch);
	build->scratch = scratch;
	return true;
}

int service_build(struct service *service)
{
	struct build build = { .service = service, .arena = service->arena, .conf = &service->conf };
	struct err err;
	bool done;

	if (*service->options->root) {
		service_error("build has no --root: it looks at this machine's devices");
		return SERVICE_USAGE;
	}
	if (service->mistakes.count) {
		service_error("a capture initrd keeps the configuration, which has mistakes (above): nothing was made");
		return SERVICE_BAD_CONFIGURATION;
	}
	if (build.conf->load.initrd == CONF_INITRD_NORMAL || build.conf->load.initrd == CONF_INITRD_NONE)
		service_warning("[Load] Initrd= is not auto: what is made here will not be used");
	/* Folders in an initrd are for its daemons too; what is secret has a mode of its own. */
	umask(022);
	if (!prepare(&build, &err)) {
		service_error("%s", err.text);
		return err.code == ERR_USAGE ? SERVICE_USAGE : SERVICE_FAILED;
	}
	done = make(&build, &err);
	if (!done)
		service_error("%s", err.text);
	remove_scratch(&build);
	return done ? SERVICE_DONE : SERVICE_FAILED;
}
