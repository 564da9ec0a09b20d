/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/dump/window.h"

#include <errno.h>
#include <sys/mman.h>

/* Large enough that mmap(2) itself costs nothing beside its pages, small enough for little address space. */
#define MAP_WINDOW (UINT64_C(4) << 20)

static void drop_map(struct window *window)
{
	if (window->map)
		munmap(window->map, window->map_size);
	window->map = NULL;
	window->bytes = NULL;
	window->start = window->end = 0;
}

static void release(void *data, size_t size)
{
	(void)size;
	drop_map(data);
}

void window_init(struct window *window, const struct dump_file *file, struct arena *arena, uint64_t size,
		 bool straight)
{
	*window = (struct window){
		.file = file,
		.arena = arena,
		.size = size,
		.maps = straight && file->mappable && !file->flattened,
		.unmapped = UINT64_MAX,
	};
	if (window->maps)
		arena_defer(arena, release, window, 0);
}

static bool map(struct window *window, uint64_t offset, size_t size)
{
	const struct dump_file *file = window->file;
	uint64_t start = align_down(offset, MAP_WINDOW), end = start + MAP_WINDOW;

	if (!window->maps || offset > INT64_MAX - 2 * MAP_WINDOW || start == window->unmapped)
		return false;
	/* /proc/vmcore refuses a mapping that reaches behind its end; that is at a page of the kernel's. */
	if (file->map_end && end > file->map_end)
		end = file->map_end;
	if (end < offset || size > end - offset)
		return false;

	void *at = mmap(NULL, (size_t)(end - start), PROT_READ, MAP_PRIVATE, file->fd, (off_t)start);

	if (at == MAP_FAILED) {
		/* ENODEV: the file has no mappings at all (/proc/kcore). Others may be of this part of it alone. */
		if (errno == ENODEV || errno == ENOSYS)
			window->maps = false;
		window->unmapped = start;
		return false;
	}
	drop_map(window);
	window->map = at;
	window->map_size = (size_t)(end - start);
	window->bytes = at;
	window->start = start;
	window->end = end;
	return true;
}

/* Reads [offset, offset + size) into the buffer. What was read before an error or the end of the file is kept. */
static bool fill(struct window *window, uint64_t offset, uint64_t size, struct err *err)
{
	size_t got = 0;

	drop_map(window);
	if (!window->buffer)
		window->buffer = arena_alloc(window->arena, (size_t)window->size);

	bool ok = dump_file_read(window->file, offset, window->buffer, (size_t)size, &got, err);

	window->bytes = window->buffer;
	window->start = offset;
	window->end = offset + (ok || !window->file->flattened ? got : 0);
	return ok;
}

enum window_result window_move(struct window *window, uint64_t offset, size_t size, const uint8_t **out,
			       struct err *err)
{
	uint64_t wanted = window->size;
	bool careful = offset < window->careful && window->careful - offset <= window->size;

	if (map(window, offset, size)) {
		*out = window->bytes + (offset - window->start);
		return WINDOW_OK;
	}
	if (size > UINT64_MAX - offset)
		return WINDOW_SHORT;
	if (wanted > UINT64_MAX - offset)
		wanted = UINT64_MAX - offset;

	bool ok = fill(window, offset, careful ? size : wanted, err);

	/* A large read fails for one bad byte in it: then the request is read alone, and so are the next ones. */
	if (!ok && !careful && window->end - offset < size) {
		window->careful = offset + wanted;
		ok = fill(window, offset, size, err);
	}
	if (window->end - offset >= size) {
		*out = window->bytes;
		return WINDOW_OK;
	}
	return ok ? WINDOW_SHORT : WINDOW_ERROR;
}
