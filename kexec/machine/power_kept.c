/* SPDX-License-Identifier: GPL-2.0-only */
/* What loader and verification must agree on about a crash reservation on Power. */
#include "machine.h"

static void append_pages(struct ranges *set, struct range r, uint64_t page)
{
	if (!range_is_empty(r))
		ranges_append(set, (struct range){ align_down(r.start, page), align_up(r.end, page) });
}

static void append_all(struct ranges *set, const struct ranges *more, uint64_t page)
{
	for (size_t i = 0; i < more->count; i++)
		append_pages(set, more->v[i], page);
}

void machine_power_kept(const struct machine *machine, uint64_t page_size, struct arena *arena, struct ranges *kept)
{
	const struct machine_power *power = &machine->power;

	ranges_init(kept, arena);
	append_pages(kept, power->kernel, page_size);
	append_pages(kept, power->rtas, page_size);
	append_pages(kept, power->opal_range, page_size);
	append_pages(kept, power->htab, page_size);
	append_all(kept, &power->tce, page_size);
	append_all(kept, &power->reserved, page_size);
	if (machine->has_initrd)
		append_pages(kept, machine->initrd, page_size);
	ranges_normalize(kept);
}

struct range machine_power_crash_reach(const struct machine *machine)
{
	const struct machine_power *power = &machine->power;

	return range_is_empty(power->rma) || power->opal || power->radix ? (struct range){ 0, UINT64_MAX } : power->rma;
}

bool machine_power_meminfo(const struct machine *machine, struct range crash, uint64_t page_size, uint64_t *address)
{
	struct arena arena;
	struct ranges kept, all, free;

	arena_init(&arena);
	machine_power_kept(machine, page_size, &arena, &kept);
	ranges_init(&all, &arena);
	ranges_append(&all, crash);
	ranges_subtract(&free, &arena, &all, &kept);

	bool found = ranges_find_high(&free, page_size, page_size, machine_power_crash_reach(machine), address);

	arena_release(&arena);
	return found;
}
