/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>
#include <string.h>

#include "kexec/arch/ppc64/ppc64.h"
#include "purgatory_abi.h"

/* What Linux copies to address 0, with its first word, which branches to purgatory's own code. */
#define ENTRY_BLOCK 0x100
#define ENTRY_BRANCH 4

#define RTAS_END (UINT64_C(1) << 32)

/* The kernel copies itself over all that lies below, and reads it before. */
struct range ppc64_above_kernel(const struct plan *plan)
{
	const struct segment *kernel = plan_segment(plan, SEGMENT_KERNEL);

	return (struct range){ kernel ? kernel->range.end : 0, UINT64_MAX };
}

static bool reboots_by_rtas(const struct machine *machine, const struct plan *plan)
{
	const struct machine_power *power = &machine->power;

	return plan->on_corruption == CORRUPTION_REBOOT && !power->opal && power->has_rtas_reboot &&
	       !range_is_empty(power->rtas);
}

/* Below 4 GiB where it has to call RTAS, which knows 32 bits of an address. */
static bool place_purgatory(const struct machine *machine, struct plan *plan, struct err *err)
{
	struct range window = ppc64_above_kernel(plan);
	bool by_rtas = reboots_by_rtas(machine, plan);

	if (by_rtas && window.start < RTAS_END) {
		if (plan_add_purgatory(plan, (struct range){ window.start, RTAS_END }, true,
				       "high, above what the kernel overwrites when it moves to 0, where it can call RTAS", err))
			return true;
		if (err->code != ERR_NO_ROOM)
			return false;
	}
	if (!plan_add_purgatory(plan, window, true, "high, above what the kernel overwrites when it moves to 0", err))
		return false;
	if (by_rtas)
		plan_warn(plan,
			  "--on-corruption=reboot cannot be followed: purgatory lies at 0x%" PRIx64 ", and from 4 GiB on it cannot "
			  "call the firmware that restarts this machine, so it stops instead. There is no room for it below",
			  plan_segment(plan, SEGMENT_PURGATORY)->range.start);
	return true;
}

bool ppc64_add_purgatory(const struct request *request, const struct machine *machine, const struct ppc64_crash *crash,
			 struct blob kernel_head, struct plan *plan, struct err *err)
{
	if (plan->target == TARGET_CRASH && !crash)
		return err_set(err, ERR_INTERNAL, "a crash load whose low memory nobody saves");
	if (!place_purgatory(machine, plan, err))
		return false;

	uint64_t block = plan->purgatory.entry - plan_segment(plan, SEGMENT_PURGATORY)->range.start;

	if (block > plan->purgatory.regions_offset || plan->purgatory.regions_offset - block < ENTRY_BLOCK ||
	    plan->purgatory.entry % ENTRY_BLOCK || kernel_head.size < ENTRY_BLOCK)
		return err_set(err, ERR_INTERNAL,
			       "the entry block of the purgatory, at 0x%" PRIx64 " of 0x%" PRIx64 ", cannot take the first %d of "
			       "the kernel's %zu bytes",
			       block, plan->purgatory.regions_offset, ENTRY_BLOCK, kernel_head.size);
	memcpy(plan->purgatory.image + block + ENTRY_BRANCH, kernel_head.data + ENTRY_BRANCH, ENTRY_BLOCK - ENTRY_BRANCH);

	plan->entry = request->has_entry ? request->entry : plan->purgatory.entry;
	if (plan->entry != plan->purgatory.entry)
		plan_warn(plan,
			  "--entry 0x%" PRIx64 " is not purgatory's 0x%" PRIx64 ": what was loaded is started without being "
			  "verified",
			  plan->entry, plan->purgatory.entry);
	return true;
}

void ppc64_set_start(const struct machine *machine, const struct ppc64_crash *crash, const struct ppc64_start *start,
		     struct plan *plan)
{
	const struct machine_power *power = &machine->power;
	uint64_t *handoff = plan->purgatory.handoff;

	handoff[PURGATORY_PPC64_KERNEL] = start->kernel;
	handoff[PURGATORY_PPC64_DEVICE_TREE] = start->device_tree;
	handoff[PURGATORY_PPC64_RUN_AT_LOAD] = start->run_at_load;
	if (crash && !range_is_empty(crash->backup_source)) {
		handoff[PURGATORY_PPC64_BACKUP_SOURCE] = crash->backup_source.start;
		handoff[PURGATORY_PPC64_BACKUP_TARGET] = crash->backup;
		handoff[PURGATORY_PPC64_BACKUP_SIZE] = range_size(crash->backup_source);
	}
	if (power->opal) {
		handoff[PURGATORY_PPC64_CONSOLE] = PURGATORY_PPC64_CONSOLE_OPAL;
		handoff[PURGATORY_PPC64_OPAL_BASE] = power->opal_range.start;
		handoff[PURGATORY_PPC64_OPAL_ENTRY] = power->opal_entry;
	} else if (power->has_terminal) {
		handoff[PURGATORY_PPC64_CONSOLE] = PURGATORY_PPC64_CONSOLE_HVTERM;
		handoff[PURGATORY_PPC64_TERMINAL] = power->terminal;
	}
	if (power->has_vector_crypto)
		handoff[PURGATORY_PPC64_CPU_FEATURES] = PURGATORY_PPC64_CPU_VSHASIGMA;
	if (!range_is_empty(power->rtas) && power->has_rtas_reboot) {
		handoff[PURGATORY_PPC64_RTAS_BASE] = power->rtas.start;
		handoff[PURGATORY_PPC64_RTAS_ENTRY] = power->rtas_entry;
		handoff[PURGATORY_PPC64_RTAS_REBOOT] = power->rtas_reboot;
	}
}
