/* SPDX-License-Identifier: GPL-2.0-only */
/* Looking at what may not answer, in a child: a call that waits for a server in the kernel has no limit of its own. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "kdump/kdump-service/service.h"

#define STEP_MS 5

void *service_share(size_t size)
{
	void *data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	return data == MAP_FAILED ? NULL : data;
}

bool service_answers(void (*fn)(void *data), void *data, unsigned int seconds)
{
	const int64_t end = service_now_ms() + (int64_t)seconds * 1000;
	struct timespec step = { .tv_nsec = STEP_MS * 1000000L };
	pid_t pid, ended;

	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		fn(data);
		_exit(0);
	}
	/* Without memory for a child it is done here, as well as that goes. */
	if (pid < 0) {
		fn(data);
		return true;
	}
	for (;;) {
		int status;

		ended = waitpid(pid, &status, WNOHANG);
		if (ended == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (ended < 0 && errno != EINTR)
			return false;
		if (service_now_ms() >= end)
			break;
		nanosleep(&step, NULL);
	}
	/* It may be in a call that no signal ends, and is not waited for. */
	kill(pid, SIGKILL);
	return false;
}
