/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where a dump goes, as values: which file system a folder is on, what a capture initrd must know to find that again,
 * the names of dumps, and what lies on a device. Nothing here opens or changes anything.
 */
#ifndef SERVICE_PLACE_H
#define SERVICE_PLACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"

/* In a capture initrd: the target as `kdump-service build` resolved it. */
#define PLACE_PATH "/etc/kdump.place"

/* A line of /proc/self/mountinfo (proc_pid_mountinfo(5)), its octal escapes undone. */
struct place_mount {
	unsigned int major, minor;
	const char *root;    /* the folder of the file system that is mounted */
	const char *point;   /* where */
	const char *type;    /* of the file system: "ext4"; "fuse.sshfs" */
	const char *source;  /* device, host:/export ... */
	const char *options; /* of this mount */
};

/* The mount that a folder is on: the last of the longest mount points. path is absolute, without links, . and .. */
bool place_mount_find(struct place_mount *mount, struct arena *arena, const char *mountinfo, const char *path);

/* Whether path is folder or below it. */
bool place_is_below(const char *path, const char *folder);

/* A word of mountinfo or fstab(5), its octal escapes undone. */
char *place_unescape(struct arena *arena, const char *text, size_t length);

/*
 * Whether something is to be mounted on point: fstab(5) has it, for every boot. options may be NULL; they are that
 * line's.
 */
bool place_in_fstab(struct arena *arena, const char *fstab, const char *point, const char **options);

/* systemd's name of the unit that mounts there: /var/crash, "mount": var-crash.mount (systemd.unit(5)). */
const char *place_unit(struct arena *arena, const char *point);

/* The folders that path is below, and path itself, from the top on, without "/". Ends with NULL. */
const char *const *place_above(struct arena *arena, const char *path);

/*
 * Where a dump for path goes while what is to be mounted on point is not: beside point, for below it, it would be
 * hidden from the next boot on. path is point, or below it.
 */
const char *place_aside(struct arena *arena, const char *point, const char *path);

/* The same folder, as a path from the top of its file system. */
const char *place_inside(struct arena *arena, const struct place_mount *mount, const char *path);

/*
 * What a capture initrd has in PLACE_PATH: lines "key value". Texts are NULL where they were not said. Only targets
 * that are a folder of a local file system have more than `host`.
 */
struct place {
	const char *host;    /* name of the machine, for names of dumps, where the dump does not tell it */
	const char *uuid;    /* of the file system, as udev writes it */
	const char *device;  /* a name that stays: /dev/mapper/..., /dev/md..., or where there is no UUID */
	bool stacked;	     /* made of other devices (LVM, RAID): its parts must not be taken for it */
	const char *type;
	const char *options; /* that the file system itself needs to be mounted: subvolid=5 */
	const char *path;    /* from the top of it */
};

const char *place_write(struct arena *arena, const struct place *place);

/* ERR_BAD_IMAGE. Keys that are not known are passed over: an initrd may be newer than the program that looks at it. */
bool place_read(struct place *place, struct arena *arena, const char *file, const char *text,
		struct err *err) ERR_CHECKED;

/* 2026-11-21T184000Z, behind that -HOST unless it is "". */
const char *place_name(struct arena *arena, int64_t time, const char *host);
bool place_name_is(const char *name, const char *host);

/* What of a host name may stand in the name of a file: 64 letters, digits or "._-" at most. NULL if it says nothing. */
const char *place_host(struct arena *arena, const char *name);

/*
 * Of the names of complete dumps those that must go so that `keep` stay, oldest first. `newest` stays whatever it is
 * called: clocks go wrong. Ends with NULL; names that are not ours (place_name_is) are never in it. keep 0: none go.
 */
const char *const *place_old(struct arena *arena, const char *const *names, size_t count, const char *host,
			     const char *newest, unsigned int keep);

/* What the first bytes of a device say of it. */
struct place_content {
	const char *type; /* file system as mount(2) calls it, or a word for people; NULL: nothing known */
	char uuid[40];	  /* of a file system; "" where it has none or it is not looked for */
	bool earlier_dump; /* a flattened dump: a raw target was used before */
};

#define PLACE_PROBE_SIZE (UINT32_C(68) << 10)

void place_probe(struct place_content *content, struct blob head);

#endif
