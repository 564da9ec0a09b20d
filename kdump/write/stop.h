/* SPDX-License-Identifier: GPL-2.0-only */
/* Why writing ends early: the first error of any thread. Threads look at `set` between chunks. */
#ifndef KDUMP_WRITE_STOP_H
#define KDUMP_WRITE_STOP_H

#include <pthread.h>
#include <stdatomic.h>

#include "err.h"

struct stop {
	atomic_bool set;
	pthread_mutex_t lock;
	struct err err; /* where set */
};

static inline void stop_init(struct stop *stop)
{
	atomic_init(&stop->set, false);
	pthread_mutex_init(&stop->lock, NULL);
}

static inline void stop_with(struct stop *stop, const struct err *err)
{
	pthread_mutex_lock(&stop->lock);
	if (!atomic_load(&stop->set)) {
		stop->err = *err;
		atomic_store(&stop->set, true);
	}
	pthread_mutex_unlock(&stop->lock);
}

#endif
