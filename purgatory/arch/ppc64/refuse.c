/* SPDX-License-Identifier: GPL-2.0-only */
#include "purgatory/arch/ppc64/refuse.h"

#include "purgatory/arch/ppc64/console.h"
#include "purgatory/arch/ppc64/machine.h"
#include "purgatory/arch/ppc64/opal.h"
#include "purgatory/arch/ppc64/sense.h"
#include "purgatory/refusal.h"

#define ROLE_MOST 0x3f
#define END_32 (UINT64_C(1) << 32)

/* PAPR, 7.2.8: -2 is "busy", 9900 to 9905 "busy for long". */
#define RTAS_BUSY -2
#define RTAS_LONG_BUSY_FIRST 9900
#define RTAS_LONG_BUSY_LAST 9905
#define RTAS_PATIENCE 100000

/* OPAL_CEC_REBOOT may come back at once, while a service processor acts on it; each poll takes some microseconds. */
#define OPAL_PATIENCE 10000000

/* purgatory.lds */
extern const uint8_t purgatory_image[];
extern const uint8_t purgatory_memory_end[];
extern struct purgatory_params purgatory_params;

static uint64_t handoff(unsigned int number)
{
	return raw64_get(purgatory_params.handoff[number], ppc64_order());
}

static void say(struct console *console, const char *text)
{
	struct line line = { .length = 0 };

	line_add(&line, text);
	console_print(console, &line);
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
	uint64_t table = raw64_get(purgatory_params.regions_offset, ppc64_order());
	const struct purgatory_region *regions = (const struct purgatory_region *)(purgatory_image + table);
	struct line line = { .length = 0 };

	refusal_add_expected(&line, &regions[verdict->region]);
	console_print(console, &line);
}

/* Returns where OPAL does not do it. */
static void reboot_by_opal(uint64_t base, uint64_t entry)
{
	int64_t status = OPAL_BUSY;
	_Alignas(8) struct be64 events;

	for (unsigned int i = 0; i < OPAL_PATIENCE; i++) {
		if (status == OPAL_BUSY || status == OPAL_BUSY_EVENT)
			status = ppc64_opal(base, entry, OPAL_CEC_REBOOT, 0, 0, 0);
		else if (status != OPAL_SUCCESS)
			return;
		ppc64_opal(base, entry, OPAL_POLL_EVENTS, (uintptr_t)&events, 0, 0);
	}
}

struct rtas_arguments {
	struct be32 token, arguments, returns, status;
};

/* Returns where RTAS does not do it. */
static void reboot_by_rtas(uint64_t base, uint64_t entry, uint32_t token)
{
	/* Not on the stack, whose end is the first to leave the 32-bit range. */
	/* Firmware reads them in words. */
	static _Alignas(8) struct rtas_arguments arguments;
	int32_t status = RTAS_BUSY;

	for (unsigned int i = 0; i < RTAS_PATIENCE; i++) {
		if (status != RTAS_BUSY && (status < RTAS_LONG_BUSY_FIRST || status > RTAS_LONG_BUSY_LAST))
			return;
		arguments = (struct rtas_arguments){
			.token = be32_make(token),
			.arguments = be32_make(0),
			.returns = be32_make(1),
		};
		ppc64_rtas((uintptr_t)&arguments, base, entry);
		status = (int32_t)be32_get(arguments.status);
	}
}

/* RTAS addresses 32 bits: where purgatory lies above them, it cannot be called. */
static void reset_machine(void)
{
	uint64_t opal_base = handoff(PURGATORY_PPC64_OPAL_BASE), opal_entry = handoff(PURGATORY_PPC64_OPAL_ENTRY);
	uint64_t rtas_base = handoff(PURGATORY_PPC64_RTAS_BASE), rtas_entry = handoff(PURGATORY_PPC64_RTAS_ENTRY);
	uint64_t token = handoff(PURGATORY_PPC64_RTAS_REBOOT);

	if (ppc64_read_msr() & PPC64_MSR_HV) {
		if (ppc64_opal_is_plausible(opal_base, opal_entry))
			reboot_by_opal(opal_base, opal_entry);
	} else if (ppc64_rtas_is_plausible(rtas_base, rtas_entry, token) &&
		   (uintptr_t)purgatory_memory_end <= END_32) {
		reboot_by_rtas(rtas_base, rtas_entry, (uint32_t)token);
	}
}

static uint64_t halt_code(const struct purgatory_verdict *verdict)
{
	switch (verdict->result) {
	case PURGATORY_RESULT_REGION_DAMAGED:
		return PURGATORY_PPC64_HALT_REGION + (verdict->role < ROLE_MOST ? verdict->role : ROLE_MOST);
	case PURGATORY_RESULT_TABLE_DAMAGED:
		return PURGATORY_PPC64_HALT_TABLE;
	default:
		return PURGATORY_PPC64_HALT_MALFORMED;
	}
}

void ppc64_refuse(struct purgatory_verdict verdict)
{
	/* What is malformed may be just these numbers. */
	bool proved = verdict.result == PURGATORY_RESULT_REGION_DAMAGED;
	struct console console = console_open(&purgatory_params, proved);
	uint64_t code = halt_code(&verdict);

	say_why(&console, &verdict);
	if (proved)
		say_expected(&console, &verdict);
	if (raw32_get(purgatory_params.on_corruption, ppc64_order()) == PURGATORY_ON_CORRUPTION_REBOOT) {
		say(&console, "kexec purgatory: resetting the machine");
		console_drain(&console);
		reset_machine();
		say(&console, "kexec purgatory: firmware did not reset it");
		code = PURGATORY_PPC64_HALT_NO_REBOOT;
	}
	say(&console, "kexec purgatory: halted");
	console_drain(&console);
	ppc64_halt(code, verdict.start, verdict.start + verdict.length);
}
