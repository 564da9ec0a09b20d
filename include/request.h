/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the user asked for, as far as a loader needs to know it. Made by main from the options; const afterwards.
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum load_target {
	TARGET_NORMAL, /* --load: starts on kexec -e or reboot */
	TARGET_CRASH,  /* --load-panic: starts when the kernel panics, inside the crash reservation */
};

/* --elf-headers */
enum elf_headers {
	ELF_HEADERS_AUTO, /* made by the loader unless the capture kernel makes its own */
	ELF_HEADERS_ALWAYS,
	ELF_HEADERS_NEVER,
};

/* --on-corruption: what purgatory does when the digest does not match and it cannot return to its caller. */
enum corruption_policy {
	CORRUPTION_HALT,
	CORRUPTION_REBOOT,
};

struct request {
	enum load_target target;
	const char *type; /* --type, or NULL: any loader that takes the image */
	bool has_entry;
	uint64_t entry; /* --entry */
	uint64_t mem_min; /* --mem-min, default 0: first address to use */
	uint64_t mem_max; /* --mem-max, default UINT64_MAX: last address to use (inclusive, as the option is) */

	/*
	 * The whole text of --reuse-cmdline, --append and --command-line, merged; the loader adds what it must
	 * (elfcorehdr=). Never NULL.
	 */
	const char *cmdline;

	/* None of these options was given: a text that the image carries itself stays, as with kexec_file_load(2). */
	bool keep_cmdline;
	bool skip_checks; /* --no-checks: purgatory does not verify */
	enum elf_headers elf_headers;
	bool meminfo; /* write a meminfo segment where the architecture has a place for it */
	enum corruption_policy on_corruption;
	bool hotplug; /* --hotplug: room for the kernel's own updates of the ELF core header */

	/* Seconds since 1970 written to meminfo; 0 = unset, so that plans can be compared (--dry-run). */
	uint64_t time;
};

#endif
