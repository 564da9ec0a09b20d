/* SPDX-License-Identifier: GPL-2.0-only */
/* Sealed s390 plans over made inputs, for what carries plans out. */
#ifndef MADE_PLAN_H
#define MADE_PLAN_H

#include "check.h"
#include "made_s390.h"

#define MIB UINT64_C(0x100000)

/* RAM of 64 MiB with a crash reservation of 16 MiB at 32 MiB. */
#define MADE_RAM (64 * MIB)
#define MADE_CRASH ((struct range){ 32 * MIB, 48 * MIB })

static inline void made_plan_begin(struct scene *m, enum load_target target)
{
	memset(m, 0, sizeof(*m));
	arena_init(&m->arena);
	made_machine(&m->machine, MADE_RAM, MADE_CRASH);
	m->request = made_request(target, "root=/dev/ram0 rdinit=/init");
	m->arch = made_s390_arch();
	check_ok(image_from_blob(&m->image, "image", made_s390_image(&m->arena, 0x45678, 4096), &m->err), &m->err);
}

static inline void made_plan_initrd(struct scene *m, size_t size, uint32_t seed)
{
	uint8_t *bytes = arena_alloc(&m->arena, size);

	made_fill(bytes, size, seed);
	m->image.initrd = (struct blob){ bytes, size };
}

static inline void made_plan_seal(struct scene *m)
{
	const struct loader *loader = arch_find_loader(&m->arch, &m->request, &m->image, &m->err);

	assert_non_null(loader);
	check_ok(plan_init(&m->plan, &m->request, &m->machine, &m->arch, &m->err), &m->err);
	check_ok(loader->load(&m->request, &m->machine, &m->image, &m->plan, &m->err), &m->err);
	assert_true(m->plan.sealed);
}

static inline void made_plan_end(struct scene *m)
{
	plan_release(&m->plan);
	image_release(&m->image);
	arena_release(&m->machine.arena);
	arena_release(&m->arena);
}

static inline struct segment *made_plan_segment(struct scene *m, enum segment_role role)
{
	for (size_t i = 0; i < m->plan.segment_count; i++)
		if (m->plan.segments[i].role == role)
			return &m->plan.segments[i];
	fail_msg("no segment of role %d", (int)role);
	return NULL;
}

/* How a plan that breaks a rule is refused. */
struct made_breach {
	const char *words;
	enum err_code code;
};

/* Breaks rule `number` of those for plans, from 0 on. False where there is no such number: nothing is changed. */
static inline bool made_plan_break(struct scene *m, unsigned int number, struct made_breach *breach)
{
	struct plan *plan = &m->plan;
	struct segment *kernel = made_plan_segment(m, SEGMENT_KERNEL);

	switch (number) {
	case 0:
		plan->sealed = false;
		*breach = (struct made_breach){ "not sealed", ERR_INTERNAL };
		return true;
	case 1:
		plan->segment_count = 0;
		*breach = (struct made_breach){ "no segment", ERR_INTERNAL };
		return true;
	case 2:
		kernel->range.start += 0x800;
		*breach = (struct made_breach){ "is not made of pages", ERR_INTERNAL };
		return true;
	case 3:
		kernel->range.end -= 1;
		*breach = (struct made_breach){ "is not made of pages", ERR_INTERNAL };
		return true;
	case 4:
		kernel->range.end = kernel->range.start;
		*breach = (struct made_breach){ "is empty", ERR_INTERNAL };
		return true;
	case 5:
		kernel->range.end = kernel->range.start + 0x1000;
		*breach = (struct made_breach){ "more than its memory", ERR_INTERNAL };
		return true;
	case 6:
		kernel->range = (struct range){ MADE_CRASH.end - 0x1000, MADE_CRASH.end + 64 * MIB };
		*breach = (struct made_breach){ "lies outside of", ERR_NO_ROOM };
		return true;
	case 7:
		kernel->range.end = MADE_CRASH.end + 64 * MIB;
		*breach = (struct made_breach){ "lies outside of", ERR_NO_ROOM };
		return true;
	case 8:
		made_plan_segment(m, SEGMENT_PARMAREA)->range.end = kernel->range.start + 0x1000;
		*breach = (struct made_breach){ "overlap", ERR_INTERNAL };
		return true;
	case 9:
		plan->entry = kernel->range.end;
		*breach = (struct made_breach){ "lies in no segment's data", ERR_INTERNAL };
		return true;
	case 10:
		plan->entry = kernel->range.start;
		*breach = (struct made_breach){ "and purgatory's is", ERR_INTERNAL };
		return true;
	case 11:
		plan->page_size = 0x1800;
		*breach = (struct made_breach){ "is no power of two", ERR_INTERNAL };
		return true;
	case 12:
		plan->page_size = 0x800;
		*breach = (struct made_breach){ "is no power of two from", ERR_INTERNAL };
		return true;
	case 13: {
		struct segment *many = arena_array(&m->arena, 17, sizeof(*many));

		for (size_t i = 0; i < 17; i++) {
			many[i] = *kernel;
			many[i].range.start = MADE_CRASH.start + i * MIB / 2;
			many[i].range.end = many[i].range.start + MIB / 2;
		}
		plan->segments = many;
		plan->segment_count = 17;
		*breach = (struct made_breach){ "17 segments, and the kernel takes at most 16", ERR_NO_ROOM };
		return true;
	}
	}
	return false;
}

#endif
