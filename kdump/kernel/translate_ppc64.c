/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ppc64, both byte orders. The radix tree: Power ISA 3.0 book III, 6.7. What Linux keeps for the hash MMU has the same
 * form (arch/powerpc/include/asm/book3s/64): a tree of its own, big endian on every kernel since 4.7, whose entries
 * the hardware never sees. The direct map and the kernel in it are in no hash tree; neither is the vmemmap, which has a
 * list (vmemmap_list) of its own.
 */
#include <elf.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kdump/find.h"
#include "kdump/kernel/translate.h"

#define DIRECT_BASE UINT64_C(0xc000000000000000)
#define SHIFT_4K 12
#define SHIFT_64K 16
#define LEVELS 4

#define ENTRY_VALID (UINT64_C(1) << 63)
#define ENTRY_LEAF (UINT64_C(1) << 62)
#define ENTRY_TABLE UINT64_C(0x0fffffffffffff00)
#define ENTRY_PAGE UINT64_C(0x001ffffffffff000) /* _PAGE_PA_MAX is 53: above it hash kernels keep bits of their own */

#define MMU_FEATURE_RADIX 0x40

/* More than any kernel's struct page, for the bound on the length of vmemmap_list. */
#define PAGE_STRUCT_MAX 256

struct index_bits {
	unsigned char of[LEVELS]; /* PTE, PMD, PUD, PGD */
};

struct vmemmap_page {
	uint64_t vaddr, physical;
};

struct facts {
	bool radix;
	bool tree_known; /* bits holds */
	struct index_bits bits;
	unsigned int page_shift;
	uint64_t memory_end;
	struct vmemmap_page *vmemmap; /* sorted by vaddr */
	size_t vmemmap_count;
	uint64_t vmemmap_size; /* of each */
};

static const char *const level_names[LEVELS] = { "page", "PMD", "PUD", "PGD" };

static unsigned int kernel_version(const struct kernel_info *info)
{
	const char *release = kernel_info_text(info, "OSRELEASE");
	unsigned int major, minor;

	/* Bounded widths: an out-of-range number is undefined for sscanf. */
	if (!release || sscanf(release, "%4u.%4u", &major, &minor) != 2)
		return 0;
	return major * 1000 + minor;
}

/* False where the layout of this kernel's tree is not known. */
static bool choose_bits(struct facts *facts, unsigned int version)
{
	static const struct index_bits radix_64k = { { 5, 9, 9, 13 } };
	static const struct index_bits radix_4k = { { 9, 9, 9, 13 } };
	static const struct index_bits hash_64k = { { 8, 10, 10, 8 } };	 /* since 4.17 */
	static const struct index_bits hash_64k_412 = { { 8, 10, 7, 8 } }; /* 4.12 to 4.16 */
	static const struct index_bits hash_64k_47 = { { 8, 5, 5, 12 } };	 /* 4.7 to 4.11 */
	static const struct index_bits hash_4k = { { 9, 7, 9, 9 } };

	if (facts->radix)
		facts->bits = facts->page_shift == SHIFT_64K ? radix_64k : radix_4k;
	else if (version < 4007)
		return false;
	else if (facts->page_shift == SHIFT_4K)
		facts->bits = hash_4k;
	else
		facts->bits = version >= 4017 ? hash_64k : version >= 4012 ? hash_64k_412 : hash_64k_47;
	return true;
}

static enum kernel_walk walk_tree(const struct facts *facts, struct kernel_view *view, uint64_t root, uint64_t vaddr,
				  struct kernel_block *block, struct err *err)
{
	struct kernel_step step = { .vaddr = vaddr, .table = root };
	unsigned int shift = facts->page_shift;

	for (unsigned int level = 0; level < LEVELS; level++)
		shift += facts->bits.of[level];

	for (unsigned int level = LEVELS; level-- > 0;) {
		unsigned int bits = facts->bits.of[level];

		shift -= bits;
		step.level = level_names[level];
		step.index = vaddr >> shift & ((UINT64_C(1) << bits) - 1);
		if (!kernel_step_read(view, &step, ORDER_BIG, err))
			return KERNEL_WALK_UNREADABLE;
		if (!(step.entry & ENTRY_VALID))
			return kernel_step_unmapped(&step, "not valid", err);
		/* Leaves of a hash tree's last level have the bit too. */
		if (!level || step.entry & ENTRY_LEAF) {
			*block = kernel_block_of(vaddr, step.entry & ENTRY_PAGE, shift);
			return KERNEL_WALK_MAPPED;
		}
		step.table = step.entry & ENTRY_TABLE;
	}
	return kernel_step_unmapped(&step, "the tree has no end", err);
}

