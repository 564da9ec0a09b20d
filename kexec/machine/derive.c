/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/derive.h"

#include <string.h>

#include "kexec/machine/devtree.h"
#include "kexec/machine/power.h"
#include "kexec/machine/root_kernel.h"

/*
 * Both kinds may stand at any level. On s390 a crash reservation is a top-level resource between two of
 * "System RAM", or one nested in it; x86 and arm64 nest it, and there may be several.
 *
 * "System RAM (virtio_mem)" and "System RAM (kmem)" belong into a dump, but drivers add and take away that
 * memory at run time, so no kernel may be placed there (IORESOURCE_SYSRAM_DRIVER_MANAGED in Linux).
 */
#define RAM_NAME "System RAM"
#define MANAGED_RAM_PREFIX "System RAM ("
#define CRASH_NAME "Crash kernel"

/* All in one arena, normalized. */
struct memory {
	struct arena *arena;
	struct ranges ram, managed, crash;
};

static void take_resources(const struct machine *machine, struct memory *memory)
{
	ranges_init(&memory->ram, memory->arena);
	ranges_init(&memory->managed, memory->arena);
	ranges_init(&memory->crash, memory->arena);
	for (size_t i = 0; i < machine->resource_count; i++) {
		const struct machine_resource *resource = &machine->resources[i];

		if (strcmp(resource->name, RAM_NAME) == 0)
			ranges_append(&memory->ram, resource->range);
		else if (strncmp(resource->name, MANAGED_RAM_PREFIX, strlen(MANAGED_RAM_PREFIX)) == 0)
			ranges_append(&memory->managed, resource->range);
		else if (strcmp(resource->name, CRASH_NAME) == 0)
			ranges_append(&memory->crash, resource->range);
	}
	ranges_normalize(&memory->ram);
	ranges_normalize(&memory->managed);
	ranges_normalize(&memory->crash);
}

/*
 * An amount of memory, counted from the lowest: Linux drops the rest when it starts (memblock_enforce_memory_limit()).
 * What came later, by hotplug, it shows in resources.
 */
static void apply_limit(struct ranges *memory, uint64_t limit, const struct ranges *shown, struct arena *arena)
{
	struct ranges cut, kept;
	uint64_t left = limit;

	ranges_init(&cut, arena);
	for (size_t i = 0; i < memory->count; i++) {
		struct range range = memory->v[i];
		uint64_t size = range_size(range) < left ? range_size(range) : left;

		ranges_append(&cut, (struct range){ range.start + size, range.end });
		left -= size;
	}
	ranges_normalize(&cut);
	ranges_subtract(&kept, arena, &cut, shown);
	ranges_subtract(&cut, arena, memory, &kept);
	*memory = cut;
}

/* The tree has what Linux used when it started. Whatever was given back of the reservation since, resources show. */
static void take_power(struct machine *machine, struct memory *memory)
{
	struct power_facts facts;
	struct err problem;

	if (!devtree_is_read(machine->arch) || machine->devicetree.size == 0)
		return;
	if (!power_decode(&facts, machine->devicetree, &machine->arena, &problem)) {
		machine->devicetree_problem = arena_strdup(&machine->arena, problem.text);
		return;
	}
	machine->power = facts.power;
	if (facts.power.memory_limit)
		apply_limit(&facts.memory, facts.power.memory_limit, &memory->ram, memory->arena);
	memory->ram = facts.memory;
	if (memory->crash.count == 0)
		ranges_append(&memory->crash, facts.crash);
	if (!range_is_empty(facts.initrd) && root_kernel_retains_initrd(machine->cmdline) &&
	    ranges_contain(&memory->ram, facts.initrd)) {
		machine->has_initrd = true;
		machine->initrd = facts.initrd;
	}
}

void derive_memory(struct machine *machine)
{
	struct arena scratch;

	arena_init(&scratch);

	struct memory memory = { .arena = &scratch };
	struct ranges dumped;

	take_resources(machine, &memory);
	take_power(machine, &memory);
	ranges_union(&dumped, &scratch, &memory.ram, &memory.managed);

	/* What is offline stays in /proc/iomem as "System RAM": on s390, standby memory from the start. */
	ranges_subtract(&machine->ram, &machine->arena, &memory.ram, &machine->offline);
	ranges_subtract(&machine->dumped, &machine->arena, &dumped, &machine->offline);
	ranges_init(&machine->crash, &machine->arena);
	for (size_t i = 0; i < memory.crash.count; i++)
		ranges_append(&machine->crash, memory.crash.v[i]);
	ranges_normalize(&machine->crash);
	arena_release(&scratch);
}
