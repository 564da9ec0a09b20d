/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Whoever reads the kernel's memory map reads struct after struct in one page, and page after page of one large page.
 * Hence three stages: the stretch that was read last (an addition and a copy), mappings by page and by MiB (an index
 * and a compare), and the sources.
 */
#include <inttypes.h>
#include <string.h>

#include "kdump/kernel/translate.h"

#define PAGE_SLOTS 16
#define DATA_WINDOW (UINT64_C(64) << 10) /* the memory map is read page after page; page tables are not */
#define BLOCK_SLOTS 1024 /* power of two */
#define LARGE_SHIFT 20	 /* blocks of at least this size are found by vaddr >> this: the smallest large page is 1 MiB */

struct page_slot {
	uint64_t pfn;
	uint64_t used; /* of the view's clock; 0 = empty */
	uint8_t *data;
};

/* Bytes [vaddr, vaddr + size) lie at data, in a slot. */
struct stretch {
	uint64_t vaddr, size;
	const uint8_t *data;
	const struct page_slot *slot;
};

struct kernel_view {
	const struct kernel *kernel;
	struct dump_reader *tables, *data;
	uint64_t clock;
	struct page_slot pages[PAGE_SLOTS];
	struct stretch stretch;
	struct kernel_block *small, *large; /* BLOCK_SLOTS each; size 0 = empty */
};

struct kernel_view *kernel_view_new(const struct kernel *kernel, struct arena *arena)
{
	struct kernel_view *view = arena_alloc(arena, sizeof(*view));
	size_t page_size = (size_t)kernel->dump->page_size;

	view->kernel = kernel;
	view->tables = dump_reader_new(kernel->dump, arena, DUMP_WINDOW_JUMPING);
	view->data = dump_reader_new(kernel->dump, arena, DATA_WINDOW);
	for (size_t i = 0; i < PAGE_SLOTS; i++)
		view->pages[i].data = arena_alloc(arena, page_size);
	view->small = arena_array(arena, BLOCK_SLOTS, sizeof(*view->small));
	view->large = arena_array(arena, BLOCK_SLOTS, sizeof(*view->large));
	return view;
}

const struct kernel *kernel_of_view(const struct kernel_view *view)
{
	return view->kernel;
}

static const char *page_state_words(enum dump_page_state state)
{
	switch (state) {
	case DUMP_PAGE_ABSENT:
		return "the machine has no memory there, as far as the dump says";
	case DUMP_PAGE_EXCLUDED:
		return "a filter left this page out of the dump";
	case DUMP_PAGE_LOST:
		return "the dump was cut before this page";
	case DUMP_PAGE_UNREADABLE:
	case DUMP_PAGE_HERE:
		break;
	}
	return "it cannot be read";
}

/* The page in a slot, read if it is not there; the slot that was used longest ago gives way. */
static const struct page_slot *find_page(struct kernel_view *view, struct dump_reader *reader, uint64_t pfn,
					 struct err *err)
{
	struct page_slot *oldest = &view->pages[0];

	for (size_t i = 0; i < PAGE_SLOTS; i++) {
		struct page_slot *slot = &view->pages[i];

		if (slot->used && slot->pfn == pfn) {
			slot->used = ++view->clock;
			return slot;
		}
		if (slot->used < oldest->used)
			oldest = slot;
	}

	const uint8_t *page;
	enum dump_page_state state = dump_reader_page(reader, pfn, &page, err);
	uint64_t page_size = view->kernel->dump->page_size;

	if (state != DUMP_PAGE_HERE) {
		if (state == DUMP_PAGE_UNREADABLE)
			err_set_prefix(err, "page at physical 0x%" PRIx64, pfn * page_size);
		else
			err_set_text(err, ERR_BAD_IMAGE, "page at physical 0x%" PRIx64 " is not to be had: %s", pfn * page_size,
				     page_state_words(state));
		return NULL;
	}
	if (view->stretch.slot == oldest)
		view->stretch = (struct stretch){ .size = 0 };
	memcpy(oldest->data, page, (size_t)page_size);
	oldest->pfn = pfn;
	oldest->used = ++view->clock;
	return oldest;
}

bool kernel_physical(struct kernel_view *view, uint64_t physical, void *buffer, size_t size, struct err *err)
{
	uint64_t page_size = view->kernel->dump->page_size;
	uint8_t *out = buffer;

	while (size) {
		uint64_t offset = physical & (page_size - 1);
		size_t part = page_size - offset < size ? (size_t)(page_size - offset) : size;
		const struct page_slot *slot = find_page(view, view->tables, physical / page_size, err);

		if (!slot)
			return false;
		memcpy(out, slot->data + offset, part);
		out += part;
		physical += part;
		size -= part;
	}
	return true;
}

static bool ask_rules(const struct kernel *kernel, uint64_t vaddr, struct kernel_block *block)
{
	return kernel->arch && kernel_translation(kernel)->linear && kernel->arch->linear(kernel, vaddr, block);
}

/* Where tables hold, the headers and most rules only stand in for a table that is not in the dump. */
static bool find_in_sources(struct kernel_view *view, uint64_t vaddr, struct kernel_block *block, struct err *err)
{
	const struct kernel *kernel = view->kernel;
	const struct kernel_translation *translation = kernel_translation(kernel);
	const struct kernel_arch *arch = kernel->arch;

	if (arch && arch->linear_first && ask_rules(kernel, vaddr, block))
		return true;
	if (translation->tables) {
		enum kernel_walk result = arch->walk(view, translation->root, vaddr, block, err);

		if (result != KERNEL_WALK_UNREADABLE)
			return result == KERNEL_WALK_MAPPED;
	}
	if (ask_rules(kernel, vaddr, block) || (translation->headers && kernel_headers_find(translation, vaddr, block))) {
		err->code = ERR_NONE;
		return true;
	}
	if (translation->tables)
		return false;
	return err_set(err, ERR_BAD_IMAGE, "virtual address 0x%" PRIx64 " cannot be translated: %s, and %s", vaddr,
		       translation->headers ? "no program header of the dump holds it"
					    : "the program headers of the dump are wrong (init_uts_ns is not where they say)",
		       kernel->translation);
}

