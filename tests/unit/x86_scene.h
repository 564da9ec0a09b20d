/* SPDX-License-Identifier: GPL-2.0-only */
/* A load on x86 from its inputs to its plan, for tests that fill in what they are about. */
#ifndef X86_SCENE_H
#define X86_SCENE_H

#include "arch.h"

struct scene {
	struct arena arena;
	struct machine machine;
	struct request request;
	struct arch arch;
	struct image image;
	struct plan plan;
	struct err err;
};

/* May be called again: the plan before is gone then. */
static inline bool load(struct scene *s)
{
	const struct loader *loader = arch_find_loader(&s->arch, &s->request, &s->image, &s->err);

	plan_release(&s->plan);
	return plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err) && loader &&
	       loader->load(&s->request, &s->machine, &s->image, &s->plan, &s->err);
}

static inline void tear_down(struct scene *s)
{
	plan_release(&s->plan);
	image_release(&s->image);
	machine_release(&s->machine);
	arena_release(&s->arena);
}

#endif
