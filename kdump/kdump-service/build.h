/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of `kdump-service build`. */
#ifndef KDUMP_SERVICE_BUILD_H
#define KDUMP_SERVICE_BUILD_H

#include <stdbool.h>

#include "arena.h"
#include "err.h"
#include "kdump/service/conf.h"
#include "kdump/service/place.h"

/* What a capture initrd needs for its target, beside the configuration. */
struct build_target {
	struct place place;
	const char *device; /* whose drivers are needed: /dev/..., or "" */
};

/*
 * Looks at this machine. ERR_UNSUPPORTED where a capture initrd could not mount what the target is on: the text says
 * what else there is.
 */
bool build_resolve(struct build_target *target, struct arena *arena, const struct conf *conf,
		   struct err *err) ERR_CHECKED;

#endif
