/* SPDX-License-Identifier: GPL-2.0-only */
/* Loads on Power: where things lie, what purgatory is handed, and which kernels and requests are refused. */
#include "config.h"

#ifdef HAVE_LIBFDT

#include "ppc64_scene.h"

#define MIB UINT64_C(0x100000)
#define GIB (UINT64_C(1) << 30)

static struct blob purgatory_none(void)
{
	return (struct blob){ NULL, 0 };
}

static struct segment *segment(struct ppc64_scene *s, enum segment_role role)
{
	for (size_t i = 0; i < s->plan.segment_count; i++)
		if (s->plan.segments[i].role == role)
			return &s->plan.segments[i];
	fail_msg("no segment %s", segment_role_name(role));
	return NULL;
}

static uint64_t handoff(const struct ppc64_scene *s, unsigned int index)
{
	return s->plan.purgatory.handoff[index];
}

static const char *warning(const struct ppc64_scene *s, const char *words)
{
	for (const struct plan_warning *w = s->plan.warnings; w; w = w->next)
		if (strstr(w->text, words))
			return w->text;
	return NULL;
}

/* What must not be overwritten by any load, and what the kernel overwrites by itself. */
static void check_places(struct ppc64_scene *s)
{
	const struct machine_power *power = &s->machine.power;
	const struct range kernel = segment(s, SEGMENT_KERNEL)->range;
	const struct range kept[] = { power->kernel, power->rtas, power->opal_range, power->htab };

	assert_int_equal(kernel.start % 0x10000, 0);
	for (size_t i = 0; i < s->plan.segment_count; i++) {
		const struct range r = s->plan.segments[i].range;

		for (size_t k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
			assert_true(range_is_empty(kept[k]) || !range_overlaps(r, kept[k]));
		assert_false(ranges_touch(&power->tce, r));
		assert_false(ranges_touch(&power->reserved, r));
		assert_true(s->plan.target == TARGET_CRASH || r.start >= kernel.end ||
			    s->plan.segments[i].role == SEGMENT_KERNEL);
		assert_true(r.end <= power->rma.end);
		if (s->plan.target == TARGET_CRASH)
			assert_true(range_contains(s->plan.crash, r));
		else
			assert_false(ranges_touch(&s->machine.crash, r));
	}
}

/* All but the first word of the entry block is the new kernel's. */
static void check_entry_block(struct ppc64_scene *s)
{
	const struct segment *purgatory = segment(s, SEGMENT_PURGATORY);
	uint64_t block = s->plan.purgatory.entry - purgatory->range.start;
	struct blob own = s->arch.purgatory(), kernel = segment(s, SEGMENT_KERNEL)->data;

	assert_int_equal(s->plan.purgatory.entry % 0x100, 0);
	assert_memory_equal(purgatory->data.data + block, own.data + block, 4);
	assert_memory_equal(purgatory->data.data + block + 4, kernel.data + 4, 0x100 - 4);
	assert_memory_equal(purgatory->data.data + block + 0x100, own.data + block + 0x100, 0x100);
}

static void check_handoff(struct ppc64_scene *s)
{
	const struct machine_power *power = &s->machine.power;
	bool crash = s->plan.target == TARGET_CRASH;

	assert_true(handoff(s, PURGATORY_PPC64_KERNEL) == segment(s, SEGMENT_KERNEL)->range.start);
	assert_true(handoff(s, PURGATORY_PPC64_DEVICE_TREE) == segment(s, SEGMENT_DEVICE_TREE)->range.start);
	assert_true(handoff(s, PURGATORY_PPC64_BACKUP_SIZE) == (crash ? 0x10000 : 0));
	assert_true(handoff(s, PURGATORY_PPC64_BACKUP_SOURCE) == 0);
	assert_true(handoff(s, PURGATORY_PPC64_BACKUP_TARGET) == (crash ? segment(s, SEGMENT_BACKUP)->range.start : 0));
	if (power->opal) {
		assert_true(handoff(s, PURGATORY_PPC64_CONSOLE) == PURGATORY_PPC64_CONSOLE_OPAL);
		assert_true(handoff(s, PURGATORY_PPC64_OPAL_BASE) == 0x30000000);
		assert_true(handoff(s, PURGATORY_PPC64_OPAL_ENTRY) == 0x300050c0);
		assert_true(handoff(s, PURGATORY_PPC64_CPU_FEATURES) == PURGATORY_PPC64_CPU_VSHASIGMA);
		assert_true(handoff(s, PURGATORY_PPC64_RTAS_BASE) == 0);
	} else {
		assert_true(handoff(s, PURGATORY_PPC64_CONSOLE) == PURGATORY_PPC64_CONSOLE_HVTERM);
		assert_true(handoff(s, PURGATORY_PPC64_TERMINAL) == 0x71000000);
		assert_true(handoff(s, PURGATORY_PPC64_OPAL_BASE) == 0 && handoff(s, PURGATORY_PPC64_OPAL_ENTRY) == 0);
		assert_true(handoff(s, PURGATORY_PPC64_RTAS_BASE) == 0x2fff0000);
		assert_true(handoff(s, PURGATORY_PPC64_RTAS_ENTRY) == 0x2fff0000);
		assert_true(handoff(s, PURGATORY_PPC64_RTAS_REBOOT) == 0x200a);
	}
}

/* Each machine with each kernel, in both orders, both ways. */
TEST(everything_lies_where_it_may)
{
	static const char *const machines[] = { "pseries", "pseries-radix", "powernv", "drconf-v1", "drconf-v2", "tb16",
						"cpus1500" };
	static const char *const kernels[] = { "le", "be", "le-3-parts", "be-2-parts", "le-test", "zimage-be" };

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(machines) / sizeof(machines[0]); i++)
		for (size_t k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++)
			for (size_t way = (i + k) % check_stride(3); way < 4; way += check_stride(3)) {
				struct ppc64_scene s;

				/* The large trees are the same work for each kernel. */
				if (i >= 5 && (k || way > 1))
					continue;
				ppc64_scene_begin(&s, way & 2, machines[i], kernels[k],
						  way & 1 ? TARGET_CRASH : TARGET_NORMAL);
				ppc64_scene_initrd(&s, 300001);
				check_ok(ppc64_scene_load(&s), &s.err);
				check_places(&s);
				check_entry_block(&s);
				check_handoff(&s);
				assert_true(handoff(&s, PURGATORY_PPC64_RUN_AT_LOAD) == (way & 1));
				assert_true(s.plan.entry == s.plan.purgatory.entry);
				assert_null(warning(&s, "--entry"));
				ppc64_scene_end(&s);
			}
}

