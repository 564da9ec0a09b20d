/* SPDX-License-Identifier: GPL-2.0-only */
/* Programs, started with arguments and waited for. No shell reads them, so nothing in a configuration can be one. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kdump/kdump-service/service.h"

#define OUTPUT_LIMIT ((size_t)1 << 20)
#define FALLBACK_PATH "/usr/sbin:/usr/bin:/sbin:/bin"

/* How long a program has between SIGTERM and SIGKILL, and to be gone then. */
#define GRACE_MS 2000
#define KILL_MS 5000

extern char **environ;

static const char *package_of(const char *name)
{
	/* As Debian and Fedora call them. */
	static const struct {
		const char *program, *package;
	} known[] = {
		{ "kexec", "this one" },
		{ "vmcore-save", "this one" },
		{ "vmcore-dmesg", "this one" },
		{ "fadump-capture", "this one" },
		{ "ssh", "openssh-client (openssh-clients)" },
		{ "mkinitramfs", "initramfs-tools" },
		{ "lsinitramfs", "initramfs-tools" },
		{ "dracut", "dracut" },
		{ "mount", "mount (util-linux)" },
		{ "umount", "mount (util-linux)" },
		{ "mount.nfs", "nfs-common (nfs-utils)" },
		{ "udevadm", "udev (systemd-udev)" },
		{ "sh", "dash (bash)" },
	};
	const char *slash = strrchr(name, '/');

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].program, slash ? slash + 1 : name) == 0)
			return known[i].package;
	return NULL;
}

static const char *search(struct arena *arena, const char *path, const char *name)
{
	for (const char *part = path; part; part = strchr(part, ':') ? strchr(part, ':') + 1 : NULL) {
		int length = (int)strcspn(part, ":");
		const char *file;

		/* An empty part is the current folder: not a place that root takes programs from. */
		if (part[0] != '/')
			continue;
		file = arena_printf(arena, "%.*s/%s", length, part, name);
		if (access(file, X_OK) == 0)
			return file;
	}
	return NULL;
}

const char *service_program(struct arena *arena, const char *name)
{
	const char *path = getenv("PATH"), *file;

	if (strchr(name, '/'))
		return name;
	file = path ? search(arena, path, name) : NULL;
	return file ? file : search(arena, FALLBACK_PATH, name);
}

static bool find(const char **file, struct arena *arena, const char *name, struct err *err)
{
	const char *path = getenv("PATH"), *package = package_of(name);

	*file = service_program(arena, name);
	if (*file)
		return true;
	return err_system(err, ENOENT, "cannot start %s (looked for in %s%s" FALLBACK_PATH "; %s%s)", name,
			  path ? path : "", path ? " and " : "",
			  package ? "the package that has it is " : "which package has it is not known",
			  package ? package : "");
}

/* The names that are given replace those of the same name here. */
static char **environment(struct arena *arena, const char *const *variables)
{
	size_t ours = 0, given = 0, count = 0;
	char **all;

	while (environ && environ[ours])
		ours++;
	while (variables && variables[given])
		given++;
	all = arena_array(arena, ours + given + 1, sizeof(*all));
	for (size_t i = 0; i < ours; i++) {
		bool replaced = false;

		for (size_t j = 0; j < given; j++)
			replaced |= strncmp(environ[i], variables[j], strcspn(variables[j], "=") + 1) == 0;
		if (!replaced)
			all[count++] = environ[i];
	}
	for (size_t j = 0; j < given; j++)
		all[count++] = arena_strdup(arena, variables[j]);
	return all;
}

static void close_on_exec(void)
{
	DIR *folder = opendir("/proc/self/fd");
	struct dirent *entry;

	/* Without /proc as many as a program can have by default. */
	for (int fd = 3; !folder && fd < 1024; fd++)
		fcntl(fd, F_SETFD, FD_CLOEXEC);
	while (folder && (entry = readdir(folder))) {
		int fd = atoi(entry->d_name);

		if (fd > 2)
			fcntl(fd, F_SETFD, FD_CLOEXEC);
	}
	if (folder)
		closedir(folder);
}

