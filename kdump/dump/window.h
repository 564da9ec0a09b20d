/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A piece of a dump's file in memory, which follows its reader: mapped where the file is in procfs (a read(2) of
 * /proc/vmcore maps and unmaps each page in the kernel, which costs several times what a mapping does), and read into
 * a buffer elsewhere, for a mapped file that shrinks below its reader would end the process.
 */
#ifndef KDUMP_DUMP_WINDOW_H
#define KDUMP_DUMP_WINDOW_H

#include "kdump/dump/format.h"

struct window {
	const struct dump_file *file;
	struct arena *arena;
	uint64_t size; /* of buffer */

	/* What lies in memory: file bytes [start, end). */
	const uint8_t *bytes;
	uint64_t start, end;

	uint8_t *buffer;  /* made when it is needed first */
	uint64_t careful; /* below this offset single requests are read: a larger read failed */

	bool maps;	      /* still worth a try */
	uint8_t *map;
	size_t map_size;
	uint64_t unmapped; /* start of the piece that could not be mapped last; UINT64_MAX = none */
};

enum window_result {
	WINDOW_OK,
	WINDOW_SHORT, /* the file ends inside the request */
	WINDOW_ERROR, /* err is set */
};

/* size: at least that of the largest request. The window lives as long as the arena. */
void window_init(struct window *window, const struct dump_file *file, struct arena *arena, uint64_t size,
		 bool straight);

/* The slow way of window_get(). */
enum window_result window_move(struct window *window, uint64_t offset, size_t size, const uint8_t **out,
			       struct err *err);

/* *out is valid until the next call. */
static inline enum window_result window_get(struct window *window, uint64_t offset, size_t size, const uint8_t **out,
					    struct err *err)
{
	if (offset >= window->start && offset < window->end && size <= window->end - offset) {
		*out = window->bytes + (offset - window->start);
		return WINDOW_OK;
	}
	return window_move(window, offset, size, out, err);
}

/* For a page of which a window gave this. */
static inline enum dump_page_state window_page_state(enum window_result result)
{
	switch (result) {
	case WINDOW_OK:
		return DUMP_PAGE_HERE;
	case WINDOW_SHORT:
		return DUMP_PAGE_LOST;
	case WINDOW_ERROR:
		break;
	}
	return DUMP_PAGE_UNREADABLE;
}

#endif
