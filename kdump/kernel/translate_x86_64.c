/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * x86-64. Page tables: Intel SDM volume 3A, 4.5 (4-level and 5-level paging); the kernel's image: Linux
 * Documentation/arch/x86/x86_64/mm.rst. Where the direct map begins is random and not in VMCOREINFO, so that it is only
 * to be had from tables and program headers.
 */
#include <elf.h>
#include <inttypes.h>

#include "kdump/kernel/translate.h"

#define IMAGE_BASE UINT64_C(0xffffffff80000000)
#define USUAL_IMAGE_SIZE (UINT64_C(512) << 20) /* without KASLR; kernels with it say KERNEL_IMAGE_SIZE */

#define ENTRY_PRESENT UINT64_C(0x1)
#define ENTRY_LARGE UINT64_C(0x80)
#define ENTRY_ADDRESS UINT64_C(0x000ffffffffff000)
#define INDEX_MASK 0x1ff

struct facts {
	bool phys_base_known;
	uint64_t phys_base;
	uint64_t image_size;
	uint64_t address_mask;
	unsigned int levels;
};

static void x86_64_setup(struct kernel_translation *translation, struct kernel_view *view, struct arena *arena,
			 const char **why)
{
	const struct kernel *kernel = kernel_of_view(view);
	struct facts *facts = arena_alloc(arena, sizeof(*facts));
	int64_t number;

	(void)why;
	if (kernel_info_number(&kernel->info, "phys_base", &number)) {
		facts->phys_base_known = true;
		facts->phys_base = (uint64_t)number;
	} else if (kernel->dump->format == DUMP_KDUMP) {
		/* makedumpfile puts what it found into the sub header. */
		facts->phys_base_known = true;
		facts->phys_base = kernel->dump->kdump.phys_base;
	}

	facts->image_size = USUAL_IMAGE_SIZE;
	if (kernel_info_number(&kernel->info, "KERNEL_IMAGE_SIZE", &number) && number > 0 &&
	    (uint64_t)number <= 0 - IMAGE_BASE)
		facts->image_size = (uint64_t)number;

	facts->address_mask = ENTRY_ADDRESS;
	if (kernel_info_number(&kernel->info, "sme_mask", &number))
		facts->address_mask &= ~(uint64_t)number;

	facts->levels = kernel_info_number(&kernel->info, "pgtable_l5_enabled", &number) && number ? 5 : 4;
	translation->facts = facts;
}

static bool x86_64_linear(const struct kernel *kernel, uint64_t vaddr, struct kernel_block *block)
{
	const struct facts *facts = kernel_translation(kernel)->facts;

	if (!facts->phys_base_known || vaddr < IMAGE_BASE || vaddr - IMAGE_BASE >= facts->image_size)
		return false;
	*block = (struct kernel_block){ IMAGE_BASE, facts->phys_base, facts->image_size };
	return true;
}

static bool is_canonical(uint64_t vaddr, unsigned int bits)
{
	uint64_t high = vaddr >> (bits - 1);

	return !high || high == UINT64_MAX >> (bits - 1);
}

static enum kernel_walk x86_64_walk(struct kernel_view *view, uint64_t root, uint64_t vaddr, struct kernel_block *block,
				    struct err *err)
{
	static const char *const names[] = { "page", "PMD", "PUD", "P4D", "PGD" };
	const struct facts *facts = kernel_translation(kernel_of_view(view))->facts;
	struct kernel_step step = { .vaddr = vaddr, .table = root };

	if (!is_canonical(vaddr, 12 + 9 * facts->levels)) {
		err_set_text(err, ERR_BAD_IMAGE, "virtual address 0x%" PRIx64 " is not canonical with %u levels of page tables",
			     vaddr, facts->levels);
		return KERNEL_WALK_UNMAPPED;
	}

	for (unsigned int level = facts->levels; level-- > 0;) {
		unsigned int shift = 12 + 9 * level;

		/* With four levels the top table is the PGD all the same. */
		step.level = level + 1 == facts->levels ? "PGD" : names[level];
		step.index = vaddr >> shift & INDEX_MASK;
		if (!kernel_step_read(view, &step, ORDER_LITTLE, err))
			return KERNEL_WALK_UNREADABLE;
		if (!(step.entry & ENTRY_PRESENT))
			return kernel_step_unmapped(&step, "not present", err);

		uint64_t address = step.entry & facts->address_mask;

		if (!level || (level <= 2 && step.entry & ENTRY_LARGE)) {
			*block = kernel_block_of(vaddr, address, shift);
			return KERNEL_WALK_MAPPED;
		}
		step.table = address;
	}
	return kernel_step_unmapped(&step, "the tables have no end", err);
}

const struct kernel_arch kernel_arch_x86_64 = {
	.name = "x86-64",
	.elf_machine = EM_X86_64,
	.setup = x86_64_setup,
	.linear = x86_64_linear,
	.walk = x86_64_walk,
};