static bool direct_block(const struct facts *facts, uint64_t vaddr, struct kernel_block *block)
{
	if (vaddr - DIRECT_BASE >= facts->memory_end)
		return false;
	*block = (struct kernel_block){ DIRECT_BASE, 0, facts->memory_end };
	return true;
}

static bool features_say_radix(struct kernel_view *view, bool *radix)
{
	const struct kernel_info *info = &kernel_of_view(view)->info;
	uint64_t pointer, spec, offset;
	uint32_t features;
	struct err err;

	if (!kernel_info_symbol(info, "cur_cpu_spec", &pointer) ||
	    !kernel_info_offset(info, "cpu_spec.mmu_features", &offset) ||
	    !kernel_read_long(view, pointer, &spec, &err) || !kernel_read_u32(view, spec + offset, &features, &err))
		return false;
	*radix = features & MMU_FEATURE_RADIX;
	return true;
}

/* A radix tree maps the direct map as well: it must say of the kernel's top table that it is where it is. */
static bool tree_looks_radix(const struct facts *facts, struct kernel_view *view)
{
	struct facts trial = *facts;
	struct kernel_block direct, mapped;
	uint64_t root;
	struct err err;

	trial.radix = true;
	(void)choose_bits(&trial, 0);
	if (!kernel_info_symbol(&kernel_of_view(view)->info, "swapper_pg_dir", &root) ||
	    !direct_block(facts, root, &direct) ||
	    walk_tree(&trial, view, root - DIRECT_BASE, root, &mapped, &err) != KERNEL_WALK_MAPPED)
		return false;
	return mapped.physical + (root - mapped.vaddr) == root - DIRECT_BASE;
}

static bool is_radix(const struct facts *facts, struct kernel_view *view)
{
	int64_t number;
	bool radix;

	if (kernel_info_number(&kernel_of_view(view)->info, "RADIX_MMU", &number))
		return number != 0;
	if (features_say_radix(view, &radix))
		return radix;
	return tree_looks_radix(facts, view);
}

struct vmemmap_list {
	uint64_t first;
	uint64_t next, physical, vaddr; /* offsets in struct vmemmap_backing */
	uint64_t page_size;
};

/* False where there is no list: a radix kernel, or one without vmemmap. */
static bool find_vmemmap_list(struct vmemmap_list *list, struct kernel_view *view)
{
	const struct kernel_info *info = &kernel_of_view(view)->info;
	uint64_t head, psize, definitions, size, offset;
	uint32_t number, shift;
	struct err err;

	if (!kernel_info_symbol(info, "vmemmap_list", &head) || !kernel_info_symbol(info, "mmu_vmemmap_psize", &psize) ||
	    !kernel_info_symbol(info, "mmu_psize_defs", &definitions) || !kernel_info_size(info, "mmu_psize_def", &size) ||
	    !kernel_info_offset(info, "mmu_psize_def.shift", &offset) ||
	    !kernel_info_offset(info, "vmemmap_backing.list", &list->next) ||
	    !kernel_info_offset(info, "vmemmap_backing.phys", &list->physical) ||
	    !kernel_info_offset(info, "vmemmap_backing.virt_addr", &list->vaddr))
		return false;
	if (!kernel_read_long(view, head, &list->first, &err) || !list->first ||
	    !kernel_read_u32(view, psize, &number, &err) ||
	    !kernel_read_u32(view, definitions + number * size + offset, &shift, &err) || shift < SHIFT_4K || shift > 40)
		return false;
	list->page_size = UINT64_C(1) << shift;
	return true;
}

static void append_vmemmap(struct facts *facts, struct arena *arena, size_t *capacity, struct vmemmap_page page)
{
	if (facts->vmemmap_count == *capacity) {
		size_t larger = *capacity ? *capacity * 2 : 64;
		struct vmemmap_page *grown = arena_array(arena, larger, sizeof(*grown));

		if (facts->vmemmap_count)
			memcpy(grown, facts->vmemmap, facts->vmemmap_count * sizeof(*grown));
		facts->vmemmap = grown;
		*capacity = larger;
	}
	facts->vmemmap[facts->vmemmap_count++] = page;
}

