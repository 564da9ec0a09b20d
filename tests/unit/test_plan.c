/* SPDX-License-Identifier: GPL-2.0-only */
/* plan_place, plan_put and plan_seal: rules by example, then random machines against the rules. */
#include "check.h"

#include "cksm.h"
#include "made_s390.h"
#include "meminfo.h"
#include "sha256.h"

#define PAGE 4096u

static void set_up(struct scene *s, enum load_target target)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	made_machine(&s->machine, 0x10000000, (struct range){ 0x8000000, 0xc000000 });
	s->request = made_request(target, "");
	s->arch = made_s390_arch();
	check_ok(plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err), &s->err);
}

static void tear_down(struct scene *s)
{
	plan_release(&s->plan);
	arena_release(&s->machine.arena);
	arena_release(&s->arena);
}

static struct blob bytes_of(struct scene *s, size_t size, uint32_t seed)
{
	uint8_t *bytes = arena_alloc(&s->arena, size);

	made_fill(bytes, size, seed);
	return (struct blob){ bytes, size };
}

TEST(crash_reservation_is_no_place_for_normal_loads)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_NORMAL);
	assert_int_equal(s.plan.usable.count, 2);
	assert_false(ranges_touch(&s.plan.usable, (struct range){ 0x8000000, 0xc000000 }));
	tear_down(&s);
}

TEST(a_plan_of_nothing_is_refused)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_NORMAL);
	check_fails(plan_seal(&s.plan, &s.err), &s.err, ERR_NO_ROOM, "there is no segment");
	assert_false(s.plan.sealed);
	tear_down(&s);
}

TEST(mem_max_is_inclusive)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_NORMAL);
	plan_release(&s.plan);
	s.request.mem_min = 0x1000;
	s.request.mem_max = 0x1fff;
	check_ok(plan_init(&s.plan, &s.request, &s.machine, &s.arch, &s.err), &s.err);
	assert_int_equal(ranges_total(&s.plan.usable), 0x1000);
	plan_release(&s.plan);
	s.request.mem_max = 0xfff;
	check_fails(plan_init(&s.plan, &s.request, &s.machine, &s.arch, &s.err), &s.err, ERR_NO_ROOM, "--mem-max");
	tear_down(&s);
}

TEST(place_high_low_aligned)
{
	struct scene s;
	uint64_t at;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);

	struct placement low = { .role = SEGMENT_KERNEL, .data = bytes_of(&s, 10, 1), .align = 0x100000 };
	struct placement high = { .role = SEGMENT_INITRD, .data = bytes_of(&s, PAGE + 1, 2), .high = true };
	struct placement window = { .role = SEGMENT_INITRD, .data = bytes_of(&s, 10, 3),
				    .window = { 0x9000001, 0x9100000 } };

	check_ok(plan_place(&s.plan, &low, &at, &s.err), &s.err);
	assert_int_equal(at, 0x8000000);
	check_ok(plan_place(&s.plan, &low, &at, &s.err), &s.err);
	assert_int_equal(at, 0x8100000);
	check_ok(plan_place(&s.plan, &high, &at, &s.err), &s.err);
	assert_int_equal(at, 0xc000000 - 2 * PAGE);
	check_ok(plan_place(&s.plan, &window, &at, &s.err), &s.err);
	assert_int_equal(at, 0x9001000);
	window.memory_size = 0x200000;
	check_fails(plan_place(&s.plan, &window, &at, &s.err), &s.err, ERR_NO_ROOM, "the largest free range there has");
	tear_down(&s);
}

TEST(all_violations_are_named_at_once)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);

	struct placement kernel = { .role = SEGMENT_KERNEL, .data = bytes_of(&s, 2 * PAGE, 1) };
	struct placement initrd = { .role = SEGMENT_INITRD, .data = bytes_of(&s, 10, 1) };

	check_ok(plan_put(&s.plan, &kernel, 0x8000000, &s.err), &s.err);
	check_ok(plan_put(&s.plan, &initrd, 0x8001000, &s.err), &s.err);
	check_ok(plan_put(&s.plan, &initrd, 0x1000, &s.err), &s.err);
	s.plan.entry = 0x8005000;
	check_fails(plan_seal(&s.plan, &s.err), &s.err, ERR_NO_ROOM, "overlap");
	assert_non_null(strstr(s.err.text, "initrd 0x1000-0x2000 lies outside"));
	assert_non_null(strstr(s.err.text, "the entry 0x8005000 lies in no segment"));
	assert_false(s.plan.sealed);
	check_fails(plan_put(&s.plan, &initrd, 0x8001001, &s.err), &s.err, ERR_BAD_IMAGE, "no multiple of the page size");
	check_fails(plan_put(&s.plan, &initrd, UINT64_MAX - PAGE + 1, &s.err), &s.err, ERR_BAD_IMAGE, "address space");
	tear_down(&s);
}

