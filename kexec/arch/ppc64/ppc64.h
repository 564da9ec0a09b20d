/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What the ppc64 loaders share. ppc64 and ppc64le are two entries in the table: plans differ in the order of
 * purgatory's parameters, meminfo and the ELF core header, which is that of the running kernel. A kernel of the other
 * order can be loaded by either: Linux finds out at its entry, and device trees are always big endian.
 */
#ifndef PPC64_H
#define PPC64_H

#include "arch.h"

/*
 * With the NUL; Linux arch/powerpc/include/uapi/asm/setup.h. What is longer is cut off without a word. Kernels before
 * 5.2 cut at 512 bytes already, which cannot be seen in a file, so that is not refused.
 */
#define PPC64_COMMAND_LINE_SIZE 2048

/* What a crash load adds. */
struct ppc64_crash {
	struct range backup_source; /* [0, 64 KiB): interrupt vectors and what the capture kernel copies there */
	uint64_t backup;
	struct range elfcorehdr;
	struct ranges usable; /* for linux,usable-memory: [0, end of the reservation), RTAS, OPAL, TCE tables */
};

/*
 * Fixed and early parts of a crash load: meminfo (machine_power_meminfo()), backup, elfcorehdr, in this order
 * and before anything else but the kernel. Sets plan->core_firmware, plan->backup. ppc64_use_free_only() must have run:
 * without it what firmware uses in the reservation counts as free.
 */
bool ppc64_crash_place(struct ppc64_crash *crash, const struct request *request, const struct machine *machine,
		       struct plan *plan, struct err *err) ERR_CHECKED;

/* Adds elfcorehdr= to plan->cmdline. */
bool ppc64_crash_cmdline(const struct ppc64_crash *crash, struct plan *plan, struct err *err) ERR_CHECKED;

/* For arch.core_vaddr: 0xc000000000000000 + physical. */
uint64_t ppc64_core_vaddr(const struct machine *machine, uint64_t physical);

/*
 * Leaves in plan->usable where something may be put: below the end of the real-mode area, outside the running kernel,
 * RTAS, OPAL, TCE tables, the hash table, reserved ranges, a kept initrd, and a dump that waits to be saved.
 */
bool ppc64_use_free_only(const struct machine *machine, struct plan *plan, struct err *err) ERR_CHECKED;

/* What lies above the kernel's memory; all if there is none yet. */
struct range ppc64_above_kernel(const struct plan *plan);

/*
 * The tree that the new one is made of: that of --dtb, or the machine's. Error: ERR_BAD_MACHINE where the machine
 * has none, for then its memory is not known well enough for any load.
 */
bool ppc64_tree_base(const struct image *image, const struct machine *machine, struct blob *base,
		     struct err *err) ERR_CHECKED;

/* Adds root= of that tree's bootargs to plan->cmdline where it has none. Error: ERR_USAGE for a line too long. */
bool ppc64_cmdline_begin(const struct request *request, struct blob base, struct plan *plan,
			 struct err *err) ERR_CHECKED;

/* The device tree for the next kernel. */
struct ppc64_tree {
	const struct request *request;
	const struct machine *machine;
	const struct image *image;
	const struct ppc64_crash *crash; /* NULL on a normal load */
	struct range initrd;		 /* empty = none */
	const char *cmdline;
};

/*
 * Makes it, places it (high), and reserves its own range and what else must stay. Errors: ERR_BAD_MACHINE where the
 * machine has no tree and --dtb was not given, or one of an impossible shape.
 */
bool ppc64_tree_place(const struct ppc64_tree *tree, struct plan *plan, uint64_t *address, struct err *err) ERR_CHECKED;

/*
 * Adds purgatory, with the new kernel's first 0x100 bytes in its entry block (purgatory_abi.h), and its hand-off.
 * crash: NULL on a normal load. plan->entry is set. Warns where a reboot is asked for that purgatory cannot do.
 */
bool ppc64_add_purgatory(const struct request *request, const struct machine *machine, const struct ppc64_crash *crash,
			 struct blob kernel_head, struct plan *plan, struct err *err) ERR_CHECKED;
struct ppc64_start {
	uint64_t kernel, device_tree;
	bool run_at_load;
};
void ppc64_set_start(const struct machine *machine, const struct ppc64_crash *crash, const struct ppc64_start *start,
		     struct plan *plan);

bool ppc64_elf_accepts(const struct image *image);
bool ppc64_elf_load(const struct request *request, const struct machine *machine, const struct image *image,
		    struct plan *plan, struct err *err) ERR_CHECKED;

extern const struct arch ppc64_arch;
extern const struct arch ppc64le_arch;

#endif
