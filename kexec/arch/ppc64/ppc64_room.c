/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>

#include "kexec/arch/ppc64/ppc64.h"
#include "kexec/plan/devtree.h"

/* /rtas/ibm,kernel-dump; LoPAR 2.9, H.1. Source and length are those of memory that firmware copied away. */
struct dump_header {
	struct be32 version;
	struct be16 sections, status;
	struct be32 first; /* offset of the sections */
	uint8_t disk[28];
};

struct dump_section {
	struct be32 request;
	struct be16 type, error;
	struct be64 source, source_length, dumped, destination;
};

_Static_assert(sizeof(struct dump_header) == 40 && sizeof(struct dump_section) == 40, "kernel dump layout");

#define DUMP_BOOT_MEMORY 0x11

/*
 * A dump that waits to be saved lies in all memory above what this boot was given to run in, which is what
 * firmware made free by copying it (Linux Documentation/arch/powerpc/firmware-assisted-dump.rst).
 */
static bool find_dump(const struct machine *machine, uint64_t *start, struct err *err)
{
	struct blob dump = devtree_value(machine->devicetree, devtree_find(machine->devicetree, "/rtas"), "ibm,kernel-dump");
	const struct dump_header *h = blob_at(dump, 0, sizeof(*h));

	*start = 0;
	for (unsigned int i = 0; h && i < be16_get(h->sections); i++) {
		const struct dump_section *s =
			blob_at(dump, be32_get(h->first) + (uint64_t)i * sizeof(*s), sizeof(*s));

		if (!s || be16_get(s->type) != DUMP_BOOT_MEMORY)
			continue;

		uint64_t end = be64_get(s->source) + be64_get(s->source_length);

		*start = end > *start ? end : *start;
	}
	if (*start)
		return true;
	return err_set(err, ERR_BAD_MACHINE,
		       "a firmware-assisted dump waits to be saved on %s, and firmware does not say where (/rtas/ibm,kernel-dump): "
		       "whatever is loaded could overwrite it. Save /proc/vmcore and release it first",
		       machine->origin);
}

/* Where room is lacking because the reservation is out of reach, a larger one is no help. */
static void advise(const struct machine *machine, struct plan *plan)
{
	uint64_t end = machine_power_crash_reach(machine).end;

	if (plan->crash.end <= end)
		return;
	plan->room_advice = arena_printf(
		&plan->arena,
		"The crash reservation 0x%" PRIx64 "-0x%" PRIx64 " lies %s 0x%" PRIx64 ", the end of what this partition reaches "
		"with address translation off (the first memory node of the device tree). Give crashkernel=SIZE@OFFSET with "
		"an end below that",
		plan->crash.start, plan->crash.end, plan->crash.start >= end ? "beyond" : "partly beyond", end);
}

/*
 * On a normal load the end of the real-mode area holds on bare metal and with radix tables, too, where all memory can
 * be reached: there it is the end of the first memory node, and nothing need lie beyond. A crash reservation there may.
 */
bool ppc64_use_free_only(const struct machine *machine, struct plan *plan, struct err *err)
{
	const struct machine_power *power = &machine->power;
	struct ranges kept, reachable, free;
	uint64_t dump;

	machine_power_kept(machine, plan->page_size, &plan->arena, &kept);
	if (machine->dump_pending) {
		if (!find_dump(machine, &dump, err))
			return false;
		ranges_append(&kept, (struct range){ align_down(dump, plan->page_size), UINT64_MAX });
		ranges_normalize(&kept);
	}

	ranges_init(&reachable, &plan->arena);
	if (plan->target == TARGET_CRASH) {
		ranges_append(&reachable, machine_power_crash_reach(machine));
		advise(machine, plan);
	} else {
		ranges_append(&reachable, range_is_empty(power->rma) ? (struct range){ 0, UINT64_MAX } : power->rma);
	}
	ranges_subtract(&free, &plan->arena, &plan->usable, &kept);
	ranges_intersect(&plan->usable, &plan->arena, &free, &reachable);
	return true;
}
