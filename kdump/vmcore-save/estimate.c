/* SPDX-License-Identifier: GPL-2.0-only */
/* What a dump would hold, and take: classes by the filter, sizes and speed by a sample of each class's pages. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "kdump/vmcore-save/clock.h"
#include "kdump/vmcore-save/save.h"
#include "kdump/write/pack.h"

/* Pages of a class that are read and packed: evenly spaced among all of it. 4 to 5 seconds of zlib at 64 KiB. */
#define SAMPLE 1024u

/* A page descriptor of the kdump-compressed format. */
#define DESCRIPTOR 24u

/* The classes of which a dump has data, in the order of enum page_class. */
static bool is_sampled(unsigned int class)
{
	return class != PAGE_ABSENT && class != PAGE_NEVER;
}

struct sampler {
	struct estimate *estimate;
	const struct subject *subject;
	struct dump_reader *reader;
	struct packer *packer; /* NULL: not packed */
	uint8_t *out;
	uint64_t next[PAGE_CLASSES]; /* of the sample, which is taken */
	uint64_t seen[PAGE_CLASSES]; /* pages of the class in blocks passed */
};

static uint64_t sample_size(uint64_t total)
{
	return total < SAMPLE ? total : SAMPLE;
}

/* Which page of its class the n-th of the sample is. */
static uint64_t sample_rank(uint64_t total, uint64_t n)
{
	uint64_t size = sample_size(total);

	/* Twice a quotient and a rest: the product of pages and sample fits, for pages have 52 bits at most. */
	return n * (total / size) + n * (total % size) / size;
}

static void sample_page(struct sampler *sampler, uint64_t pfn, unsigned int class)
{
	struct estimate_class *found = &sampler->estimate->classes[class];
	size_t page_size = (size_t)sampler->subject->dump.page_size;
	const uint8_t *page;
	struct err err;

	found->sampled++;
	if (dump_reader_page(sampler->reader, pfn, &page, &err) != DUMP_PAGE_HERE) {
		found->unreadable++;
		return;
	}
	sampler->estimate->bytes += page_size;
	if (pack_is_zero(page, page_size)) {
		found->zero++;
		return;
	}
	found->packed_pages++;
	found->packed_bytes += sampler->packer ? pack_page(sampler->packer, page, sampler->out) : page_size;
}

static bool is_wanted(const struct sampler *sampler, uint64_t block)
{
	const struct page_map *pages = &sampler->subject->pages;

	for (unsigned int class = 0; class < PAGE_CLASSES; class++) {
		uint64_t total = pages->totals[class];

		if (is_sampled(class) && total && sampler->next[class] < sample_size(total) &&
		    sample_rank(total, sampler->next[class]) < sampler->seen[class] + pages->blocks[block].pages[class])
			return true;
	}
	return false;
}

static void sample_block(struct sampler *sampler, uint64_t block, const uint8_t *classes)
{
	const struct page_map *pages = &sampler->subject->pages;
	uint64_t seen[PAGE_CLASSES];

	memcpy(seen, sampler->seen, sizeof(seen));
	for (uint64_t i = 0; i < PAGE_BLOCK; i++) {
		unsigned int class = classes[i];

		if (class >= PAGE_CLASSES || !is_sampled(class))
			continue;

		uint64_t total = pages->totals[class], rank = seen[class]++;

		if (total && sampler->next[class] < sample_size(total) &&
		    rank == sample_rank(total, sampler->next[class])) {
			sampler->next[class]++;
			sample_page(sampler, block * PAGE_BLOCK + i, class);
		}
	}
}

bool estimate_sample(struct estimate *estimate, struct arena *arena, const struct save_options *options,
		     const struct subject *subject, struct err *err)
{
	const struct page_map *pages = &subject->pages;
	size_t page_size = (size_t)subject->dump.page_size;
	struct sampler sampler = { .estimate = estimate, .subject = subject };
	struct page_map_view *view = page_map_view_new(pages, arena);
	uint8_t *classes = arena_alloc(arena, PAGE_BLOCK);
	double begun;

	*estimate = (struct estimate){ 0 };
	sampler.reader = dump_reader_new(&subject->dump, arena, DUMP_WINDOW_JUMPING);
	if (options->format == WRITE_KDUMP && options->packing != WRITE_PLAIN) {
		if (!pack_check(options->packing, options->packing_level, err) ||
		    !pack_open(&sampler.packer, arena, options->packing, options->packing_level, page_size, err))
			return false;
		sampler.out = arena_alloc(arena, pack_bound(options->packing, page_size));
	}
	begun = clock_now();
	for (uint64_t block = 0; block < pages->block_count; block++) {
		if (is_wanted(&sampler, block)) {
			double before = clock_now();

			page_map_classes(view, block, classes);
			begun += clock_now() - before;
			sample_block(&sampler, block, classes);
		}
		for (unsigned int class = 0; class < PAGE_CLASSES; class++)
			sampler.seen[class] += pages->blocks[block].pages[class];
	}
	estimate->seconds = clock_now() - begun;
	return true;
}

