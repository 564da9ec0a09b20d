/* SPDX-License-Identifier: GPL-2.0-only */
/* What a sound loader never writes. Runs on a host too, where a test tries each bound. */
#include "purgatory/arch/x86/sense.h"

#include "bytes.h"

#define ADDRESS_END (UINT64_C(1) << 52)
#define END_32 (UINT64_C(1) << 32)
#define END_ISA UINT64_C(0x100000)
#define END_CONVENTIONAL UINT64_C(0xa0000)
#define REAL_MODE_SIZE UINT64_C(0x10000)
#define REAL_MODE_ENTRY UINT64_C(0x200)
#define SERIAL_CLOCK 115200

/* " kexec_jump_back_entry=", "0x", 16 digits, NUL */
#define JUMP_BACK_MOST 42

static uint64_t value(const struct purgatory_params *params, unsigned int number)
{
	return raw64_get(params->handoff[number], ORDER_LITTLE);
}

/* Whether [start, start + size) lies in one region. */
static bool was_loaded(const struct purgatory_params *params, const struct purgatory_region *regions,
		       uint64_t start, uint64_t size)
{
	uint32_t count = raw32_get(params->region_count, ORDER_LITTLE);

	for (uint32_t i = 0; i < count; i++) {
		uint64_t from = raw64_get(regions[i].start, ORDER_LITTLE);
		uint64_t length = raw64_get(regions[i].length, ORDER_LITTLE);

		if (start >= from && start - from < length && size <= length - (start - from))
			return true;
	}
	return false;
}

static bool console_makes_sense(const struct purgatory_params *params)
{
	uint64_t console = value(params, PURGATORY_X86_CONSOLE);
	uint64_t baud = value(params, PURGATORY_X86_BAUD);
	uint64_t flags = console & 0xffff;

	if (console >> 32 || flags & ~(uint64_t)(PURGATORY_X86_CONSOLE_VGA | PURGATORY_X86_CONSOLE_SERIAL |
						 PURGATORY_X86_CONSOLE_RESET_VGA))
		return false;
	return baud == 0 || (baud <= SERIAL_CLOCK && SERIAL_CLOCK % baud == 0);
}

static bool backup_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions)
{
	uint64_t source = value(params, PURGATORY_X86_BACKUP_SOURCE);
	uint64_t target = value(params, PURGATORY_X86_BACKUP_TARGET);
	uint64_t size = value(params, PURGATORY_X86_BACKUP_SIZE);

	if (size == 0)
		return true;
	if (!(raw32_get(params->flags, ORDER_LITTLE) & PURGATORY_FLAG_CRASH))
		return false;
	/* Regions of a crash load lie in the reservation: verify.c. */
	return source <= END_ISA && size <= END_ISA - source && was_loaded(params, regions, target, size);
}

static bool jump_back_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions)
{
	uint64_t text = value(params, PURGATORY_X86_JUMP_BACK);
	uint64_t room = value(params, PURGATORY_X86_JUMP_BACK_ROOM);

	return text == 0 || (room >= JUMP_BACK_MOST && was_loaded(params, regions, text, room));
}

static bool registers_fit(const struct purgatory_params *params, uint64_t end)
{
	return value(params, PURGATORY_X86_RAX) < end && value(params, PURGATORY_X86_RBX) < end &&
	       value(params, PURGATORY_X86_RSI) < end;
}

static bool mode_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions,
			     uint64_t own)
{
	uint64_t entry = value(params, PURGATORY_X86_ENTRY);
	uint64_t own_end = own + raw64_get(params->segment_size, ORDER_LITTLE);

	switch (value(params, PURGATORY_X86_MODE)) {
	case 64:
		return own_end <= ADDRESS_END && entry < ADDRESS_END && was_loaded(params, regions, entry, 1);
	case 32:
		return own_end <= END_32 && entry < END_32 && registers_fit(params, END_32) &&
		       was_loaded(params, regions, entry, 1);
	case 16:
		/* leave.S runs in real mode, and the stack is at the end of the segment. */
		return own_end <= END_ISA && entry % 16 == 0 && entry <= END_CONVENTIONAL - REAL_MODE_SIZE &&
		       registers_fit(params, END_32) && was_loaded(params, regions, entry, REAL_MODE_ENTRY + 1);
	default:
		return false;
	}
}

bool x86_makes_sense(const struct purgatory_params *params, const struct purgatory_region *regions, uint64_t own)
{
	return mode_makes_sense(params, regions, own) && console_makes_sense(params) &&
	       backup_makes_sense(params, regions) && jump_back_makes_sense(params, regions);
}
