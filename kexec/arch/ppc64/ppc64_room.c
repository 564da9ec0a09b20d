/* SPDX-License-Identifier: GPL-2.0-only */
#include <inttypes.h>

#include "kexec/arch/ppc64/ppc64.h"
#include "kexec/plan/devtree.h"

static void append_pages(struct ranges *set, struct range r, uint64_t page)
{
	if (!range_is_empty(r))
		ranges_append(set, (struct range){ align_down(r.start, page), align_up(r.end, page) });
}

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

/*
 * On a normal load the end of the real-mode area holds on bare metal, too, where all memory can be reached: there
 * it is the end of the first memory node, and nothing need lie beyond. A crash reservation there may.
 */
bool ppc64_use_free_only(const struct machine *machine, struct plan *plan, struct err *err)
{
	const struct machine_power *power = &machine->power;
	struct ranges kept, reachable, free;
	uint64_t dump;

	ranges_init(&kept, &plan->arena);
	append_pages(&kept, power->kernel, plan->page_size);
	append_pages(&kept, power->rtas, plan->page_size);
	append_pages(&kept, power->opal_range, plan->page_size);
	append_pages(&kept, power->htab, plan->page_size);
	for (size_t i = 0; i < power->tce.count; i++)
		append_pages(&kept, power->tce.v[i], plan->page_size);
	for (size_t i = 0; i < power->reserved.count; i++)
		append_pages(&kept, power->reserved.v[i], plan->page_size);
	if (machine->has_initrd)
		append_pages(&kept, machine->initrd, plan->page_size);
	if (machine->dump_pending) {
		if (!find_dump(machine, &dump, err))
			return false;
		append_pages(&kept, (struct range){ dump, UINT64_MAX - plan->page_size }, plan->page_size);
	}
	ranges_normalize(&kept);

	ranges_init(&reachable, &plan->arena);
	if (range_is_empty(power->rma) || (power->opal && plan->target == TARGET_CRASH))
		ranges_append(&reachable, (struct range){ 0, UINT64_MAX });
	else
		ranges_append(&reachable, power->rma);
	ranges_subtract(&free, &plan->arena, &plan->usable, &kept);
	ranges_intersect(&plan->usable, &plan->arena, &free, &reachable);
	return true;
}
