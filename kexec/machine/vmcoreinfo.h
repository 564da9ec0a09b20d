/* SPDX-License-Identifier: GPL-2.0-only */
/* What the running kernel tells readers of dumps, as far as loading needs it: lines of KEY=VALUE. */
#ifndef MACHINE_VMCOREINFO_H
#define MACHINE_VMCOREINFO_H

#include <stdbool.h>
#include <stdint.h>

#include "blob.h"
#include "err.h"

struct vmcoreinfo {
	bool has_phys_base;
	uint64_t phys_base; /* x86_64: physical address of virtual 0xffffffff80000000, modulo 2^64 */
	bool has_kernel_offset;
	uint64_t kernel_offset; /* by how much KASLR moved the kernel's virtual addresses */
	bool has_stext;
	uint64_t stext; /* virtual address of the symbol _stext */
	uint64_t sme_mask; /* x86_64: bits in page tables that mean encryption; 0 = none */
};

/* name: of the file, for messages. Other lines are passed over. Errors: ERR_BAD_MACHINE. */
bool vmcoreinfo_parse(struct vmcoreinfo *info, const char *name, struct blob text, struct err *err) ERR_CHECKED;

#endif
