/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Where purgatory can speak: a serial port of the 8250 family, and the text memory of a VGA. Silence is no
 * error: a machine may have neither, and nothing waits for one for ever.
 */
#ifndef PURGATORY_X86_CONSOLE_H
#define PURGATORY_X86_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

#include "purgatory/line.h"

struct console {
	uint16_t serial_port; /* 0: none */
	uint32_t baud;	      /* 0: as it is set up */
	bool serial, vga;     /* where to speak */
};

/* Without line end; that is added. A device that fails or raises an exception is not used again. */
void console_print(struct console *console, const struct line *line);

/* Waits, for a while, until the last character has left the serial port. */
void console_drain(const struct console *console);

/* Mode 3 of the VGA: 80 columns, 25 rows of text, cleared. Nothing where there is no VGA. */
void console_reset_vga(void);

#endif
