/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of `kdump-service save`, which runs in the capture kernel. */
#ifndef KDUMP_SERVICE_SAVE_H
#define KDUMP_SERVICE_SAVE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/kdump-service/service.h"
#include "kdump/service/place.h"

/* Where the target's file system is mounted, if it is not already. */
#define SAVE_MOUNT_POINT "/run/kdump/target"

/* How long reading the log may take: it comes first, and a log that has no end must not cost the dump. */
#define SAVE_LOG_SECONDS 600

/* What one run knows. */
struct saving {
	struct service *service;
	const struct conf *conf;
	struct arena *arena;
	const char *root;   /* "" or a folder: nothing is mounted, waited for or started again then */
	const char *vmcore; /* path of the dump */

	/* Of the dump, as far as it says. */
	bool has_time;
	int64_t time;		/* of the crash, or now */
	const char *release;	/* NULL: not known */
	const char *dump_host;	/* NULL: not known */
	const char *unreadable; /* why nothing is known, or NULL */

	bool has_place; /* there is a PLACE_PATH: this is a capture initrd */
	struct place place;

	const char *host; /* in names of dumps on other machines */
	bool has_host;	  /* it is a name, and not what stands for one that nobody knows */
	const char *name; /* of this dump: its folder's */

	int pulse; /* where progress is said (save_step), or -1 */

	uint64_t most; /* bytes that a dump may take where it is, beside MaxSize=; 0: any */

	const char *mounted;  /* what is mounted by us, or NULL */
	const char *existing; /* the mount point that was there and is written to, or NULL */
};

/*
 * Saves in a child, which calls work, and gives what that gave; ends it where it stands still for StallTimeout=.
 * *hangs: it did, and nothing may be done any more that can wait for the target.
 */
int save_watched(struct saving *saving, int (*work)(struct saving *), bool *hangs);

/* In the child: something got on, and what comes next. seconds: how long that may take by a limit of its own. */
void save_step(const struct saving *saving, unsigned int seconds, const char *what);

/* What was heard of the child, in lines: its own, and those of vmcore-save --status-fd. */
#define SAVE_COUNTERS 3
struct save_pulse {
	int64_t alive; /* when it got on last, or may stand still until; service_now_ms() */
	int64_t counters[SAVE_COUNTERS];
	char what[200];
	char line[4096]; /* as far as it came */
	size_t used;
};

void save_pulse_read(struct save_pulse *pulse, const char *text, size_t size, int64_t now);
void save_pulse_line(struct save_pulse *pulse, const char *line, int64_t now);

/* Reads what the dump says of itself; never fails, for a dump that says nothing is saved too. */
void save_subject(struct saving *saving);

/*
 * Each saves to one kind of target, and gives SERVICE_DONE, SERVICE_PARTIAL or SERVICE_FAILED; what is wrong has been
 * said.
 */
int save_to_folder(struct saving *saving);
int save_to_ssh(struct saving *saving);
int save_to_raw(struct saving *saving);

/* Mounts what Target= names, where that is needed, and gives the folder that dumps are in. Waits for it. */
bool save_mount(struct saving *saving, const char **folder, struct err *err) ERR_CHECKED;

/*
 * The folder for path, where nothing but this boot mounts what it is on: what should be mounted and is not, is mounted;
 * where that fails, another folder is given, and said.
 */
const char *save_expect(struct saving *saving, const char *path);

/* What a path lies in, if it is not there itself. */
const char *save_existing(struct arena *arena, const char *path);

/* A read-only file system that the target is on becomes writable. */
bool save_make_writable(struct saving *saving, const char *folder, struct err *err) ERR_CHECKED;

/* Syncs, and unmounts or makes read-only what was written to. A disk that hangs holds this up for a limited time. */
void save_settle(struct saving *saving);

/*
 * In kdump-capture.target nothing has asked for a network before, and a dump for a local disk needs none. A capture
 * initrd has set up its own.
 */
void save_start_network(const struct saving *saving);

/* The device of place, once it is there; up to Timeout= seconds. */
bool save_wait_device(struct saving *saving, const char **device, struct err *err) ERR_CHECKED;

/* A device by name. */
bool save_wait_name(struct saving *saving, const char *device, struct err *err) ERR_CHECKED;

/* Until host answers on the port; its address as a text, for mount(2). */
bool save_wait_host(struct saving *saving, uint16_t port, const char **address, bool *ipv6,
		    struct err *err) ERR_CHECKED;

/* How a command is given to the machine that Target= names; ends with NULL. */
const char *const *save_ssh_command(struct arena *arena, const struct conf *conf, const char *command);

/* One of our programs: beside this one, else by name. */
const char *save_program(struct arena *arena, const char *name);

/* vmcore-save's words as the configuration wants them, with --status-fd. For a stream target is "-". */
const char *const *save_arguments(const struct saving *saving, const char *target);

/* The descriptor that goes with them, for service_run; 0: none. */
int save_status(const struct saving *saving);

/* What the end of vmcore-save means; what it was is said. */
int save_judge(int status, const char *program);

/* Writes the log to NAME.incomplete and gives it its name. What goes wrong is said: the dump is what counts. */
void save_log(struct saving *saving, const char *path);

/*
 * Does what OnSuccess= or OnFailure= says. Returns where that is CONF_CONTINUE, or the kernel refuses. hangs: a disk or
 * a server does, and nothing is synced.
 */
bool restart_do(enum conf_action action, bool hangs, struct err *err) ERR_CHECKED;

/* "reboot" ... */
const char *restart_name(enum conf_action action);

#endif
