/* SPDX-License-Identifier: GPL-2.0-only */
#include "arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGNMENT 16
#define BLOCK_SIZE (16 * 1024)

struct arena_block {
	struct arena_block *next;
	size_t size; /* of the bytes behind this header */
	size_t used;
	alignas(ALIGNMENT) unsigned char bytes[];
};

struct arena_cleanup {
	struct arena_cleanup *next;
	void (*run)(void *data, size_t size);
	void *data;
	size_t size;
};

/* The one place where the process ends for want of memory: include/arena.h. */
static void __attribute__((noreturn)) out_of_memory(size_t size)
{
	fprintf(stderr, "kexec: out of memory: %zu bytes wanted. Free some memory and try again.\n", size);
	exit(1);
}

void arena_init(struct arena *arena)
{
	arena->blocks = NULL;
	arena->cleanups = NULL;
}

void arena_release(struct arena *arena)
{
	for (struct arena_cleanup *c = arena->cleanups; c; c = c->next)
		c->run(c->data, c->size);

	struct arena_block *next;

	for (struct arena_block *block = arena->blocks; block; block = next) {
		next = block->next;
		free(block);
	}
	arena_init(arena);
}

static struct arena_block *add_block(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - sizeof(struct arena_block))
		out_of_memory(size);

	/* calloc: large blocks come as untouched zero pages, which cost nothing until used. */
	struct arena_block *block = calloc(1, sizeof(*block) + size);

	if (!block)
		out_of_memory(size);
	block->size = size;

	/* A block made for one large request goes behind the current one, which still has room. */
	if (arena->blocks && size != BLOCK_SIZE) {
		block->next = arena->blocks->next;
		arena->blocks->next = block;
	} else {
		block->next = arena->blocks;
		arena->blocks = block;
	}
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	if (size > SIZE_MAX - ALIGNMENT)
		out_of_memory(size);
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (size == 0)
		size = ALIGNMENT;

	struct arena_block *block = arena->blocks;

	if (!block || size > block->size - block->used)
		block = add_block(arena, size > BLOCK_SIZE / 4 ? size : BLOCK_SIZE);

	void *result = block->bytes + block->used;

	block->used += size;
	return result;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
	if (size && count > SIZE_MAX / size)
		out_of_memory(SIZE_MAX);
	return arena_alloc(arena, count * size);
}

char *arena_strndup(struct arena *arena, const char *text, size_t length)
{
	char *copy = arena_alloc(arena, length + 1);

	memcpy(copy, text, length);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	int length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (length < 0)
		return arena_strdup(arena, format);

	char *text = arena_alloc(arena, (size_t)length + 1);

	va_start(args, format);
	vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	return text;
}

void arena_defer(struct arena *arena, void (*run)(void *data, size_t size), void *data, size_t size)
{
	struct arena_cleanup *cleanup = arena_alloc(arena, sizeof(*cleanup));

	*cleanup = (struct arena_cleanup){ .next = arena->cleanups, .run = run, .data = data, .size = size };
	arena->cleanups = cleanup;
}
