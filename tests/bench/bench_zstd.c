/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What zstd alone reaches on the pages of a dump, and how long the page filter takes: the bounds for vmcore-save.
 *
 * bench_zstd DUMP DUMP-LEVEL ZSTD-LEVEL
 *
 * The pages that the level keeps and that are not zeros are read into memory, at most 1 GiB of them. Prints lines of a
 * name and a number: pages, bytes, memory, and the seconds of the filter (the fastest of some). Then, for each line
 * with a number of threads on standard input, these pack all pages once, each page by itself, with a context of their
 * own, and a line with the bytes packed, seconds, and CPU seconds is printed: what it is compared with runs in between.
 */
#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kdump/dump/dump.h"
#include "kdump/kernel/kernel.h"
#include "kdump/kernel/page_map.h"

#ifdef HAVE_ZSTD
#include <zstd.h>

#define FILTER_ROUNDS 5
#define MOST (UINT64_C(1) << 30)
#define THREADS_MAX 64
#define KEEP (UINT64_C(16) << 20)

/* Pages that a thread takes at a time: none is left to pack much alone. */
#define SHARE 64

struct work {
	const uint8_t *pages;
	size_t count, page_size;
	int level;
	atomic_size_t next, packed;
};

static double now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void *pack(void *data)
{
	struct work *work = data;
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(work->page_size), packed = 0, from;
	uint8_t *out = malloc(bound);

	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, work->level);
	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, __builtin_ctzll(work->page_size));
	while ((from = atomic_fetch_add(&work->next, SHARE)) < work->count)
		for (size_t i = from; i < from + SHARE && i < work->count; i++)
			packed += ZSTD_compress2(context, out, bound, work->pages + i * work->page_size, work->page_size);
	atomic_fetch_add(&work->packed, packed);
	free(out);
	ZSTD_freeCCtx(context);
	return NULL;
}

static void measure(struct work *work, unsigned int threads)
{
	pthread_t ids[THREADS_MAX];
	double start = now(CLOCK_MONOTONIC), used = now(CLOCK_PROCESS_CPUTIME_ID);

	atomic_store(&work->next, 0);
	atomic_store(&work->packed, 0);
	for (unsigned int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, pack, work) != 0)
			abort();
	for (unsigned int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	printf("%zu %.6f %.6f\n", atomic_load(&work->packed), now(CLOCK_MONOTONIC) - start,
	       now(CLOCK_PROCESS_CPUTIME_ID) - used);
	fflush(stdout);
}

static bool is_zero(const uint8_t *page, size_t size)
{
	return page[0] == 0 && memcmp(page, page + 1, size - 1) == 0;
}

static uint8_t *collect(const struct page_map *map, struct arena *arena, unsigned int level, size_t *count)
{
	const struct dump *dump = map->dump;
	struct dump_reader *reader = dump_reader_new(dump, arena, DUMP_WINDOW_STRAIGHT);
	struct page_map_view *view = page_map_view_new(map, arena);
	uint8_t *classes = arena_alloc(arena, PAGE_BLOCK), *pages = malloc(MOST);
	size_t size = (size_t)dump->page_size, most = MOST / size;

	*count = 0;
	for (uint64_t block = 0; block < map->block_count; block++) {
		page_map_classes(view, block, classes);
		for (size_t i = 0; i < PAGE_BLOCK && *count < most; i++) {
			const uint8_t *page;
			struct err err;

			if (!page_level_keeps(level, (enum page_class)classes[i]) ||
			    dump_reader_page(reader, block * PAGE_BLOCK + i, &page, &err) != DUMP_PAGE_HERE ||
			    is_zero(page, size))
				continue;
			memcpy(pages + *count * size, page, size);
			++*count;
		}
	}
	return pages;
}

/* The filter by one thread, from nothing. */
static bool filter(struct page_map *map, struct arena *arena, const struct dump *dump, const struct kernel *kernel,
		   struct err *err)
{
	double best = 1e9;

	for (int round = 0; round < FILTER_ROUNDS; round++) {
		double start = now(CLOCK_MONOTONIC);

		if (!page_map_open(map, arena, dump, kernel, KEEP, err) || !page_map_scan(map, 1, NULL, NULL, err))
			return false;

		double seconds = now(CLOCK_MONOTONIC) - start;

		best = seconds < best ? seconds : best;
	}
	printf("memory %" PRIu64 "\nfilter %.6f\n", map->page_count * dump->page_size, best);
	return true;
}

int main(int argc, char **argv)
{
	unsigned int level = argc == 4 ? (unsigned int)atoi(argv[2]) : PAGE_LEVEL_MAX + 1;
	struct kernel kernel, *found = NULL;
	struct work work = { 0 };
	struct page_map map;
	struct arena arena;
	struct dump dump;
	struct err err;
	char line[32];

	if (level > PAGE_LEVEL_MAX) {
		fprintf(stderr, "usage: bench_zstd DUMP DUMP-LEVEL ZSTD-LEVEL\n");
		return 1;
	}
	arena_init(&arena);
	if (!dump_open(&dump, &arena, argv[1], &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}
	if (level > 1 && kernel_open(&kernel, &arena, &dump, &err))
		found = &kernel;
	if (!filter(&map, &arena, &dump, found, &err)) {
		fprintf(stderr, "%s\n", err.text);
		return 1;
	}

	uint8_t *pages = collect(&map, &arena, level, &work.count);

	work.pages = pages;
	work.page_size = (size_t)dump.page_size;
	work.level = atoi(argv[3]);
	printf("pages %zu\nbytes %zu\n", work.count, work.count * work.page_size);
	fflush(stdout);
	while (fgets(line, sizeof(line), stdin)) {
		int threads = atoi(line);

		if (threads < 1 || threads > THREADS_MAX) {
			fprintf(stderr, "bench_zstd: %d threads, expected 1 to %d\n", threads, THREADS_MAX);
			return 1;
		}
		measure(&work, (unsigned int)threads);
	}
	free(pages);
	arena_release(&arena);
	return 0;
}
#else
int main(void)
{
	fprintf(stderr, "built without zstd\n");
	return 77;
}
#endif
