/* SPDX-License-Identifier: GPL-2.0-only */
/* What `status` finds, before it is printed, and what `test` shares with it. */
#ifndef KDUMP_SERVICE_STATUS_H
#define KDUMP_SERVICE_STATUS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/kdump-service/service.h"
#include "kdump/service/loading.h"

/* The newest dump in a folder: the one that the newest of its names has. */
struct status_dump {
	const char *path; /* of the folder; NULL: none */
	const char *file; /* vmcore, vmcore.incomplete ... in it; NULL: there is none */
	bool complete;
	uint64_t size;
	int64_t saved; /* seconds since 1970 */
};

/* The room where a dump goes. */
struct status_target {
	bool is_local;	    /* a folder here */
	const char *folder; /* as the program sees it; the nearest one above where it is not there yet */
	bool exists;
	bool hangs;	    /* it does not answer: nothing below is known, but why_not */
	const char *real;   /* folder, without links; NULL: not known */
	bool read_only;
	int access_errno; /* 0: it can be written to */
	bool has_free;
	uint64_t free, total; /* bytes */
	const char *why_not;  /* free is not known; NULL where there is nothing to say */
	struct status_dump dump;
	struct status_dump aside; /* one that found the target not mounted, beside it */
};

/* How large a dump would be; by `vmcore-save --estimate`. */
struct status_estimate {
	bool is_known;
	unsigned int level;
	uint64_t size;
	const char *why_not;
};

struct status_fadump {
	bool is_there; /* this kernel knows of it */
	bool enabled, registered, hotplug_ready;
};

/* A file, for how old it is. */
struct status_file {
	const char *path; /* NULL: none */
	bool exists;
	int64_t changed; /* its content: mtime */
};

/* Who follows when CPUs and memory come and go. */
enum status_hotplug {
	STATUS_HOTPLUG_NONE_NEEDED,
	STATUS_HOTPLUG_KERNEL,
	STATUS_HOTPLUG_UDEV,
};

struct status_warnings {
	const char **all;
	size_t count, room;
};

struct status {
	struct service *service;
	struct loading_machine machine;
	const char *machine_error; /* NULL: it was read */
	bool knows_kexec;	   /* this kernel can load one for crashes */
	bool is_locked;		   /* kernel.kexec_load_disabled */
	struct loading_record record;
	struct loading next;	/* what would be loaded now */
	const char *next_error; /* NULL: next is valid */
	bool can_compare;	/* with what is loaded: it was by kdump-service, and memory's addresses can be read */
	const char *stale;	/* what is loaded is not what would be loaded now: why; NULL: it is, or nothing is */
	struct status_fadump fadump;
	enum status_hotplug hotplug;
	struct status_file initrd, kernel;
	struct status_target target;
	struct status_estimate estimate;
	struct status_warnings warnings;
	int64_t now;
	enum service_exit exit;
};

/* All but the estimate. */
void status_read(struct status *status, struct service *service);
void status_warn(struct status *status, const char *format, ...) ERR_PRINTF(2, 3);
bool status_is_loaded(const struct status *status);

void status_target_read(struct status_target *target, const struct service *service);

/* Runs a child for at most so many seconds, but with --root. */
void status_estimate_read(struct status_estimate *estimate, const struct service *service, unsigned int seconds);

/* How it is printed. Sizes as "1.5 GiB", times as "2026-11-21 18:40:00 UTC", ages as "3 days". */
void status_print_text(const struct status *status);
void status_print_json(const struct status *status);
const char *status_size(struct arena *arena, uint64_t bytes);
const char *status_time(struct arena *arena, int64_t time);
const char *status_age(struct arena *arena, int64_t seconds);
const char *status_hotplug_name(enum status_hotplug hotplug);
const char *status_name(const struct status *status); /* "loaded", "not-loaded", "not-possible" */

#endif
