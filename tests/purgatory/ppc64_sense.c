/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Each bound of what the Power purgatories take for a hand-off that can be, from both sides and in both byte orders. For
 * any host: the rule touches no memory that it is told of.
 */
#include <stdio.h>

#include "purgatory/arch/ppc64/sense.h"

#define CRASH_START UINT64_C(0x2000000)
#define KERNEL UINT64_C(0x2000000)
#define KERNEL_SIZE UINT64_C(0x100000)
#define TREE UINT64_C(0x3000000)
#define TREE_SIZE UINT64_C(0x1000)
#define HIGH (UINT64_C(1) << 40)
#define END_32 (UINT64_C(1) << 32)
#define OPAL UINT64_C(0x30000000)
#define RTAS UINT64_C(0x2fff0000)
#define FIRMWARE_MOST (UINT64_C(32) << 20)

struct load {
	struct purgatory_params params;
	struct purgatory_region regions[3];
	enum order order;
};

static int failures;

static struct raw64 put64(const struct load *load, uint64_t value)
{
	return raw64_make(value, load->order);
}

static struct load make(enum order order, bool crash)
{
	struct load load = { .order = order };

	load.regions[0] = (struct purgatory_region){ .start = put64(&load, KERNEL), .length = put64(&load, KERNEL_SIZE) };
	load.regions[1] = (struct purgatory_region){ .start = put64(&load, TREE), .length = put64(&load, TREE_SIZE) };
	load.regions[2] = (struct purgatory_region){ .start = put64(&load, HIGH), .length = put64(&load, 4096) };
	load.params.flags = raw32_make(crash ? PURGATORY_FLAG_CRASH : 0, order);
	load.params.region_count = raw32_make(3, order);
	load.params.crash_start = put64(&load, crash ? CRASH_START : 0);
	load.params.handoff[PURGATORY_PPC64_KERNEL] = put64(&load, KERNEL);
	load.params.handoff[PURGATORY_PPC64_DEVICE_TREE] = put64(&load, TREE);
	if (crash) {
		load.params.handoff[PURGATORY_PPC64_BACKUP_TARGET] = put64(&load, TREE);
		load.params.handoff[PURGATORY_PPC64_BACKUP_SIZE] = put64(&load, 0x1000);
	}
	return load;
}

static void expect(int line, const struct load *load, bool wanted)
{
	if (ppc64_makes_sense(&load->params, load->regions, load->order) == wanted)
		return;
	printf("line %d: it is taken for %s\n", line, wanted ? "nonsense" : "sound");
	failures++;
}

/* One value of the hand-off. */
static void try_value(int line, bool crash, unsigned int number, uint64_t value, bool wanted)
{
	for (unsigned int order = ORDER_LITTLE; order <= ORDER_BIG; order++) {
		struct load load = make((enum order)order, crash);

		load.params.handoff[number] = put64(&load, value);
		expect(line, &load, wanted);
	}
}

#define TRY(number, value, wanted) try_value(__LINE__, false, PURGATORY_PPC64_##number, value, wanted)
#define TRY_CRASH(number, value, wanted) try_value(__LINE__, true, PURGATORY_PPC64_##number, value, wanted)

static void try_start(void)
{
	TRY(KERNEL, KERNEL, true);
	TRY(KERNEL, HIGH, true);
	TRY(KERNEL, KERNEL - 4, false);
	TRY(KERNEL, KERNEL + 2, false);
	TRY(KERNEL, KERNEL + KERNEL_SIZE - 0x100, true);
	TRY(KERNEL, KERNEL + KERNEL_SIZE - 0xfc, false);
	TRY(KERNEL, UINT64_MAX - 3, false);
	TRY(DEVICE_TREE, TREE + TREE_SIZE - 40, true);
	TRY(DEVICE_TREE, TREE + TREE_SIZE - 32, false);
	TRY(DEVICE_TREE, TREE + 4, false);
	TRY(DEVICE_TREE, 0, false);
	TRY(RUN_AT_LOAD, 1, true);
	TRY(RUN_AT_LOAD, 2, false);
	TRY(RUN_AT_LOAD, END_32, false);
}

static void try_backup(void)
{
	TRY(BACKUP_SIZE, 0x1000, false);
	TRY_CRASH(BACKUP_SIZE, 0, true);
	TRY_CRASH(BACKUP_SIZE, 0x1000, true);
	TRY_CRASH(BACKUP_SIZE, 0x1001, false);
	TRY_CRASH(BACKUP_SIZE, UINT64_MAX, false);
	TRY_CRASH(BACKUP_SOURCE, CRASH_START - 0x1000, true);
	TRY_CRASH(BACKUP_SOURCE, CRASH_START - 0xfff, false);
	TRY_CRASH(BACKUP_SOURCE, UINT64_MAX - 0xfff, false);
	TRY_CRASH(BACKUP_TARGET, HIGH, true);
	TRY_CRASH(BACKUP_TARGET, HIGH + 1, false);
	TRY_CRASH(BACKUP_TARGET, UINT64_MAX, false);
}

/* What firmware there is does not matter to a start; which console, only as a number. */
static void try_console(void)
{
	TRY(CONSOLE, PURGATORY_PPC64_CONSOLE_HVTERM, true);
	TRY(CONSOLE, PURGATORY_PPC64_CONSOLE_OPAL, true);
	TRY(CONSOLE, PURGATORY_PPC64_CONSOLE_OPAL + 1, false);
	TRY(OPAL_ENTRY, UINT64_MAX, true);
	TRY(RTAS_ENTRY, UINT64_MAX, true);
	TRY(RTAS_REBOOT, UINT64_MAX, true);
}

static void firmware(int line, bool found, bool wanted)
{
	if (found == wanted)
		return;
	printf("line %d: the firmware is taken for %s\n", line, wanted ? "implausible" : "plausible");
	failures++;
}

#define TRY_OPAL(base, entry, wanted) firmware(__LINE__, ppc64_opal_is_plausible(base, entry), wanted)
#define TRY_RTAS(base, entry, token, wanted) firmware(__LINE__, ppc64_rtas_is_plausible(base, entry, token), wanted)

static void try_firmware(void)
{
	TRY_OPAL(OPAL, OPAL, true);
	TRY_OPAL(OPAL, OPAL + 2, false);
	TRY_OPAL(OPAL, OPAL - 4, false);
	TRY_OPAL(OPAL, OPAL + FIRMWARE_MOST - 4, true);
	TRY_OPAL(OPAL, OPAL + FIRMWARE_MOST, false);
	TRY_OPAL(HIGH, HIGH, true);
	TRY_OPAL(0, 0x3000, false);
	TRY_RTAS(RTAS, RTAS, 0, true);
	TRY_RTAS(0, 0, 0, false);
	TRY_RTAS(RTAS, RTAS - 4, 0, false);
	TRY_RTAS(END_32 - 0x1000, END_32 - 4, UINT32_MAX, true);
	TRY_RTAS(END_32 - 0x1000, END_32, 0, false);
	TRY_RTAS(RTAS, RTAS, END_32, false);
}

int main(void)
{
	try_start();
	try_backup();
	try_console();
	try_firmware();
	return failures != 0;
}
