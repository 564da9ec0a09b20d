/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The machine dies at any moment, or writing fails at any write. In place of kdump/write/sink.c: a disk in memory that
 * remembers what came when, from which any state is made that a disk can be in: all that was synced, and of the rest
 * any part, by sectors. In each of them a descriptor is zero or has its page's data behind it, and a file that does not
 * say INCOMPLETE has every page.
 */
#include "config.h"

#include <errno.h>
#include <inttypes.h>
#include <pthread.h>

#ifdef HAVE_ZLIB
#include <zlib.h>
#endif

#include "check.h"
#include "kdump/dump/kdump_wire.h"
#include "kdump/write/layout.h"
#include "kdump/write/write.h"
#include "made_dump.h"

#define SECTOR ((size_t)512)
#define PAGE_SIZE ((size_t)4096)
#define NEVER UINT64_MAX

static const struct range memory[] = { { 3, 700 }, { 1000, 2300 } };

struct event {
	uint64_t offset;
	uint8_t *data; /* NULL: a sync */
	size_t size;
	size_t before; /* of a sync: what came before it began is on disk */
};

struct sink {
	pthread_mutex_t lock;
	struct event *events;
	size_t count, capacity;
	uint64_t reserved, end;
	uint64_t writes, syncs;
	uint64_t fail_write, fail_sync; /* the how manieth */
	enum err_code code;
	bool full; /* since then nothing more fits behind what is reserved */
	size_t lost_from, lost_to; /* events that a failed sync did not bring to disk */
	bool lost;
};

static size_t push(struct sink *sink, struct event event)
{
	if (sink->count == sink->capacity) {
		sink->capacity = sink->capacity ? 2 * sink->capacity : 256;
		sink->events = realloc(sink->events, sink->capacity * sizeof(*sink->events));
	}
	sink->events[sink->count] = event;
	return sink->count++;
}

bool sink_is_stream(const struct sink *sink)
{
	(void)sink;
	return false;
}

bool sink_reserve(struct sink *sink, uint64_t end, struct err *err)
{
	(void)err;
	sink->reserved = end;
	if (end > sink->end)
		sink->end = end;
	return true;
}

bool sink_set_size(struct sink *sink, uint64_t size, struct err *err)
{
	(void)sink;
	(void)size;
	return err_set(err, ERR_INTERNAL, "a kdump-compressed file has the size that was written");
}

bool sink_write(struct sink *sink, uint64_t offset, const void *data, size_t size, struct err *err)
{
	bool ok = true;

	pthread_mutex_lock(&sink->lock);
	if (sink->writes++ >= sink->fail_write)
		sink->full = true;
	if (sink->full && (offset + size > sink->reserved || sink->code != ERR_NO_ROOM))
		ok = err_set(err, sink->code, "made to fail");
	if (ok) {
		struct event event = { .offset = offset, .data = malloc(size), .size = size };

		memcpy(event.data, data, size);
		push(sink, event);
		if (offset + size > sink->end)
			sink->end = offset + size;
	}
	pthread_mutex_unlock(&sink->lock);
	return ok;
}

bool sink_sync(struct sink *sink, struct err *err)
{
	bool ok = true;

	pthread_mutex_lock(&sink->lock);

	size_t before = sink->count;

	if (sink->syncs++ == sink->fail_sync) {
		sink->lost = true;
		sink->lost_to = before;
		ok = err_set(err, sink->code, "made to fail");
	} else {
		push(sink, (struct event){ .before = before });
		if (!sink->lost)
			sink->lost_from = before;
	}
	pthread_mutex_unlock(&sink->lock);
	return ok;
}

static void forget(struct sink *sink)
{
	for (size_t i = 0; i < sink->count; i++)
		free(sink->events[i].data);
	free(sink->events);
	*sink = (struct sink){ .fail_write = NEVER, .fail_sync = NEVER, .code = ERR_NO_ROOM };
	pthread_mutex_init(&sink->lock, NULL);
}

struct scene {
	struct arena arena;
	struct made made;
	struct sink sink;
	struct write_request request;
	struct write_result result;
	uint8_t *disk;
	uint64_t *pfns; /* of kept pages, by rank */
	uint64_t kept;
	uint64_t random;
};

