/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What zstd alone reaches on the pages of a dump, and how long the page filter takes: the bounds for vmcore-save.
 *
 * bench_zstd DUMP DUMP-LEVEL ZSTD-LEVEL THREADS
 *
 * The pages that the level keeps and that are not zeros are read into memory, at most 1 GiB of them. Each thread packs an
 * equal share of them, each page by itself, with a context of its own. Prints lines of a name and a number; the faster of
 * two rounds counts.
 */
#include "config.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "kdump/dump/dump.h"
#include "kdump/kernel/kernel.h"
#include "kdump/kernel/page_map.h"

#ifdef HAVE_ZSTD
#include <zstd.h>

#define ROUNDS 2
#define MOST (UINT64_C(1) << 30)
#define THREADS_MAX 64
#define KEEP (UINT64_C(16) << 20)

struct share {
	const uint8_t *pages;
	size_t count, page_size;
	int level;
	size_t packed;
};

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

static void *pack(void *data)
{
	struct share *share = data;
	ZSTD_CCtx *context = ZSTD_createCCtx();
	size_t bound = ZSTD_compressBound(share->page_size);
	uint8_t *out = malloc(bound);

	ZSTD_CCtx_setParameter(context, ZSTD_c_compressionLevel, share->level);
	ZSTD_CCtx_setParameter(context, ZSTD_c_windowLog, __builtin_ctzll(share->page_size));
	share->packed = 0;
	for (size_t i = 0; i < share->count; i++)
		share->packed += ZSTD_compress2(context, out, bound, share->pages + i * share->page_size, share->page_size);
	free(out);
	ZSTD_freeCCtx(context);
	return NULL;
}

static void measure(const uint8_t *pages, size_t count, size_t page_size, int level, unsigned int threads)
{
	struct share shares[THREADS_MAX];
	pthread_t ids[THREADS_MAX];
	double best = 1e9;
	size_t packed = 0;

	for (int round = 0; round < ROUNDS; round++) {
		double start = now();

		packed = 0;
		for (unsigned int i = 0; i < threads; i++) {
			size_t from = count * i / threads, to = count * (i + 1) / threads;

			shares[i] = (struct share){ pages + from * page_size, to - from, page_size, level, 0 };
			if (pthread_create(&ids[i], NULL, pack, &shares[i]) != 0)
				abort();
		}
		for (unsigned int i = 0; i < threads; i++) {
			pthread_join(ids[i], NULL);
			packed += shares[i].packed;
		}

		double seconds = now() - start;

		best = seconds < best ? seconds : best;
	}
	printf("pages %zu\nbytes %zu\npacked %zu\nseconds %.6f\n", count, count * page_size, packed, best);
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

	for (int round = 0; round < ROUNDS; round++) {
		double start = now();

		if (!page_map_open(map, arena, dump, kernel, KEEP, err) || !page_map_scan(map, 1, NULL, NULL, err))
			return false;

		double seconds = now() - start;

		best = seconds < best ? seconds : best;
	}
	printf("memory %" PRIu64 "\nfilter %.6f\n", map->page_count * dump->page_size, best);
	return true;
}

int main(int argc, char **argv)
{
	unsigned int level = argc == 5 ? (unsigned int)atoi(argv[2]) : 0;
	unsigned int threads = argc == 5 ? (unsigned int)atoi(argv[4]) : 0;
	struct kernel kernel, *found = NULL;
	struct page_map map;
	struct arena arena;
	struct dump dump;
	struct err err;
	size_t count;

	if (threads < 1 || threads > THREADS_MAX || level > PAGE_LEVEL_MAX) {
		fprintf(stderr, "usage: bench_zstd DUMP DUMP-LEVEL ZSTD-LEVEL THREADS\n");
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

	uint8_t *pages = collect(&map, &arena, level, &count);

	measure(pages, count, (size_t)dump.page_size, atoi(argv[3]), threads);
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
