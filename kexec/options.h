/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The command line as a value: one table (options_table.c), one pass over argv (options.c), what the words
 * mean together (options_check.c). The order of the options does not matter, but where one is given again:
 * the last value counts, and of -a, -c and -s the last one.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "arch.h"
#include "arena.h"
#include "err.h"
#include "image.h"
#include "machine.h"
#include "request.h"

/* What an option does; several spellings may share one. */
enum option_id {
	OPTION_HELP,
	OPTION_VERSION,
	OPTION_DEBUG,
	OPTION_LOAD,
	OPTION_LOAD_PANIC,
	OPTION_UNLOAD,
	OPTION_EXEC,
	OPTION_FORCE,
	OPTION_STATUS,
	OPTION_NO_IFDOWN,
	OPTION_NO_SYNC,
	OPTION_NO_CHECKS,
	OPTION_FILE_SYSCALL,
	OPTION_LOAD_SYSCALL,
	OPTION_AUTO_SYSCALL,
	OPTION_TYPE,
	OPTION_ENTRY,
	OPTION_MEM_MIN,
	OPTION_MEM_MAX,
	OPTION_APPEND,
	OPTION_COMMAND_LINE,
	OPTION_REUSE_CMDLINE,
	OPTION_INITRD,
	OPTION_PRINT_CKR_SIZE,
	OPTION_HOTPLUG,
	OPTION_NO_CMA,
	OPTION_FORCE_DTB,
	OPTION_ARGS_LINUX,
	OPTION_ELF64_CORE_HEADERS,
	/* Not in kexec-tools. */
	OPTION_DRY_RUN,
	OPTION_ARCH,
	OPTION_ROOT,
	OPTION_MACHINE,
	OPTION_PRINT_MACHINE,
	OPTION_VERIFY,
	OPTION_MEMORY,
	OPTION_REALMEM,
	OPTION_ELF_HEADERS,
	OPTION_ON_CORRUPTION,
	OPTION_MEMINFO,
	OPTION_FORCE_FADUMP,
	OPTION_DISCARD_DUMP,
	/* x86 alone, so far, or x86 and ppc64. */
	OPTION_LOAD_PRESERVE_CONTEXT,
	OPTION_LOAD_JUMP_BACK_HELPER,
	OPTION_REUSEINITRD,
	OPTION_RESET_VGA,
	OPTION_SERIAL,
	OPTION_SERIAL_BAUD,
	OPTION_CONSOLE_VGA,
	OPTION_CONSOLE_SERIAL,
	OPTION_ELF32_CORE_HEADERS,
	OPTION_PASS_MEMMAP_CMDLINE,
	OPTION_NOEFI,
	OPTION_REUSE_VIDEO_TYPE,
	OPTION_ARGS_ELF,
	OPTION_ARGS_NONE,
	OPTION_MODULE,
	OPTION_REAL_MODE,
	OPTION_ENTRY_32BIT,
	OPTION_DTB,
	/* Known, and not done by this version or only ever meant for machines that it does not know. */
	OPTION_EXEC_LIVE_UPDATE,
	OPTION_LOAD_LIVE_UPDATE,
	OPTION_DT_NO_OLD_ROOT,
	OPTION_GAMECUBE,
	OPTION_REUSE_NODE,
	OPTION_ATAGS,
	OPTION_IMAGE_SIZE,
	OPTION_PAGE_OFFSET,
	OPTION_BOOTINFO,
	OPTION_EMPTY_ZERO,
	OPTION_HOWTO,
	OPTION_MINIROOT,
	OPTION_NOIO,
	OPTION_VMM,
	OPTION_COUNT
};

/* One spelling. */
struct option_row {
	enum option_id id;
	char letter; /* of the short form, or 0 */
	const char *name;
	const char *value;   /* what the value is called in texts, or NULL: takes none */
	uint32_t archs;	     /* bit 1 << enum arch_id: whose kexec-tools has it. OPTION_ALL: everyone's */
	const char *family;  /* the name of those architectures, where not all */
	bool own;	     /* not in kexec-tools */
	bool for_loading;    /* has a meaning only where something is loaded or planned */
	const char *refusal; /* what is said where this version cannot do it, or NULL: it can everywhere */
	uint32_t done;	     /* on which architectures it can */
	const char *help;    /* NULL: it can nowhere */
};

#define OPTION_ALL UINT32_MAX

/* The one value that an option without a value may be given, by "=", or NULL. */
const char *options_extra_value(const struct option_row *row);

/* Ends with name NULL; in the order of --help. */
extern const struct option_row options_table[];

enum options_mode {
	MODE_LOAD, /* -l, -p, -f, --load-preserve-context, or none: needs a kernel */
	MODE_UNLOAD,
	MODE_EXEC,
	MODE_STATUS,
	MODE_PRINT_CKR_SIZE,
	MODE_PRINT_MACHINE,
	MODE_VERIFY,
	MODE_JUMP_BACK_HELPER,
	MODE_HELP,
	MODE_VERSION,
};

enum options_syscall {
	SYSCALL_AUTO, /* -a */
	SYSCALL_FILE, /* -s */
	SYSCALL_LOAD, /* -c */
};

