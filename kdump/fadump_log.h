/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the running kernel said about the dump of this boot. sysfs looks the same after a dump was refused and after one
 * was released; the kernel's log differs. /dev/kmsg gives it in records "priority,number,time,flags;text".
 *
 * Sources: Linux Documentation/ABI/testing/dev-kmsg; messages of arch/powerpc/kernel/fadump.c and
 * platforms/{pseries/rtas,powernv/opal}-fadump.c (3.4 to 7.2).
 */
#ifndef KDUMP_FADUMP_LOG_H
#define KDUMP_FADUMP_LOG_H

#include <stdbool.h>

#include "arena.h"
#include "err.h"

struct fadump_log {
	bool active;	     /* "Firmware-assisted dump is active": this boot began with a dump */
	const char *refusal; /* the line with which the kernel refused it, or NULL */
	const char *advice;  /* what to do about it; where there is a refusal */
	bool freed;	     /* "freeing reserved memory": after a refusal and after a release */
};

/* From lines of the log, with or without the prefix of /dev/kmsg. */
void fadump_log_parse(struct fadump_log *log, struct arena *arena, const char *text);

/*
 * Reads dev/kmsg below root. ERR_SYSTEM or ERR_DENIED where it cannot be read (it takes root, or the sysctl
 * kernel.dmesg_restrict being 0).
 */
bool fadump_log_read(struct fadump_log *log, struct arena *arena, const char *root, struct err *err) ERR_CHECKED;

#endif