static int compare_vmemmap(const void *left, const void *right)
{
	const struct vmemmap_page *a = left, *b = right;

	return (a->vaddr > b->vaddr) - (a->vaddr < b->vaddr);
}

/* What can be read of the list is used: an end that is not there makes struct pages unreadable, and no more. */
static void read_vmemmap_list(struct facts *facts, struct kernel_view *view, struct arena *arena)
{
	struct vmemmap_list list;
	size_t capacity = 0;
	struct err err;

	if (!find_vmemmap_list(&list, view))
		return;
	facts->vmemmap_size = list.page_size;

	/* A ring, in damaged memory, ends here. */
	uint64_t bound = (facts->memory_end >> facts->page_shift) * PAGE_STRUCT_MAX / list.page_size + 4096;
	uint64_t vaddr, physical;

	for (uint64_t element = list.first; element && facts->vmemmap_count < bound;) {
		if (!kernel_read_long(view, element + list.physical, &physical, &err) ||
		    !kernel_read_long(view, element + list.vaddr, &vaddr, &err) ||
		    !kernel_read_long(view, element + list.next, &element, &err))
			break;
		append_vmemmap(facts, arena, &capacity, (struct vmemmap_page){ vaddr, physical });
	}
	if (facts->vmemmap_count)
		qsort(facts->vmemmap, facts->vmemmap_count, sizeof(*facts->vmemmap), compare_vmemmap);
}

static void ppc64_setup(struct kernel_translation *translation, struct kernel_view *view, struct arena *arena,
			const char **why)
{
	const struct kernel *kernel = kernel_of_view(view);
	struct facts *facts = arena_alloc(arena, sizeof(*facts));

	/* Reading through the direct map needs no more than this. */
	translation->facts = facts;
	facts->memory_end = kernel_memory_end(kernel);
	facts->page_shift = kernel->page_shift;
	if (facts->page_shift != SHIFT_4K && facts->page_shift != SHIFT_64K) {
		*why = arena_printf(arena, "ppc64 has no pages of %" PRIu64 " bytes", kernel->page_size);
		return;
	}
	facts->radix = is_radix(facts, view);
	facts->tree_known = choose_bits(facts, kernel_version(&kernel->info));
	if (!facts->radix)
		read_vmemmap_list(facts, view, arena);
}

static bool ppc64_linear(const struct kernel *kernel, uint64_t vaddr, struct kernel_block *block)
{
	return direct_block(kernel_translation(kernel)->facts, vaddr, block);
}

static bool vmemmap_block(const struct facts *facts, uint64_t vaddr, struct kernel_block *block)
{
	size_t behind = find_above(facts->vmemmap, sizeof(*facts->vmemmap), offsetof(struct vmemmap_page, vaddr),
				   facts->vmemmap_count, vaddr);

	if (!behind || vaddr - facts->vmemmap[behind - 1].vaddr >= facts->vmemmap_size)
		return false;
	*block = (struct kernel_block){ facts->vmemmap[behind - 1].vaddr, facts->vmemmap[behind - 1].physical,
					facts->vmemmap_size };
	return true;
}

static enum kernel_walk ppc64_walk(struct kernel_view *view, uint64_t root, uint64_t vaddr, struct kernel_block *block,
				   struct err *err)
{
	const struct facts *facts = kernel_translation(kernel_of_view(view))->facts;

	if (!facts->radix && (direct_block(facts, vaddr, block) || vmemmap_block(facts, vaddr, block)))
		return KERNEL_WALK_MAPPED;
	if (!facts->tree_known) {
		err_set_text(err, ERR_UNSUPPORTED,
			     "virtual address 0x%" PRIx64 " is neither in the direct map nor in vmemmap_list, and page tables of"
			     " hash kernels before Linux 4.7 are not known here",
			     vaddr);
		return KERNEL_WALK_UNMAPPED;
	}
	if (vaddr >> 62 != 3) {
		err_set_text(err, ERR_BAD_IMAGE, "virtual address 0x%" PRIx64 " is not one of the kernel's", vaddr);
		return KERNEL_WALK_UNMAPPED;
	}
	return walk_tree(facts, view, root, vaddr, block, err);
}

const struct kernel_arch kernel_arch_ppc64 = {
	.name = "ppc64",
	.elf_machine = EM_PPC64,
	.linear_first = true,
	.setup = ppc64_setup,
	.linear = ppc64_linear,
	.walk = ppc64_walk,
};