/* Memory for bss too, several parts at their distances, the alignment that the file asks for. */
TEST(all_parts_of_a_kernel_are_one_piece)
{
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "pseries", "be-2-parts", TARGET_NORMAL);
	check_ok(ppc64_scene_load(&s), &s.err);

	const struct segment *kernel = segment(&s, SEGMENT_KERNEL);
	const struct elf_segment *first = &s.image.elf.segments[1], *second = &s.image.elf.segments[2];

	assert_int_equal(s.image.elf.segment_count, 3);
	assert_int_equal(kernel->range.start % 0x200000, 0);
	assert_true(range_size(kernel->range) == align_up(second->paddr + second->memory_size, 0x10000));
	assert_int_equal(kernel->data.size, second->paddr + second->file_size);
	assert_memory_equal(kernel->data.data, s.image.data.data + first->offset, first->file_size);
	for (uint64_t at = first->file_size; at < second->paddr; at++)
		assert_int_equal(kernel->data.data[at], 0);
	assert_memory_equal(kernel->data.data + second->paddr, s.image.data.data + second->offset, second->file_size);
	ppc64_scene_end(&s);
}

TEST(what_is_no_kernel_is_refused)
{
	static const struct {
		const char *kernel;
		enum load_target target;
		enum err_code code;
		const char *words;
	} rows[] = {
		{ "ppc32", TARGET_NORMAL, ERR_BAD_IMAGE, "made for another machine or class" },
		{ "short", TARGET_NORMAL, ERR_BAD_IMAGE, "255 bytes at its lowest address, expected at least 256" },
		{ "program", TARGET_NORMAL, ERR_BAD_IMAGE, "PT_INTERP" },
		{ "overlapping", TARGET_NORMAL, ERR_BAD_IMAGE, "two program headers load to the same address 0x1000" },
		{ "no-load", TARGET_NORMAL, ERR_BAD_IMAGE, "without a program header of type PT_LOAD" },
		{ "large", TARGET_CRASH, ERR_NO_ROOM, "Reserve more memory with crashkernel=" },
		{ "too-large", TARGET_NORMAL, ERR_BAD_IMAGE, "0x0-0x200000048000, expected at most 0x40000000" },
		{ "too-large-2", TARGET_NORMAL, ERR_BAD_IMAGE, "0x0-0x400000000001, expected at most" },
		{ "le-linked", TARGET_CRASH, ERR_BAD_IMAGE, "built with CONFIG_RELOCATABLE" },
		{ "be-linked-32m", TARGET_CRASH, ERR_BAD_IMAGE, "can run only at 0x2000000-0x2079234" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct ppc64_scene s;

		ppc64_scene_begin(&s, i % 2, "pseries", rows[i].kernel, rows[i].target);
		check_fails(ppc64_scene_load(&s), &s.err, rows[i].code, rows[i].words);
		ppc64_scene_end(&s);
	}
}

/* One that cannot run elsewhere goes to its own place, where that is in the reservation; normally it moves itself. */
TEST(a_linked_kernel_is_put_where_it_runs)
{
	static const char *const anywhere[] = { "le-linked", "be-linked-32m", "le-linked-inside" };
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "pseries", "le-linked-inside", TARGET_CRASH);
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(segment(&s, SEGMENT_KERNEL)->range.start == 0x10000000);
	assert_true(handoff(&s, PURGATORY_PPC64_RUN_AT_LOAD) == 0);
	check_places(&s);
	ppc64_scene_end(&s);
	for (size_t i = 0; i < 3; i++) {
		ppc64_scene_begin(&s, false, "pseries", anywhere[i], TARGET_NORMAL);
		check_ok(ppc64_scene_load(&s), &s.err);
		check_places(&s);
		ppc64_scene_end(&s);
	}
}

