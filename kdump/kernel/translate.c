/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/kernel/translate.h"

#include <inttypes.h>
#include <stdlib.h>

#include "kdump/find.h"

static const struct kernel_arch *const architectures[] = {
	&kernel_arch_x86_64,
	&kernel_arch_s390,
	&kernel_arch_ppc64,
	&kernel_arch_arm64,
};

const struct kernel_arch *kernel_arch_of(uint16_t elf_machine, bool is64)
{
	for (size_t i = 0; is64 && i < sizeof(architectures) / sizeof(*architectures); i++) {
		if (architectures[i]->elf_machine == elf_machine)
			return architectures[i];
	}
	return NULL;
}

static int compare_mappings(const void *left, const void *right)
{
	const struct dump_mapping *a = left, *b = right;

	if (a->vaddr != b->vaddr)
		return a->vaddr < b->vaddr ? -1 : 1;
	return (a->physical > b->physical) - (a->physical < b->physical);
}

/* QEMU gives vaddr 0, and the kernel all ones, where it does not know the virtual address. */
static bool is_plausible(const struct dump_mapping *mapping, bool high_half)
{
	if (!mapping->size || mapping->vaddr == UINT64_MAX)
		return false;
	if (mapping->size - 1 > UINT64_MAX - mapping->vaddr || mapping->size - 1 > UINT64_MAX - mapping->physical)
		return false;
	return !high_half || mapping->vaddr >> 63;
}

void kernel_headers_index(struct kernel_translation *translation, struct arena *arena, const struct dump *dump,
			  bool high_half)
{
	struct dump_mapping *sorted = arena_array(arena, dump->mapping_count, sizeof(*sorted));
	size_t count = 0, kept = 0;

	for (size_t i = 0; i < dump->mapping_count; i++) {
		if (is_plausible(&dump->mappings[i], high_half))
			sorted[count++] = dump->mappings[i];
	}
	qsort(sorted, count, sizeof(*sorted), compare_mappings);

	uint64_t last = 0; /* the last byte that is covered */

	for (size_t i = 0; i < count; i++) {
		struct dump_mapping mapping = sorted[i];
		uint64_t mapping_last = mapping.vaddr + (mapping.size - 1);

		if (kept) {
			if (mapping_last <= last)
				continue;
			if (mapping.vaddr <= last) {
				uint64_t cut = last + 1 - mapping.vaddr;

				mapping.vaddr += cut;
				mapping.physical += cut;
				mapping.size -= cut;
			}
		}
		last = mapping_last;
		sorted[kept++] = mapping;
	}
	translation->mappings = sorted;
	translation->mapping_count = kept;
}

bool kernel_headers_find(const struct kernel_translation *translation, uint64_t vaddr, struct kernel_block *block)
{
	size_t behind = find_above(translation->mappings, sizeof(*translation->mappings),
				   offsetof(struct dump_mapping, vaddr), translation->mapping_count, vaddr);

	if (!behind)
		return false;

	const struct dump_mapping *mapping = &translation->mappings[behind - 1];

	if (vaddr - mapping->vaddr >= mapping->size)
		return false;
	*block = (struct kernel_block){ mapping->vaddr, mapping->physical, mapping->size };
	return true;
}

uint64_t kernel_memory_end(const struct kernel *kernel)
{
	const struct ranges *memory = &kernel->dump->memory;

	return memory->count ? memory->v[memory->count - 1].end : 0;
}

bool kernel_step_read(struct kernel_view *view, struct kernel_step *step, enum order order, struct err *err)
{
	struct raw64 entry;

	if (!kernel_physical(view, step->table + step->index * sizeof(entry), &entry, sizeof(entry), err))
		return err_prefix(err, "virtual address 0x%" PRIx64 ": entry %" PRIu64 " of the %s table at physical 0x%" PRIx64,
				  step->vaddr, step->index, step->level, step->table);
	step->entry = raw64_get(entry, order);
	return true;
}

enum kernel_walk kernel_step_unmapped(const struct kernel_step *step, const char *why, struct err *err)
{
	err_set_text(err, ERR_BAD_IMAGE,
		     "virtual address 0x%" PRIx64 " is not mapped: entry %" PRIu64 " of the %s table at physical 0x%" PRIx64
		     " is 0x%" PRIx64 ": %s",
		     step->vaddr, step->index, step->level, step->table, step->entry, why);
	return KERNEL_WALK_UNMAPPED;
}

struct kernel_block kernel_block_of(uint64_t vaddr, uint64_t physical, unsigned int shift)
{
	uint64_t size = UINT64_C(1) << shift;

	return (struct kernel_block){ vaddr & ~(size - 1), physical & ~(size - 1), size };
}
