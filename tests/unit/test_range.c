/* SPDX-License-Identifier: GPL-2.0-only */
/* The limits of ranges and of single numbers; what sets do in general is compared with a model in
 * test_range_model.c. */
#include "arena.h"
#include "check.h"
#include "range.h"

#define R(s, e) ((struct range){ s, e })

static void assert_range(struct range found, uint64_t start, uint64_t end)
{
	assert_int_equal(found.start, start);
	assert_int_equal(found.end, end);
}

TEST(single_ranges)
{
	BEGIN_TEST();
	assert_range(range_from_inclusive(0, 0), 0, 1);
	assert_range(range_from_inclusive(0x1000, 0x1fff), 0x1000, 0x2000);
	assert_range(range_from_inclusive(0, UINT64_MAX), 0, UINT64_MAX);
	assert_range(range_from_inclusive(0, UINT64_MAX - 1), 0, UINT64_MAX);
	assert_true(range_is_empty(range_from_inclusive(UINT64_MAX, UINT64_MAX)));
	assert_int_equal(range_size(R(5, 3)), 0);
	assert_int_equal(range_size(R(0, UINT64_MAX)), UINT64_MAX);
	assert_true(range_is_empty(R(7, 7)) && range_is_empty(R(8, 7)) && !range_is_empty(R(7, 8)));
	assert_true(range_contains(R(0, 10), R(0, 10)) && range_contains(R(0, 10), R(3, 3)));
	assert_false(range_contains(R(1, 10), R(0, 10)) || range_contains(R(0, 10), R(0, 11)));
	assert_true(range_overlaps(R(0, 10), R(9, 20)) && range_overlaps(R(9, 20), R(0, 10)));
	assert_false(range_overlaps(R(0, 10), R(10, 20)) || range_overlaps(R(10, 20), R(0, 10)));
}

TEST(intersection_of_two)
{
	BEGIN_TEST();
	assert_range(range_intersect(R(0, 10), R(5, 20)), 5, 10);
	assert_range(range_intersect(R(5, 20), R(0, 10)), 5, 10);
	assert_range(range_intersect(R(0, UINT64_MAX), R(7, 8)), 7, 8);
	assert_true(range_is_empty(range_intersect(R(0, 10), R(10, 20))));
	assert_true(range_is_empty(range_intersect(R(20, 30), R(0, 10))));
	assert_int_equal(range_size(range_intersect(R(20, 30), R(0, 10))), 0);
}

TEST(alignment)
{
	BEGIN_TEST();
	assert_int_equal(align_up(0, 4096), 0);
	assert_int_equal(align_up(1, 4096), 4096);
	assert_int_equal(align_up(4096, 4096), 4096);
	assert_int_equal(align_up(UINT64_MAX - 4095, 4096), UINT64_MAX - 4095);
	assert_int_equal(align_up(UINT64_MAX - 4094, 4096), UINT64_MAX);
	assert_int_equal(align_up(UINT64_MAX, 4096), UINT64_MAX);
	assert_int_equal(align_up(UINT64_MAX, 1), UINT64_MAX);
	assert_int_equal(align_up(1, UINT64_C(1) << 63), UINT64_C(1) << 63);
	assert_int_equal(align_down(4095, 4096), 0);
	assert_int_equal(align_down(UINT64_MAX, 4096), UINT64_MAX - 4095);
	assert_int_equal(align_down(5, 1), 5);
	for (unsigned int bit = 0; bit < 64; bit++)
		assert_true(is_power_of_two(UINT64_C(1) << bit));
	assert_false(is_power_of_two(0) || is_power_of_two(3) || is_power_of_two(UINT64_MAX));
	assert_range(range_shrink(R(1, 8192), 4096), 4096, 8192);
	assert_range(range_shrink(R(0, 8191), 4096), 0, 4096);
	assert_range(range_shrink(R(4096, 8192), 4096), 4096, 8192);
	assert_true(range_is_empty(range_shrink(R(1, 4097), 4096)));
	assert_true(range_is_empty(range_shrink(R(1, 4095), 4096)));
	assert_true(range_is_empty(range_shrink(R(UINT64_MAX - 1, UINT64_MAX), 4096)));
}

