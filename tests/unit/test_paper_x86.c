/* SPDX-License-Identifier: GPL-2.0-only */
/* The paper machine with x86 plans: verified, damaged, and handed over with low memory saved. */
#include "check.h"
#include "kexec/base/file.h"
#include "kexec/exec/paper.h"
#include "made_x86.h"

#define KERNEL_DATA 300001
#define KERNEL_MEMORY (UINT64_C(1) << 20)

struct scene {
	struct arena arena;
	struct arch arch;
	struct machine machine;
	struct request request;
	struct plan plan;
	struct x86_crash crash;
	struct x86_start start;
	struct err err;
};

static struct blob bytes_of(struct scene *s, size_t size, uint8_t seed)
{
	uint8_t *bytes = arena_alloc(&s->arena, size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(seed + i * 13 + i / 4096);
	return (struct blob){ bytes, size };
}

static uint64_t place(struct scene *s, enum segment_role role, size_t data, uint64_t memory, uint64_t align)
{
	struct placement what = {
		.role = role, .data = bytes_of(s, data, (uint8_t)role), .memory_size = memory, .align = align, .high = true
	};
	uint64_t at;

	check_ok(plan_place(&s->plan, &what, &at, &s->err), &s->err);
	return at;
}

static void begin(struct scene *s, const char *name, enum load_target target)
{
	struct blob text;

	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	s->arch = made_x86_arch();
	s->request = (struct request){ .target = target, .mem_max = UINT64_MAX, .cmdline = "quiet", .meminfo = true };
	check_ok(file_map(&s->arena, arena_printf(&s->arena, "%s/crash_x86/%s.txt", check_env("FIXTURES"), name), NULL,
			  &text, &s->err),
		 &s->err);
	check_ok(machine_read_text(&s->machine, name, text, &s->err), &s->err);
	check_ok(plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err), &s->err);
	if (target == TARGET_CRASH)
		check_ok(x86_crash_place(&s->crash, &s->request, &s->machine, &s->plan, &s->err), &s->err);
	check_ok(x86_add_purgatory(&s->request, &s->crash, 64, &s->plan, &s->err), &s->err);
	s->start = (struct x86_start){
		.mode = 64,
		.rsi = place(s, SEGMENT_BOOT_PARAMS, 5000, 0, 0),
		.entry = place(s, SEGMENT_KERNEL, KERNEL_DATA, KERNEL_MEMORY, 0x200000) + 0x200,
	};
	place(s, SEGMENT_INITRD, 123456, 0, 0);
}

static void seal(struct scene *s)
{
	check_ok(x86_set_start(&s->request, &s->crash, &s->start, &s->plan, &s->err), &s->err);
	check_ok(plan_seal(&s->plan, &s->err), &s->err);
}

static void end(struct scene *s)
{
	plan_release(&s->plan);
	machine_release(&s->machine);
	arena_release(&s->arena);
}

static uint32_t verify(struct scene *s, struct paper *paper, struct purgatory_verdict *verdict)
{
	check_ok(paper_verify(paper, verdict, &s->err), &s->err);
	return verdict->result;
}

/* Each hashed segment at both ends and in samples, zero tails included; what is not hashed may change. */
static void damage_all(struct scene *s, struct paper *paper)
{
	struct purgatory_verdict verdict;

	for (size_t i = 0; i < s->plan.segment_count; i++) {
		const struct segment *segment = &s->plan.segments[i];
		uint64_t size = range_size(segment->range);
		const uint64_t at[] = { 0, 1, size / 3, size / 2, size - 1 };

		if (segment->role == SEGMENT_PURGATORY)
			continue;
		for (size_t k = 0; k < sizeof(at) / sizeof(at[0]); k++) {
			paper_flip(paper, segment->range.start + at[k], 0x20);
			if (segment->hashed) {
				assert_int_equal(verify(s, paper, &verdict), PURGATORY_RESULT_REGION_DAMAGED);
				assert_int_equal(verdict.role, segment->role);
				assert_int_equal(verdict.start, segment->range.start);
			} else {
				assert_int_equal(verify(s, paper, &verdict), PURGATORY_RESULT_INTACT);
			}
			paper_flip(paper, segment->range.start + at[k], 0x20);
		}
	}

	uint64_t params = plan_segment(&s->plan, SEGMENT_PURGATORY)->range.start + s->plan.purgatory.params_offset;

	for (uint64_t at = 0; at < offsetof(struct purgatory_params, result); at++) {
		paper_flip(paper, params + at, 0x80);
		assert_int_equal(verify(s, paper, &verdict), PURGATORY_RESULT_TABLE_DAMAGED);
		paper_flip(paper, params + at, 0x80);
	}
	assert_int_equal(verify(s, paper, &verdict), PURGATORY_RESULT_INTACT);
}

