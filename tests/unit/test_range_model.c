/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The algebra of ranges against a model that cannot be wrong in the same way: one flag for each unit of a
 * small piece of the address space, at its bottom, in the middle and at its very end. The numbers are random,
 * from fixed seeds.
 */
#include "arena.h"
#include "check.h"
#include "range.h"

#define UNITS 160
#define ROUNDS 1500

struct world {
	uint64_t base; /* address of the first unit */
	uint64_t unit; /* bytes */
	uint64_t seed;
};

/* The third ends with the last address that a range can end at. */
static const struct world worlds[] = {
	{ 0, 1, 0x9e3779b97f4a7c15 },
	{ 0x7ffffffff000, 4096, 0xd1b54a32d192ed03 },
	{ UINT64_MAX - UNITS, 1, 0x2545f4914f6cdd1d },
	{ 0xffffffffffff0000 - UNITS * 0x10000, 0x10000, 0x8cb92ba72f3d8dd7 },
};

struct model {
	bool has[UNITS];
};

/* xorshift64*: the same numbers on every host. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state >> 12;
	*state ^= *state << 25;
	*state ^= *state >> 27;
	return *state * UINT64_C(0x2545f4914f6cdd1d);
}

static size_t below(uint64_t *state, size_t limit)
{
	return (size_t)((next_random(state) >> 33) % limit);
}

static uint64_t address(const struct world *world, size_t unit)
{
	return world->base + unit * world->unit;
}

static struct range units(const struct world *world, size_t from, size_t to)
{
	return (struct range){ address(world, from), address(world, to) };
}

/* Ranges in any order, overlapping, touching and empty ones among them. */
static void random_set(const struct world *world, uint64_t *state, struct ranges *set, struct model *model)
{
	size_t count = below(state, 25);
	size_t longest = below(state, 4) == 0 ? UNITS : 12;

	*model = (struct model){ { false } };
	for (size_t i = 0; i < count; i++) {
		size_t from = below(state, UNITS), length = below(state, longest);
		size_t to = from + length < UNITS ? from + length : UNITS;

		ranges_append(set, units(world, from, to));
		for (size_t unit = from; unit < to; unit++)
			model->has[unit] = true;
	}
	ranges_normalize(set);
}

/* The set is the one and only normal form of the model. */
static void check_set(const struct world *world, const struct ranges *set, const struct model *model)
{
	size_t count = 0;
	uint64_t total = 0;

	for (size_t from = 0; from < UNITS;) {
		size_t to = from;

		while (to < UNITS && model->has[to])
			to++;
		if (to == from) {
			from++;
			continue;
		}
		assert_true(count < set->count);
		assert_int_equal(set->v[count].start, address(world, from));
		assert_int_equal(set->v[count].end, address(world, to));
		total += (to - from) * world->unit;
		count++;
		from = to;
	}
	assert_int_equal(count, set->count);
	assert_int_equal(ranges_total(set), total);
}

static void check_algebra(const struct world *world, struct arena *arena, uint64_t *state)
{
	struct ranges a, b, joined, common, rest;
	struct model in_a, in_b, expected;

	ranges_init(&a, arena);
	ranges_init(&b, arena);
	random_set(world, state, &a, &in_a);
	random_set(world, state, &b, &in_b);
	check_set(world, &a, &in_a);
	check_set(world, &b, &in_b);

	ranges_union(&joined, arena, &a, &b);
	for (size_t i = 0; i < UNITS; i++)
		expected.has[i] = in_a.has[i] || in_b.has[i];
	check_set(world, &joined, &expected);

	ranges_intersect(&common, arena, &a, &b);
	for (size_t i = 0; i < UNITS; i++)
		expected.has[i] = in_a.has[i] && in_b.has[i];
	check_set(world, &common, &expected);

	ranges_subtract(&rest, arena, &a, &b);
	for (size_t i = 0; i < UNITS; i++)
		expected.has[i] = in_a.has[i] && !in_b.has[i];
	check_set(world, &rest, &expected);

	/* The inputs are as before. */
	check_set(world, &a, &in_a);
	check_set(world, &b, &in_b);
}

