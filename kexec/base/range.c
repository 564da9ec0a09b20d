/* SPDX-License-Identifier: GPL-2.0-only */
#include "range.h"

#include <stdlib.h>
#include <string.h>

#include "arena.h"

struct range range_from_inclusive(uint64_t first, uint64_t last)
{
	return (struct range){ first, last == UINT64_MAX ? last : last + 1 };
}

struct range range_intersect(struct range a, struct range b)
{
	struct range r = {
		.start = a.start > b.start ? a.start : b.start,
		.end = a.end < b.end ? a.end : b.end,
	};

	if (r.end < r.start)
		r.end = r.start;
	return r;
}

bool is_power_of_two(uint64_t value)
{
	return value && !(value & (value - 1));
}

uint64_t align_down(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

uint64_t align_up(uint64_t value, uint64_t align)
{
	if (value > UINT64_MAX - (align - 1))
		return UINT64_MAX;
	return align_down(value + (align - 1), align);
}

struct range range_shrink(struct range r, uint64_t align)
{
	struct range shrunk = { align_up(r.start, align), align_down(r.end, align) };

	if (shrunk.end < shrunk.start)
		shrunk.end = shrunk.start;
	return shrunk;
}

void ranges_init(struct ranges *set, struct arena *arena)
{
	*set = (struct ranges){ .arena = arena };
}

/* For sets whose largest size is known: no copies while they grow. */
static void init_for(struct ranges *set, struct arena *arena, size_t capacity)
{
	ranges_init(set, arena);
	if (capacity) {
		set->v = arena_array(arena, capacity, sizeof(*set->v));
		set->capacity = capacity;
	}
}

void ranges_append(struct ranges *set, struct range r)
{
	if (range_is_empty(r))
		return;
	if (set->count == set->capacity) {
		size_t capacity = set->capacity ? set->capacity * 2 : 16;
		struct range *grown = arena_array(set->arena, capacity, sizeof(*grown));

		if (set->count)
			memcpy(grown, set->v, set->count * sizeof(*grown));
		set->v = grown;
		set->capacity = capacity;
	}
	set->v[set->count++] = r;
}

static int compare_start(const void *a, const void *b)
{
	const struct range *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

void ranges_normalize(struct ranges *set)
{
	if (set->count == 0)
		return;

	/* Mostly sorted on arrival (/proc/iomem is): then one pass, without the sort. */
	for (size_t i = 1; i < set->count; i++) {
		if (set->v[i].start < set->v[i - 1].start) {
			qsort(set->v, set->count, sizeof(*set->v), compare_start);
			break;
		}
	}

	size_t last = 0;

	for (size_t i = 1; i < set->count; i++) {
		if (set->v[i].start <= set->v[last].end) {
			if (set->v[i].end > set->v[last].end)
				set->v[last].end = set->v[i].end;
		} else {
			set->v[++last] = set->v[i];
		}
	}
	set->count = last + 1;
}

void ranges_union(struct ranges *out, struct arena *arena, const struct ranges *a, const struct ranges *b)
{
	init_for(out, arena, a->count + b->count);

	size_t i = 0, j = 0;

	/* Merged in order, so that normalizing needs no sort. */
	while (i < a->count || j < b->count) {
		if (j == b->count || (i < a->count && a->v[i].start <= b->v[j].start))
			ranges_append(out, a->v[i++]);
		else
			ranges_append(out, b->v[j++]);
	}
	ranges_normalize(out);
}

void ranges_intersect(struct ranges *out, struct arena *arena, const struct ranges *a, const struct ranges *b)
{
	init_for(out, arena, a->count + b->count);
	for (size_t i = 0, j = 0; i < a->count && j < b->count;) {
		ranges_append(out, range_intersect(a->v[i], b->v[j]));
		if (a->v[i].end < b->v[j].end)
			i++;
		else
			j++;
	}
}

void ranges_subtract(struct ranges *out, struct arena *arena, const struct ranges *a, const struct ranges *b)
{
	init_for(out, arena, a->count + b->count);

	size_t j = 0;

	for (size_t i = 0; i < a->count; i++) {
		struct range rest = a->v[i];

		while (j < b->count && b->v[j].end <= rest.start)
			j++;
		for (size_t k = j; k < b->count && b->v[k].start < rest.end; k++) {
			ranges_append(out, (struct range){ rest.start, b->v[k].start });
			rest.start = b->v[k].end;
			if (rest.start >= rest.end)
				break;
			/* What ends inside this range cannot touch a later one. */
			j = k + 1;
		}
		ranges_append(out, rest);
	}
}

/* The first range that ends behind address. */
static size_t first_behind(const struct ranges *set, uint64_t address)
{
	size_t low = 0, high = set->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (set->v[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

size_t ranges_index(const struct ranges *set, uint64_t address)
{
	size_t i = first_behind(set, address);

	return i < set->count && set->v[i].start <= address ? i : set->count;
}

bool ranges_contain(const struct ranges *set, struct range r)
{
	if (range_is_empty(r))
		return true;

	size_t i = ranges_index(set, r.start);

	return i < set->count && r.end <= set->v[i].end;
}

bool ranges_touch(const struct ranges *set, struct range r)
{
	if (range_is_empty(r))
		return false;

	size_t i = first_behind(set, r.start);

	return i < set->count && set->v[i].start < r.end;
}

uint64_t ranges_total(const struct ranges *set)
{
	uint64_t total = 0;

	for (size_t i = 0; i < set->count; i++)
		total += range_size(set->v[i]);
	return total;
}

bool ranges_find_low(const struct ranges *set, uint64_t size, uint64_t align, struct range window, uint64_t *start)
{
	for (size_t i = first_behind(set, window.start); i < set->count; i++) {
		struct range r = range_intersect(set->v[i], window);
		uint64_t candidate = align_up(r.start, align);

		if (set->v[i].start >= window.end)
			break;
		if (candidate < r.end && size <= r.end - candidate && candidate % align == 0) {
			*start = candidate;
			return true;
		}
	}
	return false;
}

bool ranges_find_high(const struct ranges *set, uint64_t size, uint64_t align, struct range window, uint64_t *start)
{
	for (size_t i = set->count; i-- > 0;) {
		struct range r = range_intersect(set->v[i], window);

		if (set->v[i].end <= window.start)
			break;
		if (range_size(r) < size || range_is_empty(r))
			continue;

		uint64_t candidate = align_down(r.end - size, align);

		if (candidate >= r.start) {
			*start = candidate;
			return true;
		}
	}
	return false;
}
