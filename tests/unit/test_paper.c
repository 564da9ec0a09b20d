/* SPDX-License-Identifier: GPL-2.0-only */
/* The paper machine: plans are carried out by the kernel's rules, verified by purgatory's own code, and damaged. */
#include "kexec/exec/paper.h"
#include "made_plan.h"

static struct purgatory_verdict verify(struct scene *m, struct paper *paper)
{
	struct purgatory_verdict verdict = { 0 };

	check_ok(paper_verify(paper, &verdict, &m->err), &m->err);
	return verdict;
}

/* Each segment, at its ends and in samples between. */
static void damage_all(struct scene *m, struct paper *paper)
{
	for (size_t i = 0; i < m->plan.segment_count; i++) {
		const struct segment *s = &m->plan.segments[i];

		if (s->role == SEGMENT_PURGATORY)
			continue;
		for (uint64_t at = s->range.start; at < s->range.end; at += range_size(s->range) / 7 + 1) {
			paper_flip(paper, at, 0x20);

			struct purgatory_verdict verdict = verify(m, paper);

			assert_int_equal(verdict.result, PURGATORY_RESULT_REGION_DAMAGED);
			assert_int_equal(verdict.role, s->role);
			assert_int_equal(verdict.start, s->range.start);
			paper_flip(paper, at, 0x20);
		}
		paper_flip(paper, s->range.end - 1, 0x01);
		assert_int_equal(verify(m, paper).result, PURGATORY_RESULT_REGION_DAMAGED);
		paper_flip(paper, s->range.end - 1, 0x01);
	}
	assert_int_equal(verify(m, paper).result, PURGATORY_RESULT_INTACT);
}

/* Parameters and region table: each byte. */
static void damage_table(struct scene *m, struct paper *paper)
{
	uint64_t start = plan_segment(&m->plan, SEGMENT_PURGATORY)->range.start;
	uint64_t params = start + m->plan.purgatory.params_offset;
	uint64_t table = start + m->plan.purgatory.regions_offset;
	uint64_t regions = m->plan.segment_count - 1;

	for (uint64_t at = params; at < params + offsetof(struct purgatory_params, result); at++) {
		paper_flip(paper, at, 0x80);
		assert_int_equal(verify(m, paper).result, PURGATORY_RESULT_TABLE_DAMAGED);
		paper_flip(paper, at, 0x80);
	}
	for (uint64_t at = table; at < table + regions * sizeof(struct purgatory_region); at++) {
		paper_flip(paper, at, 0x01);
		assert_int_equal(verify(m, paper).result, PURGATORY_RESULT_TABLE_DAMAGED);
		paper_flip(paper, at, 0x01);
	}
	assert_int_equal(verify(m, paper).result, PURGATORY_RESULT_INTACT);
}

TEST(crash_plan_is_verified_and_damage_refused)
{
	struct scene m;
	struct paper paper;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_initrd(&m, 54321, 3);
	made_plan_seal(&m);
	check_ok(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err);
	assert_int_equal(verify(&m, &paper).result, PURGATORY_RESULT_INTACT);
	damage_all(&m, &paper);
	damage_table(&m, &paper);
	paper_release(&paper);
	made_plan_end(&m);
}

TEST(normal_plan_is_verified_and_damage_refused)
{
	struct scene m;
	struct paper paper;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_NORMAL);
	made_plan_initrd(&m, 4096, 3);
	made_plan_seal(&m);
	check_ok(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err);
	assert_int_equal(verify(&m, &paper).result, PURGATORY_RESULT_INTACT);
	damage_all(&m, &paper);
	damage_table(&m, &paper);
	paper_release(&paper);
	made_plan_end(&m);
}

TEST(unchecked_plan_is_started_in_any_state)
{
	struct scene m;
	struct paper paper;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	m.request.skip_checks = true;
	made_plan_seal(&m);
	check_ok(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err);
	paper_flip(&paper, plan_segment(&m.plan, SEGMENT_KERNEL)->range.start, 1);
	assert_int_equal(verify(&m, &paper).result, PURGATORY_RESULT_SKIPPED);
	paper_release(&paper);
	made_plan_end(&m);
}

