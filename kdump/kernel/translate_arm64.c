/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * arm64. Descriptors: Arm ARM (DDI 0487), "VMSAv8-64 translation table format descriptors". Which addresses are what:
 * Linux Documentation/arch/arm64/memory.rst. Kernels built for 52 bits of addresses run with 48 (16K pages: 47) where
 * the CPU has no more, which NUMBER(TCR_EL1_T1SZ) tells from NUMBER(VA_BITS).
 */
#include <elf.h>
#include <inttypes.h>

#include "kdump/kernel/translate.h"

#define DESCRIPTOR_VALID UINT64_C(0x1)
#define DESCRIPTOR_TABLE UINT64_C(0x2) /* at the last level: a page */
#define LARGEST_BLOCK_SHIFT 42	       /* 4 TiB, with 64K pages */
#define SHIFT_4K 12
#define SHIFT_16K 14
#define SHIFT_64K 16

/* No kernel image is larger; where it ends is not in VMCOREINFO. */
#define IMAGE_REACH (UINT64_C(128) << 20)
#define IMAGE_ALIGN (UINT64_C(2) << 20)

struct facts {
	unsigned int page_shift;
	unsigned int configured_bits; /* VA_BITS */
	unsigned int bits;	      /* those in use */
	unsigned int levels;
	uint64_t top_index_mask;
	bool wide_64k; /* bits 15:12 of a descriptor are 51:48 of the address */
	bool wide_lpa2; /* bits 9:8 are 51:50 */
	bool image_known;
	struct kernel_block image;
	bool direct_known;
	struct kernel_block direct;
};

static unsigned int levels_of(unsigned int bits, unsigned int page_shift)
{
	unsigned int stride = page_shift - 3;

	return (bits - page_shift + stride - 1) / stride;
}

static uint64_t top_mask(unsigned int bits, unsigned int levels, unsigned int page_shift)
{
	unsigned int below = page_shift + (page_shift - 3) * (levels - 1);

	return (UINT64_C(1) << (bits - below)) - 1;
}

/* Since Linux 5.4 the image is in the upper half of the kernel's addresses and the direct map in the lower. */
static void find_direct_map(struct facts *facts, const struct kernel *kernel, uint64_t image_vaddr)
{
	unsigned int shortest = facts->page_shift == SHIFT_16K ? 47 : 48;
	unsigned int half_bit = (facts->configured_bits < shortest ? facts->configured_bits : shortest) - 1;
	uint64_t half = 0 - (UINT64_C(1) << half_bit);
	int64_t phys_offset;

	if (!kernel_info_number(&kernel->info, "PHYS_OFFSET", &phys_offset))
		return;
	facts->direct_known = true;
	facts->direct.physical = (uint64_t)phys_offset;
	if (image_vaddr >= half) {
		facts->direct.vaddr = 0 - (UINT64_C(1) << facts->configured_bits);
		facts->direct.size = half - facts->direct.vaddr;
	} else {
		facts->direct.vaddr = 0 - (UINT64_C(1) << (facts->configured_bits - 1));
		facts->direct.size = 0 - facts->direct.vaddr;
	}

	/* The subtraction wraps where a kernel for 52 bits runs with 48: PHYS_OFFSET is negative then. */
	uint64_t reach = kernel_memory_end(kernel) - facts->direct.physical;

	if (facts->direct.size > reach)
		facts->direct.size = reach;
}

static void find_image(struct facts *facts, const struct kernel *kernel, uint64_t image_vaddr)
{
	int64_t voffset;

	if (!kernel_info_number(&kernel->info, "kimage_voffset", &voffset))
		return;
	facts->image_known = true;
	facts->image.vaddr = image_vaddr & ~(IMAGE_ALIGN - 1);
	facts->image.physical = facts->image.vaddr - (uint64_t)voffset;
	facts->image.size = IMAGE_REACH;
}