static void check_start(struct scene *s, struct paper *paper)
{
	struct paper_x86_start start;

	check_ok(paper_start_x86(paper, &start, &s->err), &s->err);
	assert_int_equal(start.mode, 64);
	assert_int_equal(start.entry, s->start.entry);
	assert_int_equal(start.rsi, s->start.rsi);
	assert_int_equal(start.rax, 0);
	assert_int_equal(start.rbx, 0);
}

TEST(crash_plan_is_verified_and_damage_refused)
{
	static const char *const machines[] = { "kaslr", "small", "odd" };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++) {
		struct scene s;
		struct paper paper;

		begin(&s, machines[i], TARGET_CRASH);
		seal(&s);
		check_ok(paper_load(&paper, &s.plan, &s.machine, &s.err), &s.err);
		damage_all(&s, &paper);
		check_start(&s, &paper);
		paper_release(&paper);
		end(&s);
	}
}

TEST(normal_plan_is_verified_and_damage_refused)
{
	struct scene s;
	struct paper paper;

	BEGIN_TEST();
	begin(&s, "kaslr", TARGET_NORMAL);
	seal(&s);
	check_ok(paper_load(&paper, &s.plan, &s.machine, &s.err), &s.err);
	damage_all(&s, &paper);
	check_start(&s, &paper);
	paper_release(&paper);
	end(&s);
}

/* The core header, as the capture kernel reads it, leads to what was in low memory before that was used again. */
TEST(low_memory_is_found_through_the_core_header)
{
	struct scene s;
	struct paper paper;
	uint8_t header[4096], seen[5000];
	struct le64 offset, paddr, size;
	struct le16 count;
	bool found = false;

	BEGIN_TEST();
	begin(&s, "kaslr", TARGET_CRASH);
	seal(&s);
	check_ok(paper_load(&paper, &s.plan, &s.machine, &s.err), &s.err);

	struct blob low = bytes_of(&s, 0x9fc00 - 0x1000, 77);

	paper_write(&paper, 0x1000, low.data, low.size);
	check_start(&s, &paper);
	for (uint64_t at = 0x1000; at < 0x9f000; at += sizeof(header)) {
		memset(header, 0xcc, sizeof(header));
		paper_write(&paper, at, header, sizeof(header));
	}

	paper_read(&paper, s.crash.elfcorehdr.start, header, sizeof(header));
	memcpy(&count, header + 56, sizeof(count));
	for (unsigned int i = 0; i < le16_get(count); i++) {
		memcpy(&offset, header + 64 + i * 56 + 8, sizeof(offset));
		memcpy(&paddr, header + 64 + i * 56 + 24, sizeof(paddr));
		memcpy(&size, header + 64 + i * 56 + 32, sizeof(size));
		if (header[64 + i * 56] != 1 || le64_get(paddr) != 0x1000)
			continue;
		assert_int_equal(le64_get(size), low.size);
		for (size_t done = 0; done < low.size; done += sizeof(seen)) {
			size_t part = low.size - done < sizeof(seen) ? low.size - done : sizeof(seen);

			paper_read(&paper, le64_get(offset) + done, seen, part);
			assert_memory_equal(seen, low.data + done, part);
		}
		found = true;
	}
	assert_true(found);
	paper_release(&paper);
	end(&s);
}

