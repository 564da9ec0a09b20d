/* SPDX-License-Identifier: GPL-2.0-only */
/* Text on the screen. Registers: IBM VGA XGA Technical Reference Manual, May 1992, section 2. */
#include "purgatory/arch/x86/vga.h"

#include "purgatory/arch/x86/machine.h"
#include "purgatory/arch/x86/vga_ports.h"

#define COLUMNS 80
#define ROWS 25
#define CELLS (COLUMNS * ROWS)
#define GREY_ON_BLACK 0x0700
#define PROBE 0xa55a

/* Where the window on the text memory begins, and the cursor in it, in cells. */
struct screen {
	volatile uint16_t *cells;
	uint16_t origin;
	uint16_t cursor;
};

static uint16_t read_pair(uint8_t high)
{
	return (uint16_t)(x86_in_indexed(VGA_CRTC, high) << 8 |
			  x86_in_indexed(VGA_CRTC, (uint8_t)(high + 1)));
}

static void write_pair(uint8_t high, uint16_t value)
{
	x86_out_indexed(VGA_CRTC, high, (uint8_t)(value >> 8));
	x86_out_indexed(VGA_CRTC, (uint8_t)(high + 1), (uint8_t)value);
}

static bool find_screen(struct screen *screen)
{
	volatile uint16_t *first = x86_at(VGA_TEXT_MEMORY);
	uint16_t before = *first;

	if (x86_in8(VGA_MISC_READ) == 0xff)
		return false;
	*first = (uint16_t)(before ^ PROBE);

	bool is_memory = *first == (uint16_t)(before ^ PROBE);

	*first = before;
	/* Linux scrolls by moving the window through the memory. */
	screen->origin = read_pair(VGA_CRTC_START);
	if (screen->origin > VGA_TEXT_CELLS - CELLS) {
		screen->origin = 0;
		write_pair(VGA_CRTC_START, 0);
	}
	screen->cells = first + screen->origin;
	screen->cursor = (uint16_t)(read_pair(VGA_CRTC_CURSOR) - screen->origin);
	if (screen->cursor >= CELLS)
		screen->cursor = CELLS - 1;
	return is_memory;
}

static void scroll(struct screen *screen)
{
	for (unsigned int i = 0; i < CELLS - COLUMNS; i++)
		screen->cells[i] = screen->cells[i + COLUMNS];
	for (unsigned int i = CELLS - COLUMNS; i < CELLS; i++)
		screen->cells[i] = GREY_ON_BLACK | ' ';
}

/* To the first column of the next row. */
static void next_row(struct screen *screen)
{
	screen->cursor = (uint16_t)((screen->cursor / COLUMNS + 1) * COLUMNS);
	if (screen->cursor < CELLS)
		return;
	scroll(screen);
	screen->cursor = CELLS - COLUMNS;
}

bool vga_print(const struct line *line)
{
	struct screen screen;

	if (!find_screen(&screen))
		return false;
	if (screen.cursor % COLUMNS)
		next_row(&screen);
	for (size_t i = 0; i < line->length; i++) {
		screen.cells[screen.cursor] = (uint16_t)(GREY_ON_BLACK | (uint8_t)line->text[i]);
		if (screen.cursor % COLUMNS == COLUMNS - 1)
			next_row(&screen);
		else
			screen.cursor++;
	}
	if (screen.cursor % COLUMNS)
		next_row(&screen);
	write_pair(VGA_CRTC_CURSOR, (uint16_t)(screen.origin + screen.cursor));
	return true;
}