/* Of a class: pages that take a descriptor, and bytes of data. */
static void class_size(const struct estimate_class *sample, uint64_t pages, double *data)
{
	uint64_t read = sample->zero + sample->packed_pages;

	*data = read ? (double)pages * (double)sample->packed_bytes / (double)read : 0;
}

uint64_t estimate_size(const struct estimate *estimate, const struct save_options *options,
		       const struct subject *subject, unsigned int level)
{
	double sum = 0;

	for (unsigned int class = PAGE_KERNEL; class < PAGE_CLASSES; class++) {
		uint64_t pages = subject->pages.totals[class];
		double data;

		if (!page_level_keeps(subject_level(subject, level), (enum page_class)class))
			continue;
		class_size(&estimate->classes[class], pages, &data);
		sum += data + (options->format == WRITE_KDUMP ? (double)pages * DESCRIPTOR : 0);
	}
	/* Two bits for each page in the bitmaps; the headers and notes. */
	if (options->format == WRITE_KDUMP)
		sum += (double)subject->pages.end_pfn / 4 + 2 * (double)subject->dump.page_size;
	return (uint64_t)(sum + (double)subject->dump.notes.size);
}

double estimate_seconds(const struct estimate *estimate, const struct subject *subject, unsigned int level,
			unsigned int threads)
{
	double bytes = (double)subject_kept(subject, level) * (double)subject->dump.page_size;

	if (!estimate->bytes || !threads)
		return 0;
	return bytes / (double)estimate->bytes * estimate->seconds / threads;
}


static void print_classes(const struct estimate *estimate, const struct subject *subject)
{
	printf("%-14s %12s %12s %8s %10s   %s\n", "class", "pages", "MiB", "zeros", "packs to", "left out by levels with");
	for (unsigned int i = PAGE_KERNEL; i < PAGE_CLASSES; i++) {
		static const char *const left_out[PAGE_CLASSES] = {
			[PAGE_KERNEL] = "-", [PAGE_CACHE_PRIVATE] = "4", [PAGE_CACHE] = "2 or 4",
			[PAGE_USER] = "8",   [PAGE_FREE] = "16",	 [PAGE_NEVER] = "any from 2 on",
		};
		const struct estimate_class *found = &estimate->classes[i];
		uint64_t read = found->zero + found->packed_pages, pages = subject->pages.totals[i];
		char zeros[16] = "-", packed[16] = "-";

		if (read)
			snprintf(zeros, sizeof(zeros), "%.0f %%", 100 * (double)found->zero / (double)read);
		if (found->packed_pages)
			snprintf(packed, sizeof(packed), "%.1f %%",
				 100 * (double)found->packed_bytes / (double)found->packed_pages /
					 (double)subject->dump.page_size);
		printf("%-14s %12" PRIu64 " %12.1f %8s %10s   %s\n", page_class_name((enum page_class)i), pages,
		       (double)pages * (double)subject->dump.page_size / 0x1p20, zeros, packed, left_out[i]);
	}
}

static void print_levels(const struct estimate *estimate, struct arena *arena, const struct save_options *options,
			 const struct subject *subject, unsigned int threads)
{
	/* Each set of classes once, with zero pages left out as well: that costs nothing, and keeps nothing back. */
	static const unsigned int usual[] = { 1, 3, 7, 9, 11, 15, 17, 19, 23, 25, 27, 31 };
	const unsigned int *levels = options->levels_given ? options->levels : usual;
	size_t count = options->levels_given ? options->level_count : sizeof(usual) / sizeof(usual[0]);
	const char *packing = options_packing_name(arena, options);

	printf("\n%-6s %12s %12s %16s %14s %14s\n", "level", "pages", "MiB", packing, "1 thread", "");
	for (size_t i = 0; i < count; i++) {
		uint64_t pages = subject_kept(subject, levels[i]);
		char many[40] = "";

		if (threads > 1)
			snprintf(many, sizeof(many), "%.1f s with %u", estimate_seconds(estimate, subject, levels[i], threads),
				 threads);
		printf("%-6u %12" PRIu64 " %12.1f %12.1f MiB %12.1f s %14s\n", levels[i], pages,
		       (double)pages * (double)subject->dump.page_size / 0x1p20,
		       (double)estimate_size(estimate, options, subject, levels[i]) / 0x1p20,
		       estimate_seconds(estimate, subject, levels[i], 1), many);
	}
	printf("\nTimes are for reading and packing here, and longer where the target is slower.\n"
	       "Finding the classes took %.2f s.\n",
	       subject->scan_seconds);
}

int estimate_run(const struct save_options *options, const struct tell *tell)
{
	struct arena arena;
	struct subject subject;
	struct estimate estimate;
	struct err err;
	bool done;

	arena_init(&arena);
	done = subject_open(&subject, &arena, options, tell, &err) &&
	       subject_scan(&subject, &arena, options, tell, &err) &&
	       estimate_sample(&estimate, &arena, options, &subject, &err);
	if (done) {
		print_classes(&estimate, &subject);
		print_levels(&estimate, &arena, options, &subject, options_threads(options));
	} else {
		tell_error(tell, "%s", err.text);
	}
	arena_release(&arena);
	if (!done)
		return SAVE_NOTHING;
	return SAVE_COMPLETE;
}
