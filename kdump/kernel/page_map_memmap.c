/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/kernel/page_map_memmap.h"

#include <elf.h>
#include <inttypes.h>
#include <stdio.h>

#include "range.h"

/* Bits of section_mem_map below the address (include/linux/mmzone.h): six in Linux 6.15, more may come. */
#define SECTION_PRESENT 0x1u
#define SECTION_HAS_MEM_MAP 0x2u
#define SECTION_FLAGS UINT64_C(0xff)

#define NODES_MAX 1024

/* How many places in memory a model is tried at. */
#define TRIALS 64

static uint64_t in_word(const struct page_memmap *memmap, uint64_t address)
{
	return memmap->word == 8 ? address : address & UINT32_MAX;
}

static bool section_base(const struct page_memmap *memmap, struct kernel_view *view, uint64_t section,
			 uint64_t *base)
{
	uint64_t entry, map;
	struct err err = { 0 };

	if (memmap->two_steps) {
		uint64_t root = section / memmap->per_root, part;

		if (root >= memmap->length ||
		    !kernel_read_long(view, in_word(memmap, memmap->table + root * memmap->word), &part, &err) ||
		    part == 0 || part % memmap->word)
			return false;
		entry = part + section % memmap->per_root * memmap->section_struct;
	} else {
		if (section >= memmap->length)
			return false;
		entry = memmap->table + section * memmap->section_struct;
	}
	if (!kernel_read_long(view, in_word(memmap, entry + memmap->section_map), &map, &err))
		return false;
	if (!(map & SECTION_PRESENT) || !(map & SECTION_HAS_MEM_MAP))
		return false;
	*base = map & ~SECTION_FLAGS;
	return !memmap->guessed || *base == memmap->guessed_base;
}

bool page_memmap_at(const struct page_memmap *memmap, struct kernel_view *view, uint64_t pfn, uint64_t *vaddr,
		    uint64_t *count)
{
	if (memmap->model == PAGE_MEMMAP_SECTIONS) {
		uint64_t size = UINT64_C(1) << memmap->section_shift, base;

		*count = size - pfn % size;
		if (!section_base(memmap, view, pfn >> memmap->section_shift, &base))
			return false;
		*vaddr = in_word(memmap, base + pfn * memmap->page_struct);
		return true;
	}

	uint64_t next = UINT64_MAX;

	for (size_t i = 0; i < memmap->node_count; i++) {
		const struct page_memmap_node *node = &memmap->nodes[i];

		if (pfn >= node->start_pfn && pfn < node->end_pfn) {
			*count = node->end_pfn - pfn;
			*vaddr = in_word(memmap, node->first + (pfn - node->start_pfn) * memmap->page_struct);
			return true;
		}
		if (node->start_pfn > pfn && node->start_pfn < next)
			next = node->start_pfn;
	}
	*count = next - pfn;
	return false;
}

/* At how many of some places in memory a struct page is found and mapped. */
static unsigned int try_model(const struct page_memmap *memmap, struct kernel_view *view)
{
	const struct ranges *memory = &kernel_of_view(view)->dump->memory;
	uint64_t total = ranges_total(memory), step = total / TRIALS / memmap->page_size, passed = 0;
	unsigned int found = 0;
	size_t range = 0;

	if (step == 0)
		step = 1;
	for (unsigned int trial = 0; trial < TRIALS; trial++) {
		uint64_t wanted = trial * step * memmap->page_size;

		while (range < memory->count && wanted >= passed + range_size(memory->v[range]))
			passed += range_size(memory->v[range++]);
		if (range == memory->count)
			break;

		uint64_t pfn = (memory->v[range].start + (wanted - passed)) / memmap->page_size;
		uint64_t vaddr, count, physical;
		struct err err = { 0 };

		if (page_memmap_at(memmap, view, pfn, &vaddr, &count) &&
		    kernel_translate(view, vaddr, &physical, NULL, &err))
			found++;
	}
	return found;
}

static unsigned int usual_section_bits(uint16_t elf_machine)
{
	switch (elf_machine) {
	case EM_X86_64: return 27;
	case EM_S390: return 28;
	case EM_PPC64: return 24;
	case EM_AARCH64: return 30;
	default: return 0;
	}
}