static void open_scene(struct scene *scene)
{
	memset(scene, 0, sizeof(*scene));
	arena_init(&scene->arena);
	made_open(&scene->made, &scene->arena, PAGE_SIZE, memory, sizeof(memory) / sizeof(memory[0]));
	scene->request = (struct write_request){
		.dump = &scene->made.dump, .pages = &scene->made.map, .threads = 2, .level = 4, .end_pfn = UINT64_MAX,
		.packing = write_packing_is_built(WRITE_ZLIB) ? WRITE_ZLIB : WRITE_PLAIN, .packing_level = 1,
		.checkpoint = 65536,
	};
	scene->pfns = arena_array(&scene->arena, (size_t)scene->made.map.end_pfn, sizeof(*scene->pfns));
	for (uint64_t pfn = 0; pfn < scene->made.map.end_pfn; pfn++) {
		if (made_state(&scene->made.dump, pfn) != DUMP_PAGE_ABSENT &&
		    page_level_keeps(scene->request.level, made_class(&scene->made, pfn)))
			scene->pfns[scene->kept++] = pfn;
	}
	scene->random = 12345;
	forget(&scene->sink);
}

static void close_scene(struct scene *scene)
{
	forget(&scene->sink);
	free(scene->disk);
	arena_release(&scene->arena);
}

static uint32_t any(struct scene *scene)
{
	scene->random = scene->random * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(scene->random >> 33);
}

static void write_scene(struct scene *scene)
{
	struct err err;

	check_ok(write_dump(&scene->result, &scene->arena, &scene->request, &scene->sink, &err), &err);
	free(scene->disk);
	scene->disk = malloc((size_t)scene->sink.end);
}

static void apply(const struct scene *scene, const struct event *event)
{
	if (event->data)
		memcpy(scene->disk + event->offset, event->data, event->size);
}

/* Of a write that was not synced, whole sectors are there or not; it may have been cut in any of them. */
static void apply_in_part(struct scene *scene, const struct event *event)
{
	unsigned int kind = any(scene) % 4;

	if (!event->data || kind == 0)
		return;
	for (uint64_t at = event->offset; at < event->offset + event->size;) {
		uint64_t end = (at / SECTOR + 1) * SECTOR;

		if (end > event->offset + event->size)
			end = event->offset + event->size;
		if (kind == 1 || any(scene) % 2)
			memcpy(scene->disk + at, event->data + (at - event->offset), (size_t)(end - at));
		at = end;
	}
}

/* The disk after the machine died behind `count` events. */
static void die_after(struct scene *scene, size_t count)
{
	size_t synced = 0;

	for (size_t i = 0; i < count; i++) {
		if (!scene->sink.events[i].data && scene->sink.events[i].before > synced)
			synced = scene->sink.events[i].before;
	}
	memset(scene->disk, 0, (size_t)scene->sink.end);
	for (size_t i = 0; i < synced; i++)
		apply(scene, &scene->sink.events[i]);
	for (size_t i = synced; i < count; i++)
		apply_in_part(scene, &scene->sink.events[i]);
}

/* As sink_close() leaves it: synced. */
static void closed(struct scene *scene)
{
	struct err err;

	scene->sink.fail_sync = NEVER;
	check_ok(sink_sync(&scene->sink, &err), &err);
	die_after(scene, scene->sink.count);
}

static bool page_is_right(const struct scene *scene, uint64_t pfn, const uint8_t *data, size_t size, uint32_t flags)
{
	uint8_t expected[PAGE_SIZE];

	made_page(pfn, expected, PAGE_SIZE);
	if (flags == 0)
		return size == PAGE_SIZE && memcmp(data, expected, PAGE_SIZE) == 0;
#ifdef HAVE_ZLIB
	uint8_t found[PAGE_SIZE];
	uLongf length = PAGE_SIZE;

	if (flags == KDUMP_PAGE_ZLIB && uncompress(found, &length, data, (uLong)size) == Z_OK)
		return length == PAGE_SIZE && memcmp(found, expected, PAGE_SIZE) == 0;
#endif
	(void)scene;
	return false;
}

struct found {
	bool header, incomplete;
	uint64_t described;
};

static struct found look(const struct scene *scene)
{
	const struct kdump_header64 *header = (const void *)scene->disk;
	struct found found = { .header = memcmp(scene->disk, KDUMP_SIGNATURE, KDUMP_SIGNATURE_SIZE) == 0 };
	uint64_t table = (2 + raw32_get(header->rest.bitmap_blocks, ORDER_LITTLE)) * PAGE_SIZE;

