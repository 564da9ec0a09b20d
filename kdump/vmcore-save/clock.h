/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef VMCORE_SAVE_CLOCK_H
#define VMCORE_SAVE_CLOCK_H

#include <time.h>

/* Seconds since some moment; a clock that is set does not move it. */
static inline double clock_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

#endif