/* The most frequent base of sections is that of the virtual memmap; the first one found will do, or none fits. */
static void guess_base(struct page_memmap *memmap, struct kernel_view *view)
{
	const struct ranges *memory = &kernel_of_view(view)->dump->memory;

	memmap->guessed = false;
	for (size_t i = 0; i < memory->count && i < TRIALS; i++) {
		uint64_t section = memory->v[i].start / memmap->page_size >> memmap->section_shift;

		if (section_base(memmap, view, section, &memmap->guessed_base))
			break;
	}
	memmap->guessed = true;
}

/*
 * SYMBOL(mem_section) is an array, or a pointer to one since Linux 4.15; kernels between export the pointer's address,
 * later ones its value. Each reading is tried; a wrong one finds pointers where flags should be, or flags in pointers.
 */
static void try_sections(struct page_memmap *memmap, struct kernel_view *view, uint64_t symbol)
{
	struct page_memmap best = *memmap;
	unsigned int most = 0;
	uint64_t pointed = 0;
	struct err err = { 0 };

	if (!kernel_read_long(view, symbol, &pointed, &err))
		pointed = 0;
	for (unsigned int way = 0; way < 4; way++) {
		struct page_memmap trial = *memmap;

		trial.model = PAGE_MEMMAP_SECTIONS;
		trial.two_steps = way < 2;
		trial.table = way % 2 ? pointed : symbol;
		if (trial.table == 0)
			continue;
		if (trial.guessed)
			guess_base(&trial, view);

		unsigned int found = try_model(&trial, view);

		if (found > most) {
			most = found;
			best = trial;
		}
	}
	*memmap = best;
}

static bool sections(struct page_memmap *memmap, const struct kernel *kernel, struct kernel_view *view,
		     struct page_map_notes *notes)
{
	const struct kernel_info *info = &kernel->info;
	uint64_t symbol, size, at;
	int64_t bits;
	const char *missing = NULL;

	if (!kernel_info_symbol(info, "mem_section", &symbol))
		return false;
	if (!kernel_info_size(info, "mem_section", &size))
		missing = "SIZE(mem_section)";
	else if (!kernel_info_offset(info, "mem_section.section_mem_map", &at))
		missing = "OFFSET(mem_section.section_mem_map)";
	else if (!kernel_info_length(info, "mem_section", &memmap->length))
		missing = "LENGTH(mem_section)";
	if (missing) {
		page_map_note(notes, "all pages are kept: VMCOREINFO lacks %s", missing);
		return true;
	}
	if (!kernel_info_number(info, "SECTION_SIZE_BITS", &bits)) {
		bits = usual_section_bits(kernel->dump->elf_machine);
		memmap->guessed = true;
	}
	if (bits == 0) {
		page_map_note(notes, "all pages are kept: VMCOREINFO lacks NUMBER(SECTION_SIZE_BITS)");
		return true;
	}
	if (size < memmap->word || size > memmap->page_size || at > size - memmap->word ||
	    bits <= (int64_t)kernel->page_shift || bits >= 52) {
		page_map_note(notes, "all pages are kept: SIZE(mem_section) is %" PRIu64 ", OFFSET(mem_section."
			      "section_mem_map) %" PRIu64 ", NUMBER(SECTION_SIZE_BITS) %" PRId64 ", which cannot be",
			      size, at, bits);
		return true;
	}
	memmap->section_struct = size;
	memmap->section_map = at;
	memmap->per_root = memmap->page_size / size;
	memmap->section_shift = (unsigned int)bits - kernel->page_shift;
	try_sections(memmap, view, symbol);
	if (memmap->model == PAGE_MEMMAP_NONE)
		page_map_note(notes, "all pages are kept: no struct page is found through SYMBOL(mem_section) %#" PRIx64
			      "%s", symbol, memmap->guessed ? " (VMCOREINFO lacks NUMBER(SECTION_SIZE_BITS))" : "");
	return true;
}

struct node_offsets {
	uint64_t map, start, spanned;
};

static bool node_offsets_read(struct node_offsets *offsets, const struct kernel_info *info)
{
	return kernel_info_offset(info, "pglist_data.node_mem_map", &offsets->map) &&
	       kernel_info_offset(info, "pglist_data.node_start_pfn", &offsets->start) &&
	       kernel_info_offset(info, "pglist_data.node_spanned_pages", &offsets->spanned);
}

