/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A dump is saved by a child, and watched from here. Nothing in this file touches the target: a disk or a server that
 * hangs keeps who asks it waiting in the kernel, where no signal gets through, and nobody else sits at the machine.
 * What is measured is standing still, not time: a dump of some TiB may take a day.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <poll.h>
#include <unistd.h>

#include "kdump/kdump-service/save.h"

/* How long the child has after SIGKILL. */
#define KILL_MS 5000

/* How long a dump that is asked to end may take for it. */
#define ASKED_MS 60000

static const int signals[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT };

void save_step(const struct saving *saving, unsigned int seconds, const char *what)
{
	char line[256];
	int length = snprintf(line, sizeof(line), "event=step seconds=%u what=%s", seconds, what);

	if (saving->pulse < 0)
		return;
	if (length > (int)sizeof(line) - 2)
		length = (int)sizeof(line) - 2;
	line[length++] = '\n';
	while (write(saving->pulse, line, (size_t)length) < 0 && errno == EINTR)
		;
}

static int64_t number(const char *line, const char *key)
{
	const char *found = strstr(line, key);

	return found ? (int64_t)strtoll(found + strlen(key), NULL, 10) : 0;
}

void save_pulse_line(struct save_pulse *pulse, const char *line, int64_t now)
{
	const char *what = strstr(line, " what=");
	/* vmcore-save(8), STATUS LINES: how far it is. It says so every second, also where nothing has changed. */
	const int64_t counters[SAVE_COUNTERS] = { number(line, " pages_done="), number(line, " bytes_in="),
						  number(line, " bytes_out=") };
	bool progress = strncmp(line, "event=progress", strlen("event=progress")) == 0;

	if (progress && memcmp(counters, pulse->counters, sizeof(counters)) == 0)
		return;
	if (progress)
		memcpy(pulse->counters, counters, sizeof(counters));
	pulse->alive = now;
	if (strncmp(line, "event=step ", strlen("event=step ")) == 0 && what) {
		pulse->alive += number(line, " seconds=") * 1000;
		snprintf(pulse->what, sizeof(pulse->what), "%s", what + strlen(" what="));
	}
}

void save_pulse_read(struct save_pulse *pulse, const char *text, size_t size, int64_t now)
{
	for (size_t i = 0; i < size; i++) {
		if (text[i] == '\n') {
			pulse->line[pulse->used] = 0;
			save_pulse_line(pulse, pulse->line, now);
			pulse->used = 0;
		} else if (pulse->used < sizeof(pulse->line) - 1) {
			pulse->line[pulse->used++] = text[i];
		}
	}
}

struct watcher {
	pid_t pid;
	int from, signals;
	int64_t limit; /* ms; 0: none */
	int asked;     /* the signal that ended us, or 0 */
	int64_t end;   /* then: when it must be gone */
	struct save_pulse pulse;
};

static bool wait_for(const struct watcher *watch, int *status, int64_t limit)
{
	const int64_t end = service_now_ms() + limit;

	for (;;) {
		pid_t ended = waitpid(watch->pid, status, WNOHANG);

		if (ended == watch->pid)
			return true;
		if ((ended < 0 && errno != EINTR) || service_now_ms() >= end)
			return false;
		poll(NULL, 0, 20);
	}
}

static void heed_signal(struct watcher *watch)
{
	struct signalfd_siginfo info;

	if (read(watch->signals, &info, sizeof(info)) != sizeof(info) || info.ssi_signo == SIGCHLD)
		return;
	watch->asked = (int)info.ssi_signo;
	watch->end = service_now_ms() + ASKED_MS;
	kill(-watch->pid, watch->asked);
}

/* In ms; negative: it is time to give up. */
static int64_t left(const struct watcher *watch, int64_t now)
{
	if (watch->asked)
		return watch->end - now;
	/* A minute says nothing, and costs nothing. */
	return watch->limit ? watch->pulse.alive + watch->limit - now : 60000;
}

