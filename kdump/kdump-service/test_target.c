/* SPDX-License-Identifier: GPL-2.0-only */
/* Targets on this machine: a folder, or a device. Nothing is written to them. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "kdump/kdump-service/test.h"
#include "kdump/service/place.h"
#include "kexec/base/file.h"

#define ANSWER_SECONDS 10

static bool is_one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(word, *words) != 0)
		words++;
	return *words != NULL;
}

static const char *mountinfo(struct test *test)
{
	struct err err;
	char *text;

	if (!file_read_text(test->status.service->arena, test_below(test, "/proc/self/mountinfo"), (size_t)16 << 20,
			    &text, &err))
		return NULL;
	return text;
}

/* Its type says whether a dump would be there after the next boot, and whether the capture kernel can get there. */
static void test_file_system(struct test *test, const char *folder)
{
	static const char *const memory[] = { "tmpfs", "ramfs", "rootfs", "overlay", NULL };
	static const char *const network[] = { "nfs", "nfs4", "cifs", "smb3", "ceph", "9p", "virtiofs", NULL };
	struct arena *arena = test->status.service->arena;
	const char *mounts = mountinfo(test);
	struct place_mount mount;

	if (!mounts || !place_mount_find(&mount, arena, mounts, folder)) {
		test_skip(test, "target: what file system %s is on is not known (/proc/self/mountinfo)", folder);
		return;
	}
	if (is_one_of(mount.type, memory))
		test_fail(test, "target: %s is on %s (%s): a dump would be gone, or out of reach, after the crash",
			  folder, mount.type, mount.point);
	else if (is_one_of(mount.type, network) || strncmp(mount.type, "fuse", 4) == 0)
		test_warn(
			test,
			"target: %s is on %s (%s): a capture kernel may not get there; Target=nfs://... or ssh://... can",
			folder, mount.type, mount.source);
	else
		test_ok(test, "target: %s is on %s, %s, mounted on %s", folder, mount.source, mount.type,
			mount.point);
}

void test_path(struct test *test)
{
	const struct conf_target *wanted = &test->status.service->conf.save.target;
	const struct status_target *target = &test->status.target;

	if (target->hangs) {
		test_fail(test, "target: %s", target->why_not);
		return;
	}
	test_file_system(test, test_is_here(test) && target->real ? target->real : wanted->path);
	if (target->aside.path)
		test_warn(test, "target: it was not mounted after a crash, and the dump is in %s: see why", target->aside.path);
	if (!target->has_free)
		test_fail(test, "target: %s", target->why_not);
	else if (target->read_only)
		test_warn(test, "target: %s is mounted read-only: the capture kernel has to mount it for writing",
			  target->folder);
	else if (!target->access_errno)
		test_ok(test, "target: %s %s", wanted->path,
			target->exists ? "can be written to" : "is not there yet, and is made by the first dump");
	else if (geteuid() != 0)
		test_skip(test, "target: whether %s can be written to by root: you are not", wanted->path);
	else
		test_fail(test, "target: %s cannot be written to: %s", target->folder, strerror(target->access_errno));
}

struct head {
	const char *file;
	int errnum;
	ssize_t got;
	uint8_t bytes[PLACE_PROBE_SIZE];
};

/* In a child: a disk that hangs does not answer. */
static void read_head(void *data)
{
	struct head *head = data;
	int fd = open(head->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	head->got = fd < 0 ? -1 : pread(fd, head->bytes, sizeof(head->bytes), 0);
	head->errnum = errno;
}

/* What lies on it, from its first bytes; what is there would be lost. */
static void test_content(struct test *test, const char *path, const char *file)
{
	struct head *head = service_share(sizeof(*head));
	struct place_content content;

	if (!head) {
		test_fail(test, "target: cannot read %s: %s", path, strerror(ENOMEM));
		return;
	}
	head->file = file;
	if (!service_answers(read_head, head, ANSWER_SECONDS)) {
		test_fail(test, "target: %s does not answer within %d s: the disk hangs; the kernel's log (dmesg) may say why",
			  path, ANSWER_SECONDS);
	} else if (head->got < 0 && head->errnum == EACCES && geteuid() != 0) {
		test_skip(test, "target: what lies on %s: that takes root", path);
	} else if (head->got < 0) {
		test_fail(test, "target: cannot read %s to see what lies on it: %s", path, strerror(head->errnum));
	} else {
		place_probe(&content, (struct blob){ head->bytes, (size_t)head->got });
		if (content.type)
			test_fail(
				test,
				"target: %s carries: %s. It would not be written over, so that nothing would be saved; "
				"wipefs(8) clears what is to be given up",
				path, content.type);
		else if (content.earlier_dump)
			test_warn(test, "target: %s has an earlier dump, which the next one replaces", path);
		else
			test_ok(test, "target: %s has nothing on it that is known", path);
	}
}

static void test_mounted(struct test *test, const char *path, dev_t device)
{
	struct arena *arena = test->status.service->arena;
	const char *mounts = mountinfo(test);
	const char *number = arena_printf(arena, " %u:%u ", major(device), minor(device));
	char *swaps;
	struct err err;

	if (!mounts)
		test_skip(test, "target: whether %s is mounted is not known (/proc/self/mountinfo)", path);
	else if (strstr(mounts, number))
		test_fail(test, "target: %s is mounted", path);
	else
		test_ok(test, "target: %s is not mounted", path);
	/* Names there are those that swapon(8) was given; the probe knows swap by its content, too. */
	if (file_read_text(arena, test_below(test, "/proc/swaps"), (size_t)1 << 20, &swaps, &err) &&
	    strstr(swaps, arena_printf(arena, "%s ", path)))
		test_fail(test, "target: %s is used for swapping", path);
}

void test_raw(struct test *test)
{
	const char *path = test->status.service->conf.save.target.path, *file = test_below(test, path);
	struct stat st;

	if (stat(file, &st) != 0) {
		test_fail(test, "target: %s: %s", path, strerror(errno));
		return;
	}
	if (!S_ISBLK(st.st_mode))
		test_fail(test, "target: %s is no block device", path);
	else
		test_mounted(test, path, st.st_rdev);
	if (S_ISBLK(st.st_mode) || S_ISREG(st.st_mode))
		test_content(test, path, file);
}
