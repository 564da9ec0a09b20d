/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/worker.h"

#include <errno.h>
#include <string.h>

/*
 * A write is at least this long, but at the end of a class; a page more fits. This, the source's window and the
 * packer's tables are to stay in the cache of one CPU. Of a stream, readers hold an index of all writes in memory:
 * fewer of them.
 */
#define BUFFER_SIZE ((size_t)256 << 10)
#define BUFFER_SIZE_STREAM ((size_t)1 << 20)

bool worker_open(struct worker *worker, struct worker_deal *deal, struct err *err)
{
	const struct layout *layout = deal->layout;
	const struct write_request *request = layout->request;
	enum write_packing packing = layout->ops->packs ? request->packing : WRITE_PLAIN;
	size_t page_size = (size_t)layout->page_size;

	memset(worker, 0, sizeof(*worker));
	worker->deal = deal;
	arena_init(&worker->arena);
	if (!pack_open(&worker->packer, &worker->arena, packing, request->packing_level, page_size, err)) {
		arena_release(&worker->arena);
		return false;
	}
	worker->reader = dump_reader_new(request->dump, &worker->arena, DUMP_WINDOW_STRAIGHT);
	worker->view = page_map_view_new(layout->kept.pages, &worker->arena);
	worker->classes = arena_alloc(&worker->arena, PAGE_BLOCK);
	worker->room = pack_bound(packing, page_size);
	worker->capacity = (layout->stream ? BUFFER_SIZE_STREAM : BUFFER_SIZE) + worker->room;
	worker->buffer = arena_alloc(&worker->arena, worker->capacity);
	worker->entries = arena_array(&worker->arena, CHECKPOINT_BATCH, sizeof(*worker->entries));
	worker->class = PAGE_KERNEL;
	worker->sums.first_unreadable = UINT64_MAX;
	worker->sums.thread_memory = DUMP_WINDOW_STRAIGHT + worker->capacity + PAGE_BLOCK +
				     CHECKPOINT_BATCH * sizeof(*worker->entries) + pack_memory(worker->packer);
	atomic_init(&worker->reached, PAGE_KERNEL);
	atomic_init(&worker->pages_done, 0);
	atomic_init(&worker->bytes_in, 0);
	atomic_init(&worker->bytes_out, 0);
	return true;
}

void worker_close(struct worker *worker)
{
	arena_release(&worker->arena);
}

/* Data first, then what describes it; on a stream there is nothing to wait for. */
static bool write_batch(struct worker *worker, struct err *err)
{
	struct layout *layout = worker->deal->layout;
	struct layout_batch batch = { .entries = worker->entries, .count = worker->entry_count };

	if (worker->used) {
		batch.offset = layout->ops->place ? worker->place
						  : atomic_fetch_add(&worker->deal->extent, worker->used);
		if (!sink_write(layout->sink, batch.offset, worker->buffer, worker->used, err))
			return false;
		if (batch.offset + worker->used > worker->sums.data_end)
			worker->sums.data_end = batch.offset + worker->used;
	}
	if (!layout->stream && layout->ops->prepare && !layout->ops->prepare(layout, &batch, err))
		return false;
	if (!layout->stream)
		checkpoint_add(worker->deal->checkpoint, &batch, worker->used);
	else if (layout->ops->describe && batch.count && !layout->ops->describe(layout, &batch, err))
		return false;
	return true;
}

/* What could not be written is forgotten: it is described nowhere. */
static void flush(struct worker *worker)
{
	struct err err;

	if (!worker->used && !worker->batch_pages && !worker->entry_count)
		return;
	if (write_batch(worker, &err)) {
		worker->sums.written[worker->class] += worker->batch_pages;
		worker->sums.zero_pages += worker->batch_zeros;
		atomic_fetch_add_explicit(&worker->bytes_out, worker->used, memory_order_relaxed);
	} else {
		stop_with(worker->deal->stop, &err);
	}
	worker->used = 0;
	worker->entry_count = 0;
	worker->batch_pages = 0;
	worker->batch_zeros = 0;
}

static void describe(struct worker *worker, uint64_t rank, size_t size)
{
	if (worker->deal->layout->ops->describe)
		worker->entries[worker->entry_count++] = layout_entry(rank, size);
}

static void make_room(struct worker *worker)
{
	if (worker->used + worker->room > worker->capacity || worker->entry_count == CHECKPOINT_BATCH)
		flush(worker);
}

static void take_page(struct worker *worker, uint64_t pfn, const uint8_t *page)
{
	const struct layout *layout = worker->deal->layout;
	size_t page_size = (size_t)layout->page_size;

	worker->sums.bytes_in += page_size;
	if (pack_is_zero(page, page_size)) {
		describe(worker, worker->rank, LAYOUT_SIZE_ZERO);
		worker->batch_zeros++;
		worker->batch_pages++;
		return;
	}
	if (layout->ops->place) {
		uint64_t place = layout->ops->place(layout, pfn, worker->class, worker->rank, worker->class_rank);

		if (worker->used && place != worker->place + worker->used)
			flush(worker);
		if (!worker->used)
			worker->place = place;
	}

	size_t size = pack_page(worker->packer, page, worker->buffer + worker->used);

	worker->used += size;
	worker->batch_pages++;
	describe(worker, worker->rank, size);
}

