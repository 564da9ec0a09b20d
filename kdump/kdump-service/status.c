/* SPDX-License-Identifier: GPL-2.0-only */
#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kdump/kdump-service/status.h"
#include "kexec/base/file.h"

/* Longer than it takes on a machine of some TiB, and shorter than what people wait for. */
#define ESTIMATE_SECONDS 10

void status_warn(struct status *status, const char *format, ...)
{
	struct status_warnings *warnings = &status->warnings;
	char text[4096];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	if (warnings->count == warnings->room) {
		const char **all = arena_array(status->service->arena, 2 * warnings->room + 8, sizeof(*all));

		if (warnings->count)
			memcpy(all, warnings->all, warnings->count * sizeof(*all));
		warnings->all = all;
		warnings->room = 2 * warnings->room + 8;
	}
	warnings->all[warnings->count++] = arena_strdup(status->service->arena, text);
}

static const char *below(const struct status *status, const char *name)
{
	return file_below(status->service->arena, status->service->options->root, name);
}

static bool exists(const struct status *status, const char *name)
{
	return access(below(status, name), F_OK) == 0;
}

static bool says_one(const struct status *status, const char *name)
{
	struct err err;
	char *text;

	return exists(status, name) && file_read_text(status->service->arena, below(status, name), 64, &text, &err) &&
	       text[0] == '1';
}

static void read_fadump(struct status *status)
{
	struct status_fadump *fadump = &status->fadump;

	/* The names without a folder: before Linux 5.6, and for compatibility ever since. */
	fadump->is_there =
		exists(status, "/sys/kernel/fadump/enabled") || exists(status, "/sys/kernel/fadump_enabled");
	fadump->enabled =
		says_one(status, "/sys/kernel/fadump/enabled") || says_one(status, "/sys/kernel/fadump_enabled");
	fadump->registered = says_one(status, "/sys/kernel/fadump/registered") ||
			     says_one(status, "/sys/kernel/fadump_registered");
	fadump->hotplug_ready = says_one(status, "/sys/kernel/fadump/hotplug_ready");
}

static enum status_hotplug find_hotplug(const struct status *status)
{
	const char *machine = status->machine.machine;

	/* On s390 the kernel that saves makes the list of memory itself; so does one with this fadump. */
	if (machine && (strcmp(machine, "s390x") == 0 || strcmp(machine, "s390") == 0))
		return STATUS_HOTPLUG_NONE_NEEDED;
	if (status->machine.fadump && status->fadump.hotplug_ready)
		return STATUS_HOTPLUG_NONE_NEEDED;
	return status->machine.hotplug_by_kernel ? STATUS_HOTPLUG_KERNEL : STATUS_HOTPLUG_UDEV;
}

static struct status_file look(const char *path)
{
	struct status_file file = { .path = path };
	struct stat st;

	if (path && stat(path, &st) == 0) {
		file.exists = true;
		file.changed = (int64_t)st.st_mtime;
	}
	return file;
}

bool status_is_loaded(const struct status *status)
{
	return !status->machine_error && status->machine.loaded;
}

static bool same(const char *one, const char *other)
{
	return one == other || (one && other && strcmp(one, other) == 0);
}

static const char *or_none(const char *text)
{
	return text && text[0] ? text : "none";
}

/* Why the fingerprints differ, as far as the record tells. */
static const char *find_stale(const struct status *status)
{
	const struct loading_record *record = &status->record;
	const struct loading *next = &status->next;
	struct arena *arena = status->service->arena;

	if (same(record->fingerprint, next->fingerprint))
		return NULL;
	if (!same(or_none(record->kernel), or_none(next->kernel)))
		return arena_printf(arena, "the kernel would now be %s", or_none(next->kernel));
	if (!same(or_none(record->initrd), or_none(next->initrd)))
		return arena_printf(arena, "the initrd would now be %s", or_none(next->initrd));
	if (!same(or_none(record->command_line), or_none(next->command_line)))
		return "the command line would now be another one";
	if (record->time && status->initrd.exists && status->initrd.changed >= record->time)
		return "the initrd changed since";
	if (record->time && status->kernel.exists && status->kernel.changed >= record->time)
		return "the kernel's file changed since";
	return "kexec, files, memory, CPUs or arguments changed since";
}

