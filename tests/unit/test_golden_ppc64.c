/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Golden plans of made Power machines, and the device trees in them: tests/golden/ARCH-NAME.plan, and
 * power-NAME.dts, for the tree does not depend on the byte order of the running kernel. Every plan is then
 * executed on the paper machine, verified there, damaged there in each segment, and must be refused. REGOLD=1
 * rewrites the files (make regold).
 */
#include "config.h"

#ifdef HAVE_LIBFDT

#include "ppc64_scene.h"

#include "kexec/base/file.h"
#include "kexec/exec/paper.h"

#define MIB ((size_t)1 << 20)

static void seeded(struct request *request)
{
	request->has_seed = true;
	for (size_t i = 0; i < sizeof(request->seed); i++)
		request->seed[i] = (uint8_t)(i + 0x80);
}

static void hotplug(struct request *request)
{
	request->hotplug = true;
	request->meminfo = false;
}

static void no_root(struct request *request)
{
	request->no_old_root = true;
	request->on_corruption = CORRUPTION_REBOOT;
}

static void kept_initrd(struct request *request)
{
	request->reuse_initrd = true;
}

static const struct golden {
	const char *name;
	const char *machine, *kernel;
	enum load_target target;
	size_t initrd;
	const char *cmdline;
	void (*change)(struct request *request);
} goldens[] = {
	{ "pseries-normal", "pseries", "le", TARGET_NORMAL, MIB + 5, "console=hvc0 root=/dev/vda2", seeded },
	{ "pseries-crash", "pseries-radix", "le", TARGET_CRASH, MIB, "console=hvc0 nr_cpus=1", NULL },
	{ "pseries-released", "fadump-released-armed", "be", TARGET_NORMAL, 0, "quiet", NULL },
	{ "pseries-pending", "fadump-pending", "le", TARGET_NORMAL, 0, "quiet", no_root },
	{ "drconf-v1-crash", "drconf-v1", "le", TARGET_CRASH, 70000, "nr_cpus=1 -- single", hotplug },
	{ "drconf-v2-crash", "drconf-v2", "be", TARGET_CRASH, 70000, "nr_cpus=1", NULL },
	{ "powernv-normal", "powernv", "be", TARGET_NORMAL, 0, "quiet", kept_initrd },
	{ "powernv-crash", "powernv", "le", TARGET_CRASH, 3 * MIB, "nr_cpus=1", NULL },
};

static void make_plan(struct ppc64_scene *s, const struct golden *g, bool big)
{
	ppc64_scene_begin(s, big, g->machine, g->kernel, g->target);
	s->request.cmdline = g->cmdline;
	if (g->change)
		g->change(&s->request);
	if (g->initrd)
		ppc64_scene_initrd(s, g->initrd);
	check_ok(ppc64_scene_load(s), &s->err);
}

static void compare(struct ppc64_scene *s, const char *name, const char *text, size_t size)
{
	const char *path = arena_printf(&s->arena, "%s/tests/golden/%s", check_env("SRCDIR"), name);
	const char *regold = getenv("REGOLD");

	if (regold && *regold == '1') {
		FILE *file = fopen(path, "w");

		assert_non_null(file);
		assert_int_equal(fwrite(text, 1, size, file), size);
		assert_int_equal(fclose(file), 0);
	} else {
		struct blob golden;

		check_ok(file_map(&s->arena, path, NULL, &golden, &s->err), &s->err);
		if (golden.size != size || memcmp(golden.data, text, size) != 0)
			fail_msg("%s differs; it is now:\n%s", name, text);
	}
}

static void compare_both(struct ppc64_scene *s, const char *name)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	check_ok(plan_write_text(&s->plan, out, &s->err), &s->err);
	fclose(out);
	compare(s, arena_printf(&s->arena, "%s-%s.plan", machine_arch_name(s->arch.id), name), text, size);
	free(text);

	out = open_memstream(&text, &size);
	assert_non_null(out);
	dts_write(out, ppc64_scene_tree(s));
	fclose(out);
	compare(s, arena_printf(&s->arena, "power-%s.dts", name), text, size);
	free(text);
}

TEST(plans_and_trees_are_as_recorded)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]) * 2; i++) {
		struct ppc64_scene s;

		make_plan(&s, &goldens[i / 2], i % 2);
		compare_both(&s, goldens[i / 2].name);
		ppc64_scene_end(&s);
	}
}

/* The byte order of the running kernel changes numbers for purgatory, and nothing in the tree but addresses. */
TEST(trees_are_the_same_in_both_orders)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]); i++) {
		struct ppc64_scene a, b;

		make_plan(&a, &goldens[i], false);
		make_plan(&b, &goldens[i], true);

		struct blob x = ppc64_scene_tree(&a), y = ppc64_scene_tree(&b);

		assert_int_equal(x.size, y.size);
		assert_memory_equal(x.data, y.data, x.size);
		ppc64_scene_end(&a);
		ppc64_scene_end(&b);
	}
}

static void refuse(struct ppc64_scene *s, struct paper *paper, const struct segment *segment, uint64_t address)
{
	struct purgatory_verdict verdict;

	paper_flip(paper, address, 0x10);
	check_ok(paper_verify(paper, &verdict, &s->err), &s->err);
	if (purgatory_may_start(verdict) || verdict.role != (uint32_t)segment->role)
		fail_msg("a byte flipped at 0x%llx in segment %s: result %u, role %u", (unsigned long long)address,
			 segment_role_name(segment->role), verdict.result, verdict.role);
	paper_flip(paper, address, 0x10);
}

TEST(purgatory_takes_them_whole_and_refuses_them_damaged)
{
	BEGIN_TEST();
	for (size_t i = 0; i < sizeof(goldens) / sizeof(goldens[0]) * 2; i++) {
		struct ppc64_scene s;
		struct paper paper;
		struct purgatory_verdict verdict;

		make_plan(&s, &goldens[i / 2], i % 2);
		check_ok(paper_load(&paper, &s.plan, &s.machine, &s.err), &s.err);
		check_ok(paper_verify(&paper, &verdict, &s.err), &s.err);
		assert_int_equal(verdict.result, PURGATORY_RESULT_INTACT);
		for (size_t j = 0; j < s.plan.segment_count; j++) {
			const struct segment *segment = &s.plan.segments[j];

			if (!segment->hashed)
				continue;
			refuse(&s, &paper, segment, segment->range.start);
			refuse(&s, &paper, segment, segment->range.start + range_size(segment->range) / 2);
			refuse(&s, &paper, segment, segment->range.end - 1);
		}
		/* As it was, it is taken again: the refusals came from the flips. */
		check_ok(paper_verify(&paper, &verdict, &s.err), &s.err);
		assert_true(purgatory_may_start(verdict));
		paper_release(&paper);
		ppc64_scene_end(&s);
	}
}

CHECK_MAIN(cmocka_unit_test(plans_and_trees_are_as_recorded), cmocka_unit_test(trees_are_the_same_in_both_orders),
	   cmocka_unit_test(purgatory_takes_them_whole_and_refuses_them_damaged))

#else
#include "no_libfdt.h"
#endif
