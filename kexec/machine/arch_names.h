/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef MACHINE_ARCH_NAMES_H
#define MACHINE_ARCH_NAMES_H

#include <stdbool.h>
#include <stdint.h>

#include "machine.h"

/* The page size of most kernels of that architecture, in bytes; 0 for ARCH_NONE. */
uint64_t arch_names_page_size(enum arch_id arch);

/* Whether kernels of that architecture all have that size. */
bool arch_names_page_size_is_fixed(enum arch_id arch);

#endif
