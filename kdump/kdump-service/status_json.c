/* SPDX-License-Identifier: GPL-2.0-only */
/* Keys and values are an interface: doc/kdump-service.8. */
#include <stdio.h>

#include "config.h"

#include "kdump/kdump-service/status.h"
#include "kdump/service/json.h"

static void print_load(struct json *json, const struct status *status)
{
	const struct loading_record *record = &status->record;

	if (!status_is_loaded(status) || !record->fingerprint) {
		json_null(json, "load");
		return;
	}
	json_object(json, "load");
	json_text(json, "syscall", record->syscall);
	if (record->time)
		json_number(json, "time", record->time);
	else
		json_null(json, "time");
	json_bool(json, "verified", record->verified);
	json_text(json, "kernel", record->kernel);
	json_text(json, "initrd", record->initrd && record->initrd[0] ? record->initrd : NULL);
	json_text(json, "command_line", record->command_line);
	if (status->can_compare)
		json_bool(json, "current", !status->stale);
	else
		json_null(json, "current");
	json_text(json, "stale", status->stale);
	json_text(json, "fingerprint", record->fingerprint);
	json_end(json);
}

static const char *way_name(enum loading_way way)
{
	switch (way) {
	case LOADING_BY_INITRD:
		return "initrd";
	case LOADING_BY_TARGET:
		return "kdump-capture.target";
	case LOADING_FADUMP:
		return "fadump";
	}
	return NULL;
}

static void print_next(struct json *json, const struct status *status)
{
	const struct loading *next = &status->next;

	json_text(json, "next_error", status->next_error);
	if (status->next_error) {
		json_null(json, "next");
		return;
	}
	json_object(json, "next");
	json_text(json, "way", way_name(next->way));
	json_text(json, "kernel", next->kernel);
	json_text(json, "initrd", next->initrd);
	json_text(json, "command_line", next->command_line);
	json_text(json, "fingerprint", next->fingerprint);
	json_end(json);
}

static void print_initrd(struct json *json, const struct status *status)
{
	if (!status->initrd.exists) {
		json_null(json, "initrd");
		return;
	}
	json_object(json, "initrd");
	json_text(json, "path", status->initrd.path);
	json_bool(json, "capture", status->next.initrd_is_capture);
	json_number(json, "changed", status->initrd.changed);
	json_number(json, "age", status->now - status->initrd.changed);
	json_end(json);
}

static void print_fadump(struct json *json, const struct status_fadump *fadump)
{
	if (!fadump->is_there) {
		json_null(json, "fadump");
		return;
	}
	json_object(json, "fadump");
	json_bool(json, "enabled", fadump->enabled);
	json_bool(json, "registered", fadump->registered);
	json_bool(json, "hotplug_ready", fadump->hotplug_ready);
	json_end(json);
}

static void print_target(struct json *json, const struct status *status)
{
	static const char *const kinds[] = {
		[CONF_TARGET_PATH] = "path",
		[CONF_TARGET_NFS] = "nfs",
		[CONF_TARGET_SSH] = "ssh",
		[CONF_TARGET_RAW] = "raw",
	};
	const struct conf_target *wanted = &status->service->conf.save.target;

	json_object(json, "target");
	json_text(json, "text", wanted->text);
	json_text(json, "kind", kinds[wanted->kind]);
	if (status->target.has_free) {
		json_size(json, "free", status->target.free);
		json_size(json, "size", status->target.total);
	} else {
		json_null(json, "free");
		json_null(json, "size");
	}
	json_size(json, "level", status->estimate.level);
	if (status->estimate.is_known)
		json_size(json, "estimate", status->estimate.size);
	else
		json_null(json, "estimate");
	json_text(json, "estimate_error", status->estimate.why_not);
	json_end(json);
}

static void print_dump(struct json *json, const struct status_dump *dump)
{
	if (!dump->path) {
		json_null(json, "last_dump");
		return;
	}
	json_object(json, "last_dump");
	json_text(json, "path", dump->path);
	json_text(json, "file", dump->file);
	json_bool(json, "complete", dump->complete);
	if (dump->file) {
		json_size(json, "size", dump->size);
		json_number(json, "saved", dump->saved);
	} else {
		json_null(json, "size");
		json_null(json, "saved");
	}
	json_end(json);
}

static void print_mistakes(struct json *json, const struct conf_mistakes *mistakes)
{
	json_array(json, "mistakes");
	for (size_t i = 0; i < mistakes->count; i++) {
		json_object(json, NULL);
		json_text(json, "file", mistakes->all[i].file);
		json_size(json, "line", mistakes->all[i].line);
		json_text(json, "text", mistakes->all[i].text);
		json_end(json);
	}
	json_end(json);
}

void status_print_json(const struct status *status)
{
	bool read = !status->machine_error;
	struct json json;

	json_init(&json, stdout);
	json_object(&json, NULL);
	json_text(&json, "version", PACKAGE_VERSION);
	json_text(&json, "state", status_name(status));
	json_text(&json, "machine", read ? status->machine.machine : NULL);
	json_text(&json, "release", read ? status->machine.release : NULL);
	if (read)
		json_size(&json, "reserved", status->machine.reserved);
	else
		json_null(&json, "reserved");
	json_bool(&json, "loaded", status_is_loaded(status));
	json_bool(&json, "load_disabled", status->is_locked);
	json_bool(&json, "capture_kernel", read && status->machine.in_capture);
	print_load(&json, status);
	print_next(&json, status);
	print_initrd(&json, status);
	/* Whether the kernel follows is known once something is loaded. */
	json_text(&json, "hotplug", status_is_loaded(status) ? status_hotplug_name(status->hotplug) : NULL);
	print_fadump(&json, &status->fadump);
	print_target(&json, status);
	print_dump(&json, &status->target.dump);
	print_mistakes(&json, &status->service->mistakes);
	json_array(&json, "warnings");
	for (size_t i = 0; i < status->warnings.count; i++)
		json_text(&json, NULL, status->warnings.all[i]);
	json_end(&json);
	json_end(&json);
}
