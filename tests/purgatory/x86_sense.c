/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each bound of what the x86-64 purgatory takes for a hand-off that can be, from both sides. For any host: the
 * rule touches no memory that it is told of.
 */
#include <stdio.h>

#include "purgatory/arch/x86/sense.h"

#define OWN UINT64_C(0x3000000)
#define KERNEL UINT64_C(0x1000000)
#define KERNEL_SIZE UINT64_C(0x100000)
#define LOW UINT64_C(0x10000)
#define LOW_SIZE UINT64_C(0x10000)

struct load {
	struct purgatory_params params;
	struct purgatory_region regions[3];
	uint64_t own;
};

static int failures;

static struct raw64 put64(uint64_t value)
{
	return raw64_make(value, ORDER_LITTLE);
}

static struct load make(uint64_t mode)
{
	struct load load = { .own = OWN };

	load.regions[0] = (struct purgatory_region){ .start = put64(LOW), .length = put64(LOW_SIZE) };
	load.regions[1] = (struct purgatory_region){ .start = put64(KERNEL), .length = put64(KERNEL_SIZE) };
	load.regions[2] = (struct purgatory_region){ .start = put64(UINT64_C(1) << 40), .length = put64(4096) };
	load.params.region_count = raw32_make(3, ORDER_LITTLE);
	load.params.segment_size = put64(0x8000);
	load.params.handoff[PURGATORY_X86_MODE] = put64(mode);
	load.params.handoff[PURGATORY_X86_ENTRY] = put64(mode == 16 ? LOW : KERNEL);
	if (mode == 16)
		load.own = 0x40000;
	return load;
}

static void expect(int line, const struct load *load, bool wanted)
{
	if (x86_makes_sense(&load->params, load->regions, load->own) == wanted)
		return;
	printf("line %d: it is taken for %s\n", line, wanted ? "nonsense" : "sound");
	failures++;
}

/* One value of the hand-off. */
static void try_value(int line, uint64_t mode, bool crash, unsigned int number, uint64_t value, bool wanted)
{
	struct load load = make(mode);

	load.params.flags = raw32_make(crash ? PURGATORY_FLAG_CRASH : 0, ORDER_LITTLE);
	if (number >= PURGATORY_X86_BACKUP_SOURCE && number <= PURGATORY_X86_BACKUP_SIZE) {
		load.params.handoff[PURGATORY_X86_BACKUP_TARGET] = put64(KERNEL);
		load.params.handoff[PURGATORY_X86_BACKUP_SIZE] = put64(0x1000);
	}
	if (number == PURGATORY_X86_JUMP_BACK || number == PURGATORY_X86_JUMP_BACK_ROOM) {
		load.params.handoff[PURGATORY_X86_JUMP_BACK] = put64(KERNEL);
		load.params.handoff[PURGATORY_X86_JUMP_BACK_ROOM] = put64(42);
	}
	load.params.handoff[number] = put64(value);
	expect(line, &load, wanted);
}

#define TRY(mode, number, value, wanted) try_value(__LINE__, mode, false, PURGATORY_X86_##number, value, wanted)
#define TRY_CRASH(number, value, wanted) try_value(__LINE__, 64, true, PURGATORY_X86_##number, value, wanted)

static void own_place(int line, uint64_t mode, uint64_t own, bool wanted)
{
	struct load load = make(mode);

	load.own = own;
	expect(line, &load, wanted);
}

int main(void)
{
	for (uint64_t mode = 0; mode < 256; mode++) {
		struct load load = make(mode);

		expect(__LINE__, &load, mode == 64 || mode == 32 || mode == 16);
	}
	TRY(64, MODE, (UINT64_C(1) << 32) + 64, false);

	own_place(__LINE__, 64, (UINT64_C(1) << 52) - 0x8000, true);
	own_place(__LINE__, 64, (UINT64_C(1) << 52) - 0x7000, false);
	own_place(__LINE__, 32, (UINT64_C(1) << 32) - 0x8000, true);
	own_place(__LINE__, 32, (UINT64_C(1) << 32) - 0x7000, false);
	own_place(__LINE__, 16, 0xf8000, true);
	own_place(__LINE__, 16, 0xf9000, false);

	TRY(64, ENTRY, KERNEL + KERNEL_SIZE - 1, true);
	TRY(64, ENTRY, KERNEL + KERNEL_SIZE, false);
	TRY(64, ENTRY, KERNEL - 1, false);
	TRY(64, ENTRY, UINT64_C(1) << 40, true);
	TRY(32, ENTRY, UINT64_C(1) << 40, false);
	TRY(16, ENTRY, LOW + 16, true);
	TRY(16, ENTRY, LOW + 1, false);
	TRY(16, ENTRY, LOW + LOW_SIZE - 0x200, false);
	TRY(16, ENTRY, KERNEL, false);

	TRY(64, RAX, UINT64_MAX, true);
	TRY(32, RAX, UINT32_MAX, true);
	TRY(32, RAX, UINT64_C(1) << 32, false);
	TRY(32, RBX, UINT64_C(1) << 32, false);
	TRY(16, RSI, UINT64_C(1) << 32, false);

	TRY(64, CONSOLE, 0xffff0007, true);
	TRY(64, CONSOLE, 8, false);
	TRY(64, CONSOLE, UINT64_C(1) << 32, false);
	TRY(64, BAUD, 115200, true);
	TRY(64, BAUD, 1, true);
	TRY(64, BAUD, 115199, false);
	TRY(64, BAUD, 230400, false);
	TRY(64, BAUD, UINT64_C(1) << 63, false);

	TRY(64, BACKUP_SIZE, 0x1000, false);
	TRY_CRASH(BACKUP_SIZE, 0x1000, true);
	TRY_CRASH(BACKUP_SIZE, 0x100000, true);
	TRY_CRASH(BACKUP_SIZE, 0x100001, false);
	TRY_CRASH(BACKUP_SIZE, UINT64_MAX, false);
	TRY_CRASH(BACKUP_SOURCE, 0xff000, true);
	TRY_CRASH(BACKUP_SOURCE, 0xff001, false);
	TRY_CRASH(BACKUP_SOURCE, UINT64_MAX - 0xfff, false);
	TRY_CRASH(BACKUP_TARGET, KERNEL + KERNEL_SIZE - 0x1000, true);
	TRY_CRASH(BACKUP_TARGET, KERNEL + KERNEL_SIZE - 0xfff, false);
	TRY_CRASH(BACKUP_TARGET, UINT64_MAX, false);

	TRY(64, JUMP_BACK, KERNEL + KERNEL_SIZE - 42, true);
	TRY(64, JUMP_BACK, KERNEL + KERNEL_SIZE - 41, false);
	TRY(64, JUMP_BACK_ROOM, 41, false);
	TRY(64, JUMP_BACK_ROOM, KERNEL_SIZE + 1, false);
	TRY(64, JUMP_BACK_ROOM, UINT64_MAX, false);
	return failures != 0;
}
