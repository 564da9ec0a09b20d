/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The functions of <string.h> that compilers call by themselves even in freestanding code, which need not
 * come with that header. In a purgatory they are mem.c's, on a host the C library's.
 */
#ifndef PURGATORY_MEM_H
#define PURGATORY_MEM_H

#include <stddef.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memset(void *to, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#endif
