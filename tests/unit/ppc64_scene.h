/* SPDX-License-Identifier: GPL-2.0-only */
/* One load on a made Power machine, from request to sealed plan. */
#ifndef PPC64_SCENE_H
#define PPC64_SCENE_H

#include "check.h"

#include "dts.h"
#include "image_fixture.h"
#include "made_ppc64.h"

struct ppc64_scene {
	struct arena arena; /* of the made inputs */
	struct arch arch;
	struct machine machine;
	struct request request;
	struct image image;
	struct plan plan;
	struct err err;
};

/* machine: FIXTURES/power/NAME, which is read as a root directory: the large ones have no text. */
static inline void ppc64_scene_begin(struct ppc64_scene *s, bool big, const char *machine, const char *kernel,
				     enum load_target target)
{
	memset(s, 0, sizeof(*s));
	arena_init(&s->arena);
	s->arch = made_ppc64_arch(big);
	s->request = (struct request){ .target = target, .mem_max = UINT64_MAX, .cmdline = "quiet", .meminfo = true };
	check_ok(machine_read_root(&s->machine, fixture_path(&s->arena, "power", machine), s->arch.id, &s->err), &s->err);
	/* Messages and plans name it by itself, wherever it is. */
	s->machine.origin = machine;
	check_ok(image_from_blob(&s->image, kernel, fixture(&s->arena, "ppc64_load", kernel), &s->err), &s->err);
}

static inline void ppc64_scene_initrd(struct ppc64_scene *s, size_t size)
{
	uint8_t *bytes = arena_alloc(&s->arena, size);

	for (size_t i = 0; i < size; i++)
		bytes[i] = (uint8_t)(i * 13 + i / 4096);
	s->image.initrd = (struct blob){ bytes, size };
}

static inline bool ppc64_scene_load(struct ppc64_scene *s)
{
	if (!plan_init(&s->plan, &s->request, &s->machine, &s->arch, &s->err))
		return false;

	const struct loader *loader = arch_find_loader(&s->arch, &s->request, &s->image, &s->err);

	return loader && loader->load(&s->request, &s->machine, &s->image, &s->plan, &s->err);
}

static inline void ppc64_scene_end(struct ppc64_scene *s)
{
	plan_release(&s->plan);
	image_release(&s->image);
	machine_release(&s->machine);
	arena_release(&s->arena);
}

static inline struct blob ppc64_scene_tree(const struct ppc64_scene *s)
{
	return plan_segment(&s->plan, SEGMENT_DEVICE_TREE)->data;
}

static inline int ppc64_scene_node(const struct ppc64_scene *s, const char *path)
{
	return fdt_path_offset(ppc64_scene_tree(s).data, path);
}

/* A property of the new tree; data NULL where it, or the node, is not there. */
static inline struct blob ppc64_scene_value(const struct ppc64_scene *s, const char *path, const char *name)
{
	int node = ppc64_scene_node(s, path), size = 0;
	const void *data = node < 0 ? NULL : fdt_getprop(ppc64_scene_tree(s).data, node, name, &size);

	return data ? (struct blob){ data, (size_t)size } : (struct blob){ NULL, 0 };
}

/* Number `index` of 64 bits in it. */
static inline uint64_t ppc64_scene_number(const struct ppc64_scene *s, const char *path, const char *name, size_t index)
{
	struct blob value = ppc64_scene_value(s, path, name);
	struct be64 number;

	if (!blob_has(value, index * 8, 8))
		fail_msg("%s of %s has %zu bytes, number %zu wanted", name, path, value.size, index);
	memcpy(&number, value.data + index * 8, sizeof(number));
	return be64_get(number);
}

/* Whether a range is in the memory reservation block, just so. */
static inline bool ppc64_scene_reserves(const struct ppc64_scene *s, struct range range)
{
	const void *fdt = ppc64_scene_tree(s).data;

	for (int i = 0; i < fdt_num_mem_rsv(fdt); i++) {
		uint64_t address, size;

		assert_int_equal(fdt_get_mem_rsv(fdt, i, &address, &size), 0);
		if (address == range.start && size == range_size(range))
			return true;
	}
	return false;
}

#endif