TEST(requests_that_contradict_are_refused)
{
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "powernv", "le", TARGET_CRASH);
	s.request.reuse_initrd = true;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_USAGE, "--reuseinitrd with --load-panic");
	plan_release(&s.plan);
	s.request.target = TARGET_NORMAL;
	ppc64_scene_initrd(&s, 10);
	check_fails(ppc64_scene_load(&s), &s.err, ERR_USAGE, "--reuseinitrd with --initrd");
	plan_release(&s.plan);
	s.image.initrd.size = 0;
	s.machine.has_initrd = false;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_MACHINE, "retain_initrd");
	ppc64_scene_end(&s);

	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_NORMAL);
	s.machine.power.present = false;
	s.machine.devicetree_problem = "a made problem";
	check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_MACHINE, "no device tree that makes sense: a made problem");
	ppc64_scene_end(&s);

	ppc64_scene_begin(&s, true, "pseries", "le", TARGET_NORMAL);
	s.arch.purgatory = purgatory_none;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_UNSUPPORTED, "built without the purgatory for ppc64");
	ppc64_scene_end(&s);
}

TEST(bounds_of_the_request_are_kept)
{
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_NORMAL);
	s.request.mem_min = 0x20000000;
	s.request.mem_max = 0x27ffffff;
	ppc64_scene_initrd(&s, MIB);
	check_ok(ppc64_scene_load(&s), &s.err);
	for (size_t i = 0; i < s.plan.segment_count; i++)
		assert_true(range_contains((struct range){ 0x20000000, 0x28000000 }, s.plan.segments[i].range));
	plan_release(&s.plan);

	s.request.mem_max = 0x2000ffff;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_NO_ROOM, "");
	plan_release(&s.plan);

	s.request.mem_min = 0;
	s.request.mem_max = UINT64_MAX;
	s.request.has_entry = true;
	s.request.entry = 0x35b0000;
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(s.plan.entry == 0x35b0000);
	assert_non_null(warning(&s, "--entry 0x35b0000 is not purgatory's"));
	ppc64_scene_end(&s);
}