static void arm64_setup(struct kernel_translation *translation, struct kernel_view *view, struct arena *arena,
			const char **why)
{
	const struct kernel *kernel = kernel_of_view(view);
	struct facts *facts = arena_alloc(arena, sizeof(*facts));
	uint64_t image_vaddr;
	int64_t number;

	translation->facts = facts;
	facts->page_shift = kernel->page_shift;
	if (facts->page_shift != SHIFT_4K && facts->page_shift != SHIFT_16K && facts->page_shift != SHIFT_64K) {
		*why = arena_printf(arena, "arm64 has no pages of %" PRIu64 " bytes", kernel->page_size);
		return;
	}
	if (!kernel_info_number(&kernel->info, "VA_BITS", &number)) {
		*why = "VMCOREINFO has no NUMBER(VA_BITS)";
		return;
	}
	if (number < 32 || number > 52) {
		*why = arena_printf(arena, "NUMBER(VA_BITS) is %" PRId64 ", expected 32 to 52", number);
		return;
	}
	facts->configured_bits = (unsigned int)number;
	facts->bits = facts->configured_bits;
	if (kernel_info_number(&kernel->info, "TCR_EL1_T1SZ", &number)) {
		if (number < 12 || number > 64 - 32 || 64 - number > facts->configured_bits) {
			*why = arena_printf(arena, "NUMBER(TCR_EL1_T1SZ) is %" PRId64 ", which does not go with VA_BITS %u",
					    number, facts->configured_bits);
			return;
		}
		facts->bits = (unsigned int)(64 - number);
	}

	/*
	 * With as many levels, the top table is laid out for the configured bits, and the CPU is given its upper part;
	 * with fewer, the level on top is left out.
	 */
	facts->levels = levels_of(facts->bits, facts->page_shift);
	if (facts->levels == levels_of(facts->configured_bits, facts->page_shift))
		facts->top_index_mask = top_mask(facts->configured_bits, facts->levels, facts->page_shift);
	else
		facts->top_index_mask = top_mask(facts->bits, facts->levels, facts->page_shift);
	facts->wide_64k = facts->page_shift == SHIFT_64K;
	facts->wide_lpa2 = !facts->wide_64k && facts->bits == 52;

	if (kernel_info_symbol(&kernel->info, "_stext", &image_vaddr) ||
	    kernel_info_symbol(&kernel->info, "swapper_pg_dir", &image_vaddr)) {
		find_direct_map(facts, kernel, image_vaddr);
		find_image(facts, kernel, image_vaddr);
	}
}

static bool arm64_linear(const struct kernel *kernel, uint64_t vaddr, struct kernel_block *block)
{
	const struct facts *facts = kernel_translation(kernel)->facts;

	if (facts->image_known && vaddr - facts->image.vaddr < facts->image.size) {
		*block = facts->image;
		return true;
	}
	if (facts->direct_known && vaddr - facts->direct.vaddr < facts->direct.size) {
		*block = facts->direct;
		return true;
	}
	return false;
}

static uint64_t descriptor_address(const struct facts *facts, uint64_t descriptor)
{
	uint64_t page_mask = ~((UINT64_C(1) << facts->page_shift) - 1);

	if (facts->wide_lpa2)
		return (descriptor & UINT64_C(0x0003ffffffffffff) & page_mask) | (descriptor & 0x300) << 42;

	uint64_t address = descriptor & UINT64_C(0x0000ffffffffffff) & page_mask;

	return facts->wide_64k ? address | (descriptor & 0xf000) << 36 : address;
}

static enum kernel_walk arm64_walk(struct kernel_view *view, uint64_t root, uint64_t vaddr, struct kernel_block *block,
				   struct err *err)
{
	static const char *const names[] = { "page", "PMD", "PUD", "P4D" };
	const struct facts *facts = kernel_translation(kernel_of_view(view))->facts;
	unsigned int stride = facts->page_shift - 3;
	struct kernel_step step = { .vaddr = vaddr, .table = root };

	/* The top byte may be a tag (KASAN). */
	if ((vaddr | UINT64_C(0xff) << 56) >> facts->bits != UINT64_MAX >> facts->bits) {
		err_set_text(err, ERR_BAD_IMAGE, "virtual address 0x%" PRIx64 " is none of a kernel with %u bits of addresses",
			     vaddr, facts->bits);
		return KERNEL_WALK_UNMAPPED;
	}

	for (unsigned int level = facts->levels; level-- > 0;) {
		unsigned int shift = facts->page_shift + stride * level;
		bool top = level + 1 == facts->levels;

		step.level = top ? "PGD" : names[level];
		step.index = vaddr >> shift & (top ? facts->top_index_mask : (UINT64_C(1) << stride) - 1);
		if (!kernel_step_read(view, &step, ORDER_LITTLE, err))
			return KERNEL_WALK_UNREADABLE;
		if (!(step.entry & DESCRIPTOR_VALID))
			return kernel_step_unmapped(&step, "not valid", err);

		bool table = step.entry & DESCRIPTOR_TABLE;
		uint64_t address = descriptor_address(facts, step.entry);

		if (!level && !table)
			return kernel_step_unmapped(&step, "a block, which cannot be at the last level", err);
		if (!table && shift > LARGEST_BLOCK_SHIFT)
			return kernel_step_unmapped(&step, "a block, which cannot be at this level", err);
		if (!level || !table) {
			*block = kernel_block_of(vaddr, address, shift);
			return KERNEL_WALK_MAPPED;
		}
		step.table = address;
	}
	return kernel_step_unmapped(&step, "there are no levels", err);
}

const struct kernel_arch kernel_arch_arm64 = {
	.name = "arm64",
	.elf_machine = EM_AARCH64,
	.setup = arm64_setup,
	.linear = arm64_linear,
	.walk = arm64_walk,
};