/* False: it stands still. */
static bool look_after(struct watcher *watch, int *status)
{
	for (;;) {
		struct pollfd on[2] = { { .fd = watch->from, .events = POLLIN },
					{ .fd = watch->signals, .events = POLLIN } };
		int64_t rest = left(watch, service_now_ms());
		char text[4096];

		if (poll(on, 2, rest < 0 ? 0 : rest > 60000 ? 60000 : (int)rest + 1) < 0 && errno != EINTR)
			return wait_for(watch, status, 0);
		if (on[1].revents)
			heed_signal(watch);
		if (on[0].revents) {
			ssize_t got = read(watch->from, text, sizeof(text));

			if (got > 0)
				save_pulse_read(&watch->pulse, text, (size_t)got, service_now_ms());
			/* Its last holder may have ended before the child. */
			if (got == 0)
				watch->from = -1;
		}
		if (wait_for(watch, status, 0))
			return true;
		if (!on[0].revents && left(watch, service_now_ms()) <= 0)
			return false;
	}
}

static int judge(int status)
{
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	service_error("the saving was ended by signal %d (%s)%s", WTERMSIG(status), strsignal(WTERMSIG(status)),
		      WTERMSIG(status) == SIGKILL ? ": too little memory is reserved (crashkernel=), or somebody ended it" : "");
	return SERVICE_FAILED;
}

static int give_up(struct watcher *watch, const struct saving *saving, bool *hangs)
{
	int status;

	*hangs = true;
	kill(-watch->pid, SIGKILL);
	if (!wait_for(watch, &status, KILL_MS))
		service_last_words(saving->arena, saving->root, true, "what saved cannot be ended, and is left to itself");
	if (!watch->asked)
		service_last_words(saving->arena, saving->root, true,
				   "%s: nothing got on for %llu s (StallTimeout=), for a disk or a server hangs: given up, and "
				   "the target is not touched again",
				   *watch->pulse.what ? watch->pulse.what : "saving the dump",
				   (unsigned long long)saving->conf->save.stall_timeout);
	return SERVICE_FAILED;
}

/* In the child. Its own group is how all that it starts is reached. */
static void begin(struct saving *saving, int (*work)(struct saving *), int pulse, pid_t parent, const sigset_t *mask)
{
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent)
		_exit(SERVICE_FAILED);
	sigprocmask(SIG_SETMASK, mask, NULL);
	saving->pulse = pulse;
	_exit(work(saving));
}

static void watched_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGCHLD);
	for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
		struct sigaction now;

		/* As nohup(1) wants them. Blocked, they would come all the same. */
		if (sigaction(signals[i], NULL, &now) == 0 && now.sa_handler != SIG_IGN)
			sigaddset(set, signals[i]);
	}
}

int save_watched(struct saving *saving, int (*work)(struct saving *), bool *hangs)
{
	uint64_t limit = saving->conf->save.stall_timeout;
	struct watcher watch = { .pid = -1, .limit = (int64_t)(limit > 86400 ? 86400 : limit) * 1000 };
	const pid_t self = getpid();
	sigset_t set, before;
	int ends[2], code, status;

	*hangs = false;
	saving->pulse = -1;
	watched_signals(&set);
	if (pipe2(ends, O_CLOEXEC) != 0)
		return work(saving);
	sigprocmask(SIG_BLOCK, &set, &before);
	watch.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	fflush(NULL);
	watch.pid = watch.signals < 0 ? -1 : fork();
	if (watch.pid == 0)
		begin(saving, work, ends[1], self, &before);
	close(ends[1]);
	watch.from = ends[0];
	if (watch.pid < 0) {
		/* Without memory for a child, unwatched rather than not at all. */
		sigprocmask(SIG_SETMASK, &before, NULL);
		code = work(saving);
	} else {
		setpgid(watch.pid, watch.pid);
		/* The rest of this program may lie on the disk that hangs. Others than root test only, and may not. */
		if (!*saving->root && mlockall(MCL_CURRENT) != 0 && geteuid() == 0)
			service_warning("cannot keep this program in memory: %s", strerror(errno));
		watch.pulse.alive = service_now_ms();
		code = look_after(&watch, &status) ? judge(status) : give_up(&watch, saving, hangs);
		sigprocmask(SIG_SETMASK, &before, NULL);
	}
	if (watch.signals >= 0)
		close(watch.signals);
	close(ends[0]);
	if (watch.asked) {
		signal(watch.asked, SIG_DFL);
		raise(watch.asked);
	}
	return code;
}
