/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Giving the memory of a dump back without a reboot. It is safe only where nothing that is in use lies in it: the
 * kernel frees all from the end of boot memory on, and with small boot memory that has RTAS, firmware's code that the
 * next RTAS call runs (seen with 320 MiB of boot memory and RTAS at 768 MiB: a program check in overwritten code).
 */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <time.h>
#include <unistd.h>

#include "kdump/capture/capture.h"
#include "kexec/base/file.h"

#define HEX64 "0x%" PRIx64

static bool check_saved(const struct capture *capture, struct err *err)
{
	if (!capture->saved.verified)
		return err_set(err, ERR_INTERNAL, "nothing was released: the copy was not compared");
	if (capture->saved.unreadable)
		return err_set(err, ERR_UNSUPPORTED,
			       "nothing was released: %" PRIu64 " bytes of the dump could not be read and are still only in memory",
			       capture->saved.unreadable);
	if (findings_damaged(&capture->findings))
		return err_set(err, ERR_UNSUPPORTED,
			       "nothing was released: the dump has faults (the lines with BAD), and memory may still have what the "
			       "copy lacks; after a look at it, start the machine through firmware");
	return true;
}

static bool check_rtas(const struct capture *capture, struct err *err)
{
	const struct fadump *fadump = &capture->fadump;

	/* PowerNV has no RTAS, and OPAL's memory is never the kernel's. */
	if (fadump->opal && !fadump->pseries)
		return true;
	if (!capture->has_kernel_dump || !fadump->has_rtas)
		return err_set(err, ERR_UNSUPPORTED,
			       "nothing was released: %s is not in the device tree, so that nothing shows whether RTAS lies in the "
			       "memory to be freed; start the machine through firmware instead",
			       capture->has_kernel_dump ? "the address of RTAS (linux,rtas-base, rtas-size)"
							: "a readable ibm,kernel-dump");

	uint64_t top = fadump_kernel_dump_top(&capture->kernel_dump);

	if (fadump->rtas_size > UINT64_MAX - fadump->rtas_start || fadump->rtas_start + fadump->rtas_size > top)
		return err_set(err, ERR_UNSUPPORTED,
			       "nothing was released: RTAS lies at " HEX64 " with " HEX64 " bytes, and all memory from " HEX64
			       " on would be freed: the next call of firmware would run what somebody wrote there. Start the machine "
			       "through firmware instead, and give crashkernel= at least 768 MiB to have this",
			       fadump->rtas_start, fadump->rtas_size, top);
	return true;
}

static bool write_release(const char *path, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool ok = fd >= 0 && write(fd, "1", 1) == 1;

	if (!ok)
		err_system(err, errno, "cannot give the memory back by writing 1 to %s", path);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool capture_release(struct capture *capture, struct err *err)
{
	const char *name = fadump_control(&capture->fadump, capture->arena, "release_mem");
	const char *path = file_below(capture->arena, capture->options->root, name[0] == '/' ? name + 1 : name);

	if (!check_saved(capture, err) || !check_rtas(capture, err))
		return false;

	/* The kernel frees what an open /proc/vmcore reads from. */
	close(capture->fd);
	capture->fd = -1;
	if (!write_release(path, err))
		return false;
	for (int i = 0; i < 20; i++) {
		struct timespec moment = { .tv_nsec = 50 * 1000 * 1000 };

		if (access(capture->vmcore, F_OK) != 0 && errno == ENOENT)
			return true;
		nanosleep(&moment, NULL);
	}
	return err_set(err, ERR_SYSTEM, "1 was written to %s, and %s is still there: what became of the memory is not known; "
					"start the machine through firmware",
		       path, capture->vmcore);
}
