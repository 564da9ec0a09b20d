/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What is loaded for a crash on this machine: the pure half of `kdump-service load`. From a configuration and the facts
 * of a machine to an argument list for kexec(8), and to a fingerprint by which a second call sees that nothing changed.
 */
#ifndef SERVICE_LOADING_H
#define SERVICE_LOADING_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/service/conf.h"

/* Where a capture initrd of our making is, and the record of what was loaded. */
#define LOADING_INITRD_FOLDER "/var/lib/kdump"
#define LOADING_RECORD "/run/kdump/loaded"

/* How the capture kernel gets to saving: its command line depends on it. */
enum loading_way {
	LOADING_BY_INITRD, /* the initrd saves by itself: initramfs-tools' boot=kdump, dracut's hook */
	LOADING_BY_TARGET, /* systemd.unit=kdump-capture.target of the root file system */
	LOADING_FADUMP,	   /* firmware boots what is the default: nothing of this */
};

/* As read below a root directory; texts without a newline. */
struct loading_machine {
	const char *root;
	const char *machine; /* uname -m */
	const char *release; /* uname -r */
	const char *command_line;
	bool fadump;	   /* /sys/kernel/fadump/enabled or the older name is 1 */
	uint64_t reserved; /* bytes, /sys/kernel/kexec_crash_size; fadump: mem_reserved */
	bool loaded;	   /* /sys/kernel/kexec_crash_loaded, or fadump registered */
	bool hotplug_by_kernel; /* all of crash_hotplug says 1 (only while a kernel is loaded); fadump: hotplug_ready */
	bool in_capture;   /* /proc/vmcore is there: this is the capture kernel */
	const char *kexec; /* the program that loads, a path: for the caller to set. NULL: not known */
};

struct loading {
	enum loading_way way;
	const char *kernel;	  /* NULL with LOADING_FADUMP */
	const char *initrd;	  /* NULL: none */
	bool initrd_is_capture;	  /* made by `kdump-service build` */
	const char *command_line;
	const char *const *arguments; /* of kexec, without argv[0]; ends with NULL */
	/*
	 * Hexadecimal SHA-256 of all that decides what is loaded: our version, kexec(8) and its arguments, the files'
	 * device, inode, size, mtime and ctime, memory ranges and CPUs unless the kernel follows them itself, and this
	 * boot's id.
	 */
	const char *fingerprint;
};

/* ERR_SYSTEM, ERR_BAD_MACHINE. */
bool loading_machine_read(struct loading_machine *machine, struct arena *arena, const char *root,
			  struct err *err) ERR_CHECKED;

/*
 * Looks for files below machine->root. ERR_BAD_MACHINE where no memory is reserved, ERR_SYSTEM where a file is not
 * there: the text says where it was looked for and how it is made.
 */
bool loading_find(struct loading *loading, struct arena *arena, const struct conf *conf,
		  const struct loading_machine *machine, struct err *err) ERR_CHECKED;

/* The record of the last load, LOADING_RECORD: lines "key value". Absent is not an error (fingerprint is then NULL). */
struct loading_record {
	const char *fingerprint;
	const char *syscall; /* "kexec_load", "kexec_file_load", "fadump"; NULL: not known */
	const char *kernel, *initrd, *command_line;
	int64_t time;	     /* seconds since 1970; 0: not known */
	bool verified;	     /* kexec --verify said so after the load */
};

bool loading_record_read(struct loading_record *record, struct arena *arena, const char *root,
			 struct err *err) ERR_CHECKED;
bool loading_record_write(const struct loading_record *record, struct arena *arena, const char *root,
			  struct err *err) ERR_CHECKED;
bool loading_record_remove(struct arena *arena, const char *root, struct err *err) ERR_CHECKED; /* absent: fine */

/* Waits for another load or unload to end. Closing *fd lets the next one go on. */
bool loading_record_lock(int *fd, struct arena *arena, const char *root, struct err *err) ERR_CHECKED;

#endif