TEST(broken_plans_are_refused)
{
	BEGIN_TEST();
	for (unsigned int i = 0;; i++) {
		struct scene m;
		struct made_breach breach;
		struct paper paper;

		made_plan_begin(&m, TARGET_CRASH);
		made_plan_seal(&m);

		bool more = made_plan_break(&m, i, &breach);

		if (more)
			check_fails(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err, breach.code, breach.words);
		else
			check_ok(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err);
		paper_release(&paper);
		made_plan_end(&m);
		if (!more) {
			assert_true(i > 10);
			return;
		}
	}
}

TEST(the_machine_decides_what_is_reserved)
{
	struct scene m;
	struct machine other;
	struct paper paper;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_seal(&m);

	made_machine(&other, MADE_RAM, (struct range){ 33 * MIB, 48 * MIB });
	check_fails(paper_load(&paper, &m.plan, &other, &m.err), &m.err, ERR_NO_ROOM, "outside of the crash reservation");
	paper_release(&paper);
	arena_release(&other.arena);

	made_machine(&other, MADE_RAM, (struct range){ 0, 0 });
	check_fails(paper_load(&paper, &m.plan, &other, &m.err), &m.err, ERR_BAD_MACHINE, "no memory reserved");
	paper_release(&paper);
	arena_release(&other.arena);

	/* Of two reservations the kernel loads into the last. */
	made_machine(&other, MADE_RAM, MADE_CRASH);
	ranges_append(&other.crash, (struct range){ 50 * MIB, 60 * MIB });
	check_fails(paper_load(&paper, &m.plan, &other, &m.err), &m.err, ERR_NO_ROOM, "outside of the crash reservation");
	paper_release(&paper);
	arena_release(&other.arena);
	made_plan_end(&m);

	made_plan_begin(&m, TARGET_NORMAL);
	made_plan_seal(&m);
	made_machine(&other, 0x11000, (struct range){ 0, 0 });
	check_fails(paper_load(&paper, &m.plan, &other, &m.err), &m.err, ERR_NO_ROOM, "outside of the machine's RAM");
	paper_release(&paper);
	arena_release(&other.arena);
	made_plan_end(&m);
}

/* Against one array, with writes at the seams of segments and pages. */
TEST(memory_keeps_what_is_written)
{
	static const uint64_t places[] = { 0, 1, 0xfff, 0x1000, 0x1ffe, 0x2a0fff, 0x2a1000, 0x2fff0d, 0x30efff, 0x310001,
					   0x355678, 0x400000 };
	struct scene m;
	struct paper paper;
	const uint64_t low = MADE_CRASH.start - 0x300000, size = 0x800000;
	uint8_t bytes[5000];

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_seal(&m);
	check_ok(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err);

	uint8_t *model = arena_alloc(&m.arena, size), *seen = arena_alloc(&m.arena, size);

	for (size_t i = 0; i < m.plan.segment_count; i++)
		memcpy(model + (m.plan.segments[i].range.start - low), m.plan.segments[i].data.data,
		       m.plan.segments[i].data.size);
	paper_read(&paper, low, seen, size);
	assert_memory_equal(seen, model, size);
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		made_fill(bytes, sizeof(bytes), (uint32_t)i);
		paper_write(&paper, low + places[i], bytes, sizeof(bytes));
		memcpy(model + places[i], bytes, sizeof(bytes));
	}
	paper_read(&paper, low, seen, size);
	assert_memory_equal(seen, model, size);
	paper_release(&paper);
	made_plan_end(&m);
}

static uint64_t field_after(const struct paper *paper, uint64_t address)
{
	struct be64 wire;

	paper_read_after_swap(paper, address, &wire, sizeof(wire));
	return be64_get(wire);
}

static void check_after(const struct paper *paper, uint64_t address, const uint8_t *wanted, size_t size)
{
	uint8_t bytes[4096];

	for (size_t done = 0; done < size;) {
		size_t part = size - done < sizeof(bytes) ? size - done : sizeof(bytes);

		paper_read_after_swap(paper, address + done, bytes, part);
		assert_memory_equal(bytes, wanted + done, part);
		done += part;
	}
}