/* Under a hypervisor boot code may look no further than 1 GiB; on bare metal there is no such limit. */
TEST(the_tree_is_high_and_can_be_reached)
{
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_NORMAL);
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(segment(&s, SEGMENT_DEVICE_TREE)->range.end == GIB);
	ppc64_scene_end(&s);
	ppc64_scene_begin(&s, false, "powernv", "le", TARGET_NORMAL);
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(segment(&s, SEGMENT_DEVICE_TREE)->range.start > 8 * GIB);
	ppc64_scene_end(&s);
}

/* Nothing is put over a dump that nobody saved; where firmware does not say where that is, nothing is loaded. */
TEST(a_waiting_dump_is_not_overwritten)
{
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, false, "fadump-pending", "le", TARGET_NORMAL);
	assert_true(s.machine.dump_pending);
	ppc64_scene_initrd(&s, MIB);
	check_ok(ppc64_scene_load(&s), &s.err);
	for (size_t i = 0; i < s.plan.segment_count; i++)
		assert_true(s.plan.segments[i].range.end <= 512 * MIB);
	assert_non_null(warning(&s, "a firmware-assisted dump waits to be saved"));
	ppc64_scene_end(&s);

	ppc64_scene_begin(&s, false, "fadump-pending-opal", "le", TARGET_NORMAL);
	assert_true(s.machine.dump_pending);
	check_fails(ppc64_scene_load(&s), &s.err, ERR_BAD_MACHINE, "firmware does not say where");
	ppc64_scene_end(&s);

	/* Once it was saved, memory is memory. */
	ppc64_scene_begin(&s, false, "fadump-released-armed", "le", TARGET_NORMAL);
	assert_false(s.machine.dump_pending);
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(segment(&s, SEGMENT_PURGATORY)->range.start > 512 * MIB);
	assert_null(s.plan.warnings);
	ppc64_scene_end(&s);
}

/* RTAS takes addresses of 32 bits, so who is to reboot by it lies below 4 GiB, or is known not to. */
TEST(a_purgatory_that_reboots_can_call_firmware)
{
	static const char words[] = "--on-corruption=reboot cannot be followed: purgatory lies at 0x";
	struct ppc64_scene s;

	BEGIN_TEST();
	for (int reboot = 0; reboot < 2; reboot++) {
		ppc64_scene_begin(&s, false, "cpus1500", "le", TARGET_NORMAL);
		s.request.on_corruption = reboot ? CORRUPTION_REBOOT : CORRUPTION_HALT;
		check_ok(ppc64_scene_load(&s), &s.err);
		assert_true(segment(&s, SEGMENT_PURGATORY)->range.end == (reboot ? 4 * GIB : 64 * GIB));
		assert_null(warning(&s, words));
		ppc64_scene_end(&s);

		ppc64_scene_begin(&s, false, "cpus1500", "le", TARGET_CRASH);
		s.request.on_corruption = reboot ? CORRUPTION_REBOOT : CORRUPTION_HALT;
		assert_int_equal(s.machine.crash.count, 1);
		s.machine.crash.v[0] = (struct range){ 8 * GIB, 9 * GIB };
		check_ok(ppc64_scene_load(&s), &s.err);
		assert_true(segment(&s, SEGMENT_PURGATORY)->range.start > 8 * GIB);
		assert_int_equal(warning(&s, words) != NULL, reboot);
		ppc64_scene_end(&s);
	}

	/* OPAL takes any address. */
	ppc64_scene_begin(&s, false, "powernv", "le", TARGET_NORMAL);
	s.request.on_corruption = CORRUPTION_REBOOT;
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(segment(&s, SEGMENT_PURGATORY)->range.start > 8 * GIB);
	assert_null(warning(&s, words));
	ppc64_scene_end(&s);
}

