/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * s390x. Tables: z/Architecture Principles of Operation, chapter 3, "Dynamic Address Translation". Where the kernel and
 * its identity mapping are: since Linux 6.10 lines of VMCOREINFO (arch/s390/kernel/vmcore_info.c) and os_info, before
 * that virtual is physical.
 */
#include <elf.h>
#include <inttypes.h>
#include <string.h>

#include "kdump/kernel/translate.h"
#include "kdump/os_info_read.h"

#define TABLE_TYPE(entry) ((entry) >> 2 & 3) /* 0 segment, 1 region-third, 2 region-second, 3 region-first */
#define TABLE_OFFSET(entry) ((entry) >> 6 & 3) /* blocks of 512 entries that the next table lacks at its start */
#define TABLE_LENGTH(entry) ((entry) & 3)	  /* its last block of 512 entries */
#define TABLE_ORIGIN (~UINT64_C(0xfff))
#define TABLE_INDEX_MASK 0x7ff
#define TABLE_BLOCK_SHIFT 9

#define ENTRY_INVALID UINT64_C(0x20) /* region and segment */
#define ENTRY_LARGE UINT64_C(0x400)  /* region-third and segment */
#define SEGMENT 0
#define REGION_THIRD 1
#define SEGMENT_SHIFT 20
#define LEVEL_BITS 11

#define PAGE_TABLE_ORIGIN (~UINT64_C(0x7ff))
#define PAGE_INDEX_MASK 0xff
#define PAGE_SHIFT 12
#define PAGE_INVALID UINT64_C(0x400)
#define PAGE_ZERO UINT64_C(0x800) /* a translation-specification exception where it is set */

#define LOWCORE_SIZE 0x2000
#define LOWCORE_OS_INFO 0xe18 /* absolute; physical address of the page */
#define OS_INFO_PAGE 4096
#define OS_INFO_ENTRY(number) (32 + 20 * (number))
#define OS_INFO_IDENTITY_BASE 4
#define OS_INFO_KASLR_OFFSET 5
#define OS_INFO_KASLR_OFF_PHYS 6
#define OS_INFO_AMODE31_START 8
#define OS_INFO_AMODE31_END 9

struct facts {
	uint64_t identity_base;
	uint64_t memory_end;
	bool image_known;
	uint64_t image_offset, image_physical;
	struct range amode31;
};

static bool facts_from_info(struct facts *facts, const struct kernel_info *info)
{
	if (!kernel_info_hex(info, "IDENTITYBASE", &facts->identity_base))
		return false;
	facts->image_known = kernel_info_hex(info, "KERNELOFFSET", &facts->image_offset) &&
			     kernel_info_hex(info, "KERNELOFFPHYS", &facts->image_physical);
	if (!kernel_info_hex(info, "SAMODE31", &facts->amode31.start) ||
	    !kernel_info_hex(info, "EAMODE31", &facts->amode31.end))
		facts->amode31 = (struct range){ 0, 0 };
	return true;
}

static uint64_t os_info_value(const uint8_t *page, unsigned int number)
{
	struct be64 value;

	memcpy(&value, page + OS_INFO_ENTRY(number), sizeof(value));
	return be64_get(value);
}

/* As the kernel does it (arch/s390/kernel/crash_dump.c): a KASLR offset of 0 is a kernel that is mapped as of old. */
static void facts_from_os_info(struct facts *facts, struct kernel_view *view)
{
	struct be64 pointer;
	struct err err;

	if (!kernel_physical(view, LOWCORE_OS_INFO, &pointer, sizeof(pointer), &err))
		return;

	uint8_t page[OS_INFO_PAGE];
	struct os_info info;
	struct os_info_fault fault;
	uint64_t address = be64_get(pointer);

	if (!address || address % OS_INFO_PAGE || !kernel_physical(view, address, page, sizeof(page), &err) ||
	    os_info_read(&info, (struct blob){ page, sizeof(page) }, &fault) != OS_INFO_OK)
		return;

	facts->image_offset = os_info_value(page, OS_INFO_KASLR_OFFSET);
	if (!facts->image_offset)
		return;
	facts->image_known = true;
	facts->image_physical = os_info_value(page, OS_INFO_KASLR_OFF_PHYS);
	facts->identity_base = os_info_value(page, OS_INFO_IDENTITY_BASE);
	facts->amode31 = (struct range){ os_info_value(page, OS_INFO_AMODE31_START),
					 os_info_value(page, OS_INFO_AMODE31_END) };
}

static void s390_setup(struct kernel_translation *translation, struct kernel_view *view, struct arena *arena,
		       const char **why)
{
	const struct kernel *kernel = kernel_of_view(view);
	struct facts *facts = arena_alloc(arena, sizeof(*facts));

	(void)why;
	translation->facts = facts;
	facts->memory_end = kernel_memory_end(kernel);
	if (!facts_from_info(facts, &kernel->info))
		facts_from_os_info(facts, view);
}

static bool within(uint64_t vaddr, uint64_t start, uint64_t size)
{
	return vaddr - start < size;
}

