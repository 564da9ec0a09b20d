/* SPDX-License-Identifier: GPL-2.0-only */
/* Limits of what firmware and running kernel say of a machine, whether /sys or a machine text says it. */
#ifndef MACHINE_PLATFORM_H
#define MACHINE_PLATFORM_H

#include "machine.h"

/* struct boot_params of the x86 boot protocol. */
#define PLATFORM_BOOT_PARAMS_SIZE 4096

/* UEFI counts memory in pages of this size on every architecture. */
#define PLATFORM_EFI_PAGE 4096

/* Whether it ends inside the 64-bit address space. */
static inline bool platform_efi_range_fits(const struct machine_efi_range *range)
{
	return range->pages <= (UINT64_MAX - range->physical) / PLATFORM_EFI_PAGE;
}

static inline bool platform_framebuffer_fits(const struct machine_framebuffer *framebuffer)
{
	return framebuffer->size <= UINT64_MAX - framebuffer->base;
}

static inline bool platform_kernel_text_fits(const struct machine_kernel_map *map)
{
	return !range_is_empty(map->text) && range_size(map->text) <= UINT64_MAX - map->text_physical;
}

#endif
