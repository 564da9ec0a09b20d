/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Flattened streams, as makedumpfile -F writes them (its IMPLEMENTATION, "flattened format"): a block of 4096 bytes
 * with a signature, then records of big-endian offset and size, each with its bytes; the last has -1 twice.
 *
 * makedumpfile writes records of one page, so a large stream has very many. Records that follow each other in the
 * stream and in the file alike, of one size, are one run here; in practice that leaves about one entry for every
 * hundred records.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kdump/dump/flattened_wire.h"
#include "kdump/dump/format.h"
#include "kdump/find.h"

/* 32 bytes each, and pieces of as many: beyond this, the stream is better put together once by -R. */
#define MAX_RUNS (UINT64_C(1) << 24)

/* Headers of small records are read several at a time. */
#define WALK_WINDOW 16384

static const uint8_t signature[FLATTENED_SIGNATURE_SIZE] = FLATTENED_SIGNATURE;

/* [start, end) of the file; its records have `record` bytes each, but the last may have less. */
struct run {
	uint64_t start, end;
	uint64_t position; /* of the first byte in the stream */
	uint64_t record;
};

/* A part of a run that no later one covers. */
struct piece {
	uint64_t start, end;
	uint64_t run;
};

struct flattened {
	const char *path;
	struct run *runs;
	struct piece *pieces; /* sorted, disjoint */
	uint64_t piece_count;
	uint64_t size;
	bool cut;
};

struct walk {
	struct arena *scratch;
	int fd;
	const char *path;
	uint64_t end; /* of the stream's file */
	struct run *runs;
	uint64_t count, capacity;
	uint8_t *window;
	uint64_t window_start;
	size_t window_size;
};

/* Bytes that are there: fewer than size only at the end of the file. */
static bool read_some(int fd, const char *path, uint64_t position, void *buffer, size_t size, size_t *got,
		      struct err *err)
{
	uint8_t *bytes = buffer;

	*got = 0;
	while (*got < size && position + *got <= INT64_MAX) {
		ssize_t n = pread(fd, bytes + *got, size - *got, (off_t)(position + *got));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_system(err, errno, "cannot read %s at byte %" PRIu64, path, position + *got);
		if (n == 0)
			break;
		*got += (size_t)n;
	}
	return true;
}

static bool read_record_header(struct walk *walk, uint64_t position, bool ahead, struct flattened_record *header,
			       bool *found, struct err *err)
{
	if (position < walk->window_start || position - walk->window_start > walk->window_size ||
	    walk->window_size - (position - walk->window_start) < sizeof(*header)) {
		walk->window_start = position;
		if (!read_some(walk->fd, walk->path, position, walk->window, ahead ? WALK_WINDOW : sizeof(*header),
			       &walk->window_size, err))
			return false;
	}
	*found = walk->window_size - (position - walk->window_start) >= sizeof(*header);
	if (*found)
		memcpy(header, walk->window + (position - walk->window_start), sizeof(*header));
	return true;
}

static bool add_record(struct walk *walk, uint64_t offset, uint64_t size, uint64_t position, struct err *err)
{
	if (walk->count) {
		struct run *last = &walk->runs[walk->count - 1];
		uint64_t length = last->end - last->start;

		if (last->end == offset && size <= last->record && length % last->record == 0 &&
		    position - last->position == length + length / last->record * sizeof(struct flattened_record)) {
			last->end += size;
			return true;
		}
	}
	if (walk->count == MAX_RUNS)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: more than %" PRIu64 " runs of records in a flattened stream: put it together with "
			       "vmcore-save -R first",
			       walk->path, (uint64_t)MAX_RUNS);
	if (walk->count == walk->capacity) {
		uint64_t capacity = walk->capacity ? walk->capacity * 2 : 256;
		struct run *runs = arena_array(walk->scratch, capacity, sizeof(*runs));

		if (walk->count)
			memcpy(runs, walk->runs, walk->count * sizeof(*runs));
		walk->runs = runs;
		walk->capacity = capacity;
	}
	walk->runs[walk->count++] = (struct run){ offset, offset + size, position, size };
	return true;
}

