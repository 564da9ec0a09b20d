/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Any memory and any VMCOREINFO as a kernel's. The first byte chooses order and word size, the second what memory there
 * is, then VMCOREINFO up to a zero byte, and the rest is memory: pages of 4 KiB, found again and again at every physical
 * address, and mapped linearly. Whatever is there, each page gets a class, and the same one whoever asks, when and how
 * often.
 */
#include "tests/fuzz/fuzz.h"

#include <elf.h>
#include <string.h>

#include "kdump/dump/format.h"
#include "kdump/kernel/page_map.h"

#define PAGE 4096u

struct memory {
	uint8_t *bytes;
	uint64_t pages;
};

static enum dump_page_state page_state(const struct dump *dump, uint64_t pfn)
{
	(void)dump;
	return pfn % 1021 == 1020 ? DUMP_PAGE_EXCLUDED : pfn % 509 == 508 ? DUMP_PAGE_LOST : DUMP_PAGE_HERE;
}

static enum dump_page_state read_page(const struct dump *dump, void *reader, uint64_t pfn, const uint8_t **page,
				      struct err *err)
{
	const struct memory *memory = dump->state;

	(void)reader;
	(void)err;
	*page = memory->bytes + pfn % memory->pages * PAGE;
	return page_state(dump, pfn);
}

static const struct dump_ops ops = { .page_state = page_state, .page = read_page };

static void compare(const struct page_map *map, struct arena *arena)
{
	static uint8_t classes[PAGE_BLOCK];
	struct page_map_view *view = page_map_view_new(map, arena);

	for (uint64_t block = map->block_count; block-- > 0;) {
		uint32_t counts[PAGE_CLASSES] = { 0 };

		page_map_classes(view, block, classes);
		for (uint32_t i = 0; i < PAGE_BLOCK; i++) {
			fuzz_demand(classes[i] < PAGE_CLASSES);
			counts[classes[i]]++;
			if (page_state(map->dump, block * PAGE_BLOCK + i) == DUMP_PAGE_EXCLUDED)
				fuzz_demand(classes[i] == PAGE_ABSENT);
		}
		if (counts[PAGE_ABSENT] == PAGE_BLOCK)
			counts[PAGE_ABSENT] = 0;
		fuzz_demand(memcmp(counts, map->blocks[block].pages, sizeof(counts)) == 0);
	}
	for (const struct page_map_problem *p = map->problems; p; p = p->next)
		fuzz_demand(p->text[0]);
}

static void look(struct dump *dump)
{
	static struct err err;
	static const uint64_t keeps[] = { 0, 1 << 20 };
	struct kernel kernel;
	struct arena arena;

	arena_init(&arena);
	fuzz_demand(kernel_open(&kernel, &arena, dump, &err));
	for (unsigned int way = 0; way < 2; way++) {
		struct page_map map;

		fuzz_demand(page_map_open(&map, &arena, dump, &kernel, keeps[way], &err));
		fuzz_demand(page_map_scan(&map, way + 1, NULL, NULL, &err));
		compare(&map, &arena);
	}
	arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;

	const uint8_t *end = memchr(data + 2, 0, size - 2);

	if (!end || end == data + 2)
		return 0;

	size_t rest = size - (size_t)(end + 1 - data);
	struct memory memory = { .pages = (rest + PAGE - 1) / PAGE };
	struct range ranges[] = {
		{ PAGE * 16 + 5, PAGE * 999 },
		{ PAGE * 1001, PAGE * (UINT64_C(2000) + data[1] * 16) },
		{ PAGE * UINT64_C(32760), PAGE * UINT64_C(32800) },
	};
	struct dump_mapping mappings[] = {
		{ 0, 0, UINT64_C(1) << 31 },
		{ UINT64_C(0xffff888000000000), 0, UINT64_C(1) << 40 },
	};
	bool is64 = data[0] & 2;
	struct dump dump = {
		.path = "fuzz",
		.order = data[0] & 1 ? ORDER_BIG : ORDER_LITTLE,
		.is64 = is64,
		.elf_machine = is64 ? EM_MIPS : EM_PPC,
		.page_size = PAGE,
		.memory = { .v = ranges, .count = 3 },
		.mappings = mappings,
		.mapping_count = is64 ? 2 : 1,
		.vmcoreinfo = { data + 2, (size_t)(end - data - 2) },
		.ops = &ops,
		.state = &memory,
	};

	if (memory.pages == 0)
		return 0;
	memory.bytes = calloc((size_t)memory.pages, PAGE);
	fuzz_demand(memory.bytes);
	memcpy(memory.bytes, end + 1, rest);
	look(&dump);
	free(memory.bytes);
	return 0;
}
