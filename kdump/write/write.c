/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/write/write.h"

#include <inttypes.h>
#include <string.h>

#include "kdump/write/layout.h"
#include "kdump/write/pack.h"
#include "kdump/write/pool.h"
#include "kdump/write/stop.h"

static bool check(const struct write_request *request, const struct layout *layout, struct err *err)
{
	const struct dump *dump = request->dump;

	if (request->level > PAGE_LEVEL_MAX)
		return err_set(err, ERR_USAGE, "dump level %u: 0 to %d", request->level, PAGE_LEVEL_MAX);
	if (request->threads == 0)
		return err_set(err, ERR_USAGE, "0 threads: at least 1 is needed");
	if (request->start_pfn > request->end_pfn)
		return err_set(err, ERR_USAGE, "a part from page 0x%" PRIx64 " to 0x%" PRIx64 ": it ends before it begins",
			       request->start_pfn, request->end_pfn);
	if (!is_power_of_two(dump->page_size) || dump->page_size >= LAYOUT_SIZE_MASK || dump->page_size < 512)
		return err_set(err, ERR_UNSUPPORTED, "%s: pages of %" PRIu64 " bytes are not handled: 512 bytes to 512 KiB",
			       dump->path, dump->page_size);
	if (!layout->ops->packs && request->packing != WRITE_PLAIN)
		return err_set(err, ERR_USAGE, "ELF files cannot hold packed pages: write them plain");
	return pack_check(request->packing, request->packing_level, err);
}

static void fill_result(struct write_result *result, const struct pool_result *pool, const struct stop *stop)
{
	memcpy(result->written, pool->written, sizeof(result->written));
	result->zero_pages = pool->zero_pages;
	result->unreadable_pages = pool->unreadable_pages;
	result->first_unreadable = pool->unreadable_pages ? pool->first_unreadable : 0;
	result->lost_pages = pool->lost_pages;
	result->bytes_in = pool->bytes_in;
	result->bytes_out = pool->data_end;
	result->thread_memory = pool->thread_memory;
	result->cut = atomic_load(&stop->set);
	if (result->cut)
		result->stop = stop->err;
}

static uint64_t total_written(const struct write_result *result)
{
	uint64_t total = 0;

	for (unsigned int class = 0; class < PAGE_CLASSES; class++)
		total += result->written[class];
	return total;
}

/*
 * Whole is what has every page that was asked for: each is counted where it was written, none twice. A source that is
 * incomplete itself may have as excluded what it only lacks.
 */
static bool is_whole(const struct write_result *result, const struct layout *layout)
{
	return !result->cut && !layout->request->dump->incomplete && result->unreadable_pages == 0 &&
	       result->lost_pages == 0 && total_written(result) == layout->kept.total;
}

bool write_dump(struct write_result *result, struct arena *arena, const struct write_request *request,
		struct sink *sink, struct err *err)
{
	struct layout layout = {
		.ops = request->format == WRITE_ELF ? &elf_layout_ops : &kdump_layout_ops,
		.request = request,
		.sink = sink,
		.stream = sink_is_stream(sink),
		.arena = arena,
		.page_size = request->dump->page_size,
		.packed_flag = pack_flag(request->packing),
	};
	struct pool_result pool;
	struct stop stop;

	*result = (struct write_result){ .outcome = WRITE_NOTHING };
	if (!check(request, &layout, err))
		return false;
	layout.page_shift = (unsigned int)__builtin_ctzll(layout.page_size);
	kept_open(&layout.kept, arena, request->pages, request->level, request->start_pfn, request->end_pfn);
	stop_init(&stop);
	if (!layout.ops->begin(&layout, err) || !pool_run(&pool, arena, &layout, &stop, err))
		return false;
	fill_result(result, &pool, &stop);

	bool whole = is_whole(result, &layout);
	struct err late;

	if (!layout.ops->end(&layout, whole, &late)) {
		if (!result->cut)
			result->stop = late;
		result->cut = true;
		whole = false;
	}
	if (whole)
		result->outcome = WRITE_COMPLETE;
	else if (total_written(result))
		result->outcome = WRITE_PARTIAL;
	return true;
}
