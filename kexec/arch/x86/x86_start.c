/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <stddef.h>

#include "kexec/arch/x86/x86.h"
#include "purgatory_abi.h"

/* Below are interrupt vectors and the BIOS's data, and what old firmware keeps behind them. */
#define LOWEST UINT64_C(0x3000)

/* Its segment of 64 KiB ends below video memory. */
#define REAL_MODE_HIGHEST UINT64_C(0x90000)

bool x86_add_purgatory(const struct request *request, const struct x86_crash *crash, unsigned int mode,
		       struct plan *plan, struct err *err)
{
	struct range window = { LOWEST, UINT64_MAX };
	const char *why = "high, out of the way of what has to lie low";

	if (plan->target == TARGET_CRASH && !crash)
		return err_set(err, ERR_INTERNAL, "a crash load whose low memory nobody saves");
	if (mode == 32) {
		window.end = UINT64_C(1) << 32;
		why = "below 4 GiB, for it ends in 32-bit code without paging";
	} else if (mode == 16) {
		window.end = 0xa0000;
		why = "below 640 KiB, for it ends in real mode";
	}
	if (!plan_add_purgatory(plan, window, true, why, err))
		return false;
	plan->entry = request->has_entry ? request->entry : plan->purgatory.entry;
	if (plan->entry != plan->purgatory.entry)
		plan_warn(plan,
			  "--entry 0x%" PRIx64 " is not purgatory's 0x%" PRIx64 ": what was loaded is started without being "
			  "verified",
			  plan->entry, plan->purgatory.entry);
	return true;
}

static uint64_t console_flags(const struct request_console *console)
{
	return (console->vga ? PURGATORY_X86_CONSOLE_VGA : 0u) | (console->serial ? PURGATORY_X86_CONSOLE_SERIAL : 0u) |
	       (console->reset_vga ? PURGATORY_X86_CONSOLE_RESET_VGA : 0u) | (uint64_t)console->serial_port << 16;
}

bool x86_set_start(const struct request *request, const struct x86_crash *crash, const struct x86_start *start,
		   struct plan *plan, struct err *err)
{
	const uint64_t values[] = { start->entry, start->rax, start->rbx, start->rsi };
	uint64_t *handoff = plan->purgatory.handoff;

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++)
		if (start->mode != 64 && values[i] > UINT32_MAX)
			return err_set(err, ERR_INTERNAL,
				       "0x%" PRIx64 " is to be handed over in %u-bit code, in which it does not fit", values[i],
				       start->mode);
	if (start->mode == 16 && (start->entry % 16 || start->entry > REAL_MODE_HIGHEST))
		return err_set(err, ERR_INTERNAL, "real-mode code cannot begin at 0x%" PRIx64, start->entry);
	handoff[PURGATORY_X86_MODE] = start->mode;
	handoff[PURGATORY_X86_ENTRY] = start->entry;
	handoff[PURGATORY_X86_RAX] = start->rax;
	handoff[PURGATORY_X86_RBX] = start->rbx;
	handoff[PURGATORY_X86_RSI] = start->rsi;
	handoff[PURGATORY_X86_CONSOLE] = console_flags(&request->console);
	handoff[PURGATORY_X86_BAUD] = request->console.serial_baud;
	if (crash && !range_is_empty(crash->backup_source)) {
		handoff[PURGATORY_X86_BACKUP_SOURCE] = crash->backup_source.start;
		handoff[PURGATORY_X86_BACKUP_TARGET] = crash->backup;
		handoff[PURGATORY_X86_BACKUP_SIZE] = range_size(crash->backup_source);
	}
	handoff[PURGATORY_X86_JUMP_BACK] = start->jump_back_room ? start->jump_back : 0;
	handoff[PURGATORY_X86_JUMP_BACK_ROOM] = start->jump_back_room;
	return true;
}
