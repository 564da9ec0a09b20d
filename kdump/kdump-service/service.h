/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the program kdump-service. */
#ifndef KDUMP_SERVICE_SERVICE_H
#define KDUMP_SERVICE_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/service/conf.h"

/* doc/kdump-service.8 has them too: scripts depend on them. status follows systemctl(1) and the LSB. */
enum service_exit {
	SERVICE_DONE = 0,
	SERVICE_FAILED = 1,
	SERVICE_USAGE = 2,
	SERVICE_NOT_LOADED = 3,	   /* status: memory is reserved, nothing is loaded */
	SERVICE_NOT_POSSIBLE = 4,  /* status: no memory is reserved, or this kernel cannot */
	SERVICE_PARTIAL = 5,	   /* save: a dump is there, and not all of it */
	SERVICE_BAD_CONFIGURATION = 6,
	SERVICE_NO_DUMP = 7,	   /* save: no /proc/vmcore */
};

enum service_verb {
	SERVICE_LOAD,	/* --force: also where the same is loaded; --hotplug: called by udev's unit */
	SERVICE_UNLOAD,
	SERVICE_STATUS, /* --json */
	SERVICE_TEST,
	SERVICE_BUILD,	/* capture initrd: [RELEASE], --tool=initramfs-tools|dracut, --output= */
	SERVICE_SAVE,	/* in the capture kernel */
	SERVICE_PRINT,	/* the configuration, with defaults */
	SERVICE_HELP,
	SERVICE_VERSION,
};

struct service_options {
	enum service_verb verb;
	const char *root;   /* "" or a folder: a captured tree or a test. Nothing is started, mounted or booted then */
	const char *config; /* CONF_PATH */
	bool json, force, hotplug, quiet;
	bool no_action;	    /* save: leave OnSuccess= and OnFailure= to the caller */
	const char *vmcore; /* save: /proc/vmcore, or a file for tests */
	const char *release, *tool, *output;
};

/* argv[0] is passed over. ERR_USAGE. */
bool service_options_read(struct service_options *options, int argc, char *const argv[], struct err *err) ERR_CHECKED;
void service_options_help(void);

/* What every verb gets: the options, the configuration as read, and its mistakes, which main has printed already. */
struct service {
	const struct service_options *options;
	struct conf conf;
	struct conf_mistakes mistakes;
	struct arena *arena;
};

/* systemd starts this program by another name, and gives it folders. */
#define SERVICE_GENERATOR "kdump-service-generator"
int service_generate(int argc, char *argv[]);

/* Each gives one of enum service_exit and has said what is wrong through service_error(). */
int service_load(struct service *service);
int service_unload(struct service *service);
int service_status(struct service *service);
int service_test(struct service *service);
int service_build(struct service *service);
int service_save(struct service *service);

/* stderr, "kdump-service: ..."; with sd-daemon(3)'s priority prefix where the journal reads it ($JOURNAL_STREAM). */
void service_error(const char *format, ...) ERR_PRINTF(1, 2);
void service_warning(const char *format, ...) ERR_PRINTF(1, 2); /* "warning: ..." */
void service_say(const char *format, ...) ERR_PRINTF(1, 2);	/* not with --quiet */
void service_be_quiet(void);					/* main's, once */

/*
 * What must be seen although the machine is started again at once: where the journal reads stderr, to the kernel's log,
 * which consoles show as it is written. bad: an error.
 */
void service_last_words(struct arena *arena, const char *root, bool bad, const char *format, ...) ERR_PRINTF(4, 5);

/* Where the program of this name is that service_run() would start; NULL: nowhere. */
const char *service_program(struct arena *arena, const char *name);

/*
 * Starts a program (a path with '/', or a name looked for in PATH, then in /usr/sbin:/usr/bin:/sbin:/bin), no shell
 * between, and waits for it. `input` and `output` are descriptors or -1 for ours; `errors` likewise. status is that of
 * waitpid(2). ERR_SYSTEM where it cannot be started: the text names the program and the package that usually has it.
 */
struct service_run {
	const char *const *arguments; /* [0] is the program; ends with NULL */
	int input, output, errors;
	const char *const *variables; /* NAME=value beside ours, or NULL */
	unsigned int seconds;	      /* service_run: how long it may take (then ERR_SYSTEM with ETIMEDOUT); 0: any time */
	int status; /* a further descriptor that it gets, by the same number; 0: none */
};
bool service_start(int *pid, struct arena *arena, const struct service_run *run, struct err *err) ERR_CHECKED;
bool service_wait(int *status, int pid, const char *name, struct err *err) ERR_CHECKED;

/* CLOCK_MONOTONIC. */
int64_t service_now_ms(void);

/*
 * Calls fn(data) in a child of its own, for what may wait for ever in the kernel: the file system of a server that is
 * gone. data must lie in memory that both share (service_share). False if it did not end in time: the child is left
 * to itself then, and what it did so far may be in data.
 */
bool service_answers(void (*fn)(void *data), void *data, unsigned int seconds);

/* Memory, zeros, that children write into, too; NULL where there is none. It stays until the program ends. */
void *service_share(size_t size);

/* Runs and waits; what it wrote to stdout (at most 1 MiB) in *output, with a NUL, unless output is NULL. */
bool service_run(int *status, const char **output, struct arena *arena, const struct service_run *run,
		 struct err *err) ERR_CHECKED;

#endif
