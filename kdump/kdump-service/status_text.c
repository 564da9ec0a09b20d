/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "kdump/kdump-service/status.h"

const char *status_size(struct arena *arena, uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double value = (double)bytes;
	size_t unit = 0;

	/* Half of what is rounded away, so that 1023.96 KiB is 1.0 MiB. */
	while (value >= 1023.95 && unit + 1 < sizeof(units) / sizeof(units[0])) {
		value /= 1024;
		unit++;
	}
	return unit && value < 100 ? arena_printf(arena, "%.1f %s", value, units[unit])
				   : arena_printf(arena, "%.0f %s", value, units[unit]);
}

const char *status_time(struct arena *arena, int64_t seconds)
{
	time_t time = (time_t)seconds;
	struct tm tm;
	char text[64];

	if (!gmtime_r(&time, &tm) || !strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S UTC", &tm))
		return arena_printf(arena, "%" PRId64 " seconds since 1970", seconds);
	return arena_strdup(arena, text);
}

const char *status_age(struct arena *arena, int64_t seconds)
{
	static const struct {
		int64_t seconds;
		const char *name;
	} units[] = { { 86400, "day" }, { 3600, "hour" }, { 60, "minute" }, { 1, "second" } };

	if (seconds < 0)
		return "in the future";
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		int64_t count = seconds / units[i].seconds;

		if (count)
			return arena_printf(arena, "%" PRId64 " %s%s ago", count, units[i].name,
					    count == 1 ? "" : "s");
	}
	return "just now";
}

const char *status_hotplug_name(enum status_hotplug hotplug)
{
	switch (hotplug) {
	case STATUS_HOTPLUG_NONE_NEEDED:
		return "none-needed";
	case STATUS_HOTPLUG_KERNEL:
		return "kernel";
	case STATUS_HOTPLUG_UDEV:
		return "udev";
	}
	return "";
}

const char *status_name(const struct status *status)
{
	switch (status->exit) {
	case SERVICE_DONE:
		return "loaded";
	case SERVICE_NOT_LOADED:
		return "not-loaded";
	default:
		return "not-possible";
	}
}

static void print_line(const char *name, const char *text)
{
	printf("%-10s %s\n", name, text);
}

static const char *load_text(const struct status *status, struct arena *arena)
{
	const struct loading_record *record = &status->record;

	if (!status_is_loaded(status)) {
		if (status->exit == SERVICE_NOT_LOADED)
			return "no; `kdump-service load` loads it";
		if (status->machine_error)
			return "not known";
		if (status->machine.in_capture)
			return "no: this is the kernel that saves";
		if (!status->knows_kexec && !status->machine.fadump)
			return "no: this kernel has no kexec for crashes (CONFIG_CRASH_DUMP, CONFIG_KEXEC_CORE)";
		if (!status->machine.reserved)
			return "no: no memory is reserved; crashkernel= on the kernel's command line reserves it";
		return "no: kernel.kexec_load_disabled is 1";
	}
	if (!record->fingerprint)
		return "yes, not by kdump-service";
	return arena_printf(arena, "yes, by %s%s%s%s%s",
			    record->syscall ? record->syscall : "a way that is not known", record->time ? ", " : "",
			    record->time ? status_time(arena, record->time) : "",
			    record->verified ? ", verified" : "",
			    status->stale	  ? ", stale"
			    : status->can_compare ? ", up to date"
						  : "");
}

static void print_files(const struct status *status, struct arena *arena)
{
	const struct loading_record *record = &status->record;
	/* What is loaded, else what would be. */
	bool recorded = status_is_loaded(status) && record->fingerprint;
	const char *kernel = recorded ? record->kernel : status->next.kernel;
	const char *initrd = recorded ? record->initrd : status->next.initrd;
	const char *line = recorded ? record->command_line : status->next.command_line;

	if (!recorded && (status->next_error || status->exit == SERVICE_NOT_POSSIBLE || status_is_loaded(status)))
		return;
	if (kernel && kernel[0])
		print_line("kernel", kernel);
	if (!initrd || !initrd[0])
		print_line("initrd", "none");
	else if (status->initrd.exists && strcmp(initrd, status->initrd.path) == 0)
		printf("%-10s %s, made %s, %s\n", "initrd", initrd,
		       status_age(arena, status->now - status->initrd.changed),
		       status->next.initrd_is_capture	       ? "saves by itself"
		       : status->next.way == LOADING_BY_TARGET ? "the one the machine boots with"
							       : "not made by `kdump-service build`");
	else
		print_line("initrd", initrd);
	if (line && line[0])
		print_line("command", line);
}

static void print_fadump(const struct status_fadump *fadump)
{
	if (fadump->is_there)
		printf("%-10s %s%s\n", "fadump",
		       !fadump->enabled	    ? "not enabled"
		       : fadump->registered ? "registered"
					    : "enabled, not registered",
		       fadump->enabled && fadump->hotplug_ready ? ", needs nothing when memory changes" : "");
}

static void print_target(const struct status *status, struct arena *arena)
{
	const struct status_target *target = &status->target;
	const struct status_estimate *estimate = &status->estimate;
	const char *room = target->has_free ? arena_printf(arena, "%s of %s free", status_size(arena, target->free),
							   status_size(arena, target->total))
					    : arena_printf(arena, "free space not known (%s)", target->hangs ? "it does not answer" : target->why_not);

	printf("%-10s %s, %s\n", "target", status->service->conf.save.target.text, room);
	if (estimate->is_known)
		printf("%-10s about %s (level %u)\n", "a dump", status_size(arena, estimate->size), estimate->level);
	else
		printf("%-10s size not known (%s)\n", "a dump", estimate->why_not);
	if (!target->is_local)
		return;
	if (!target->dump.path)
		print_line("last dump", "none");
	else if (!target->dump.file)
		printf("%-10s %s, no vmcore in it\n", "last dump", target->dump.path);
	else
		printf("%-10s %s, %s, %s, %s\n", "last dump", target->dump.path,
		       target->dump.complete ? "complete" : "not complete", status_size(arena, target->dump.size),
		       status_age(arena, status->now - target->dump.saved));
}

void status_print_text(const struct status *status)
{
	static const char *const hotplug[] = {
		[STATUS_HOTPLUG_NONE_NEEDED] = "nothing to do when CPUs and memory come and go",
		[STATUS_HOTPLUG_KERNEL] = "the kernel follows CPUs and memory that come and go",
		[STATUS_HOTPLUG_UDEV] = "loaded again by udev when CPUs and memory come and go",
	};
	struct arena *arena = status->service->arena;

	print_line("loaded", load_text(status, arena));
	if (!status->machine_error)
		print_line("reserved", status_size(arena, status->machine.reserved));
	print_files(status, arena);
	print_fadump(&status->fadump);
	if (status_is_loaded(status))
		print_line("hotplug", hotplug[status->hotplug]);
	print_target(status, arena);
	for (size_t i = 0; i < status->warnings.count; i++)
		printf("warning: %s\n", status->warnings.all[i]);
}
