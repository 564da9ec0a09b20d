/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The paper machine with plans for Power: verified, damaged in each byte of the parameters, and handed over as
 * purgatory does it, whose own check of what it was told is run here, too.
 */
#include "config.h"

#ifdef HAVE_LIBFDT

#include "ppc64_scene.h"

#include "kexec/exec/paper.h"
#include "purgatory/arch/ppc64/sense.c"

#define CPU 24 /* hardware number of the CPU that leaves the old kernel */

static const struct {
	const char *machine, *kernel;
	enum load_target target;
	bool big;
} scenes[] = {
	{ "pseries", "le", TARGET_CRASH, false },     { "pseries-radix", "be", TARGET_CRASH, true },
	{ "powernv", "be-2-parts", TARGET_NORMAL, true }, { "powernv", "le", TARGET_CRASH, false },
	{ "drconf-v2", "le-3-parts", TARGET_CRASH, true }, { "drconf-v1", "be", TARGET_NORMAL, false },
};

#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

static void begin(struct ppc64_scene *s, struct paper *paper, size_t i)
{
	ppc64_scene_begin(s, scenes[i].big, scenes[i].machine, scenes[i].kernel, scenes[i].target);
	ppc64_scene_initrd(s, 54321);
	check_ok(ppc64_scene_load(s), &s->err);
	check_ok(paper_load(paper, &s->plan, &s->machine, &s->err), &s->err);
}

static void end(struct ppc64_scene *s, struct paper *paper)
{
	paper_release(paper);
	ppc64_scene_end(s);
}

static uint32_t verify(struct ppc64_scene *s, const struct paper *paper)
{
	struct purgatory_verdict verdict;

	check_ok(paper_verify((struct paper *)(uintptr_t)paper, &verdict, &s->err), &s->err);
	return verdict.result;
}

static uint64_t params_at(const struct ppc64_scene *s)
{
	return plan_segment(&s->plan, SEGMENT_PURGATORY)->range.start + s->plan.purgatory.params_offset;
}

static void read_params(const struct ppc64_scene *s, const struct paper *paper, struct purgatory_params *params,
			struct purgatory_region regions[16])
{
	uint64_t start = plan_segment(&s->plan, SEGMENT_PURGATORY)->range.start;

	paper_read(paper, params_at(s), params, sizeof(*params));
	assert_in_range(raw32_get(params->region_count, s->arch.order), 1, 16);
	paper_read(paper, start + raw64_get(params->regions_offset, s->arch.order), regions,
		   raw32_get(params->region_count, s->arch.order) * sizeof(*regions));
}

TEST(every_byte_of_the_parameters_counts)
{
	BEGIN_TEST();
	for (size_t i = 0; i < SCENES; i++) {
		struct ppc64_scene s;
		struct paper paper;

		begin(&s, &paper, i);
		assert_int_equal(verify(&s, &paper), PURGATORY_RESULT_INTACT);
		for (uint64_t at = 0; at < offsetof(struct purgatory_params, result); at += 1 + i) {
			paper_flip(&paper, params_at(&s) + at, 0x80);
			assert_int_equal(verify(&s, &paper), PURGATORY_RESULT_TABLE_DAMAGED);
			paper_flip(&paper, params_at(&s) + at, 0x80);
		}
		assert_int_equal(verify(&s, &paper), PURGATORY_RESULT_INTACT);
		end(&s, &paper);
	}
}

/* What the backup is for may change; every byte of the rest is someone's. */
TEST(damage_is_refused_and_what_is_not_hashed_is_free)
{
	BEGIN_TEST();
	for (size_t i = 0; i < SCENES; i++) {
		struct ppc64_scene s;
		struct paper paper;

		begin(&s, &paper, i);
		for (size_t k = 0; k < s.plan.segment_count; k++) {
			const struct segment *segment = &s.plan.segments[k];
			uint64_t size = range_size(segment->range);
			const uint64_t at[] = { 0, 1, size / 3, size / 2, size - 1 };

			if (segment->role == SEGMENT_PURGATORY)
				continue;
			assert_true(segment->hashed == (segment->role != SEGMENT_BACKUP));
			for (size_t n = 0; n < sizeof(at) / sizeof(at[0]); n++) {
				paper_flip(&paper, segment->range.start + at[n], 4);
				assert_int_equal(verify(&s, &paper), segment->hashed ? PURGATORY_RESULT_REGION_DAMAGED
										     : PURGATORY_RESULT_INTACT);
				paper_flip(&paper, segment->range.start + at[n], 4);
			}
		}
		end(&s, &paper);
	}
}

struct start {
	uint64_t kernel, device_tree;
};

/* After verification, in purgatory's order (purgatory_abi.h). */
static struct start leave(struct ppc64_scene *s, struct paper *paper)
{
	struct purgatory_params params;
	struct purgatory_region regions[16];
	enum order order = s->arch.order;

	read_params(s, paper, &params, regions);
	if (!ppc64_makes_sense(&params, regions, order))
		fail_msg("purgatory would take what it is told for nonsense");

	uint64_t source = value(&params, PURGATORY_PPC64_BACKUP_SOURCE, order);
	uint64_t target = value(&params, PURGATORY_PPC64_BACKUP_TARGET, order);
	uint64_t size = value(&params, PURGATORY_PPC64_BACKUP_SIZE, order);
	uint8_t *bytes = arena_alloc(&s->arena, (size_t)size);
	const struct start start = { value(&params, PURGATORY_PPC64_KERNEL, order),
				     value(&params, PURGATORY_PPC64_DEVICE_TREE, order) };
	struct be32 cpu = be32_make(CPU);
	struct raw32 word;

