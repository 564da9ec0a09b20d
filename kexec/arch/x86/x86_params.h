/* SPDX-License-Identifier: GPL-2.0-only */
/* What boot_params say of the machine, as opposed to what was loaded. */
#ifndef X86_PARAMS_H
#define X86_PARAMS_H

#include "kexec/arch/x86/boot_params.h"
#include "kexec/arch/x86/x86.h"

/* Screen, memory map (as far as it fits), firmware's tables and disks. hdr must be filled in already. */
void x86_params_of_machine(struct x86_boot_params *params, const struct request *request,
			   const struct machine *machine, const struct x86_map *map);

/* What of the map does not fit into boot_params, for SETUP_E820_EXT; size 0 where all does. */
struct blob x86_params_more_memory(const struct x86_map *map, struct arena *arena);

/* Whether EFI can be handed over to a kernel that takes it. Warns of what is missing on a machine with EFI. */
bool x86_params_have_efi(const struct request *request, const struct machine *machine, struct plan *plan);

/* For SETUP_EFI, and the firmware's map of what it needs itself. */
struct blob x86_params_efi_setup(const struct machine *machine, struct arena *arena);
struct blob x86_params_efi_map(const struct machine *machine, struct arena *arena);
void x86_params_set_efi(struct x86_boot_params *params, const struct machine *machine, uint64_t map, size_t map_size);

#endif