TEST(empty_sets)
{
	struct arena arena;
	struct ranges none, one, out;
	uint64_t start;

	BEGIN_TEST();
	arena_init(&arena);
	ranges_init(&none, &arena);
	ranges_init(&one, &arena);
	ranges_normalize(&none);
	ranges_append(&none, R(5, 5));
	ranges_append(&none, R(6, 5));
	ranges_normalize(&none);
	assert_int_equal(none.count, 0);
	ranges_append(&one, R(1, 2));
	ranges_normalize(&one);
	ranges_union(&out, &arena, &none, &none);
	assert_int_equal(out.count, 0);
	ranges_union(&out, &arena, &none, &one);
	assert_int_equal(out.count, 1);
	ranges_intersect(&out, &arena, &none, &one);
	assert_int_equal(out.count, 0);
	ranges_subtract(&out, &arena, &none, &one);
	assert_int_equal(out.count, 0);
	ranges_subtract(&out, &arena, &one, &none);
	assert_int_equal(out.count, 1);
	ranges_subtract(&out, &arena, &one, &one);
	assert_int_equal(out.count, 0);
	assert_int_equal(ranges_index(&none, 0), 0);
	assert_int_equal(ranges_total(&none), 0);
	assert_true(ranges_contain(&none, R(3, 3)));
	assert_false(ranges_contain(&none, R(3, 4)));
	assert_false(ranges_touch(&none, R(0, UINT64_MAX)));
	assert_false(ranges_touch(&one, R(1, 1)));
	assert_false(ranges_find_low(&none, 1, 1, R(0, UINT64_MAX), &start));
	assert_false(ranges_find_high(&none, 1, 1, R(0, UINT64_MAX), &start));
	assert_false(ranges_find_low(&one, 1, 1, R(2, 2), &start));
	assert_false(ranges_find_high(&one, 1, 1, R(2, 1), &start));
	arena_release(&arena);
}

TEST(room_at_the_limits)
{
	struct arena arena;
	struct ranges all, top;
	struct range everywhere = R(0, UINT64_MAX);
	uint64_t start;

	BEGIN_TEST();
	arena_init(&arena);
	ranges_init(&all, &arena);
	ranges_append(&all, everywhere);
	ranges_normalize(&all);
	assert_true(ranges_find_low(&all, UINT64_MAX, 1, everywhere, &start));
	assert_int_equal(start, 0);
	assert_true(ranges_find_high(&all, UINT64_MAX, 4096, everywhere, &start));
	assert_int_equal(start, 0);
	assert_true(ranges_find_high(&all, 4096, 4096, everywhere, &start));
	assert_int_equal(start, UINT64_MAX - 2 * 4096 + 1);
	assert_true(ranges_find_high(&all, 1, UINT64_C(1) << 63, everywhere, &start));
	assert_int_equal(start, UINT64_C(1) << 63);

	ranges_init(&top, &arena);
	ranges_append(&top, R(UINT64_MAX - 5000, UINT64_MAX));
	ranges_normalize(&top);
	assert_true(ranges_find_low(&top, 5000, 1, everywhere, &start));
	assert_true(ranges_find_low(&top, 4095, 4096, everywhere, &start));
	assert_int_equal(start, UINT64_MAX - 4095);
	assert_false(ranges_find_low(&top, 4096, 4096, everywhere, &start));
	assert_false(ranges_find_low(&top, 1, 8192 << 3, everywhere, &start));
	assert_false(ranges_find_high(&top, 1, 8192 << 3, everywhere, &start));
	assert_false(ranges_find_low(&top, UINT64_MAX, 1, everywhere, &start));
	assert_false(ranges_find_high(&top, UINT64_MAX, 1, everywhere, &start));
	arena_release(&arena);
}

/* No fixed bound, and any order of arrival. */
TEST(many_ranges)
{
	enum { COUNT = 200000 };
	struct arena arena;
	struct ranges set;

	BEGIN_TEST();
	arena_init(&arena);
	ranges_init(&set, &arena);

	/* 7 has no common factor with COUNT: every number comes once, far from its neighbours. */
	for (uint64_t i = 0; i < COUNT; i++) {
		uint64_t number = i * 7 % COUNT;

		ranges_append(&set, R(number * 16, number * 16 + 8));
	}
	ranges_normalize(&set);
	assert_int_equal(set.count, COUNT);
	assert_int_equal(ranges_total(&set), COUNT * 8);
	for (uint64_t i = 0; i < COUNT; i += 997) {
		assert_int_equal(set.v[i].start, i * 16);
		assert_int_equal(ranges_index(&set, i * 16 + 7), i);
		assert_int_equal(ranges_index(&set, i * 16 + 8), COUNT);
	}
	for (uint64_t i = 0; i < COUNT; i++)
		ranges_append(&set, R(i * 16 + 8, i * 16 + 16));
	ranges_normalize(&set);
	assert_int_equal(set.count, 1);
	assert_range(set.v[0], 0, COUNT * 16);
	arena_release(&arena);
}

CHECK_MAIN(cmocka_unit_test(single_ranges), cmocka_unit_test(intersection_of_two),
	   cmocka_unit_test(alignment), cmocka_unit_test(empty_sets), cmocka_unit_test(room_at_the_limits),
	   cmocka_unit_test(many_ranges))