static bool s390_linear(const struct kernel *kernel, uint64_t vaddr, struct kernel_block *block)
{
	const struct facts *facts = kernel_translation(kernel)->facts;

	/* Prefixing makes the lowcore of each CPU another page; absolute zero is what a dump can mean by it. */
	if (facts->identity_base && vaddr < LOWCORE_SIZE) {
		*block = (struct kernel_block){ 0, 0, LOWCORE_SIZE };
		return true;
	}
	if (within(vaddr, facts->amode31.start, range_size(facts->amode31))) {
		*block = (struct kernel_block){ facts->amode31.start, facts->amode31.start, range_size(facts->amode31) };
		return true;
	}
	/* The image is last in the address space; its end is that of memory, for want of a better one. */
	if (facts->image_known && facts->memory_end > facts->image_physical &&
	    within(vaddr, facts->image_offset, facts->memory_end - facts->image_physical)) {
		*block = (struct kernel_block){ facts->image_offset, facts->image_physical,
						facts->memory_end - facts->image_physical };
		return true;
	}
	if (within(vaddr, facts->identity_base, facts->memory_end)) {
		*block = (struct kernel_block){ facts->identity_base, 0, facts->memory_end };
		return true;
	}
	return false;
}

static enum kernel_walk walk_page_table(struct kernel_view *view, struct kernel_step *step, struct kernel_block *block,
					struct err *err)
{
	step->level = "page";
	step->table = step->entry & PAGE_TABLE_ORIGIN;
	step->index = step->vaddr >> PAGE_SHIFT & PAGE_INDEX_MASK;
	if (!kernel_step_read(view, step, ORDER_BIG, err))
		return KERNEL_WALK_UNREADABLE;
	if (step->entry & PAGE_INVALID)
		return kernel_step_unmapped(step, "invalid", err);
	if (step->entry & PAGE_ZERO)
		return kernel_step_unmapped(step, "a bit is set that must be zero in a page table", err);
	*block = kernel_block_of(step->vaddr, step->entry, PAGE_SHIFT);
	return KERNEL_WALK_MAPPED;
}

/* Whether the next table has the entry for this address. */
static bool next_has_index(uint64_t entry, uint64_t index)
{
	uint64_t part = index >> TABLE_BLOCK_SHIFT;

	return part >= TABLE_OFFSET(entry) && part <= TABLE_LENGTH(entry);
}

/* The first entry says which kind the top table is: all of its entries do, valid or not. */
static enum kernel_walk find_top_level(struct kernel_view *view, struct kernel_step *step, unsigned int *level,
				       struct err *err)
{
	step->level = "top";
	step->index = 0;
	if (!kernel_step_read(view, step, ORDER_BIG, err))
		return KERNEL_WALK_UNREADABLE;
	*level = TABLE_TYPE(step->entry);

	unsigned int bits = SEGMENT_SHIFT + LEVEL_BITS * (*level + 1);

	if (bits < 64 && step->vaddr >> bits) {
		err_set_text(err, ERR_BAD_IMAGE, "virtual address 0x%" PRIx64 " is not mapped: the top table reaches %u bits",
			     step->vaddr, bits);
		return KERNEL_WALK_UNMAPPED;
	}
	return KERNEL_WALK_MAPPED;
}

static enum kernel_walk s390_walk(struct kernel_view *view, uint64_t root, uint64_t vaddr, struct kernel_block *block,
				  struct err *err)
{
	static const char *const names[] = { "segment", "region-third", "region-second", "region-first" };
	struct kernel_step step = { .vaddr = vaddr, .table = root & TABLE_ORIGIN };
	unsigned int level;
	enum kernel_walk top = find_top_level(view, &step, &level, err);

	if (top != KERNEL_WALK_MAPPED)
		return top;

	for (unsigned int left = level + 1; left-- > 0;) {
		unsigned int shift = SEGMENT_SHIFT + LEVEL_BITS * left;

		step.level = names[left];
		step.index = vaddr >> shift & TABLE_INDEX_MASK;
		if (!kernel_step_read(view, &step, ORDER_BIG, err))
			return KERNEL_WALK_UNREADABLE;
		if (step.entry & ENTRY_INVALID)
			return kernel_step_unmapped(&step, "invalid", err);
		if (TABLE_TYPE(step.entry) != left)
			return kernel_step_unmapped(&step, "an entry of another kind of table", err);
		if (left <= REGION_THIRD && step.entry & ENTRY_LARGE) {
			*block = kernel_block_of(vaddr, step.entry, shift);
			return KERNEL_WALK_MAPPED;
		}
		if (left == SEGMENT)
			break;
		if (!next_has_index(step.entry, vaddr >> (shift - LEVEL_BITS) & TABLE_INDEX_MASK))
			return kernel_step_unmapped(&step, "the table that it points to is too short", err);
		step.table = step.entry & TABLE_ORIGIN;
	}
	return walk_page_table(view, &step, block, err);
}

const struct kernel_arch kernel_arch_s390 = {
	.name = "s390x",
	.elf_machine = EM_S390,
	.linear_first = true,
	.setup = s390_setup,
	.linear = s390_linear,
	.walk = s390_walk,
};
