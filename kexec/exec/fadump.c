/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Registering with the firmware of a Power machine, through the control files of the kernel. What they answer: Linux
 * arch/powerpc/kernel/fadump.c, registered_store() and bootargs_append_store() (7.2), and the platforms' *-fadump.c.
 */
#include "fadump.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "kexec/base/file.h"
#include "kexec/exec/refused.h"

/* More than any of these files can have: COMMAND_LINE_SIZE of powerpc is 2048. */
#define LONGEST 4096

struct control {
	struct arena arena;
	const struct fadump *fadump;
	const char *root;
};

static const struct refusal opening[] = {
	{ EACCES, "it takes root" },
	{ EROFS, "is this a container?" },
};

static const struct refusal registering[] = {
	{ EPERM, "the kernel has firmware-assisted dump turned off, or holds a dump that has not been saved" },
	{ EACCES, "a security policy of the kernel forbids it" },
	{ ENODEV, "the kernel has reserved no memory for it: see dmesg for fadump: and crashkernel= on its command line" },
	{ ETIMEDOUT, "firmware was busy for a minute: try again" },
	{ EIO, "firmware reports a hardware or an unknown error: see dmesg" },
	{ EINVAL, "the kernel or firmware does not take the reserved memory as it is: it has holes where memory was removed" },
	{ EEXIST, "firmware says that there is a registration already" },
};

static const struct refusal unregistering[] = {
	{ EPERM, "the kernel has firmware-assisted dump turned off, or holds a dump that has not been saved" },
	{ EACCES, "a security policy of the kernel forbids it" },
	{ EINVAL, "the kernel does not know the request" },
};

static const struct refusal appending[] = {
	{ EPERM, "the kernel has firmware-assisted dump turned off, or holds a dump that has not been saved" },
	{ EACCES, "a security policy of the kernel forbids it" },
	{ ENOSPC, "with the running kernel's command line it is longer than the 2048 bytes that a kernel takes" },
	{ EINVAL, "it is longer than the 2048 bytes that a kernel takes" },
};

static const char *path_of(struct control *control, const char *name)
{
	return file_below(&control->arena, control->root, fadump_control(control->fadump, &control->arena, name));
}

/* In one write(2), as a store function of sysfs gets it. O_TRUNC means something to a regular file only. */
static bool write_control(struct control *control, const char *name, const char *text, const struct refusal *known,
			  size_t count, struct err *err)
{
	const char *path = path_of(control, name);
	const char *line = arena_printf(&control->arena, "%s\n", text);
	size_t length = strlen(line);
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		return refused_set(err, errno, arena_printf(&control->arena, "opening %s for writing", path), opening,
				   REFUSED_COUNT(opening));

	ssize_t written = write(fd, line, length);
	int errnum = written < 0 ? errno : 0;

	if (close(fd) != 0 && !errnum)
		errnum = errno;
	if (errnum)
		return refused_set(err, errnum, arena_printf(&control->arena, "writing \"%s\" to %s", text, path), known,
				   count);
	if ((size_t)written != length)
		return err_set(err, ERR_SYSTEM, "writing \"%s\" to %s: only %zd of %zu bytes were taken", text, path,
			       written, length);
	return true;
}

static bool read_control(struct control *control, const char *name, const char **text, struct err *err)
{
	char *line;

	if (!file_read_text(&control->arena, path_of(control, name), LONGEST, &line, err))
		return false;
	line[strcspn(line, "\n")] = 0;
	*text = line;
	return true;
}

/* That the kernel did what was asked: a write that was taken is no proof. */
static bool reads_back(struct control *control, const char *name, const char *wanted, struct err *err)
{
	const char *found;

	if (!read_control(control, name, &found, err))
		return false;
	if (strcmp(found, wanted) == 0)
		return true;
	return err_set(err, ERR_SYSTEM,
		       "%s reads \"%s\" after \"%s\" was written and taken: see dmesg for what firmware said (fadump:)",
		       path_of(control, name), found, wanted);
}

static bool set_registered(struct control *control, bool on, struct err *err)
{
	return write_control(control, "registered", on ? "1" : "0", on ? registering : unregistering,
			     on ? REFUSED_COUNT(registering) : REFUSED_COUNT(unregistering), err);
}

