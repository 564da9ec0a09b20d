/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/fadump_search.h"

#include <stdlib.h>

#include "kdump/fadump_cpu_state.h"
#include "kdump/fadump_crash_info.h"
#include "kdump/finding.h"

#define BLOCK (1024 * 1024)

/* The smallest page that a kernel for these machines has. */
#define PAGE 4096

/* The header and all that may follow it: fadump_crash_info.c has the limits of the parts. */
#define HEADER_LIMIT (16 * 1024)

struct search {
	uint64_t step;
	/* bytes: what is left of the block, at least 8 */
	bool (*matches)(const uint8_t *bytes, size_t size, uint64_t address);
	bool (*holds)(const struct search *search, uint64_t address, bool *yes, struct err *err);
	struct arena *arena;
	const struct memory *memory;
};

bool fadump_search_bytes(struct blob *bytes, struct arena *arena, const struct memory *memory, uint64_t address,
			 uint64_t most, struct err *err)
{
	uint64_t size = 0;

	for (size_t i = 0; i < memory->part_count && size < most; i++) {
		struct range part = memory->parts[i].range;

		if (address + size >= part.start && address + size < part.end)
			size = part.end - address;
	}
	if (size > most)
		size = most;
	*bytes = (struct blob){ NULL, 0 };
	if (size == 0)
		return true;

	uint8_t *copy = arena_alloc(arena, (size_t)size);

	if (!memory_read(memory, address, copy, (size_t)size, err))
		return false;
	*bytes = (struct blob){ copy, (size_t)size };
	return true;
}

static bool search_block(const struct search *search, const uint8_t *block, uint64_t start, size_t size,
			 uint64_t *address, bool *found, struct err *err)
{
	uint64_t first = (start + search->step - 1) / search->step * search->step;

	for (uint64_t at = first; at - start + 8 <= size; at += search->step) {
		if (!search->matches(block + (at - start), size - (size_t)(at - start), at))
			continue;
		if (search->holds && !search->holds(search, at, found, err))
			return false;
		if (!search->holds)
			*found = true;
		if (*found) {
			*address = at;
			return true;
		}
	}
	return true;
}

/* Both things searched for begin on a multiple of 8, so no match of 8 bytes lies across two blocks. */
static bool search_all(const struct search *search, uint64_t from, uint64_t *address, bool *found, struct err *err)
{
	uint8_t *block = malloc(BLOCK);
	bool ok = block || err_set(err, ERR_SYSTEM, "cannot get memory to search %s", search->memory->path);

	*found = false;
	for (size_t i = 0; ok && !*found && i < search->memory->part_count; i++) {
		struct range part = search->memory->parts[i].range;
		uint64_t at = part.start > from ? part.start : from;

		while (ok && !*found && at < part.end) {
			uint64_t next = (at / BLOCK + 1) * BLOCK;
			uint64_t end = next < at || next > part.end ? part.end : next;

			ok = memory_read(search->memory, at, block, (size_t)(end - at), err) &&
			     search_block(search, block, at, (size_t)(end - at), address, found, err);
			at = end;
		}
	}
	free(block);
	return ok;
}

static bool matches_cpu_state(const uint8_t *bytes, size_t size, uint64_t address)
{
	struct be64 magic;

	(void)size;
	(void)address;
	if (bytes[0] != 'R')
		return false;
	for (size_t i = 0; i < 8; i++)
		magic.b[i] = bytes[i];
	return be64_get(magic) == FADUMP_CPU_STATE_MAGIC;
}

bool fadump_search_cpu_state(uint64_t *address, bool *found, const struct memory *memory, uint64_t from,
			     struct err *err)
{
	struct search search = { .step = PAGE, .matches = matches_cpu_state, .memory = memory };

	return search_all(&search, from, address, found, err);
}

/* Of a header that lies across the end of the block only the magic is seen. */
static bool matches_crash_info(const uint8_t *bytes, size_t size, uint64_t address)
{
	return (bytes[0] == 'F' || bytes[0] == 'G') && fadump_crash_info_is_magic(bytes) &&
	       (size < FADUMP_CRASH_INFO_FIXED || fadump_crash_info_may_begin(bytes, address));
}

/*
 * The magic alone is also in the text of programs that know it, this one among them. What matches_crash_info let pass
 * is rare: reading so much for each magic would be hours for an image full of them.
 */
static bool holds_crash_info(const struct search *search, uint64_t address, bool *yes, struct err *err)
{
	struct fadump_capture_kernel unknown = { 0 };
	struct arena arena;
	struct findings findings;
	struct fadump_crash_info info;
	struct blob bytes;
	struct err reason;

	arena_init(&arena);
	findings_init(&findings, &arena);

	bool ok = fadump_search_bytes(&bytes, &arena, search->memory, address, HEADER_LIMIT, err);

	*yes = false;
	if (ok && fadump_crash_info_read(&info, bytes, &reason) == FADUMP_CRASH_INFO_OK) {
		fadump_crash_info_check(&info, address, &unknown, &findings);
		*yes = findings_damaged(&findings) == 0;
	}
	arena_release(&arena);
	return ok;
}

bool fadump_search_crash_info(uint64_t *address, bool *found, struct arena *arena, const struct memory *memory,
			      uint64_t from, struct err *err)
{
	struct search search = {
		.step = 8, .matches = matches_crash_info, .holds = holds_crash_info, .arena = arena, .memory = memory
	};

	return search_all(&search, from, address, found, err);
}
