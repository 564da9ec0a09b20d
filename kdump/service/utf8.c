/* SPDX-License-Identifier: GPL-2.0-only */
#include "kdump/service/utf8.h"

#include <stdint.h>

size_t utf8_length(const char *text, size_t size)
{
	const uint8_t *at = (const uint8_t *)text;
	uint8_t low = 0x80, high = 0xbf;
	size_t length;

	if (size == 0)
		return 0;
	if (at[0] < 0x80)
		return 1;
	if (at[0] < 0xc2 || at[0] > 0xf4)
		return 0;
	length = at[0] < 0xe0 ? 2 : at[0] < 0xf0 ? 3 : 4;
	if (length > size)
		return 0;

	/* Longer forms of what is shorter, surrogates, and what is beyond U+10FFFF. */
	if (at[0] == 0xe0)
		low = 0xa0;
	if (at[0] == 0xed)
		high = 0x9f;
	if (at[0] == 0xf0)
		low = 0x90;
	if (at[0] == 0xf4)
		high = 0x8f;
	for (size_t i = 1; i < length; i++) {
		if (at[i] < low || at[i] > high)
			return 0;
		low = 0x80;
		high = 0xbf;
	}
	return length;
}