/* What the kernel updates by itself on hotplug is not verified. */
TEST(hotplug_leaves_out_what_the_kernel_changes)
{
	struct ppc64_scene s;

	BEGIN_TEST();
	ppc64_scene_begin(&s, true, "pseries", "be", TARGET_CRASH);
	s.request.hotplug = true;
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_false(segment(&s, SEGMENT_DEVICE_TREE)->hashed);
	assert_false(segment(&s, SEGMENT_ELFCOREHDR)->hashed);
	assert_true(segment(&s, SEGMENT_KERNEL)->hashed);
	ppc64_scene_end(&s);
	ppc64_scene_begin(&s, true, "pseries", "be", TARGET_CRASH);
	check_ok(ppc64_scene_load(&s), &s.err);
	assert_true(segment(&s, SEGMENT_DEVICE_TREE)->hashed);
	assert_true(segment(&s, SEGMENT_MEMINFO)->range.end == s.plan.crash.end);
	ppc64_scene_end(&s);
}

/* The first memory node of a partition may end inside the reservation: a limit with a hash table alone. */
TEST(with_radix_the_whole_reservation_is_used)
{
	for (int radix = 0; radix < 2; radix++) {
		struct ppc64_scene s;

		BEGIN_TEST();
		ppc64_scene_begin(&s, false, radix ? "pseries-radix" : "pseries", "le", TARGET_CRASH);
		assert_int_equal(s.machine.power.radix, radix);

		const struct range crash = s.machine.crash.v[0];
		const uint64_t middle = align_down(crash.start + range_size(crash) / 2, 0x10000);

		s.machine.power.rma.end = middle;
		check_ok(ppc64_scene_load(&s), &s.err);
		assert_int_equal(segment(&s, SEGMENT_DEVICE_TREE)->range.start >= middle, radix);
		assert_int_equal(segment(&s, SEGMENT_PURGATORY)->range.end > middle, radix);
		ppc64_scene_end(&s);
	}
}

/* A larger reservation is no help where its place is the trouble. */
TEST(a_reservation_out_of_reach_is_told)
{
	static const struct {
		uint64_t middle; /* of the reservation: this far from its start */
		const char *words;
	} cases[] = {
		{ 0, "0x8000000-0x18000000 lies beyond 0x8000000, the end of what this partition reaches" },
		{ 0x20000, "0x8000000-0x18000000 lies partly beyond 0x8020000, the end of what this partition reaches" },
	};

	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ppc64_scene s;

		ppc64_scene_begin(&s, false, "pseries", "le", TARGET_CRASH);
		s.machine.power.rma.end = s.machine.crash.v[0].start + cases[i].middle;
		check_fails(ppc64_scene_load(&s), &s.err, ERR_NO_ROOM, cases[i].words);
		assert_non_null(strstr(s.err.text, "no room for segment kernel"));
		assert_non_null(strstr(s.err.text, "crashkernel=SIZE@OFFSET with an end below that"));
		assert_null(strstr(s.err.text, "Reserve more"));
		ppc64_scene_end(&s);
	}

	/* In reach, and too small: the old advice. */
	struct ppc64_scene s;

	ppc64_scene_begin(&s, false, "pseries", "le", TARGET_CRASH);
	s.machine.crash.v[0].end = s.machine.crash.v[0].start + 0x20000;
	check_fails(ppc64_scene_load(&s), &s.err, ERR_NO_ROOM, "Reserve more memory with crashkernel=");
	ppc64_scene_end(&s);
}

CHECK_MAIN(cmocka_unit_test(with_radix_the_whole_reservation_is_used),
	   cmocka_unit_test(a_reservation_out_of_reach_is_told),
	   cmocka_unit_test(everything_lies_where_it_may), cmocka_unit_test(all_parts_of_a_kernel_are_one_piece),
	   cmocka_unit_test(what_is_no_kernel_is_refused), cmocka_unit_test(a_linked_kernel_is_put_where_it_runs),
	   cmocka_unit_test(requests_that_contradict_are_refused), cmocka_unit_test(bounds_of_the_request_are_kept),
	   cmocka_unit_test(the_tree_is_high_and_can_be_reached), cmocka_unit_test(a_waiting_dump_is_not_overwritten),
	   cmocka_unit_test(a_purgatory_that_reboots_can_call_firmware),
	   cmocka_unit_test(hotplug_leaves_out_what_the_kernel_changes))

#else
#include "no_libfdt.h"
#endif
