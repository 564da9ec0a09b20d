/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/pool.h"

#include <errno.h>
#include <time.h>

#include "kdump/write/worker.h"

/* Packing needs little stack; the default of some systems times many threads would be much. */
#define STACK_SIZE ((size_t)512 << 10)

#define TICK_NANOSECONDS 250000000L

struct pool {
	struct worker_deal deal;
	struct worker *workers;
	unsigned int count;   /* that could be opened */
	unsigned int started; /* threads */

	pthread_mutex_t lock;
	pthread_cond_t ended;
	unsigned int running;
};

struct pool_thread {
	struct pool *pool;
	struct worker *worker;
};

static enum page_class lowest(void *data)
{
	struct pool *pool = data;
	unsigned int least = PAGE_CLASSES;

	for (unsigned int i = 0; i < pool->count; i++) {
		unsigned int reached = atomic_load(&pool->workers[i].reached);

		if (reached < least)
			least = reached;
	}
	return (enum page_class)least;
}

static void report(struct pool *pool)
{
	const struct write_request *request = pool->deal.layout->request;
	struct write_progress progress = { .pages_total = pool->deal.layout->kept.total };

	if (!request->progress)
		return;
	for (unsigned int i = 0; i < pool->count; i++) {
		struct worker *worker = &pool->workers[i];

		progress.pages_done += atomic_load_explicit(&worker->pages_done, memory_order_relaxed);
		progress.bytes_in += atomic_load_explicit(&worker->bytes_in, memory_order_relaxed);
		progress.bytes_out += atomic_load_explicit(&worker->bytes_out, memory_order_relaxed);
	}
	progress.class = lowest(pool);
	if (progress.class == PAGE_CLASSES)
		progress.class = PAGE_NEVER;
	request->progress(request->progress_data, &progress);
}

static void *thread_main(void *data)
{
	const struct pool_thread *thread = data;
	struct pool *pool = thread->pool;

	worker_run(thread->worker);
	pthread_mutex_lock(&pool->lock);
	pool->running--;
	pthread_cond_signal(&pool->ended);
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

/* The caller's thread looks on, and tells of progress. */
static void watch(struct pool *pool)
{
	pthread_mutex_lock(&pool->lock);
	while (pool->running) {
		struct timespec until;

		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_nsec += TICK_NANOSECONDS;
		if (until.tv_nsec >= 1000000000L) {
			until.tv_nsec -= 1000000000L;
			until.tv_sec++;
		}
		if (pthread_cond_timedwait(&pool->ended, &pool->lock, &until) == ETIMEDOUT) {
			pthread_mutex_unlock(&pool->lock);
			report(pool);
			pthread_mutex_lock(&pool->lock);
		}
	}
	pthread_mutex_unlock(&pool->lock);
}

static void start(struct pool *pool, struct pool_thread *threads)
{
	pthread_attr_t attributes;

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, STACK_SIZE);
	for (unsigned int i = 0; i < pool->count; i++) {
		threads[i] = (struct pool_thread){ pool, &pool->workers[i] };
		pthread_mutex_lock(&pool->lock);
		pool->running++;
		pthread_mutex_unlock(&pool->lock);
		if (pthread_create(&pool->workers[i].thread, &attributes, thread_main, &threads[i]) != 0) {
			/* One that does not start has nothing that others wait for. */
			pthread_mutex_lock(&pool->lock);
			pool->running--;
			pthread_mutex_unlock(&pool->lock);
			break;
		}
		pool->started++;
	}
	pthread_attr_destroy(&attributes);
	for (unsigned int i = pool->started; i < pool->count && pool->started; i++)
		atomic_store(&pool->workers[i].reached, PAGE_CLASSES);
}

static void sum(struct pool_result *result, const struct worker *worker)
{
	const struct pool_result *sums = &worker->sums;

	for (unsigned int class = 0; class < PAGE_CLASSES; class++)
		result->written[class] += sums->written[class];
	result->zero_pages += sums->zero_pages;
	result->unreadable_pages += sums->unreadable_pages;
	result->lost_pages += sums->lost_pages;
	result->bytes_in += sums->bytes_in;
	if (sums->first_unreadable < result->first_unreadable)
		result->first_unreadable = sums->first_unreadable;
	if (sums->data_end > result->data_end)
		result->data_end = sums->data_end;
	if (sums->thread_memory > result->thread_memory)
		result->thread_memory = sums->thread_memory;
}

static void deal_all(struct worker_deal *deal, struct layout *layout, struct stop *stop)
{
	const struct kept *kept = &layout->kept;
	uint64_t pages = WRITE_CHUNK >> layout->page_shift;

	deal->layout = layout;
	deal->stop = stop;
	deal->chunk_pages = pages ? (unsigned int)pages : 1;

	uint64_t per_block = PAGE_BLOCK / deal->chunk_pages;

	deal->first_chunk = kept->first_block * per_block;
	deal->chunks = (kept->end_block - kept->first_block) * per_block;
	atomic_init(&deal->next, 0);
	atomic_init(&deal->extent, layout->data_start);
}

bool pool_run(struct pool_result *result, struct arena *arena, struct layout *layout, struct stop *stop,
	      struct err *err)
{
	const struct write_request *request = layout->request;
	struct pool pool = { .workers = NULL };
	pthread_condattr_t attributes;

	*result = (struct pool_result){ .first_unreadable = UINT64_MAX, .data_end = layout->data_start };
	deal_all(&pool.deal, layout, stop);
	if (layout->kept.total == 0)
		return true;
	pool.workers = arena_array(arena, request->threads, sizeof(*pool.workers));
	/* One thread is enough to go on with: memory is short in a capture kernel. */
	while (pool.count < request->threads && worker_open(&pool.workers[pool.count], &pool.deal, err))
		pool.count++;
	if (pool.count == 0)
		return false;

	pthread_mutex_init(&pool.lock, NULL);
	pthread_condattr_init(&attributes);
	pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
	pthread_cond_init(&pool.ended, &attributes);
	pthread_condattr_destroy(&attributes);

	struct pool_thread *threads = arena_array(arena, pool.count, sizeof(*threads));
	struct checkpoint_watch look = { lowest, &pool };

	pool.deal.checkpoint = checkpoint_start(arena, layout, stop, request->checkpoint, look);
	start(&pool, threads);
	if (pool.started == 0) {
		for (unsigned int i = 1; i < pool.count; i++)
			atomic_store(&pool.workers[i].reached, PAGE_CLASSES);
		worker_run(&pool.workers[0]);
	}
	watch(&pool);
	for (unsigned int i = 0; i < pool.started; i++)
		pthread_join(pool.workers[i].thread, NULL);

	bool described = checkpoint_finish(pool.deal.checkpoint);
	uint64_t dropped = checkpoint_dropped(pool.deal.checkpoint);

	report(&pool);
	for (unsigned int i = 0; i < pool.count; i++) {
		sum(result, &pool.workers[i]);
		worker_close(&pool.workers[i]);
	}
	/* Those are of the last classes, for pages are described in the order in which they were written. */
	for (unsigned int class = PAGE_CLASSES; !described && dropped && class-- > PAGE_KERNEL;) {
		uint64_t less = result->written[class] < dropped ? result->written[class] : dropped;

		result->written[class] -= less;
		dropped -= less;
	}
	return true;
}
