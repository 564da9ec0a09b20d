/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Address ranges and sets of them. Half open everywhere: [start, end), bytes, end > start unless empty. Inclusive
 * ends (/proc/iomem) exist in range_from_inclusive() only. The last byte of the 64-bit address space cannot be
 * part of a range; range_from_inclusive() drops it.
 *
 * A set (struct ranges) is sorted, disjoint and joined: touching ranges become one. It grows as needed.
 * range sets are built by appending in any order and one ranges_normalize(): n log n.
 */
#ifndef RANGE_H
#define RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arena;

struct range {
	uint64_t start;
	uint64_t end; /* one past the last byte */
};

struct ranges {
	struct arena *arena; /* owns v */
	struct range *v;
	size_t count;
	size_t capacity;
};

static inline uint64_t range_size(struct range r)
{
	return r.end > r.start ? r.end - r.start : 0;
}

static inline bool range_is_empty(struct range r)
{
	return r.end <= r.start;
}

static inline bool range_contains(struct range outer, struct range inner)
{
	return outer.start <= inner.start && inner.end <= outer.end;
}

static inline bool range_overlaps(struct range a, struct range b)
{
	return a.start < b.end && b.start < a.end;
}

struct range range_from_inclusive(uint64_t first, uint64_t last);

/* The common part; empty (start == end) where there is none. */
struct range range_intersect(struct range a, struct range b);

/* Shrinks to multiples of align (a power of two): start up, end down. May become empty. */
struct range range_shrink(struct range r, uint64_t align);

/* align: a power of two. UINT64_MAX where the result would not fit. */
uint64_t align_up(uint64_t value, uint64_t align);
uint64_t align_down(uint64_t value, uint64_t align);
bool is_power_of_two(uint64_t value);

void ranges_init(struct ranges *set, struct arena *arena);

/* Appends without order; the set is not valid for the calls below until ranges_normalize(). Empty ones are dropped. */
void ranges_append(struct ranges *set, struct range r);
void ranges_normalize(struct ranges *set);

/* All of these take and give normalized sets; out is initialised by the call, in arena, and may not be an input. */
void ranges_union(struct ranges *out, struct arena *arena, const struct ranges *a, const struct ranges *b);
void ranges_intersect(struct ranges *out, struct arena *arena, const struct ranges *a, const struct ranges *b);
void ranges_subtract(struct ranges *out, struct arena *arena, const struct ranges *a, const struct ranges *b);

/* log n. The index of the range that contains address, or set->count. */
size_t ranges_index(const struct ranges *set, uint64_t address);

/* Whether all of r lies in one range of the set. An empty r does. */
bool ranges_contain(const struct ranges *set, struct range r);

/* Whether any byte of r lies in the set. */
bool ranges_touch(const struct ranges *set, struct range r);

/* Sum of the sizes in bytes. */
uint64_t ranges_total(const struct ranges *set);

/*
 * The lowest (highest) aligned start of `size` free bytes inside the set and inside `window`. align is a power of
 * two. False where there is none: no error text, for the caller knows what it was looking for.
 */
bool ranges_find_low(const struct ranges *set, uint64_t size, uint64_t align, struct range window, uint64_t *start);
bool ranges_find_high(const struct ranges *set, uint64_t size, uint64_t align, struct range window, uint64_t *start);

#endif