TEST(sixteen_segments_and_not_one_more)
{
	struct scene s;
	uint64_t at;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);

	struct placement one = { .role = SEGMENT_INITRD, .data = bytes_of(&s, 10, 1) };

	for (int i = 0; i < 16; i++)
		check_ok(plan_place(&s.plan, &one, &at, &s.err), &s.err);
	s.plan.entry = at;
	check_ok(plan_seal(&s.plan, &s.err), &s.err);
	s.plan.sealed = false;
	check_ok(plan_place(&s.plan, &one, &at, &s.err), &s.err);
	check_fails(plan_seal(&s.plan, &s.err), &s.err, ERR_NO_ROOM, "17 segments, and the kernel takes at most 16");
	tear_down(&s);
}

TEST(digests_cover_the_zero_tail)
{
	struct scene s;
	uint8_t whole[2 * PAGE] = { 0 }, digest[32];
	struct sha256 sha;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);

	struct blob data = bytes_of(&s, PAGE + 3, 9);

	check_ok(plan_put(&s.plan, &(struct placement){ .role = SEGMENT_KERNEL, .data = data }, 0x8000000, &s.err),
		 &s.err);
	s.plan.entry = 0x8000000;
	check_ok(plan_seal(&s.plan, &s.err), &s.err);
	memcpy(whole, data.data, data.size);
	sha256_start(&sha, sha256_blocks_portable);
	sha256_add(&sha, whole, sizeof(whole));
	sha256_finish(&sha, digest);
	assert_memory_equal(s.plan.segments[0].sha256, digest, 32);
	assert_int_equal(s.plan.segments[0].checksum, cksm(whole, sizeof(whole), 0));
	tear_down(&s);
}

TEST(meminfo_and_purgatory_are_filled)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	check_ok(plan_put(&s.plan, &(struct placement){ .role = SEGMENT_KERNEL, .data = bytes_of(&s, PAGE, 9) }, 0x8010000,
			  &s.err),
		 &s.err);
	check_ok(plan_add_meminfo(&s.plan, 0x800f000, (struct range){ 0xe0c, 0xe14 }, true, "", &s.err), &s.err);
	check_ok(plan_add_purgatory(&s.plan, (struct range){ 0x8002000, 0x800f000 }, true, "", &s.err), &s.err);
	s.plan.entry = s.plan.purgatory.entry;
	check_ok(plan_seal(&s.plan, &s.err), &s.err);

	const struct meminfo_header *header = (const void *)plan_segment(&s.plan, SEGMENT_MEMINFO)->data.data;
	const struct meminfo_record *record = (const void *)(header + 1);

	assert_int_equal(raw64_get(header->magic, ORDER_BIG), MEMINFO_MAGIC);
	assert_int_equal(raw32_get(header->record_count, ORDER_BIG), 6);
	assert_int_equal(raw32_get(header->size, ORDER_BIG), 64 + 6 * 40);
	assert_int_equal(raw32_get(header->checksum, ORDER_BIG), cksm((const uint8_t *)header + 12, 64 + 6 * 40 - 12, 0));
	assert_int_equal(raw32_get(record[0].type, ORDER_BIG), MEMINFO_CRASHKERNEL);
	assert_int_equal(raw32_get(record[1].subtype, ORDER_BIG), SEGMENT_PURGATORY);
	assert_int_equal(raw32_get(record[1].flags, ORDER_BIG), 0);
	assert_int_equal(raw32_get(record[3].subtype, ORDER_BIG), SEGMENT_KERNEL);
	assert_int_equal(raw32_get(record[3].checksum, ORDER_BIG), plan_segment(&s.plan, SEGMENT_KERNEL)->checksum);
	assert_int_equal(raw32_get(record[5].type, ORDER_BIG), MEMINFO_DIGEST);

	/* The digest that purgatory compares: over the parameters and the region table as they lie there. */
	const struct segment *purgatory = plan_segment(&s.plan, SEGMENT_PURGATORY);
	const struct purgatory_params *params = (const void *)(purgatory->data.data + 0x400);
	uint64_t regions = raw64_get(params->regions_offset, ORDER_BIG);
	uint8_t digest[32];
	struct sha256 sha;

	assert_int_equal(raw32_get(params->region_count, ORDER_BIG), 2);
	sha256_start(&sha, sha256_blocks_portable);
	sha256_add(&sha, params, offsetof(struct purgatory_params, result));
	sha256_add(&sha, purgatory->data.data + regions, 2 * sizeof(struct purgatory_region));
	sha256_finish(&sha, digest);
	assert_memory_equal(params->digest, digest, 32);
	assert_int_equal(raw64_get(record[5].address, ORDER_BIG),
			 purgatory->range.start + 0x400 + offsetof(struct purgatory_params, digest));
	tear_down(&s);
}

