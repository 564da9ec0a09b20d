/* SPDX-License-Identifier: GPL-2.0-only */
/* How a capture kernel ends. The only file of kdump-service that may restart the machine (tests/lint/layers.sh). */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kdump/kdump-service/save.h"

/* The constant is unsigned, and the call's argument is not. */
enum {
	RB_HALT = (int)RB_HALT_SYSTEM,
};

const char *restart_name(enum conf_action action)
{
	switch (action) {
	case CONF_REBOOT:
		return "reboot";
	case CONF_POWEROFF:
		return "poweroff";
	case CONF_HALT:
		return "halt";
	case CONF_SHELL:
		return "shell";
	case CONF_CONTINUE:
		return "continue";
	}
	return "reboot";
}

/* What a person starts is ended first when memory runs out: were nothing left to end, the kernel would panic. */
static void be_mortal(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "500", 3) != 3)
		service_warning("what is started here may not be ended when memory runs out");
	close(fd);
}

/* In the child: a session of its own, so that the console is its terminal and ^C works. */
static void run_shell(void)
{
	int fd;

	setsid();
	fd = open("/dev/console", O_RDWR | O_CLOEXEC);
	if (fd >= 0) {
		ioctl(fd, TIOCSCTTY, 1);
		for (int i = 0; i < 3; i++)
			dup2(fd, i);
	}
	/* main ignores it, and a shell that starts so cannot change it. */
	signal(SIGPIPE, SIG_DFL);
	be_mortal();
	execl("/bin/sh", "sh", "-i", (char *)NULL);
	_exit(127);
}

/* How long it may take to read /bin/sh: it may lie on the disk that hangs. */
#define SHELL_START_MS 60000

static void shell(bool hangs)
{
	struct pollfd begun = { .events = POLLIN };
	int pid, status, ends[2];

	service_say("a shell on the console; the machine is started again when it ends");
	if (pipe2(ends, O_CLOEXEC) != 0) {
		service_error("cannot start a shell");
		return;
	}
	pid = fork();
	if (pid == 0)
		run_shell();
	close(ends[1]);
	begun.fd = ends[0];
	/* execve(2) closes the other end, and so does its failure. */
	if (pid > 0 && poll(&begun, 1, SHELL_START_MS) == 0) {
		service_error("a shell cannot be started: its file does not come");
		return;
	}
	close(ends[0]);
	if (pid < 0) {
		service_error("cannot start a shell");
		return;
	}
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (!hangs)
		sync();
}

bool restart_do(enum conf_action action, bool hangs, struct err *err)
{
	switch (action) {
	case CONF_CONTINUE:
		return true;
	case CONF_POWEROFF:
		reboot(RB_POWER_OFF);
		break;
	case CONF_HALT:
		reboot(RB_HALT);
		break;
	case CONF_SHELL:
		shell(hangs);
		reboot(RB_AUTOBOOT);
		break;
	case CONF_REBOOT:
		reboot(RB_AUTOBOOT);
		break;
	}
	return err_system(err, errno, "cannot %s (it takes the capability CAP_SYS_BOOT)", restart_name(action));
}
