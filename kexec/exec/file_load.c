/* SPDX-License-Identifier: GPL-2.0-only */
/* kexec_file_load(2). */
#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "exec.h"
#include "kexec/exec/kexec_flags.h"
#include "kexec/exec/refused.h"

static const struct refusal refusals[] = {
	{ EPERM, "the kernel forbids it" },
	{ EACCES, "a security policy of the kernel forbids it" },
	{ ENOSYS, "the running kernel was built without CONFIG_KEXEC_FILE" },
	{ EBUSY, "another kexec is loading or unloading now: try again" },
	{ EINVAL,
	  "the kernel knows no such flag, finds the command line too long, or does not take this file" },
	{ ENOEXEC, "the kernel does not know the file's format" },
	{ EOPNOTSUPP, "the kernel cannot load this kind of file" },
	{ EKEYREJECTED, "the file's signature is not accepted" },
	{ ENOKEY, "the kernel has no key for the file's signature" },
	{ EKEYEXPIRED, "the key of the file's signature has expired" },
	{ EKEYREVOKED, "the key of the file's signature was revoked" },
	{ ENODATA, "the kernel demands a signature and the file has none" },
	{ EBADMSG, "the file's signature is damaged" },
	{ ELIBBAD, "the file's signature is damaged" },
	{ ENOPKG, "the file's signature uses an algorithm that the running kernel does not have" },
	{ EADDRNOTAVAIL,
	  "it does not fit into the crash reservation: boot the running kernel with a larger crashkernel=" },
	{ ENOMEM, "there is not enough free memory, or not enough of the crash reservation" },
	{ EFBIG, "a file is larger than the kernel reads" },
	{ ETXTBSY, "a file is open for writing" },
};

bool exec_file_load(const struct file_plan *plan, struct err *err)
{
	uint64_t flags = plan->flags;

	if (plan->target == TARGET_CRASH)
		flags |= FILE_LOAD_ON_CRASH;
	if (plan->initrd_fd < 0)
		flags |= FILE_LOAD_NO_INITRAMFS;

#ifdef SYS_kexec_file_load
	size_t length = plan->cmdline ? strlen(plan->cmdline) + 1 : 0;

	if (syscall(SYS_kexec_file_load, plan->kernel_fd, plan->initrd_fd, (unsigned long)length,
		    plan->cmdline, (unsigned long)flags) == 0)
		return true;
#else
	/* Not on this architecture. */
	(void)flags;
	errno = ENOSYS;
#endif
	refused_set(err, errno, "kexec_file_load", refusals, REFUSED_COUNT(refusals));
	return err_prefix(err, "%s", plan->kernel_path);
}
