/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A text beside each saved dump, NAME.record, lines of KEY=value:
 *
 *   record=1                       version of this text
 *   file=vmcore                    the dump, in the same folder
 *   bytes=1610678272
 *   osrelease= build-id= crash-time=   from its VMCOREINFO; not there where that has none
 *   size=1610678272                where the last byte lies that its ELF headers name
 *   notes-sha256=...               of its PT_NOTEs: the registers of all CPUs, and VMCOREINFO
 *   saved=1795257000               seconds since 1970
 *   unreadable=0                   bytes that are zeros because they could not be read
 *   whole=1                        nothing was unreadable, and all is there that the ELF headers name; else 0
 *   sha256=...                     where the copy was read again and compared
 *   check=ok|BAD|note ...          what validation said, a line each
 *
 * A dump can appear once more: as a phantom, where a kernel was started by kexec from a device tree that still
 * speaks of a dump already saved. It is the same one only where release, BUILD-ID, second of the crash, size and
 * the SHA-256 of the notes are all equal. Without the notes nothing is proved: a machine whose clock has no
 * battery begins at the same date each time, and the same kernel can crash twice at the same second of its
 * calendar. The registers differ then, and taken for a phantom that second dump would be lost. Nor does a record
 * that lacks one of these prove anything.
 */
#ifndef KDUMP_FADUMP_RECORD_H
#define KDUMP_FADUMP_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/fadump_elfcore.h"
#include "kdump/finding.h"
#include "kdump/save.h"

struct fadump_record {
	const char *file; /* path of the dump, or NULL where the record does not say */
	struct fadump_vmcoreinfo info;
	bool has_bytes, has_size, whole;
	uint64_t bytes, size;
	const char *notes; /* SHA-256 as 64 hex digits, or NULL */
};

/* The text of a record for what was saved at `path`, all of `core` or less. saved_at: seconds since 1970. */
const char *fadump_record_text(struct arena *arena, const char *path, const struct fadump_elfcore *core,
			       const struct save_result *saved, int64_t saved_at, const struct findings *findings);

/* From a text; `path` is that of the record. Unknown keys are skipped. */
void fadump_record_parse(struct fadump_record *record, struct arena *arena, const char *path, const char *text);

/*
 * The path of a dump that was saved before and is the same one as core's, or NULL: among the records
 * FOLDER/NAME.record and FOLDER/ANY/NAME.record whose dump is whole and still there with all its bytes. A folder
 * that is not there is empty. Records that cannot be read are skipped, with a note in findings.
 */
const char *fadump_record_find(struct arena *arena, const char *folder, const struct fadump_elfcore *core,
			       struct findings *findings);

#endif
