/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VMCOREINFO of a dumped kernel: lines KEY=value, as Linux's kernel/vmcore_info.c writes them (Documentation/
 * admin-guide/kdump/vmcoreinfo.rst): OSRELEASE=, PAGESIZE=, SYMBOL(x)=hex, SIZE(x)=, OFFSET(s.m)=, LENGTH(x)=,
 * NUMBER(x)= (decimal, signed; some in hex with 0x), KERNELOFFSET=hex, CRASHTIME=, BUILD-ID=.
 *
 * Keys are sorted once; a question is log n. The same key twice: the first holds. Lines that are none are passed over.
 */
#ifndef KDUMP_KERNEL_INFO_H
#define KDUMP_KERNEL_INFO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "blob.h"

struct kernel_info_line {
	const char *key, *value; /* NUL terminated, in the arena */
};

struct kernel_info {
	struct kernel_info_line *lines; /* sorted by key */
	size_t count;
};

void kernel_info_read(struct kernel_info *info, struct arena *arena, struct blob text);

/* NULL where the key is not there. */
const char *kernel_info_text(const struct kernel_info *info, const char *key);

/* All of these give false where the key is not there or its value is no number; *out stays as it was. */
bool kernel_info_symbol(const struct kernel_info *info, const char *name, uint64_t *out); /* SYMBOL(name), hex */
bool kernel_info_size(const struct kernel_info *info, const char *name, uint64_t *out);	  /* SIZE(name) */
bool kernel_info_offset(const struct kernel_info *info, const char *name, uint64_t *out); /* OFFSET(name) */
bool kernel_info_length(const struct kernel_info *info, const char *name, uint64_t *out); /* LENGTH(name) */
bool kernel_info_number(const struct kernel_info *info, const char *name, int64_t *out);  /* NUMBER(name) */
bool kernel_info_hex(const struct kernel_info *info, const char *key, uint64_t *out);	  /* KEY=hex, 0x or not */
bool kernel_info_decimal(const struct kernel_info *info, const char *key, uint64_t *out); /* KEY=decimal */

#endif