/* The capture kernel finds itself at 0x10000, its initrd where the parameter area says, and the old memory whole. */
TEST(after_the_swap)
{
	struct scene m;
	struct paper paper;
	uint8_t lowcore[0x2000], *low, *high;
	uint64_t base = MADE_CRASH.start, size = range_size(MADE_CRASH);

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_initrd(&m, 54321, 3);
	made_plan_seal(&m);
	check_ok(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err);

	low = arena_alloc(&m.arena, size);
	made_fill(low, size, 11);
	paper_write(&paper, 0, low, size);
	high = arena_alloc(&m.arena, MIB);
	made_fill(high, MIB, 12);
	paper_write(&paper, base - MIB, high, MIB);
	paper_write(&paper, MADE_CRASH.end, high, MIB);
	memcpy(lowcore, low, sizeof(lowcore));

	assert_int_equal(field_after(&paper, S390_OLDMEM_BASE), base);
	assert_int_equal(field_after(&paper, S390_OLDMEM_SIZE), size);
	assert_int_equal(field_after(&paper, S390_INITRD_SIZE), 54321);
	check_after(&paper, field_after(&paper, S390_INITRD_START), m.image.initrd.data, 54321);
	check_after(&paper, S390_ENTRY_TABLE, (const uint8_t *)"S390EP\0\1", 8);
	check_after(&paper, S390_COMMAND_LINE, (const uint8_t *)"root=/dev/ram0 rdinit=/init", 28);

	const struct segment *kernel = plan_segment(&m.plan, SEGMENT_KERNEL);

	check_after(&paper, kernel->range.start - base, kernel->data.data, kernel->data.size);

	/* Between kernel and initrd nothing was loaded: the old content is only copied up, and stays. */
	check_after(&paper, 5 * MIB, low + 5 * MIB, MIB);

	/* The old memory, where the capture kernel looks for it: the lowcore, and all from the image's start on. */
	check_after(&paper, 0, lowcore, sizeof(lowcore));
	check_after(&paper, base, lowcore, sizeof(lowcore));
	check_after(&paper, base + S390_IMAGE_START, low + S390_IMAGE_START, (size_t)size - S390_IMAGE_START);
	check_after(&paper, base - MIB, high, MIB);
	check_after(&paper, MADE_CRASH.end, high, MIB);

	/* Purgatory runs while it moves things, so it and meminfo stay. */
	const struct segment *meminfo = plan_segment(&m.plan, SEGMENT_MEMINFO);

	check_after(&paper, meminfo->range.start, meminfo->data.data, meminfo->data.size);
	paper_release(&paper);
	made_plan_end(&m);
}

TEST(no_purgatory_no_verdict)
{
	struct scene m;
	struct paper paper;
	struct purgatory_verdict verdict;

	BEGIN_TEST();
	made_plan_begin(&m, TARGET_CRASH);
	made_plan_seal(&m);
	made_plan_segment(&m, SEGMENT_PURGATORY)->role = SEGMENT_KERNEL;
	check_ok(paper_load(&paper, &m.plan, &m.machine, &m.err), &m.err);
	check_fails(paper_verify(&paper, &verdict, &m.err), &m.err, ERR_UNSUPPORTED, "no purgatory");
	paper_release(&paper);
	made_plan_end(&m);
}

CHECK_MAIN(cmocka_unit_test(crash_plan_is_verified_and_damage_refused),
	   cmocka_unit_test(normal_plan_is_verified_and_damage_refused),
	   cmocka_unit_test(unchecked_plan_is_started_in_any_state), cmocka_unit_test(broken_plans_are_refused),
	   cmocka_unit_test(the_machine_decides_what_is_reserved), cmocka_unit_test(memory_keeps_what_is_written),
	   cmocka_unit_test(after_the_swap), cmocka_unit_test(no_purgatory_no_verdict))
