/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of `kdump-service build`. */
#ifndef KDUMP_SERVICE_BUILD_H
#define KDUMP_SERVICE_BUILD_H

#include <stdbool.h>
#include <sys/types.h>

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

/* Whether a device, or any that it is made of, however deep, wants a passphrase. sysfs: /sys. */
bool build_stack_is_encrypted(struct arena *arena, const char *sysfs, dev_t device);
/* The same for all devices of a mounted btrfs. */
bool build_stack_btrfs_is_encrypted(struct arena *arena, const char *sysfs, const char *uuid);
/* For what is made of others (LVM, md): a name that is the same in the next boot. NULL for all else. */
const char *build_stack_name(struct arena *arena, const char *sysfs, dev_t device, const char *node);

#endif