static void add_node(struct page_memmap *memmap, struct kernel_view *view, uint64_t pglist,
		     const struct node_offsets *offsets)
{
	uint64_t map, start, spanned;
	struct err err = { 0 };

	if (!kernel_read_long(view, in_word(memmap, pglist + offsets->map), &map, &err) || map == 0 ||
	    !kernel_read_long(view, in_word(memmap, pglist + offsets->start), &start, &err) ||
	    !kernel_read_long(view, in_word(memmap, pglist + offsets->spanned), &spanned, &err) || spanned == 0 ||
	    start > UINT64_MAX - spanned)
		return;
	memmap->nodes[memmap->node_count++] = (struct page_memmap_node){ start, start + spanned, map };
}

static void nodes(struct page_memmap *memmap, struct arena *arena, const struct kernel_info *info,
		  struct kernel_view *view)
{
	struct node_offsets offsets;
	uint64_t symbol, length;

	if (!node_offsets_read(&offsets, info))
		return;
	if (kernel_info_symbol(info, "node_data", &symbol) && kernel_info_length(info, "node_data", &length)) {
		if (length > NODES_MAX)
			length = NODES_MAX;
		memmap->nodes = arena_array(arena, (size_t)length, sizeof(*memmap->nodes));
		for (uint64_t i = 0; i < length; i++) {
			uint64_t pglist;
			struct err err = { 0 };

			if (!kernel_read_long(view, in_word(memmap, symbol + i * memmap->word), &pglist, &err))
				break;
			if (pglist)
				add_node(memmap, view, pglist, &offsets);
		}
	} else if (kernel_info_symbol(info, "contig_page_data", &symbol)) {
		memmap->nodes = arena_array(arena, 1, sizeof(*memmap->nodes));
		add_node(memmap, view, symbol, &offsets);
	}
}

/* mem_map is a pointer, and begins with page 0 where the architecture's RAM does. */
static void flat(struct page_memmap *memmap, struct arena *arena, const struct kernel *kernel,
		 struct kernel_view *view)
{
	uint64_t symbol, map;
	struct err err = { 0 };

	switch (kernel->dump->elf_machine) {
	case EM_386:
	case EM_X86_64:
	case EM_S390:
	case EM_PPC:
	case EM_PPC64: break;
	default: return;
	}
	if (!kernel_info_symbol(&kernel->info, "mem_map", &symbol) || !kernel_read_long(view, symbol, &map, &err) ||
	    map == 0)
		return;
	memmap->nodes = arena_array(arena, 1, sizeof(*memmap->nodes));
	memmap->nodes[memmap->node_count++] = (struct page_memmap_node){ 0, UINT64_MAX, map };
}

void page_memmap_find_model(struct page_memmap *memmap, struct arena *arena, const struct kernel *kernel,
			    struct kernel_view *view, uint64_t page_struct, struct page_map_notes *notes)
{
	*memmap = (struct page_memmap){
		.page_struct = page_struct,
		.page_size = kernel->page_size,
		.word = kernel->is64 ? 8 : 4,
	};
	if (sections(memmap, kernel, view, notes))
		return;
	nodes(memmap, arena, &kernel->info, view);
	if (memmap->node_count == 0)
		flat(memmap, arena, kernel, view);
	memmap->model = memmap->node_count ? PAGE_MEMMAP_NODES : PAGE_MEMMAP_NONE;
	if (memmap->model == PAGE_MEMMAP_NODES && try_model(memmap, view) == 0) {
		memmap->model = PAGE_MEMMAP_NONE;
		memmap->node_count = 0;
	}
	if (memmap->model == PAGE_MEMMAP_NONE)
		page_map_note(notes, "all pages are kept: no struct page is found: each is missing in VMCOREINFO or leads "
				     "nowhere: SYMBOL(mem_section); SYMBOL(node_data), LENGTH(node_data) or "
				     "SYMBOL(contig_page_data) with OFFSET(pglist_data.node_mem_map), "
				     "OFFSET(pglist_data.node_start_pfn), OFFSET(pglist_data.node_spanned_pages); "
				     "SYMBOL(mem_map)");
}
