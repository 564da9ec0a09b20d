/* SPDX-License-Identifier: GPL-2.0-only */
/* Kernels in pieces: what is mapped, what is joined, what is refused. */
#include "check.h"

#include <elf.h>

#include "kexec/arch/x86/x86_pieces.h"
#include "made_s390.h"

#define LIMIT (UINT64_C(1) << 32)

struct pieces_scene {
	struct scene s;
	struct elf elf;
	struct x86_pieces pieces;
};

static void set_up(struct pieces_scene *p)
{
	memset(p, 0, sizeof(*p));
	arena_init(&p->s.arena);
	made_machine(&p->s.machine, 0x10000000, (struct range){ 0x8000000, 0xc000000 });
	p->s.request = made_request(TARGET_NORMAL, "");
	p->s.arch = made_s390_arch();
	check_ok(plan_init(&p->s.plan, &p->s.request, &p->s.machine, &p->s.arch, &p->s.err), &p->s.err);

	uint8_t *bytes = arena_alloc(&p->s.arena, 0x20000);

	made_fill(bytes, 0x20000, 3);
	p->elf = (struct elf){ .file = { bytes, 0x20000 } };
	p->elf.segments = arena_array(&p->s.arena, 64, sizeof(*p->elf.segments));
}

static void tear_down(struct pieces_scene *p)
{
	plan_release(&p->s.plan);
	arena_release(&p->s.machine.arena);
	arena_release(&p->s.arena);
}

static void add(struct pieces_scene *p, uint64_t paddr, uint64_t memory_size, uint64_t offset, uint64_t file_size)
{
	p->elf.segments[p->elf.segment_count++] = (struct elf_segment){
		.type = PT_LOAD,
		.offset = offset,
		.file_size = file_size,
		.vaddr = paddr + 0xc0000000,
		.paddr = paddr,
		.memory_size = memory_size,
	};
}

static bool take(struct pieces_scene *p)
{
	return x86_pieces_of_elf(&p->pieces, &p->s.arena, "vm.elf", &p->elf, LIMIT, &p->s.err);
}

static bool put(struct pieces_scene *p, size_t most)
{
	return x86_pieces_put(&p->pieces, most, &p->s.plan, "test", &p->s.err);
}

static const struct segment *check_segment(const struct pieces_scene *p, size_t i, uint64_t start, uint64_t end)
{
	const struct segment *s = &p->s.plan.segments[i];

	assert_true(i < p->s.plan.segment_count);
	assert_int_equal(s->role, SEGMENT_KERNEL);
	assert_int_equal(s->range.start, start);
	assert_int_equal(s->range.end, end);
	return s;
}

TEST(pieces_on_pages_of_their_own_stay_mapped)
{
	struct pieces_scene p;

	BEGIN_TEST();
	set_up(&p);
	/* In any order, and with what is nothing to load. */
	add(&p, 0x300000, 0x5001, 0x8123, 0x1000);
	add(&p, 0x100000, 0x1234, 0x1000, 0x1234);
	add(&p, 0x200000, 0, 0, 0);
	p.elf.segments[p.elf.segment_count++] = (struct elf_segment){ .type = PT_NOTE, .memory_size = 1 };
	check_ok(take(&p), &p.s.err);
	assert_int_equal(p.pieces.count, 2);
	assert_int_equal(p.pieces.extent.start, 0x100000);
	assert_int_equal(p.pieces.extent.end, 0x305001);
	check_ok(put(&p, 8), &p.s.err);
	assert_int_equal(p.s.plan.segment_count, 2);
	assert_ptr_equal(check_segment(&p, 0, 0x100000, 0x102000)->data.data, p.elf.file.data + 0x1000);
	assert_ptr_equal(check_segment(&p, 1, 0x300000, 0x306000)->data.data, p.elf.file.data + 0x8123);
	assert_int_equal(p.s.plan.segments[1].data.size, 0x1000);
	tear_down(&p);
}

TEST(pieces_of_one_page_are_joined)
{
	struct pieces_scene p;

	BEGIN_TEST();
	set_up(&p);
	add(&p, 0x100010, 0x1000, 0, 0x1000);
	add(&p, 0x101800, 0x9000, 0x4000, 0x20);
	add(&p, 0x10b000, 0x1000, 0x5000, 0x1000);
	check_ok(take(&p), &p.s.err);
	check_ok(put(&p, 8), &p.s.err);
	assert_int_equal(p.s.plan.segment_count, 2);

	const struct segment *s = check_segment(&p, 0, 0x100000, 0x10b000);

	assert_int_equal(s->data.size, 0x1820);
	for (size_t i = 0; i < s->data.size; i++) {
		uint8_t wanted = 0;

		if (i >= 0x10 && i < 0x1010)
			wanted = p.elf.file.data[i - 0x10];
		else if (i >= 0x1800)
			wanted = p.elf.file.data[0x4000 + i - 0x1800];
		if (s->data.data[i] != wanted)
			fail_msg("byte 0x%zx is 0x%02x, expected 0x%02x", i, s->data.data[i], wanted);
	}
	assert_ptr_equal(check_segment(&p, 1, 0x10b000, 0x10c000)->data.data, p.elf.file.data + 0x5000);
	tear_down(&p);
}

TEST(memory_without_data_comes_last_in_a_join)
{
	struct pieces_scene p;

	BEGIN_TEST();
	set_up(&p);
	add(&p, 0x100000, 0x10, 0, 0x10);
	add(&p, 0x100800, 0x5000, 0, 0);
	check_ok(take(&p), &p.s.err);
	check_ok(put(&p, 8), &p.s.err);
	assert_int_equal(check_segment(&p, 0, 0x100000, 0x106000)->data.size, 0x10);
	tear_down(&p);
}

