/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of the program fadump-capture. */
#ifndef CAPTURE_CAPTURE_H
#define CAPTURE_CAPTURE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "fadump.h"
#include "kdump/fadump_crash_info.h"
#include "kdump/fadump_elfcore.h"
#include "kdump/fadump_kernel_dump.h"
#include "kdump/finding.h"
#include "kdump/save.h"

/* doc/fadump-capture.8 has them too: scripts depend on them. */
enum capture_exit {
	CAPTURE_DONE = 0,
	CAPTURE_USAGE = 1,
	CAPTURE_NO_DUMP = 2,	     /* no fadump's dump in this boot */
	CAPTURE_GONE = 3,	     /* this boot had one, and the kernel refused it, or its log does not say */
	CAPTURE_RELEASED = 4,	     /* this boot had one, and its memory was released */
	CAPTURE_ALREADY_SAVED = 5,
	CAPTURE_DAMAGED = 6,
	CAPTURE_FAILED = 7,
	CAPTURE_NO_ROOM = 8,
	CAPTURE_UNREADABLE = 9,	     /* saved, and parts of it are zeros because they could not be read */
	CAPTURE_NOT_FINISHED = 10,   /* saved, and neither started again nor released as was asked for */
};

enum capture_mode {
	CAPTURE_SAVE,
	CAPTURE_CHECK,
	CAPTURE_DECODE,
	CAPTURE_HELP,
	CAPTURE_VERSION,
};

struct capture_options {
	enum capture_mode mode;
	const char *directory; /* DIR/<crash time>/vmcore */
	const char *output;    /* or this file, or NULL */
	const char *root;
	bool reboot, release, any, again, verify;

	/* CAPTURE_DECODE; NULL where not given. */
	const char *image, *kernel_dump, *cpu_state, *crash_info, *elfcore, *opal_cpu_state;
	bool has_at;
	uint64_t at;
	uint64_t thread_size;
	struct fadump_capture_kernel kernel;
};

/* ERR_USAGE. */
bool capture_options_read(struct capture_options *options, int argc, char *const argv[], struct err *err) ERR_CHECKED;
void capture_options_help(void);

/* Whether saving is to end in a restart or a release of memory; another root is a test or a captured tree. */
bool capture_ends_boot(const struct capture_options *options);

/* What a run knows. */
struct capture {
	const struct capture_options *options;
	struct arena *arena;
	struct findings findings;
	struct fadump fadump;
	enum fadump_state state;
	const char *vmcore; /* path */
	int fd;		    /* of it, or -1 */
	bool has_kernel_dump;
	struct fadump_kernel_dump kernel_dump;
	struct fadump_elfcore core;
	bool has_core;
	const char *earlier; /* the dump saved before that is the same one, or NULL */
	struct save_result saved;
};

/* Looks at what there is, and prints it. False where there is nothing to save: *code is then the exit code. */
bool capture_look(struct capture *capture, int *code);

/* Saves with its record. */
bool capture_save(struct capture *capture, struct err *err) ERR_CHECKED;

/* Gives the memory back, where that is safe. Closes /proc/vmcore. */
bool capture_release(struct capture *capture, struct err *err) ERR_CHECKED;

int capture_decode(const struct capture_options *options);

/* Syncs, and starts the machine again through firmware. Returns only where that failed. */
bool capture_restart(struct err *err) ERR_CHECKED;

#endif