	found.incomplete = raw32_get(header->rest.status, ORDER_LITTLE) & DUMP_STATUS_INCOMPLETE;
	if (!found.header)
		table = (2 + 2) * PAGE_SIZE;
	for (uint64_t rank = 0; rank < scene->kept; rank++) {
		const struct kdump_page_desc *desc = (const void *)(scene->disk + table + rank * sizeof(*desc));
		uint64_t offset = raw64_get(desc->offset, ORDER_LITTLE);
		uint64_t size = raw32_get(desc->size, ORDER_LITTLE);

		if (offset == 0)
			continue;
		/* Half of a descriptor came to disk: readers get an error from zlib, and no bytes. */
		if (size == PAGE_SIZE && raw32_get(desc->flags, ORDER_LITTLE) == KDUMP_PAGE_ZLIB &&
		    !page_is_right(scene, scene->pfns[rank], scene->disk + offset, (size_t)size, KDUMP_PAGE_ZLIB))
			continue;
		if (size == 0 || size > PAGE_SIZE || offset + size > scene->sink.end ||
		    !page_is_right(scene, scene->pfns[rank], scene->disk + offset, (size_t)size,
				   raw32_get(desc->flags, ORDER_LITTLE)))
			fail_msg("page %" PRIu64 ": its descriptor (offset %" PRIu64 ", size %" PRIu64 ") has not its data",
				 scene->pfns[rank], offset, size);
		found.described++;
	}
	if (found.header && !found.incomplete)
		assert_int_equal(found.described, scene->kept);
	return found;
}

TEST(killed_at_any_moment)
{
	static const enum write_packing packings[] = { WRITE_PLAIN, WRITE_ZLIB };
	struct scene scene;

	BEGIN_TEST();
	for (size_t way = 0; way < 4; way++) {
		uint64_t partly = 0;

		open_scene(&scene);
		scene.request.threads = 1 + (unsigned int)way % 2 * 2;
		scene.request.packing = packings[way / 2];
		if (!write_packing_is_built(scene.request.packing)) {
			close_scene(&scene);
			continue;
		}
		write_scene(&scene);
		assert_int_equal(scene.result.outcome, WRITE_COMPLETE);

		size_t count = scene.sink.count, step = check_stride(4) * (count / 60 + 1);

		for (size_t at = 0; at < count; at += at + 30 > count ? check_stride(3) : 1 + any(&scene) % step) {
			die_after(&scene, at);

			struct found found = look(&scene);

			partly += found.described > 0 && found.described < scene.kept;
		}
		/* Else it was never looked at what this is about. */
		assert_true(partly > 10 / check_stride(4));
		closed(&scene);

		struct found found = look(&scene);

		assert_true(found.header && !found.incomplete);
		close_scene(&scene);
	}
}

/* The status word is what comes last, and all else is synced before it. */
TEST(status_comes_last)
{
	struct scene scene;

	BEGIN_TEST();
	/* Without checkpoints all descriptors come at the end. */
	open_scene(&scene);
	scene.request.checkpoint = 0;
	write_scene(&scene);

	const struct event *events = scene.sink.events;
	size_t count = scene.sink.count;

	assert_true(count > 2);
	assert_non_null(events[count - 1].data);
	assert_int_equal(events[count - 1].size, 4);
	assert_null(events[count - 2].data);
	assert_int_equal(events[count - 2].before, count - 2);
	close_scene(&scene);
}

static uint64_t written_pages(const struct scene *scene)
{
	uint64_t total = 0;

	for (unsigned int class = 0; class < PAGE_CLASSES; class++)
		total += scene->result.written[class];
	return total;
}

