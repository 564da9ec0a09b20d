/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/image/grow.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/mman.h>
#include <unistd.h>

#include "range.h"

#define FIRST_CAPACITY (256 * 1024)

void grow_start(struct growing *g, uint64_t limit)
{
	*g = (struct growing){ .limit = limit };
}

bool grow_room(struct growing *g, size_t least, struct err *err)
{
	if (least <= g->capacity - g->size)
		return true;

	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	uint64_t wanted = g->capacity ? (uint64_t)g->capacity * 2 : FIRST_CAPACITY;
	uint64_t needed = (uint64_t)g->size + least;

	if (wanted > g->limit)
		wanted = g->limit;
	if (wanted < needed)
		wanted = needed;
	wanted = align_up(wanted, page);
	if (needed < least || wanted > SIZE_MAX / 2)
		return err_set(err, ERR_NO_ROOM,
			       "%zu bytes and %zu more do not fit into an address space of %zu", g->size,
			       least, SIZE_MAX);

	void *bytes = g->capacity ? mremap(g->data, g->capacity, (size_t)wanted, MREMAP_MAYMOVE)
				  : mmap(NULL, (size_t)wanted, PROT_READ | PROT_WRITE,
					 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (bytes == MAP_FAILED)
		return err_system(err, errno, "cannot get %" PRIu64 " bytes of memory", wanted);
	g->data = bytes;
	g->capacity = (size_t)wanted;
	return true;
}

bool grow_commit(struct growing *g, size_t bytes, struct err *err)
{
	if (bytes > g->limit - g->size)
		return err_set(err, ERR_NO_ROOM, "more than %" PRIu64 " bytes, the most that is accepted",
			       g->limit);
	g->size += bytes;
	return true;
}

static void unmap(void *data, size_t size)
{
	munmap(data, size);
}

struct blob grow_finish(struct growing *g, struct arena *arena)
{
	struct blob blob = { g->data, g->size };

	if (g->size == 0) {
		grow_drop(g);
		return (struct blob){ NULL, 0 };
	}

	size_t kept = (size_t)align_up(g->size, (uint64_t)sysconf(_SC_PAGESIZE));

	if (kept < g->capacity)
		munmap(g->data + kept, g->capacity - kept);

	/* Read-only is a guard against our own mistakes; the bytes are right without it. */
	(void)mprotect(g->data, kept, PROT_READ);
	arena_defer(arena, unmap, g->data, kept);
	grow_start(g, g->limit);
	return blob;
}

void grow_drop(struct growing *g)
{
	if (g->capacity)
		munmap(g->data, g->capacity);
	grow_start(g, g->limit);
}
