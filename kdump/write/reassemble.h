/* SPDX-License-Identifier: GPL-2.0-only */
/* The parts of a dump that --split made, put together to one file. */
#ifndef KDUMP_WRITE_REASSEMBLE_H
#define KDUMP_WRITE_REASSEMBLE_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/dump/dump.h"
#include "kdump/write/sink.h"
#include "kdump/write/write.h"

struct reassemble_result {
	enum write_outcome outcome;
	const char *why;  /* where it is not complete */
	struct err stop;  /* where writing or reading ended early, else ERR_NONE */
	uint64_t pages;	  /* with data */
	uint64_t missing; /* pages that a part should have, and that are in none */
};

/*
 * dump: of dump_open_parts(). Pages are copied packed as they are, descriptors are made anew, the header is that of
 * the first part. As with write_dump(), the header says INCOMPLETE until all is on disk, and a descriptor is written
 * only after its page's data was synced. Those that lie across the end of a disk sector are not protected any further,
 * as write_dump() does it: where the machine dies meanwhile, the parts are still there to begin anew from. The sink is
 * a plain file, and stays open.
 *
 * False where nothing was begun: ERR_BAD_IMAGE (no parts, or not of one dump), ERR_UNSUPPORTED, ERR_NO_ROOM and
 * others of the sink.
 */
bool reassemble(struct reassemble_result *result, struct arena *arena, const struct dump *dump, struct sink *sink,
		struct err *err) ERR_CHECKED;

#endif
