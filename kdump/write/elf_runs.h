/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The pages that a level keeps as PT_LOADs: runs that go on in physical memory, in virtual memory, and in the file.
 * They are found block by block, as often as wanted; no list of them is ever made, for a machine may have millions.
 */
#ifndef KDUMP_WRITE_ELF_RUNS_H
#define KDUMP_WRITE_ELF_RUNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "err.h"
#include "kdump/dump/dump.h"
#include "kdump/write/kept.h"

/* Physical memory and where it is mapped. Those of `direct` are sorted and do not overlap. */
struct elf_maps {
	struct dump_mapping *direct;
	size_t direct_count;
	struct dump_mapping *aliases; /* of memory that a direct one has as well: the kernel's text */
	size_t alias_count;
};

void elf_maps_make(struct elf_maps *maps, struct arena *arena, const struct dump *dump);

struct elf_run {
	uint64_t vaddr, physical; /* vaddr 0: not known */
	uint64_t offset;	  /* in the file, from the first page of data on */
	uint64_t file_size, memory_size; /* memory beyond file_size: pages that were left out */
};

/* How the data lies: in the order of memory, or class by class. */
struct elf_order {
	bool by_class;
	uint64_t class_start[PAGE_CLASSES]; /* in pages */
};

struct elf_walk {
	const struct kept *kept;
	const struct elf_maps *maps;
	const struct elf_order *order;
	unsigned int page_shift;
	bool (*run)(void *data, const struct elf_run *run, struct err *err);
	void *data;
};

/* Aliases first, as the kernel's own headers have them, then memory in ascending order. */
bool elf_runs_walk(const struct elf_walk *walk, struct err *err) ERR_CHECKED;

#endif
