/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Firmware-assisted dump (fadump) of Power machines, as the running kernel shows it. On a panic firmware keeps memory
 * and boots the default boot entry again, whose kernel offers the old memory as /proc/vmcore: no kernel is loaded
 * beforehand, and kdump's reservation and fadump exclude each other.
 *
 * Sources: Linux Documentation/arch/powerpc/firmware-assisted-dump.rst, Documentation/ABI/testing/sysfs-kernel-fadump,
 * arch/powerpc/kernel/fadump.c (7.2), obsolete/sysfs-kernel-fadump_* for the names before 5.7.
 */
#ifndef FADUMP_H
#define FADUMP_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "err.h"

enum fadump_state {
	FADUMP_UNSUPPORTED,	/* by firmware, or the kernel has no CONFIG_FA_DUMP */
	FADUMP_OFF,		/* supported, and the kernel does not use it */
	FADUMP_DISARMED,	/* enabled, and not registered with firmware */
	FADUMP_ARMED,		/* a crash will be dumped */
	FADUMP_PENDING,		/* this boot has an old memory to save: /proc/vmcore */
	FADUMP_GONE,		/* this boot had a dump; the kernel refused it, or it was released. Not armed */
	FADUMP_RELEASED_ARMED,	/* released and registered again: unsafe, for freed memory is used again */
};

struct fadump {
	bool present;	   /* /sys/kernel/fadump, or one of the names before 5.7 */
	bool legacy_names; /* only those are there */
	bool enabled, registered;
	bool has_release; /* release_mem: this boot began with a dump that the kernel knew of */
	bool has_vmcore;  /* /proc/vmcore */
	bool has_mem_reserved;
	uint64_t mem_reserved; /* bytes */
	bool has_hotplug_ready, hotplug_ready;
	const char *bootargs_append; /* its text without the newline, or NULL where the node is not there */
	bool has_crash_size;
	uint64_t crash_size;	/* /sys/kernel/kexec_crash_size: bytes reserved for kdump */

	/* From /proc/device-tree; blobs of size 0 where the property is not there. All big endian. */
	bool opal, pseries;	/* /ibm,opal/dump; /rtas ibm,configure-kernel-dump: firmware has it */
	bool tree_active;	/* /rtas/ibm,kernel-dump or /ibm,opal/dump/mpipl-boot is there */
	struct blob kernel_dump;	/* /rtas/ibm,kernel-dump */
	struct blob section_sizes;	/* /rtas/ibm,configure-kernel-dump-sizes */
	bool has_rtas;
	uint64_t rtas_start, rtas_size; /* physical, bytes */

	const char *region; /* debugfs powerpc/fadump_region, or NULL: text for people */

	/*
	 * Files that are there and cannot be read or understood, each with its name and what was found; NULL = none. A
	 * dump is saved nevertheless, and nothing is registered.
	 */
	const char *state_problem; /* enabled or registered: enabled is then as has_release says, registered false */
	const char *problem;	   /* any other: it is as if it were not there */
};

/* Reads all of it below root; texts and blobs live in arena. A machine without any of it is no problem. */
void fadump_read(struct fadump *fadump, struct arena *arena, const char *root);

/* False where there is a problem of either kind: ERR_BAD_MACHINE with their texts. For those that act on it. */
bool fadump_is_clear(const struct fadump *fadump, struct err *err) ERR_CHECKED;

enum fadump_state fadump_state(const struct fadump *fadump);

/* "armed", "disarmed", "capture pending", ...: one or two words. Never NULL. */
const char *fadump_state_name(enum fadump_state state);

/* Path below the root of a control file ("registered", "release_mem", ...), by the names that are there. */
const char *fadump_control(const struct fadump *fadump, struct arena *arena, const char *name);

#endif
