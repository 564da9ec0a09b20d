/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/arch/x86/refuse.h"

#include "purgatory/arch/x86/machine.h"
#include "purgatory/refusal.h"

#define ROLE_MOST 0x3f
#define CUSTOMARY_PORT 0x3f8
#define PAGE_FAULT 14

/* Reset control register of PC chipsets (Intel 82371AB data sheet, 4.3); keyboard controller, command 0xfe. */
#define RESET_PORT 0xcf9
#define RESET_HARD 0x02
#define RESET_NOW 0x06
#define KEYBOARD_STATUS 0x64
#define KEYBOARD_BUSY 0x02
#define KEYBOARD_RESET 0xfe
#define PATIENCE 200000

/* purgatory.lds */
extern const uint8_t purgatory_image[];
extern struct purgatory_params purgatory_params;

static bool already_refusing;

static bool is_customary(uint16_t port)
{
	return port == 0x3f8 || port == 0x2f8 || port == 0x3e8 || port == 0x2e8;
}

struct console x86_console(const struct purgatory_params *params, bool proved)
{
	uint64_t console = raw64_get(params->handoff[PURGATORY_X86_CONSOLE], ORDER_LITTLE);
	uint16_t port = (uint16_t)(console >> 16);

	if (!proved && !is_customary(port))
		port = CUSTOMARY_PORT;
	return (struct console){
		.serial_port = port,
		.baud = proved ? (uint32_t)raw64_get(params->handoff[PURGATORY_X86_BAUD], ORDER_LITTLE) : 0,
		.serial = true,
		.vga = true,
	};
}

static void say_why(struct console *console, const struct purgatory_verdict *verdict)
{
	struct line line = { .length = 0 };

	refusal_add_reason(&line, verdict);
	console_print(console, &line);
}

/* Of a table that is proved. */
static void say_expected(struct console *console, const struct purgatory_verdict *verdict)
{
	uint64_t table = raw64_get(purgatory_params.regions_offset, ORDER_LITTLE);
	const struct purgatory_region *regions = (const struct purgatory_region *)(purgatory_image + table);
	struct line line = { .length = 0 };

	refusal_add_expected(&line, &regions[verdict->region]);
	console_print(console, &line);
}

static void pulse_keyboard_controller(void *argument)
{
	(void)argument;
	for (unsigned int i = 0; i < PATIENCE && x86_in8(KEYBOARD_STATUS) & KEYBOARD_BUSY; i++)
		x86_pause();
	x86_out8(KEYBOARD_STATUS, KEYBOARD_RESET);
	for (unsigned int i = 0; i < PATIENCE; i++)
		x86_in8(KEYBOARD_STATUS);
}

static void pulse_reset_register(void *argument)
{
	uint8_t others = (uint8_t)(x86_in8(RESET_PORT) & ~RESET_NOW);

	(void)argument;
	x86_out8(RESET_PORT, others | RESET_HARD);
	x86_out8(RESET_PORT, others | RESET_NOW);
	for (unsigned int i = 0; i < PATIENCE; i++)
		x86_in8(KEYBOARD_STATUS);
}

static __attribute__((noreturn)) void reset_machine(void)
{
	x86_guarded(pulse_reset_register, 0);
	x86_guarded(pulse_keyboard_controller, 0);
	/* Without a gate for it, no exception can be told: the CPU shuts down, which resets the machine. */
	x86_drop_exceptions();
	for (;;)
		__asm__ volatile("ud2");
}

static __attribute__((noreturn)) void end(struct console *console, uint64_t code,
					  const struct purgatory_verdict *verdict)
{
	bool reboot = raw32_get(purgatory_params.on_corruption, ORDER_LITTLE) == PURGATORY_ON_CORRUPTION_REBOOT;
	struct line line = { .length = 0 };

	line_add(&line, reboot ? "kexec purgatory: resetting the machine" : "kexec purgatory: halted");
	console_print(console, &line);
	console_drain(console);
	if (reboot)
		reset_machine();
	x86_halt(code, verdict->start, verdict->start + verdict->length);
}

static uint64_t halt_code(const struct purgatory_verdict *verdict)
{
	switch (verdict->result) {
	case PURGATORY_RESULT_REGION_DAMAGED:
		return PURGATORY_X86_HALT_REGION + (verdict->role < ROLE_MOST ? verdict->role : ROLE_MOST);
	case PURGATORY_RESULT_TABLE_DAMAGED:
		return PURGATORY_X86_HALT_TABLE;
	default:
		return PURGATORY_X86_HALT_MALFORMED;
	}
}

void x86_refuse(struct purgatory_verdict verdict)
{
	/* What is malformed may be just these numbers. */
	bool proved = verdict.result == PURGATORY_RESULT_REGION_DAMAGED;
	struct console console = x86_console(&purgatory_params, proved);

	already_refusing = true;
	if (proved && raw64_get(purgatory_params.handoff[PURGATORY_X86_CONSOLE], ORDER_LITTLE) &
			      PURGATORY_X86_CONSOLE_RESET_VGA)
		console_reset_vga();
	say_why(&console, &verdict);
	if (proved)
		say_expected(&console, &verdict);
	end(&console, halt_code(&verdict), &verdict);
}

void x86_refuse_exception(uint64_t vector, uint64_t address, uint64_t access)
{
	const struct purgatory_verdict here = { .start = address };
	struct console console = x86_console(&purgatory_params, false);
	struct line line = { .length = 0 };

	/* An exception while an exception is told: it would never end. */
	if (already_refusing)
		x86_halt(PURGATORY_X86_HALT_EXCEPTION, address, address);
	already_refusing = true;
	line_add(&line, "kexec purgatory: next kernel not started: exception ");
	line_add_decimal(&line, vector);
	line_add(&line, " in purgatory itself, at ");
	line_add_hex(&line, address);
	if (vector == PAGE_FAULT) {
		line_add(&line, ", which accessed ");
		line_add_hex(&line, access);
	}
	console_print(&console, &line);
	end(&console, PURGATORY_X86_HALT_EXCEPTION, &here);
}