/* *cut is NULL where the stream has its end record. */
static bool walk_records(struct walk *walk, struct arena *arena, const char **cut, bool *damaged, struct err *err)
{
	uint64_t position = FLATTENED_HEADER_SIZE, size = 0;

	for (uint64_t number = 1;; number++) {
		struct flattened_record header;
		bool found;

		if (!read_record_header(walk, position, size < WALK_WINDOW, &header, &found, err))
			return false;
		if (!found) {
			*cut = arena_printf(arena, "the flattened stream ends at byte %" PRIu64
					    " without an end record: it was cut", walk->end);
			return true;
		}

		uint64_t offset = be64_get(header.offset);

		size = be64_get(header.size);
		if (offset == FLATTENED_END && size == FLATTENED_END) {
			*cut = NULL;
			return true;
		}
		if (flattened_is_nothing(offset, size)) {
			*cut = arena_printf(arena, "the flattened stream has zeros from byte %" PRIu64
					    " on, and no end record: it was cut", position);
			return true;
		}
		if (!flattened_is_possible(offset, size)) {
			*cut = arena_printf(arena, "the flattened stream is damaged: record %" PRIu64 " at byte %" PRIu64
					    " has offset %" PRId64 " and size %" PRId64
					    "; what is behind it cannot be read", number, position, (int64_t)offset,
					    (int64_t)size);
			*damaged = true;
			return true;
		}
		position += sizeof(header);

		uint64_t here = position < walk->end ? walk->end - position : 0;

		if (here > size)
			here = size;
		if (here && !add_record(walk, offset, here, position, err))
			return false;
		if (here < size) {
			*cut = arena_printf(arena, "the flattened stream ends at byte %" PRIu64 ", inside record %" PRIu64
					    " of %" PRIu64 " bytes: it was cut", walk->end, number, size);
			return true;
		}
		position += size;
	}
}

/* The file order of a run is its index: of two that overlap, the one with the higher index holds. */
struct sweep {
	const struct run *runs;
	uint64_t *heap; /* indexes of runs that cover the current offset, the highest first; some may have ended */
	uint64_t heap_count;
};