/* In the child. */
static int prepare(const struct service_run *run)
{
	int wanted[3] = { run->input, run->output, run->errors };
	sigset_t none;

	/* First out of the way: the one for 1 may be what is 0 now. */
	for (int i = 0; i < 3; i++) {
		if (wanted[i] < 0)
			continue;
		wanted[i] = fcntl(wanted[i], F_DUPFD, 3);
		if (wanted[i] < 0)
			return -1;
	}
	for (int i = 0; i < 3; i++)
		if (wanted[i] >= 0 && dup2(wanted[i], i) < 0)
			return -1;
	close_on_exec();
	if (run->status > 2 && fcntl(run->status, F_SETFD, 0) != 0)
		return -1;
	sigemptyset(&none);
	if (sigprocmask(SIG_SETMASK, &none, NULL) != 0)
		return -1;
	/* main ignores these, and what is ignored stays so over execve(2). */
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	return 0;
}

bool service_start(int *pid, struct arena *arena, const struct service_run *run, struct err *err)
{
	const char *name = run->arguments[0], *file;
	int report[2], failure = 0;
	char **words, **variables;
	size_t count = 0;
	ssize_t got;

	if (!find(&file, arena, name, err))
		return false;
	while (run->arguments[count])
		count++;
	words = arena_array(arena, count + 1, sizeof(*words));
	for (size_t i = 0; i < count; i++)
		words[i] = arena_strdup(arena, run->arguments[i]);
	variables = environment(arena, run->variables);
	if (pipe2(report, O_CLOEXEC) != 0)
		return err_system(err, errno, "cannot start %s: pipe", name);
	fflush(NULL);
	*pid = fork();
	if (*pid == 0) {
		int to = fcntl(report[1], F_DUPFD_CLOEXEC, 3);

		if (prepare(run) == 0)
			execve(file, words, variables);
		failure = errno;
		if (write(to, &failure, sizeof(failure)) < 0)
			_exit(126);
		_exit(127);
	}
	failure = *pid < 0 ? errno : 0;
	close(report[1]);
	while (*pid > 0 && (got = read(report[0], &failure, sizeof(failure))) < 0 && errno == EINTR)
		;
	close(report[0]);
	if (!failure)
		return true;
	if (*pid > 0)
		waitpid(*pid, NULL, 0);
	return err_system(err, failure, "cannot start %s (%s)", name, file);
}

bool service_wait(int *status, int pid, const char *name, struct err *err)
{
	while (waitpid(pid, status, 0) != pid)
		if (errno != EINTR)
			return err_system(err, errno, "cannot wait for %s (process %d)", name, pid);
	return true;
}

int64_t service_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* What a running program is watched by. */
struct watch {
	int pid;
	int output;  /* -1: at its end, or none */
	int signals; /* SIGCHLD as a descriptor */
	char *text;  /* NULL: not kept */
	size_t used;
	int64_t deadline; /* 0: none */
	enum {
		IN_TIME,
		ASKED,
		KILLED,
		GIVEN_UP, /* in a call that no signal ends: its disk or server hangs */
	} late;
};

/* False at the end. */
static bool read_some(struct watch *watch)
{
	char rest[4096];
	size_t room = OUTPUT_LIMIT - watch->used;
	/* What is more than is kept is read all the same: a program that cannot write would never end. */
	ssize_t got =
		room ? read(watch->output, watch->text + watch->used, room) : read(watch->output, rest, sizeof(rest));

	if (got > 0 && room)
		watch->used += (size_t)got;
	return got > 0 || (got < 0 && (errno == EINTR || errno == EAGAIN));
}

