/* SPDX-License-Identifier: GPL-2.0-only */
/* A flattened stream back to the file that it stands for (makedumpfile -R). */
#ifndef KDUMP_WRITE_UNFLATTEN_H
#define KDUMP_WRITE_UNFLATTEN_H

#include <stdbool.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/write/sink.h"
#include "kdump/write/write.h"

struct unflatten_result {
	enum write_outcome outcome; /* COMPLETE: with its end record. PARTIAL: cut. NOTHING: cut before the first record */
	struct err stop;	    /* why it is not complete */
	bool marked;		    /* where cut: its header was there, and now says INCOMPLETE */
	uint64_t records, bytes;
};

/*
 * fd: a pipe, a file, a device; read from where it stands, to the end record. Bytes behind that are not looked at: a
 * device has more. The sink is a plain file, and stays open: it is closed as whole where the outcome is COMPLETE. What
 * no record covers is a hole, and so are long zeros.
 *
 * False where nothing was begun: ERR_BAD_IMAGE (no flattened stream), ERR_SYSTEM, ERR_UNSUPPORTED (a sink that is a
 * stream).
 */
bool unflatten(struct unflatten_result *result, struct arena *arena, int fd, const char *name, struct sink *sink,
	       struct err *err) ERR_CHECKED;

#endif
