/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * In the capture kernel: saves the dump and ends the boot. Whatever goes wrong on the way, what OnSuccess= or
 * OnFailure= says is done at its end, for nobody sits at the machine; only where there is no dump is nothing done.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "kdump/kdump-service/save.h"
#include "kexec/base/file.h"

#define PROC_VMCORE "/proc/vmcore"

/* This program and all it starts are the last to be ended when memory runs out, where it has the right to say so. */
static void protect(void)
{
	int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, "-1000", 5) != 5)
		service_say("this program may be ended when memory runs out: it has not the right to say otherwise");
	close(fd);
}

static void read_place(struct saving *saving)
{
	const char *path = file_below(saving->arena, saving->root, &PLACE_PATH[1]);
	struct err err;
	char *text;

	if (access(path, F_OK) != 0)
		return;
	saving->has_place = true;
	if (!file_read_text(saving->arena, path, 65536, &text, &err) ||
	    !place_read(&saving->place, saving->arena, path, text, &err))
		service_error("%s", err.text);
}

/*
 * The crashed machine's own name, else what it was called when the initrd was made, else what this kernel is called.
 * NULL: nobody knows.
 */
static const char *host_name(const struct saving *saving)
{
	const char *name = saving->dump_host;
	struct utsname uts;

	if (!name && saving->place.host)
		name = place_host(saving->arena, saving->place.host);
	if (!name && uname(&uts) == 0)
		name = place_host(saving->arena, uts.nodename);
	return name;
}

static void say_subject(const struct saving *saving)
{
	const char *when = place_name(saving->arena, saving->time, "");

	if (saving->unreadable)
		service_warning("%s says nothing of itself: %s", saving->vmcore, saving->unreadable);
	if (saving->has_time)
		service_say("%s%s crashed at %s%s%s; the dump goes to %s", saving->release ? "Linux " : "the kernel",
			    saving->release ? saving->release : "", when, saving->dump_host ? " on " : "",
			    saving->dump_host ? saving->dump_host : "", saving->conf->save.target.text);
	else
		service_say("the dump goes to %s; it does not say when the crash was, and is named by the time that it is now, %s",
			    saving->conf->save.target.text, when);
}

static int save(struct saving *saving)
{
	switch (saving->conf->save.target.kind) {
	case CONF_TARGET_PATH:
	case CONF_TARGET_NFS:
		return save_to_folder(saving);
	case CONF_TARGET_SSH:
		return save_to_ssh(saving);
	case CONF_TARGET_RAW:
		return save_to_raw(saving);
	}
	return SERVICE_FAILED;
}

/* What restarts the machine cuts the journal off, and a console that only it writes to does not show how this ended. */
static void end(const struct saving *saving, int code, bool hangs)
{
	const struct conf *conf = saving->conf;
	bool good = code == SERVICE_DONE;
	enum conf_action action = good ? conf->save.on_success : conf->save.on_failure;
	const char *what = restart_name(action);
	struct err err;

	if (saving->service->options->no_action)
		return;
	/* A file that is no crash of this boot: whoever saves one again does not want the machine to end. */
	if (*saving->root || strcmp(saving->service->options->vmcore, PROC_VMCORE) != 0) {
		service_last_words(saving->arena, saving->root, !good, "would do what %s says: %s",
				   good ? "OnSuccess=" : "OnFailure=", what);
		return;
	}
	if (good)
		service_last_words(saving->arena, "", false, "the dump is saved; next (OnSuccess=): %s", what);
	else
		service_last_words(saving->arena, "", true, "the dump is not saved%s; next (OnFailure=): %s",
				   code == SERVICE_PARTIAL ? " whole" : "", what);
	if (!restart_do(action, hangs, &err))
		service_last_words(saving->arena, "", true, "%s", err.text);
}

/* In a child that is watched (save_watch.c): all that looks at the dump or the target. */
static int work(struct saving *saving)
{
	int code;

	read_place(saving);
	save_step(saving, 0, "reading the dump");
	save_subject(saving);
	saving->host = host_name(saving);
	saving->has_host = saving->host != NULL;
	if (!saving->has_host)
		saving->host = "unknown";
	say_subject(saving);
	code = save(saving);
	save_settle(saving);
	return code;
}

int service_save(struct service *service)
{
	struct saving saving = {
		.service = service,
		.conf = &service->conf,
		.arena = service->arena,
		.root = service->options->root,
		.vmcore = service->options->vmcore,
	};
	bool hangs;
	int code;

	if (strcmp(saving.vmcore, PROC_VMCORE) == 0)
		saving.vmcore = file_below(saving.arena, saving.root, &PROC_VMCORE[1]);
	if (access(saving.vmcore, F_OK) != 0) {
		service_error("there is no dump: %s: %s. Only a kernel that was started after a crash has one", saving.vmcore,
			      strerror(errno));
		return SERVICE_NO_DUMP;
	}
	if (!*saving.root)
		protect();
	code = save_watched(&saving, work, &hangs);
	end(&saving, code, hangs);
	return code;
}
