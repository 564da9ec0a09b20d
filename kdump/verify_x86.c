/* SPDX-License-Identifier: GPL-2.0-only */
/* What is x86's own in the verification: files with a gap, and purgatory's hand-off values. */
#include <elf.h>
#include <inttypes.h>

#include "kdump/verify_state.h"

#define PAGE UINT64_C(0x1000)
#define MIB UINT64_C(0x100000)
#define GAP_END (UINT64_C(4) << 30)

#define HEX64 "0x%" PRIx64

/*
 * QEMU's file of a PC's RAM has no gap where the PC has one for devices: what lies at 4 GiB follows at once on what
 * lies below the gap.
 */
static void close_gap(struct verify *verify, uint64_t below)
{
	struct memory *memory = verify->memory;
	uint64_t size = memory_end(memory);

	memory->parts = arena_array(verify->arena, 2, sizeof(*memory->parts));
	memory->parts[0] = (struct memory_part){ .range = { 0, below }, .offset = 0 };
	memory->parts[1] = (struct memory_part){ .range = { GAP_END, GAP_END + (size - below) }, .offset = below };
	memory->part_count = 2;
	finding_note(&verify->findings,
		     "%s is taken for a file of all RAM without the gap below 4 GiB: " HEX64 " bytes lie below it",
		     memory->path, below);
}

static bool is_gap(uint64_t below, uint64_t size)
{
	return below >= MIB && below < GAP_END && below < size && below % MIB == 0;
}

/* By the machine: all that its RAM above 4 GiB leaves of the file lies below. */
static void find_gap(struct verify *verify)
{
	const struct ranges *ram = &verify->machine->ram;
	uint64_t end = ram->count ? ram->v[ram->count - 1].end : 0, size = memory_end(verify->memory);

	if (verify->memory->kind != MEMORY_FLAT || end <= GAP_END || size >= end)
		return;
	end = align_up(end, MIB);
	if (end - GAP_END < size && is_gap(size - (end - GAP_END), size))
		close_gap(verify, size - (end - GAP_END));
}

static bool explains(const struct verify *verify, uint64_t at, uint64_t page, uint64_t *below)
{
	if (verify->memory->kind != MEMORY_FLAT || page < GAP_END || page <= at || page - at >= GAP_END)
		return false;
	*below = GAP_END - (page - at);
	return is_gap(*below, memory_end(verify->memory)) && *below <= at;
}

static void check_handoff(struct verify *verify)
{
	const struct purgatory_params *params = &verify->purgatory.params;
	enum order order = verify->order;
	uint64_t mode = raw64_get(params->handoff[PURGATORY_X86_MODE], order);
	uint64_t target = raw64_get(params->handoff[PURGATORY_X86_BACKUP_TARGET], order);
	uint64_t size = raw64_get(params->handoff[PURGATORY_X86_BACKUP_SIZE], order);

	if (mode != 64 && mode != 32 && mode != 16)
		verify_purgatory_bad(verify, "mode: found %" PRIu64 ", expected 64, 32 or 16", mode);
	if (size && (size > UINT64_MAX - target ||
		     !range_contains(verify->crash, (struct range){ target, target + size })))
		verify_purgatory_bad(verify,
				     "backup: found " HEX64 " bytes at " HEX64 ", expected some inside the crash range "
				     HEX64 "-" HEX64,
				     size, target, verify->crash.start, verify->crash.end);
	for (int i = PURGATORY_X86_JUMP_BACK_ROOM + 1; i < PURGATORY_HANDOFF; i++) {
		uint64_t value = raw64_get(params->handoff[i], order);

		if (value)
			verify_purgatory_bad(verify, "hand-off value %d: found " HEX64 ", expected 0", i, value);
	}
}

static const uint64_t pages[] = { PAGE, 0 };
static const struct verify_gap gap = { find_gap, explains, close_gap };

const struct verify_arch verify_x86 = {
	.id = ARCH_X86_64,
	.order = ORDER_LITTLE,
	.elf_machine = EM_X86_64,
	.by_machine = true,
	.purgatory_far = true,
	.note_align = 4,
	.pages = pages,
	.gap = &gap,
	.check = verify_last_page_check,
	.check_handoff = check_handoff,
};
