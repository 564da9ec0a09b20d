/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_X86_VGA_H
#define PURGATORY_X86_VGA_H

#include <stdbool.h>

#include "purgatory/line.h"

/*
 * In a line of its own below the cursor, after what is on the screen. False where there is no VGA. In a
 * graphics mode nobody sees it.
 */
bool vga_print(const struct line *line);

void vga_reset(void);

#endif
