/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/arch/x86/console.h"

#include "purgatory/arch/x86/machine.h"
#include "purgatory/arch/x86/serial.h"
#include "purgatory/arch/x86/vga.h"

struct output {
	struct console *console;
	const struct line *line;
};

static void to_serial(void *argument)
{
	struct output *output = argument;
	struct console *console = output->console;

	if (console->baud) {
		serial_set_up(console->serial_port, console->baud);
		console->baud = 0;
	}
	console->serial = serial_print(console->serial_port, output->line);
}

static void to_vga(void *argument)
{
	struct output *output = argument;

	output->console->vga = vga_print(output->line);
}

void console_print(struct console *console, const struct line *line)
{
	struct output output = { console, line };

	if (console->serial && console->serial_port && !x86_guarded(to_serial, &output))
		console->serial = false;
	if (console->vga && !x86_guarded(to_vga, &output))
		console->vga = false;
}

static void drain(void *argument)
{
	const struct console *const *console = argument;

	serial_drain((*console)->serial_port);
}

void console_drain(const struct console *console)
{
	if (console->serial && console->serial_port)
		x86_guarded(drain, &console);
}

static void reset_vga(void *argument)
{
	(void)argument;
	vga_reset();
}

void console_reset_vga(void)
{
	x86_guarded(reset_vga, 0);
}
