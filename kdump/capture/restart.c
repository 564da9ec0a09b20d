/* SPDX-License-Identifier: GPL-2.0-only */
/* The only call of the kernel's reboot outside kexec/exec: tests/lint/layers.sh names this file. */
#include <errno.h>
#include <sys/reboot.h>
#include <unistd.h>

#include "kdump/capture/capture.h"

bool capture_restart(struct err *err)
{
	sync();
	if (reboot(RB_AUTOBOOT) == 0)
		return true;
	return err_system(err, errno, "the dump is saved, but the machine cannot be started again (it takes the capability "
				      "CAP_SYS_BOOT): start it by hand");
}