/* What was written before is described; what is reserved can still be written. */
TEST(no_room_at_any_write)
{
	struct scene scene;

	BEGIN_TEST();
	for (unsigned int threads = 1; threads <= 3; threads += 2) {
		uint64_t writes;

		open_scene(&scene);
		scene.request.threads = threads;
		write_scene(&scene);
		writes = scene.sink.writes;
		for (uint64_t at = 0; at < writes; at += at < 24 ? check_stride(3) : check_stride(4) * (writes / 40 + 1)) {
			struct err err;

			forget(&scene.sink);
			scene.sink.fail_write = at;
			if (!write_dump(&scene.result, &scene.arena, &scene.request, &scene.sink, &err)) {
				assert_int_equal(err.code, ERR_NO_ROOM);
				continue;
			}
			free(scene.disk);
			scene.disk = malloc((size_t)scene.sink.end);
			closed(&scene);

			struct found found = look(&scene);

			assert_true(found.header);
			assert_int_equal(found.described, written_pages(&scene));
			assert_int_equal(found.incomplete, scene.result.cut);
			assert_int_equal(scene.result.outcome == WRITE_COMPLETE, !scene.result.cut);
			if (scene.result.cut)
				assert_int_equal(scene.result.stop.code, ERR_NO_ROOM);
		}
		close_scene(&scene);
	}
}

/* A disk that takes nothing more: the descriptors of what is there cannot be written either. */
TEST(error_at_any_write)
{
	struct scene scene;
	uint64_t writes;

	BEGIN_TEST();
	open_scene(&scene);
	write_scene(&scene);
	writes = scene.sink.writes;
	for (uint64_t at = 0; at < writes;
	     at += at < 16 || at + 8 > writes ? check_stride(3) : check_stride(4) * (writes / 40 + 1)) {
		struct err err;

		forget(&scene.sink);
		scene.sink.fail_write = at;
		scene.sink.code = ERR_SYSTEM;
		if (!write_dump(&scene.result, &scene.arena, &scene.request, &scene.sink, &err)) {
			assert_int_equal(err.code, ERR_SYSTEM);
			continue;
		}
		free(scene.disk);
		scene.disk = malloc((size_t)scene.sink.end);
		/* Threads differ in what they join to one write: the failing one may not have come at all. */
		if (scene.result.outcome == WRITE_COMPLETE)
			closed(&scene);
		else
			die_after(&scene, scene.sink.count);

		struct found found = look(&scene);

		assert_int_equal(found.header && !found.incomplete, scene.result.outcome == WRITE_COMPLETE);
		assert_int_equal(scene.result.cut, scene.result.outcome != WRITE_COMPLETE);
	}
	close_scene(&scene);
}

/* The kernel says once that data did not come to disk, and then takes it for clean. */
TEST(sync_fails)
{
	struct scene scene;
	uint64_t syncs;

	BEGIN_TEST();
	open_scene(&scene);
	write_scene(&scene);
	syncs = scene.sink.syncs;
	assert_true(syncs > 3);
	for (uint64_t at = 0; at < syncs; at++) {
		forget(&scene.sink);
		scene.sink.fail_sync = at;
		scene.sink.code = ERR_SYSTEM;
		write_scene(&scene);
		if (!scene.sink.lost)
			continue;
		memset(scene.disk, 0, (size_t)scene.sink.end);
		for (size_t i = 0; i < scene.sink.count; i++) {
			if (i < scene.sink.lost_from || i >= scene.sink.lost_to)
				apply(&scene, &scene.sink.events[i]);
		}

		struct found found = look(&scene);

		assert_true(scene.result.cut);
		assert_int_not_equal(scene.result.outcome, WRITE_COMPLETE);
		if (found.header)
			assert_true(found.incomplete);
	}
	close_scene(&scene);
}

/* Asked to stop: no further chunk, and what is there is described. */
TEST(stopped)
{
	struct scene scene;
	atomic_bool stop;

	BEGIN_TEST();
	open_scene(&scene);
	atomic_init(&stop, true);
	scene.request.stop = &stop;
	write_scene(&scene);
	assert_true(scene.result.cut);
	assert_int_equal(scene.result.stop.code, ERR_SYSTEM);
	assert_int_equal(scene.result.stop.errnum, EINTR);
	assert_int_not_equal(scene.result.outcome, WRITE_COMPLETE);
	closed(&scene);

	struct found found = look(&scene);

	assert_true(found.header && found.incomplete);
	assert_int_equal(found.described, written_pages(&scene));
	close_scene(&scene);
}

CHECK_MAIN(cmocka_unit_test(killed_at_any_moment), cmocka_unit_test(status_comes_last),
	   cmocka_unit_test(no_room_at_any_write), cmocka_unit_test(error_at_any_write), cmocka_unit_test(sync_fails),
	   cmocka_unit_test(stopped))
