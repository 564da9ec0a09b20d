/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Carrying out what was decided: the only callers of the kernel. They obey, and decide nothing.
 */
#ifndef EXEC_H
#define EXEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "fadump.h"
#include "plan.h"
#include "request.h"

/* For kexec_file_load(2): descriptors, not segments. Made by main; borrowed. */
struct file_plan {
	enum load_target target;
	const char *kernel_path; /* for messages */
	int kernel_fd;
	int initrd_fd; /* -1 = none */
	const char *cmdline;
	uint64_t flags; /* further KEXEC_FILE_* bits */
};

/* kexec_load(2) with the segments of a sealed plan. flags: further KEXEC_* bits. On failure, what was loaded stays. */
bool exec_load(const struct plan *plan, uint64_t flags, struct err *err) ERR_CHECKED;

/*
 * kexec_load(2) with one empty segment: the next start jumps to `entry`, of a kernel that kept all its memory when it
 * started this one.
 */
bool exec_load_jump_back(uint64_t entry, struct err *err) ERR_CHECKED;

bool exec_file_load(const struct file_plan *plan, struct err *err) ERR_CHECKED;

/* by_file: through kexec_file_load(2) (-s), else kexec_load(2) with no segments. */
bool exec_unload(enum load_target target, uint32_t kexec_arch, bool by_file, struct err *err) ERR_CHECKED;

/*
 * The real-memory copy (kexec --realmem): writes a sealed crash plan into a file that holds physical memory (offset =
 * absolute address), by the rules that the kernel follows, reads it back and compares. Checks first: nothing is
 * written unless all checks pass.
 */
bool exec_realmem(const struct plan *plan, const char *path, struct err *err) ERR_CHECKED;

/*
 * Firmware-assisted dump: writes to the control files below root, reads back, and gives an error where the kernel did
 * not do what was asked. bootargs: what the capture boot gets appended to its command line, or NULL to leave it alone.
 */
bool exec_fadump_register(const struct fadump *fadump, const char *root, const char *bootargs,
			  struct err *err) ERR_CHECKED;
bool exec_fadump_unregister(const struct fadump *fadump, const char *root, struct err *err) ERR_CHECKED;

/* The network interfaces that exec_interfaces_down() took down. */
struct exec_interfaces {
	struct arena *arena; /* owns names */
	const char **names;
	size_t count;
};

/* All network interfaces but lo, down. One that cannot be taken down is left, as in kexec-tools. */
void exec_interfaces_down(struct exec_interfaces *taken, struct arena *arena);

/* Those up again, for a start that failed. Routes do not come back by that. False where one did not come up. */
bool exec_interfaces_up(const struct exec_interfaces *taken);

/* reboot(2) into the loaded kernel. True where that kernel has jumped back (--load-preserve-context). */
bool exec_reboot(struct err *err) ERR_CHECKED;

/* execs the system's shutdown -r now: returns only on failure. */
bool exec_shutdown(struct err *err) ERR_CHECKED;

#endif
