/* SPDX-License-Identifier: GPL-2.0-only */
/* Registers: National Semiconductor PC16550D data sheet, 8.0. */
#include "purgatory/arch/x86/serial.h"

#include "purgatory/arch/x86/machine.h"

enum {
	DATA = 0, /* divisor, low, with LINE_CONTROL_DIVISOR */
	INTERRUPTS = 1,
	FIFO_CONTROL = 2,
	LINE_CONTROL = 3,
	MODEM_CONTROL = 4,
	LINE_STATUS = 5,
};

#define CLOCK 115200
#define LINE_CONTROL_8N1 0x03
#define LINE_CONTROL_DIVISOR 0x80
#define FIFO_ON_AND_CLEAR 0x07
#define MODEM_READY 0x03 /* data terminal ready, request to send */
#define STATUS_HOLDING_EMPTY 0x20
#define STATUS_ALL_SENT 0x40
#define STATUS_NO_PORT 0xff

/* A read takes about a microsecond, a character at 1200 baud 8 ms. */
#define PATIENCE 200000

static uint16_t at(uint16_t port, unsigned int reg)
{
	return (uint16_t)(port + reg);
}

static bool wait_for(uint16_t port, uint8_t bit)
{
	for (unsigned int i = 0; i < PATIENCE; i++) {
		uint8_t status = x86_in8(at(port, LINE_STATUS));

		if (status == STATUS_NO_PORT)
			return false;
		if (status & bit)
			return true;
		x86_pause();
	}
	return false;
}

static bool send(uint16_t port, char c)
{
	if (!wait_for(port, STATUS_HOLDING_EMPTY))
		return false;
	x86_out8(at(port, DATA), (uint8_t)c);
	return true;
}

void serial_set_up(uint16_t port, uint32_t baud)
{
	uint32_t divisor = CLOCK / baud;

	if (x86_in8(at(port, LINE_STATUS)) == STATUS_NO_PORT)
		return;
	serial_drain(port);
	x86_out8(at(port, INTERRUPTS), 0);
	x86_out8(at(port, LINE_CONTROL), LINE_CONTROL_DIVISOR | LINE_CONTROL_8N1);
	x86_out8(at(port, DATA), (uint8_t)divisor);
	x86_out8(at(port, INTERRUPTS), (uint8_t)(divisor >> 8));
	x86_out8(at(port, LINE_CONTROL), LINE_CONTROL_8N1);
	x86_out8(at(port, FIFO_CONTROL), FIFO_ON_AND_CLEAR);
	x86_out8(at(port, MODEM_CONTROL), MODEM_READY);
}

bool serial_print(uint16_t port, const struct line *line)
{
	for (size_t i = 0; i < line->length; i++)
		if (!send(port, line->text[i]))
			return false;
	return send(port, '\r') && send(port, '\n');
}

void serial_drain(uint16_t port)
{
	wait_for(port, STATUS_ALL_SENT);
}
