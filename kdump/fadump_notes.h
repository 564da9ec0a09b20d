/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef KDUMP_FADUMP_NOTES_H
#define KDUMP_FADUMP_NOTES_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/fadump_elfcore.h"
#include "kdump/fadump_source.h"
#include "sha256.h"

/*
 * Adds the notes of one PT_NOTE to core: NT_PRSTATUS and VMCOREINFO. A note without a name ends them, for the kernel's
 * buffers are larger than what is in them. sha, or NULL, gets all bytes of the segment. ERR_BAD_IMAGE where it is
 * larger than can be.
 */
bool fadump_notes_read(struct fadump_elfcore *core, struct sha256 *sha, struct arena *arena,
		       const struct fadump_source *source, uint64_t offset, uint64_t size, struct err *err) ERR_CHECKED;

/* The facts of a VMCOREINFO text: lines of KEY=value. */
struct fadump_vmcoreinfo fadump_notes_vmcoreinfo(struct arena *arena, const char *text, size_t size);

#endif
