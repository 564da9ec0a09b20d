/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One function for each mode, called by main() alone. Each gives the exit code; where *err is set on return,
 * main prints it.
 *
 * The exit codes are kexec-tools', which scripts depend on.
 */
#ifndef RUN_H
#define RUN_H

#include <stdbool.h>

#include "err.h"
#include "exec.h"
#include "fadump.h"
#include "image.h"
#include "kexec/fadump_preflight.h"
#include "kexec/options.h"
#include "machine.h"
#include "request.h"

enum exit_code {
	EXIT_OK = 0,
	EXIT_USAGE = 1,		     /* the command line, or a machine that cannot be read or has no room */
	EXIT_STATUS_LOADED = 1,	     /* -S */
	EXIT_VERIFY_DAMAGED = 1,     /* --verify */
	EXIT_VERIFY_NOTHING = 2,     /* --verify */
	EXIT_FILE_UNAVAILABLE = 253, /* -s, and kexec_file_load(2) is not there or does not take the file */
	EXIT_NO_CRASH_RANGE = 254, /* the kernel has a crash reservation that its memory map does not show */
	EXIT_FAILED = 255,	   /* loading, unloading, starting */
};

struct run {
	struct options *options;
	enum arch_id running; /* what uname says, or ARCH_NONE */
};

int run_load(const struct run *run, struct err *err);
int run_unload(const struct run *run, struct err *err);
int run_exec(const struct run *run, struct err *err);
int run_jump_back_helper(const struct run *run, struct err *err);
int run_status(const struct run *run, struct err *err);
int run_print_ckr_size(const struct run *run, struct err *err);
int run_print_machine(const struct run *run, struct err *err);
int run_verify(const struct run *run, struct err *err);

/* Shared by them. */

/* --arch, or what runs here. */
enum arch_id run_arch(const struct run *run);

/* From --machine or --root. machine_release() is due where it returned true. */
bool run_read_machine(const struct run *run, struct machine *machine, struct err *err) ERR_CHECKED;

/*
 * Refuses to touch the running kernel on the word of another machine: where --arch, --machine or --root speak
 * of one.
 */
bool run_is_live(const struct run *run, enum arch_id arch, const char *doing, struct err *err) ERR_CHECKED;

/* What is needed to explain a refusal: run_denial.c. */
struct run_denied {
	enum load_target target;
	enum options_way way;
	bool unload;
	bool file_possible;	 /* kexec_file_load(2) would take what was given */
	bool other_way_possible; /* -c may be given instead */
	const char *inside;	 /* what was taken out of its wrapping, for messages, or NULL */
};

/*
 * Adds to a refusal what the system below root says about its reasons: lockdown, secure boot, sysctls, privilege. Only
 * where err->code is ERR_DENIED.
 */
void run_explain_denial(const struct run_denied *denied, const char *root, struct err *err);

/* What is asked of the loaders; texts live in the arena. Errors: ERR_USAGE. */
bool run_make_request(const struct run *run, const struct machine *machine, struct arena *arena,
		      struct request *request, struct err *err) ERR_CHECKED;

/* Whether the machine can do what was asked for, reservation apart. Errors: ERR_UNSUPPORTED, ERR_USAGE. */
bool run_check_machine(const struct run *run, const struct request *request, const struct machine *machine,
		       struct err *err) ERR_CHECKED;

/*
 * Firmware-assisted dump: run_fadump.c. What the machine of --root says; nothing of it with --machine. To look is for
 * telling of it, and leaves problems in fadump; to read is for acting on it, and fails where there is one.
 */
void run_fadump_look(const struct run *run, struct arena *arena, struct fadump *fadump);
bool run_fadump_read(const struct run *run, struct arena *arena, struct fadump *fadump, struct err *err) ERR_CHECKED;
void run_fadump_check(const struct run *run, struct arena *arena, const struct fadump *fadump,
		      const struct machine *machine, struct fadump_preflight *result);

/* -p where the running kernel uses it. Gives the exit code. */
int run_fadump_register(const struct run *run, const struct fadump *fadump, struct arena *arena, struct err *err);

/* -p -u: undoes a registration, where there is one. in_use: the kernel uses this, and no crash kernel. */
bool run_fadump_unregister(const struct run *run, bool *in_use, struct err *err) ERR_CHECKED;

/* Refuses to leave a kernel that holds a dump which is not saved. Errors: ERR_UNSUPPORTED, and those of reading. */
bool run_fadump_allows_start(const struct run *run, struct err *err) ERR_CHECKED;

/* Says why there is kdump where the command line asks for a firmware-assisted dump. */
void run_fadump_note(const struct run *run, const struct machine *machine);

/* What kexec_file_load(2) is given. run_file_close() is due where run_file_open() returned true. */
struct run_file {
	struct arena arena;
	struct file_plan plan;
	const char *unwrapped; /* what the kernel was taken out of, or NULL: the file itself is given */
	const char *initrds;   /* lines of the file plan */
};

/*
 * image: may be an image that was not opened, where this version knows nothing of such files; the kernel then judges
 * the file as it is, or unpacked. It must outlive the file.
 */
bool run_file_open(const struct run *run, const struct machine *machine, const struct request *request,
		   struct image *image, struct run_file *file, struct err *err) ERR_CHECKED;
void run_file_write_text(const struct run *run, const struct run_file *file);
void run_file_close(struct run_file *file);

#endif