static void check_initrd(struct status *status)
{
	struct arena *arena = status->service->arena;
	const char *config = status->service->options->config, *folder = arena_printf(arena, "%s.d", config);
	struct status_file conf = look(below(status, config));
	struct dirent *entry;
	DIR *drop_ins;

	if (!status->initrd.exists || status->next_error || !status->next.initrd_is_capture)
		return;
	drop_ins = opendir(below(status, folder));
	while (drop_ins && (entry = readdir(drop_ins))) {
		struct status_file file = look(arena_printf(arena, "%s/%s", below(status, folder), entry->d_name));
		const char *dot = strrchr(entry->d_name, '.');

		if (dot && strcmp(dot, ".conf") == 0 && file.exists && (!conf.exists || file.changed > conf.changed))
			conf = file;
	}
	if (drop_ins)
		closedir(drop_ins);
	if (conf.exists && conf.changed > status->initrd.changed)
		status_warn(status,
			    "%s is newer than %s, which has a copy of it: `kdump-service build` makes it again",
			    conf.path, status->initrd.path);
	if (status->kernel.exists && status->kernel.changed > status->initrd.changed)
		status_warn(status,
			    "%s is newer than %s, which was made for another: `kdump-service build` makes it again",
			    status->kernel.path, status->initrd.path);
}

static void check_load(struct status *status)
{
	bool loaded = status_is_loaded(status);

	if (status->machine_error)
		status_warn(status, "%s", status->machine_error);
	if (loaded && !status->record.fingerprint)
		status_warn(status,
			    "something is loaded, and not by kdump-service: what it does after a crash is not known");
	if (!loaded && status->record.fingerprint)
		status_warn(status, "kdump-service loaded a kernel, and somebody unloaded it");
	if (loaded && status->stale)
		status_warn(status, "what is loaded is stale: %s; `kdump-service load` loads it again",
			    status->stale);
	if (status->next_error && status->exit != SERVICE_NOT_POSSIBLE)
		status_warn(status, "`kdump-service load` would fail now: %s", status->next_error);
	if (status->is_locked)
		status_warn(status,
			    "kernel.kexec_load_disabled is 1: until the next boot nothing can be loaded or unloaded");
	if (status->service->mistakes.count)
		status_warn(
			status,
			"the configuration has %zu mistake%s: load refuses it, and save takes defaults in their place",
			status->service->mistakes.count, status->service->mistakes.count == 1 ? "" : "s");
}

void status_read(struct status *status, struct service *service)
{
	struct arena *arena = service->arena;
	const char *root = service->options->root;
	struct err err;

	*status = (struct status){ .service = service, .now = (int64_t)time(NULL) };
	if (!loading_machine_read(&status->machine, arena, root, &err))
		status->machine_error = arena_strdup(arena, err.text);
	status->machine.kexec = service_program(arena, "kexec");
	status->knows_kexec = exists(status, "/sys/kernel/kexec_crash_loaded");
	status->is_locked = says_one(status, "/proc/sys/kernel/kexec_load_disabled");
	read_fadump(status);
	status->hotplug = find_hotplug(status);
	if (!loading_record_read(&status->record, arena, root, &err)) {
		status->record = (struct loading_record){ 0 };
		status_warn(status, "%s", err.text);
	}
	if (status->machine_error)
		status->next_error = status->machine_error;
	else if (!loading_find(&status->next, arena, &service->conf, &status->machine, &err))
		status->next_error = arena_strdup(arena, err.text);
	if (!status->next_error) {
		status->initrd = look(status->next.initrd);
		status->kernel = look(status->next.kernel);
	}
	/* For others than root the kernel says 0 in the place of addresses. */
	status->can_compare = status_is_loaded(status) && status->record.fingerprint && !status->next_error &&
			      (root[0] || geteuid() == 0);
	status->stale = status->can_compare ? find_stale(status) : NULL;
	if (status_is_loaded(status))
		status->exit = SERVICE_DONE;
	else if (status->machine_error || !status->machine.reserved || status->is_locked ||
		 !(status->knows_kexec || status->machine.fadump))
		status->exit = SERVICE_NOT_POSSIBLE;
	else
		status->exit = SERVICE_NOT_LOADED;
	check_load(status);
	check_initrd(status);
	status_target_read(&status->target, service);
}

static void check_target(struct status *status)
{
	const struct status_target *target = &status->target;
	struct arena *arena = status->service->arena;

	if (target->hangs)
		status_warn(status, "the target %s", target->why_not);
	if (target->aside.path)
		status_warn(status,
			    "after a crash the target was not mounted, and the dump is in %s: move it, and see why that was so",
			    target->aside.path);
	if (target->dump.path && !target->dump.complete)
		status_warn(status, "the last dump is not complete: %s", target->dump.path);
	if (target->has_free && status->estimate.is_known && target->free < status->estimate.size)
		status_warn(status, "a dump of level %u takes about %s, and %s has %s left", status->estimate.level,
			    status_size(arena, status->estimate.size), target->folder,
			    status_size(arena, target->free));
}

int service_status(struct service *service)
{
	struct status status;

	status_read(&status, service);
	status_estimate_read(&status.estimate, service, ESTIMATE_SECONDS);
	check_target(&status);
	if (service->options->json)
		status_print_json(&status);
	else
		status_print_text(&status);
	return (int)status.exit;
}
