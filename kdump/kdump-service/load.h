/* SPDX-License-Identifier: GPL-2.0-only */
/* kexec(8) as kdump-service uses it. */
#ifndef KDUMP_SERVICE_LOAD_H
#define KDUMP_SERVICE_LOAD_H

#include <stdbool.h>

#include "arena.h"
#include "err.h"

struct load_kexec {
	int status; /* of waitpid(2) */
	const char
		*syscall; /* which one it used at last: "kexec_load", "kexec_file_load"; NULL where it does not say */
	const char *said; /* its messages on stderr, without those for debugging; lines */
};

/* arguments: without argv[0]; ends with NULL. loads: the system call is wanted. */
bool load_kexec_run(struct load_kexec *result, struct arena *arena, const char *const *arguments, bool loads,
		    struct err *err) ERR_CHECKED;

/* Prints what kexec said, each line by its weight. */
void load_kexec_tell(const struct load_kexec *result);

/* The file systems that a capture kernel finds this configuration, its programs and their units in. Warns. */
void load_sync(struct arena *arena, const char *config);

/* "ended with exit code 1", "was ended by signal 9". */
const char *load_kexec_end(struct arena *arena, const struct load_kexec *result);

#endif