/* --append and --command-line in the order in which they came. */
struct options_text {
	bool is_command_line;
	const char *text;
};

struct options_warning {
	struct options_warning *next;
	const char *text;
};

struct options {
	struct arena arena;
	enum options_mode mode;
	bool bad_help; /* the help was asked for by "-?", which kexec-tools answers with exit code 1 */
	enum load_target target; /* of load, unload and status */
	bool execute;		 /* -f: start what was loaded, at once */
	bool shutdown;		 /* no mode given: load, then shut down */
	bool debug, no_ifdown, no_sync, no_checks;
	enum options_syscall syscall;
	const char *kernel; /* NULL: none given */
	const char **initrds;
	size_t initrd_count;
	struct options_text *texts;
	size_t text_count;
	bool reuse_cmdline;
	const char *type; /* NULL: any */
	bool has_entry;
	uint64_t entry;
	uint64_t mem_min, mem_max;
	bool hotplug, no_cma, force_dtb, dry_run;
	bool preserve_context; /* --load-preserve-context: a mode, too */
	enum arch_id arch;   /* --arch, or ARCH_NONE */
	const char *root;    /* --root, or "/" */
	const char *machine; /* --machine, or NULL */
	const char *memory;  /* --memory, or NULL */
	const char *realmem; /* --realmem, or NULL */
	enum elf_headers elf_headers;
	enum corruption_policy on_corruption;
	bool no_meminfo;
	enum core_class core_class;
	enum elf_args elf_args;
	const char *serial, *serial_baud; /* as given, or NULL; options_console() reads them */
	const char **modules;
	size_t module_count;
	const char *dtb; /* --dtb, or NULL */
	bool verbose;	 /* --status=verbose */
	const struct option_row *seen[OPTION_COUNT]; /* the spelling used, or NULL */
	struct options_warning *warnings;
};

/*
 * Reads argv. running: the architecture of this machine; an abbreviation that kexec-tools would know there
 * means the same here, whatever else is in the table. With --help or --version the rest is not looked at, as
 * in kexec-tools. Errors: ERR_USAGE. options_release() is due in any case.
 */
bool options_parse(struct options *options, int argc, char *const argv[], enum arch_id running,
		   struct err *err) ERR_CHECKED;

/*
 * What depends on the architecture in question: options of others become warnings, those that this version
 * does not do become ERR_UNSUPPORTED, and options without effect in this mode become warnings.
 */
bool options_check(struct options *options, enum arch_id arch, struct err *err) ERR_CHECKED;

void options_release(struct options *options);

/* "-x" or "--name", whatever the row has. Lives in the arena. */
const char *options_spelling(struct options *options, const struct option_row *row);

void options_warn(struct options *options, const char *format, ...) __attribute__((format(printf, 2, 3)));

void options_write_help(FILE *out);

/*
 * The command line for the new kernel but for what the loader adds. running_line: of the machine, for
 * --reuse-cmdline. Several --append: doc/kexec.8.
 */
const char *options_cmdline(const struct options *options, struct arena *arena, enum arch_id arch,
			    const char *running_line);

/* Whether a flag was given that means something on that architecture. */
bool options_given(const struct options *options, enum option_id id, enum arch_id arch);

/* --serial, --serial-baud and the other console options. Errors: ERR_USAGE. */
bool options_console(const struct options *options, enum arch_id arch, struct request_console *console,
		     struct err *err) ERR_CHECKED;

/* The ways to have a kernel loaded. */
enum options_way {
	WAY_FILE, /* kexec_file_load(2): the kernel places everything */
	WAY_PLAN, /* kexec_load(2) with a plan of ours */
};

struct options_ways {
	enum options_way first;
	bool has_second; /* the other one, where the first is refused in a way that options_may_retry() names */
	bool detour;	 /* first is not what goes first where nothing speaks against it */
	const char *why; /* the first is first, and there is no second: for -d and for messages */
};

/*
 * By the options alone. arch: NULL where this version has no loader for the machine. Errors: ERR_USAGE where -s
 * contradicts another option, ERR_UNSUPPORTED where what is asked for needs a loader of ours and there is none.
 */
bool options_choose_ways(struct options *options, const struct arch *arch, enum arch_id id,
			 struct options_ways *ways, struct err *err) ERR_CHECKED;

/*
 * By the machine, where the kernel's own loader would hand on what must not be: the device tree of a firmware-assisted
 * dump that is over. With -s a warning.
 */
void options_fit_machine(struct options *options, const struct arch *arch, const struct machine *machine,
			 struct options_ways *ways);

/*
 * By the file: what no kernel takes by kexec_file_load(2) goes to kexec_load(2) at once. Error: ERR_UNSUPPORTED with
 * -s. cmdline: what the new kernel is to be given.
 */
bool options_fit_image(struct options *options, enum arch_id arch, const struct image *image, const char *cmdline,
		       struct options_ways *ways, struct err *err) ERR_CHECKED;

/* Whether a first way that failed with this errno leaves the second to be tried. */
bool options_may_retry(const struct options_ways *ways, int errnum);

/* Warns of each option that kexec_file_load(2) does without, where that is what was used: why. */
void options_warn_of_file(struct options *options, enum arch_id arch, const char *why);

#endif
