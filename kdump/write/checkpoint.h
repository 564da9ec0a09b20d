/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Descriptions of pages wait here until the data of these pages is on disk. Every so many bytes, and whenever half of
 * the memory for them is full, a thread of its own syncs the data and then writes what describes it, while the others
 * go on with the next.
 */
#ifndef KDUMP_WRITE_CHECKPOINT_H
#define KDUMP_WRITE_CHECKPOINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/write/layout.h"
#include "kdump/write/stop.h"

/* Pages of one batch at most. */
#define CHECKPOINT_BATCH 4096u

struct checkpoint;

/* The class that each thread is at; what it has finished of those before is written. */
struct checkpoint_watch {
	enum page_class (*lowest)(void *data);
	void *data;
};

/*
 * bytes: 0 for no checkpoints but those that memory asks for. Where no thread can be started, the threads that add do
 * its work.
 */
struct checkpoint *checkpoint_start(struct arena *arena, struct layout *layout, struct stop *stop, uint64_t bytes,
				    struct checkpoint_watch watch);

/* Data of `bytes` bytes was written, for these pages; copied. May wait. */
void checkpoint_add(struct checkpoint *checkpoint, const struct layout_batch *batch, uint64_t bytes);

/*
 * Ends the thread, syncs, describes what is left, syncs that. False where a part could not be described: the stop says
 * why. To be called where writing stopped early, too.
 */
bool checkpoint_finish(struct checkpoint *checkpoint) ERR_CHECKED;

/* Pages that were added and are not described, for data that may not be on disk. */
uint64_t checkpoint_dropped(const struct checkpoint *checkpoint);

#endif