TEST(too_many_pieces_are_divided_at_the_widest_gaps)
{
	struct pieces_scene p;

	BEGIN_TEST();
	set_up(&p);
	for (uint64_t i = 0; i < 30; i++)
		add(&p, 0x100000 + i * 0x2000 + (i >= 10 ? 0x100000 : 0) + (i >= 20 ? 0x8000 : 0), 0x1000, i * 0x1000, 0x1000);
	check_ok(take(&p), &p.s.err);
	check_ok(put(&p, 3), &p.s.err);
	assert_int_equal(p.s.plan.segment_count, 3);
	check_segment(&p, 0, 0x100000, 0x113000);
	check_segment(&p, 1, 0x214000, 0x227000);

	const struct segment *s = check_segment(&p, 2, 0x230000, 0x243000);

	for (size_t i = 0; i < 10; i++) {
		assert_memory_equal(s->data.data + i * 0x2000, p.elf.file.data + (20 + i) * 0x1000, 0x1000);
		assert_true(i == 9 || s->data.data[i * 0x2000 + 0x1000] == 0);
	}
	tear_down(&p);
}

TEST(all_become_one_where_one_is_allowed)
{
	struct pieces_scene p;

	BEGIN_TEST();
	set_up(&p);
	for (uint64_t i = 0; i < 5; i++)
		add(&p, UINT64_C(0x100000) << i, 0x1000, 0, 0x1000);
	check_ok(take(&p), &p.s.err);
	check_ok(put(&p, 1), &p.s.err);
	assert_int_equal(p.s.plan.segment_count, 1);
	check_segment(&p, 0, 0x100000, 0x1001000);
	tear_down(&p);
}

TEST(moving_keeps_distances)
{
	struct pieces_scene p;

	BEGIN_TEST();
	set_up(&p);
	add(&p, 0x200000, 0x1000, 0, 0x1000);
	add(&p, 0x204000, 0x1000, 0x1000, 0x1000);
	check_ok(take(&p), &p.s.err);
	x86_pieces_move(&p.pieces, 0x100000);
	assert_int_equal(p.pieces.extent.end, 0x105000);
	x86_pieces_move(&p.pieces, 0x500000);
	check_ok(put(&p, 8), &p.s.err);
	check_segment(&p, 0, 0x500000, 0x501000);
	check_segment(&p, 1, 0x504000, 0x505000);
	tear_down(&p);
}

TEST(overlaps_are_refused)
{
	struct pieces_scene p;

	BEGIN_TEST();
	set_up(&p);
	add(&p, 0x101fff, 0x1000, 0, 0);
	add(&p, 0x100000, 0x2000, 0, 0);
	check_fails(take(&p), &p.s.err, ERR_BAD_IMAGE, "same address 0x101fff");
	tear_down(&p);
}

TEST(addresses_are_bounded)
{
	static const struct {
		uint64_t paddr, size;
	} bad[] = {
		{ LIMIT - 0x1000, 0x1001 }, { LIMIT, 1 },	  { UINT64_MAX, 1 },	  { 1, UINT64_MAX },
		{ 0, LIMIT + 1 },	    { UINT64_MAX - 1, 2 }, { UINT64_MAX, UINT64_MAX },
	};
	struct pieces_scene p;

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		set_up(&p);
		add(&p, bad[i].paddr, bad[i].size, 0, 0);
		check_fails(take(&p), &p.s.err, ERR_BAD_IMAGE, "must end below 0x100000000");
		tear_down(&p);
	}
	set_up(&p);
	add(&p, LIMIT - 0x1000, 0x1000, 0, 0);
	check_ok(take(&p), &p.s.err);
	tear_down(&p);
}

TEST(no_copy_is_made_where_there_is_no_memory)
{
	struct pieces_scene p;

	BEGIN_TEST();
	set_up(&p);
	add(&p, 0x100000, 0x1000, 0, 0x1000);
	add(&p, 0xf0000000, 0x1000, 0, 0x1000);
	check_ok(take(&p), &p.s.err);
	check_fails(put(&p, 1), &p.s.err, ERR_NO_ROOM, "0x100000-0xf0001000, and not all of that is usable memory");
	tear_down(&p);
}

TEST(nothing_to_load_is_refused)
{
	struct pieces_scene p;
	struct x86_piece piece = { .address = 0x100000 };

	BEGIN_TEST();
	set_up(&p);
	check_fails(take(&p), &p.s.err, ERR_BAD_IMAGE, "without a program header of type PT_LOAD");
	check_fails(x86_pieces_of_flat(&p.pieces, &p.s.arena, "flat", piece, LIMIT, &p.s.err), &p.s.err, ERR_BAD_IMAGE,
		    "no byte of it is to be loaded");
	piece.memory_size = 1;
	check_ok(x86_pieces_of_flat(&p.pieces, &p.s.arena, "flat", piece, LIMIT, &p.s.err), &p.s.err);
	assert_int_equal(p.pieces.extent.end, 0x100001);
	tear_down(&p);
}

CHECK_MAIN(cmocka_unit_test(pieces_on_pages_of_their_own_stay_mapped), cmocka_unit_test(pieces_of_one_page_are_joined),
	   cmocka_unit_test(memory_without_data_comes_last_in_a_join),
	   cmocka_unit_test(too_many_pieces_are_divided_at_the_widest_gaps),
	   cmocka_unit_test(all_become_one_where_one_is_allowed), cmocka_unit_test(moving_keeps_distances),
	   cmocka_unit_test(overlaps_are_refused), cmocka_unit_test(addresses_are_bounded),
	   cmocka_unit_test(no_copy_is_made_where_there_is_no_memory), cmocka_unit_test(nothing_to_load_is_refused))
