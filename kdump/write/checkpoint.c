/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/checkpoint.h"

#include <pthread.h>
#include <string.h>

/* Two of these are in use: one fills while the other goes to disk. Half a MiB each. */
#define PENDING_PAGES ((size_t)65536)
#define PENDING_BATCHES ((size_t)1024)

#define STACK_SIZE ((size_t)256 << 10)

struct pending {
	uint64_t *entries;
	size_t entry_count;
	struct layout_batch batches[PENDING_BATCHES];
	size_t batch_count;
	uint64_t bytes;
};

struct checkpoint {
	struct layout *layout;
	struct stop *stop;
	uint64_t bytes;
	struct checkpoint_watch watch;

	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t wanted; /* the thread waits for work */
	pthread_cond_t room;   /* others wait for the thread */
	bool quit, full;
	bool busy; /* somebody writes a pending set */

	struct pending sets[2];
	struct pending *filling;

	/* Of whoever is busy. */
	bool failed; /* data may be lost: nothing more is described */
	uint64_t dropped;
};

static void fail(struct checkpoint *checkpoint, const struct err *err)
{
	checkpoint->failed = true;
	stop_with(checkpoint->stop, err);
}

/*
 * After a failed sync the kernel takes the pages for clean, and a second one would succeed without them: data that was
 * written before that moment is never described.
 */
static void write_out(struct checkpoint *checkpoint, const struct pending *pending, enum page_class class)
{
	struct layout *layout = checkpoint->layout;
	const struct layout_ops *ops = layout->ops;
	struct err err;

	if (!checkpoint->failed && !sink_sync(layout->sink, &err))
		fail(checkpoint, &err);
	if (!checkpoint->failed && ops->synced && !ops->synced(layout, class, &err))
		fail(checkpoint, &err);
	for (size_t i = 0; i < pending->batch_count; i++) {
		const struct layout_batch *batch = &pending->batches[i];

		if (!checkpoint->failed && !ops->describe(layout, batch, &err))
			fail(checkpoint, &err);
		if (checkpoint->failed)
			checkpoint->dropped += batch->count;
	}
}

/* With the lock held, which is released meanwhile. */
static void run(struct checkpoint *checkpoint)
{
	struct pending *full = checkpoint->filling;
	enum page_class class = checkpoint->watch.lowest(checkpoint->watch.data);

	checkpoint->busy = true;
	checkpoint->full = false;
	checkpoint->filling = full == &checkpoint->sets[0] ? &checkpoint->sets[1] : &checkpoint->sets[0];
	pthread_cond_broadcast(&checkpoint->room);
	pthread_mutex_unlock(&checkpoint->lock);

	write_out(checkpoint, full, class);

	pthread_mutex_lock(&checkpoint->lock);
	full->entry_count = 0;
	full->batch_count = 0;
	full->bytes = 0;
	checkpoint->busy = false;
	pthread_cond_broadcast(&checkpoint->room);
}

static bool is_due(const struct checkpoint *checkpoint)
{
	return checkpoint->full || (checkpoint->bytes && checkpoint->filling->bytes >= checkpoint->bytes);
}

static void *thread_main(void *data)
{
	struct checkpoint *checkpoint = data;

	pthread_mutex_lock(&checkpoint->lock);
	while (!checkpoint->quit) {
		if (is_due(checkpoint))
			run(checkpoint);
		else
			pthread_cond_wait(&checkpoint->wanted, &checkpoint->lock);
	}
	pthread_mutex_unlock(&checkpoint->lock);
	return NULL;
}

struct checkpoint *checkpoint_start(struct arena *arena, struct layout *layout, struct stop *stop, uint64_t bytes,
				    struct checkpoint_watch watch)
{
	struct checkpoint *checkpoint = arena_alloc(arena, sizeof(*checkpoint));
	pthread_attr_t attributes;

	checkpoint->layout = layout;
	checkpoint->stop = stop;
	checkpoint->bytes = bytes;
	checkpoint->watch = watch;
	checkpoint->filling = &checkpoint->sets[0];
	pthread_mutex_init(&checkpoint->lock, NULL);
	pthread_cond_init(&checkpoint->wanted, NULL);
	pthread_cond_init(&checkpoint->room, NULL);
	if (layout->ops->describe) {
		for (size_t i = 0; i < 2; i++)
			checkpoint->sets[i].entries = arena_array(arena, PENDING_PAGES, sizeof(uint64_t));
	}
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	checkpoint->has_thread = pthread_create(&checkpoint->thread, &attributes, thread_main, checkpoint) == 0;
	pthread_attr_destroy(&attributes);
	return checkpoint;
}

static bool has_room(const struct pending *pending, size_t count)
{
	return pending->batch_count < PENDING_BATCHES && pending->entry_count + count <= PENDING_PAGES;
}

static void append(struct pending *pending, const struct layout_batch *batch)
{
	uint64_t *entries = pending->entries + pending->entry_count;

	memcpy(entries, batch->entries, batch->count * sizeof(*entries));
	pending->batches[pending->batch_count++] = (struct layout_batch){ batch->offset, entries, batch->count };
	pending->entry_count += batch->count;
}

void checkpoint_add(struct checkpoint *checkpoint, const struct layout_batch *batch, uint64_t bytes)
{
	bool describes = checkpoint->layout->ops->describe && batch->count;

	pthread_mutex_lock(&checkpoint->lock);
	while (describes && !has_room(checkpoint->filling, batch->count)) {
		checkpoint->full = true;
		pthread_cond_signal(&checkpoint->wanted);
		if (checkpoint->has_thread || checkpoint->busy)
			pthread_cond_wait(&checkpoint->room, &checkpoint->lock);
		else
			run(checkpoint);
	}
	if (describes)
		append(checkpoint->filling, batch);
	checkpoint->filling->bytes += bytes;
	if (is_due(checkpoint)) {
		pthread_cond_signal(&checkpoint->wanted);
		if (!checkpoint->has_thread && !checkpoint->busy)
			run(checkpoint);
	}
	pthread_mutex_unlock(&checkpoint->lock);
}

bool checkpoint_finish(struct checkpoint *checkpoint)
{
	struct layout *layout = checkpoint->layout;
	struct err err;

	pthread_mutex_lock(&checkpoint->lock);
	checkpoint->quit = true;
	pthread_cond_signal(&checkpoint->wanted);
	pthread_mutex_unlock(&checkpoint->lock);
	if (checkpoint->has_thread)
		pthread_join(checkpoint->thread, NULL);

	enum page_class class = checkpoint->watch.lowest(checkpoint->watch.data);

	write_out(checkpoint, checkpoint->filling, class);
	if (!checkpoint->failed && layout->ops->synced && !sink_sync(layout->sink, &err))
		fail(checkpoint, &err);
	if (!checkpoint->failed && layout->ops->synced && !layout->ops->synced(layout, class, &err))
		fail(checkpoint, &err);
	return !checkpoint->failed;
}

uint64_t checkpoint_dropped(const struct checkpoint *checkpoint)
{
	return checkpoint->dropped;
}
