/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /etc/kdump.conf as a value: what is loaded for a crash, and where a dump goes. The syntax is systemd's
 * (systemd.syntax(7)): [Section], Key=value, comments by # and ;, a line that ends in a backslash goes on in the next
 * one. doc/kdump.conf.5 is its specification; drop-ins kdump.conf.d/NAME.conf are read after the file, by name.
 */
#ifndef SERVICE_CONF_H
#define SERVICE_CONF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"

#define CONF_PATH "/etc/kdump.conf"
#define CONF_LEVELS 32

/* [Load] Initrd= */
enum conf_initrd {
	CONF_INITRD_AUTO,   /* the capture initrd of this kernel if there is one, else as CONF_INITRD_NORMAL */
	CONF_INITRD_NORMAL, /* the initrd the machine boots with, into kdump-capture.target of the root file system */
	CONF_INITRD_NONE,   /* none: the kernel mounts root by itself; kdump-capture.target */
	CONF_INITRD_FILE,   /* initrd_path, an image made by `kdump-service build` or by hand: it saves by itself */
};

/* [Load] Syscall= */
enum conf_syscall {
	CONF_SYSCALL_AUTO, /* kexec -a */
	CONF_SYSCALL_LOAD, /* kexec -c */
	CONF_SYSCALL_FILE, /* kexec -s */
};

/* [Save] Target= */
enum conf_target_kind {
	CONF_TARGET_PATH, /* a folder of a local file system */
	CONF_TARGET_NFS,  /* nfs://host[:port]/export */
	CONF_TARGET_SSH,  /* ssh://[user@]host[:port]/folder */
	CONF_TARGET_RAW,  /* raw:/dev/..., a flattened dump that begins at its first byte */
};

struct conf_target {
	enum conf_target_kind kind;
	const char *text; /* as it was written */
	const char *path; /* absolute: a folder, an export, a folder over there, or a device */
	const char *host; /* NULL where there is none; an IPv6 address without its brackets */
	const char *user; /* NULL: root */
	uint16_t port;	  /* 0: that of the protocol */
};

/* [Save] OnSuccess=, OnFailure= */
enum conf_action {
	CONF_REBOOT,
	CONF_POWEROFF,
	CONF_HALT,
	CONF_SHELL, /* a shell on the console; when it ends, a reboot */
	CONF_CONTINUE, /* nothing: whoever called goes on */
};

enum conf_compress {
	CONF_ZSTD,
	CONF_ZLIB,
	CONF_NONE,
};

enum conf_format {
	CONF_KDUMP,
	CONF_ELF,
};

/* Texts are in the arena, never NULL but where said; "" is what is not given. */
struct conf {
	struct {
		const char *kernel; /* NULL: auto, the kernel that runs */
		enum conf_initrd initrd;
		const char *initrd_path; /* NULL but with CONF_INITRD_FILE */
		bool has_command_line;
		const char *command_line;	 /* instead of the running kernel's */
		const char *command_line_append; /* default: see conf_defaults() */
		const char *const *command_line_remove; /* keys; ends with NULL */
		enum conf_syscall syscall;
		const char *const *kexec_arguments; /* words for kexec(8); ends with NULL */
	} load;
	struct {
		struct conf_target target;
		const char *mount_options; /* of a path's or NFS file system */
		const char *network;	   /* words for the capture kernel's command line, for nfs and ssh: "ip=dhcp" */
		const char *ssh_key;	   /* file; "" = what ssh finds itself */
		const char *ssh_known_hosts;
		unsigned int levels[CONF_LEVELS];
		size_t level_count;
		enum conf_compress compress;
		int compress_level; /* 0: vmcore-save's own */
		enum conf_format format;
		unsigned int threads; /* 0: all CPUs */
		unsigned int keep;    /* complete dumps that stay; 0: all */
		uint64_t max_size;    /* bytes; 0: no limit */
		bool dmesg;	      /* vmcore-dmesg.txt beside it */
		uint64_t timeout;     /* seconds to wait for a device or the network */
		uint64_t stall_timeout; /* seconds that saving may stand still; 0: for ever */
		enum conf_action on_success, on_failure;
	} save;
	bool has_file; /* there was one; else all of it is default */
};

/* A mistake: where, and a text that says what was found, what is expected, and what is taken instead. */
struct conf_mistake {
	const char *file;
	unsigned int line; /* from 1 on; where a line was continued, its first one. 0: the file as a whole */
	const char *text;
};

struct conf_mistakes {
	const struct conf_mistake *all;
	size_t count;
};

/* What holds where nothing is said, for this machine (uname(2)'s spelling: x86_64, s390x, ppc64le, aarch64 ...). */
void conf_defaults(struct conf *conf, struct arena *arena, const char *machine);

/*
 * Reads path and its drop-ins below root ("" or a folder). Every line that is wrong is a mistake, and the default or an
 * earlier line holds in its place: after a crash a dump is saved as well as can be, and whoever loads refuses if count
 * is not 0. A file that is not there is no mistake. One that is there and cannot be read is a mistake as a whole, and
 * what the others say holds.
 */
void conf_read(struct conf *conf, struct conf_mistakes *mistakes, struct arena *arena, const char *root,
	       const char *path, const char *machine);

/* One text in memory, for tests and fuzzing: as conf_read, onto what conf has already. */
void conf_parse(struct conf *conf, struct conf_mistakes *mistakes, struct arena *arena, const char *file,
		const char *text, size_t size);

/* "/var/crash", "nfs://...". ERR_USAGE with what is expected. */
bool conf_target_read(struct conf_target *target, struct arena *arena, const char *text, struct err *err) ERR_CHECKED;

/* All of it as a file, defaults too, in a form that conf_parse reads to the same value. */
const char *conf_write(struct arena *arena, const struct conf *conf);

#endif