static int64_t remind(struct watch *watch)
{
	int64_t left;

	if (!watch->deadline)
		return -1;
	left = watch->deadline - service_now_ms();
	if (left > 0)
		return left;
	watch->late++;
	if (watch->late == GIVEN_UP)
		return 0;
	kill(watch->pid, watch->late == KILLED ? SIGKILL : SIGTERM);
	/* What stops SIGTERM stops SIGCONT too, but a stopped program must be woken to end. */
	kill(watch->pid, SIGCONT);
	left = watch->late == KILLED ? KILL_MS : GRACE_MS;
	watch->deadline = service_now_ms() + left;
	return left;
}

/*
 * Until the program has ended, or is given up. Who it left behind may still hold the other end of the pipe, and is not
 * waited for.
 */
static bool watch_it(struct watch *watch, int *status, const char *name, struct err *err)
{
	bool ended = false;

	for (;;) {
		int64_t left = ended ? 0 : remind(watch);
		struct pollfd on[2] = { { .fd = watch->signals, .events = POLLIN },
					{ .fd = watch->output, .events = POLLIN } };
		struct signalfd_siginfo info;

		if (!ended) {
			pid_t who = waitpid(watch->pid, status, WNOHANG);

			if (who < 0 && errno != EINTR)
				return err_system(err, errno, "cannot wait for %s (process %d)", name, watch->pid);
			ended = who > 0;
		}
		if (!ended && watch->late == GIVEN_UP)
			return true;
		if (poll(on, 2, ended ? 0 : (int)left) < 0 && errno != EINTR)
			return err_system(err, errno, "cannot wait for %s (process %d): poll", name, watch->pid);
		if (on[0].revents && read(watch->signals, &info, sizeof(info)) < 0 && errno != EAGAIN &&
		    errno != EINTR)
			return err_system(err, errno, "cannot wait for %s (process %d): signalfd", name, watch->pid);
		if (!on[1].revents || (ended && watch->used == OUTPUT_LIMIT)) {
			if (ended)
				return true;
		} else if (!read_some(watch)) {
			watch->output = -1;
		}
	}
}

static bool run_watched(int *status, struct watch *watch, struct arena *arena, const struct service_run *run,
			struct err *err)
{
	struct service_run copy = *run;
	int ends[2] = { -1, -1 };
	bool done;

	if (watch->text) {
		if (pipe2(ends, O_CLOEXEC) != 0)
			return err_system(err, errno, "cannot start %s: pipe", run->arguments[0]);
		copy.output = ends[1];
	}
	done = service_start(&watch->pid, arena, &copy, err);
	if (ends[1] >= 0)
		close(ends[1]);
	watch->output = ends[0];
	done = done && watch_it(watch, status, run->arguments[0], err);
	if (ends[0] >= 0)
		close(ends[0]);
	return done;
}

bool service_run(int *status, const char **output, struct arena *arena, const struct service_run *run,
		 struct err *err)
{
	struct watch watch = { .output = -1, .text = output ? arena_alloc(arena, OUTPUT_LIMIT + 1) : NULL };
	sigset_t child, before;
	bool done;

	/* Blocked before the start, so that an early end is seen by the descriptor. */
	sigemptyset(&child);
	sigaddset(&child, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &child, &before) != 0)
		return err_system(err, errno, "cannot start %s: sigprocmask", run->arguments[0]);
	watch.signals = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
	watch.deadline = run->seconds ? service_now_ms() + (int64_t)run->seconds * 1000 : 0;
	done = watch.signals >= 0 ? run_watched(status, &watch, arena, run, err)
				  : err_system(err, errno, "cannot start %s: signalfd", run->arguments[0]);
	if (watch.signals >= 0)
		close(watch.signals);
	sigprocmask(SIG_SETMASK, &before, NULL);
	if (output)
		*output = watch.text;
	if (done && watch.late)
		return err_system(err, ETIMEDOUT, "%s did not end within %u s, and %s", run->arguments[0], run->seconds,
				  watch.late == GIVEN_UP ? "cannot be ended: it waits for a disk or a server that hangs"
							 : "was ended");
	return done;
}
