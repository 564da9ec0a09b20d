/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hang FOLDER PROGRAM [ARGUMENT]...
 *
 * Runs a program while FOLDER is on a file system that never answers, as that of a server which is gone: one of FUSE
 * whose requests nobody reads. Whoever looks at it waits in the kernel until he is killed. To be run in a mount namespace
 * of its own. Exit code 77, and nothing is run, where this machine has no FUSE or does not allow it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char *argv[])
{
	char options[128];
	int fuse, status;
	pid_t pid;

	if (argc < 3)
		return 2;
	fuse = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	if (fuse < 0) {
		printf("SKIP: no file system that hangs can be made: /dev/fuse: %s\n", strerror(errno));
		return 77;
	}
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%u,group_id=%u", fuse, getuid(), getgid());
	if (mount("hang", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) != 0) {
		printf("SKIP: no file system that hangs can be made: mount: %s\n", strerror(errno));
		return 77;
	}
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		_exit(127);
	}
	while (pid > 0 && waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return pid > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : 126;
}
