/* SPDX-License-Identifier: GPL-2.0-only */
/* How far the dump is, for people and programs; and the signals that end it. */
#ifndef VMCORE_SAVE_PROGRESS_H
#define VMCORE_SAVE_PROGRESS_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

#include "arena.h"
#include "kdump/vmcore-save/tell.h"
#include "kdump/write/write.h"

/* One of several that are written at the same time. */
struct progress_part {
	struct progress *progress;
	struct write_progress last;
};

struct progress {
	const struct tell *tell;
	pthread_mutex_t lock;
	struct progress_part *parts;
	size_t part_count;
	uint64_t page_size;
	bool terminal; /* one line, written over and over */
	bool shown;    /* it stands there */
	double begun, told, reported, sampled, stopped;
	uint64_t sampled_pages, sampled_in, sampled_out;
	double pages_rate, in_rate, out_rate; /* per second, weighted towards the last seconds; 0: not known yet */
	atomic_bool stop;
	int signal; /* that asked for it, or 0 */
};

void progress_init(struct progress *progress, struct arena *arena, const struct tell *tell, size_t parts,
		   uint64_t page_size);

/* A try begins: counters start again. */
void progress_begin(struct progress *progress);

/* write_request.progress, with a part as its data. */
void progress_tell(void *part, const struct write_progress *now);

/* Ends the line on a terminal. */
void progress_end(struct progress *progress);

/*
 * The signals that end a dump are held back from all threads, and looked for where progress is told. To be called
 * before there are threads.
 */
void progress_hold_signals(void);

/* The first of these signals that waits, or 0. */
int progress_signal(void);

#endif
