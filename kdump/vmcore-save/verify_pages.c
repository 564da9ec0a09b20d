/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Reads every page on several threads. Work is dealt in groups of pages; what each thread finds is brought together at
 * the end, and sorted, so that the report does not depend on the threads.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/dump/kdump_state.h"
#include "kdump/dump/parts.h"
#include "kdump/vmcore-save/verify_state.h"
#include "kdump/zeros.h"

#define GROUP KDUMP_RANK_PAGES

#define PROBLEMS_KEPT 1000
#define PROBLEMS_SHOWN 10

/* Pages of zeros whose data is shared. A writer has one; one that stores each by itself fills the table and no more. */
#define SHARED_MAX 64

struct work {
	size_t part;
	uint64_t start, end; /* pages */
};

struct problem {
	uint64_t pfn;
	const char *text;
};

struct shared_data {
	size_t part;
	uint64_t offset, size;
};

struct pool {
	struct verify *verify;
	pthread_mutex_t lock;
	/* Of what is still to be dealt: file and page, or range and page. */
	size_t at;
	uint64_t pfn;
	struct shared_data shared[SHARED_MAX];
	size_t shared_count;
	struct arena texts;
	struct problem problems[PROBLEMS_KEPT];
	size_t problem_count;
	uint64_t problem_total;
};

struct worker {
	struct pool *pool;
	struct arena arena;
	struct dump_reader *reader;
	struct kdump_desc *descs;
	uint64_t here;
	struct shared_data last_shared;
	struct extents {
		struct verify_extent *v;
		size_t count, capacity;
	} *parts;
	pthread_t thread;
};

static void add_problem(struct worker *worker, uint64_t pfn, const char *text)
{
	struct pool *pool = worker->pool;

	pthread_mutex_lock(&pool->lock);
	pool->problem_total++;
	if (pool->problem_count < PROBLEMS_KEPT)
		pool->problems[pool->problem_count++] = (struct problem){ pfn, arena_strdup(&pool->texts, text) };
	pthread_mutex_unlock(&pool->lock);
}

static bool deal_kdump(struct pool *pool, struct work *work)
{
	const struct dump *dump = pool->verify->dump;

	for (; pool->at < dump_part_count(dump); pool->at++, pool->pfn = 0) {
		const struct kdump *kdump = kdump_of(dump_part(dump, pool->at));

		if (pool->pfn < kdump->start_pfn)
			pool->pfn = kdump->start_pfn;
		while (pool->pfn < kdump->end_pfn) {
			uint64_t group = pool->pfn / GROUP, start = pool->pfn, end = (group + 1) * GROUP;

			pool->pfn = end;
			if (kdump->ranks[group].before == kdump->ranks[group + 1].before)
				continue;
			*work = (struct work){ pool->at, start, end < kdump->end_pfn ? end : kdump->end_pfn };
			return true;
		}
	}
	return false;
}

static bool deal_ranges(struct pool *pool, struct work *work)
{
	const struct ranges *there = &pool->verify->survey.there;
	uint64_t size = pool->verify->dump->page_size;

	for (; pool->at < there->count; pool->at++) {
		uint64_t start = there->v[pool->at].start / size, end = (there->v[pool->at].end - 1) / size + 1;

		/* Two ranges may have parts of one page; pool->pfn goes up only. */
		if (pool->pfn < start)
			pool->pfn = start;
		if (pool->pfn >= end)
			continue;
		*work = (struct work){ 0, pool->pfn, end - pool->pfn > GROUP ? pool->pfn + GROUP : end };
		pool->pfn = work->end;
		return true;
	}
	return false;
}

static bool deal(struct pool *pool, struct work *work)
{
	pthread_mutex_lock(&pool->lock);

	bool is_kdump = pool->verify->dump->format == DUMP_KDUMP;
	bool has = is_kdump ? deal_kdump(pool, work) : deal_ranges(pool, work);

	pthread_mutex_unlock(&pool->lock);
	return has;
}

static bool same_data(const struct shared_data *a, const struct shared_data *b)
{
	return a->part == b->part && a->offset == b->offset && a->size == b->size;
}

