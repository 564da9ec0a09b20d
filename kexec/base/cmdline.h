/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Kernel command lines as text. Words are split as Linux does it (lib/cmdline.c, next_arg()): by white space
 * outside of double quotes; a quote that is not closed reaches to the end.
 */
#ifndef BASE_CMDLINE_H
#define BASE_CMDLINE_H

#include <stdbool.h>
#include <stddef.h>

#include "arena.h"

/* Borrowed from the line, quotes included. */
struct cmdline_word {
	const char *text;
	size_t length;
};

/* The next word at or behind *cursor, which moves behind it. False at the end of the line. */
bool cmdline_next(const char **cursor, struct cmdline_word *word);

/*
 * Whether the word is `key` or `key=...`, in quotes or not; "-" and "_" are the same letter in both. "crashkernel" is
 * no key of "crashkernel_x=1".
 */
bool cmdline_word_is(struct cmdline_word word, const char *key);

/* The words of line but those of the given keys (ends with NULL), one blank between them. */
const char *cmdline_without(struct arena *arena, const char *line, const char *const *keys);

/* What stands behind the word "--" is for init: the length of the text before it. */
size_t cmdline_kernel_part(const char *line);

/* The line with `words` at the end of what is for the kernel: at its end, or before "--". */
const char *cmdline_insert(struct arena *arena, const char *line, const char *words);

/*
 * The line without memmap=exactmap and every memmap= behind it: the memory map that loaders pass to a capture kernel
 * with --pass-memmap-cmdline. For any other kernel it hides memory.
 */
const char *cmdline_without_exactmap(struct arena *arena, const char *line);

/* Both texts unchanged with a blank between them, or the one that is not empty. */
const char *cmdline_join(struct arena *arena, const char *first, const char *second);

/*
 * `reused` (the line of a running kernel) followed by `appended`, without what would stand there twice: a
 * kernel started with R + A that starts the next one with its own line + A gives R + A again. What `appended`
 * repeats exactly is left out of `reused`; what differs in a letter stays. Words behind "--" belong to init:
 * where `reused` has a "--", only those behind it are compared, for that is where `appended` lands.
 */
const char *cmdline_reuse(struct arena *arena, const char *reused, const char *appended);

#endif
