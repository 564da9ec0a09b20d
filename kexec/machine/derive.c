/* SPDX-License-Identifier: GPL-2.0-only */
#include "kexec/machine/derive.h"

#include <string.h>

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

void derive_memory(struct machine *machine)
{
	struct arena scratch;
	struct ranges ram, dumped;

	arena_init(&scratch);
	ranges_init(&ram, &scratch);
	ranges_init(&dumped, &scratch);
	ranges_init(&machine->crash, &machine->arena);
	for (size_t i = 0; i < machine->resource_count; i++) {
		const struct machine_resource *resource = &machine->resources[i];

		if (strcmp(resource->name, RAM_NAME) == 0) {
			ranges_append(&ram, resource->range);
			ranges_append(&dumped, resource->range);
		} else if (strncmp(resource->name, MANAGED_RAM_PREFIX, strlen(MANAGED_RAM_PREFIX)) == 0) {
			ranges_append(&dumped, resource->range);
		} else if (strcmp(resource->name, CRASH_NAME) == 0) {
			ranges_append(&machine->crash, resource->range);
		}
	}
	ranges_normalize(&ram);
	ranges_normalize(&dumped);
	ranges_normalize(&machine->crash);

	/* What is offline stays in /proc/iomem as "System RAM": on s390, standby memory from the start. */
	ranges_subtract(&machine->ram, &machine->arena, &ram, &machine->offline);
	ranges_subtract(&machine->dumped, &machine->arena, &dumped, &machine->offline);
	arena_release(&scratch);
}