TEST(no_checks_means_no_digests)
{
	struct scene s;

	BEGIN_TEST();
	set_up(&s, TARGET_CRASH);
	s.plan.skip_checks = true;
	check_ok(plan_put(&s.plan, &(struct placement){ .role = SEGMENT_KERNEL, .data = bytes_of(&s, PAGE, 9) }, 0x8010000,
			  &s.err),
		 &s.err);
	check_ok(plan_add_purgatory(&s.plan, (struct range){ 0x8002000, 0x800f000 }, true, "", &s.err), &s.err);
	s.plan.entry = s.plan.purgatory.entry;
	check_ok(plan_seal(&s.plan, &s.err), &s.err);
	assert_false(plan_segment(&s.plan, SEGMENT_KERNEL)->hashed);

	const struct purgatory_params *params =
		(const void *)(plan_segment(&s.plan, SEGMENT_PURGATORY)->data.data + 0x400);

	assert_int_equal(raw32_get(params->flags, ORDER_BIG), PURGATORY_FLAG_SKIP_CHECKS | PURGATORY_FLAG_CRASH);
	tear_down(&s);
}

static uint32_t next(uint32_t *x)
{
	*x = *x * 1664525u + 1013904223u;
	return *x >> 8;
}

/* Random RAM, random wishes. Whatever plan_place() grants must pass the seal, and the seal must grant nothing else. */
TEST(random_machines)
{
	BEGIN_TEST();
	for (uint32_t seed = 1; seed <= 400; seed++) {
		struct scene s;
		uint32_t x = seed;
		uint64_t at = 0, first = 0;
		bool any = false;

		set_up(&s, TARGET_NORMAL);
		plan_release(&s.plan);
		ranges_init(&s.machine.ram, &s.machine.arena);
		ranges_init(&s.machine.crash, &s.machine.arena);
		for (uint64_t end = 0, i = 0; i < 1 + next(&x) % 40; i++) {
			uint64_t start = end + 1 + next(&x) % 20000;

			end = start + next(&x) % 60000;
			ranges_append(&s.machine.ram, (struct range){ start, end });
		}
		if (!plan_init(&s.plan, &s.request, &s.machine, &s.arch, &s.err)) {
			assert_int_equal(s.err.code, ERR_NO_ROOM);
			tear_down(&s);
			continue;
		}
		for (int i = 0; i < 12; i++) {
			struct placement what = {
				.role = SEGMENT_KERNEL,
				.data = bytes_of(&s, 1 + next(&x) % 9000, seed),
				.align = UINT64_C(1) << (next(&x) % 16),
				.high = next(&x) % 2,
			};

			if (next(&x) % 3 == 0)
				what.memory_size = what.data.size + next(&x) % 9000;
			if (plan_place(&s.plan, &what, &at, &s.err)) {
				assert_int_equal(at % what.align, 0);
				if (!any)
					first = at;
				any = true;
			} else {
				assert_int_equal(s.err.code, ERR_NO_ROOM);
			}
		}
		s.plan.entry = first;
		if (any)
			check_ok(plan_seal(&s.plan, &s.err), &s.err);
		for (size_t i = 0; i < s.plan.segment_count; i++) {
			assert_true(ranges_contain(&s.machine.ram, s.plan.segments[i].range));
			if (i)
				assert_true(s.plan.segments[i - 1].range.end <= s.plan.segments[i].range.start);
		}
		tear_down(&s);
	}
}

CHECK_MAIN(cmocka_unit_test(crash_reservation_is_no_place_for_normal_loads),
	   cmocka_unit_test(a_plan_of_nothing_is_refused), cmocka_unit_test(mem_max_is_inclusive),
	   cmocka_unit_test(place_high_low_aligned), cmocka_unit_test(all_violations_are_named_at_once),
	   cmocka_unit_test(sixteen_segments_and_not_one_more), cmocka_unit_test(digests_cover_the_zero_tail),
	   cmocka_unit_test(meminfo_and_purgatory_are_filled), cmocka_unit_test(no_checks_means_no_digests),
	   cmocka_unit_test(random_machines))