static void check_questions(const struct world *world, struct arena *arena, uint64_t *state)
{
	struct ranges set;
	struct model model;
	size_t index = 0;

	ranges_init(&set, arena);
	random_set(world, state, &set, &model);
	for (size_t i = 0; i < UNITS; i++) {
		size_t expected = model.has[i] ? index : set.count;

		assert_int_equal(ranges_index(&set, address(world, i)), expected);
		assert_int_equal(ranges_index(&set, address(world, i) + world->unit - 1), expected);
		if (model.has[i] && (i + 1 == UNITS || !model.has[i + 1]))
			index++;
	}
	assert_int_equal(ranges_index(&set, address(world, UNITS)), set.count);

	for (size_t from = 0; from < UNITS; from++) {
		bool all = true, any = false;

		for (size_t to = from;; to++) {
			assert_int_equal(ranges_contain(&set, units(world, from, to)), all);
			assert_int_equal(ranges_touch(&set, units(world, from, to)), any);
			if (to == UNITS)
				break;
			all = all && model.has[to];
			any = any || model.has[to];
		}
	}
}

/* Whether `size` bytes at start are free, by looking at each unit. */
static bool is_free(const struct world *world, const struct model *model, uint64_t start, uint64_t size)
{
	for (size_t i = 0; i < UNITS; i++) {
		struct range unit = units(world, i, i + 1);

		if (range_overlaps(unit, (struct range){ start, start + size }) && !model->has[i])
			return false;
	}
	return true;
}

static void check_find(const struct world *world, struct arena *arena, uint64_t *state)
{
	struct ranges set;
	struct model model;
	size_t from = below(state, UNITS + 1), to = below(state, UNITS + 1);
	struct range window = units(world, from, to);
	uint64_t size = (1 + below(state, 20)) * world->unit;
	uint64_t align = world->unit << below(state, 6);
	uint64_t low = 0, high = 0, start;
	bool any = false;

	ranges_init(&set, arena);
	random_set(world, state, &set, &model);

	/* A window and a size that are no multiples of a unit. */
	if (world->unit > 1 && below(state, 2)) {
		window.start += below(state, world->unit);
		size -= below(state, world->unit);
		align = (uint64_t)1 << below(state, 20);
	}

	/*
	 * The lowest start is that of a unit or of the window, or the next aligned address; the highest ends
	 * with a unit or the window, or starts at the next aligned address below. A sum that wraps around is
	 * outside the window.
	 */
	for (size_t i = 0; i < UNITS; i++) {
		struct range unit = units(world, i, i + 1);
		uint64_t candidates[] = {
			(unit.start + align - 1) / align * align,
			(window.start + align - 1) / align * align,
			(unit.end - size) / align * align,
			(window.end - size) / align * align,
		};

		for (size_t k = 0; k < sizeof(candidates) / sizeof(candidates[0]); k++) {
			uint64_t candidate = candidates[k];

			if (candidate < window.start || candidate < world->base || candidate > window.end ||
			    size > window.end - candidate)
				continue;
			if (!is_free(world, &model, candidate, size))
				continue;
			if (!any || candidate < low)
				low = candidate;
			if (!any || candidate > high)
				high = candidate;
			any = true;
		}
	}

	assert_int_equal(ranges_find_low(&set, size, align, window, &start), any);
	if (any)
		assert_int_equal(start, low);
	assert_int_equal(ranges_find_high(&set, size, align, window, &start), any);
	if (any)
		assert_int_equal(start, high);
}

static void run(const char *what, void (*check)(const struct world *, struct arena *, uint64_t *),
		size_t rounds)
{
	for (size_t i = 0; i < sizeof(worlds) / sizeof(worlds[0]); i++) {
		uint64_t state = worlds[i].seed;

		print_message("%s: base 0x%llx, unit 0x%llx, seed 0x%llx, %zu rounds\n", what,
			      (unsigned long long)worlds[i].base, (unsigned long long)worlds[i].unit,
			      (unsigned long long)state, rounds);
		for (size_t round = 0; round < rounds; round++) {
			struct arena arena;

			arena_init(&arena);
			check(&worlds[i], &arena, &state);
			arena_release(&arena);
		}
	}
}

TEST(algebra)
{
	BEGIN_TEST();
	run("union, intersection, difference", check_algebra, ROUNDS);
}

TEST(questions)
{
	BEGIN_TEST();
	run("index, contain, touch", check_questions, ROUNDS / 25);
}

TEST(room)
{
	BEGIN_TEST();
	run("lowest and highest room", check_find, ROUNDS * 2);
}

CHECK_MAIN(cmocka_unit_test(algebra), cmocka_unit_test(questions), cmocka_unit_test(room))