/* All of a machine's RAM for a jump back takes none of ours. */
TEST(segments_without_data_cost_nothing)
{
	struct scene s;
	struct paper paper;
	struct purgatory_verdict verdict;
	struct placement all = { .role = SEGMENT_PRESERVED, .memory_size = 0x100000000, .unhashed = true };

	BEGIN_TEST();
	begin(&s, "kaslr", TARGET_NORMAL);
	check_ok(plan_put(&s.plan, &all, 0x100000000, &s.err), &s.err);
	seal(&s);
	check_ok(paper_load(&paper, &s.plan, &s.machine, &s.err), &s.err);
	assert_int_equal(verify(&s, &paper, &verdict), PURGATORY_RESULT_INTACT);
	paper_flip(&paper, 0x123456789, 1);
	assert_int_equal(verify(&s, &paper, &verdict), PURGATORY_RESULT_INTACT);
	paper_release(&paper);
	end(&s);
}

/* A handed-over value that leads nowhere is a loader's mistake, and is told as one. */
TEST(wrong_hand_overs_are_refused)
{
	BEGIN_TEST();
	for (int i = 0; i < 7; i++) {
		static const char *const words[] = { "in a mode of 48 bits", "where nothing was loaded",
						     "the entry is 0x",	     "rsi is 0x",
						     "rbx is 0x",	     "looks for others there",
						     "no backup segment of that place" };
		struct scene s;
		struct paper paper;
		struct paper_x86_start start;

		begin(&s, "kaslr", TARGET_CRASH);
		if (i == 1)
			s.start.entry += KERNEL_DATA;
		if (i == 2)
			s.start.entry = s.start.rsi;
		if (i == 3)
			s.start.rsi = s.start.entry;
		if (i == 4)
			s.start.rbx = s.start.entry;
		check_ok(x86_set_start(&s.request, &s.crash, &s.start, &s.plan, &s.err), &s.err);
		if (i == 0)
			s.plan.purgatory.handoff[PURGATORY_X86_MODE] = 48;
		if (i == 5)
			s.plan.purgatory.handoff[PURGATORY_X86_BACKUP_SIZE] -= 1;
		if (i == 6)
			s.plan.purgatory.handoff[PURGATORY_X86_BACKUP_TARGET] += 0x1000;
		check_ok(plan_seal(&s.plan, &s.err), &s.err);
		check_ok(paper_load(&paper, &s.plan, &s.machine, &s.err), &s.err);
		check_fails(paper_start_x86(&paper, &start, &s.err), &s.err, ERR_INTERNAL, words[i]);
		paper_release(&paper);
		end(&s);
	}
}

/* Of a low and a high reservation the kernel loads into the high one. */
TEST(the_low_reservation_is_no_place_for_segments)
{
	struct scene s;
	struct paper paper;

	BEGIN_TEST();
	begin(&s, "kaslr", TARGET_CRASH);
	seal(&s);
	for (size_t i = 0; i < s.plan.segment_count; i++)
		assert_true(range_contains((struct range){ 0x240000000, 0x270000000 }, s.plan.segments[i].range));
	s.plan.segments[0].range = (struct range){ 0x60000000, 0x60000000 + range_size(s.plan.segments[0].range) };
	check_fails(paper_load(&paper, &s.plan, &s.machine, &s.err), &s.err, ERR_NO_ROOM, "outside of the crash reservation");
	paper_release(&paper);
	end(&s);
}

CHECK_MAIN(cmocka_unit_test(crash_plan_is_verified_and_damage_refused),
	   cmocka_unit_test(normal_plan_is_verified_and_damage_refused),
	   cmocka_unit_test(low_memory_is_found_through_the_core_header),
	   cmocka_unit_test(segments_without_data_cost_nothing), cmocka_unit_test(wrong_hand_overs_are_refused),
	   cmocka_unit_test(the_low_reservation_is_no_place_for_segments))
