/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Between kernel.c, view.c and the architectures: how a virtual address becomes a physical one.
 *
 * Three sources, and what each is trusted with is decided once, by kernel_open(): the rules of the architecture for
 * what is mapped linearly, the page tables from swapper_pg_dir on, and the dump's program headers. A source counts
 * as wrong when the utsname is not found through it.
 */
#ifndef KDUMP_KERNEL_TRANSLATE_H
#define KDUMP_KERNEL_TRANSLATE_H

#include "kdump/kernel/kernel.h"

/* vaddr + i is physical + i, for i < size. */
struct kernel_block {
	uint64_t vaddr, physical, size;
};

enum kernel_walk {
	KERNEL_WALK_MAPPED,
	KERNEL_WALK_UNMAPPED,	/* the tables say that there is nothing: err is set */
	KERNEL_WALK_UNREADABLE, /* a table is not in the dump: err is set */
};

struct kernel_translation;

struct kernel_arch {
	const char *name;
	uint16_t elf_machine;

	/* linear() is exact and asked before the tables; else only where the tables are of no use. */
	bool linear_first;

	/*
	 * Collects what VMCOREINFO and memory that needs no page table say, into translation->facts. *why: set where page
	 * tables cannot be walked for want of a fact.
	 */
	void (*setup)(struct kernel_translation *translation, struct kernel_view *view, struct arena *arena,
		      const char **why);

	/* False where no rule holds for the address. *block covers vaddr. */
	bool (*linear)(const struct kernel *kernel, uint64_t vaddr, struct kernel_block *block);

	/* A fixed number of steps, whatever the tables hold. *block covers vaddr. */
	enum kernel_walk (*walk)(struct kernel_view *view, uint64_t root, uint64_t vaddr, struct kernel_block *block,
				 struct err *err);
};

struct kernel_translation {
	const void *facts; /* of the architecture */
	bool linear, tables, headers; /* usable sources */
	uint64_t root;	   /* physical address of swapper_pg_dir, where tables is set */
	struct dump_mapping *mappings; /* sorted by vaddr, disjoint */
	size_t mapping_count;
};

extern const struct kernel_arch kernel_arch_x86_64, kernel_arch_s390, kernel_arch_ppc64, kernel_arch_arm64;

/* NULL where only program headers can translate. */
const struct kernel_arch *kernel_arch_of(uint16_t elf_machine, bool is64);

static inline const struct kernel_translation *kernel_translation(const struct kernel *kernel)
{
	return kernel->arch_state;
}

/*
 * Program headers as a sorted, disjoint set. Unknown (all ones), empty and wrapping ones are left out, and so is the
 * lower half of the address space where high_half is set. Where two overlap, the one that begins later is cut.
 */
void kernel_headers_index(struct kernel_translation *translation, struct arena *arena, const struct dump *dump,
			  bool high_half);
bool kernel_headers_find(const struct kernel_translation *translation, uint64_t vaddr, struct kernel_block *block);

/* One past the last byte of memory that the dump speaks of: no rule of an architecture leads further. */
uint64_t kernel_memory_end(const struct kernel *kernel);

/* Bytes at a physical address, through the view's cache of pages. */
bool kernel_physical(struct kernel_view *view, uint64_t physical, void *buffer, size_t size,
		     struct err *err) ERR_CHECKED;

/* For walk(). level: the name of the table, "PMD", "region-third". */
struct kernel_step {
	const char *level;
	uint64_t vaddr, table, index;
	uint64_t entry;
};

/* Reads step->entry, 8 bytes at table + index * 8. */
bool kernel_step_read(struct kernel_view *view, struct kernel_step *step, enum order order,
		      struct err *err) ERR_CHECKED;

/* Says of an entry that it maps nothing, and why. */
enum kernel_walk kernel_step_unmapped(const struct kernel_step *step, const char *why, struct err *err);

/* The mapping of one page or large page of 1 << shift bytes. */
struct kernel_block kernel_block_of(uint64_t vaddr, uint64_t physical, unsigned int shift);

#endif