static void miss_page(struct worker *worker, uint64_t pfn, enum dump_page_state state)
{
	struct pool_result *sums = &worker->sums;

	if (state == DUMP_PAGE_UNREADABLE) {
		uint64_t physical = pfn * worker->deal->layout->page_size;

		sums->unreadable_pages++;
		if (physical < sums->first_unreadable)
			sums->first_unreadable = physical;
	} else {
		sums->lost_pages++;
	}
	if (worker->deal->layout->stream)
		describe(worker, worker->rank, LAYOUT_SIZE_MISSING);
}

/* worker->class is the class at hand, and worker->rank and class_rank those of the page. */
static void do_page(struct worker *worker, uint64_t pfn)
{
	const uint8_t *page;
	struct err err;
	enum dump_page_state state = dump_reader_page(worker->reader, pfn, &page, &err);

	make_room(worker);
	if (state == DUMP_PAGE_HERE)
		take_page(worker, pfn, page);
	else
		miss_page(worker, pfn, state);
}

static void enter_block(struct worker *worker, uint64_t block)
{
	const struct kept *kept = &worker->deal->layout->kept;
	uint64_t before[PAGE_CLASSES];

	if (!worker->has_block || worker->block != block) {
		kept_classes(kept, worker->view, block, worker->classes);
		worker->block = block;
		worker->has_block = true;
	}
	kept_before(kept, block, before);
	worker->rank = 0;
	for (unsigned int class = 0; class < PAGE_CLASSES; class++)
		worker->rank += before[class];
	worker->class_rank = before[worker->class];
	worker->block_class = worker->class;
	worker->at = 0;
}

/* Counts kept pages up to there; in a form that compilers make vectors of. */
static void skip_to(struct worker *worker, size_t index)
{
	const uint8_t *classes = worker->classes;
	uint8_t class = (uint8_t)worker->class;
	uint32_t kept = 0, same = 0;

	for (size_t i = worker->at; i < index; i++) {
		kept += classes[i] != PAGE_ABSENT;
		same += classes[i] == class;
	}
	worker->rank += kept;
	worker->class_rank += same;
	worker->at = index;
}

static void do_chunk(struct worker *worker, enum page_class class, uint64_t first_pfn)
{
	const struct worker_deal *deal = worker->deal;
	uint64_t block = first_pfn / PAGE_BLOCK;
	size_t index = (size_t)(first_pfn % PAGE_BLOCK);
	uint64_t bytes_in = worker->sums.bytes_in, done = 0;

	if (class != worker->class) {
		flush(worker);
		worker->class = class;
		atomic_store(&worker->reached, class);
	}
	if (!worker->has_block || worker->block != block || worker->block_class != class || worker->at > index)
		enter_block(worker, block);
	skip_to(worker, index);
	for (size_t end = index + deal->chunk_pages; worker->at < end; worker->at++) {
		uint8_t found = worker->classes[worker->at];

		if (found == class) {
			do_page(worker, block * PAGE_BLOCK + worker->at);
			worker->class_rank++;
			done++;
		}
		worker->rank += found != PAGE_ABSENT;
	}
	atomic_fetch_add_explicit(&worker->pages_done, done, memory_order_relaxed);
	atomic_fetch_add_explicit(&worker->bytes_in, worker->sums.bytes_in - bytes_in, memory_order_relaxed);
}

/* Goes on to the next chunk that may have pages of its class: whole blocks that have none are passed over. */
static bool next_chunk(struct worker_deal *deal, enum page_class *class, uint64_t *first_pfn)
{
	const struct kept *kept = &deal->layout->kept;
	uint64_t per_block = PAGE_BLOCK / deal->chunk_pages;

	for (;;) {
		uint64_t unit = atomic_fetch_add(&deal->next, 1);
		uint64_t phase = unit / deal->chunks;
		uint64_t chunk = deal->first_chunk + unit % deal->chunks;

		if (phase >= PAGE_CLASSES - PAGE_KERNEL)
			return false;
		*class = (enum page_class)(PAGE_KERNEL + phase);
		*first_pfn = chunk * deal->chunk_pages;
		if (kept->keeps[*class] && kept_counts(kept, chunk / per_block).pages[*class])
			return true;

		uint64_t skip = kept->keeps[*class] ? per_block - chunk % per_block : deal->chunks - unit % deal->chunks;
		uint64_t target = unit + skip, current = unit + 1;

		/* Blocks have the same chunks in each class, so this does not pass over the end of a class unseen. */
		if (target > (phase + 1) * deal->chunks)
			target = (phase + 1) * deal->chunks;
		while (current < target && !atomic_compare_exchange_weak(&deal->next, &current, target))
			;
	}
}

static bool is_stopped(struct worker_deal *deal)
{
	const atomic_bool *asked = deal->layout->request->stop;

	if (asked && atomic_load_explicit(asked, memory_order_relaxed)) {
		struct err err;

		err_set_system(&err, EINTR, "the dump was stopped before all was written");
		stop_with(deal->stop, &err);
	}
	return atomic_load_explicit(&deal->stop->set, memory_order_relaxed);
}

void worker_run(struct worker *worker)
{
	struct worker_deal *deal = worker->deal;
	enum page_class class;
	uint64_t first_pfn;

	while (next_chunk(deal, &class, &first_pfn) && !is_stopped(deal))
		do_chunk(worker, class, first_pfn);
	/* What is packed can still be tried where another thread's write failed: its place is its own. */
	flush(worker);
	if (!atomic_load(&deal->stop->set))
		atomic_store(&worker->reached, PAGE_CLASSES);
}
