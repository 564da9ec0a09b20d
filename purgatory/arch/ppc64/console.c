/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/arch/ppc64/console.h"

#include "purgatory/arch/ppc64/machine.h"
#include "purgatory/arch/ppc64/opal.h"
#include "purgatory/arch/ppc64/sense.h"
#include "purgatory/mem.h"

/* Linux on Power Architecture Platform Requirements, 14.16.3: H_PUT_TERM_CHAR takes up to 16 bytes in two registers. */
#define H_PUT_TERM_CHAR 0x58
#define H_PUT_TERM_MOST 16
#define H_SUCCESS 0
#define H_BUSY 1
#define DEFAULT_TERMINAL 0

/* How often the same is asked of a terminal that is busy: seconds, with some microseconds for each call. */
#define PATIENCE 1000000

struct console console_open(const struct purgatory_params *params, bool proved)
{
	enum order order = ppc64_order();
	bool hypervised = !(ppc64_read_msr() & PPC64_MSR_HV);
	struct console console = {
		.kind = raw64_get(params->handoff[PURGATORY_PPC64_CONSOLE], order),
		.terminal = raw64_get(params->handoff[PURGATORY_PPC64_TERMINAL], order),
		.opal_base = raw64_get(params->handoff[PURGATORY_PPC64_OPAL_BASE], order),
		.opal_entry = raw64_get(params->handoff[PURGATORY_PPC64_OPAL_ENTRY], order),
	};

	if (!proved)
		console.kind = hypervised ? PURGATORY_PPC64_CONSOLE_HVTERM : PURGATORY_PPC64_CONSOLE_OPAL;
	if ((console.kind == PURGATORY_PPC64_CONSOLE_HVTERM && !hypervised) ||
	    (console.kind == PURGATORY_PPC64_CONSOLE_OPAL &&
	     (hypervised || !ppc64_opal_is_plausible(console.opal_base, console.opal_entry))))
		console.kind = PURGATORY_PPC64_CONSOLE_NONE;
	return console;
}

static int64_t put_term_char(uint64_t terminal, uint64_t size, uint64_t first, uint64_t second)
{
	register uint64_t r3 __asm__("r3") = H_PUT_TERM_CHAR;
	register uint64_t r4 __asm__("r4") = terminal;
	register uint64_t r5 __asm__("r5") = size;
	register uint64_t r6 __asm__("r6") = first;
	register uint64_t r7 __asm__("r7") = second;

	/* "sc 1", which assemblers want to be told of a CPU for. */
	__asm__ volatile(".long 0x44000022"
			 : "+r"(r3), "+r"(r4), "+r"(r5), "+r"(r6), "+r"(r7)
			 :
			 : "r0", "r8", "r9", "r10", "r11", "r12", "ctr", "xer", "cr0", "cr1", "cr5", "cr6", "cr7",
			   "memory");
	return (int64_t)r3;
}

/* The characters' place in the registers is the same in both byte orders: the first one is the highest. */
static void hvterm_write(struct console *console, const uint8_t *text, size_t size)
{
	while (size) {
		size_t part = size < H_PUT_TERM_MOST ? size : H_PUT_TERM_MOST;
		struct be64 words[2] = { { { 0 } }, { { 0 } } };
		int64_t status = H_BUSY;

		memcpy(words, text, part);
		for (unsigned int i = 0; i < PATIENCE && status == H_BUSY; i++)
			status = put_term_char(console->terminal, part, be64_get(words[0]), be64_get(words[1]));
		if (status != H_SUCCESS && status != H_BUSY && console->terminal != DEFAULT_TERMINAL) {
			console->terminal = DEFAULT_TERMINAL;
			continue;
		}
		if (status != H_SUCCESS) {
			console->kind = PURGATORY_PPC64_CONSOLE_NONE;
			return;
		}
		text += part;
		size -= part;
	}
}

static int64_t opal(const struct console *console, uint64_t token, uint64_t first, uint64_t second, uint64_t third)
{
	return ppc64_opal(console->opal_base, console->opal_entry, token, first, second, third);
}

static void poll_events(const struct console *console)
{
	_Alignas(8) struct be64 events;

	opal(console, OPAL_POLL_EVENTS, (uintptr_t)&events, 0, 0);
}

/* OPAL says in `written` how many it took; while its buffer is full, polling empties it. */
static void opal_write(struct console *console, const uint8_t *text, size_t size)
{
	for (unsigned int i = 0; size && i < PATIENCE; i++) {
		_Alignas(8) struct be64 written = be64_make(size);
		int64_t status = opal(console, OPAL_CONSOLE_WRITE, console->terminal, (uintptr_t)&written,
				      (uintptr_t)text);
		size_t taken = (size_t)be64_get(written);

		if (status == OPAL_BUSY || status == OPAL_BUSY_EVENT) {
			poll_events(console);
			continue;
		}
		if ((status != OPAL_SUCCESS && status != OPAL_PARTIAL) || taken > size)
			break;
		text += taken;
		size -= taken;
	}
	if (size)
		console->kind = PURGATORY_PPC64_CONSOLE_NONE;
}

static void write(struct console *console, const char *text, size_t size)
{
	if (console->kind == PURGATORY_PPC64_CONSOLE_HVTERM)
		hvterm_write(console, (const uint8_t *)text, size);
	else if (console->kind == PURGATORY_PPC64_CONSOLE_OPAL)
		opal_write(console, (const uint8_t *)text, size);
}

void console_print(struct console *console, const struct line *line)
{
	write(console, line->text, line->length);
	write(console, "\r\n", 2);
}

void console_drain(const struct console *console)
{
	int64_t status = OPAL_BUSY;

	if (console->kind != PURGATORY_PPC64_CONSOLE_OPAL)
		return;
	for (unsigned int i = 0; i < PATIENCE && (status == OPAL_BUSY || status == OPAL_PARTIAL); i++)
		status = opal(console, OPAL_CONSOLE_FLUSH, console->terminal, 0, 0);
	/* Without that call polling does it, a part each time. */
	for (unsigned int i = 0; i < PATIENCE / 1000; i++)
		poll_events(console);
}