/* Whether this data of a page of zeros was met before, by any thread. */
static bool is_shared(struct worker *worker, struct shared_data data)
{
	struct pool *pool = worker->pool;
	bool found = false;

	if (same_data(&worker->last_shared, &data))
		return true;
	pthread_mutex_lock(&pool->lock);
	for (size_t i = 0; i < pool->shared_count && !found; i++)
		found = same_data(&pool->shared[i], &data);
	if (!found && pool->shared_count < SHARED_MAX)
		pool->shared[pool->shared_count++] = data;
	pthread_mutex_unlock(&pool->lock);
	worker->last_shared = data;
	return found;
}

static void add_extent(struct worker *worker, size_t part, uint64_t pfn, const struct kdump_desc *desc)
{
	struct extents *extents = &worker->parts[part];
	uint64_t end = desc->offset + desc->size;

	if (extents->count && extents->v[extents->count - 1].end == desc->offset) {
		extents->v[extents->count - 1].end = end;
		return;
	}
	if (extents->count == extents->capacity) {
		size_t capacity = extents->capacity ? extents->capacity * 2 : 1024;
		struct verify_extent *v = arena_array(&worker->arena, capacity, sizeof(*v));

		if (extents->count)
			memcpy(v, extents->v, extents->count * sizeof(*v));
		extents->v = v;
		extents->capacity = capacity;
	}
	extents->v[extents->count++] = (struct verify_extent){ desc->offset, end, pfn };
}

/* Reads one page. What is lost is counted by what is missing at the end. */
static bool read_page(struct worker *worker, uint64_t pfn, const uint8_t **page)
{
	struct err err;

	switch (dump_reader_page(worker->reader, pfn, page, &err)) {
	case DUMP_PAGE_HERE:
		worker->here++;
		return true;
	case DUMP_PAGE_UNREADABLE:
		add_problem(worker, pfn, err.text);
		return false;
	case DUMP_PAGE_LOST:
	case DUMP_PAGE_ABSENT:
	case DUMP_PAGE_EXCLUDED:
		break;
	}
	return false;
}

static void look_at_desc(struct worker *worker, const struct kdump *kdump, size_t part, uint64_t pfn,
			 const struct kdump_desc *desc)
{
	uint64_t block_size = kdump->layout.block_size;
	const char *problem = kdump_desc_problem(kdump, desc);
	const uint8_t *page;
	char text[512];

	/* Of a page whose data was not yet on disk when the writer stopped, the size may be there (kdump_layout.c). */
	if (!desc->offset && (!desc->size || kdump->incomplete))
		return;
	if (kdump->incomplete && desc->flags && desc->size == block_size)
		return;
	if (!desc->offset || !desc->size)
		problem = "it is half empty";
	if (kdump_presence(kdump, pfn) == DUMP_PAGE_ABSENT)
		problem = "the machine has no such page, by the first bitmap";
	if (problem) {
		snprintf(text, sizeof(text),
			 "%s: page 0x%" PRIx64 " (physical 0x%" PRIx64
			 "): its descriptor is damaged: %s (offset 0x%" PRIx64 ", size %" PRIu32 ", flags 0x%" PRIx32 ")",
			 kdump->file->path, pfn, pfn * block_size, problem, desc->offset, desc->size, desc->flags);
		add_problem(worker, pfn, text);
		return;
	}
	if (!read_page(worker, pfn, &page))
		return;
	if (!zeros_only(page, block_size) || !is_shared(worker, (struct shared_data){ part, desc->offset, desc->size }))
		add_extent(worker, part, pfn, desc);
}

static void look_at_group(struct worker *worker, const struct work *work)
{
	const struct kdump *kdump = kdump_of(dump_part(worker->pool->verify->dump, work->part));
	uint64_t rank = kdump_rank(kdump, work->start), next = 0;
	struct err err;
	size_t got;

	if (!kdump_descs_read(kdump, rank, GROUP, worker->descs, &got, &err)) {
		add_problem(worker, work->start, err.text);
		return;
	}
	for (uint64_t pfn = work->start; pfn < work->end && next < got; pfn++) {
		if (kdump_is_dumped(kdump, pfn))
			look_at_desc(worker, kdump, work->part, pfn, &worker->descs[next++]);
	}
}

