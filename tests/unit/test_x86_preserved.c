/* SPDX-License-Identifier: GPL-2.0-only */
/* The memory that is kept for a jump back. */
#include "check.h"

#include "kexec/arch/x86/x86.h"
#include "made_s390.h"

static void set_up(struct scene *s, uint64_t mem_max)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	made_machine(&s->machine, 0x10000000, (struct range){ 0x8000000, 0xc000000 });
	s->request = made_request(TARGET_NORMAL, "");
	s->request.mem_max = mem_max;
	s->request.preserve_context = true;
	s->arch = made_s390_arch();
	check_ok(plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err), &s->err);
}

static void tear_down(struct scene *s)
{
	plan_release(&s->plan);
	arena_release(&s->machine.arena);
	arena_release(&s->arena);
}

static void put(struct scene *s, uint64_t address, uint64_t size)
{
	struct placement what = { .role = SEGMENT_KERNEL, .memory_size = size, .unhashed = true };

	check_ok(plan_put(&s->plan, &what, address, &s->err), &s->err);
}

TEST(all_else_is_kept)
{
	static const struct range kept[] = {
		{ 0, 0x100000 }, { 0x200000, 0x300000 }, { 0x301000, 0x8000000 }, { 0xc000000, 0xd000000 },
	};
	struct scene s;

	BEGIN_TEST();
	set_up(&s, 0xcffffff);
	put(&s, 0x300000, 0x1000);
	put(&s, 0x100000, 0x100000);
	check_ok(x86_add_preserved(&s.request, &s.plan, &s.err), &s.err);
	assert_int_equal(s.plan.segment_count, 6);
	for (size_t i = 0; i < 4; i++) {
		const struct segment *segment = &s.plan.segments[2 + i];

		assert_int_equal(segment->role, SEGMENT_PRESERVED);
		assert_int_equal(segment->range.start, kept[i].start);
		assert_int_equal(segment->range.end, kept[i].end);
		assert_int_equal(segment->data.size, 0);
		/* It is not the same when the new kernel starts: nobody may say that it is damaged. */
		assert_false(segment->hashed);
		assert_false(segment->checksummed);
	}
	tear_down(&s);
}

TEST(nothing_left_is_no_error)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, 0xfffff);
	put(&s, 0, 0x100000);
	check_ok(x86_add_preserved(&s.request, &s.plan, &s.err), &s.err);
	assert_int_equal(s.plan.segment_count, 1);
	tear_down(&s);
}

TEST(segments_are_counted)
{
	struct scene s;

	BEGIN_TEST();
	/* n segments with gaps between, behind them and before the first: n + 1 pieces. */
	set_up(&s, 0x7ffffff);
	for (uint64_t i = 0; i < 7; i++)
		put(&s, 0x100000 + i * 0x2000, 0x1000);
	check_ok(x86_add_preserved(&s.request, &s.plan, &s.err), &s.err);
	assert_int_equal(s.plan.segment_count, 15);
	tear_down(&s);

	set_up(&s, 0x7ffffff);
	for (uint64_t i = 0; i < 8; i++)
		put(&s, 0x100000 + i * 0x2000, 0x1000);
	check_fails(x86_add_preserved(&s.request, &s.plan, &s.err), &s.err, ERR_NO_ROOM,
		    "between the 8 segments that are loaded lie 9 pieces of memory");
	assert_non_null(strstr(s.err.text, "that makes 17 segments, and the kernel takes at most 16"));
	assert_int_equal(s.plan.segment_count, 8);
	tear_down(&s);
}

TEST(what_makes_no_sense_is_refused)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, UINT64_MAX);
	check_fails(x86_add_preserved(&s.request, &s.plan, &s.err), &s.err, ERR_USAGE, "--mem-max=ADDRESS");
	s.request.mem_max = 0x7ffffff;
	s.request.target = TARGET_CRASH;
	check_fails(x86_add_preserved(&s.request, &s.plan, &s.err), &s.err, ERR_USAGE, "--load-panic");
	tear_down(&s);
}

CHECK_MAIN(cmocka_unit_test(all_else_is_kept), cmocka_unit_test(nothing_left_is_no_error),
	   cmocka_unit_test(segments_are_counted), cmocka_unit_test(what_makes_no_sense_is_refused))
