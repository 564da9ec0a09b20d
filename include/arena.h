/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Memory with one lifetime. Each stage's value (request, machine, image, plan) owns an arena; all that it points to
 * lives there or is a borrowed const that outlives it. There is no way to free a part.
 *
 * Running out of memory ends the process in arena.c with exit code 1 and a message: callers bound any size that
 * comes from a file before they ask for it.
 */
#ifndef ARENA_H
#define ARENA_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

struct arena_block;
struct arena_cleanup;

struct arena {
	struct arena_block *blocks;
	struct arena_cleanup *cleanups;
};

void arena_init(struct arena *arena);

/* Runs the cleanups, last registered first, then frees all memory. The arena is then as after arena_init. */
void arena_release(struct arena *arena);

/* Zeroed memory, aligned to 16 bytes. Size 0 gives a valid pointer. Never NULL. */
void *arena_alloc(struct arena *arena, size_t size);

/* As arena_alloc(count * size); a product that overflows ends the process. */
void *arena_array(struct arena *arena, size_t count, size_t size);

char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t length);
char *arena_printf(struct arena *arena, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Calls run(data, size) when the arena is released: for mappings and descriptors. */
void arena_defer(struct arena *arena, void (*run)(void *data, size_t size), void *data, size_t size);

#endif