static void *run(void *data)
{
	struct worker *worker = data;
	const struct dump *dump = worker->pool->verify->dump;
	const uint8_t *page;
	struct work work;

	worker->reader = dump_reader_new(dump, &worker->arena, DUMP_WINDOW_STRAIGHT);
	worker->descs = arena_array(&worker->arena, GROUP, sizeof(*worker->descs));
	while (deal(worker->pool, &work)) {
		if (dump->format == DUMP_KDUMP) {
			look_at_group(worker, &work);
			continue;
		}
		for (uint64_t pfn = work.start; pfn < work.end; pfn++)
			(void)read_page(worker, pfn, &page);
	}
	return NULL;
}

static int by_pfn(const void *a, const void *b)
{
	const struct problem *x = a, *y = b;

	return x->pfn < y->pfn ? -1 : x->pfn > y->pfn;
}

static void report_pages(struct verify *verify, struct pool *pool)
{
	struct finding *f = finding_begin(&verify->findings, "pages");

	qsort(pool->problems, pool->problem_count, sizeof(*pool->problems), by_pfn);
	for (size_t i = 0; i < pool->problem_count && i < PROBLEMS_SHOWN; i++)
		finding_bad(&verify->findings, f, "%s", pool->problems[i].text);
	if (pool->problem_total > PROBLEMS_SHOWN)
		finding_bad(&verify->findings, f, "and %" PRIu64 " more", pool->problem_total - PROBLEMS_SHOWN);
	finding_good(&verify->findings, f, "%" PRIu64 " of %" PRIu64 " are there, each was read", verify->here,
		     verify->expected);
}

/* All threads' extents of one file. */
static void report_extents(struct verify *verify, struct worker *workers, unsigned int count, size_t part)
{
	struct arena scratch;
	size_t total = 0, used = 0;

	arena_init(&scratch);
	for (unsigned int i = 0; i < count; i++)
		total += workers[i].parts[part].count;

	struct verify_extent *all = arena_array(&scratch, total, sizeof(*all));

	for (unsigned int i = 0; i < count; i++) {
		const struct extents *extents = &workers[i].parts[part];

		if (extents->count)
			memcpy(all + used, extents->v, extents->count * sizeof(*all));
		used += extents->count;
	}
	verify_extents(verify, part, all, total);
	arena_release(&scratch);
}

static uint64_t expected_pages(const struct verify *verify)
{
	if (verify->dump->format != DUMP_KDUMP)
		return verify->survey.claimed_pages;

	const struct kdump *kdump = kdump_of(dump_part(verify->dump, 0));
	uint64_t pages = kdump->layout.max_mapnr;

	/* Of a part by itself, its own; of parts together, all. */
	if (kdump_of(verify->dump))
		return kdump->desc_count;
	return kdump->ranks[pages / KDUMP_RANK_PAGES + (pages % KDUMP_RANK_PAGES != 0)].before;
}

void verify_pages(struct verify *verify)
{
	size_t parts = dump_part_count(verify->dump);
	struct pool *pool = arena_alloc(verify->arena, sizeof(*pool));
	struct worker *workers = arena_array(verify->arena, verify->threads, sizeof(*workers));
	unsigned int started = 0;

	pool->verify = verify;
	arena_init(&pool->texts);
	pthread_mutex_init(&pool->lock, NULL);
	for (unsigned int i = 0; i < verify->threads; i++) {
		workers[i].pool = pool;
		workers[i].last_shared.part = SIZE_MAX;
		arena_init(&workers[i].arena);
		workers[i].parts = arena_array(&workers[i].arena, parts, sizeof(*workers[i].parts));
	}
	/* This thread is the first worker: the work is done even where no other can be had. */
	while (started + 1 < verify->threads &&
	       pthread_create(&workers[started + 1].thread, NULL, run, &workers[started + 1]) == 0)
		started++;
	run(&workers[0]);
	for (unsigned int i = 1; i <= started; i++)
		pthread_join(workers[i].thread, NULL);
	for (unsigned int i = 0; i < verify->threads; i++)
		verify->here += workers[i].here;
	verify->expected = expected_pages(verify);
	verify->lost = verify->expected > verify->here + pool->problem_total ?
			       verify->expected - verify->here - pool->problem_total : 0;
	report_pages(verify, pool);
	if (verify->dump->format == DUMP_KDUMP) {
		for (size_t i = 0; i < parts; i++)
			report_extents(verify, workers, verify->threads, i);
	}
	for (unsigned int i = 0; i < verify->threads; i++)
		arena_release(&workers[i].arena);
	arena_release(&pool->texts);
	pthread_mutex_destroy(&pool->lock);
}
