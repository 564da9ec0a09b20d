/* SPDX-License-Identifier: GPL-2.0-only */
/* vmcore-save and vmcore-dmesg: their arguments, and what their ends mean. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kdump/incomplete.h"
#include "kdump/kdump-service/save.h"

/* vmcore-save(8) */
#define SAVE_EXIT_PARTIAL 3

const char *save_program(struct arena *arena, const char *name)
{
	char self[4096];
	ssize_t length = readlink("/proc/self/exe", self, sizeof(self) - 1);
	const char *slash, *beside;

	if (length <= 0)
		return name;
	self[length] = 0;
	slash = strrchr(self, '/');
	beside = arena_printf(arena, "%.*s/%s", slash ? (int)(slash - self) : 0, self, name);
	return access(beside, X_OK) == 0 ? beside : name;
}

/* A stream has no second try: the level that needs least room is the one that is most certain to get through. */
static const char *levels(const struct saving *saving, bool stream)
{
	const struct conf *conf = saving->conf;
	const char *text = NULL;

	for (size_t i = stream && conf->save.level_count ? conf->save.level_count - 1 : 0; i < conf->save.level_count; i++)
		text = arena_printf(saving->arena, "%s%s%u", text ? text : "--level=", text ? "," : "", conf->save.levels[i]);
	return text;
}

static const char *compress(const struct saving *saving)
{
	static const char *const names[] = { [CONF_ZSTD] = "zstd", [CONF_ZLIB] = "zlib", [CONF_NONE] = "none" };
	const struct conf *conf = saving->conf;
	const char *name = names[conf->save.compress];

	if (!conf->save.compress_level || conf->save.compress == CONF_NONE)
		return arena_printf(saving->arena, "--compress=%s", name);
	return arena_printf(saving->arena, "--compress=%s:%d", name, conf->save.compress_level);
}

int save_status(const struct saving *saving)
{
	return saving->pulse > 2 ? saving->pulse : 0;
}

const char *const *save_arguments(const struct saving *saving, const char *target)
{
	const struct conf *conf = saving->conf;
	bool stream = strcmp(target, "-") == 0;
	const char **words = arena_array(saving->arena, 16, sizeof(*words));
	const char *level = levels(saving, stream);
	uint64_t most = conf->save.max_size;
	size_t count = 0;

	if (saving->most && (!most || saving->most < most))
		most = saving->most;
	words[count++] = save_program(saving->arena, "vmcore-save");
	if (level)
		words[count++] = level;
	if (conf->save.format == CONF_ELF)
		words[count++] = "--format=elf";
	else
		words[count++] = compress(saving);
	if (conf->save.threads)
		words[count++] = arena_printf(saving->arena, "--threads=%u", conf->save.threads);
	if (most)
		words[count++] = arena_printf(saving->arena, "--max-size=%" PRIu64, most);
	if (conf->save.target.kind == CONF_TARGET_RAW)
		words[count++] = "--flatten";
	if (save_status(saving))
		words[count++] = arena_printf(saving->arena, "--status-fd=%d", save_status(saving));
	words[count++] = saving->vmcore;
	words[count++] = target;
	return words;
}

int save_judge(int status, const char *program)
{
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return SERVICE_DONE;
	if (WIFEXITED(status) && WEXITSTATUS(status) == SAVE_EXIT_PARTIAL)
		return SERVICE_PARTIAL;
	if (WIFSIGNALED(status))
		service_error("%s was ended by signal %d (%s)%s", program, WTERMSIG(status), strsignal(WTERMSIG(status)),
			      WTERMSIG(status) == SIGKILL ? ": too little memory is reserved (crashkernel=), or somebody ended it"
							  : "");
	else
		service_error("%s ended with exit code %d", program, WEXITSTATUS(status));
	return SERVICE_FAILED;
}

static bool write_log(struct saving *saving, const char *path, struct err *err)
{
	const char *words[] = { save_program(saving->arena, "vmcore-dmesg"), saving->vmcore, NULL };
	struct service_run run = { .arguments = words, .input = -1, .output = -1, .errors = -1,
				   .seconds = SAVE_LOG_SECONDS };
	const char *incomplete = incomplete_name(saving->arena, path);
	int status;
	bool done;

	if (!incomplete_open(&run.output, incomplete, err))
		return false;
	done = service_run(&status, NULL, saving->arena, &run, err);
	if (done && (!WIFEXITED(status) || WEXITSTATUS(status) != 0))
		done = err_set(err, ERR_SYSTEM, "vmcore-dmesg ended with %s %d: what it found stays as %s",
			       WIFEXITED(status) ? "exit code" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status), incomplete);
	if (done && fdatasync(run.output) != 0)
		done = err_system(err, errno, "cannot write %s", incomplete);
	close(run.output);
	return done && incomplete_rename(incomplete, path, true, err);
}

void save_log(struct saving *saving, const char *path)
{
	struct err err;

	save_step(saving, SAVE_LOG_SECONDS, "saving the log");
	if (write_log(saving, path, &err))
		service_say("the kernel's log is in %s", path);
	else
		service_warning("the kernel's log is not saved (the dump has it too): %s", err.text);
}
