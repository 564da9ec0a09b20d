/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The kernel in a dump: what its VMCOREINFO says, and its virtual memory. Addresses are translated by what the program
 * headers say, by the rules of the architecture for the kernel's image and direct map, and by its page tables
 * (x86-64 with 4 and 5 levels, s390x, ppc64 radix and hash in both byte orders, arm64).
 *
 * Facts that VMCOREINFO lacks make a part of the address space unreadable, with the reason, and nothing else.
 */
#ifndef KDUMP_KERNEL_KERNEL_H
#define KDUMP_KERNEL_KERNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "arena.h"
#include "bytes.h"
#include "err.h"
#include "kdump/dump/dump.h"
#include "kdump/kernel/info.h"

struct kernel_arch;

struct kernel {
	const struct dump *dump;
	struct kernel_info info;
	enum order order;
	bool is64;
	uint64_t page_size;
	unsigned int page_shift;
	const struct kernel_arch *arch; /* translate.h; NULL where only program headers translate */
	void *arch_state;		/* written by kernel_open() alone */
	const char *translation;	/* why page tables cannot be walked, or NULL */
};

/*
 * ERR_BAD_IMAGE where the dump has no VMCOREINFO. Everything else that is missing is found when it is asked for.
 * The kernel is const afterwards and shared by threads.
 */
bool kernel_open(struct kernel *kernel, struct arena *arena, const struct dump *dump, struct err *err) ERR_CHECKED;

/*
 * Virtual memory, for one thread: a cache of pages and of translations. Anonymous memory: 16 pages, 48 KiB, and two
 * readers, one with a window of 64 KiB.
 */
struct kernel_view;

struct kernel_view *kernel_view_new(const struct kernel *kernel, struct arena *arena);

/*
 * *contiguous: how many bytes from vaddr on are translated alike (to the end of the page, of the large page, or of the
 * direct map's range); may be NULL. ERR_BAD_IMAGE where the address is not mapped or a page table is not in the dump.
 */
bool kernel_translate(struct kernel_view *view, uint64_t vaddr, uint64_t *physical, uint64_t *contiguous,
		      struct err *err) ERR_CHECKED;

bool kernel_read(struct kernel_view *view, uint64_t vaddr, void *buffer, size_t size, struct err *err) ERR_CHECKED;

/* Integers of the kernel's byte order; long and pointers of its word size. */
bool kernel_read_u8(struct kernel_view *view, uint64_t vaddr, uint8_t *out, struct err *err) ERR_CHECKED;
bool kernel_read_u16(struct kernel_view *view, uint64_t vaddr, uint16_t *out, struct err *err) ERR_CHECKED;
bool kernel_read_u32(struct kernel_view *view, uint64_t vaddr, uint32_t *out, struct err *err) ERR_CHECKED;
bool kernel_read_u64(struct kernel_view *view, uint64_t vaddr, uint64_t *out, struct err *err) ERR_CHECKED;
bool kernel_read_long(struct kernel_view *view, uint64_t vaddr, uint64_t *out, struct err *err) ERR_CHECKED;

const struct kernel *kernel_of_view(const struct kernel_view *view);

/* A long or pointer in bytes that were read before. */
uint64_t kernel_long(const struct kernel *kernel, const void *bytes);
uint32_t kernel_u32(const struct kernel *kernel, const void *bytes);
uint64_t kernel_u64(const struct kernel *kernel, const void *bytes);
uint16_t kernel_u16(const struct kernel *kernel, const void *bytes);

#endif