static void heap_push(struct sweep *sweep, uint64_t run)
{
	uint64_t at = sweep->heap_count++;

	while (at && sweep->heap[(at - 1) / 2] < run) {
		sweep->heap[at] = sweep->heap[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	sweep->heap[at] = run;
}

static void heap_pop(struct sweep *sweep)
{
	uint64_t run = sweep->heap[--sweep->heap_count], at = 0;

	for (;;) {
		uint64_t child = 2 * at + 1;

		if (child >= sweep->heap_count)
			break;
		if (child + 1 < sweep->heap_count && sweep->heap[child + 1] > sweep->heap[child])
			child++;
		if (sweep->heap[child] <= run)
			break;
		sweep->heap[at] = sweep->heap[child];
		at = child;
	}
	sweep->heap[at] = run;
}

static int by_start(const void *a, const void *b)
{
	const struct piece *first = a, *second = b;

	if (first->start != second->start)
		return first->start < second->start ? -1 : 1;
	return first->run < second->run ? -1 : first->run > second->run;
}

static bool are_disjoint(const struct piece *sorted, uint64_t count)
{
	for (uint64_t i = 1; i < count; i++) {
		if (sorted[i].start < sorted[i - 1].end)
			return false;
	}
	return true;
}

/* Each step passes the start of a run or the end of one, so there are at most twice as many pieces as runs. */
static uint64_t resolve(const struct piece *sorted, uint64_t count, struct sweep *sweep, struct piece *out)
{
	uint64_t next = 0, made = 0, at = 0;

	for (;;) {
		while (sweep->heap_count && sweep->runs[sweep->heap[0]].end <= at)
			heap_pop(sweep);
		if (!sweep->heap_count) {
			if (next == count)
				return made;
			at = sorted[next].start;
		}
		while (next < count && sorted[next].start <= at)
			heap_push(sweep, sorted[next++].run);
		while (sweep->runs[sweep->heap[0]].end <= at)
			heap_pop(sweep);

		uint64_t run = sweep->heap[0], end = sweep->runs[run].end;

		if (next < count && sorted[next].start < end)
			end = sorted[next].start;
		if (made && out[made - 1].run == run && out[made - 1].end == at)
			out[made - 1].end = end;
		else
			out[made++] = (struct piece){ at, end, run };
		at = end;
	}
}

static void index_runs(struct flattened *flattened, struct arena *arena, const struct walk *walk)
{
	uint64_t count = walk->count;
	struct piece *sorted = arena_array(walk->scratch, count, sizeof(*sorted));

	for (uint64_t i = 0; i < count; i++)
		sorted[i] = (struct piece){ walk->runs[i].start, walk->runs[i].end, i };
	if (count)
		qsort(sorted, count, sizeof(*sorted), by_start);

	struct piece *pieces = sorted;

	flattened->piece_count = count;
	if (!are_disjoint(sorted, count)) {
		struct sweep sweep = { walk->runs, arena_array(walk->scratch, count, sizeof(*sweep.heap)), 0 };

		pieces = arena_array(walk->scratch, 2 * count, sizeof(*pieces));
		flattened->piece_count = resolve(sorted, count, &sweep, pieces);
	}
	flattened->runs = arena_array(arena, count, sizeof(*flattened->runs));
	flattened->pieces = arena_array(arena, flattened->piece_count, sizeof(*pieces));
	if (count) {
		memcpy(flattened->runs, walk->runs, count * sizeof(*flattened->runs));
		memcpy(flattened->pieces, pieces, flattened->piece_count * sizeof(*pieces));
		flattened->size = pieces[flattened->piece_count - 1].end;
	}
}

static bool check_header(int fd, const char *path, struct err *err)
{
	struct flattened_header header;
	size_t got;

	if (!read_some(fd, path, 0, &header, sizeof(header), &got, err))
		return false;
	if (got < sizeof(header) || memcmp(header.signature, signature, sizeof(signature)) != 0)
		return err_set(err, ERR_BAD_IMAGE, "%s does not begin with the signature of a flattened stream", path);
	if (be64_get(header.type) != FLATTENED_TYPE || be64_get(header.version) != FLATTENED_VERSION)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s: flattened stream of type %" PRId64 " version %" PRId64
			       " found, expected type %d version %d",
			       path, (int64_t)be64_get(header.type), (int64_t)be64_get(header.version), FLATTENED_TYPE,
			       FLATTENED_VERSION);
	return true;
}

bool flattened_open(const struct flattened **out, struct arena *arena, int fd, const char *path, uint64_t *size,
		    const char **cut, bool *damaged, struct err *err)
{
	off_t end = lseek(fd, 0, SEEK_END);

	if (end < 0 && errno == ESPIPE)
		return err_set(err, ERR_UNSUPPORTED,
			       "%s is a pipe, and a flattened dump is read in jumps: put it together with "
			       "vmcore-save -R FILE, and give FILE",
			       path);
	if (end < 0)
		return err_system(err, errno, "cannot find the end of %s", path);
	if (!check_header(fd, path, err))
		return false;

	struct arena scratch;
	struct flattened *flattened = arena_alloc(arena, sizeof(*flattened));

	arena_init(&scratch);

	struct walk walk = { .scratch = &scratch, .fd = fd, .path = path, .end = (uint64_t)end,
			     .window = arena_alloc(&scratch, WALK_WINDOW) };
	bool fine;

	*damaged = false;
	fine = walk_records(&walk, arena, cut, damaged, err);

	if (fine) {
		flattened->path = path;
		flattened->cut = *cut != NULL;
		index_runs(flattened, arena, &walk);
		*size = flattened->size;
		*out = flattened;
	}
	arena_release(&scratch);
	return fine;
}

/* The first piece that ends behind offset. */
static uint64_t find_piece(const struct flattened *flattened, uint64_t offset)
{
	return find_above(flattened->pieces, sizeof(*flattened->pieces), offsetof(struct piece, end),
			  (size_t)flattened->piece_count, offset);
}

/* From one record. */
static bool read_piece(const struct flattened *flattened, int fd, const struct piece *piece, uint64_t offset,
		       uint8_t *bytes, size_t size, size_t *got, struct err *err)
{
	const struct run *run = &flattened->runs[piece->run];
	uint64_t number = (offset - run->start) / run->record, into = (offset - run->start) % run->record;
	uint64_t take = run->record - into;

	if (take > piece->end - offset)
		take = piece->end - offset;
	if (take > size)
		take = size;
	return read_some(fd, flattened->path,
			 run->position + number * (run->record + sizeof(struct flattened_record)) + into, bytes,
			 (size_t)take, got, err);
}

bool flattened_read(const struct flattened *flattened, int fd, uint64_t offset, void *buffer, size_t size,
		    size_t *got, struct err *err)
{
	uint8_t *bytes = buffer;

	*got = 0;
	if (offset >= flattened->size)
		return true;
	if (size > flattened->size - offset)
		size = (size_t)(flattened->size - offset);
	for (uint64_t i = find_piece(flattened, offset); *got < size;) {
		const struct piece *piece = &flattened->pieces[i];
		size_t n;

		if (piece->start > offset) {
			/* A file put together by seeking and writing has zeros there; of a cut stream it is missing. */
			if (flattened->cut)
				return true;
			n = size - *got;
			if (n > piece->start - offset)
				n = (size_t)(piece->start - offset);
			memset(bytes + *got, 0, n);
		} else {
			if (!read_piece(flattened, fd, piece, offset, bytes + *got, size - *got, &n, err))
				return false;
			if (!n)
				return true; /* the stream's file became shorter */
		}
		*got += n;
		offset += n;
		if (offset == piece->end)
			i++;
	}
	return true;
}