static bool covers(const struct kernel_block *block, uint64_t vaddr)
{
	return vaddr - block->vaddr < block->size;
}

static bool find_block(struct kernel_view *view, uint64_t vaddr, const struct kernel_block **found, struct err *err)
{
	struct kernel_block *large = &view->large[vaddr >> LARGE_SHIFT & (BLOCK_SLOTS - 1)];
	struct kernel_block *small = &view->small[vaddr >> view->kernel->page_shift & (BLOCK_SLOTS - 1)];

	if (covers(large, vaddr)) {
		*found = large;
		return true;
	}
	if (covers(small, vaddr)) {
		*found = small;
		return true;
	}

	struct kernel_block block;

	if (!find_in_sources(view, vaddr, &block, err))
		return false;

	struct kernel_block *slot = block.size >> LARGE_SHIFT ? large : small;

	*slot = block;
	*found = slot;
	return true;
}

bool kernel_translate(struct kernel_view *view, uint64_t vaddr, uint64_t *physical, uint64_t *contiguous,
		      struct err *err)
{
	const struct kernel_block *block;

	if (!find_block(view, vaddr, &block, err))
		return false;
	*physical = block->physical + (vaddr - block->vaddr);
	if (contiguous)
		*contiguous = block->size - (vaddr - block->vaddr);
	return true;
}

/* Makes the stretch the one around vaddr: what the mapping and the dump's page have in common. */
static bool find_stretch(struct kernel_view *view, uint64_t vaddr, struct err *err)
{
	const struct kernel_block *block;

	if (!find_block(view, vaddr, &block, err))
		return false;

	uint64_t page_size = view->kernel->dump->page_size;
	uint64_t inside = vaddr - block->vaddr;
	uint64_t physical = block->physical + inside;
	uint64_t offset = physical & (page_size - 1);
	const struct page_slot *slot = find_page(view, view->data, physical / page_size, err);

	if (!slot)
		return err_prefix(err, "virtual address 0x%" PRIx64 " is physical 0x%" PRIx64, vaddr, physical);

	uint64_t before = inside < offset ? inside : offset;
	uint64_t behind = block->size - inside < page_size - offset ? block->size - inside : page_size - offset;

	view->stretch = (struct stretch){ vaddr - before, before + behind, slot->data + (offset - before), slot };
	return true;
}

bool kernel_read(struct kernel_view *view, uint64_t vaddr, void *buffer, size_t size, struct err *err)
{
	uint8_t *out = buffer;

	while (size) {
		uint64_t offset = vaddr - view->stretch.vaddr;

		if (offset >= view->stretch.size) {
			if (!find_stretch(view, vaddr, err))
				return false;
			offset = vaddr - view->stretch.vaddr;
		}

		uint64_t rest = view->stretch.size - offset;
		size_t part = rest < size ? (size_t)rest : size;

		memcpy(out, view->stretch.data + offset, part);
		out += part;
		vaddr += part;
		size -= part;
	}
	return true;
}

bool kernel_read_u8(struct kernel_view *view, uint64_t vaddr, uint8_t *out, struct err *err)
{
	return kernel_read(view, vaddr, out, sizeof(*out), err);
}

bool kernel_read_u16(struct kernel_view *view, uint64_t vaddr, uint16_t *out, struct err *err)
{
	struct raw16 bytes;

	if (!kernel_read(view, vaddr, &bytes, sizeof(bytes), err))
		return false;
	*out = raw16_get(bytes, view->kernel->order);
	return true;
}

bool kernel_read_u32(struct kernel_view *view, uint64_t vaddr, uint32_t *out, struct err *err)
{
	struct raw32 bytes;

	if (!kernel_read(view, vaddr, &bytes, sizeof(bytes), err))
		return false;
	*out = raw32_get(bytes, view->kernel->order);
	return true;
}

bool kernel_read_u64(struct kernel_view *view, uint64_t vaddr, uint64_t *out, struct err *err)
{
	struct raw64 bytes;

	if (!kernel_read(view, vaddr, &bytes, sizeof(bytes), err))
		return false;
	*out = raw64_get(bytes, view->kernel->order);
	return true;
}

bool kernel_read_long(struct kernel_view *view, uint64_t vaddr, uint64_t *out, struct err *err)
{
	uint32_t half;

	if (view->kernel->is64)
		return kernel_read_u64(view, vaddr, out, err);
	if (!kernel_read_u32(view, vaddr, &half, err))
		return false;
	*out = half;
	return true;
}

uint16_t kernel_u16(const struct kernel *kernel, const void *bytes)
{
	struct raw16 raw;

	memcpy(&raw, bytes, sizeof(raw));
	return raw16_get(raw, kernel->order);
}

uint32_t kernel_u32(const struct kernel *kernel, const void *bytes)
{
	struct raw32 raw;

	memcpy(&raw, bytes, sizeof(raw));
	return raw32_get(raw, kernel->order);
}

uint64_t kernel_u64(const struct kernel *kernel, const void *bytes)
{
	struct raw64 raw;

	memcpy(&raw, bytes, sizeof(raw));
	return raw64_get(raw, kernel->order);
}

uint64_t kernel_long(const struct kernel *kernel, const void *bytes)
{
	return kernel->is64 ? kernel_u64(kernel, bytes) : kernel_u32(kernel, bytes);
}
