/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef PURGATORY_X86_SERIAL_H
#define PURGATORY_X86_SERIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "purgatory/line.h"

/* 8 bits, no parity, one stop bit; baud must divide 115200. */
void serial_set_up(uint16_t port, uint32_t baud);

/* False where there is no port, or none that takes characters. */
bool serial_print(uint16_t port, const struct line *line);
void serial_drain(uint16_t port);

#endif
