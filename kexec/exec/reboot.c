/* SPDX-License-Identifier: GPL-2.0-only */
/* Starting what is loaded: at once, or through the system's own shutdown. */
#include <errno.h>
#include <linux/reboot.h>
#include <stddef.h>
#include <string.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "exec.h"
#include "kexec/exec/refused.h"

bool exec_reboot(struct err *err)
{
	static const struct refusal refusals[] = {
		{ EPERM, "it takes the capability CAP_SYS_BOOT" },
		{ EINVAL,
		  "the kernel says that nothing is loaded, or was built without CONFIG_KEXEC: load a kernel with -l, and "
		  "look at what that says" },
		{ ENOSYS, "the running kernel was built without CONFIG_KEXEC: use one with it, or reboot" },
		{ EBUSY, "another kexec is loading or unloading now: try again" },
	};

	if (reboot((int)LINUX_REBOOT_CMD_KEXEC) == 0)
		return true;
	return refused_set(err, errno, "kexec", refusals, REFUSED_COUNT(refusals));
}

bool exec_shutdown(struct err *err)
{
	static const char *const paths[] = { "/sbin/shutdown", "/etc/shutdown", "/bin/shutdown" };
	char name[] = "shutdown", option[] = "-r", when[] = "now";
	char *const arguments[] = { name, option, when, NULL };
	int first = 0;

	/* A path that exists and cannot be run says more than the ones that are not there. */
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		execv(paths[i], arguments);
		if (!first || first == ENOENT)
			first = errno;
	}
	return err_system(err, first,
			  "cannot run shutdown -r now (looked for /sbin/shutdown, /etc/shutdown, "
			  "/bin/shutdown). The kernel stays "
			  "loaded; kexec -e starts it without shutdown");
}
