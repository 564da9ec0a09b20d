/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What entry.S calls, on purgatory's own stack. Linux 6.12: arch/x86/kernel/relocate_kernel_64.S (who comes
 * here, and in which state), arch/x86/kernel/machine_kexec_64.c (what is mapped: all RAM that the kernel
 * knows, the segments, and the first MiB).
 */
#include <stdbool.h>
#include <stdint.h>

#include "bytes.h"
#include "purgatory/arch/x86/console.h"
#include "purgatory/arch/x86/machine.h"
#include "purgatory/arch/x86/pic.h"
#include "purgatory/arch/x86/refuse.h"
#include "purgatory/arch/x86/sense.h"
#include "purgatory/env.h"
#include "purgatory_abi.h"

/* purgatory.lds */
extern uint8_t purgatory_image[];
extern uint8_t purgatory_memory_end[];
extern struct purgatory_params purgatory_params;

__attribute__((noreturn)) void x86_start(uint64_t return_address);

static uint64_t handoff(unsigned int number)
{
	return raw64_get(purgatory_params.handoff[number], ORDER_LITTLE);
}

static const uint8_t *map(const void *cookie, uint64_t address, uint64_t *length)
{
	(void)cookie;
	(void)length;
	return x86_at(address);
}

/* Purgatory and its table end in a page; the next one may be mapped or not. */
static uint64_t own_limit(void)
{
	uint64_t least = (uint64_t)(purgatory_memory_end - purgatory_image) +
			 PURGATORY_X86_REGIONS_MOST * sizeof(struct purgatory_region);

	return (least + X86_PAGE_SIZE - 1) & ~(X86_PAGE_SIZE - 1);
}

static struct purgatory_verdict verify(void)
{
	uint64_t own = (uint64_t)(uintptr_t)purgatory_image;
	purgatory_map_fn *here = map;
	struct purgatory_verdict verdict;

	/*
	 * Else a compiler may keep the whole struct as initialised data, in which a pointer needs relocation.
	 */
	__asm__("" : "+r"(here));

	const struct purgatory_memory memory = { .order = ORDER_LITTLE, .map = here };

	verdict = purgatory_verify(purgatory_image, own_limit(), own, &memory, sha256_best());
	if (!purgatory_may_start(verdict))
		return verdict;

	uint64_t table = raw64_get(purgatory_params.regions_offset, ORDER_LITTLE);

	if (!x86_makes_sense(&purgatory_params, (const struct purgatory_region *)(purgatory_image + table), own)) {
		verdict.result = PURGATORY_RESULT_MALFORMED;
		purgatory_params.result = raw32_make(verdict.result, ORDER_LITTLE);
	}
	return verdict;
}

static void tell_success(struct console *console, struct purgatory_verdict verdict)
{
	struct line line = { .length = 0 };

	line_add(&line, verdict.result == PURGATORY_RESULT_SKIPPED
				? "kexec purgatory: nothing was verified, as asked for; next kernel starts at "
				: "kexec purgatory: everything is as it was loaded; next kernel starts at ");
	line_add_hex(&line, handoff(PURGATORY_X86_ENTRY));
	line_add(&line, ", ");
	line_add_decimal(&line, handoff(PURGATORY_X86_MODE));
	line_add(&line, " bits");
	console_print(console, &line);
	console_drain(console);
}

/* A normal kexec is not told of where it goes well, unless somebody asked for it. */
static void speak(struct purgatory_verdict verdict)
{
	uint64_t wanted = handoff(PURGATORY_X86_CONSOLE);
	struct console console = x86_console(&purgatory_params, true);

	if (wanted & PURGATORY_X86_CONSOLE_RESET_VGA)
		console_reset_vga();
	console.vga = wanted & PURGATORY_X86_CONSOLE_VGA;
	console.serial = wanted & PURGATORY_X86_CONSOLE_SERIAL;
	tell_success(&console, verdict);
}

static void back_up(void)
{
	x86_move(x86_at(handoff(PURGATORY_X86_BACKUP_TARGET)), x86_at(handoff(PURGATORY_X86_BACKUP_SOURCE)),
		 (size_t)handoff(PURGATORY_X86_BACKUP_SIZE));
}

static void tell_way_back(uint64_t return_address)
{
	struct line line = { .length = 0 };
	char *text = x86_at(handoff(PURGATORY_X86_JUMP_BACK));

	line_add(&line, " kexec_jump_back_entry=");
	line_add_hex(&line, return_address);
	x86_move(text, line.text, line.length);
	text[line.length] = 0;
}

void x86_start(uint64_t return_address)
{
	struct purgatory_verdict verdict;

	x86_take_exceptions();
	verdict = verify();
	if (!purgatory_may_start(verdict))
		x86_refuse(verdict);
	speak(verdict);
	back_up();
	if (return_address && handoff(PURGATORY_X86_JUMP_BACK))
		tell_way_back(return_address);

	const struct x86_leave leave = {
		.entry = handoff(PURGATORY_X86_ENTRY),
		.rax = handoff(PURGATORY_X86_RAX),
		.rbx = handoff(PURGATORY_X86_RBX),
		.rsi = handoff(PURGATORY_X86_RSI),
	};

	switch (handoff(PURGATORY_X86_MODE)) {
	case 64:
		x86_leave_64(&leave);
	case 32:
		x86_leave_32(&leave);
	default:
		pic_give_to_bios();
		x86_leave_16(&leave);
	}
}
