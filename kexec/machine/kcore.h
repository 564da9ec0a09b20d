/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * /proc/kcore, the running kernel's memory as an ELF core: its headers only, in small reads. The file seems to have
 * 128 TiB and shows live memory, so it is never mapped.
 */
#ifndef MACHINE_KCORE_H
#define MACHINE_KCORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "kexec/machine/vmcoreinfo.h"
#include "machine.h"

/* Exactly these bytes, or false: ERR_BAD_MACHINE where the file ends before, else what the system call says. */
typedef bool kcore_read_fn(void *context, uint64_t offset, void *bytes, size_t size, struct err *err);

struct kcore {
	const char *name; /* for messages */
	enum arch_id arch; /* ARCH_X86_64 or ARCH_I386 */
	kcore_read_fn *read;
	void *context;

	/* Set by kcore_open(). */
	uint64_t headers;    /* offset of the program headers */
	uint64_t count;	     /* of them */
	size_t header_size; /* of one */
};

/* Reads and checks the ELF header. name, arch, read and context are set before. */
bool kcore_open(struct kcore *kcore, struct err *err) ERR_CHECKED;

/* The kernel's vmcoreinfo, which Linux puts among the notes since 4.19; nothing is set in info where it is not. */
bool kcore_vmcoreinfo(const struct kcore *kcore, struct vmcoreinfo *info, struct err *err) ERR_CHECKED;

/* Where memory and kernel are mapped. */
struct kcore_map {
	bool has_direct;
	uint64_t direct;
	bool has_text; /* never on i386, where the kernel is part of the direct map */
	struct range text;
	bool has_text_physical; /* kernels before 4.11 do not say */
	uint64_t text_physical;
};

/* stext: virtual address of _stext, 0 = not known. */
bool kcore_map(const struct kcore *kcore, uint64_t stext, struct kcore_map *map, struct err *err) ERR_CHECKED;

#endif
