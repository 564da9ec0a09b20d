/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/line.h"

static void add(struct line *line, char c)
{
	if (line->length < sizeof(line->text))
		line->text[line->length++] = c;
}

static char digit(uint64_t value)
{
	return "0123456789abcdef"[value & 15];
}

void line_add(struct line *line, const char *text)
{
	while (*text)
		add(line, *text++);
}

void line_add_hex(struct line *line, uint64_t value)
{
	line_add(line, "0x");
	for (int shift = 60; shift >= 0; shift -= 4)
		if (value >> shift || shift == 0)
			add(line, digit(value >> shift));
}

void line_add_decimal(struct line *line, uint64_t value)
{
	char digits[20];
	unsigned int count = 0;

	do
		digits[count++] = digit(value % 10);
	while ((value /= 10) != 0);
	while (count)
		add(line, digits[--count]);
}

void line_add_bytes(struct line *line, const uint8_t *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++) {
		add(line, digit(bytes[i] >> 4));
		add(line, digit(bytes[i]));
	}
}