/*
 * Registering again brings the registration up to date where the kernel does not do that by itself on memory hotplug.
 * Older kernels refuse it while one is in force.
 */
static bool write_registered(struct control *control, struct err *err)
{
	if (set_registered(control, true, err))
		return true;
	if (err->errnum != EEXIST && (err->errnum != EINVAL || !control->fadump->registered))
		return false;

	struct err first = *err;

	*err = (struct err){ .code = ERR_NONE };
	if (set_registered(control, false, err) && set_registered(control, true, err))
		return true;
	return err_prefix(err, "%s; then", first.text);
}

static bool set_bootargs(struct control *control, const char *text, struct err *err)
{
	return write_control(control, "bootargs_append", text, appending, REFUSED_COUNT(appending), err);
}

/* After a failure: what is in force now, and that bootargs_append is what it was. */
static void undo(struct control *control, bool bootargs_changed, struct err *err)
{
	struct err failed = *err, ignored = { .code = ERR_NONE };
	const char *registered, *bootargs = "";

	if (bootargs_changed)
		bootargs = set_bootargs(control, control->fadump->bootargs_append, &ignored)
				   ? ". bootargs_append is what it was"
				   : ". bootargs_append could not be set back to what it was";
	if (!read_control(control, "registered", &registered, &ignored))
		registered = "unknown";
	err_set(err, failed.code, "%s%s; firmware-assisted dump is %s", failed.text, bootargs,
		strcmp(registered, "1") == 0   ? "still registered"
		: strcmp(registered, "0") == 0 ? "not registered"
					       : "registered or not, which cannot be read");
	err->errnum = failed.errnum;
}

static bool may_register(const struct fadump *fadump, const char *bootargs, struct err *err)
{
	if (!fadump->present || !fadump->enabled)
		return err_set(err, ERR_UNSUPPORTED,
			       "the running kernel does not use firmware-assisted dump: fadump=on was not on its command "
			       "line, or firmware cannot do it, or the kernel has turned it off");
	if (bootargs && !fadump->bootargs_append)
		return err_set(err, ERR_UNSUPPORTED,
			       "the running kernel cannot pass \"%s\" to the capture boot: it has no bootargs_append", bootargs);
	/* Released memory is used for something else: the kernel would write into that. */
	if (bootargs && fadump->has_release)
		return err_set(err, ERR_UNSUPPORTED,
			       "\"%s\" cannot be passed to the capture boot: the memory for it was released with the dump that "
			       "this boot began with",
			       bootargs);
	return true;
}

bool exec_fadump_register(const struct fadump *fadump, const char *root, const char *bootargs, struct err *err)
{
	struct control control = { .fadump = fadump, .root = root };
	bool changed = false;

	if (!may_register(fadump, bootargs, err))
		return err_prefix(err, "cannot register for a firmware-assisted dump");
	arena_init(&control.arena);

	bool ok = true;

	if (bootargs && strcmp(bootargs, fadump->bootargs_append) != 0) {
		ok = set_bootargs(&control, bootargs, err);
		changed = ok;
		ok = ok && reads_back(&control, "bootargs_append", bootargs, err);
	}
	ok = ok && write_registered(&control, err) && reads_back(&control, "registered", "1", err);
	if (!ok) {
		undo(&control, changed, err);
		err_prefix(err, "cannot register for a firmware-assisted dump");
	}
	arena_release(&control.arena);
	return ok;
}

bool exec_fadump_unregister(const struct fadump *fadump, const char *root, struct err *err)
{
	struct control control = { .fadump = fadump, .root = root };

	if (!fadump->present)
		return err_set(err, ERR_UNSUPPORTED,
			       "cannot unregister: the running kernel knows no firmware-assisted dump");
	arena_init(&control.arena);

	bool ok = set_registered(&control, false, err) && reads_back(&control, "registered", "0", err);

	if (!ok) {
		undo(&control, false, err);
		err_prefix(err, "cannot unregister from firmware");
	}
	arena_release(&control.arena);
	return ok;
}