	paper_read(paper, source, bytes, (size_t)size);
	paper_write(paper, target, bytes, (size_t)size);
	paper_write(paper, start.device_tree + 28, &cpu, sizeof(cpu));
	paper_read(paper, start.kernel + 0x5c, &word, sizeof(word));
	if (value(&params, PURGATORY_PPC64_RUN_AT_LOAD, order)) {
		assert_true(raw32_get(word, s->image.elf.order) == 0x72756e30);
		word = raw32_make(1, s->image.elf.order);
		paper_write(paper, start.kernel + 0x5c, &word, sizeof(word));
	}
	return start;
}

TEST(the_next_kernel_finds_all_it_is_told_of)
{
	BEGIN_TEST();
	for (size_t i = 0; i < SCENES; i++) {
		struct ppc64_scene s;
		struct paper paper;
		uint8_t head[0x100], header[40];

		begin(&s, &paper, i);

		struct start start = leave(&s, &paper);
		const struct segment *tree = plan_segment(&s.plan, SEGMENT_DEVICE_TREE);

		paper_read(&paper, start.device_tree, header, sizeof(header));

		size_t size = fdt_totalsize(header);
		uint8_t *fdt = arena_alloc(&s.arena, size);

		assert_true(size == tree->data.size);
		paper_read(&paper, start.device_tree, fdt, size);
		assert_int_equal(fdt_check_full(fdt, size), 0);
		assert_int_equal(fdt_boot_cpuid_phys(fdt), CPU);

		/* The kernel's first bytes, and the other CPUs' copy of them, are the same but for the words meant to differ. */
		uint8_t block[0x100];

		paper_read(&paper, start.kernel, head, sizeof(head));
		paper_read(&paper, s.plan.entry, block, sizeof(block));
		assert_memory_equal(head + 4, block + 4, 0x58);
		assert_memory_equal(head + 0x60, block + 0x60, 0xa0);
		assert_true((memcmp(head + 0x5c, block + 0x5c, 4) != 0) == (s.plan.target == TARGET_CRASH));

		/* The initrd is where the tree says, byte for byte. */
		uint64_t initrd = ppc64_scene_number(&s, "/chosen", "linux,initrd-start", 0);
		uint8_t *found = arena_alloc(&s.arena, s.image.initrd.size);

		paper_read(&paper, initrd, found, s.image.initrd.size);
		assert_memory_equal(found, s.image.initrd.data, s.image.initrd.size);
		end(&s, &paper);
	}
}

/* The core header, as the capture kernel reads it, leads to what was in low memory before that was used again. */
TEST(low_memory_is_found_through_the_core_header)
{
	BEGIN_TEST();
	for (size_t i = 0; i < SCENES; i++) {
		struct ppc64_scene s;
		struct paper paper;
		enum order order = scenes[i].big ? ORDER_BIG : ORDER_LITTLE;
		bool found = false;

		if (scenes[i].target != TARGET_CRASH)
			continue;
		begin(&s, &paper, i);

		uint8_t *low = arena_alloc(&s.arena, 0x10000), *seen = arena_alloc(&s.arena, 0x10000), header[4096];

		for (size_t k = 0; k < 0x10000; k++)
			low[k] = (uint8_t)(k * 11 + k / 256);
		paper_write(&paper, 0, low, 0x10000);
		leave(&s, &paper);
		memset(seen, 0xcc, 0x10000);
		paper_write(&paper, 0, seen, 0x10000);

		uint64_t core = ppc64_scene_number(&s, "/chosen", "linux,elfcorehdr", 0);

		assert_true(core == plan_segment(&s.plan, SEGMENT_ELFCOREHDR)->range.start);
		paper_read(&paper, core, header, sizeof(header));
		assert_memory_equal(header, "\177ELF", 4);
		assert_int_equal(header[5], scenes[i].big ? 2 : 1);

		struct raw16 count, machine;

		memcpy(&machine, header + 18, sizeof(machine));
		memcpy(&count, header + 56, sizeof(count));
		assert_int_equal(raw16_get(machine, order), 21);
		for (size_t k = 0; k < raw16_get(count, order) && 64 + (k + 1) * 56 <= sizeof(header); k++) {
			const uint8_t *p = header + 64 + k * 56;
			struct raw32 type;
			struct raw64 offset, vaddr, paddr, size;

			memcpy(&type, p, sizeof(type));
			memcpy(&offset, p + 8, sizeof(offset));
			memcpy(&vaddr, p + 16, sizeof(vaddr));
			memcpy(&paddr, p + 24, sizeof(paddr));
			memcpy(&size, p + 32, sizeof(size));
			if (raw32_get(type, order) != 1)
				continue;
			assert_true(raw64_get(vaddr, order) == raw64_get(paddr, order) + UINT64_C(0xc000000000000000));
			if (raw64_get(paddr, order) != 0)
				continue;
			assert_true(raw64_get(size, order) == 0x10000);
			paper_read(&paper, raw64_get(offset, order), seen, 0x10000);
			assert_memory_equal(seen, low, 0x10000);
			found = true;
		}
		assert_true(found);
		end(&s, &paper);
	}
}

CHECK_MAIN(cmocka_unit_test(every_byte_of_the_parameters_counts),
	   cmocka_unit_test(damage_is_refused_and_what_is_not_hashed_is_free),
	   cmocka_unit_test(the_next_kernel_finds_all_it_is_told_of),
	   cmocka_unit_test(low_memory_is_found_through_the_core_header))

#else
#include "no_libfdt.h"
#endif
