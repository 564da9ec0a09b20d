/* SPDX-License-Identifier: GPL-2.0-only */
#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "kdump/kdump-service/status.h"
#include "kdump/service/estimate.h"

static const char *packing(const struct conf *conf, struct arena *arena)
{
	static const char *const names[] = { [CONF_ZSTD] = "zstd", [CONF_ZLIB] = "zlib", [CONF_NONE] = "none" };
	const char *name = names[conf->save.compress];

	if (conf->save.compress == CONF_NONE || !conf->save.compress_level)
		return arena_printf(arena, "--compress=%s", name);
	return arena_printf(arena, "--compress=%s:%d", name, conf->save.compress_level);
}

static const char *why_it_failed(struct arena *arena, int status)
{
	if (WIFSIGNALED(status))
		return arena_printf(arena, "vmcore-save --estimate was ended by signal %d", WTERMSIG(status));
	return arena_printf(arena, "vmcore-save --estimate failed (exit code %d): run it by hand to see why",
			    WEXITSTATUS(status));
}

void status_estimate_read(struct status_estimate *estimate, const struct service *service, unsigned int seconds)
{
	struct arena *arena = service->arena;
	const struct conf *conf = &service->conf;
	/* The last level is the least that is saved. */
	unsigned int level = conf->save.levels[conf->save.level_count ? conf->save.level_count - 1 : 0];
	const char *arguments[] = { "vmcore-save",
				    "--estimate",
				    arena_printf(arena, "--level=%u", level),
				    packing(conf, arena),
				    conf->save.format == CONF_ELF ? "--format=elf" : "--format=kdump",
				    NULL };
	struct service_run run = {
		.arguments = arguments, .input = -1, .output = -1, .errors = -1, .seconds = seconds
	};
	const char *output;
	struct err err;
	int status, nowhere;
	bool done;

	*estimate = (struct status_estimate){ .level = level };
	if (service->options->root[0]) {
		estimate->why_not = "with --root nothing is started";
		return;
	}
	if (access("/proc/kcore", R_OK) != 0) {
		estimate->why_not = "/proc/kcore cannot be read: that takes root, and a kernel that has it";
		return;
	}
	/* What it says of classes that it cannot tell apart is for those who call it themselves. */
	nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
	run.errors = nowhere;
	done = service_run(&status, &output, arena, &run, &err);
	if (nowhere >= 0)
		close(nowhere);
	if (!done)
		estimate->why_not = arena_strdup(arena, err.text);
	else if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		estimate->why_not = why_it_failed(arena, status);
	else if (!estimate_find(&estimate->size, output, level))
		estimate->why_not = "vmcore-save --estimate said nothing of this level";
	else
		estimate->is_known = true;
}
