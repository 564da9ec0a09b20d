/* SPDX-License-Identifier: GPL-2.0-only */
/* The notes of a dump that is written: those of the source, and VMCOREINFO among them. */
#ifndef KDUMP_WRITE_VMCOREINFO_NOTE_H
#define KDUMP_WRITE_VMCOREINFO_NOTE_H

#include <stdint.h>

#include "arena.h"
#include "blob.h"
#include "kdump/dump/dump.h"

struct vmcoreinfo_note {
	struct blob notes;
	uint64_t text_at; /* of VMCOREINFO in them, where the dump has one */
};

/*
 * Readers look for VMCOREINFO by its offset, and some among the notes. Where it is beside them in the source (old
 * kdump-compressed files), it becomes a note of its own behind them.
 */
struct vmcoreinfo_note vmcoreinfo_note_make(struct arena *arena, const struct dump *dump);

#endif
