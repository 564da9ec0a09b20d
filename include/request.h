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

/* --elf32-core-headers, --elf64-core-headers */
enum core_class {
	CORE_AUTO, /* 64 bits unless the architecture has 32 */
	CORE_32,
	CORE_64,
};

/* --args-elf, --args-linux, --args-none: what an x86 ELF file is given. */
enum elf_args {
	ELF_ARGS_AUTO, /* Linux boot parameters, and ELF boot notes as well */
	ELF_ARGS_NOTES,
	ELF_ARGS_LINUX,
	ELF_ARGS_NONE,
};

/* What purgatory's console is to do, besides telling of damage, which it always tries on all that there is. */
struct request_console {
	bool vga, serial;	/* --console-vga, --console-serial: say what goes on */
	bool reset_vga;		/* --reset-vga */
	uint16_t serial_port;	/* --serial: I/O port, default 0x3f8 */
	uint32_t serial_baud;	/* --serial-baud; 0 = the port stays as it is set up */
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

	enum core_class core_class;
	enum elf_args elf_args;
	struct request_console console;
	bool no_efi;		  /* --noefi: no hand-over of EFI */
	bool pass_memmap;	  /* --pass-memmap-cmdline: memory map of a capture kernel as memmap= */
	bool reuse_video_type;	  /* --reuse-video-type */
	bool real_mode;		  /* --real-mode: enter the 16-bit setup code */
	bool entry_32bit;	  /* --entry-32bit */
	bool no_old_root;	  /* --dt-no-old-root: root= is not taken over from the device tree's bootargs */
	bool preserve_context;	  /* --load-preserve-context: the new kernel may jump back */
	bool reuse_initrd;	  /* --reuseinitrd: the running kernel's, which it has kept (retain_initrd) */
	bool has_seed;		  /* of the new kernel's random number generator; not in a dry run */
	uint8_t seed[32];

	/* Seconds since 1970 written to meminfo; 0 = unset, so that plans can be compared (--dry-run). */
	uint64_t time;
};

#endif
