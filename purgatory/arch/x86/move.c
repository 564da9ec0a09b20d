/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/arch/x86/machine.h"

void x86_move(void *to, const void *from, size_t size)
{
	if ((uintptr_t)to - (uintptr_t)from >= size) {
		__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) : : "memory");
		return;
	}

	uint8_t *last_to = (uint8_t *)to + size - 1;
	const uint8_t *last_from = (const uint8_t *)from + size - 1;

	__asm__ volatile("std\n\trep movsb\n\tcld" : "+D"(last_to), "+S"(last_from), "+c"(size) : : "memory");
}
