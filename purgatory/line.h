/* SPDX-License-Identifier: GPL-2.0-only */
/* A message under construction. What does not fit is left out. */
#ifndef PURGATORY_LINE_H
#define PURGATORY_LINE_H

#include <stddef.h>
#include <stdint.h>

struct line {
	char text[192];
	size_t length;
};

void line_add(struct line *line, const char *text);
void line_add_hex(struct line *line, uint64_t value);
void line_add_decimal(struct line *line, uint64_t value);
void line_add_bytes(struct line *line, const uint8_t *bytes, size_t size);

#endif
